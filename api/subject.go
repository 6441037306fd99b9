package api

import (
	"ringside/campaign"
	"ringside/funnel"
)

// Where pages are found.
const (
	campaignsPath = "/campaigns"
	queuesPath    = "/queues"
	servicePath   = "/service"
)

// subject is what the pages of campaigns show, or of queues, or of the installation's
// service.
type subject struct {
	// root is the path that their addresses begin with.
	root string
	// headlines are the figures they are judged by, counts what stands beside these, and
	// charted what is shown over time.
	headlines, counts, charted []*funnel.KPI
	// filterable are the attributes one may filter by.
	filterable []funnel.GroupBy
	// grains are the groupings of figures over time, the finest first.
	grains  []grain
	grouped map[funnel.GroupBy]*grouped
}

// grain is a grouping by time, with the longest window, in days, that is cut so unless
// another is asked for.
type grain struct {
	by   funnel.GroupBy
	days campaign.Day
}

// grains are those of most subjects.
var grains = []grain{{funnel.ByHour, 2}, {funnel.ByDay, 100}, {funnel.ByWeek, 700}, {funnel.ByMonth, 1 << 30}}

var (
	ofCampaigns = newSubject(subject{root: campaignsPath, headlines: findKPIs(funnel.Headlines...),
		counts:     findKPIs("leads", "dials", "leads_dialed", "live_answer_rate", "sales", "revenue"),
		charted:    findKPIs("dials", "live_answer_rate", "conversion_rate", "hit_rate", "calls_per_lead", "first_call_close_rate", "outbound_abandonment_rate", "cost_per_call"),
		filterable: []funnel.GroupBy{funnel.ByAgent, funnel.ByTeam, funnel.ByList, funnel.BySource, funnel.ByAttemptNo, funnel.ByDisposition, funnel.ByCategory, funnel.ByHourOfWeek},
		grains:     grains, grouped: groupedCampaigns()})
	ofQueues = newSubject(subject{root: queuesPath, headlines: findKPIs("service_level", "asa", "inbound_abandonment_rate", "aht", "first_contact_resolution"),
		counts:     findKPIs("offered", "answered", "abandoned", "blocked", "abandon_wait", "transfer_rate", "escalation_rate", "answered_per_agent"),
		charted:    findKPIs("service_level", "offered", "answered", "abandoned", "inbound_abandonment_rate", "asa", "aht", "first_contact_resolution"),
		filterable: []funnel.GroupBy{funnel.ByAgent, funnel.ByTeam, funnel.ByChannel, funnel.ByTopic},
		grains:     append([]grain{{funnel.ByHalfHour, 0}}, grains...), grouped: groupedQueues()})
	ofService = newSubject(subject{root: servicePath, charted: findKPIs("request_volume", "resolution_rate", "first_response_time", "resolution_time", "reopen_rate", "csat", "nps", "failed_search_rate"),
		grains: grains, grouped: groupedService()})
)

func newSubject(s subject) *subject {
	for _, grain := range s.grains {
		s.grouped[grain.by] = &grouped{by: grain.by, kpis: s.charted, sort: byName}
	}
	return &s
}

// subjectOf is that of the campaign, queue or installation of a store's name.
func subjectOf(key string) *subject {
	if _, queue := campaign.QueueOf(key); queue {
		return ofQueues
	}
	if key == campaign.ServiceKey {
		return ofService
	}
	return ofCampaigns
}

// filters are the parameters that filter.
func (s *subject) filters() (names []string) {
	for _, g := range s.filterable {
		names = append(names, string(g))
	}
	return names
}

// groupedQueues are the tables of queues, and what is drawn of them.
func groupedQueues() map[funnel.GroupBy]*grouped {
	calls := findKPIs("answered", "aht", "asa", "first_contact_resolution", "transfer_rate", "escalation_rate")
	kinds := findKPIs("offered", "answered", "service_level", "asa", "inbound_abandonment_rate", "aht", "first_contact_resolution")
	times := findKPIs("offered", "answered", "service_level", "asa", "inbound_abandonment_rate")
	return map[funnel.GroupBy]*grouped{
		funnel.ByAgent:      {by: funnel.ByAgent, kpis: calls, drawn: drawnRates, sort: "answered"},
		funnel.ByTeam:       {by: funnel.ByTeam, kpis: calls, drawn: drawnRates, sort: "answered"},
		funnel.ByChannel:    {by: funnel.ByChannel, kpis: kinds, drawn: drawnRates, sort: "offered"},
		funnel.ByTopic:      {by: funnel.ByTopic, kpis: kinds, drawn: drawnRates, sort: "offered"},
		funnel.ByHourOfWeek: {by: funnel.ByHourOfWeek, kpis: times, drawn: drawnRates, sort: byName},
	}
}

// groupedService are the tables of service as a whole.
func groupedService() map[funnel.GroupBy]*grouped {
	kpis := findKPIs("request_volume", "open_cases", "resolution_rate", "first_response_time", "resolution_time", "reopen_rate")
	people := append(kpis[1:len(kpis):len(kpis)], findKPIs("csat", "nps", "iqs")...)
	all := map[funnel.GroupBy]*grouped{}
	for _, by := range []funnel.GroupBy{funnel.ByQueue, funnel.ByChannel, funnel.ByTopic} {
		all[by] = &grouped{by: by, kpis: kpis, drawn: drawnRates, sort: "request_volume"}
	}
	for _, by := range []funnel.GroupBy{funnel.ByAgent, funnel.ByTeam} {
		all[by] = &grouped{by: by, kpis: people, drawn: drawnRates, sort: "open_cases"}
	}
	return all
}
