package twin

import (
	"encoding/json"
	"fmt"
	"time"
)

// ledger is how a trial's money comes to be known, drawn once: what may be posted
// depends on it.
type ledger struct {
	drawn, rated, said, prices bool
}

// rate draws the cards and what counts where a category is entered, too.
func (r *Trial) rate() {
	if !r.ledger.drawn {
		r.ledger = ledger{drawn: true, rated: r.Maybe(70), said: r.Maybe(60), prices: r.Maybe(60)}
	}
	if r.ledger.said {
		r.Config.CostBasis = map[string]string{}
		for _, category := range []string{"labour", "telephony", "lead_purchase"} {
			r.Config.CostBasis[category] = Pick(r, "entered", "rated", "rated")
		}
	}
	if !r.ledger.rated {
		return
	}
	r.Rates = map[string]any{"telephony": r.cards(func(card map[string]any) {
		card["per_minute"] = Pick(r, "0.012", "0.6", "0.0375", "1.99", "0.000001")
		r.set(card, 50, "connect_fee", Pick(r, "0", "0.05", "0.001"))
		steps := Pick(r, [2]int{60, 60}, [2]int{6, 6}, [2]int{30, 6}, [2]int{1, 1})
		card["first_s"], card["then_s"] = json.Number(fmt.Sprint(steps[0])), json.Number(fmt.Sprint(steps[1]))
	})}
	labour := r.cards(func(card map[string]any) { card["per_hour"] = Pick(r, "18", "27.5", "0.07", "12.345678") })
	for _, agent := range []string{"ann", "zoé"} {
		if r.Maybe(40) {
			labour = append(labour, r.cards(func(card map[string]any) { card["per_hour"], card["agent"] = Pick(r, "0", "31", "44.44"), agent })...)
		}
	}
	r.Rates["labour"] = labour
}

// cards draws the cards of one kind, one after the other.
func (r *Trial) cards(price func(card map[string]any)) []any {
	all := []any{}
	at := r.base.Add(time.Duration(r.IntN(6)-3) * 24 * time.Hour)
	for range r.IntN(4) {
		at = at.Add(time.Duration(1+r.IntN(72*3600)) * time.Second)
		card := map[string]any{"from": at.Format(time.RFC3339)}
		if r.Maybe(20) {
			at = at.Truncate(24 * time.Hour).Add(48 * time.Hour)
			card["from"] = at.Format(time.DateOnly) // that day's start in the campaign's zone
			at = at.Add(24 * time.Hour)
		}
		price(card)
		if r.Maybe(30) {
			at = at.Add(time.Duration(1+r.IntN(24*3600)) * time.Second)
			card["to"] = at.Format(time.RFC3339)
		}
		all = append(all, card)
	}
	return all
}

// categories are those that may be entered beside what is rated.
func (r *Trial) categories() []string {
	switch {
	case !r.Money || r.ledger.said:
		return []string{"labour", "telephony", "lead_purchase"}
	case r.ledger.rated && r.ledger.prices:
		return []string{"overhead", "licence"}
	case r.ledger.rated:
		return []string{"overhead", "lead_purchase"}
	case r.ledger.prices:
		return []string{"labour", "telephony"}
	}
	return []string{"labour", "telephony", "lead_purchase"}
}

// sharedCosts draws costs of no campaign.
func (r *Trial) sharedCosts() (out []Post) {
	for range r.IntN(4) {
		from := r.moment()
		item := map[string]any{"ref": fmt.Sprintf("shared-%d", r.IntN(3)), "campaign": nil,
			"category": Pick(r, "labour", "telephony", "lead_purchase", "overhead", "overhead"), "amount": fmt.Sprintf("%d.%02d", r.IntN(900)-100, r.IntN(100)), "currency": r.Config.Currency,
			"from": r.instant(from), "to": r.instant(from.Add(time.Duration(1+r.IntN(200*3600*1000)) * time.Millisecond))}
		r.set(item, 70, "driver", Pick[any](r, "dials", "handle_time", "talk_time", "equal", nil))
		r.set(item, 10, "void", Pick[any](r, true, false))
		out = append(out, Post{"costs", r.stampOn(item)})
	}
	return out
}
