package api

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"ringside/api/web"
	"ringside/campaign"
	"ringside/funnel"
)

// getCallPage shows one call: what was posted of it, and how it is read.
func (s *Server) getCallPage(c *gin.Context) error {
	of, err := s.campaign(c, c.Param("campaign"))
	if err != nil {
		return err
	}
	f, err := s.store.Fact(c.Request.Context(), of.Ref, campaign.KindAttempt, c.Param("attempt"))
	if err != nil {
		return err
	}
	base := "/campaigns/" + segment(of.Ref)
	v := &web.Call{Ref: f.Ref, JSON: "/v1" + base + "/attempts/" + segment(f.Ref)}
	for i, field := range campaign.KindAttempt.Fields() {
		if text := factCell(&of, &f, i, may(keyOf(c), seePhones)).Text; text != "" {
			v.Said = append(v.Said, web.Named{Name: web.T("field." + field.Name), Text: text})
		}
	}
	if f.Reading != nil {
		v.Read = readingText(&of, f.Reading, f.Content.Int(campaign.AttemptVoid) == 1)
	}
	if f.Versions > 0 {
		v.Versions = web.T("call.versions", "n", f.Versions, "at", clockTime(f.UpdatedMs, of.Location()))
	}
	return s.show(c, http.StatusOK, "call", &web.Page{Title: web.T("call.title") + " " + f.Ref, View: v,
		Trail: []web.Link{{Text: web.T("overview.title"), Href: "/"}, {Text: of.Name, Href: base}}})
}

// readingText says in words how a call counts.
func readingText(of *campaign.Campaign, r *funnel.Reading, void bool) (said []string) {
	say := func(id string, pairs ...any) { said = append(said, web.T(id, pairs...)) }
	if void {
		say("call.void")
	}
	if !r.Dial {
		say("call.no_dial")
		return said
	}
	say("call.dial")
	switch {
	case r.Live:
		say("call.live")
	case r.Machine:
		say("call.machine")
	case r.Answered:
		say("call.answered")
	default:
		say("call.unanswered")
	}
	switch {
	case r.Contact && r.ConnectAssumed:
		say("call.contact_assumed")
	case r.Contact:
		say("call.contact", "when", clockTime(r.ConnectedMs, of.Location()))
	case r.Answered:
		say("call.no_contact")
	}
	say("call.category", "category", categoryText(r.Category.String()))
	return said
}
