package bench

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
)

const (
	// liveBoards are open at once, as many of each campaign.
	liveBoards = 200
	// liveRate is how many attempts come in a second, in posts of livePost: ten a second
	// of each campaign, so that there always is something new. In posts of liveLarge
	// there is one a second.
	liveRate  = 2000
	livePost  = 10
	liveLarge = 100
	// liveSettled is how long a board has to show the last post.
	liveSettled = 30 * time.Second
)

// live measures boards: streams of all KPIs of a campaign's day. The same calls, at
// the same pace, are posted to copies of one file, first while nobody listens, and at
// last in larger posts. Campaigns have dialed since morning: most of the day's calls
// are in the file.
func (r *run) live(ctx context.Context) error {
	seconds := min(max(r.Size/50_000, 2), 20)
	filled, calls := r.Size/50/campaigns, liveRate*seconds/campaigns
	house := func(items int) []*dialer {
		s := shape{seed: r.Seed, items: items, perDay: filled + calls, list: max(filled/passes, hopperLeads), twoMessages: 100}
		return s.house()
	}
	full := r.file("day.db")
	defer remove(full, full+".key")
	if err := r.fill(ctx, full, filled*campaigns, untilCalls(house(liveLarge), filled)); err != nil {
		return err
	}
	var got [3]liveLoad
	for i, way := range []struct{ boards, items int }{{0, livePost}, {liveBoards, livePost}, {liveBoards, liveLarge}} {
		dialers := house(way.items)
		for _, d := range dialers {
			d.skip(filled)
		}
		var err error
		if got[i], err = r.watched(ctx, full, way.boards, filled, untilCalls(dialers, filled+calls)); err != nil {
			return err
		}
	}
	quiet, live, large := got[0], got[1], got[2]
	what := fmt.Sprintf("%d boards while %s attempts/s come in, in posts of ", liveBoards, grouped(liveRate))
	const soon = "p99 ≤ 250 ms"
	r.reach(what+strconv.Itoa(livePost)+": from an answered post to the event that shows it, at each board", soon,
		fmt.Sprintf("%s, %s events; posts: %s, without boards %s", live.seen, grouped(live.events), live.waits, quiet.waits), live.seen.at(99) <= 250*time.Millisecond)
	r.reach(what+strconv.Itoa(liveLarge), soon, fmt.Sprintf("%s, %s events; posts: %s", large.seen, grouped(large.events), large.waits), large.seen.at(99) <= 250*time.Millisecond)
	lost := 1 - live.rate()/quiet.rate()
	r.reach("boards: ingest rate lost to them", "≤ 15 %", fmt.Sprintf("%.1f %%: %s to %s attempts/s; the server's processor time goes from %s to %s", 100*lost,
		grouped(quiet.rate()), grouped(live.rate()), shown(quiet.worked), shown(live.worked)), lost <= 0.15)
	const memory, bar = "boards: memory that 10 of them take", "≤ 1 MB"
	if live.memory == 0 || quiet.memory == 0 {
		r.missing(memory, bar, "the system does not tell")
		return nil
	}
	each := float64(live.memory-quiet.memory) / 1e6 / (liveBoards / 10)
	r.reach(memory, bar, fmt.Sprintf("%.2f MB: %d MB to %d MB with %d", each, quiet.memory/1_000_000, live.memory/1_000_000, liveBoards), each <= 1)
	return nil
}

// liveLoad is a load beside boards: from when each post was answered until each board
// of its campaign showed it, how many events came, and the most memory and all the
// processor time of the server.
type liveLoad struct {
	load
	seen   samples
	events int
	memory int64
	worked time.Duration
}

// watched posts to a copy of a file while boards are open.
func (r *run) watched(ctx context.Context, full string, boards, before int, byCampaign []iter.Seq[post]) (got liveLoad, err error) {
	file := r.file("live.db")
	if err := errors.Join(copyFile(file, full), copyFile(file+".key", full+".key")); err != nil {
		return got, err
	}
	defer remove(file, file+".key")
	s, err := r.serve(ctx, file)
	if err != nil {
		return got, err
	}
	marks := make([][]mark, campaigns)
	total, posts := 0, 0
	for c := range byCampaign {
		rendered := slices.Collect(byCampaign[c])
		for _, p := range rendered {
			total += p.attempts
		}
		posts += len(rendered)
		byCampaign[c] = noted(rendered, before, &marks[c])
	}
	every := time.Duration(float64(connections) * float64(time.Second) * float64(total) / liveRate / float64(posts))
	lanes := mixed(byCampaign)
	for i := range lanes {
		rng := rand.New(rand.NewPCG(r.Seed, uint64(i)))
		lanes[i] = timed(ctx, lanes[i], every*time.Duration(i)/connections, func() time.Duration { return time.Duration(rng.ExpFloat64() * float64(every)) })
	}
	open, err := s.boards(ctx, boards, before+total/campaigns)
	if err != nil {
		return got, s.fail(err)
	}
	if got.load, err = s.send(ctx, lanes, total, r.Bar(fmt.Sprintf("posts beside %d boards", boards))); err != nil {
		return got, s.fail(err)
	}
	for i, b := range open {
		if err := b.wait(); err != nil {
			return got, s.fail(err)
		}
		got.events += len(b.shown)
		got.seen = append(got.seen, delays(marks[i%campaigns], b.shown)...)
	}
	got.memory, _ = memoryMost(s.cmd.Process.Pid)
	err = s.stop()
	got.worked = s.cmd.ProcessState.UserTime() + s.cmd.ProcessState.SystemTime()
	return got, err
}

// mark says that so many dials of a campaign were there at a time: acknowledged, or
// shown.
type mark struct {
	dials int
	at    time.Time
}

// noted has it noted when each post of attempts was answered.
func noted(posts []post, dials int, into *[]mark) iter.Seq[post] {
	for i := range posts {
		if p := &posts[i]; p.attempts > 0 {
			dials += p.attempts
			then := dials
			p.answered = func() { *into = append(*into, mark{then, time.Now()}) }
		}
	}
	return slices.Values(posts)
}

// delays are from each answer to what showed it first; 0 where that was sooner.
func delays(answered, shown []mark) (took samples) {
	i := 0
	for _, a := range answered {
		for i < len(shown) && shown[i].dials < a.dials {
			i++
		}
		if i == len(shown) {
			return append(took, liveSettled)
		}
		took = append(took, max(shown[i].at.Sub(a.at), 0))
	}
	return took
}

// board is an open stream.
type board struct {
	shown []mark
	done  chan struct{}
	err   error
	end   context.CancelFunc
}

// boards opens streams of the campaigns in turn, each of which is read until it shows
// so many dials.
func (s *server) boards(ctx context.Context, n, until int) (all []*board, err error) {
	var opened sync.WaitGroup
	for i := range n {
		b := &board{done: make(chan struct{})}
		reading, cancel := context.WithCancel(ctx)
		b.end = cancel
		all = append(all, b)
		opened.Add(1)
		go func() {
			defer close(b.done)
			b.err = s.read(reading, b, campaignRef(i%campaigns), until, sync.OnceFunc(opened.Done))
		}()
	}
	opened.Wait()
	for _, b := range all {
		select {
		case <-b.done:
			err = errors.Join(err, b.err)
		default:
		}
	}
	return all, err
}

// listen opens a stream, which the caller closes.
func (s *server) listen(ctx context.Context, path string) (io.ReadCloser, error) {
	q, err := http.NewRequestWithContext(ctx, "GET", s.url+path, nil)
	if err != nil {
		return nil, err
	}
	q.Header.Set("Authorization", "Bearer "+s.key)
	answer, err := s.http.Do(q)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK {
		answer.Body.Close()
		return nil, fmt.Errorf("%s is answered %s", path, answer.Status)
	}
	return answer.Body, nil
}

// read reads a board's stream; begun is called at its first event, or its end.
func (s *server) read(ctx context.Context, b *board, campaign string, until int, begun func()) error {
	defer begun()
	stream, err := s.listen(ctx, "/v1/live?campaign="+campaign+"&"+liveDay)
	if err != nil {
		return err
	}
	defer stream.Close()
	lines := bufio.NewReaderSize(stream, 64<<10)
	for {
		line, err := lines.ReadSlice('\n')
		if err != nil {
			return fmt.Errorf("a board of %s ends before it shows %d dials: %w", campaign, until, err)
		}
		data, found := bytes.CutPrefix(line, []byte("data: "))
		if !found {
			continue
		}
		dials, err := dialsIn(data)
		if err != nil {
			return err
		}
		b.shown = append(b.shown, mark{dials, time.Now()})
		begun()
		if dials >= until {
			return nil
		}
	}
}

// liveDay is the window of the boards: the day on which all calls are placed.
const liveDay = "from=2025-11-01&to=2025-11-02"

// dialsIn finds how many dials an event tells of, without reading all of it.
func dialsIn(data []byte) (int, error) {
	_, rest, _ := bytes.Cut(data, []byte(`"id":"dials"`))
	_, rest, found := bytes.Cut(rest, []byte(`"numerator":`))
	digits, _, ended := bytes.Cut(rest, []byte(","))
	if !found || !ended {
		return 0, fmt.Errorf("an event does not tell of dials: %.200s", data)
	}
	return strconv.Atoi(string(digits))
}

// wait waits until the board has shown all, and ends it if it does not.
func (b *board) wait() error {
	defer b.end()
	select {
	case <-b.done:
		return b.err
	case <-time.After(liveSettled):
		return fmt.Errorf("a board does not show the last post within %s", liveSettled)
	}
}
