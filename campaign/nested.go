package campaign

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// attributesMost bounds a lead's attributes in bytes of canonical JSON.
const attributesMost = 16 << 10

// nested reads a JSON object, or array, as canonical text.
func (r *itemReader) nested(name string, opens byte, to *Value) error {
	if r.peek() != opens {
		what := map[byte]string{'{': "object; send {…}", '[': "array; send […]"}[opens]
		r.refuse(Invalidf("wrong_type", name, "%s is a JSON %s", name, what))
		return r.skip()
	}
	text, err := r.canonical()
	var wrong *Error
	switch e := err.(type) {
	case nil:
		if len(text) > attributesMost {
			wrong = Invalidf("too_long", name, "%s is over the limit of %d bytes", name, attributesMost)
		}
	case *Error:
		wrong = at(e, name+"."+e.Field)
	default:
		return err
	}
	if wrong != nil {
		r.refuse(wrong)
	}
	to.Text = string(text)
	return nil
}

// canonical reads any value as compact JSON with sorted names, so that equal
// attributes have equal bytes. An *Error names a duplicate or invalid text; the
// scanner then stands behind the value all the same.
func (s *scanner) canonical() ([]byte, error) {
	var wrong error
	keep := func(err error) error {
		if _, ok := err.(*Error); ok {
			wrong = cmp.Or(wrong, err)
			return nil
		}
		return err
	}
	switch s.peek() {
	case '{':
		members := map[string][]byte{}
		var names []string
		err := s.object(func(raw []byte) error {
			name := strings.ToValidUTF8(string(raw), "�")
			if !utf8.Valid(raw) {
				keep(Invalidf("invalid_utf8", name, "%q is a name that is not valid UTF-8", name))
			}
			if _, twice := members[name]; twice {
				keep(Invalidf("duplicate_field", name, "%q stands twice in one object; send it once", name))
			} else {
				names = append(names, name)
			}
			value, err := s.canonical()
			members[name] = value
			return keep(err)
		})
		if err != nil {
			return nil, err
		}
		slices.Sort(names)
		b := []byte{'{'}
		for i, name := range names {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(AppendJSONString(b, name), ':')
			b = append(b, members[name]...)
		}
		return append(b, '}'), wrong
	case '[':
		b := []byte{'['}
		err := s.array(func() error {
			value, err := s.canonical()
			if len(b) > 1 {
				b = append(b, ',')
			}
			b = append(b, value...)
			return keep(err)
		})
		if err != nil {
			return nil, err
		}
		return append(b, ']'), wrong
	case '"':
		text, err := s.text()
		if err == errText {
			return AppendJSONString(nil, strings.ToValidUTF8(text, "�")), Invalidf("invalid_utf8", "", "text is not valid UTF-8")
		}
		return AppendJSONString(nil, text), err
	default:
		start := s.pos
		err := s.skip()
		return bytes.Clone(s.data[start:s.pos]), err
	}
}

// score reads a number of at most 3 decimals.
func (r *itemReader) score(name string, to *Value) error {
	if c := r.peek(); c != '-' && (c < '0' || c > '9') {
		r.refuse(Invalidf("wrong_type", name, "%s is a number, without quotes; null or nothing stands for none", name))
		return r.skip()
	}
	milli, ok, err := r.thousandths()
	if err == nil && !ok {
		r.refuse(Invalidf("invalid_number", name, "%s is a number of at most 3 decimals", name))
	}
	to.Int = milli
	return err
}

// thousandths reads a number of at most 3 decimals; ok is false for anything else.
func (s *scanner) thousandths() (milli int64, ok bool, err error) {
	if c := s.peek(); c != '-' && (c < '0' || c > '9') {
		return 0, false, s.skip()
	}
	text, err := s.number()
	if err != nil {
		return 0, false, err
	}
	milli, exact, ok := parseScaled(text, 3)
	return milli, ok && exact, nil
}

// DecimalText writes a number that is kept scaled by so many decimals, without zeros at
// its end.
func DecimalText(scaled int64, digits int) string {
	return strings.TrimSuffix(strings.TrimRight(FormatMoney(scaled, digits), "0"), ".")
}
