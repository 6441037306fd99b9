package callcentre

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// The checker knows the rules of the HTTP contract and nothing of the simulation.

var (
	refShape   = regexp.MustCompile(`^[A-Za-z0-9._:-]{1,128}$`)
	moneyShape = regexp.MustCompile(`^-?[0-9]+\.[0-9]{2}$`) // EUR, USD, NPR and GBP all have two digits
	phoneShape = regexp.MustCompile(`^(\+1(212|646|718|917|312|773|708|847)55501[0-9]{2}|\+44(7700900|1632960|2079460|1[1236]14960|1314960|1134960)[0-9]{3}|\+351000[0-9]{6}|\+9770000[0-9]{6})$`)
)

type leadFields struct {
	Ref, Phone, Name, List, Source string
	GeneratedAt                    string `json:"generated_at"`
	TimeZone                       string `json:"time_zone"`
	Price                          string
	Attributes                     map[string]string
	UpdatedAt                      string `json:"updated_at"`
}

type attemptFields struct {
	Ref             string
	Lead            json.RawMessage
	Agent, Result   string
	StartedAt       string   `json:"started_at"`
	AnsweredBy      string   `json:"answered_by"`
	AnsweredAt      string   `json:"answered_at"`
	GreetingEndedAt string   `json:"greeting_ended_at"`
	ConnectedAt     string   `json:"connected_at"`
	EndedAt         string   `json:"ended_at"`
	EndedBy         string   `json:"ended_by"`
	HoldS           *float64 `json:"hold_s"`
	outcomeFields
}

type outcomeFields struct {
	Attempt, Disposition, Amount, Note string
	OutcomeAgent                       string   `json:"-"`
	WrapS                              *float64 `json:"wrap_s"`
	DecidedAt                          string   `json:"decided_at"`
	CancelledAt                        string   `json:"cancelled_at"`
	CallbackAt                         string   `json:"callback_at"`
	UpdatedAt                          string   `json:"updated_at"`
}

type costFields struct {
	Ref, Campaign, Category, Amount, Currency, From, To, Note string
}

// strict decodes an object whose fields must all be known, spelled exactly.
func strict(raw json.RawMessage, into any, allowed string) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	var names map[string]json.RawMessage
	if err := json.Unmarshal(raw, &names); err != nil {
		return err
	}
	for name, value := range names {
		if !slices.Contains(strings.Fields(allowed), name) {
			return fmt.Errorf("field %s", name)
		}
		if n := bytes.Count(raw, []byte(`"`+name+`":`)); n > 1 && name != "ref" && name != "phone" {
			return fmt.Errorf("field %s stands %d times", name, n)
		}
		if string(value) == `""` || string(value) == "null" && name != "callback_at" {
			return fmt.Errorf("field %s is empty", name)
		}
	}
	return nil
}

func checkItem(k string, raw json.RawMessage) error {
	if !utf8.Valid(raw) || len(raw) > postBytes {
		return fmt.Errorf("not a short UTF-8 text")
	}
	switch k {
	case "leads":
		return checkLead(raw)
	case "attempts":
		return checkAttempt(raw)
	case "outcomes":
		return checkOutcome(raw)
	case "costs":
		return checkCost(raw)
	}
	return fmt.Errorf("unknown collection %q", k)
}

func checkLead(raw json.RawMessage) error {
	var x leadFields
	if err := strict(raw, &x, "ref generated_at phone list source time_zone price attributes updated_at"); err != nil {
		return err
	}
	return first(shape("ref", refShape, x.Ref), shape("phone", phoneShape, x.Phone), optional("price", moneyShape, x.Price),
		text(x.List), text(x.Source), instants(x.GeneratedAt, x.UpdatedAt))
}

func checkAttempt(raw json.RawMessage) error {
	var x attemptFields
	if err := strict(raw, &x, "ref lead agent started_at result answered_by answered_at greeting_ended_at connected_at ended_at ended_by hold_s wrap_s disposition amount decided_at cancelled_at callback_at phone updated_at"); err != nil {
		return err
	}
	if x.StartedAt == "" || len(x.Lead) == 0 {
		return fmt.Errorf("started_at or lead is missing")
	}
	if !slices.Contains([]string{"not_placed", "no_answer", "busy", "failed", "cancelled", "answered"}, x.Result) {
		return fmt.Errorf("result %q", x.Result)
	}
	if x.Result != "answered" && x.AnsweredBy+x.AnsweredAt+x.GreetingEndedAt+x.ConnectedAt != "" {
		return fmt.Errorf("answer fields with result %s", x.Result)
	}
	if !slices.Contains([]string{"", "human", "machine", "unknown"}, x.AnsweredBy) {
		return fmt.Errorf("answered_by %q", x.AnsweredBy)
	}
	if !slices.Contains([]string{"", "customer", "agent", "system"}, x.EndedBy) {
		return fmt.Errorf("ended_by %q", x.EndedBy)
	}
	if err := first(notBefore(x.StartedAt, x.AnsweredAt, x.GreetingEndedAt, x.ConnectedAt, x.EndedAt), notBefore(x.ConnectedAt, x.EndedAt)); err != nil {
		return err
	}
	_, err := leadOf(x.Lead)
	return first(err, shape("ref", refShape, x.Ref), text(x.Agent), positive(x.HoldS), checkResult(x.outcomeFields),
		instants(x.StartedAt, x.AnsweredAt, x.GreetingEndedAt, x.ConnectedAt, x.EndedAt))
}

func checkOutcome(raw json.RawMessage) error {
	var x struct {
		outcomeFields
		Agent string
	}
	if err := strict(raw, &x, "attempt disposition amount decided_at cancelled_at agent wrap_s callback_at note updated_at"); err != nil {
		return err
	}
	if x.UpdatedAt == "" {
		return fmt.Errorf("undated")
	}
	return first(shape("attempt", refShape, x.Attempt), text(x.Agent), checkResult(x.outcomeFields))
}

func checkResult(x outcomeFields) error {
	return first(text(x.Disposition), text(x.Note), optional("amount", moneyShape, x.Amount), positive(x.WrapS),
		instants(x.DecidedAt, x.CancelledAt, x.CallbackAt, x.UpdatedAt))
}

func checkCost(raw json.RawMessage) error {
	var x costFields
	if err := strict(raw, &x, "ref campaign category amount currency from to note"); err != nil {
		return err
	}
	if !slices.Contains([]string{"labour", "telephony", "lead_purchase", "licence", "overhead", "other"}, x.Category) {
		return fmt.Errorf("category %q", x.Category)
	}
	if x.From == "" || x.To == "" || !instant(x.From).Before(instant(x.To)) {
		return fmt.Errorf("from %s to %s", x.From, x.To)
	}
	return first(shape("ref", refShape, x.Ref), shape("campaign", refShape, x.Campaign), shape("amount", moneyShape, x.Amount), instants(x.From, x.To))
}

// leadOf reads the ref of an attempt's lead in either form.
func leadOf(raw json.RawMessage) (string, error) {
	var ref string
	if json.Unmarshal(raw, &ref) == nil {
		return ref, shape("lead", refShape, ref)
	}
	var x leadFields
	if err := strict(raw, &x, "ref phone"); err != nil {
		return "", err
	}
	return x.Ref, first(shape("lead.ref", refShape, x.Ref), shape("lead.phone", phoneShape, x.Phone))
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func shape(field string, want *regexp.Regexp, got string) error {
	if !want.MatchString(got) {
		return fmt.Errorf("%s is %q", field, got)
	}
	return nil
}

func optional(field string, want *regexp.Regexp, got string) error {
	if got == "" {
		return nil
	}
	return shape(field, want, got)
}

func text(s string) error {
	if utf8.RuneCountInString(s) > 128 || strings.TrimSpace(s) != s || strings.ContainsFunc(s, unicode.IsControl) {
		return fmt.Errorf("text %q", s)
	}
	return nil
}

func positive(s *float64) error {
	if s != nil && *s < 0 {
		return fmt.Errorf("duration %v", *s)
	}
	return nil
}

func instants(all ...string) error {
	for _, s := range all {
		if s == "" {
			continue
		}
		if at, err := time.Parse(time.RFC3339, s); err != nil || at.Year() < 1970 || at.Year() > 2199 {
			return fmt.Errorf("instant %q", s)
		}
	}
	return nil
}

func instant(s string) time.Time {
	at, _ := time.Parse(time.RFC3339, s)
	return at
}

func notBefore(start string, later ...string) error {
	for _, s := range later {
		if start != "" && s != "" && instant(s).Before(instant(start)) {
			return fmt.Errorf("%s is before %s", s, start)
		}
	}
	return nil
}
