package funnel

import (
	"cmp"
	"encoding/binary"
	"errors"
	"slices"
)

// Entry is one number of a cell: what it counts, and how much.
type Entry struct{ ID, Value int64 }

// Vector is the content of a cell: entries in ascending order of ID, each once,
// none of them zero.
type Vector []Entry

// Encode writes the vector as varints, each ID as its distance from the one before.
func (v Vector) Encode() []byte {
	w := encoder{b: make([]byte, 0, 4*len(v))}
	w.all(v)
	return w.b
}

// encoder appends entries in ascending order of ID.
type encoder struct {
	b    []byte
	prev int64
}

func (w *encoder) entry(e Entry) {
	w.b = binary.AppendVarint(w.b, e.ID-w.prev)
	w.b = binary.AppendVarint(w.b, e.Value)
	w.prev = e.ID
}

func (w *encoder) all(v Vector) {
	for _, e := range v {
		w.entry(e)
	}
}

// AppendSum appends to b the sum of the vector and an encoded one, encoded. It is
// what Encode would make of the Merge of both. Between changes stored bytes are
// copied, as most of a cell stays what it is.
func (v Vector) AppendSum(b, encoded []byte) ([]byte, error) {
	w := encoder{b: b}
	var stored Entry
	for len(encoded) > 0 {
		if w.prev == stored.ID { // so the distances stay as they are
			if len(v) == 0 {
				return append(w.b, encoded...), nil
			}
			n, err := stored.skip(encoded, v[0].ID)
			if err != nil {
				return b, err
			}
			w.b, w.prev, encoded = append(w.b, encoded[:n]...), stored.ID, encoded[n:]
			if len(encoded) == 0 {
				break
			}
		}
		n, err := stored.next(encoded)
		if err != nil {
			return b, err
		}
		encoded = encoded[n:]
		for len(v) > 0 && v[0].ID < stored.ID {
			w.entry(v[0])
			v = v[1:]
		}
		sum := stored
		if len(v) > 0 && v[0].ID == stored.ID {
			sum.Value += v[0].Value
			v = v[1:]
		}
		if sum.Value != 0 {
			w.entry(sum)
		}
	}
	w.all(v)
	return w.b, nil
}

// skip goes past the entries that follow e up to an ID, and returns how many bytes
// they take. Of e it leaves the ID of the last of them, but no value.
func (e *Entry) skip(encoded []byte, until int64) (n int, err error) {
	for n < len(encoded) {
		step, value := binary.Varint(encoded[n:])
		if value <= 0 {
			return n, errVector
		}
		if e.ID+step >= until {
			break
		}
		end := n + value
		for end < len(encoded) && encoded[end] >= 0x80 {
			end++
		}
		if end == len(encoded) {
			return n, errVector
		}
		e.ID, n = e.ID+step, end+1
	}
	return n, nil
}

// next reads the entry that follows e, and returns how many bytes it took.
func (e *Entry) next(encoded []byte) (int, error) {
	step, n := binary.Varint(encoded)
	if n <= 0 {
		return 0, errVector
	}
	value, m := binary.Varint(encoded[n:])
	if m <= 0 {
		return 0, errVector
	}
	e.ID += step
	e.Value = value
	return n + m, nil
}

var errVector = errors.New("funnel: a stored cell is damaged; run rebuild")

// AppendDecoded appends the entries that Encode wrote to v.
func AppendDecoded(v Vector, b []byte) (Vector, error) {
	var e Entry
	for len(b) > 0 {
		n, err := e.next(b)
		if err != nil {
			return v, err
		}
		b = b[n:]
		v = append(v, e)
	}
	return v, nil
}

// Add adds a value in place under an ID. A sum of zero stays as an entry: whoever
// stores the vector takes those out.
func (v *Vector) Add(id, value int64) {
	at := v.find(id)
	if at < len(*v) && (*v)[at].ID == id {
		(*v)[at].Value += value
		return
	}
	*v = slices.Insert(*v, at, Entry{id, value})
}

// AddAll adds another vector in place, as Add does entry by entry. A report adds up
// a day after the other, of which most have the same entries.
func (v *Vector) AddAll(o Vector) {
	at, missing := 0, 0
	for _, e := range o {
		for at < len(*v) && (*v)[at].ID < e.ID {
			at++
		}
		if at == len(*v) || (*v)[at].ID > e.ID {
			missing++
		}
	}
	left := len(*v)
	*v = slices.Grow(*v, missing)[:left+missing]
	all := *v
	// From the end, so that nothing is overwritten before it was moved.
	for to := len(all); len(o) > 0; {
		to--
		last := o[len(o)-1]
		switch {
		case left > 0 && all[left-1].ID > last.ID:
			left--
			all[to] = all[left]
			continue
		case left > 0 && all[left-1].ID == last.ID:
			left--
			last.Value += all[left].Value
		}
		all[to], o = last, o[:len(o)-1]
	}
}

// value is what stands under an ID, 0 where nothing does.
func (v Vector) value(id int64) int64 {
	if at := v.find(id); at < len(v) && v[at].ID == id {
		return v[at].Value
	}
	return 0
}

// find returns where an ID stands, or would. Recording calls it for every sum of
// every cell, and a search that takes a function costs twice as much.
func (v Vector) find(id int64) int {
	from, to := 0, len(v)
	for from < to {
		if mid := (from + to) / 2; v[mid].ID < id {
			from = mid + 1
		} else {
			to = mid
		}
	}
	return from
}

// Merge returns the sum of both vectors. Neither is changed.
func (v Vector) Merge(o Vector) Vector {
	out := make(Vector, 0, len(v)+len(o))
	for len(v) > 0 && len(o) > 0 {
		switch cmp.Compare(v[0].ID, o[0].ID) {
		case -1:
			out, v = append(out, v[0]), v[1:]
		case 1:
			out, o = append(out, o[0]), o[1:]
		default:
			if sum := v[0].Value + o[0].Value; sum != 0 {
				out = append(out, Entry{v[0].ID, sum})
			}
			v, o = v[1:], o[1:]
		}
	}
	return append(append(out, v...), o...)
}
