package api

import (
	"context"

	"github.com/gin-gonic/gin"

	"ringside/api/web"
	"ringside/campaign"
	"ringside/funnel"
)

// waitEnds are the ends of the bands that waits are told in, in seconds.
var waitEnds = []int64{5, 10, 20, 30, 60, 120, 300, 600, 1800}

// patienceKPIs are what the spread of waits is read with.
var patienceKPIs = findKPIs("answered", "abandoned", "answer_wait_p50", "answer_wait_p90", "abandon_wait_p50", "abandon_wait_p90")

// waitBand is how many calls were over after more than From seconds and at most To; the
// last has no end.
type waitBand struct{ from, to, answered, abandoned, waiting int64 }

// waitBands cuts the waits of a group's calls into bands. waiting are those whose wait was
// not over when the band began.
func waitBands(sums *funnel.Sums) (bands []waitBand) {
	answered, abandoned := sums.Get(funnel.CallsAnswered), sums.Get(funnel.CallsAbandoned)
	var from, answeredBefore, abandonedBefore int64
	for _, to := range append(waitEnds[:len(waitEnds):len(waitEnds)], 0) {
		answeredBy, abandonedBy := answered, abandoned
		if to > 0 {
			answeredBy, abandonedBy = sums.Within(funnel.AnswerWaitMs, to), sums.Within(funnel.AbandonWaitMs, to)
		}
		bands = append(bands, waitBand{from, to, answeredBy - answeredBefore, abandonedBy - abandonedBefore, answered + abandoned - answeredBefore - abandonedBefore})
		from, answeredBefore, abandonedBefore = to, answeredBy, abandonedBy
	}
	return bands
}

// patience reads how long callers waited, those who gave up beside those who were
// answered.
func (b *board) patience(ctx context.Context) (v web.Patience, err error) {
	if v.Apart = !patienceKPIs[2].Serves(b.scope.by()); v.Apart {
		return v, nil
	}
	r, err := b.report(ctx, b.scope.span, patienceKPIs)
	if err != nil {
		return v, err
	}
	v.CSV = b.scope.link(b.path(patienceCSV))
	frame := newFigureFrame(&r.About, b.scope.nowMs)
	for _, k := range patienceKPIs[2:] {
		v.Percentiles = append(v.Percentiles, b.figure(k, r.Whole, frame))
	}
	answered, abandoned := r.Whole.Get(funnel.CallsAnswered), r.Whole.Get(funnel.CallsAbandoned)
	bands := waitBands(r.Whole)
	for n := len(bands); n > 1 && bands[n-1].waiting == 0; n-- {
		bands = bands[:n-1] // nobody waited so long
	}
	for _, band := range bands {
		v.Bands = append(v.Bands, web.NewWaitBand(band.from, band.to, band.answered, answered, band.abandoned, abandoned, band.waiting))
	}
	if v.Some = answered+abandoned > 0; v.Some {
		v.Draw()
	}
	return v, nil
}

// patienceCSV is the spread of waits for other programs.
const patienceCSV = "patience.csv"

// getPatienceCSV answers with how many calls were answered and given up by how long they
// waited.
func (s *Server) getPatienceCSV(c *gin.Context) error {
	b, err := s.board(c)
	if err != nil {
		return err
	}
	r, err := b.report(c.Request.Context(), b.scope.span, patienceKPIs)
	if err != nil {
		return err
	}
	if !patienceKPIs[2].Serves(b.scope.by()) {
		return campaign.Invalidf("grouping_not_served", string(b.scope.by()[0]), "waits are known by %s; leave the other filters out", joinGroupings(patienceKPIs[2].Groupings))
	}
	t := newTable(formatCSV, []string{"queue", "from", "to", "time_zone", "over_s", "up_to_s", "answered", "abandoned", "waiting_before"})
	zone := r.Campaign.Location()
	for _, band := range waitBands(r.Whole) {
		_, ref := r.Campaign.Named()
		d := document{'{'}
		d.name("queue").text(ref)
		d.name("from").text(local(r.Window.FromMs, zone))
		d.name("to").text(local(r.Window.ToMs, zone))
		d.name("time_zone").text(r.Campaign.TimeZone)
		d.name("over_s").int(band.from)
		if d.name("up_to_s"); band.to == 0 {
			d.null()
		} else {
			d.int(band.to)
		}
		d.name("answered").int(band.answered)
		d.name("abandoned").int(band.abandoned)
		d.name("waiting_before").int(band.waiting)
		d.close('}')
		if err := t.row(d); err != nil {
			return err
		}
	}
	beginTable(c, tableTypes[formatCSV])
	_, err = c.Writer.Write(t.body)
	return err
}
