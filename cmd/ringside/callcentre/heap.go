package callcentre

// timed is anything that waits in a heap for its instant; order breaks ties, so
// that a heap's output depends on nothing but what was put in.
type timed interface {
	before(other timedKey) bool
	key() timedKey
}

type timedKey struct {
	atMs  int64
	order uint64
}

func (k timedKey) before(o timedKey) bool {
	return k.atMs < o.atMs || k.atMs == o.atMs && k.order < o.order
}

func (k timedKey) key() timedKey { return k }

// heap is a binary min-heap; container/heap would box every post.
type heap[T timed] []T

func (h *heap[T]) push(x T) {
	s := append(*h, x)
	i := len(s) - 1
	for k := x.key(); i > 0; {
		up := (i - 1) / 2
		if !k.before(s[up].key()) {
			break
		}
		s[i] = s[up]
		i = up
	}
	s[i] = x
	*h = s
}

func (h *heap[T]) pop() T {
	s := *h
	top, last := s[0], s[len(s)-1]
	var none T
	s[len(s)-1] = none
	s = s[:len(s)-1]
	*h = s
	if len(s) == 0 {
		return top
	}
	i, k := 0, last.key()
	for {
		down := 2*i + 1
		if down >= len(s) {
			break
		}
		if down+1 < len(s) && s[down+1].before(s[down].key()) {
			down++
		}
		if !s[down].before(k) {
			break
		}
		s[i] = s[down]
		i = down
	}
	s[i] = last
	return top
}
