package funnel

import (
	"fmt"
	"math"

	"ringside/campaign"
)

// Profile is a regulator's rule for abandoned calls, as data (kpis.md §5).
type Profile struct {
	ID, Name string
	// ThresholdMs is how soon an agent must be on the line.
	ThresholdMs int64
	// FromGreeting starts the clock when the person's greeting ended, where that
	// is known; else the answer starts it.
	FromGreeting bool
	// LimitPercent is the most that may be abandoned, 0 for no limit.
	LimitPercent int64
	// Blocks are the periods the limit applies to.
	Blocks BlockLength
	// CountEarlyHangups counts people who left within the threshold as abandoned.
	CountEarlyHangups bool
}

// BlockLength is how long one block of a profile is, in local days.
type BlockLength uint8

// The lengths of blocks.
const (
	Block30 BlockLength = iota
	BlockDay
	BlockMonth
)

// Profiles are the shipped rules, by id. Sources: us_tsr 16 CFR 310.4(b)(4);
// uk_2008 Ofcom's policy of 2008, whose safe harbour ended on 1 March 2017;
// ca_crtc the CRTC's Telemarketing Rules, the 5 % unconfirmed.
var Profiles = map[string]Profile{
	"us_tsr":  {ID: "us_tsr", Name: "US Telemarketing Sales Rule", ThresholdMs: 2000, FromGreeting: true, LimitPercent: 3},
	"uk_2008": {ID: "uk_2008", Name: "UK policy of 2008 (history)", ThresholdMs: 2000, LimitPercent: 3, Blocks: BlockDay},
	"ca_crtc": {ID: "ca_crtc", Name: "Canadian Telemarketing Rules", ThresholdMs: 2000, LimitPercent: 5, Blocks: BlockMonth},
	"none":    {ID: "none", Name: "No rule", ThresholdMs: 2000, FromGreeting: true},
}

// Verdict is how a profile sees one answered attempt.
type Verdict uint8

const (
	// NotJudged is no answer, or one by a machine.
	NotJudged Verdict = iota
	// InTime: an agent was on the line within the threshold.
	InTime
	// EarlyHangup: the person left within the threshold, without an agent.
	EarlyHangup
	// TooLate: no agent in time, whether one came later or never.
	TooLate
)

// Judge reads one answer, by a person or of unknown kind, under the profile. An
// answer with neither agent nor end counts as too late until told otherwise.
func (p Profile) Judge(a *Attempt, r Reading) Verdict {
	if !r.Answered || r.Machine {
		return NotJudged
	}
	start := r.AnsweredMs
	if p.FromGreeting && a.GreetingEndedMs != campaign.None {
		start = a.GreetingEndedMs
	}
	switch {
	case r.Joined && r.ConnectedMs-start <= p.ThresholdMs:
		return InTime
	case !r.Joined && a.EndedBy == campaign.ByCustomer && a.EndedMs != campaign.None && a.EndedMs-start <= p.ThresholdMs:
		return EarlyHangup
	}
	return TooLate
}

// Exposure is what a profile's rate is made of over some window.
type Exposure struct {
	// Live and Late count people; High and Low are the same with the answers of
	// unknown kind that make the rate highest and lowest.
	Live, Late         int64
	HighLive, HighLate int64
	LowLive, LowLate   int64
	ConnectsAssumed    int64
	GreetingsAssumed   int64
}

// Exposed reads the exposure out of sums.
func Exposed(s *Sums) Exposure {
	live, late := s.Get(LiveAnswers), s.Get(Late)
	return Exposure{Live: live, Late: late, HighLive: live + s.Get(UnknownLate), HighLate: late + s.Get(UnknownLate),
		LowLive: live + s.Get(UnknownInTime), LowLate: late,
		ConnectsAssumed: s.Get(ConnectsAssumed), GreetingsAssumed: s.Get(GreetingsAssumed)}
}

// Unproven reports whether more than 5 % of the live answers have a conversation
// whose start nobody sent: then being in time is assumed, not shown.
func (e Exposure) Unproven() bool { return 100*e.ConnectsAssumed > 5*e.Live }

// Breach compares the high end with the limit, in integers: 3 of 100 passes 3 %.
func (p Profile) Breach(e Exposure) bool {
	return p.LimitPercent > 0 && 100*e.HighLate > p.LimitPercent*e.HighLive
}

// Headroom is how many more answers may be dropped before the limit is passed,
// each of them one more live answer; 0 in breach, and without a limit.
func (p Profile) Headroom(e Exposure) int64 {
	if p.LimitPercent == 0 {
		return 0
	}
	return max(0, (p.LimitPercent*e.HighLive-100*e.HighLate)/(100-p.LimitPercent))
}

// Standing says in words how many more answers may be dropped, or that the limit is
// passed; "" without a limit.
func (p Profile) Standing(e Exposure) string {
	if p.LimitPercent == 0 {
		return ""
	}
	judged := fmt.Sprintf("%d of %d live answers abandoned, those of unknown kind counted against it; the limit is %d %%", e.HighLate, e.HighLive, p.LimitPercent)
	if p.Breach(e) {
		return "in breach: " + judged
	}
	return fmt.Sprintf("%d more may be dropped: %s", p.Headroom(e), judged)
}

// Block is one period of a profile, of whole local days.
type Block struct {
	From, To campaign.Day
	Exposure
}

// Compliance returns the blocks of a campaign from its first day on, up to the
// block of the instant nowMs or of the last dial, whichever is later. startsOn is
// the campaign's own first day, or campaign.NoDay: then the local day of its
// first dial is.
func Compliance(src Source, rules *Rules, startsOn campaign.Day, nowMs int64) ([]Block, error) {
	last := rules.Calendar.DayOf(nowMs)
	first := startsOn
	days := map[campaign.Day]*Sums{}
	err := src.Cells(AllByDay, []Part{PartSums}, math.MinInt32, math.MaxInt32, func(bucket, _ int64, p *Parts) {
		s := &Sums{}
		for _, e := range p[PartSums] {
			s.Add(Measure(e.ID), e.Value)
		}
		if s.Get(Dials) == 0 {
			return
		}
		day := campaign.Day(bucket)
		days[day], last = s, max(last, day)
		if first == campaign.NoDay {
			first = day
		}
	})
	if err != nil || first == campaign.NoDay {
		return nil, err
	}
	var blocks []Block
	for from := rules.Profile.Blocks.start(first); from <= last; {
		b := Block{From: from, To: rules.Profile.Blocks.next(from)}
		var sums Sums
		for day := b.From; day < b.To; day++ {
			if s := days[day]; s != nil {
				sums.AddAll(s)
			}
		}
		b.Exposure = Exposed(&sums)
		blocks = append(blocks, b)
		from = b.To
	}
	return blocks, nil
}

func (l BlockLength) start(day campaign.Day) campaign.Day {
	if l == BlockMonth {
		return day.Month()
	}
	return day
}

func (l BlockLength) next(day campaign.Day) campaign.Day {
	switch l {
	case BlockMonth:
		return day.NextMonth()
	case BlockDay:
		return day + 1
	}
	return day + 30
}
