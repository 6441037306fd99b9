package twin

import (
	"math/big"
	"time"
)

var (
	timeGroupings   = []string{"hour", "day", "week", "month", "hour_of_week"}
	bucketGroupings = timeGroupings[:4]
	ownerGroupings  = []string{"channel", "topic", "queue", "agent", "team"}
)

func all(lists ...[]string) (out []string) {
	for _, l := range lists {
		out = append(out, l...)
	}
	return out
}

// figures works out every KPI that the groupings serve, one after the other.
func (v *view) figures() {
	if v.serves(all(timeGroupings, []string{"agent", "team", "queue"})...) {
		v.satisfaction()
	}
	if v.serves(all(timeGroupings, []string{"agent", "team"})...) {
		v.quality()
	}
	if v.serves(all(timeGroupings, ownerGroupings)...) {
		v.casesIn()
	}
	if v.serves(all(timeGroupings, []string{"channel"})...) {
		v.put("volume_by_channel", countOf(v.cases, func(f fields) bool { return v.in(f, "opened_at") }), nil)
	}
	if v.serves(all(bucketGroupings, ownerGroupings)...) {
		v.put("backlog", countOf(v.cases, func(f fields) bool { return v.mine(f) && v.open(f, v.end) }), nil)
	}
	if v.serves(ownerGroupings...) {
		v.put("open_cases", countOf(v.cases, func(f fields) bool { return v.mine(f) && v.open(f, v.now.Add(time.Millisecond)) }), nil)
		days := []int{0, 1, 3, 7, 30, 1 << 20}
		for i, id := range []string{"under_1d", "1d_to_3d", "3d_to_7d", "7d_to_30d", "over_30d"} {
			v.put("backlog_"+id, countOf(v.cases, func(f fields) bool {
				hours := v.end.Sub(instant(f["opened_at"])).Hours()
				return v.mine(f) && v.open(f, v.end) && hours >= float64(24*days[i]) && hours < float64(24*days[i+1])
			}), nil)
		}
	}
	if v.serves(timeGroupings...) {
		v.put("failed_search_rate", countOf(v.searches, func(f fields) bool { return v.in(f, "at") && failed(f) }), countOf(v.searches, func(f fields) bool { return v.in(f, "at") && (failed(f) || f["opened"] != nil) }))
		v.lack(int(countOf(v.searches, func(f fields) bool { return v.in(f, "at") && !failed(f) && f["opened"] == nil }).Num().Int64()), "failed_search_rate")
		joined := func(f fields) bool { return v.in(f, "joined_at") }
		v.put("referral_rate", countOf(v.customers, func(f fields) bool { return joined(f) && f["referred_by"] != nil }), countOf(v.customers, joined))
	}
	if v.serves(bucketGroupings...) {
		v.loyalty()
	}
}

func failed(f fields) bool {
	if f["opened"] != nil {
		return counted(f["opened"]).Sign() == 0
	}
	return f["results"] != nil && decimal(f["results"]).Sign() == 0
}

// satisfaction is what surveys say.
func (v *view) satisfaction() {
	scores := map[string][]*big.Rat{}
	scales := map[string][2]int{"csat": {1, 5}, "nps": {0, 10}, "ces": {1, 7}, "emotion": {0, 10}, "employee": {0, 10}}
	gaps, asked, silent := map[string][]*big.Rat{}, map[string]int{}, 0
	for _, f := range v.surveys {
		if !v.in(f, "at") {
			continue
		}
		kind, score := text(f["kind"]), decimal(f["score"])
		asked[kind]++
		before := len(gaps[""])
		if kind == "servqual" && f["scores"] != nil {
			for dimension, said := range f["scores"].(map[string]any) {
				s := said.(map[string]any)
				gap := new(big.Rat).Sub(decimal(s["perception"]), decimal(s["expectation"]))
				gaps[dimension], gaps[""] = append(gaps[dimension], gap), append(gaps[""], gap)
			}
		}
		if kind == "servqual" && len(gaps[""]) == before {
			silent++
		}
		scale := scales[kind]
		fits := score != nil && score.Cmp(whole(scale[0])) >= 0 && score.Cmp(whole(scale[1])) <= 0
		if kind != "servqual" && fits && (score.IsInt() || kind == "emotion" || kind == "employee") {
			scores[kind] = append(scores[kind], score)
		}
	}
	top, net := 0, 0
	for _, s := range scores["csat"] {
		if s.Cmp(whole(4)) >= 0 {
			top++
		}
	}
	for _, s := range scores["nps"] {
		if s.Cmp(whole(9)) >= 0 {
			net++
		} else if s.Cmp(whole(6)) <= 0 {
			net--
		}
	}
	v.put("csat", whole(top), whole(len(scores["csat"])))
	v.put("nps", whole(net), whole(len(scores["nps"])))
	for id, kind := range map[string]string{"csat_mean": "csat", "ces": "ces", "emotion": "emotion", "employee_engagement": "employee"} {
		v.put(id, total(scores[kind]), whole(len(scores[kind])))
		v.lack(asked[kind]-len(scores[kind]), id)
	}
	v.lack(asked["csat"]-len(scores["csat"]), "csat")
	v.lack(asked["nps"]-len(scores["nps"]), "nps")
	v.put("servqual", total(gaps[""]), whole(len(gaps[""])))
	v.lack(silent, "servqual")
	for _, d := range []string{"reliability", "assurance", "tangibles", "empathy", "responsiveness"} {
		v.put("servqual_"+d, total(gaps[d]), whole(len(gaps[d])))
		v.lack(asked["servqual"]-len(gaps[d]), "servqual_"+d)
	}
}

// quality is the mean of the scores of reviews, as one fraction in lowest terms.
func (v *view) quality() {
	sum, n, reviews := new(big.Rat), 0, int(countOf(v.reviews, func(f fields) bool { return v.in(f, "at") }).Num().Int64())
	for _, f := range v.reviews {
		if !v.in(f, "at") || f["categories"] == nil {
			continue
		}
		score, weights := new(big.Rat), new(big.Rat)
		for _, one := range f["categories"].([]any) {
			c := one.(map[string]any)
			if c["picked"] == nil {
				continue
			}
			weight := big.NewRat(1, 1)
			if c["weight"] != nil {
				weight = decimal(c["weight"])
			}
			low := decimal(c["min"])
			part := new(big.Rat).Sub(decimal(c["picked"]), low)
			part.Quo(part, new(big.Rat).Sub(decimal(c["max"]), low))
			score.Add(score, part.Mul(part, weight))
			weights.Add(weights, weight)
		}
		if weights.Sign() > 0 {
			sum.Add(sum, score.Quo(score, weights))
			n++
		}
	}
	if n == 0 {
		v.put("iqs", new(big.Rat), new(big.Rat))
	} else {
		v.fraction("iqs", sum.Quo(sum, whole(n)))
	}
	v.lack(reviews-n, "iqs")
}

// fraction puts a value as its numerator over its denominator.
func (v *view) fraction(id string, value *big.Rat) {
	v.put(id, new(big.Rat).SetInt(value.Num()), new(big.Rat).SetInt(value.Denom()))
}

// resolved reports whether a case stands resolved before an instant.
func (v *view) resolved(f fields, before time.Time) bool {
	if f["resolved_at"] == nil || !v.instantOf(f, "resolved_at").Before(before) {
		return false
	}
	return !reopened(f) || !v.instantOf(f, "reopened_at").Before(before)
}

// reopened reports whether a case was opened again after it was resolved last.
func reopened(f fields) bool {
	return f["resolved_at"] != nil && f["reopened_at"] != nil && !instant(f["reopened_at"]).Before(instant(f["resolved_at"]))
}

func (v *view) open(f fields, at time.Time) bool {
	return instant(f["opened_at"]).Before(at) && !v.resolved(f, at)
}

// casesIn is what became of cases.
func (v *view) casesIn() {
	opened := func(f fields) bool { return v.in(f, "opened_at") }
	v.put("request_volume", countOf(v.cases, opened), nil)
	v.put("resolution_rate", countOf(v.cases, func(f fields) bool { return opened(f) && v.resolved(f, v.now.Add(time.Millisecond)) }), countOf(v.cases, opened))
	closed := func(f fields) bool { return v.in(f, "resolved_at") }
	v.put("reopen_rate", countOf(v.cases, func(f fields) bool {
		return closed(f) && reopened(f)
	}), countOf(v.cases, closed))
	for id, name := range map[string]string{"first_response_time": "first_reply_at", "resolution_time": "resolved_at"} {
		var took, business []*big.Rat
		for _, f := range v.cases {
			if v.in(f, name) {
				took = append(took, between(instant(f["opened_at"]), v.instantOf(f, name)))
				if v.Configured {
					business = append(business, v.businessTime(instant(f["opened_at"]), v.instantOf(f, name)))
				}
			}
		}
		for id, of := range map[string][]*big.Rat{id: took, id + "_business": business} {
			v.put(id, total(of), whole(len(of)))
			if v.serves(all(timeGroupings, []string{"channel", "topic", "queue"})...) {
				percentiles(v.out, id, of, 50, 90)
			}
		}
		v.lack(len(took)-len(business), id+"_business", id+"_business_p50", id+"_business_p90")
	}
}

// businessTime adds up, day by day of the hours' own zone, what lies within them.
func (v *view) businessTime(from, to time.Time) *big.Rat {
	zone, err := time.LoadLocation(v.TimeZone)
	if err != nil {
		panic(err)
	}
	sum := new(big.Rat)
	y, m, d := from.In(zone).Date()
	for day := time.Date(y, m, d, 12, 0, 0, 0, time.UTC); ; day = day.AddDate(0, 0, 1) {
		y, m, d := day.Date()
		if time.Date(y, m, d, 0, 0, 0, 0, zone).After(to) {
			return sum
		}
		hours := v.Hours[(int(day.Weekday())+6)%7]
		opens, closes := time.Date(y, m, d, hours[0], 0, 0, 0, zone), time.Date(y, m, d, hours[1], 0, 0, 0, zone)
		if opens.Before(from) {
			opens = from
		}
		if closes.After(to) {
			closes = to
		}
		sum.Add(sum, between(opens, closes))
	}
}

// loyalty is what became of the customers at the start of the group's time.
func (v *view) loyalty() {
	var there, lost, margined int
	margin := new(big.Rat)
	for _, f := range v.customers {
		left := v.instantOf(f, "left_at")
		if !instant(f["joined_at"]).Before(v.start) || f["left_at"] != nil && left.Before(v.start) {
			continue
		}
		there++
		if f["margin"] != nil {
			margined++
			margin.Add(margin, decimal(f["margin"]))
		}
		if f["left_at"] != nil && left.Before(v.end) {
			lost++
		}
	}
	v.put("customer_churn", whole(lost), whole(there))
	v.put("customer_retention", whole(there-lost), whole(there))
	joined := countOf(v.customers, func(f fields) bool { return v.in(f, "joined_at") })
	v.put("engagement", countOf(v.cases, func(f fields) bool { return v.in(f, "opened_at") }), joined.Add(joined, whole(there)))
	defer v.lack(there-margined, "clv")
	if margined == 0 || lost == 0 {
		v.put("clv", new(big.Rat), new(big.Rat))
		return
	}
	cents := new(big.Rat).Mul(margin, big.NewRat(100, 1))
	cents.Mul(cents, big.NewRat(int64(there), int64(margined)*int64(lost)))
	v.fraction("clv", cents.Sub(cents, new(big.Rat).Mul(decimal(v.Acquisition), big.NewRat(100, 1))))
}
