package campaign

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// secondsMostMs bounds one duration to a week: longer is a sender's mistake, and
// sums of millions of them must stay within 64 bits.
const secondsMostMs = 7 * 86400 * 1000

// moneyTextMost bounds the text of an amount; no amount within MoneyMost needs it.
const moneyTextMost = 40

// Rejected is an item that was refused, and why. Ref is what could be read of
// its key.
type Rejected struct {
	Ref string
	Err *Error
}

func (r *Rejected) Error() string { return r.Err.Error() }

// Decode reads one item, a JSON object and nothing else, as a version in the
// form. A *SyntaxError means the text is not JSON; a *Rejected means that the
// item is readable but wrong. Amounts are settled later by SettleMoney.
func (f *Form) Decode(item []byte) (*Version, error) {
	s := &scanner{data: item}
	v, err := f.read(s)
	if _, unreadable := err.(*SyntaxError); unreadable {
		return nil, err
	}
	if end := s.end(); end != nil {
		return nil, end
	}
	return v, err
}

// DecodeArray reads an array of items, calling each with the position from 0.
// A *SyntaxError ends reading; a refused item is passed to each as its error.
func (f *Form) DecodeArray(body []byte, each func(index int, v *Version, rejected *Rejected) error) error {
	s := &scanner{data: body}
	index := 0
	err := s.array(func() error {
		v, err := f.read(s)
		rejected, ok := err.(*Rejected)
		if err != nil && !ok {
			return fmt.Errorf("item %d: %w", index, err)
		}
		index++
		return each(index-1, v, rejected)
	})
	if err != nil {
		return err
	}
	return s.end()
}

// IsArray reports whether the body's first JSON token opens an array.
func IsArray(body []byte) bool {
	s := scanner{data: body}
	return s.peek() == '['
}

// itemReader is the state of reading one object.
type itemReader struct {
	*scanner
	form    *Form
	version *Version
	hasKey  bool
	dated   bool
	first   *Error // the first thing wrong; reading goes on to find the key
}

// read reads one object as a version.
func (f *Form) read(s *scanner) (*Version, error) {
	if s.peek() != '{' {
		if err := s.skip(); err != nil {
			return nil, err
		}
		return nil, &Rejected{Err: Invalidf("wrong_type", "", "an item is a JSON object; send {…}")}
	}
	r := &itemReader{scanner: s, form: f, version: &Version{Kind: f.Kind, UpdatedMs: None}}
	v := r.version
	v.Values = make([]Value, len(f.Kind.Fields()))
	if err := s.object(r.member); err != nil {
		return nil, err
	}
	r.finish()
	if r.first != nil {
		return nil, &Rejected{Ref: v.Ref, Err: r.first}
	}
	return v, nil
}

// finish judges the whole object after its members were read.
func (r *itemReader) finish() {
	v, f := r.version, r.form
	if r.first != nil {
		return
	}
	if !r.hasKey && f.Key != "" {
		r.first = Invalidf("missing_field", f.Key, "%s is missing; send the ref you know it by", f.Key)
		return
	}
	if missing := f.Required &^ v.Named; missing != 0 {
		name := f.Kind.Fields()[missing.First()].Name
		r.first = Invalidf("missing_field", name, "%s is missing; every item in %s names it", name, f.Name)
		return
	}
	v.Named |= f.Always
	for rest := f.Always; rest != 0; rest &= rest - 1 {
		v.Values[rest.First()].Int = 1
	}
	if f.Check != nil {
		r.first = f.Check(v)
	}
	if f.Keyed != nil && r.first == nil {
		v.Ref = f.Keyed(v)
	}
}

// member reads one member of the object.
func (r *itemReader) member(name []byte) error {
	switch {
	case string(name) == r.form.Key && r.form.Key != "":
		return r.key()
	case string(name) == "updated_at" && !r.form.Undated:
		return r.updatedAt()
	}
	f := r.form.field(name)
	if f < 0 {
		shown := clip(strings.ToValidUTF8(string(name), "�"))
		code, why := "unknown_field", "is not a field of "+r.form.Name+"; field names match exactly"
		if !utf8.Valid(name) {
			code, why = "invalid_utf8", "is a field name that is not valid UTF-8"
		}
		r.refuse(Invalidf(code, shown, "%q %s; leave it out", shown, why))
		return r.skip()
	}
	field := r.form.Kind.Fields()[f]
	if r.version.Named.Has(f) {
		r.refuse(Invalidf("duplicate_field", field.Name, "%s stands twice in one object; send it once", field.Name))
		return r.skip()
	}
	r.version.Named = r.version.Named.With(f)
	if r.peek() == 'n' {
		if (r.form.Required &^ r.form.Optional).Has(f) {
			r.refuse(nullRequired(r.form, f))
		}
		r.version.Null = r.version.Null.With(f)
		return r.literal()
	}
	err := r.value(f, field)
	if syntax, ok := err.(*SyntaxError); ok {
		return &SyntaxError{Offset: syntax.Offset, Field: strings.TrimSuffix(field.Name+"."+syntax.Field, "."), Message: "in " + field.Name + ": " + syntax.Message}
	}
	return err
}

func nullRequired(form *Form, f int) *Error {
	name := form.Kind.Fields()[f].Name
	return Invalidf("missing_field", name, "%s is required and cannot be null; send its value", name)
}

// refuse keeps the first thing found wrong.
func (r *itemReader) refuse(err *Error) { r.first = cmp.Or(r.first, err) }

// key reads the field that holds the fact's ref.
func (r *itemReader) key() error {
	if r.hasKey {
		r.refuse(Invalidf("duplicate_field", r.form.Key, "%s stands twice in one object; send it once", r.form.Key))
		return r.skip()
	}
	r.hasKey = true
	text, ok, err := r.string(r.form.Key, TypeRef)
	if err != nil || !ok {
		return err
	}
	if err := CheckRef(text); err != nil {
		r.refuse(at(err, r.form.Key))
		return nil
	}
	r.version.Ref = text
	return nil
}

// updatedAt reads the sender's date; null is as if it were left out.
func (r *itemReader) updatedAt() error {
	if r.dated {
		r.refuse(Invalidf("duplicate_field", "updated_at", "updated_at stands twice in one object; send it once"))
		return r.skip()
	}
	r.dated = true
	if r.peek() == 'n' {
		return r.literal()
	}
	text, ok, err := r.string("updated_at", TypeInstant)
	if err != nil || !ok {
		return err
	}
	ms, bad := ParseInstant(text)
	if bad != nil {
		r.refuse(at(bad, "updated_at"))
		return nil
	}
	r.version.UpdatedMs = ms
	return nil
}

// value reads one field's value by its type.
func (r *itemReader) value(f int, field Field) error {
	to := &r.version.Values[f]
	switch field.Type {
	case TypeBool:
		return r.boolean(field.Name, to)
	case TypeSeconds:
		return r.seconds(field.Name, to)
	case TypeCount:
		return r.count(field.Name, to)
	case TypeTally:
		if c := r.peek(); c == 't' || c == 'f' {
			return r.boolean(field.Name, to)
		}
		return r.count(field.Name, to)
	case TypeScore:
		return r.score(field.Name, to)
	case TypeDecimal:
		return r.decimal(field.Name, to)
	case TypeAttributes, TypeScores:
		return r.nested(field.Name, '{', to)
	case TypeCategories:
		return r.nested(field.Name, '[', to)
	case TypeLead:
		if r.peek() == '{' {
			return r.inlineLead(field.Name, to)
		}
	}
	text, ok, err := r.string(field.Name, field.Type)
	if err != nil || !ok {
		return err
	}
	if field.Type == TypeMoney {
		if len(text) > moneyTextMost {
			r.refuse(Invalidf("invalid_money", field.Name, "%q is not a decimal amount; send a string like \"12.50\"", clip(text)))
			text = ""
		}
		r.version.moneyText = text
		return nil
	}
	if err := parseText(field, text, to); err != nil {
		r.refuse(at(err, field.Name))
	}
	return nil
}

// parseText reads the value of a field that is a string in JSON.
func parseText(field Field, text string, to *Value) (err error) {
	switch field.Type {
	case TypeRef, TypeLead:
		to.Text, err = text, CheckRef(text)
	case TypeText:
		to.Text, err = CleanText(text)
	case TypeNote:
		to.Text, err = cleanNote(text)
	case TypeInstant:
		to.Int, err = ParseInstant(text)
	case TypeChoice:
		to.Int = int64(slices.Index(field.Choices, text) + 1)
		if to.Int == 0 {
			err = Invalidf("invalid_choice", "", "%q is not one of %s", clip(text), strings.Join(field.Choices, ", "))
		}
	case TypeZone:
		to.Text = text
		_, err = LoadZone(text)
	case TypeCurrency:
		to.Text = text
		_, err = CurrencyDigits(text)
	}
	return err
}

// string reads a JSON string of a type; ok is false when the value was refused.
func (r *itemReader) string(name string, of Type) (text string, ok bool, err error) {
	if r.peek() != '"' {
		r.refuse(Invalidf("wrong_type", name, "%s is %s", name, of.wanted()))
		return "", false, r.skip()
	}
	text, err = r.text()
	if err == errText {
		r.refuse(Invalidf("invalid_utf8", name, "%s is not valid UTF-8; send UTF-8 text", name))
		return "", false, nil
	}
	return text, err == nil, err
}

func (r *itemReader) boolean(name string, to *Value) error {
	switch r.peek() {
	case 't':
		to.Int = 1
		return r.literal()
	case 'f':
		return r.literal()
	}
	r.refuse(Invalidf("wrong_type", name, "%s is true or false, without quotes", name))
	return r.skip()
}

func (r *itemReader) seconds(name string, to *Value) error {
	if c := r.peek(); c != '-' && (c < '0' || c > '9') {
		r.refuse(Invalidf("wrong_type", name, "%s is a number of seconds, without quotes", name))
		return r.skip()
	}
	text, err := r.number()
	if err != nil {
		return err
	}
	ms, _, ok := parseScaled(text, 3)
	switch {
	case strings.HasPrefix(text, "-") && strings.ContainsAny(text, "123456789"):
		r.refuse(Invalidf("invalid_number", name, "%s is negative; a duration is 0 or more seconds", name))
	case !ok || ms > secondsMostMs:
		r.refuse(Invalidf("invalid_number", name, "%s is over the limit of %d seconds", name, secondsMostMs/1000))
	default:
		to.Int = ms
	}
	return nil
}

// countMost bounds a count of things within one fact.
const countMost = 1_000_000

func (r *itemReader) count(name string, to *Value) error {
	if c := r.peek(); c != '-' && (c < '0' || c > '9') {
		r.refuse(Invalidf("wrong_type", name, "%s is a whole number, without quotes", name))
		return r.skip()
	}
	text, err := r.number()
	if err != nil {
		return err
	}
	n, exact, ok := parseScaled(text, 0)
	if !ok || !exact || n < 0 || n > countMost {
		r.refuse(Invalidf("invalid_number", name, "%s is not a whole number from 0 to %d", name, countMost))
		return nil
	}
	to.Int = n
	return nil
}

// inlineLead reads an object that describes the attempt's lead.
func (r *itemReader) inlineLead(name string, to *Value) error {
	lead, err := inlineLeadForm.read(r.scanner)
	if rejected, ok := err.(*Rejected); ok {
		inner := *rejected.Err
		inner.Field = name + "." + inner.Field
		r.refuse(&inner)
		return nil
	}
	if err != nil {
		return err
	}
	to.Text = lead.Ref
	r.version.Lead = lead
	return nil
}

// CleanText trims the caller's own text and refuses what cannot be shown: empty
// text, more than 128 characters, control characters.
func CleanText(text string) (string, error) {
	// A copy: what is kept must not hold on to what was trimmed away.
	text = strings.Clone(strings.TrimSpace(text))
	n := utf8.RuneCountInString(text)
	if n < 1 || n > 128 {
		return "", Invalidf("invalid_text", "", "it has %d characters; send 1 to 128, or null to clear it", n)
	}
	if strings.ContainsFunc(text, unicode.IsControl) {
		return "", Invalidf("invalid_text", "", "it holds a control character; send plain text")
	}
	return text, nil
}

// cleanNote is CleanText for longer text, in which line breaks and tabs may stand.
func cleanNote(text string) (string, error) {
	const most = 4096
	text = strings.Clone(strings.TrimSpace(text))
	if n := utf8.RuneCountInString(text); n > most {
		return "", Invalidf("invalid_text", "", "it has %d characters; send at most %d", n, most)
	}
	if strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' }) {
		return "", Invalidf("invalid_text", "", "it holds a control character; send plain text")
	}
	return text, nil
}
