package api

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"ringside/campaign"
	"ringside/funnel"
)

// overviewMost bounds the campaigns on one page; overviewDays is its window
// unless another is asked for.
const (
	overviewMost = 100
	overviewDays = 28
)

var (
	//go:embed overview.html
	overviewHTML string
	//go:embed overview.css
	overviewCSS string

	// headlines are the figures the page shows.
	headlines = func() (kpis []*funnel.KPI) {
		for _, id := range funnel.Headlines {
			kpis = append(kpis, funnel.Find(id))
		}
		return kpis
	}()

	overviewTemplate = template.Must(template.New("overview").Parse(overviewHTML))
	overviewPolicy   = stylePolicy(overviewCSS)
)

// stylePolicy lets a page use one style sheet, send its forms to us, and no more:
// no script, no image, nothing from elsewhere.
func stylePolicy(css string) string {
	sum := sha256.Sum256([]byte(css))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
}

// sendPage sends a page under its policy.
func sendPage(c *gin.Context, status int, body []byte, policy string) {
	c.Header("Content-Security-Policy", policy)
	c.Header("Referrer-Policy", "no-referrer")
	c.Header("Cache-Control", "no-store")
	c.Data(status, "text/html; charset=utf-8", body)
}

// overviewPage is what the template shows.
type overviewPage struct {
	Style     template.CSS
	Version   string
	From, To  string // as asked for
	Problem   string
	Origin    string // where the examples of the empty page post to
	Campaigns []overviewCampaign
	More      int // campaigns left out
}

type overviewCampaign struct {
	Name, Ref, From, To, TimeZone, Report string
	// Young says what of the figures may still move, Empty that nothing fell into
	// the window, Recounting that the figures are those of an older configuration.
	Young             string
	Empty, Recounting bool
	// Standing says what may still be dropped in the present block of the compliance
	// profile, "" without a limit.
	Standing, Blocks string
	Breach           bool
	Figures          []overviewFigure
}

type overviewFigure struct {
	Name, Value, Fraction, Interval, Formula string
	Numerator, Denominator                   string // links to the facts, or empty
	Chart                                    chart
}

// getOverview shows the five headline figures of every campaign on one page that
// needs no script.
func (s *Server) getOverview(c *gin.Context) error {
	page := overviewPage{Style: template.CSS(overviewCSS), Version: s.version, From: c.Query("from"), To: c.Query("to"), Origin: "http://" + c.Request.Host}
	status := http.StatusOK
	err := s.fillOverview(c, &page)
	var wrong *campaign.Error
	switch {
	case errors.As(err, &wrong) && wrong.Kind == campaign.Invalid:
		status, page.Problem = http.StatusUnprocessableEntity, wrong.Error()
	case err != nil:
		return err
	}
	var body bytes.Buffer
	if err := overviewTemplate.Execute(&body, page); err != nil {
		return err
	}
	sendPage(c, status, body.Bytes(), overviewPolicy)
	return nil
}

func (s *Server) fillOverview(c *gin.Context, page *overviewPage) error {
	all, err := s.campaigns(c)
	if err != nil {
		return err
	}
	if page.More = max(0, len(all)-overviewMost); page.More > 0 {
		all = all[:overviewMost]
	}
	for i := range all {
		shown, err := s.overviewOf(c, all[i].Ref)
		if err != nil {
			return err
		}
		page.Campaigns = append(page.Campaigns, shown)
	}
	return nil
}

// overviewOf makes one campaign's part of the page.
func (s *Server) overviewOf(c *gin.Context, ref string) (shown overviewCampaign, err error) {
	now := s.now().UnixMilli()
	span, err := overviewSpan(c, now)
	if err != nil {
		return shown, err
	}
	report, err := s.store.Report(c.Request.Context(), ref, funnel.Query{Window: span, By: []funnel.GroupBy{funnel.ByDay}, KPIs: headlines, NowMs: now, Blocks: true})
	if err != nil {
		return shown, err
	}
	of, w := &report.Campaign, report.Window
	cal := campaign.NewCalendar(of.Location())
	from, to := local(w.FromMs, of.Location()), local(w.ToMs, of.Location())
	query := url.Values{"from": {from}, "to": {to}}.Encode()
	base := "/v1/campaigns/" + url.PathEscape(of.Ref) + "/kpis"
	shown = overviewCampaign{Recounting: of.Wanted != nil, Name: of.Name, Ref: of.Ref, TimeZone: of.TimeZone, Report: base + "?" + query,
		From: shortMoment(cal, w.FromMs), To: shortMoment(cal, w.ToMs)}
	frame := newFigureFrame(&report.About, now)
	for _, k := range headlines {
		fig := overviewFigureOf(k, &report, frame)
		fig.link(keyOf(c), k, base+"/"+k.ID+"/facts?"+query)
		shown.Figures = append(shown.Figures, fig)
	}
	shown.standing(&report)
	shown.Empty = len(report.Groups) == 0
	switch {
	case !frame.over:
		shown.Young = "The window is not over, so its figures still move."
	case !frame.settled:
		shown.Young = fmt.Sprintf("Conversion and first-call close still move: sales may come until %d days after the window.", *of.ConversionWindowDays)
	}
	return shown, nil
}

// standing adds how the campaign's last block stands, whatever window is shown.
func (o *overviewCampaign) standing(report *funnel.Report) {
	if len(report.Blocks) == 0 {
		return
	}
	of, last := &report.Campaign, &report.Blocks[len(report.Blocks)-1]
	profile := funnel.Profiles[of.Compliance]
	if said := profile.Standing(last.Exposure); said != "" {
		o.Standing = fmt.Sprintf("%s, since %s: %s.", profile.Name, last.From, said)
		o.Blocks = "/v1/campaigns/" + url.PathEscape(of.Ref) + "/compliance"
		o.Breach = profile.Breach(last.Exposure)
	}
}

// overviewSpan is the one asked for, or the last days up to and with today.
func overviewSpan(c *gin.Context, nowMs int64) (funnel.Span, error) {
	if c.Query("from") != "" || c.Query("to") != "" {
		return spanParam(c)
	}
	return funnel.LastDays{Days: overviewDays, NowMs: nowMs}, nil
}

// shortMoment shows an instant as a date where it is the start of a day.
func shortMoment(cal *campaign.Calendar, ms int64) string {
	if day := cal.DayOf(ms); cal.DayStart(day) == ms {
		return day.String()
	}
	return local(ms, cal.Location())
}

func overviewFigureOf(k *funnel.KPI, report *funnel.Report, frame *figureFrame) overviewFigure {
	fig := k.Figure(report.Whole)
	days := make([]funnel.Figure, len(report.Groups))
	for i, g := range report.Groups {
		days[i] = k.Figure(g.Sums)
	}
	return overviewFigure{Name: k.Name, Formula: k.Formula,
		Value: fig.TextWith(report.Whole, frame.currency, frame.digits), Fraction: fig.Fraction(frame.digits), Interval: fig.IntervalText(),
		Chart: newChart(report.Window, report.Groups, days, frame)}
}

// link adds the facts behind the figure, as far as the key may read them.
func (f *overviewFigure) link(key *campaign.AccessKey, k *funnel.KPI, facts string) {
	if mayAny(key, behindRights(k.Numerator)) {
		f.Numerator = facts + "&part=numerator"
	}
	if k.Denominator != funnel.NoMeasure && mayAny(key, behindRights(k.Denominator)) {
		f.Denominator = facts + "&part=denominator"
	}
}
