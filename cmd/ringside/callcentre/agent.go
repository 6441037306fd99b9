package callcentre

import "math"

// agent is one person's day on one campaign.
type agent struct {
	ref    string
	skill  float64 // multiplies the chance of a sale
	pace   float64 // multiplies talk and wrap time
	early  bool    // first or second part of the day
	fromMs int64   // today's shift; both 0 on a day off
	toMs   int64
	freeMs int64 // busy until then
}

const nobody = -1

// hire staffs every campaign. References run through all campaigns, since an
// agent's text names one person everywhere; guests are the same people on two
// campaigns whose shifts never meet.
func hire(c Config) [][]agent {
	crews := make([][]agent, len(scripts))
	number := 0
	for i := range scripts {
		s := &scripts[i]
		d := newDice(c.Seed, 1000+i)
		for k := range crewSize(s.agents, c.Scale) {
			number++
			ref := string(appendPadded([]byte(s.agentPrefix), uint64(number), 2))
			crews[i] = append(crews[i], agent{
				ref: ref, skill: d.within(0.65, 1.35), pace: d.within(0.8, 1.25), early: k%2 == 0,
			})
		}
		for k := range min(s.guests, len(crews[0])-1) {
			lent := &crews[0][len(crews[0])-1-k]
			lent.early = true
			guest := *lent
			guest.early = false
			crews[i] = append(crews[i], guest)
		}
	}
	return crews
}

// crewSize grows with the volume; fewer than three could leave half a day
// without anybody.
func crewSize(agents int, scale float64) int {
	return max(3, int(math.Round(float64(agents)*scale)))
}

// roster sets today's shifts, which overlap around midday, and a few days off.
func (l *line) roster() {
	span := float64(l.today.shutMs - l.today.openMs)
	for i := range l.crew {
		a := &l.crew[i]
		from, to := 0.0, 0.55
		if !a.early {
			from, to = 0.45, 1
		}
		a.fromMs = l.today.openMs + int64(span*from)
		a.toMs = l.today.openMs + int64(span*to)
		if off := l.dice.chance(0.07); off && len(l.crew) > 5 {
			a.fromMs, a.toMs = 0, 0
		}
		a.freeMs = a.fromMs
	}
}

// seat finds an agent free at the instant, the wished one if possible. Without
// one it returns nobody and when to try again, 0 for not today.
func (l *line) seat(atMs int64, wished int32) (who int, againMs int64) {
	if wished >= 0 && l.crew[wished].free(atMs) {
		return int(wished), 0
	}
	n := len(l.crew)
	for i, k := 0, l.dice.IntN(n); i < n; i++ {
		a := &l.crew[k]
		if a.free(atMs) {
			return k, 0
		}
		if next := max(a.freeMs, a.fromMs); next > atMs && next < a.toMs && (againMs == 0 || next < againMs) {
			againMs = next
		}
		if k++; k == n {
			k = 0
		}
	}
	return nobody, againMs
}

func (a *agent) free(atMs int64) bool {
	return a.fromMs <= atMs && atMs < a.toMs && a.freeMs <= atMs
}
