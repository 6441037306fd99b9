package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"ringside/cmd/ringside/callcentre"
	"ringside/db"
)

const (
	// liveBeat is how often the live floor posts what came due: often enough to
	// watch, seldom enough to cost nothing while nobody calls.
	liveBeat = time.Second
	// liveDays is how long the simulated floor works on after its history. At the
	// highest speed it lasts a day; its instants stay well before the last year
	// that is accepted.
	liveDays  = 3660
	speedMost = 3600
)

// liveFloor goes on posting where the demo's history ends.
type liveFloor struct {
	floor *callcentre.Floor
	store *db.Store
	speed float64
	begun time.Time // when the live part began, on both clocks
	end   time.Time // when the floor has nothing left to send, on the floor's clock
}

// simulated is the floor's time at an instant of the real clock.
func (l *liveFloor) simulated(now time.Time) time.Time {
	// Without the monotonic clock: a machine that slept must find the floor at the
	// time of day that everybody else has.
	elapsed := now.Round(0).Sub(l.begun.Round(0))
	return l.begun.Add(time.Duration(float64(elapsed) * l.speed))
}

// start posts at every tick what came due, until the context or the floor ends or
// a post fails; none of these ends the server. A tick carries the real time. stop
// waits until nothing is posted any more, so that the store can be closed.
func (l *liveFloor) start(ctx context.Context, log *slog.Logger, ticks <-chan time.Time) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-ctx.Done():
				return
			case now := <-ticks:
				if !l.step(ctx, log, l.simulated(now)) {
					return
				}
			}
		}
	}()
	return func() {
		cancel()
		<-ended
	}
}

// step posts everything due before an instant of the floor's clock and tells
// whether to go on.
func (l *liveFloor) step(ctx context.Context, log *slog.Logger, to time.Time) bool {
	for batch := range l.floor.Until(to, demoPiece) {
		if err := record(ctx, l.store, batch); err != nil {
			if ctx.Err() == nil {
				log.Error("live dialing ended, the server goes on; start the demo again to dial again", "error", err)
			}
			return false
		}
	}
	if !to.Before(l.end) {
		log.Info("the simulated floor has come to its end, the server goes on", "at", l.end)
		return false
	}
	return true
}

// tell says how dialing goes on, and when, if nobody is called at this hour.
func (l *liveFloor) tell() string {
	var text string
	switch {
	case l.speed == 0:
		return "No live dialing: its figures stay as they are."
	case l.speed == 1:
		text = "Dialing goes on in real time."
	case l.speed < 1:
		text = fmt.Sprintf("Dialing goes on at %g of real time, so calls are dated behind your clock.", l.speed)
	default:
		text = fmt.Sprintf("Dialing goes on at %g times real time, so calls are dated ahead of your clock:\nask for later days to see them all.", l.speed)
	}
	opens, campaign := l.floor.Opens(l.begun)
	if !opens.After(l.begun) {
		return text
	}
	wait := time.Duration(float64(opens.Sub(l.begun)) / l.speed).Round(time.Second)
	return text + fmt.Sprintf("\nNobody is called at this hour: the floor opens at %s with %s, in %s. Until then\nonly leads and corrections come in.",
		opens.In(l.begun.Location()).Format("Mon 2 Jan 15:04 MST"), campaign, wait)
}
