package callcentre

import "time"

// Opens tells when a campaign calls next: t itself while one is open, else the
// first opening hour of any, with the campaign that opens. Outside of these hours
// nobody is dialed; leads still come in and corrections still go out.
func (f *Floor) Opens(t time.Time) (at time.Time, campaign string) {
	for _, l := range f.lines {
		if next := l.opens(t); campaign == "" || next.Before(at) {
			at, campaign = next, l.script.ref
		}
	}
	return at, campaign
}

// opens is t in calling hours, else the next opening. Every campaign is open on
// some day of the week.
func (l *line) opens(t time.Time) time.Time {
	y, m, d := t.In(l.zone).Date()
	for ; ; d++ {
		date := time.Date(y, m, d, 0, 0, 0, 0, l.zone)
		h := l.script.week[date.Weekday()]
		open, shut := time.Date(y, m, d, h.open, 0, 0, 0, l.zone), time.Date(y, m, d, h.shut, 0, 0, 0, l.zone)
		if !t.Before(shut) || h.open == h.shut {
			continue
		}
		if t.Before(open) {
			return open
		}
		return t
	}
}
