package campaign

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// DecodeStrict reads a JSON object into a struct with json tags, the way facts
// are read: names match exactly, unknown names, names that stand twice and
// invalid UTF-8 are refused by name. It is for configuration, which is small.
func DecodeStrict(body []byte, target any) error {
	s := &scanner{data: body}
	if s.peek() == 0 {
		return &Error{Kind: Unreadable, Code: "invalid_json", Message: "the body is empty; send a JSON object"}
	}
	_, err := s.canonical()
	if err == nil {
		err = s.end()
	}
	var syntax *SyntaxError
	switch {
	case errors.As(err, &syntax):
		return &Error{Kind: Unreadable, Code: "invalid_json", Message: syntax.Error()}
	case err != nil:
		return err
	}
	if err := checkNames(body, reflect.TypeOf(target).Elem(), ""); err != nil {
		return err
	}
	if err := json.Unmarshal(body, target); err != nil {
		var wrong *json.UnmarshalTypeError
		if errors.As(err, &wrong) {
			what := wrong.Field
			if what == "" {
				what = "the body"
			}
			return Invalidf("wrong_type", wrong.Field, "%s is of the wrong type (%s); send %s", what, wrong.Value, jsonType(wrong.Type))
		}
		return &Error{Kind: Unreadable, Code: "invalid_json", Message: err.Error()}
	}
	return nil
}

// checkNames holds the names of an object, and of objects inside it, to the
// target's json tags.
func checkNames(body []byte, t reflect.Type, path string) error {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.Slice:
		var items []json.RawMessage
		if json.Unmarshal(body, &items) != nil {
			return nil // the type error is reported by the decoder
		}
		for i, item := range items {
			if err := checkNames(item, t.Elem(), fmt.Sprintf("%s[%d]", strings.TrimSuffix(path, "."), i)); err != nil {
				return err
			}
		}
	case reflect.Map:
		var members map[string]json.RawMessage
		if json.Unmarshal(body, &members) != nil {
			return nil
		}
		for name, value := range members {
			if err := checkNames(value, t.Elem(), strings.TrimPrefix(strings.TrimSuffix(path, ".")+"."+clip(name), ".")); err != nil {
				return err
			}
		}
	case reflect.Struct:
		var members map[string]json.RawMessage
		if json.Unmarshal(body, &members) != nil {
			return nil
		}
		if path != "" && !strings.HasSuffix(path, ".") {
			path += "."
		}
		known := map[string]reflect.Type{}
		for i := range t.NumField() {
			name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
			known[name] = t.Field(i).Type
		}
		for name, value := range members {
			field, ok := known[name]
			if !ok {
				return Invalidf("unknown_field", path+clip(name), "%q is not a field here; field names match exactly; leave it out", clip(name))
			}
			if err := checkNames(value, field, path+name); err != nil {
				return err
			}
		}
	}
	return nil
}

func jsonType(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice, reflect.Array:
		return "a JSON array"
	case reflect.Struct, reflect.Map:
		return "a JSON object"
	case reflect.Pointer:
		return jsonType(t.Elem())
	}
	return "a whole number"
}
