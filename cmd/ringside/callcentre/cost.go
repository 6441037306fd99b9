package callcentre

import (
	"math"
	"time"
)

// bookCosts posts the month's costs when the campaign starts and on the first
// of each month. An entry covers its whole month, whenever the simulation ends:
// costs accrue evenly, so a window that ends today holds its due part.
func (l *line) bookCosts() {
	if l.day > 0 && l.today.date.Day() != 1 {
		return
	}
	s, from := l.script, l.today.date
	to := time.Date(from.Year(), from.Month()+1, 1, 0, 0, 0, 0, l.zone)
	days := math.Round(to.Sub(from).Hours() / 24)
	dials := s.dialsPerDay * l.scale * days
	sentMs := max(l.at(l.day, 6), l.today.startMs+secondMs)
	for _, e := range [...]struct {
		category, note string
		perDial        float64
	}{
		{"labour", "payroll", s.cost.labour}, {"telephony", "carrier invoice", s.cost.telephony},
		{"lead_purchase", "lists bought", s.cost.leadPurchase}, {"licence", "dialer seats", s.cost.licence},
		{"overhead", "rent and power", s.cost.overhead},
	} {
		if e.perDial == 0 {
			continue
		}
		amount := int64(math.Round(e.perDial * dials * l.dice.within(0.96, 1.04)))
		l.send(costs, sentMs, l.costPost(e.category, "", e.note, amount, from, to))
		if e.category == "telephony" && l.dice.chance(0.3) {
			l.send(costs, sentMs+hourMs, l.costPost(e.category, ":credit", "credit note", -amount/50, from, to))
		}
	}
}

// costPost renders an entry; it is undated, for it is never changed.
func (l *line) costPost(category, suffix, note string, amount int64, from, to time.Time) []byte {
	s := l.script
	b := append(l.begin(), `{"ref":"`...)
	b = append(append(b, s.ref...), ':')
	b = append(from.AppendFormat(b, "2006-01"), ':')
	b = append(append(append(b, category...), suffix...), '"')
	b = appendText(b, `,"campaign":"`, s.ref)
	b = appendText(b, `,"category":"`, category)
	b = appendMoney(b, `,"amount":"`, amount)
	b = appendText(b, `,"currency":"`, s.currency)
	b = append(from.AppendFormat(append(b, `,"from":"`...), time.RFC3339), '"')
	b = append(to.AppendFormat(append(b, `,"to":"`...), time.RFC3339), '"')
	return l.finish(appendText(b, `,"note":"`, note))
}
