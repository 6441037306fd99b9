package db

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"ringside/campaign"
	"ringside/funnel"
	"ringside/funnel/twin"
)

// TestAnyOrderPooled posts several random campaigns of different zones and
// currencies and compares what they say together with the twin, by every grouping
// and by campaign, now and as known before.
func TestAnyOrderPooled(t *testing.T) {
	first := *propertySeed
	if first == 0 {
		first = 1
	}
	for i := range (*propertyRounds + 3) / 4 {
		seed := first + uint64(i)
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			p := &pool{house: h}
			var created time.Time // of the last campaign: before, it had no part in shared costs
			for _, random := range twin.NewTrials(seed) {
				one := h.trial(random)
				created = h.now
				one.post()
				p.Trial = random
				p.refs = append(p.refs, random.Config.Ref)
				p.mixed = p.mixed || random.Config.Currency != h.currency(p.refs[0])
			}
			p.compareAll()
			back := time.Duration(1+p.IntN(12))*time.Second + 500*time.Millisecond
			h.asOf(min(back, h.now.Sub(created)), p.compareAll)
		})
	}
}

// pool is several trials in one store.
type pool struct {
	*house
	*twin.Trial // the last, which draws windows
	refs        []string
	mixed       bool // currencies differ
}

func (h *house) currency(ref string) string {
	c, err := h.store.Campaign(context.Background(), ref)
	if err != nil {
		h.Fatal(err)
	}
	return c.Currency
}

// compareAll compares a window of dates and one of instants.
func (p *pool) compareAll() {
	from, to := p.Dates()
	p.compareEach(from, to)
	a, b := p.Window()
	p.compareEach(a.UTC().Format(time.RFC3339Nano), b.UTC().Format(time.RFC3339Nano))
}

func (p *pool) compareEach(from, to string) {
	for _, by := range funnel.AllGroupings {
		p.compare(from, to, by)
	}
	p.compare(from, to)
	p.compare(from, to, funnel.ByCampaign)
	p.compare(from, to, twin.Pick(p.Trial, funnel.AllGroupings...), funnel.ByCampaign)
	p.compare(from, to, funnel.ByDay, funnel.ByAgent)
}

func (p *pool) compare(from, to string, by ...funnel.GroupBy) {
	kpis := catalogue()
	if p.mixed {
		kpis = slices.DeleteFunc(kpis, func(k *funnel.KPI) bool { return k.OfMoney() })
	}
	query, asOf := p.query()
	query.Window, query.By, query.NameAgents = p.span(from, to), funnel.WithoutCampaign(by), true
	var reports []funnel.Report
	for _, ref := range p.refs {
		r, err := p.store.Report(context.Background(), ref, query)
		if err != nil {
			p.Fatal(err)
		}
		reports = append(reports, r)
	}
	served := funnel.Served(kpis, by, reports...)
	whole, groups := funnel.Pool(reports, by, served)
	var names []string
	for _, g := range by {
		names = append(names, string(g))
	}
	said := p.twin.Pooled(p.refs, from, to, nil, asOf)
	wholes := showGroups([]funnel.ReportGroup{{Sums: whole}}, nil, kpis)
	if diff := differences(wholes, showTwins(said)); diff != "" {
		p.Fatalf("%v pooled from %s to %s:\n%s", p.refs, from, to, diff)
	}
	if len(by) == 0 {
		return
	}
	if diff := differences(showGroups(groups, by, served), showTwins(p.twin.Pooled(p.refs, from, to, names, asOf))); diff != "" {
		p.Fatalf("%v pooled from %s to %s by %v:\n%s", p.refs, from, to, by, diff)
	}
}

func (p *pool) span(from, to string) funnel.Between {
	moment := func(text string) campaign.Moment {
		m, err := campaign.ParseMoment(text)
		if err != nil {
			p.Fatal(err)
		}
		return m
	}
	return funnel.Between{From: moment(from), To: moment(to)}
}
