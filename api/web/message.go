package web

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"
)

//go:embed messages/en/*.json
var messageFiles embed.FS

// message is a text in its forms: One where the number named n is 1, else Other.
type message struct{ One, Other string }

// UnmarshalJSON reads a text, or an object of its forms.
func (m *message) UnmarshalJSON(b []byte) error {
	if b[0] == '"' {
		return json.Unmarshal(b, &m.Other)
	}
	type forms message
	return json.Unmarshal(b, (*forms)(m))
}

// messages are all texts of the pages, by id. A file holds those of one page.
var messages = func() map[string]message {
	all := map[string]message{}
	files, err := fs.Glob(messageFiles, "messages/en/*.json")
	if err != nil {
		panic(err)
	}
	for _, file := range files {
		text, err := messageFiles.ReadFile(file)
		if err != nil {
			panic(err)
		}
		var some map[string]message
		if err := json.Unmarshal(text, &some); err != nil {
			panic("web: " + file + ": " + err.Error())
		}
		for id, m := range some {
			if _, twice := all[id]; twice {
				panic("web: the message " + id + " stands twice")
			}
			all[id] = m
		}
	}
	return all
}()

// T returns the text of that id, with what stands in braces in it replaced: pairs
// are names and values in turn. Whole numbers are written with Number; that named n
// chooses between singular and plural. A test holds that every id used is there.
func T(id string, pairs ...any) string {
	m, ok := messages[id]
	if !ok {
		return "⟨" + id + "⟩"
	}
	if len(pairs) == 0 {
		return m.Other
	}
	text, written := m.Other, make(map[string]string, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		name, value := fmt.Sprint(pairs[i]), pairs[i+1]
		if whole, ok := wholeNumber(value); ok {
			written[name] = Number(whole)
			if name == "n" && whole == 1 && m.One != "" {
				text = m.One
			}
			continue
		}
		written[name] = fmt.Sprint(value)
	}
	return filled(text, written)
}

// filled is a text with what stands in braces in it replaced, where there is anything
// of that name. What is put in is not looked through again.
func filled(text string, written map[string]string) string {
	var out strings.Builder
	for {
		before, rest, open := strings.Cut(text, "{")
		name, after, closed := strings.Cut(rest, "}")
		out.WriteString(before)
		switch value, known := written[name]; {
		case !open:
			return out.String()
		case closed && known:
			out.WriteString(value)
			text = after
		default:
			out.WriteByte('{')
			text = rest
		}
	}
}

// Hint returns the text of that id, "" where there is none: for what needs no more
// words.
func Hint(id string) string {
	if _, ok := messages[id]; !ok {
		return ""
	}
	return T(id)
}

func wholeNumber(value any) (int64, bool) {
	switch n := value.(type) {
	case int:
		return int64(n), true
	case int64:
		return n, true
	}
	return 0, false
}
