package callcentre

// segment is a list or a source: how much of the inflow it brings and how its
// leads convert, against the campaign's mean.
type segment struct {
	name    string
	weight  float64
	convert float64
}

// hours are a day's calling hours, local; both 0 means closed.
type hours struct{ open, shut int }

// unitCosts are minor units of the campaign's currency for one expected dial.
type unitCosts struct{ labour, telephony, leadPurchase, licence, overhead float64 }

// script is everything that tells one campaign from another. Rates are per dial
// or per conversation before the hour, the lead and the agent have their say.
type script struct {
	ref, name, zone, currency, dialMode, compliance string
	stages                                          []string
	codes                                           codebook

	agents      int    // at scale 1
	agentPrefix string // neutral codes, never names
	guests      int    // agents of the first campaign who also work here, late

	leadsPerDay float64 // new leads per open day at scale 1
	backlogDays float64 // days' worth of leads in the first upload
	dialsPerDay float64 // per calendar day at scale 1, to put a price on a call
	webShare    float64 // leads that come one by one and are called back at once
	week        [7]hours
	answering   *[24]float64 // how willing people are to answer, by local hour
	weekdays    [7]float64   // the same by day of the week
	lists       []segment
	sources     []segment
	leadZones   []string // said on the lead when not empty
	leadPrice   int64    // minor units on the lead itself; excludes unitCosts.leadPurchase
	phone       func(d dice, zone uint8, b []byte) []byte

	human, machine, busy, failed, cancelled float64
	unknownKind                             float64 // answers the detector cannot tell
	dropTarget                              float64 // share of live answers without an agent in time
	converts                                float64 // sale in a first conversation with an average lead
	maxDials                                uint8
	amountMin, amountMax, amountStep        int64 // minor units

	inTwo, live   float64 // share of conversations told in two messages; shown while they run
	localTimes    bool    // posts times with the local offset instead of Z
	attemptPrefix string
	leadPrefix    string
	cost          unitCosts
}

// detects tells whether a machine detector and a greeting clock stand between
// the answer and the agent.
func (s *script) detects() bool { return s.dialMode == "predictive" }

// agentFirst tells whether the agent is on the line before anybody answers.
func (s *script) agentFirst() bool { return s.dialMode == "preview" || s.dialMode == "manual" }

var (
	// dialing is how a shift spreads its calls over the local day.
	dialing = [24]float64{8: 0.5, 9: 0.9, 10: 1, 11: 1, 12: 0.8, 13: 0.7, 14: 0.9, 15: 0.9, 16: 1, 17: 1.2, 18: 1.4, 19: 1.3, 20: 0.8}
	// atHome rises after work, atWork in the morning.
	atHome = [24]float64{8: 0.7, 9: 0.78, 10: 0.82, 11: 0.85, 12: 1.0, 13: 0.95, 14: 0.82, 15: 0.82, 16: 0.95, 17: 1.15, 18: 1.32, 19: 1.35, 20: 1.2}
	atWork = [24]float64{8: 1.05, 9: 1.15, 10: 1.2, 11: 1.15, 12: 0.95, 13: 0.85, 14: 0.95, 15: 1.0, 16: 1.05, 17: 1.0, 18: 0.9, 19: 0.8}
)

var scripts = []script{springEnergy, cityFibre, winbackMobile, charityDrive}

var springEnergy = script{
	ref: "spring-energy", name: "Spring energy tariffs", zone: "Europe/Lisbon", currency: "EUR",
	dialMode: "predictive", compliance: "us_tsr", codes: dialerCodes,
	stages: []string{"lead", "dialed", "contacted", "interested", "signed_up", "closed"},
	agents: 14, agentPrefix: "a-",
	leadsPerDay: 160, backlogDays: 3, dialsPerDay: 500, webShare: 0.12,
	week:      [7]hours{1: {9, 21}, 2: {9, 21}, 3: {9, 21}, 4: {9, 21}, 5: {9, 21}, 6: {10, 15}},
	answering: &atHome, weekdays: [7]float64{0, 1.04, 1, 1, 0.98, 0.9, 1.1},
	lists:   []segment{{"movers", 3, 1.5}, {"fixed-tariff-ending", 4, 1.15}, {"north-cold", 4, 0.6}, {"islands", 1, 0.85}},
	sources: []segment{{"comparison-site", 3, 1.5}, {"partner-shops", 2, 1.1}, {"bought-file", 5, 0.6}, {"web-form", 0, 2.2}},
	phone:   portuguesePhone,
	human:   0.30, machine: 0.13, busy: 0.06, failed: 0.03, cancelled: 0.01, unknownKind: 0.02,
	dropTarget: 0.016, converts: 0.085, maxDials: 7,
	amountMin: 18000, amountMax: 72000, amountStep: 600,
	inTwo: 0.45, live: 0.10, attemptPrefix: "", leadPrefix: "L-",
	cost: unitCosts{labour: 74, telephony: 6, leadPurchase: 21, licence: 5, overhead: 12},
}

var cityFibre = script{
	ref: "city-fibre", name: "City fibre roll-out", zone: "America/New_York", currency: "USD",
	dialMode: "predictive", compliance: "us_tsr", codes: dialerCodes,
	stages: []string{"lead", "dialed", "contacted", "interested", "signed_up", "closed"},
	agents: 12, agentPrefix: "a-", guests: 2,
	leadsPerDay: 146, backlogDays: 4, dialsPerDay: 500, webShare: 0.08,
	week:      [7]hours{1: {9, 20}, 2: {9, 20}, 3: {9, 20}, 4: {9, 20}, 5: {9, 20}, 6: {11, 17}},
	answering: &atHome, weekdays: [7]float64{0, 1, 1.02, 1, 1, 0.92, 1.12},
	lists:     []segment{{"blocks-lit-q1", 4, 1.35}, {"blocks-lit-q2", 4, 1.0}, {"dsl-base", 3, 0.75}, {"lapsed", 2, 0.5}, {"suburbs", 2, 0.9}},
	sources:   []segment{{"door-hanger", 2, 1.4}, {"list-broker", 6, 0.65}, {"landlord-deal", 2, 1.2}, {"web-form", 0, 2.4}},
	leadZones: []string{"America/New_York", "America/Chicago"}, phone: americanPhone,
	human: 0.27, machine: 0.19, busy: 0.03, failed: 0.03, cancelled: 0.015, unknownKind: 0.03,
	dropTarget: 0.0275, converts: 0.06, maxDials: 7,
	amountMin: 3999, amountMax: 10999, amountStep: 1000,
	inTwo: 0.60, live: 0.05, localTimes: true, attemptPrefix: "V", leadPrefix: "",
	cost: unitCosts{labour: 96, telephony: 5, leadPurchase: 17, licence: 6, overhead: 15},
}

var winbackMobile = script{
	ref: "winback-mobile", name: "Mobile win-back", zone: "Asia/Kathmandu", currency: "NPR",
	dialMode: "preview", compliance: "none", codes: retentionCodes,
	stages: []string{"lead", "dialed", "contacted", "interested", "signed_up", "closed"},
	agents: 6, agentPrefix: "क-",
	leadsPerDay: 70, backlogDays: 3, dialsPerDay: 180, webShare: 0.05,
	week:      [7]hours{0: {10, 18}, 1: {9, 19}, 2: {9, 19}, 3: {9, 19}, 4: {9, 19}, 5: {9, 16}},
	answering: &atWork, weekdays: [7]float64{1.05, 1, 1, 1, 0.98, 0.9, 0},
	lists:   []segment{{"left-30-days", 4, 1.5}, {"left-90-days", 4, 0.95}, {"prepaid-idle", 4, 0.6}},
	sources: []segment{{"billing-system", 6, 0.75}, {"shop-kathmandu", 2, 1.5}, {"shop-pokhara", 2, 1.2}, {"ussd", 0, 1.9}},
	phone:   nepalesePhone, leadPrice: 1500,
	human: 0.40, machine: 0.04, busy: 0.10, failed: 0.06, cancelled: 0.02,
	converts: 0.11, maxDials: 6,
	amountMin: 49900, amountMax: 299900, amountStep: 10000,
	inTwo: 0.15, live: 0.35, localTimes: true, attemptPrefix: "wb-", leadPrefix: "wb:",
	cost: unitCosts{labour: 5600, telephony: 900, licence: 300, overhead: 700},
}

var charityDrive = script{
	ref: "charity-drive", name: "Autumn charity drive", zone: "Europe/London", currency: "GBP",
	dialMode: "progressive", compliance: "none", codes: charityCodes,
	stages: []string{"lead", "dialed", "contacted", "interested", "pledged", "closed"},
	agents: 8, agentPrefix: "a-",
	leadsPerDay: 92, backlogDays: 3, dialsPerDay: 250, webShare: 0.06,
	week:      [7]hours{1: {10, 20}, 2: {10, 20}, 3: {10, 20}, 4: {10, 20}, 5: {10, 19}, 6: {10, 16}},
	answering: &atHome, weekdays: [7]float64{0, 1, 1, 1.03, 1, 0.88, 1.05},
	lists:   []segment{{"past-donors", 4, 1.6}, {"event-visitors", 3, 0.95}, {"petition", 4, 0.55}, {"legacy", 1, 0.8}},
	sources: []segment{{"crm", 5, 1.15}, {"street-team", 3, 0.75}, {"raffle", 2, 0.8}, {"web-form", 0, 2}},
	phone:   britishPhone,
	human:   0.31, machine: 0.14, busy: 0.05, failed: 0.03, cancelled: 0.02,
	dropTarget: 0.004, converts: 0.075, maxDials: 6,
	amountMin: 500, amountMax: 5000, amountStep: 100,
	inTwo: 0.30, live: 0.15, attemptPrefix: "call:", leadPrefix: "D.",
	cost: unitCosts{labour: 112, telephony: 5, leadPurchase: 11, licence: 5, overhead: 22},
}
