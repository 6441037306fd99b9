package campaign

import "fmt"

// ErrorKind sorts errors by what the caller can do about them.
type ErrorKind uint8

const (
	// Unreadable input could not be parsed at all (HTTP 400).
	Unreadable ErrorKind = iota + 1
	// Invalid input was read but is wrong (HTTP 422).
	Invalid
	// NotFound names something that does not exist (HTTP 404).
	NotFound
	// Conflict contradicts what is stored and may not change (HTTP 409).
	Conflict
	// TooLarge input is over a stated limit (HTTP 413).
	TooLarge
	// Unavailable means: try again; a repetition changes nothing (HTTP 503).
	Unavailable
)

// Error is the one error shape that reaches a caller: what is wrong (Code, for
// programs), where (Field), and in words what to send instead (Message). Any
// other error is internal and its text is not shown.
type Error struct {
	Kind    ErrorKind
	Code    string
	Field   string
	Message string
}

func (e *Error) Error() string {
	if e.Field == "" {
		return e.Message
	}
	return e.Field + ": " + e.Message
}

// Invalidf makes an Invalid error with a stable code for the named field.
func Invalidf(code, field, format string, args ...any) *Error {
	return &Error{Kind: Invalid, Code: code, Field: field, Message: fmt.Sprintf(format, args...)}
}

// NotFoundf makes a NotFound error; field names the kind of thing looked for.
func NotFoundf(field, format string, args ...any) *Error {
	return &Error{Kind: NotFound, Code: "not_found", Field: field, Message: fmt.Sprintf(format, args...)}
}

// InField names the field an error is about.
func InField(err error, field string) *Error { return at(err, field) }

// at names the field an error is about; errors of other types are wrapped.
func at(err error, field string) *Error {
	if e, ok := err.(*Error); ok {
		named := *e
		named.Field = field
		return &named
	}
	return Invalidf("invalid_value", field, "%v", err)
}
