package bench

import (
	"context"
	"errors"
	"fmt"
)

// growthRounds is how often both files are asked, in turns, each as often first.
const growthRounds = 500

// growth compares the month's report in a small file and in the run's. What else the
// machine does falls on both alike: they are asked in turns, the one now first and
// now the other, and of many answers the medians are compared.
func (r *run) growth(ctx context.Context) error {
	// The files differ a hundred times in size; the smaller has something in every day.
	small := max(r.Size/100, SizeLeast/2)
	var servers []*server
	stop := func(err error) error {
		for _, s := range servers {
			err = errors.Join(err, s.stop())
		}
		return err
	}
	for _, n := range []int{small, r.Size} {
		file, err := r.month(ctx, n)
		if err != nil {
			return stop(err)
		}
		s, err := r.serve(ctx, file)
		if err != nil {
			return stop(err)
		}
		servers = append(servers, s)
	}
	took := make([]samples, len(servers))
	for round := range growthRounds + campaigns {
		for turn := range servers {
			i := (round + turn) % len(servers)
			waited, err := servers[i].timed(ctx, monthReport.path(campaignRef(round%campaigns)))
			if err != nil {
				return stop(err)
			}
			if round >= campaigns { // the first round warms
				took[i] = append(took[i], waited)
			}
		}
	}
	times := took[1].at(50).Seconds() / took[0].at(50).Seconds()
	r.reach(fmt.Sprintf("growth of the campaign-month report from %s to %s attempts", grouped(small), grouped(r.Size)), "≤ 1.5 ×",
		fmt.Sprintf("%.2f ×: %s to %s", times, took[0], took[1]), times <= 1.5)
	return stop(nil)
}
