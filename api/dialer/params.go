package dialer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/url"
	"strconv"
	"strings"
)

// Limits of one message. They are far over what any of the systems sends and are
// checked before anything is built from the input.
const (
	paramsMost    = 2_000
	jsonDepthMost = 64
	// tokensMost bounds the values, brackets and tags that stand in JSON or XML, most of
	// which say nothing, and pathMost the length of a name.
	tokensMost = 10 * paramsMost
	pathMost   = 1_000
)

// Limits of requests that hold many messages: tinyMost messages may have any length,
// more of them must be as long on average as a record can be.
const tinyMost = 100

// tooTiny reports whether so many messages of a request are too short to be records.
func tooTiny(messages int, r *Request, leastBytes int) bool {
	return messages > tinyMost+len(r.Body)/leastBytes
}

// params are the names and values of a message whatever its form: query, form or
// JSON, whose members are named by their path (a.b.0.c). Of a name that comes
// twice the body's is taken before the query's, and the first before the others.
type params map[string]string

var (
	errParams = fmt.Errorf("more than %d parameters", paramsMost)
	errDepth  = fmt.Errorf("JSON is nested deeper than %d", jsonDepthMost)
	errTokens = fmt.Errorf("more than %d values", tokensMost)
	errPath   = fmt.Errorf("a name of more than %d bytes", pathMost)
	errTiny   = errors.New("so many messages so short are no records")
)

// paramsOf reads the parameters of a request.
func paramsOf(r *Request) (params, error) {
	p := params{}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		kind = ""
	}
	body := bytes.TrimSpace(r.Body)
	switch {
	case len(body) == 0:
	case strings.HasSuffix(kind, "json") || body[0] == '{' || body[0] == '[':
		if err := p.json(body); err != nil {
			return nil, err
		}
	default:
		if err := p.form(string(body)); err != nil {
			return nil, err
		}
	}
	return p, p.form(r.Query)
}

// form adds name=value pairs. A pair that is badly encoded is taken as it stands:
// some systems do not encode at all.
func (p params) form(text string) error {
	if strings.Count(text, "&") > paramsMost {
		return errParams
	}
	for pair := range strings.SplitSeq(text, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		if err := p.add(unescaped(name), unescaped(value)); err != nil {
			return err
		}
	}
	return nil
}

func (p params) add(name, value string) error {
	if _, ok := p[name]; ok {
		return nil
	}
	if len(p) >= paramsMost {
		return errParams
	}
	p[name] = value
	return nil
}

func unescaped(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return strings.ReplaceAll(text, "+", " ")
}

// json adds the leaves of one JSON value.
func (p params) json(body []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	token, err := decoder.Token()
	if err != nil {
		return err
	}
	w := walk{params: p, decoder: decoder}
	return w.value(token, "", 0)
}

// walk goes through one JSON value.
type walk struct {
	params
	decoder *json.Decoder
	tokens  int
}

func (w *walk) value(token json.Token, path string, depth int) error {
	if w.tokens++; w.tokens > tokensMost {
		return errTokens
	}
	if depth > jsonDepthMost {
		return errDepth
	}
	if len(path) > pathMost {
		return errPath
	}
	switch v := token.(type) {
	case json.Delim:
		return w.members(v == '{', path, depth)
	case string:
		return w.add(path, v)
	case json.Number:
		return w.add(path, v.String())
	case bool:
		return w.add(path, strconv.FormatBool(v))
	}
	return nil // null says nothing
}

func (w *walk) members(object bool, path string, depth int) error {
	for i := 0; w.decoder.More(); i++ {
		name := strconv.Itoa(i)
		token, err := w.decoder.Token()
		if err != nil {
			return err
		}
		if object {
			var ok bool
			if name, ok = token.(string); !ok {
				return errors.New("a JSON object without names")
			}
			if token, err = w.decoder.Token(); err != nil {
				return err
			}
		}
		if path != "" {
			name = path + "." + name
		}
		if err := w.value(token, name, depth+1); err != nil {
			return err
		}
	}
	_, err := w.decoder.Token() // the closing bracket
	return err
}

// first returns the first of the names that has a value.
func (p params) first(names ...string) string {
	for _, name := range names {
		if value := strings.TrimSpace(p[name]); value != "" {
			return value
		}
	}
	return ""
}

// readParams opens a kept message that is one HTTP request.
func readParams(m Message) (params, Reading) {
	r, err := open(m)
	if err != nil {
		return nil, Reading{Silent: err.Error()}
	}
	p, err := paramsOf(r)
	if err != nil {
		return nil, Reading{Silent: "not readable: " + err.Error()}
	}
	return p, Reading{}
}
