package funnel

import "ringside/campaign"

// Span is a window as it was asked for. When its days begin only the calendar of
// the campaign can say that the answer is read from, so whoever reads the answer
// cuts the span in the same snapshot.
type Span interface {
	// Cut returns the window in a calendar; an Invalid error when it goes backwards.
	Cut(cal *campaign.Calendar) (Window, error)
}

// Cut implements Span: instants are the same in every calendar.
func (w Window) Cut(*campaign.Calendar) (Window, error) { return w, nil }

// Between is the span from one moment up to, not including, another.
type Between struct{ From, To campaign.Moment }

// Cut implements Span.
func (b Between) Cut(cal *campaign.Calendar) (Window, error) {
	w := Window{b.From.In(cal), b.To.In(cal)}
	if w.FromMs > w.ToMs {
		return w, campaign.Invalidf("invalid_window", "from", "from is after to; the window goes from `from` up to, not including, `to`; send them the other way round")
	}
	return w, nil
}

// LastDays is the span of so many whole days up to and with the day of NowMs.
type LastDays struct {
	Days  int
	NowMs int64
}

// Cut implements Span.
func (l LastDays) Cut(cal *campaign.Calendar) (Window, error) {
	today := cal.DayOf(l.NowMs)
	return Window{cal.DayStart(today - campaign.Day(l.Days) + 1), cal.DayStart(today + 1)}, nil
}
