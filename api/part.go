package api

import (
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"ringside/campaign"
	"ringside/funnel"
)

// askedPart finds what lies behind a part of a KPI, of those that the campaign, queue or
// installation of a store's name has.
func (s *Server) askedPart(c *gin.Context, kpi, part, place string) (asked factsAsked, err error) {
	shelf, err := s.shelf(c.Request.Context(), keyOf(c))
	if err != nil {
		return asked, err
	}
	asked.of = shelf.Find(kpi)
	if asked.of == nil || asked.of.Custom == nil {
		asked.from = asked.of
		asked.measure, err = readMeasure(asked.of, kpi, part, place)
		return asked, err
	}
	if !asked.of.At(funnel.PlaceOf(place)) {
		return asked, noSuchKPI(kpi)
	}
	input, err := readInput(asked.of, part)
	if err != nil {
		return asked, err
	}
	if asked.own = input.Own; asked.own != "" {
		asked.measure, asked.from = funnel.OwnValues, asked.of
		return asked, nil
	}
	asked.from = input.KPI
	asked.measure, err = readMeasure(input.KPI, input.KPI.ID, input.Part, place)
	return asked, err
}

// readInput finds a part of a formula: by the name of what it reads, or as its numerator
// or denominator where that is one thing.
func readInput(k *funnel.KPI, part string) (funnel.Input, error) {
	all := k.Inputs()
	if at := slices.IndexFunc(all, func(i funnel.Input) bool { return i.Name == part }); at >= 0 {
		return all[at], nil
	}
	names := make([]string, len(all))
	for i, input := range all {
		names[i] = input.Name
	}
	if part != funnel.PartNumerator && part != funnel.PartDenominator {
		return funnel.Input{}, campaign.Invalidf("invalid_choice", "part", "%q is no part of %s; it is made of %s", part, k.ID, strings.Join(names, ", "))
	}
	if side := k.InputsOf(part); len(side) == 1 {
		return side[0], nil
	}
	return funnel.Input{}, campaign.Invalidf("no_such_part", "part", "the %s of %s is not one thing; the formula is made of %s: ask for part= one of these", part, k.ID, strings.Join(names, ", "))
}

func noSuchKPI(kpi string) error {
	return campaign.NotFoundf("kpi", "there is no KPI %q here; GET /v1/kpis lists them", kpi)
}

// readMeasure finds the measure that is a part of a KPI of the catalogue.
func readMeasure(k *funnel.KPI, kpi, part, place string) (funnel.Measure, error) {
	if k != nil && k.Clock == funnel.OfferClock && place == campaign.ServiceKey {
		return 0, campaign.Invalidf("no_such_part", "part", "%s is made of the calls of each queue; look behind it at /v1/queues/{queue}/kpis/%s/facts", k.ID, k.ID)
	}
	_, queue := campaign.QueueOf(place)
	if k == nil || k.OfService() != (queue || place == campaign.ServiceKey) || queue && k.Clock != funnel.OfferClock {
		return 0, noSuchKPI(kpi)
	}
	m := k.Numerator
	switch part {
	case funnel.PartNumerator:
		if k.Percent > 0 {
			return 0, campaign.Invalidf("no_such_part", "part", "%s is a percentile and has no numerator; ask for part=denominator, the attempts it is measured on", k.ID)
		}
	case funnel.PartDenominator:
		if m = k.Denominator; m == funnel.NoMeasure {
			return 0, campaign.Invalidf("no_such_part", "part", "%s is a plain count or sum; ask for part=numerator", k.ID)
		}
	default:
		return 0, campaign.Invalidf("invalid_choice", "part", "%q is neither numerator nor denominator", part)
	}
	if m == funnel.Contacts {
		return 0, campaign.Invalidf("no_such_part", "part", "this part of %s is made of calls and cases; look behind offered at /v1/queues/{queue}/kpis/offered/facts, and behind cases at /v1/service/kpis/resolution_rate/facts?part=denominator", k.ID)
	}
	if m == funnel.TotalCost || m == funnel.Margin {
		return 0, campaign.Invalidf("no_such_part", "part", "this part of %s is made of several sums; look behind operating_cost, lead_cost and revenue one by one", k.ID)
	}
	if m == funnel.LoggedMs && place != campaign.ServiceKey {
		return 0, campaign.Invalidf("no_such_part", "part", "the denominator of %s is time of agents; the states behind it are at /v1/service/kpis/login_time/facts", k.ID)
	}
	if m == funnel.Agents {
		return 0, campaign.Invalidf("no_such_part", "part", "the denominator of %s counts agents, not facts; ask for group_by=agent, or for part=numerator", k.ID)
	}
	return m, nil
}
