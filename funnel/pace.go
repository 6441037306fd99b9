package funnel

import "ringside/campaign"

// Pace says how a block ends if the days left, today too, each bring as many live
// answers as the mean recent day, abandoned at the rate of the recent days. Answers
// of unknown kind are counted against it, as the limit does.
type Pace struct {
	// Days is how many recent days it is read from, Live and Late what they brought.
	Days       int
	Live, Late int64
	// Rate is that of the whole block at its end; Low and High are what chance leaves
	// open, in 95 of 100 blocks: of the recent days' rate, and of the days to come.
	Rate, Low, High float64
	// Breach is the day on which the limit is passed at this pace, Earliest that at
	// the high end; campaign.NoDay where it is not before the block ends.
	Breach, Earliest campaign.Day
}

// Pace looks ahead from a day of the block. recent are the whole days before it,
// today what the day brought so far; ok is false where the recent days have no live
// answers to go by.
func (p Profile) Pace(b *Block, day campaign.Day, recent []Exposure, today Exposure) (pace Pace, ok bool) {
	pace = Pace{Days: len(recent)}
	for _, e := range recent {
		pace.Live, pace.Late = pace.Live+e.HighLive, pace.Late+e.HighLate
	}
	if pace.Live == 0 || day < b.From || day >= b.To {
		return pace, false
	}
	mean := float64(pace.Live) / float64(len(recent))
	// What each day left is still to bring.
	coming := make([]float64, b.To-day)
	for i := range coming {
		coming[i] = mean
	}
	coming[0] = max(0, mean-float64(today.HighLive))
	all := 0.0
	for _, live := range coming {
		all += live
	}
	rate := float64(pace.Late) / float64(pace.Live)
	low, high := rate, rate
	if all > 0 {
		// The difference of two samples has the spread of one of this size.
		low, high = wilson(rate, 1/(1/float64(pace.Live)+1/all))
	}
	pace.Rate, pace.Breach = p.ahead(b, day, coming, rate)
	pace.Low, _ = p.ahead(b, day, coming, low)
	pace.High, pace.Earliest = p.ahead(b, day, coming, high)
	return pace, true
}

// ahead adds live answers, day by day, of which a share is late.
func (p Profile) ahead(b *Block, day campaign.Day, coming []float64, share float64) (rate float64, breach campaign.Day) {
	live, late := float64(b.HighLive), float64(b.HighLate)
	breach = campaign.NoDay
	for i, more := range coming {
		live, late = live+more, late+share*more
		if p.LimitPercent > 0 && breach == campaign.NoDay && 100*late > float64(p.LimitPercent)*live {
			breach = day + campaign.Day(i)
		}
	}
	if live > 0 {
		rate = late / live
	}
	return rate, breach
}

// Recovery is how many live answers without a further drop bring a block back to its
// limit; 0 within it.
func (p Profile) Recovery(e Exposure) int64 {
	if !p.Breach(e) {
		return 0
	}
	return (100*e.HighLate+p.LimitPercent-1)/p.LimitPercent - e.HighLive
}
