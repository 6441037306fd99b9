package funnel

import (
	"slices"
	"strings"

	"ringside/campaign"
)

// ServiceCatalogue holds the KPIs of the whole installation beside those of calls, in
// the order reports list them. Formulas are those of kpis.md §4; a change of meaning
// raises DefinitionVersion.
var ServiceCatalogue = slices.Concat(satisfaction, servqualKPIs(), caseKPIs, caseTimes(), customerKPIs, stockKPIs(), stateKPIs)

var satisfaction = []KPI{
	{ID: "csat", Name: "Customer satisfaction", Clock: SurveyClock, Unit: Proportion, Direction: Higher, Numerator: CsatTop, Denominator: CsatScores,
		Formula:     "scores 4 and 5 of 1 to 5 / scores",
		Description: "Customers who are satisfied or very satisfied, of those who gave a score. Answers without a score are told as no_data.",
		Example:     "5, 4, 4, 3, 3: 3/5 = 60 %, though their mean is 3.8."},
	{ID: "csat_mean", Name: "Mean satisfaction", Clock: SurveyClock, Unit: Score, Direction: Higher, Numerator: CsatMilli, Denominator: CsatScores,
		Formula:     "sum of scores / scores, of 1 to 5",
		Description: "The mean of the scores themselves.",
		Example:     "5, 4, 4, 3, 3: 19/5 = 3.8."},
	{ID: "nps", Name: "Net promoter score", Clock: SurveyClock, Unit: Points, Direction: Higher, Numerator: NpsNet, Denominator: NpsScores,
		Formula:     "100 × (scores 9 and 10 − scores 0 to 6) / scores, of 0 to 10",
		Description: "Promoters less detractors, in points from −100 to 100. A 0 is a detractor.",
		Example:     "10, 9, 9, 8, 7, 6, 0, 10, 9, 3: 5 promoters and 3 detractors of 10: +20."},
	{ID: "ces", Name: "Customer effort score", Clock: SurveyClock, Unit: Score, Direction: Neutral, Numerator: CesMilli, Denominator: CesScores,
		Formula:     "sum of scores / scores, of 1 to 7",
		Description: "How easy customers found it. Whether 7 is easy or hard is how your question is put, so no direction is good by itself.",
		Example:     "7, 5, 6: 18/3 = 6."},
	{ID: "emotion", Name: "Emotion", Clock: SurveyClock, Unit: Score, Direction: Higher, Numerator: EmotionMilli, Denominator: EmotionScores,
		Formula:     "sum of scores / scores, of 0 to 10",
		Description: "How customers felt, as they said or a tool marked, on a scale of yours within 0 to 10.",
		Example:     "8, 6.5: 14.5/2 = 7.25."},
	{ID: "employee_engagement", Name: "Employee engagement", Clock: SurveyClock, Unit: Score, Direction: Higher, Numerator: EmployeeMilli, Denominator: EmployeeScores,
		Formula:     "sum of scores of staff surveys / scores, of 0 to 10",
		Description: "What those who work here answer, on a scale of yours within 0 to 10.",
		Example:     "4, 5, 3: 12/3 = 4."},
	{ID: "iqs", Name: "Internal quality score", Clock: ReviewClock, Unit: Proportion, Direction: Higher, Numerator: ReviewsScored, Denominator: ReviewsScored, Quotient: meanReview,
		Formula:     "mean over reviews of: sum of weight × (picked − min) / (max − min) / sum of weights",
		Description: "How well reviewed contacts were handled. The lowest mark of a scale is 0 %. Categories without a mark take no part; reviews without any are told as no_data. Numerator and denominator are the exact fraction in lowest terms.",
		Example:     "Scale 1 to 5, picked 3, weight 2; scale 0 to 1, picked 1, weight 1: 2/3 = 66.7 %."},
}

// servqualKPIs are the gaps of service quality, over all and by dimension.
func servqualKPIs() []KPI {
	kpis := []KPI{{ID: "servqual", Name: "Service quality gap", Clock: SurveyClock, Unit: Score, Direction: Higher, Numerator: GapMilli, Denominator: GapsSaid,
		Formula:     "sum of (perception − expectation) / dimensions answered",
		Description: "What customers perceived less what they expected, over all dimensions they answered. Below 0 is usual: expectations were not met.",
		Example:     "Perceived 5 and 6 where 6 and 6 were expected: −1/2 = −0.5."}}
	for i, dimension := range campaign.Dimensions {
		kpis = append(kpis, KPI{ID: "servqual_" + dimension, Name: "Service quality gap, " + dimension, Clock: SurveyClock, Unit: Score, Direction: Higher,
			Numerator: ReliabilityMilli + Measure(i), Denominator: ReliabilitySaid + Measure(i),
			Formula:     "sum of (perception − expectation) / answers, of " + dimension,
			Description: strings.ToUpper(dimension[:1]) + dimension[1:] + " as perceived less as expected.",
			Example:     "Perceived 5, expected 6; perceived 6, expected 6: −1/2 = −0.5."})
	}
	return kpis
}

var caseKPIs = []KPI{
	{ID: "request_volume", Name: "Requests", Clock: OpenClock, Unit: Count, Direction: Neutral, Numerator: Contacts,
		Formula:     "calls offered to queues + cases opened",
		Description: "Contacts of customers: each call that came to a queue, and each case that was opened. A case that a call opens is a second contact.",
		Example:     "3 calls offered and 2 cases opened: 5."},
	{ID: "volume_by_channel", Name: "Requests by channel", Clock: OpenClock, Unit: Count, Direction: Neutral, Numerator: Contacts, Groupings: byChannel,
		Formula:     "calls offered to queues + cases opened, by channel",
		Description: "request_volume, to be grouped by channel, alone or with a time.",
		Example:     "3 calls by phone, 1 case by phone and 1 by mail: phone 4, mail 1."},
	{ID: "resolution_rate", Name: "Resolution rate", Clock: OpenClock, Unit: Proportion, Direction: Higher, Numerator: OpenedResolved, Denominator: CasesOpened,
		Formula:     "cases opened in the window that are resolved by as_of / cases opened",
		Description: "A case that was reopened and not resolved since counts as unresolved. Young windows still grow.",
		Example:     "10 cases opened in June, 8 resolved by 30 June and another on 2 July: 8/10 as of 30 June, 9/10 later."},
	{ID: "reopen_rate", Name: "Reopen rate", Clock: CloseClock, Unit: Proportion, Direction: Lower, Numerator: CasesReopened, Denominator: CasesResolved,
		Formula:     "cases resolved in the window and reopened later / cases resolved",
		Description: "Of a case that was resolved several times the last resolution counts.",
		Example:     "10 cases resolved, one of them opened again the next day: 1/10."},
}

// caseTimes are how long replies and resolutions take, by the calendar and in business
// hours.
func caseTimes() (kpis []KPI) {
	for _, of := range []struct {
		id, name, formula, description string
		clock                          Clock
		sum, count, openSum, openCount Measure
	}{
		{"first_response_time", "First response time", "first human reply − opened", "Placed by the reply. Cases without a reply so far are in no window of it.", ReplyClock, FirstReplyMs, FirstReplies, FirstReplyOpenMs, FirstRepliesOpen},
		{"resolution_time", "Resolution time", "last resolved − opened", "Placed by the last resolution. A case that was reopened since keeps it until it is resolved anew.", CloseClock, ResolutionMs, CasesResolved, ResolutionOpenMs, ResolutionsOpen},
	} {
		mean := KPI{ID: of.id, Name: of.name, Clock: of.clock, Unit: Seconds, Direction: Lower, Numerator: of.sum, Denominator: of.count,
			Formula: "mean of " + of.formula, Description: of.description, Example: "Cases that took 1, 2 and 6 hours: 9 h over 3."}
		kpis = append(kpis, mean)
		kpis = append(kpis, casePercentiles(mean, "Cases that took 1, 2 and 6 hours: the median is 2 h.")...)
		open := mean
		open.ID, open.Name, open.Numerator, open.Denominator = of.id+"_business", of.name+" in business hours", of.openSum, of.openCount
		open.Formula = mean.Formula + ", in business hours"
		open.Description = mean.Description + " Only the hours count in which service is open; without business hours nothing does, which no_data tells."
		open.Example = "Opened on Friday at 16:00, answered on Monday at 10:00, open from 9 to 17: 2 h."
		kpis = append(kpis, open)
		kpis = append(kpis, casePercentiles(open, open.Example)...)
	}
	return kpis
}

// casePercentiles are the median and the 90th percentile of what a mean is of.
func casePercentiles(of KPI, example string) (kpis []KPI) {
	for percent, name := range map[int64]string{50: "p50", 90: "p90"} {
		k := of
		k.ID, k.Name, k.Percent, k.Groupings, k.Example = of.ID+"_"+name, of.Name+", "+name, percent, byCaseTime, example
		k.Formula = strings.Replace(of.Formula, "mean of", "percentile "+name[1:]+" of", 1)
		k.Description = of.Description + " Nearest rank; seconds are rounded up, and above two hours up to the next of buckets 1 % apart."
		kpis = append(kpis, k)
	}
	slices.SortFunc(kpis, func(a, b KPI) int { return strings.Compare(a.ID, b.ID) })
	return kpis
}

var customerKPIs = []KPI{
	{ID: "failed_search_rate", Name: "Failed search rate", Clock: SearchClock, Unit: Proportion, Direction: Lower, Numerator: SearchesFailed, Denominator: SearchesTold,
		Formula:     "knowledge-base searches without a result opened / searches",
		Description: "Searches that found nothing, or of which nothing was opened. Of those that found something and do not say whether it was opened nothing is known: no_data.",
		Example:     "4 searches, one found nothing, one opened nothing: 2/4."},
	{ID: "referral_rate", Name: "Referral rate", Clock: JoinClock, Unit: Proportion, Direction: Higher, Numerator: CustomersReferred, Denominator: CustomersJoined,
		Formula:     "new customers somebody referred / new customers",
		Description: "Of those who became customers in the window, those whose referred_by is known.",
		Example:     "10 new customers, 3 referred: 3/10."},
}

// stockKPIs are what is so at an instant, and what became of it within the window.
func stockKPIs() (kpis []KPI) {
	kpis = []KPI{
		{ID: "open_cases", Name: "Open cases", Clock: OpenClock, Unit: Count, Direction: Lower, Numerator: OpenNow, Groupings: byOwner,
			Formula:     "cases open at as_of",
			Description: "Cases that were opened and are not resolved, or were reopened since; now, whatever the window.",
			Example:     "5 cases opened, 3 resolved, one of these reopened: 3."},
		{ID: "backlog", Name: "Backlog", Clock: OpenClock, Unit: Count, Direction: Lower, Numerator: Backlog, Groupings: slices.Concat(byBucket, byOwner),
			Formula:     "cases open at the end of the window, or of each group by time",
			Description: "A stock: that of a week is the one at its end, not the sum of its days.",
			Example:     "4 open on Monday night, 6 on Tuesday night: 6 for both days together."},
	}
	for i, of := range []struct{ id, words string }{{"under_1d", "less than a day"}, {"1d_to_3d", "1 to 3 days"}, {"3d_to_7d", "3 to 7 days"}, {"7d_to_30d", "7 to 30 days"}, {"over_30d", "30 days or longer"}} {
		kpis = append(kpis, KPI{ID: "backlog_" + of.id, Name: "Backlog of " + of.words, Clock: OpenClock, Unit: Count, Direction: Lower, Numerator: BacklogDay + Measure(i), Groupings: byOwner,
			Formula:     "cases open at the end of the window that were opened " + of.words + " before it",
			Description: "Ages are of 24 hours a day, from when the case was opened first; the lower end of an age belongs to it.",
			Example:     "Open for 30 minutes, 26 hours and 40 days: one under a day, one of 1 to 3 days, one of 30 days or longer."})
	}
	return append(kpis,
		KPI{ID: "customer_churn", Name: "Customer churn", Clock: JoinClock, Unit: Proportion, Direction: Lower, Numerator: CustomersLost, Denominator: CustomersAtStart, Groupings: byBucket,
			Formula:     "customers at the start who left in the window / customers at the start",
			Description: "Who joined within the window is in neither part, whether they left or not.",
			Example:     "200 at the start, 30 of them left: 30/200."},
		KPI{ID: "customer_retention", Name: "Customer retention", Clock: JoinClock, Unit: Proportion, Direction: Higher, Numerator: CustomersKept, Denominator: CustomersAtStart, Groupings: byBucket,
			Formula:     "customers at the start who are there at the end / customers at the start",
			Description: "Survivors are counted, not taken as end less new: new customers who left would make that too low.",
			Example:     "200 at the start, 205 at the end, 40 new of whom 5 left: 170/200 = 85 %."},
		KPI{ID: "clv", Name: "Customer lifetime value", Clock: JoinClock, Unit: Money, Direction: Higher, Numerator: MarginAtStart, Denominator: CustomersLost, Groupings: byBucket, Quotient: lifetimeValue,
			Formula:     "(margins of customers at the start / those with a margin) × (customers at the start / those lost) − acquisition cost",
			Description: "A period is as long as the window: ask for a month where margins are monthly. Nothing is expected where nobody left. Customers without a margin take no part in the mean: no_data. Numerator and denominator are the exact fraction in lowest terms; the value is rounded half to even to two digits more than the currency has.",
			Example:     "200 customers bring 10.00 a month each, 10 leave in the month, winning one costs 40.00: 10 × 20 − 40 = 160."},
		KPI{ID: "engagement", Name: "Contacts per customer", Clock: JoinClock, Unit: Ratio, Direction: Neutral, Numerator: Contacts, Denominator: CustomersSeen, Groupings: byBucket,
			Formula:     "calls offered to queues and cases opened / customers at the start and joined in the window",
			Description: "How often customers turn to service. Contacts of people who are not known as customers count too.",
			Example:     "6 contacts in a month that 3 were customers in: 2."})
}
