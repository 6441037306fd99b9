package importer

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// form is how a field stands in JSON.
type form uint8

const (
	textForm form = iota
	timeForm
	numberForm
	boolForm
	objectForm // a JSON object
	leadForm   // a ref, or a JSON object that describes the lead
)

// field is one field of the API: its name and its form.
type field struct {
	name string
	form form
}

const attributePrefix = "attributes."

var leadFields = []field{
	{"ref", textForm}, {"generated_at", timeForm}, {"phone", textForm}, {"name", textForm},
	{"list", textForm}, {"source", textForm}, {"time_zone", textForm}, {"price", textForm},
	{"attributes", objectForm}, {"updated_at", timeForm}, {"void", boolForm},
}

var attemptFields = []field{
	{"ref", textForm}, {"lead", leadForm}, {"agent", textForm}, {"started_at", timeForm},
	{"result", textForm}, {"answered_by", textForm}, {"answered_at", timeForm},
	{"greeting_ended_at", timeForm}, {"connected_at", timeForm}, {"ended_at", timeForm},
	{"ended_by", textForm}, {"hold_s", numberForm}, {"wrap_s", numberForm},
	{"disposition", textForm}, {"amount", textForm}, {"decided_at", timeForm},
	{"cancelled_at", timeForm}, {"callback_at", timeForm}, {"phone", textForm},
	{"updated_at", timeForm}, {"void", boolForm},
}

var outcomeFields = []field{
	{"attempt", textForm}, {"disposition", textForm}, {"amount", textForm}, {"decided_at", timeForm},
	{"cancelled_at", timeForm}, {"agent", textForm}, {"wrap_s", numberForm}, {"callback_at", timeForm},
	{"note", textForm}, {"updated_at", timeForm}, {"void", boolForm},
}

var costFields = []field{
	{"ref", textForm}, {"campaign", textForm}, {"category", textForm}, {"amount", textForm},
	{"currency", textForm}, {"from", timeForm}, {"to", timeForm}, {"note", textForm},
	{"updated_at", timeForm}, {"void", boolForm}, {"driver", textForm}, {"adjustment", boolForm},
}

var callFields = []field{
	{"ref", textForm}, {"customer", textForm}, {"channel", textForm}, {"topic", textForm},
	{"offered_at", timeForm}, {"answered_at", timeForm}, {"abandoned_at", timeForm}, {"ended_at", timeForm},
	{"agent", textForm}, {"hold_s", numberForm}, {"wrap_s", numberForm}, {"transfers", numberForm},
	{"escalated", boolForm}, {"resolved", boolForm}, {"blocked", boolForm},
	{"updated_at", timeForm}, {"void", boolForm},
}

// refs are the fields that are a caller's key and nothing else.
var refs = []string{"ref", "attempt"}

// everyTry lists the fields that the attempts before a row's own carry too: who
// was called by whom. The rest tells how the last one went.
var everyTry = []string{"ref", "lead", "agent", "phone", "started_at", "updated_at"}

var required = map[string][]string{
	"leads":    {"ref"},
	"attempts": {"ref", "lead", "started_at", "result"},
	"outcomes": {"attempt"},
	"calls":    {"ref", "offered_at"},
	"costs":    {"ref", "campaign", "category", "amount", "currency", "from", "to"},

	"shared-costs": {"ref", "category", "amount", "currency", "from", "to"},
}

// Fields lists the field names of a kind (leads, attempts, outcomes, costs, shared-costs or calls) in
// the order in which items name them; an unknown kind has none.
func Fields(kind string) []string {
	var names []string
	for _, f := range fieldsOf(kind) {
		names = append(names, f.name)
	}
	return names
}

func fieldsOf(kind string) []field {
	switch kind {
	case "leads":
		return leadFields
	case "attempts":
		return attemptFields
	case "outcomes":
		return outcomeFields
	case "costs", "shared-costs":
		return costFields
	case "calls":
		return callFields
	}
	return nil
}

// findField gives a field by name; attributes.NAME is a text field of its own.
func findField(kind, name string) (field, error) {
	if kind == "leads" && strings.HasPrefix(name, attributePrefix) && len(name) > len(attributePrefix) {
		return field{name, textForm}, nil
	}
	all := fieldsOf(kind)
	if i := slices.IndexFunc(all, func(f field) bool { return f.name == name }); i >= 0 {
		return all[i], nil
	}
	return field{}, fmt.Errorf("%s have no field %q; the fields are %s", kind, name, strings.Join(Fields(kind), ", "))
}

// check refuses text that cannot stand in the field's form. What it means is
// judged by the decoder of posts.
func (f field) check(text string) error {
	switch f.form {
	case objectForm:
		if checkObject([]byte(text)) != nil {
			return fmt.Errorf(`%q is not a JSON object such as {"age":41}; attributes that have columns of their own are named one by one, as attributes.age`, clip(text))
		}
	case leadForm:
		if text[0] == '{' && checkObject([]byte(text)) != nil {
			return fmt.Errorf(`%q is neither a ref nor a JSON object such as {"ref":"lead-1"}`, clip(text))
		}
	case numberForm:
		if c := text[0]; c != '-' && (c < '0' || c > '9') || !json.Valid([]byte(text)) {
			return fmt.Errorf("%q is not a number of seconds such as 12 or 12.5", clip(text))
		}
	case boolForm:
		if text != "true" && text != "false" {
			return fmt.Errorf("%q is neither true nor false; values can translate it", clip(text))
		}
	}
	return nil
}

// isJSON reports whether text stands in the item as it is, and not as a string.
func (f field) isJSON(text string) bool {
	switch f.form {
	case numberForm, boolForm, objectForm:
		return true
	case leadForm:
		return text[0] == '{'
	}
	return false
}

// clip shortens text from a file for use in a message.
func clip(s string) string {
	const most = 60
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
