package api_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"ringside/funnel/twin"
)

// TestAnyFormPooled posts several random campaigns of different zones and
// currencies and compares the pooled report with the twin: of dates and of
// instants, by every grouping and by campaign, now and as known before.
func TestAnyFormPooled(t *testing.T) {
	eachSeed(t, (*propertyRounds+4)/5, func(t testing.TB, seed uint64) {
		p := &pool{world: newWorld(t)}
		for _, random := range twin.NewTrials(seed) {
			p.trial(random).post()
			p.Trial = random
			p.refs = append(p.refs, random.Config.Ref)
			p.currencies = append(p.currencies, random.Config.Currency)
		}
		p.compareAll()
		p.before(1+p.IntN(len(p.refs)), p.compareAll)
	})
}

// pool is several trials behind one server.
type pool struct {
	*world
	*twin.Trial      // the last, which draws windows
	refs, currencies []string
}

func (p *pool) compareAll() {
	from, to := p.Dates()
	p.compareEach(from, to)
	a, b := p.Window()
	p.compareEach(a.Format(millis), b.Format(millis))
}

func (p *pool) compareEach(from, to string) {
	p.compare(from, to)
	for _, by := range p.groups {
		p.compare(from, to, by)
	}
	p.compare(from, to, "campaign")
	p.compare(from, to, twin.Pick(p.Trial, p.groups...), "campaign")
}

func (p *pool) compare(from, to string, by ...string) {
	query := url.Values{"campaigns": {strings.Join(p.refs, ",")}, "from": {from}, "to": {to}}
	if p.Maybe(50) {
		query.Set("campaigns", "*")
	}
	if len(by) > 0 {
		query.Set("group_by", strings.Join(by, ","))
	}
	if !p.known.IsZero() {
		query.Set("as_of", p.known.Format(time.RFC3339))
	}
	var answer struct {
		Campaigns        []string
		From, To, Source string
		KPIs             []reportedKPI
		Groups           []reportedGroup
	}
	p.get("/v1/kpis/report?"+query.Encode(), &answer)
	if !slices.Equal(answer.Campaigns, p.refs) || answer.From != from || answer.To != to || (answer.Source == "replay") == p.known.IsZero() {
		p.Errorf("%s is answered with %v, %s – %s, by %q", query.Encode(), answer.Campaigns, answer.From, answer.To, answer.Source)
	}
	var groups []twin.Group
	if len(by) > 0 {
		groups = p.twin.Pooled(p.refs, from, to, by, p.asOf())
	}
	p.agree(fmt.Sprint(p.currencies, " ", query.Encode()), answer.KPIs, answer.Groups, p.twin.Pooled(p.refs, from, to, nil, p.asOf())[0], groups, p.currencies[0])
}
