package db

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"ringside/campaign"
	"ringside/funnel"
)

// FactPage returns the next facts of a kind after a number, at most limit of
// them. Each page is a short transaction of its own: however long a campaign is
// read, no state of the database is held for it.
func (s *Store) FactPage(ctx context.Context, campaignKey string, kind campaign.Kind, after int64, limit int) (page funnel.FactPage, err error) {
	err = s.snapshot(ctx, func(t *tx) error {
		k, err := s.findAny(t, campaignKey)
		if err != nil {
			return err
		}
		page = funnel.FactPage{Campaign: k.Campaign}
		if page.Of, err = lastNumber(t, k.Number, kind); err != nil {
			return err
		}
		facts, err := factsAfter(t, k, kind, after, limit)
		if err != nil || len(facts) == 0 {
			return err
		}
		page.Last = facts[len(facts)-1].number
		page.Facts, err = handOut(t, k, kind, facts)
		return err
	})
	return page, err
}

// lastNumber returns the number of the newest fact of a kind.
func lastNumber(t *tx, campaignNumber int64, kind campaign.Kind) (last int64, err error) {
	text := map[campaign.Kind]string{
		campaign.KindLead:    "select last_lead_no from progress where campaign_id = $1",
		campaign.KindAttempt: "select last_attempt_no from progress where campaign_id = $1",
		campaign.KindCost:    "select last_cost_no from progress where campaign_id = $1",
	}[kind]
	if kind.OfService() {
		text = "select last_lead_no from progress where campaign_id = $1"
	}
	_, err = t.one([]any{&last}, text, campaignNumber)
	return last, err
}

func factsAfter(t *tx, k *knowledge, kind campaign.Kind, after int64, limit int) (facts []*fact, err error) {
	if kind.OfService() {
		return recordsAfter(t, k.Number, kind, after, limit)
	}
	tb := tableOf(kind)
	scan := tb.scanner(k)
	err = t.query(func(row *sqlx.Rows) error {
		f, err := scan(row)
		facts = append(facts, f)
		return err
	}, fmt.Sprintf("select %s from %s where f.campaign_id = $1 and f.%s > $2 order by f.%s limit $3", tb.fields, tb.from, tb.number, tb.number), k.Number, after, limit)
	return facts, err
}

// handOut turns facts into versions that say all there is. Of leads that are known
// by name alone there is nothing to say.
func handOut(t *tx, k *knowledge, kind campaign.Kind, facts []*fact) ([]*campaign.Version, error) {
	var leads map[string]*campaign.Version
	if kind == campaign.KindAttempt {
		var err error
		if leads, err = leadsOnlyAttemptsKnow(t, k, facts); err != nil {
			return nil, err
		}
	}
	out := make([]*campaign.Version, 0, len(facts))
	for _, f := range facts {
		if f.versions == 0 {
			continue
		}
		v := f.whole()
		if kind == campaign.KindAttempt {
			v.Lead = leads[v.Text(campaign.AttemptLead)]
		}
		out = append(out, v)
	}
	return out, nil
}

// whole is the fact as one version, dated by its newest.
func (f *fact) whole() *campaign.Version {
	v := &campaign.Version{Kind: f.kind, Ref: f.ref, UpdatedMs: f.rank.AtUs / 1000, Content: f.content}
	if f.kind == campaign.KindAttempt {
		v.Content = f.content.WithWrap()
	}
	return v
}

// leadsOnlyAttemptsKnow returns, by ref, what attempts said of the leads that the
// given ones name and nobody posted.
func leadsOnlyAttemptsKnow(t *tx, k *knowledge, attempts []*fact) (map[string]*campaign.Version, error) {
	var named []string
	for _, f := range attempts {
		if complete(&f.content) {
			named = append(named, f.content.Text(campaign.AttemptLead))
		}
	}
	leads, err := readFacts(t, k, leadTable, "ref", distinct(named))
	known := map[string]*campaign.Version{}
	for _, f := range leads {
		if f.content.Given(campaign.LeadPosted) {
			continue
		}
		if described := campaign.Describe(f.whole()); described != nil {
			known[f.ref] = described
		}
	}
	return known, err
}
