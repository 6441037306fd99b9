package api

import (
	"slices"

	"github.com/gin-gonic/gin"

	"ringside/funnel"
)

// targetColumns are the columns of targets in tables: whose and when, then those of a
// figure with its target beside it.
var targetColumns = slices.Concat([]string{"campaign", "queue", "scope", "from", "to", "stage"}, figureColumns, aimColumns[:len(aimColumns)-1])

// sendTargets answers a list of targets in the format asked for: JSON, or one row a target.
func sendTargets(c *gin.Context, format string, judged []Judged) error {
	return sendReport(c, format, func() document {
		var d document
		d.open('{').name("targets").judgements(judged)
		d.close('}')
		return d
	}, func() ([]byte, error) {
		t := newTable(format, targetColumns)
		var kpis []*funnel.KPI
		for i := range judged {
			j := &judged[i]
			if !slices.Contains(kpis, j.kpi) {
				kpis = append(kpis, j.kpi)
			}
			if err := t.row(targetRow(j)); err != nil {
				return nil, err
			}
		}
		return t.finish(kpis)
	})
}

// targetRow is a target as a flat object.
func targetRow(j *Judged) (d document) {
	zone := j.Campaign.Location()
	what, ref := j.Campaign.Named()
	d.open('{')
	d.name(what).text(ref)
	d.name("from").text(local(j.Window.FromMs, zone))
	d.name("to").text(local(j.Window.ToMs, zone))
	if j.Stage != "" {
		d.name("stage").text(j.Stage)
	}
	var figure document
	figure.figure(j.Figure, j.course.Whole, newFigureFrame(&j.About, j.nowMs))
	d = append(append(d, ','), figure[1:len(figure)-1]...)
	d.targetRow(j)
	d.standingRow(j)
	d.close('}')
	return d
}
