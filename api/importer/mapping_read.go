package importer

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func readString(text []byte, at string, to *string) error {
	if len(text) == 0 || text[0] != '"' || json.Unmarshal(text, to) != nil {
		return fmt.Errorf("%s must be a string", at)
	}
	return nil
}

// readScalar keeps numbers as they are written: 12.50 must not become 12.5.
func readScalar(text []byte, at string, to *string) error {
	switch text[0] {
	case '"':
		return readString(text, at, to)
	case '{', '[', 'n':
		return fmt.Errorf("%s must be a string, a number, true or false", at)
	}
	*to = string(text)
	return nil
}

func readNullable(text []byte, at string, to **string) error {
	if string(text) == "null" {
		*to = nil
		return nil
	}
	*to = new(string)
	return readScalar(text, at, *to)
}

func readMap[V any](text []byte, at string, to *map[string]V, read func([]byte, string, *V) error) error {
	*to = map[string]V{}
	return eachKey(text, at, func(key string, value []byte) error {
		var v V
		if err := read(value, at+"."+key, &v); err != nil {
			return err
		}
		(*to)[key] = v
		return nil
	})
}

func readValues(text []byte, at string, to *Values) error {
	return readMap(text, at, (*map[string]*string)(to), readNullable)
}

func readTime(text []byte, at string, to *Time) error {
	return readObject(text, at, map[string]func([]byte) error{
		"template": func(b []byte) error { return readString(b, at+".template", &to.Template) },
		"layout":   func(b []byte) error { return readString(b, at+".layout", &to.Layout) },
		"zone":     func(b []byte) error { return readString(b, at+".zone", &to.Zone) },
	})
}

func readPlus(text []byte, at string, to *Plus) error {
	return readObject(text, at, map[string]func([]byte) error{
		"base":    func(b []byte) error { return readString(b, at+".base", &to.Base) },
		"seconds": func(b []byte) error { return readString(b, at+".seconds", &to.Seconds) },
		"when":    func(b []byte) error { to.When = new(Skip); return readSkip(b, at+".when", to.When) },
	})
}

func readRepeat(text []byte, at string, to *Repeat) error {
	return readObject(text, at, map[string]func([]byte) error{
		"count":  func(b []byte) error { return readString(b, at+".count", &to.Count) },
		"step_s": func(b []byte) error { return readScalar(b, at+".step_s", &to.StepS) },
		"first":  func(b []byte) error { return readMap(b, at+".first", &to.First, readNullable) },
	})
}

// readSkips takes one rule or a list of rules.
func readSkips(text []byte, to *[]Skip) error {
	if text[0] != '[' {
		text = slices.Concat([]byte("["), text, []byte("]"))
	}
	var rules []json.RawMessage
	if err := json.Unmarshal(text, &rules); err != nil {
		return fmt.Errorf("skip is not readable JSON: %w", err)
	}
	for i, rule := range rules {
		var s Skip
		if err := readSkip(rule, fmt.Sprintf("skip[%d]", i), &s); err != nil {
			return err
		}
		*to = append(*to, s)
	}
	return nil
}

func readSkip(text []byte, at string, s *Skip) error {
	err := readObject(text, at, map[string]func([]byte) error{
		"column": func(b []byte) error { return readString(b, at+".column", &s.Column) },
		"in":     func(b []byte) error { return readList(b, at+".in", &s.In) },
		"not_in": func(b []byte) error { return readList(b, at+".not_in", &s.NotIn) },
	})
	if err == nil && (s.Column == "" || (s.In == nil) == (s.NotIn == nil)) {
		err = fmt.Errorf(`%s must have a column and either in or not_in, as {"column":"outcome","in":["PHANTOM"]}`, at)
	}
	return err
}

func readList(text []byte, at string, to *[]string) error {
	var list []json.RawMessage
	if text[0] != '[' || json.Unmarshal(text, &list) != nil || len(list) == 0 {
		return fmt.Errorf(`%s must be a list of cell texts, as ["PHANTOM"]`, at)
	}
	for i, one := range list {
		var s string
		if err := readScalar(one, fmt.Sprintf("%s[%d]", at, i), &s); err != nil {
			return err
		}
		*to = append(*to, s)
	}
	return nil
}
