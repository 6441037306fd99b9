package funnel

// waitingMs is how long a call of which nothing more is told counts as waiting: of one
// that is older its end was lost.
const waitingMs = 86_400_000

// inQueue calls each call that waits at an instant.
func inQueue(src Source, nowMs int64, each func(*Unit)) error {
	return src.Promised(Window{nowMs - waitingMs + 1, nowMs + 1}, func(u *Unit) {
		if at := u.AtMs(); u.Record.waits() && at > nowMs-waitingMs && at <= nowMs {
			each(u)
		}
	})
}

// waiting adds how many calls wait at the instant the answer is as of, whatever the
// window, and how long the first of them has.
func (r *report) waiting() error {
	folder := Folder{Rules: r.rules}
	return inQueue(r.src, r.query.NowMs, func(u *Unit) {
		for _, e := range folder.Fold(u) {
			key, ok := r.keysOf(u, &e)
			if !ok || e.Clock != OfferClock {
				continue
			}
			var one Sums
			one.Add(CallsWaiting, 1)
			one.Add(LongestWaitMs, r.query.NowMs-e.AtMs)
			one.Add(LongestWaits, 1)
			r.at(key).AddAll(&one)
		}
	})
}
