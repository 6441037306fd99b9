package importer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// MaxRepeat is the most attempts one row may stand for under "repeat".
const MaxRepeat = 1000

// maxMapping bounds a mapping file; real ones have a few hundred bytes.
const maxMapping = 1 << 20

// Mapping says which columns of a file become which fields of the API. The zero
// Mapping leaves every name as it is. The package comment describes its JSON
// form.
type Mapping struct {
	Format    string            // "csv", "ndjson" or "": the first byte tells
	Delimiter string            // one character, "tab" or "": the header tells
	Columns   map[string]string // field: column
	Constants map[string]string // field: value
	Values    map[string]Values // field: translation of its cell
	Times     map[string]Time   // field: how to read its instant
	Plus      map[string]Plus   // field: another instant and seconds after it
	Ref       string            // template of the field ref
	Lead      string            // template of the field lead (attempts)
	Repeat    *Repeat           // one row, several attempts
	Skip      []Skip            // rows to leave out
}

// Values translates cells; a nil value leaves the field out, "*" is the default.
type Values map[string]*string

// Time reads an instant from the text of a template by a layout in a zone.
type Time struct {
	Template string // "" reads the column that Columns names for the field
	Layout   string // Go's, or "rfc3339", "unix" (seconds), "unix_ms"
	Zone     string // IANA name; needed by layouts without an offset
}

// Plus is the instant of the field Base and the seconds of a column after it, in rows
// that When names, or in all.
type Plus struct {
	Base    string
	Seconds string
	When    *Skip
}

// Repeat makes Count (a column) attempts of one row, StepS seconds apart (text
// of a decimal number), the row itself being the last. First holds the fields of
// the attempts before it; nil takes a field away.
type Repeat struct {
	Count string
	StepS string
	First map[string]*string
}

// Skip names rows whose Column is one of In, or is none of NotIn: those to leave out.
type Skip struct {
	Column string
	In     []string
	NotIn  []string
}

// ReadMapping reads a mapping file. Its errors name the key that is wrong; that
// the mapping fits the file and the kind of fact is judged by Open.
func ReadMapping(r io.Reader) (Mapping, error) {
	var m Mapping
	text, err := io.ReadAll(io.LimitReader(r, maxMapping+1))
	if err != nil {
		return m, fmt.Errorf("mapping: %w", err)
	}
	if len(text) > maxMapping {
		return m, errors.New("mapping: the file is longer than 1 MiB; is it the data file?")
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if err := m.read(text); err != nil {
		return Mapping{}, fmt.Errorf("mapping: %w", err)
	}
	return m, nil
}

func (m *Mapping) read(text []byte) error {
	err := readObject(text, "the mapping", map[string]func([]byte) error{
		"format":    func(b []byte) error { return readString(b, "format", &m.Format) },
		"delimiter": func(b []byte) error { return readString(b, "delimiter", &m.Delimiter) },
		"columns":   func(b []byte) error { return readMap(b, "columns", &m.Columns, readString) },
		"constants": func(b []byte) error { return readMap(b, "constants", &m.Constants, readScalar) },
		"values":    func(b []byte) error { return readMap(b, "values", &m.Values, readValues) },
		"times":     func(b []byte) error { return readMap(b, "times", &m.Times, readTime) },
		"plus":      func(b []byte) error { return readMap(b, "plus", &m.Plus, readPlus) },
		"ref":       func(b []byte) error { return readString(b, "ref", &m.Ref) },
		"lead":      func(b []byte) error { return readString(b, "lead", &m.Lead) },
		"repeat":    func(b []byte) error { m.Repeat = new(Repeat); return readRepeat(b, "repeat", m.Repeat) },
		"skip":      func(b []byte) error { return readSkips(b, &m.Skip) },
	})
	if err != nil {
		return err
	}
	return m.check()
}

// check judges what can be judged without a file.
func (m *Mapping) check() error {
	if m.Format != "" && m.Format != "csv" && m.Format != "ndjson" {
		return fmt.Errorf("format is %q; write csv or ndjson, or leave it out", m.Format)
	}
	if _, err := delimiterOf(m.Delimiter); err != nil {
		return err
	}
	for _, t := range []struct{ at, text string }{{"ref", m.Ref}, {"lead", m.Lead}} {
		if _, err := parseRefTemplate(t.text); err != nil {
			return fmt.Errorf("%s: %w", t.at, err)
		}
	}
	for _, name := range sortedKeys(m.Times) {
		t := m.Times[name]
		if _, err := parseTemplate(t.Template); err != nil {
			return fmt.Errorf("times.%s.template: %w", name, err)
		}
		if _, err := newClock(t.Layout, t.Zone); err != nil {
			return fmt.Errorf("times.%s: %w", name, err)
		}
	}
	if m.Repeat != nil {
		if _, err := parseStep(m.Repeat.StepS); err != nil {
			return fmt.Errorf("repeat.step_s: %w", err)
		}
	}
	return nil
}

// namesFields tells whether the mapping has a rule for any field.
func (m *Mapping) namesFields() bool {
	return len(m.Columns)+len(m.Constants)+len(m.Values)+len(m.Times)+len(m.Plus) > 0 ||
		m.Ref != "" || m.Lead != "" || m.Repeat != nil
}

func delimiterOf(text string) (byte, error) {
	if text == "tab" {
		return '\t', nil
	}
	if text == "" {
		return 0, nil
	}
	if len(text) != 1 || text[0] >= 0x7f || text[0] < ' ' && text[0] != '\t' || strings.Contains(`" `, text) {
		return 0, fmt.Errorf("delimiter is %q; write one ASCII character such as ; or the word tab", text)
	}
	return text[0], nil
}

// readObject reads a JSON object key by key, so that an unknown key, or one that
// stands there twice, is refused by its name.
func readObject(text []byte, at string, keys map[string]func([]byte) error) error {
	return eachKey(text, at, func(key string, value []byte) error {
		read, ok := keys[key]
		if !ok {
			return fmt.Errorf("%s has an unknown key %q; the keys are %s", at, key, strings.Join(sortedKeys(keys), ", "))
		}
		return read(value)
	})
}

// eachKey walks over the keys of a JSON object and refuses one named twice.
func eachKey(text []byte, at string, visit func(key string, value []byte) error) error {
	d := json.NewDecoder(bytes.NewReader(text))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return fmt.Errorf("%s must be a JSON object {…}", at)
	}
	seen := map[string]bool{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return fmt.Errorf("%s is not readable JSON: %w", at, err)
		}
		key := t.(string)
		if seen[key] {
			return fmt.Errorf("%s names %q twice", at, key)
		}
		seen[key] = true
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return fmt.Errorf("%s is not readable JSON at %q: %w", at, key, err)
		}
		if err := visit(key, value); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return fmt.Errorf("%s is not readable JSON: the object is not closed", at)
	}
	if _, err := d.Token(); err != io.EOF {
		return fmt.Errorf("%s must be one JSON object with nothing behind it", at)
	}
	return nil
}
