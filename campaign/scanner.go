package campaign

import (
	"errors"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

// SyntaxError is JSON that cannot be read at all.
type SyntaxError struct {
	Offset int
	// Field is the field it stands in, or "".
	Field   string
	Message string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("not readable JSON at byte %d: %s", e.Offset, e.Message)
}

// depthMost bounds how deep arrays and objects may nest.
const depthMost = 32

// errText marks text that is JSON but not text: invalid UTF-8 or half a
// surrogate pair. The scanner stands behind it and reading can go on.
var errText = errors.New("text is not valid UTF-8")

// scanner reads JSON left to right without building a tree. It refuses what
// RFC 8259 refuses, and nothing it reads is believed to be UTF-8 before checked.
type scanner struct {
	data  []byte
	pos   int
	depth int
}

func (s *scanner) fail(format string, args ...any) error {
	return &SyntaxError{Offset: s.pos, Message: fmt.Sprintf(format, args...)}
}

// peek skips white space and returns the next byte, or 0 at the end.
func (s *scanner) peek() byte {
	for s.pos < len(s.data) {
		switch c := s.data[s.pos]; c {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return c
		}
	}
	return 0
}

func (s *scanner) expect(c byte, where string) error {
	if got := s.peek(); got != c {
		return s.fail("expected %q %s, found %s", c, where, s.found())
	}
	s.pos++
	return nil
}

// found describes the next byte for an error message.
func (s *scanner) found() string {
	if s.pos >= len(s.data) {
		return "the end"
	}
	end := s.pos
	for end < len(s.data) && end < s.pos+12 && (s.data[end] >= 'a' && s.data[end] <= 'z' || s.data[end] >= 'A' && s.data[end] <= 'Z') {
		end++
	}
	return fmt.Sprintf("%q", s.data[s.pos:max(end, s.pos+1)])
}

// object reads an object and calls member for each name, which must read the
// value. The name is only valid during the call. A name that is not UTF-8 is
// passed as it is: it equals no known field.
func (s *scanner) object(member func(name []byte) error) error {
	if err := s.expect('{', "to start an object"); err != nil {
		return err
	}
	if s.depth++; s.depth > depthMost {
		return s.fail("nested deeper than %d levels", depthMost)
	}
	defer func() { s.depth-- }()
	if s.peek() == '}' {
		s.pos++
		return nil
	}
	for {
		if s.peek() != '"' {
			return s.fail("expected a field name in quotes, found %s", s.found())
		}
		name, err := s.bytes()
		if err != nil && err != errText {
			return err
		}
		if err := s.expect(':', "after a field name"); err != nil {
			return err
		}
		if err := member(name); err != nil {
			return err
		}
		switch s.peek() {
		case ',':
			s.pos++
		case '}':
			s.pos++
			return nil
		default:
			return s.fail("expected ',' or '}' in an object, found %s", s.found())
		}
	}
}

// array reads an array and calls element for each item, which must read it.
func (s *scanner) array(element func() error) error {
	if err := s.expect('[', "to start an array"); err != nil {
		return err
	}
	if s.depth++; s.depth > depthMost {
		return s.fail("nested deeper than %d levels", depthMost)
	}
	defer func() { s.depth-- }()
	if s.peek() == ']' {
		s.pos++
		return nil
	}
	for {
		if err := element(); err != nil {
			return err
		}
		switch s.peek() {
		case ',':
			s.pos++
		case ']':
			s.pos++
			return nil
		default:
			return s.fail("expected ',' or ']' in an array, found %s", s.found())
		}
	}
}

// end checks that nothing but white space is left.
func (s *scanner) end() error {
	if s.peek() != 0 || s.pos < len(s.data) {
		return s.fail("expected the end, found %s", s.found())
	}
	return nil
}

// skip reads over one value of any kind, holding it to the same syntax.
func (s *scanner) skip() error {
	switch c := s.peek(); c {
	case '{':
		return s.object(func([]byte) error { return s.skip() })
	case '[':
		return s.array(s.skip)
	case '"':
		if _, err := s.bytes(); err != nil && err != errText {
			return err
		}
		return nil
	case 't', 'f', 'n':
		return s.literal()
	default:
		_, err := s.number()
		return err
	}
}

// literal reads true, false or null.
func (s *scanner) literal() error {
	for _, word := range [...]string{"true", "false", "null"} {
		if end := s.pos + len(word); end <= len(s.data) && string(s.data[s.pos:end]) == word {
			s.pos = end
			return nil
		}
	}
	return s.fail("expected a value, found %s", s.found())
}

// number reads a JSON number and returns its text.
func (s *scanner) number() (string, error) {
	start := s.pos
	digits := func() int {
		from := s.pos
		for s.pos < len(s.data) && s.data[s.pos] >= '0' && s.data[s.pos] <= '9' {
			s.pos++
		}
		return s.pos - from
	}
	at := func(set string) bool {
		for i := range len(set) {
			if s.pos < len(s.data) && s.data[s.pos] == set[i] {
				s.pos++
				return true
			}
		}
		return false
	}
	at("-")
	whole := s.pos
	switch n := digits(); {
	case n == 0:
		s.pos = start
		return "", s.fail("expected a value, found %s", s.found())
	case n > 1 && s.data[whole] == '0':
		return "", s.fail("a number does not start with 0")
	}
	if at(".") && digits() == 0 {
		return "", s.fail("a number needs digits after its point")
	}
	if at("eE") {
		at("+-")
		if digits() == 0 {
			return "", s.fail("a number needs digits in its exponent")
		}
	}
	return string(s.data[start:s.pos]), nil
}

// text reads a string. errText means it was read but is not valid text.
func (s *scanner) text() (string, error) {
	b, err := s.bytes()
	return string(b), err
}

// bytes reads a string without copying it where it holds no escapes.
func (s *scanner) bytes() ([]byte, error) {
	s.pos++ // the opening quote
	start := s.pos
	ascii := true
	for ; s.pos < len(s.data); s.pos++ {
		switch c := s.data[s.pos]; {
		case c == '"':
			b := s.data[start:s.pos]
			s.pos++
			if !ascii && !utf8.Valid(b) {
				return b, errText
			}
			return b, nil
		case c == '\\':
			return s.escaped(append([]byte(nil), s.data[start:s.pos]...))
		case c < ' ':
			return nil, s.fail("a control character in a string must be escaped")
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return nil, s.fail("a string has no closing quote")
}

// escaped goes on reading a string from its first backslash.
func (s *scanner) escaped(b []byte) ([]byte, error) {
	var bad error
	for s.pos < len(s.data) {
		c := s.data[s.pos]
		s.pos++
		switch {
		case c == '"':
			if bad == nil && !utf8.Valid(b) {
				bad = errText
			}
			return b, bad
		case c < ' ':
			return nil, s.fail("a control character in a string must be escaped")
		case c != '\\':
			b = append(b, c)
			continue
		}
		r, err := s.escape()
		if err == errText {
			bad = err
		} else if err != nil {
			return nil, err
		}
		b = utf8.AppendRune(b, r)
	}
	return nil, s.fail("a string has no closing quote")
}

// escape reads what follows a backslash.
func (s *scanner) escape() (rune, error) {
	if s.pos >= len(s.data) {
		return 0, s.fail("a string has no closing quote")
	}
	c := s.data[s.pos]
	s.pos++
	switch c {
	case '"', '\\', '/':
		return rune(c), nil
	case 'b':
		return '\b', nil
	case 'f':
		return '\f', nil
	case 'n':
		return '\n', nil
	case 'r':
		return '\r', nil
	case 't':
		return '\t', nil
	case 'u':
	default:
		return 0, s.fail("unknown escape \\%c", c)
	}
	r, err := s.hex4()
	if err != nil || !utf16.IsSurrogate(r) {
		return r, err
	}
	if s.pos+1 < len(s.data) && s.data[s.pos] == '\\' && s.data[s.pos+1] == 'u' {
		back := s.pos
		s.pos += 2
		low, err := s.hex4()
		if err != nil {
			return 0, err
		}
		if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
			return pair, nil
		}
		s.pos = back
	}
	return utf8.RuneError, errText
}

func (s *scanner) hex4() (rune, error) {
	if s.pos+4 > len(s.data) {
		return 0, s.fail("a string has no closing quote")
	}
	var r rune
	for range 4 {
		c := s.data[s.pos]
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, s.fail("\\u needs four hexadecimal digits")
		}
		r = r<<4 | rune(c)
		s.pos++
	}
	return r, nil
}

// AppendJSONString appends text as a JSON string. Only what JSON requires is
// escaped, so that equal texts have equal bytes.
func AppendJSONString(b []byte, text string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for i := range len(text) {
		switch c := text[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < ' ':
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}
