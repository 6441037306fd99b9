package api

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"ringside/api/web"
	"ringside/campaign"
	"ringside/funnel"
)

const (
	// parkedMost bounds the parked messages that are counted of one source.
	parkedMost = 1000
	// namedMost is how many things of a kind a check names.
	namedMost = 10
)

// checking reads what is to be looked at before a month is closed.
type checking struct {
	*Server
	ctx    context.Context
	key    *campaign.AccessKey
	of     *campaign.Campaign
	config campaign.Config
	cal    *campaign.Calendar
	w      funnel.Window
	nowMs  int64
	checks []web.Check
}

// checklist is what to look at before a month of a campaign is closed. Nothing of it
// keeps anybody from closing.
func (s *Server) checklist(c *gin.Context, of *campaign.Campaign, month campaign.Day) (checks []web.Check, err error) {
	all, err := s.campaigns(c)
	if err != nil {
		return nil, err
	}
	cal := campaign.NewCalendar(of.Location())
	w := funnel.Window{FromMs: cal.DayStart(month), ToMs: cal.DayStart(month.NextMonth())}
	err = s.store.Together(c.Request.Context(), func(ctx context.Context) error {
		k := &checking{Server: s, ctx: ctx, key: keyOf(c), of: of, config: of.Config, cal: cal, w: w, nowMs: s.now().UnixMilli()}
		for _, check := range []func() error{k.over, k.codes, k.parked, k.mature, k.rated, k.both, func() error { return k.exchange(all) }, k.days} {
			if err := check(); err != nil {
				return err
			}
		}
		checks = k.checks
		return nil
	})
	return checks, err
}

// say adds a check: good where found is "".
func (k *checking) say(name, found, href string) {
	check := web.Check{Name: web.T("check." + name), Good: found == "", Text: found, Href: href}
	if check.Good {
		check.Text, check.Href = web.T("check_good."+name), ""
	}
	k.checks = append(k.checks, check)
}

func (k *checking) report(w funnel.Window, by []funnel.GroupBy, kpis ...string) (funnel.Report, error) {
	return k.store.Report(k.ctx, k.of.Ref, funnel.Query{Window: w, By: by, KPIs: findKPIs(kpis...), NowMs: k.nowMs})
}

func (k *checking) over() error {
	found := ""
	switch {
	case k.w.ToMs > k.nowMs:
		found = web.T("check.over_not")
	case k.of.Wanted != nil:
		found = web.T("check.over_recounting")
	}
	k.say("over", found, "")
	return nil
}

// codes finds codes that nothing gives a meaning.
func (k *checking) codes() error {
	r, err := k.report(k.w, []funnel.GroupBy{funnel.ByDisposition}, "dials")
	var codes []string
	dials := int64(0)
	for _, g := range r.Groups {
		code := keyText(g.Key[0])
		if _, unmapped := meaningOf(&k.config, code); unmapped != "" {
			codes, dials = append(codes, code), dials+g.Sums.Get(funnel.Dials)
		}
	}
	found, href := "", ""
	if codes != nil {
		found = web.T("check.codes_found", "codes", enumerated(codes), "n", dials)
		if may(k.key, configure) {
			href = "/settings/campaigns/" + segment(k.of.Ref) + "/dispositions"
		}
	}
	k.say("codes", found, href)
	return err
}

// parked counts the messages of the month that could not be placed: those of the
// campaign, and to who may know of all campaigns also those of none.
func (k *checking) parked() error {
	sources, err := k.store.Sources(k.ctx)
	if err != nil {
		return err
	}
	n, more := 0, false
	for _, src := range sources {
		messages, err := k.store.Messages(k.ctx, src.Number, campaign.Parked, campaign.MessageKey{}, parkedMost)
		if err != nil {
			return err
		}
		more = more || len(messages) == parkedMost
		for _, m := range messages {
			if k.w.Holds(m.ReceivedMs) && (m.Campaign == k.of.Ref || m.Campaign == "" && !k.key.Bound()) {
				n++
			}
		}
	}
	found, href := "", ""
	if n > 0 || more {
		found = web.T("check.parked_found", "n", n)
		if more {
			found = web.T("check.parked_more", "n", n, "most", parkedMost)
		}
		if may(k.key, manageSources) {
			href = "/settings/sources"
		}
	}
	k.say("parked", found, href)
	return nil
}

// mature says until when sales of the month's leads still come in.
func (k *checking) mature() error {
	found := ""
	if until := maturesMs(k.of, k.w.ToMs); until > k.nowMs {
		found = web.T("check.mature_found", "day", web.Date(k.cal.DayOf(until)))
	}
	k.say("mature", found, "")
	return nil
}

// rated finds calls that no card rates though others are rated.
func (k *checking) rated() error {
	r, err := k.report(k.w, nil, "unrated_calls")
	if err != nil {
		return err
	}
	var found []string
	if n := r.Whole.Get(funnel.UnratedCalls); n > 0 {
		found = append(found, web.T("check.rated_endless", "n", n))
	}
	for _, category := range []int{campaign.TelephonyCost, campaign.LabourCost} {
		spans, calls := k.config.Rates.Spans(category), int64(0)
		if len(spans) == 0 {
			continue
		}
		for _, gap := range gaps(spans, k.w) {
			r, err := k.report(gap, nil, "dials")
			if err != nil {
				return err
			}
			calls += r.Whole.Get(funnel.Dials)
		}
		if calls > 0 {
			found = append(found, web.T("check.rated_gap", "category", web.T("choice."+campaign.CostCategoryNames[category-1]), "n", calls))
		}
	}
	k.say("rated", strings.Join(found, " "), "/settings/campaigns/"+segment(k.of.Ref)+"/rates")
	return nil
}

// gaps are the parts of a window that no span covers; spans are in order and apart.
func gaps(spans []campaign.Span, w funnel.Window) (out []funnel.Window) {
	at := w.FromMs
	for _, s := range spans {
		if s.FromMs > at && at < w.ToMs {
			out = append(out, funnel.Window{FromMs: at, ToMs: min(s.FromMs, w.ToMs)})
		}
		at = max(at, s.ToMs)
	}
	if at < w.ToMs {
		out = append(out, funnel.Window{FromMs: at, ToMs: w.ToMs})
	}
	return out
}

// both finds categories that are entered and rated in the month.
func (k *checking) both() error {
	fall, err := k.store.Waterfall(k.ctx, k.of.Ref, k.w)
	if err != nil {
		return err
	}
	var found []string
	for _, category := range []int{campaign.LabourCost, campaign.TelephonyCost, campaign.LeadPurchase} {
		entered := slices.ContainsFunc(fall.Steps, func(s funnel.CostStep) bool { return s.Category == category && !s.Rated })
		rated := k.config.Rates.Covers(category, k.w.FromMs, k.w.ToMs) ||
			slices.ContainsFunc(fall.Steps, func(s funnel.CostStep) bool { return s.Category == category && s.Rated })
		if !entered || !rated {
			continue
		}
		name := web.T("choice." + campaign.CostCategoryNames[category-1])
		if basis := k.config.CostBasis.Of(category); basis != "" {
			found = append(found, web.T("check_both."+basis, "category", name))
		} else {
			found = append(found, web.T("check_both.apart", "category", name))
		}
	}
	if fall.PricedAndEntered {
		found = append(found, web.T("check_both.undecided", "category", web.T("choice.lead_purchase")))
	}
	k.say("both", strings.Join(found, " "), "/campaigns/"+segment(k.of.Ref)+"/"+costsPath+"?"+url.Values{"from": {k.cal.DayOf(k.w.FromMs).String()}, "to": {k.cal.DayOf(k.w.ToMs).String()}}.Encode())
	return err
}

// exchange finds currencies of other campaigns that no rate leads to at the month's end.
func (k *checking) exchange(all []campaign.Campaign) error {
	if !may(k.key, shareCosts) {
		return nil
	}
	rates, err := k.store.ExchangeRates(k.ctx)
	var missing []string
	for i := range all {
		other := all[i].Currency
		if other == k.of.Currency || slices.Contains(missing, other) {
			continue
		}
		if _, found := campaign.ExchangeAt(rates, k.of.Currency, other, k.w.ToMs-1); !found {
			missing = append(missing, other)
		}
	}
	found := ""
	if slices.Sort(missing); missing != nil {
		found = web.T("check.exchange_found", "currency", k.of.Currency, "others", enumerated(missing))
	}
	k.say("exchange", found, "")
	return err
}

// days finds days that no cost falls in.
func (k *checking) days() error {
	r, err := k.report(k.w, []funnel.GroupBy{funnel.ByDay}, "operating_cost", "lead_cost", "dials")
	if err != nil {
		return err
	}
	last := k.cal.DayOf(min(k.w.ToMs, max(k.w.FromMs, k.nowMs)) - 1)
	var empty []string
	dialed := 0
	for day := k.cal.DayOf(k.w.FromMs); day <= last; day++ {
		at := slices.IndexFunc(r.Groups, func(g funnel.ReportGroup) bool { return keyText(g.Key[0]) == day.String() })
		if at >= 0 && r.Groups[at].Sums.Get(funnel.CostEntries) > 0 {
			continue
		}
		if empty = append(empty, web.ShortDate(day)); at >= 0 && r.Groups[at].Sums.Get(funnel.Dials) > 0 {
			dialed++
		}
	}
	found := ""
	if empty != nil {
		found = web.T("check.days_found", "n", len(empty), "days", enumerated(empty), "dialed", dialed)
	}
	k.say("days", found, "/settings/campaigns/"+segment(k.of.Ref)+"/entry")
	return nil
}

// enumerated lists the first of some names.
func enumerated(names []string) string {
	if len(names) <= namedMost {
		return strings.Join(names, ", ")
	}
	return web.T("check.named", "names", strings.Join(names[:namedMost], ", "), "n", len(names)-namedMost)
}
