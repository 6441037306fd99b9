package twin

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"
)

// ServiceTrial draws one random installation with all that is posted about it: scores on
// both ends of their scales and none, scales of odd widths, cases that are resolved,
// reopened and void, customers who leave at once.
type ServiceTrial struct {
	*Trial
	Service *Service
}

// NewServiceTrial begins the trial of a seed.
func NewServiceTrial(seed uint64) *ServiceTrial {
	r := &Trial{Rand: rand.New(rand.NewPCG(seed, 80))}
	place := Pick(r, trialZones...)
	r.begin("service", place.zone, "EUR", place.base)
	t := &ServiceTrial{r, &Service{TimeZone: place.zone, Teams: map[string]string{}}}
	t.Reconfigure()
	return t
}

// Reconfigure draws other business hours and another acquisition cost.
func (r *ServiceTrial) Reconfigure() {
	r.Service.Configured = r.Maybe(70)
	for day := range r.Service.Hours {
		r.Service.Hours[day] = [2]int{}
		if from := r.IntN(12); r.Maybe(70) && r.Service.Configured {
			r.Service.Hours[day] = [2]int{from, from + 1 + r.IntN(24-from)}
		}
	}
	r.Service.Acquisition = Pick(r.Trial, "0.00", "12.34", "400.00")
}

// ConfigBody is the configuration as the body of a PUT.
func (r *ServiceTrial) ConfigBody() []byte {
	body := map[string]any{"time_zone": r.Service.TimeZone, "currency": "EUR", "acquisition_cost": r.Service.Acquisition}
	if r.Service.Configured {
		hours := map[string]string{}
		for day, name := range []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"} {
			if h := r.Service.Hours[day]; h[1] > 0 {
				hours[name] = fmt.Sprintf("%02d:00-%02d:00", h[0], h[1])
			}
		}
		body["business_hours"] = hours
	}
	text, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	return text
}

// Zone is whose days a report tells: often the service's own.
func (r *ServiceTrial) Zone() *time.Location {
	zone, err := time.LoadLocation(Pick(r.Trial, r.Service.TimeZone, r.Service.TimeZone, "UTC", "Asia/Kathmandu", "Europe/Lisbon"))
	if err != nil {
		panic(err)
	}
	return zone
}

// Posts draws what is posted, in an order in which undated posts make sense.
func (r *ServiceTrial) Posts() (out []Post) {
	draw := map[string]func() map[string]any{"surveys": r.survey, "reviews": r.review, "cases": r.ticket, "customers": r.customer, "searches": r.search}
	for _, collection := range []string{"surveys", "reviews", "cases", "customers", "searches"} {
		for n := range r.IntN(14) {
			for range 1 + r.IntN(3) {
				item := draw[collection]()
				item["ref"] = fmt.Sprintf("f-%d", n) // each kind has refs of its own
				r.set(item, 8, "void", Pick[any](r.Trial, true, false))
				out = append(out, Post{collection, r.stampOn(item)})
			}
		}
	}
	r.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

func number(text string) json.Number { return json.Number(text) }

func (r *ServiceTrial) survey() map[string]any {
	kind := Pick(r.Trial, "csat", "csat", "nps", "nps", "ces", "emotion", "servqual", "employee")
	item := map[string]any{"kind": kind, "at": r.instant(r.moment())}
	scores := map[string][]json.Number{"csat": {"1", "3", "4", "5"}, "nps": {"0", "6", "7", "8", "9", "10"}, "ces": {"1", "7.0", "2"}, "emotion": {"0", "6.5", "10"}, "employee": {"3.125", "4"}}
	if of := scores[kind]; of != nil {
		r.set(item, 80, "score", Pick(r.Trial, append([]json.Number{}, of...)...))
		r.set(item, 10, "score", nil)
	} else {
		said := map[string]any{}
		for _, d := range []string{"reliability", "assurance", "tangibles", "empathy", "responsiveness"} {
			r.set(said, 60, d, map[string]any{"perception": Pick(r.Trial, number("1"), number("4.5"), number("7")), "expectation": Pick(r.Trial, number("2"), number("6.125"))})
		}
		r.set(item, 90, "scores", said)
	}
	r.set(item, 70, "queue", Pick[any](r.Trial, "q-1", "q-2", nil))
	r.set(item, 70, "agent", Pick[any](r.Trial, "ann", "bob", "zoé", nil))
	return item
}

func (r *ServiceTrial) review() map[string]any {
	item := map[string]any{"at": r.instant(r.moment())}
	r.set(item, 80, "agent", Pick[any](r.Trial, "ann", "bob", nil))
	marks := []any{}
	for range r.IntN(4) {
		low, width := r.IntN(3)-1, 1+r.IntN(7)
		mark := map[string]any{"name": "n", "min": number(fmt.Sprint(low)), "max": number(fmt.Sprint(low + width))}
		r.set(mark, 85, "picked", Pick[any](r.Trial, number(fmt.Sprint(low+r.IntN(width+1))), number(fmt.Sprint(float64(low)+0.25)), nil))
		r.set(mark, 60, "weight", Pick(r.Trial, number("0"), number("2"), number("0.5"), number("3")))
		marks = append(marks, mark)
	}
	r.set(item, 85, "categories", marks)
	return item
}

func (r *ServiceTrial) ticket() map[string]any {
	opened := r.moment()
	item := map[string]any{"opened_at": r.instant(opened)}
	later := func() string {
		return r.instant(opened.Add(Pick(r.Trial, 0, time.Hour, 24*time.Hour, 3*24*time.Hour, 31*24*time.Hour, time.Duration(r.IntN(400_000_000))*time.Millisecond)))
	}
	r.set(item, 60, "queue", Pick[any](r.Trial, "q-1", "q-2", nil))
	r.set(item, 60, "channel", Pick[any](r.Trial, "mail", "chat", nil))
	r.set(item, 60, "topic", Pick[any](r.Trial, "bill", "größe", nil))
	r.set(item, 60, "assignee", Pick[any](r.Trial, "ann", "bob", "zoé", nil))
	r.set(item, 50, "first_reply_at", later())
	r.set(item, 50, "resolved_at", later())
	r.set(item, 25, "reopened_at", later())
	r.set(item, 10, "resolved_at", nil)
	return item
}

func (r *ServiceTrial) customer() map[string]any {
	joined := r.moment()
	item := map[string]any{"joined_at": r.instant(joined)}
	r.set(item, 40, "left_at", r.instant(joined.Add(Pick(r.Trial, 0, 24*time.Hour, time.Duration(r.IntN(300_000_000))*time.Millisecond))))
	r.set(item, 40, "referred_by", Pick[any](r.Trial, "c-1", nil))
	r.set(item, 60, "margin", Pick[any](r.Trial, "10.00", "0.33", "-1.50", nil))
	return item
}

func (r *ServiceTrial) search() map[string]any {
	item := map[string]any{"at": r.instant(r.moment())}
	r.set(item, 70, "results", Pick[any](r.Trial, number("0"), number("3"), nil))
	r.set(item, 60, "opened", Pick[any](r.Trial, number("0"), number("2"), true, false, nil))
	return item
}

// Instant draws an instant, as posted.
func (r *ServiceTrial) Instant() string { return r.instant(r.moment()) }
