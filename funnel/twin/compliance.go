package twin

import "time"

// profile is one set of rules of §5. limitPercent 0 has no limit.
type profile struct {
	thresholdMs       int64
	startsAtGreeting  bool // else at the answer
	limitPercent      int
	window            string // block30, day, month
	countEarlyHangups bool
}

// profiles by name. Start and early hang-ups of uk_2008 and ca_crtc are not in
// the contract: both are taken to start at the answer and to leave early
// hang-ups out of the numerator.
var profiles = map[string]profile{
	"us_tsr":  {2000, true, 3, "block30", false},
	"uk_2008": {2000, false, 3, "day", false},
	"ca_crtc": {2000, false, 5, "month", false},
	"none":    {2000, true, 0, "block30", false},
}

// readCompliance judges one answered attempt. Times before the start count as
// 0 seconds after it.
func (a *attempt) readCompliance(p profile) {
	start := a.answeredAt
	if p.startsAtGreeting {
		start = firstOf(a.greetingEnded, a.answeredAt)
	}
	within := func(t time.Time) bool { return t.Sub(start).Milliseconds() <= p.thresholdMs }
	a.inTime = a.joined && within(a.connectedAt)
	a.earlyHangup = !a.joined && a.endedBy == "customer" && !a.ended.IsZero() && within(a.ended)
	a.complianceAbandoned = a.live() && !a.inTime && (p.countEarlyHangups || !a.earlyHangup)
}

// Block is one period of a compliance profile. Live and Abandoned count people;
// the high end counts each answer of unknown kind without an agent in time in
// both parts, the low end each with one in the denominator. Breach and Headroom (how many more may be dropped) use the high
// end.
type Block struct {
	From, To                time.Time
	Live, Abandoned         int
	HighLive, HighAbandoned int
	LowLive                 int // with answers of unknown kind that an agent joined in time
	Breach                  bool
	Headroom                int
}

// Compliance lists the blocks of a campaign from its starts_on, else from the
// local day of its first dial, up to the block of asOf or of the last dial,
// whichever is later.
func (w *World) Compliance(campaign string, asOf time.Time) []Block {
	c := w.campaign(campaign)
	p := profiles[c.config.Compliance]
	dials := c.facts(dialing, time.Time{}, endOfTime, asOf)
	first, last := time.Time{}, asOf
	for _, f := range dials {
		if first.IsZero() || f.at.Before(first) {
			first = f.at
		}
		if f.at.After(last) {
			last = f.at
		}
	}
	blocks := []Block{}
	day, known := c.firstDay(first)
	if !known {
		return blocks
	}
	if p.window == "month" {
		day = day.AddDate(0, 0, 1-day.Day())
	}
	for from := dayStart(day, c.zone); !from.After(last); {
		day = nextBlock(day, p.window)
		to := dayStart(day, c.zone)
		blocks = append(blocks, p.block(dials, from, to))
		from = to
	}
	return blocks
}

// Exposure is the block that any window makes.
func (w *World) Exposure(campaign string, from, to time.Time) Block {
	c := w.campaign(campaign)
	return profiles[c.config.Compliance].block(c.facts(dialing, from, to, to), from, to)
}

var endOfTime = time.Date(2300, 1, 1, 0, 0, 0, 0, time.UTC)

// firstDay is the date on which block 1 starts, as midnight UTC.
func (c *campaign) firstDay(firstDial time.Time) (day time.Time, known bool) {
	if c.config.StartsOn != "" {
		day, err := time.Parse("2006-01-02", c.config.StartsOn)
		if err != nil {
			panic("twin: " + err.Error())
		}
		return day, true
	}
	if firstDial.IsZero() {
		return time.Time{}, false
	}
	y, m, d := firstDial.In(c.zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC), true
}

func nextBlock(day time.Time, window string) time.Time {
	switch window {
	case "month":
		return day.AddDate(0, 1, 0)
	case "day":
		return day.AddDate(0, 0, 1)
	}
	return day.AddDate(0, 0, 30)
}

// block counts the answers of the dials that started in [from, to).
func (p profile) block(dials []fact, from, to time.Time) Block {
	b := Block{From: from, To: to}
	for _, f := range dials {
		if f.at.Before(from) || !f.at.Before(to) {
			continue
		}
		switch a := f.attempt; {
		case a.live():
			b.Live++
			b.HighLive++
			b.LowLive++
			if a.complianceAbandoned {
				b.Abandoned++
				b.HighAbandoned++
			}
		case a.unknown && !a.inTime:
			b.HighLive++
			b.HighAbandoned++
		case a.unknown:
			b.LowLive++
		}
	}
	if p.limitPercent > 0 {
		b.Breach = breach(b.HighAbandoned, b.HighLive, p.limitPercent)
		b.Headroom = headroom(b.HighAbandoned, b.HighLive, p.limitPercent)
	}
	return b
}

// breach compares in integers: 3 of 100 passes a limit of 3 %.
func breach(abandoned, live, limitPercent int) bool { return 100*abandoned > limitPercent*live }

// headroom counts how many more drops pass, each one more live answer too.
func headroom(abandoned, live, limitPercent int) int {
	more := 0
	for !breach(abandoned+more+1, live+more+1, limitPercent) {
		more++
	}
	return more
}

// dayStart is the first instant of a local day. Midnight may be skipped or
// come twice, so it looks back from noon, one zone offset at a time. A day that
// a zone skipped as a whole starts where the skip happened.
func dayStart(day time.Time, zone *time.Location) time.Time {
	y, m, d := day.Date()
	t := time.Date(y, m, d, 12, 0, 0, 0, zone)
	if t.Day() < d {
		_, skip := t.ZoneBounds()
		return skip.In(zone)
	}
	for {
		midnight := t.Add(-time.Duration(t.Hour())*time.Hour - time.Duration(t.Minute())*time.Minute -
			time.Duration(t.Second())*time.Second - time.Duration(t.Nanosecond()))
		change, _ := t.ZoneBounds()
		if change.IsZero() || change.Before(midnight) {
			return midnight
		}
		before := change.Add(-time.Millisecond)
		if before.In(zone).Day() != d {
			return change.In(zone)
		}
		t = before.In(zone)
	}
}
