package api

import (
	"bytes"
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"ringside/campaign"
	"ringside/funnel"
)

// targetsMost bounds the targets there may be.
const targetsMost = 10_000

// targetDaysMost bounds the time of a target: ten years.
const targetDaysMost = 3660

// getTargets lists targets and how they stand.
func (s *Server) getTargets(c *gin.Context) error {
	format, err := reportFormat(c)
	if err != nil {
		return err
	}
	wanted, err := listParam(c, "state")
	if err != nil {
		return err
	}
	for _, state := range wanted {
		if !slices.Contains(funnel.TargetStates, funnel.TargetState(state)) {
			return campaign.Invalidf("invalid_choice", "state", "%q is no state of a target; it is one of upcoming, no_data, on_pace, behind, met, breached", state)
		}
	}
	all, err := s.knownTargets(c)
	if err != nil {
		return err
	}
	var places []string
	if name := c.Query("campaign"); name != "" {
		places = append(places, s.placeNamed(c, name))
	}
	if name := c.Query("queue"); name != "" {
		places = append(places, s.placeNamed(c, campaign.QueueKey(name)))
	}
	all = slices.DeleteFunc(all, func(t funnel.Target) bool {
		return len(places) > 0 && !slices.Contains(places, t.Place) ||
			c.Query("kpi") != "" && t.KPI != c.Query("kpi") || c.Query("stage") != "" && t.Stage != c.Query("stage")
	})
	judged, err := s.judgeAll(c.Request.Context(), all, nil)
	if err != nil {
		return err
	}
	judged = slices.DeleteFunc(judged, func(j Judged) bool { return wanted != nil && !slices.Contains(wanted, string(j.State)) })
	return sendTargets(c, format, judged)
}

// placeNamed is the store's name of a campaign or queue that a ref or id names; one that is
// not there has no targets.
func (s *Server) placeNamed(c *gin.Context, name string) string {
	if of, err := s.campaign(c, name); err == nil {
		return of.Ref
	}
	return name
}

// knownTargets are the targets of what the request's key may know of.
func (s *Server) knownTargets(c *gin.Context) ([]funnel.Target, error) {
	all, err := s.store.Targets(c.Request.Context())
	key := keyOf(c)
	return slices.DeleteFunc(all, func(t funnel.Target) bool { return !key.Knows(t.Place) }), err
}

// target is the one in the path.
func (s *Server) target(c *gin.Context) (funnel.Target, error) {
	all, err := s.knownTargets(c)
	if err != nil {
		return funnel.Target{}, err
	}
	at := slices.IndexFunc(all, func(t funnel.Target) bool { return t.Ref == c.Param("target") })
	if at < 0 {
		return funnel.Target{}, campaign.NotFoundf("target", "there is no target %q; set it with PUT /v1/targets/{target}", c.Param("target"))
	}
	return all[at], nil
}

func (s *Server) getTarget(c *gin.Context) error {
	t, err := s.target(c)
	if err != nil {
		return err
	}
	return s.sendTarget(c, http.StatusOK, t)
}

func (s *Server) sendTarget(c *gin.Context, status int, t funnel.Target) error {
	judged, err := s.judgeAll(c.Request.Context(), []funnel.Target{t}, nil)
	if err != nil {
		return err
	}
	var d document
	d.judgement(&judged[0])
	send(c, status, d)
	return nil
}

// putTarget sets a target.
func (s *Server) putTarget(c *gin.Context) error {
	if err := campaign.CheckRef(c.Param("target")); err != nil {
		return inField(err, "target")
	}
	body, err := readBody(c)
	if err != nil {
		return err
	}
	t, err := s.readTarget(c, body)
	if err != nil {
		return err
	}
	all, err := s.store.Targets(c.Request.Context())
	if err != nil {
		return err
	}
	for _, had := range all {
		if had.Ref == t.Ref && !keyOf(c).Knows(had.Place) {
			return &campaign.Error{Kind: campaign.Conflict, Code: "taken", Field: "target", Message: "this ref is taken; choose another"}
		}
	}
	if len(all) >= targetsMost {
		return campaign.Invalidf("too_many", "", "there are %d targets already; delete those that are over", targetsMost)
	}
	created, err := s.store.PutTarget(c.Request.Context(), t)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if created {
		status = http.StatusCreated
		c.Header("Location", "/v1/targets/"+segment(t.Ref))
	}
	return s.sendTarget(c, status, t)
}

func (s *Server) deleteTarget(c *gin.Context) error {
	t, err := s.target(c)
	if err != nil {
		return err
	}
	if err := s.store.DeleteTarget(c.Request.Context(), t.Ref); err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	c.Writer.WriteHeaderNow()
	return nil
}

// readTarget reads the body of a PUT, and finds what it is about.
func (s *Server) readTarget(c *gin.Context, body []byte) (t funnel.Target, err error) {
	var said struct {
		KPI        string          `json:"kpi"`
		Campaign   string          `json:"campaign"`
		Queue      string          `json:"queue"`
		Comparator string          `json:"comparator"`
		Value      json.RawMessage `json:"value"`
		From       string          `json:"from"`
		To         string          `json:"to"`
		Stage      string          `json:"stage"`
	}
	if err := campaign.DecodeStrict(body, &said); err != nil {
		return t, err
	}
	t = funnel.Target{Ref: c.Param("target"), KPI: said.KPI, Comparator: said.Comparator, From: said.From, To: said.To}
	of, err := s.targetPlace(c, said.Campaign, said.Queue)
	if err != nil {
		return t, err
	}
	t.Place = of.Ref
	if said.Stage != "" {
		if t.Stage, err = campaign.CleanText(said.Stage); err != nil {
			return t, inField(err, "stage")
		}
	}
	shelf, err := s.shelf(c.Request.Context(), keyOf(c))
	if err != nil {
		return t, err
	}
	k := shelf.Find(t.KPI)
	switch {
	case t.KPI == "":
		return t, campaign.Invalidf("missing_field", "kpi", "kpi is missing; send the id of the figure the target is about")
	case k == nil:
		return t, campaign.Invalidf("unknown_kpi", "kpi", "%q is not a KPI; GET /v1/kpis lists them", t.KPI)
	case !k.At(funnel.PlaceOf(t.Place)):
		return t, campaign.Invalidf("unknown_kpi", "kpi", "%s is not counted there; name the campaign or the queue that it is counted of", t.KPI)
	case t.Comparator != funnel.AtLeast && t.Comparator != funnel.AtMost:
		return t, campaign.Invalidf("invalid_choice", "comparator", "%q is neither >= nor <=", t.Comparator)
	}
	if t.Value, err = targetValue(k, said.Value); err != nil {
		return t, err
	}
	return t, checkTargetSpan(&t, &of)
}

func checkTargetSpan(t *funnel.Target, of *campaign.Campaign) error {
	for _, end := range [...]struct{ name, text string }{{"from", t.From}, {"to", t.To}} {
		if end.text == "" {
			return campaign.Invalidf("missing_field", end.name, "%s is missing; send a date like 2026-11-02 or an instant", end.name)
		}
	}
	span, err := t.Span()
	if err != nil {
		return err
	}
	w, err := span.Cut(campaign.NewCalendar(of.Location()))
	if err == nil && w.FromMs >= w.ToMs {
		err = campaign.Invalidf("invalid_window", "to", "to is not after from; a target is for the time from `from` up to, not including, `to`")
	}
	if err == nil && w.ToMs-w.FromMs > targetDaysMost*dayMs {
		err = campaign.Invalidf("invalid_window", "to", "the target's time is longer than %d days; set one for each year", targetDaysMost)
	}
	return err
}

// targetPlace finds the campaign or queue that a target names, or the service scope where
// it names neither.
func (s *Server) targetPlace(c *gin.Context, name, queue string) (of campaign.Campaign, err error) {
	switch {
	case name != "" && queue != "":
		return of, campaign.Invalidf("not_allowed", "queue", "queue stands beside campaign; a target is for one of them, or for neither")
	case queue != "":
		if strings.Contains(queue, "/") {
			err = campaign.Missing(campaign.QueueKey(queue))
		} else {
			of, err = s.campaign(c, campaign.QueueKey(queue))
		}
	case strings.Contains(name, "/"):
		err = campaign.Missing(name)
	case name != "":
		of, err = s.campaign(c, name)
	case keyOf(c).Bound():
		return of, campaign.Invalidf("unknown_campaign", "campaign", "campaign is missing; name one of this key's")
	default:
		return s.store.Service(c.Request.Context())
	}
	if missing, ok := err.(*campaign.Error); ok && missing.Kind == campaign.NotFound {
		return of, campaign.Invalidf("unknown_"+missing.Field, missing.Field, "%s", missing.Message)
	}
	return of, err
}

var decimalText = regexp.MustCompile(`^-?[0-9]{1,15}(\.[0-9]{1,9})?$`)

// targetValue reads a decimal number, or a string of one.
func targetValue(k *funnel.KPI, raw json.RawMessage) (string, error) {
	text := strings.Trim(string(bytes.TrimSpace(raw)), `"`)
	if text == "" || text == "null" {
		return "", campaign.Invalidf("missing_field", "value", "value is missing; send what the KPI is to be, like 0.12")
	}
	if !decimalText.MatchString(text) {
		return "", campaign.Invalidf("invalid_value", "value", "value is no decimal number; send one like 0.12 or \"0.12\", with at most 15 digits before the point and 9 behind it")
	}
	t := funnel.Target{Value: text}
	if k.Custom == nil && k.Unit == funnel.Proportion && (t.Exact().Sign() < 0 || t.Exact().Num().CmpAbs(t.Exact().Denom()) > 0) {
		return "", campaign.Invalidf("invalid_value", "value", "%s is a proportion, from 0 to 1; send 0.12 for 12 %%", k.ID)
	}
	return text, nil
}

// judgements writes targets with how they stand.
func (d *document) judgements(all []Judged) {
	d.open('[')
	for i := range all {
		d.judgement(&all[i])
	}
	d.close(']')
}

// aimed writes what a target says of itself.
func (d *document) aimed(j *Judged) {
	d.name("ref").text(j.Ref)
	d.name("kpi").text(j.KPI)
	what, ref := j.Campaign.Named()
	d.name(what).text(ref)
	d.name("comparator").text(j.Comparator)
	d.name("value").goal(j)
	if j.Stage != "" {
		d.name("stage").text(j.Stage)
	}
}

func (d *document) judgement(j *Judged) {
	zone := j.Campaign.Location()
	d.open('{')
	d.aimed(j)
	d.name("from").text(local(j.Window.FromMs, zone))
	d.name("to").text(local(j.Window.ToMs, zone))
	d.name("state").text(string(j.State))
	d.name("figure").figure(j.Figure, j.course.Whole, newFigureFrame(&j.About, j.nowMs))
	d.name("attainment").estimated(j.Attainment)
	d.name("expected").estimate(j.Expected(), j)
	d.name("expected_by_calendar").estimate(j.ByCalendar, j)
	d.name("expected_by_hours").estimate(j.ByHours, j)
	d.name("forecast").open('{')
	d.name("value").estimate(j.Forecast, j)
	d.name("low").estimate(j.Low, j)
	d.name("high").estimate(j.High, j)
	d.close('}')
	d.close('}')
}
