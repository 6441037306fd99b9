package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/url"
	"slices"
	"sync"
	"time"
)

const (
	// aimedCampaigns dial, with targetsAll targets among them.
	aimedCampaigns, targetsAll = 50, 200
	// aimedRounds are how often the calls are posted with targets and without, in turns.
	aimedRounds = 3
)

// aimedAt are the KPIs of the targets of each campaign: totals, rates and what costs.
var aimedAt = []struct{ kpi, comparator, value string }{{"dials", ">=", "100000"}, {"conversion_rate", ">=", "0.1"}, {"outbound_abandonment_rate", "<=", "0.03"}, {"cost_per_call", "<=", "0.5"}}

// targets measures what targets cost the ingest. The same calls, as many as it takes, are
// posted to copies of one file: with the targets and without, in turns. In both somebody
// has the overview open, which tells what is missed, and the figures of each campaign,
// which tell how its targets stand, so that targets are judged all the time.
func (r *run) targets(ctx context.Context) error {
	items, filled := min(r.postItems(), 500), r.Size/filledOf/aimedCampaigns
	calls := (r.Size/measuredOf/aimedCampaigns + items - 1) / items * items
	house := func() []*dialer {
		return shape{seed: r.Seed, items: items, perDay: perDayFull, list: max(filled/passes, hopperLeads), twoMessages: 100, staggered: true, campaigns: aimedCampaigns}.house()
	}
	plain, aimed := r.file("plain.db"), r.file("aimed.db")
	defer remove(plain, plain+".key", aimed, aimed+".key")
	if err := r.fill(ctx, plain, filled*aimedCampaigns, untilCalls(house(), filled)); err != nil {
		return err
	}
	if err := errors.Join(copyFile(aimed, plain), copyFile(aimed+".key", plain+".key"), r.aim(ctx, aimed)); err != nil {
		return err
	}
	var got [2]aimedLoad
	for round := range 2 * aimedRounds {
		with := (round + round/2) % 2 // without, with; with, without; …
		dialers := house()
		for _, d := range dialers {
			d.skip(filled)
		}
		one, err := r.aimed(ctx, []string{plain, aimed}[with], calls*aimedCampaigns, rendered(mixed(untilCalls(dialers, filled+calls))))
		if err != nil {
			return err
		}
		got[with].add(one)
	}
	without, with := got[0], got[1]
	lost := 1 - with.rate()/without.rate()
	r.reach(fmt.Sprintf("%d targets on %d campaigns, judged for open pages: ingest rate lost to them", targetsAll, aimedCampaigns), "≤ 5 %",
		fmt.Sprintf("%.1f %%: %s to %s attempts/s, %d times each; the server's processor time goes from %s to %s; %s and %s events", 100*lost, grouped(without.rate()), grouped(with.rate()), aimedRounds,
			shown(without.worked), shown(with.worked), grouped(without.events), grouped(with.events)), lost <= 0.05)
	return nil
}

// aimedLoad is what posting came to, with the server's processor time and how many events
// whoever looked was sent.
type aimedLoad struct {
	load
	worked time.Duration
	events int
}

func (l *aimedLoad) add(o aimedLoad) {
	l.attempts, l.posts, l.took = l.attempts+o.attempts, l.posts+o.posts, l.took+o.took
	l.worked, l.events = l.worked+o.worked, l.events+o.events
}

// aim sets the targets in a file.
func (r *run) aim(ctx context.Context, file string) error {
	s, err := r.serve(ctx, file)
	if err != nil {
		return err
	}
	for n := range targetsAll {
		aim := aimedAt[n/aimedCampaigns]
		body := fmt.Sprintf(`{"kpi":"%s","campaign":"%s","comparator":"%s","value":%s,"from":"2025-11-01","to":"2025-12-01"}`, aim.kpi, campaignRef(n%aimedCampaigns), aim.comparator, aim.value)
		if _, err := s.do(ctx, "PUT", fmt.Sprintf("/v1/targets/t-%d", n), "application/json", []byte(body)); err != nil {
			return s.fail(err)
		}
	}
	return s.stop()
}

// aimed posts to a copy of a file while pages are open.
func (r *run) aimed(ctx context.Context, full string, total int, lanes []iter.Seq[post]) (got aimedLoad, err error) {
	file := r.file("copy.db")
	if err := errors.Join(copyFile(file, full), copyFile(file+".key", full+".key")); err != nil {
		return got, err
	}
	defer remove(file, file+".key")
	s, err := r.serve(ctx, file)
	if err != nil {
		return got, err
	}
	looking, leave := context.WithCancel(ctx)
	defer leave()
	pages := []string{"/live?view=" + url.QueryEscape("/")}
	for c := range aimedCampaigns {
		pages = append(pages, "/v1/live?campaign="+campaignRef(c)+"&from=2025-11-01&to=2025-12-01")
	}
	lookers, err := s.look(looking, pages)
	if err != nil {
		return got, s.fail(err)
	}
	before, _ := worked(s.cmd.Process.Pid)
	got.load, err = s.send(ctx, lanes, total, r.Bar("posts beside open pages"))
	if after, ok := worked(s.cmd.Process.Pid); ok {
		got.worked = after - before
	}
	leave()
	for _, l := range lookers {
		<-l.done
		got.events += l.events
	}
	if err != nil {
		return got, s.fail(err)
	}
	return got, s.stop()
}

// looker reads a stream and counts its events.
type looker struct {
	events int
	done   chan struct{}
}

// look opens streams and waits for the first event of each.
func (s *server) look(ctx context.Context, paths []string) (all []*looker, err error) {
	errs := make([]error, len(paths))
	var opened sync.WaitGroup
	for i, path := range paths {
		l := &looker{done: make(chan struct{})}
		all = append(all, l)
		opened.Add(1)
		go func() {
			defer close(l.done)
			errs[i] = s.count(ctx, path, l, sync.OnceFunc(opened.Done))
		}()
	}
	opened.Wait()
	for i, l := range all {
		select {
		case <-l.done:
			err = errors.Join(err, errs[i])
		default:
		}
	}
	return all, err
}

// count reads a stream to its end; begun is called at its first event, or its end.
func (s *server) count(ctx context.Context, path string, l *looker, begun func()) error {
	defer begun()
	stream, err := s.listen(ctx, path)
	if err != nil {
		return err
	}
	defer stream.Close()
	const mark = "\nid: "
	piece, kept := make([]byte, 64<<10), []byte{}
	for {
		n, err := stream.Read(piece)
		kept = append(kept, piece[:n]...)
		if found := bytes.Count(kept, []byte(mark)); found > 0 {
			l.events += found
			begun()
		}
		kept = slices.Clone(kept[max(0, len(kept)-len(mark)+1):])
		if errors.Is(err, io.EOF) || ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
