package api

import (
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"ringside/funnel"
)

// formatJSON is the one document that says everything of a report at once.
const formatJSON = "json"

// figureColumns are the columns of every figure in CSV. NDJSON has more, where a
// KPI has more to say.
var figureColumns = []string{"id", "value", "numerator", "denominator", "unit", "low", "high", "mature", "definition_version", "no_data"}

// campaignColumns are what reportHead writes about a campaign, as columns.
var campaignColumns = []string{"campaign", "from", "to", "time_zone", "as_of"}

// headColumns are what reportHead writes, as columns.
func headColumns(about *funnel.About) []string {
	columns := slices.Clone(campaignColumns)
	columns[0], _ = about.Campaign.Named()
	return columns
}

// Table writes the answer as one row a figure in the format ndjson, csv or xlsx: of each
// group where there are groupings, else of the whole. Each row repeats the head:
// campaign or queue, and window. Replayed figures are told by as_of alone: source is the
// name of a grouping here.
func (a *ReportAnswer) Table(format string) ([]byte, error) {
	var head document
	head.reportHead(&a.About, a.AsOfMs)
	return a.table(format, head, headColumns(&a.About), newFigureFrame(&a.About, a.AsOfMs))
}

// table writes one row a figure. head is an object that is still open.
func (a *ReportAnswer) table(format string, head document, names []string, frame *figureFrame) ([]byte, error) {
	groups, kpis := a.Groups, a.KPIs
	if len(a.By) == 0 {
		groups = []funnel.ReportGroup{{Sums: a.Whole}}
	} else {
		kpis = a.Served
	}
	columns := slices.Clone(names)
	if a.Exchanged != nil {
		head.name("exchange_rates").text(exchangeText(a.Exchanged))
		columns = append(columns, "exchange_rates")
	}
	for _, g := range a.By {
		columns = append(columns, string(g))
	}
	t := newTable(format, slices.Concat(columns, figureColumns, aimColumns))
	for _, g := range groups {
		beside := a.besideWhole
		if len(a.By) > 0 {
			beside = a.besideGroup(&g)
		}
		key := slices.Clone(head)
		for i, value := range g.Key {
			key.name(string(a.By[i])).value(value)
		}
		if err := t.figures(key, kpis, g.Sums, frame, beside); err != nil {
			return nil, err
		}
	}
	return t.finish(kpis)
}

// figures adds a row a figure. head is an object that is still open.
func (t *table) figures(head document, kpis []*funnel.KPI, sums *funnel.Sums, frame *figureFrame, beside func(funnel.Figure) ([]*Judged, []partAim)) error {
	for _, k := range kpis {
		var figure document
		fig := k.Figure(sums)
		figure.figure(fig, sums, frame)
		if t.format == formatNDJSON {
			figure.besides(beside(fig))
		} else {
			figure.besideRow(beside(fig))
		}
		// The figure's members go on where the head's end.
		if err := t.row(append(append(slices.Clone(head), ','), figure[1:]...)); err != nil {
			return err
		}
	}
	return nil
}

// sendReport answers a report in the format asked for.
func sendReport(c *gin.Context, format string, whole func() document, table func() ([]byte, error)) error {
	if format == formatJSON {
		send(c, http.StatusOK, whole())
		return nil
	}
	rows, err := table()
	if err != nil {
		return err
	}
	beginTable(c, tableTypes[format])
	_, err = c.Writer.Write(rows)
	return err
}

// reportFormat reads the format of a report.
func reportFormat(c *gin.Context) (string, error) {
	return readFormat(c.Query("format"), formatJSON, formatNDJSON, formatCSV, formatXLSX)
}

// listParams reads the window and the format of an answer that is one list.
func listParams(c *gin.Context) (span funnel.Span, format string, err error) {
	if format, err = readFormat(c.Query("format"), formatJSON, formatCSV, formatXLSX); err == nil {
		span, err = spanParam(c)
	}
	return span, format, err
}

// sendList answers a list of flat objects about a campaign: in JSON as the member of
// that name, in tables each of them a row that repeats the head.
func (s *Server) sendList(c *gin.Context, format string, about *funnel.About, name string, columns []string, rows []document) error {
	var head document
	head.reportHead(about, s.now().UnixMilli())
	if format != formatJSON {
		t := newTable(format, slices.Concat(headColumns(about), columns))
		for _, row := range rows {
			if err := t.row(append(append(slices.Clone(head), ','), row[1:]...)); err != nil {
				return err
			}
		}
		rows, err := t.finish(nil)
		if err != nil {
			return err
		}
		beginTable(c, tableTypes[format])
		_, err = c.Writer.Write(rows)
		return err
	}
	head.name(name).open('[')
	for _, row := range rows {
		head.raw(string(row))
	}
	head.close(']')
	head.close('}')
	send(c, http.StatusOK, head)
	return nil
}
