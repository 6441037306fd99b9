package importer

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Item is one post: a JSON object, and the physical line on which the row it was
// made of begins. JSON is the caller's to keep.
type Item struct {
	Line int
	JSON []byte
}

// value is what a field of one row holds; not set means the field is absent.
type value struct {
	text string
	at   time.Time // of instants that this package worked out
	set  bool
}

func instant(t time.Time) value { return value{text: formatTime(t), at: t, set: true} }

func textValue(text *string) value {
	if text == nil {
		return value{}
	}
	return value{text: *text, set: *text != ""}
}

// skips tells whether a rule leaves the row out.
func (p *plan) skips(cells []string) bool {
	return slices.ContainsFunc(p.skip, func(s skipRule) bool { return s.names(cells) })
}

// evaluate works out every field of a row; its error is the reason to refuse it.
func (p *plan) evaluate(r row) ([]value, error) {
	values := make([]value, len(p.rules))
	for i := range p.rules {
		v, err := p.rules[i].evaluate(r, values)
		if err != nil {
			return nil, &fieldError{p.rules[i].field.name, err}
		}
		values[i] = v
	}
	for i, rule := range p.rules {
		if !values[i].set && slices.Contains(required[p.kind], rule.field.name) {
			return nil, &fieldError{rule.field.name, fmt.Errorf("it is missing: %s is empty", rule.why)}
		}
		if p.repeat != nil && rule.field.name == "started_at" {
			if err := values[i].needInstant(); err != nil {
				return nil, &fieldError{rule.field.name, err}
			}
		}
	}
	return values, nil
}

// fieldError is what is wrong with one field of a row.
type fieldError struct {
	field string
	error
}

// needInstant reads the instant of a field that was passed on as text so far.
func (v *value) needInstant() error {
	if !v.at.IsZero() {
		return nil
	}
	t, err := parseRFC3339(v.text)
	v.at = t
	return err
}

func (r *rule) evaluate(in row, values []value) (value, error) {
	switch {
	case r.base >= 0:
		return r.evaluatePlus(in, values[r.base])
	case r.constant != "":
		return value{text: r.constant, set: true}, nil
	}
	text, err := r.text(in)
	if err != nil || text == "" {
		return value{}, err
	}
	if r.clock != nil {
		t, err := r.clock.read(text)
		if err != nil {
			return value{}, err
		}
		return instant(t), nil
	}
	if r.field.form == boolForm {
		text = strings.ToLower(text)
	}
	return value{text: text, set: true}, r.field.check(text)
}

// text gives what the rule's cells say, "" when they are empty or left out.
func (r *rule) text(in row) (string, error) {
	if r.tmpl != nil {
		return r.tmpl.fill(in, r.escape)
	}
	if r.column < 0 {
		return "", nil
	}
	cell := in.cells[r.column]
	mapped, ok := r.values[cell]
	if !ok && cell != "" {
		mapped, ok = r.values["*"]
	}
	if !ok {
		return r.escape(cell), nil
	}
	return r.escape(textValue(mapped).text), nil
}

func (r *rule) evaluatePlus(in row, base value) (value, error) {
	cell := in.cells[r.seconds]
	if !base.set || cell == "" || r.when != nil && !r.when.names(in.cells) {
		return value{}, nil
	}
	span, err := parseSeconds(cell)
	if err != nil {
		return value{}, err
	}
	if err := base.needInstant(); err != nil {
		return value{}, err
	}
	return instant(base.at.Add(span)), nil
}

// render writes the values that are set as a JSON object in the API's order.
func (p *plan) render(values []value) []byte {
	b := []byte{'{'}
	within := false
	for _, i := range p.order {
		if !values[i].set {
			continue
		}
		name, inner := strings.CutPrefix(p.rules[i].field.name, attributePrefix)
		if within && !inner {
			b, within = append(b, '}'), false
		}
		if b[len(b)-1] != '{' {
			b = append(b, ',')
		}
		if inner && !within {
			b, within = append(b, `"attributes":{`...), true
		}
		b = append(appendString(b, name), ':')
		if p.rules[i].field.isJSON(values[i].text) {
			b = append(b, values[i].text...)
		} else {
			b = appendString(b, values[i].text)
		}
	}
	if within {
		b = append(b, '}')
	}
	return append(b, '}')
}

// appendString writes a JSON string; s is valid UTF-8.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < ' ':
			b = fmt.Appendf(b, `\u%04x`, c)
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}
