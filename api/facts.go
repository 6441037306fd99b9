package api

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"ringside/campaign"
	"ringside/funnel"
)

type factStore interface {
	// Fact returns the lead, attempt or cost entry that a ref or id names.
	Fact(ctx context.Context, campaignKey string, kind campaign.Kind, key string) (funnel.Fact, error)
	// PutDNC marks a lead as asking not to be called, or lifts the mark.
	PutDNC(ctx context.Context, campaignKey, leadKey string, on bool) (funnel.Fact, error)
	// Costs returns a campaign's cost entries in order of arrival.
	Costs(ctx context.Context, campaignKey string) ([]funnel.Fact, error)
}

func (s *Server) getAttempt(c *gin.Context) error {
	return s.sendFact(c, campaign.KindAttempt, c.Param("attempt"))
}

func (s *Server) getLead(c *gin.Context) error {
	return s.sendFact(c, campaign.KindLead, c.Param("lead"))
}

func (s *Server) sendFact(c *gin.Context, kind campaign.Kind, key string) error {
	of, err := s.here(c)
	if err != nil {
		return err
	}
	fact, err := s.store.Fact(c.Request.Context(), of.Ref, kind, key)
	if err != nil {
		return err
	}
	var d document
	d.fact(&of, &fact, may(keyOf(c), seePhones))
	send(c, http.StatusOK, d)
	return nil
}

// putDNC sets or lifts the do-not-call mark of a lead.
func (s *Server) putDNC(c *gin.Context) error {
	of, err := s.campaign(c, c.Param("campaign"))
	if err != nil {
		return err
	}
	body, err := readBody(c)
	if err != nil {
		return err
	}
	var mark struct {
		DNC *bool `json:"dnc"`
	}
	if err := campaign.DecodeStrict(body, &mark); err != nil {
		return err
	}
	if mark.DNC == nil {
		return campaign.Invalidf("missing_field", "dnc", `dnc is missing; send {"dnc": true} to mark the lead or {"dnc": false} to lift the mark`)
	}
	lead, err := s.store.PutDNC(c.Request.Context(), of.Ref, c.Param("lead"), *mark.DNC)
	if err != nil {
		return err
	}
	var d document
	d.fact(&of, &lead, may(keyOf(c), seePhones))
	send(c, http.StatusOK, d)
	return nil
}

// fact writes a fact: the merged fields as they are posted, then what is known
// beside them. Without phones what could be a phone number is masked.
func (d *document) fact(of *campaign.Campaign, f *funnel.Fact, phones bool) {
	d.open('{')
	d.factMembers(of, f, phones)
	d.close('}')
}

func (d *document) factMembers(of *campaign.Campaign, f *funnel.Fact, phones bool) {
	d.name("id").text(f.ID)
	d.name("ref").text(f.Ref)
	for i, field := range f.Kind.Fields() {
		if !f.Content.Named.Has(i) || field.Name == "" || f.Kind == campaign.KindLead && i == campaign.LeadGeneratedAt {
			continue
		}
		value, shown := f.Content.Values[i], true
		if !phones {
			value, shown = masked(field, value)
		}
		if shown {
			d.name(field.Name).field(field, value, f.Content.Null.Has(i), of.Digits())
		}
	}
	switch f.Kind {
	case campaign.KindLead:
		d.lead(f)
	case campaign.KindAttempt:
		for rest := campaign.FromDialers &^ f.Content.Named; rest != 0; rest &= rest - 1 { // null where none did
			d.name(f.Kind.Fields()[rest.First()].Name).null()
		}
		d.name("read_as").reading(f.Reading)
	case campaign.KindCost:
		d.name("campaign")
		if of.Ref == campaign.NoCampaign {
			d.null()
		} else {
			d.text(of.Ref)
		}
	}
	d.name("updated_at")
	if f.Versions == 0 {
		d.null()
	} else {
		d.instant(f.UpdatedMs)
	}
	d.name("versions").int(f.Versions)
}

// field writes one field's value the way it is posted.
func (d *document) field(field campaign.Field, v campaign.Value, null bool, digits int) {
	switch {
	case null:
		d.null()
	case field.Type == campaign.TypeInstant:
		d.instant(v.Int)
	case field.Type == campaign.TypeSeconds:
		d.seconds(v.Int)
	case field.Type == campaign.TypeMoney:
		d.money(v.Int, digits)
	case field.Type == campaign.TypeCount || field.Type == campaign.TypeTally:
		d.int(v.Int)
	case field.Type == campaign.TypeScore:
		d.seconds(v.Int) // thousandths, too
	case field.Type == campaign.TypeDecimal:
		d.decimal(v.Int)
	case field.Type == campaign.TypeChoice:
		d.text(field.Choices[v.Int-1])
	case field.Type == campaign.TypeBool:
		d.bool(v.Int != 0)
	case field.Type == campaign.TypeAttributes || field.Type == campaign.TypeScores || field.Type == campaign.TypeCategories:
		d.raw(v.Text)
	default:
		d.text(v.Text)
	}
}

// lead writes what a lead has beside its fields. generated_at is the instant that
// dates its cohort: the posted one, else its earliest attempt's.
func (d *document) lead(f *funnel.Fact) {
	generated := f.CohortMs
	if generated == campaign.None {
		generated = f.Content.Int(campaign.LeadGeneratedAt)
	}
	d.name("generated_at").instant(generated)
	d.name("dnc").bool(f.DNCSinceMs != campaign.None)
	d.name("dnc_since").instant(f.DNCSinceMs)
}

// reading writes what an attempt's facts prove; null while only outcomes of it
// have come.
func (d *document) reading(r *funnel.Reading) {
	if r == nil {
		d.null()
		return
	}
	d.open('{')
	d.name("category").text(r.Category.String())
	d.name("dial").bool(r.Dial)
	d.name("answered").bool(r.Answered)
	d.name("answered_by")
	if r.Answered {
		answeredBy := campaign.KindAttempt.Fields()[campaign.AttemptAnsweredBy]
		d.text(answeredBy.Choices[r.AnsweredBy-1])
	} else {
		d.null()
	}
	d.name("live").bool(r.Live)
	d.name("machine").bool(r.Machine)
	d.name("contact").bool(r.Contact)
	d.name("answered_at").instant(r.AnsweredMs)
	d.name("connected_at").instant(r.ConnectedMs)
	d.name("connect_assumed").bool(r.ConnectAssumed)
	d.close('}')
}
