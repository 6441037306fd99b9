package api

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// docsDocument is as much of the OpenAPI document as the page shows.
type docsDocument struct {
	Info       struct{ Title, Description string }
	Tags       []struct{ Name, Description string }
	Paths      map[string]*docsPath
	Components struct {
		Parameters map[string]*docsParameter
		Responses  map[string]*docsResponse
		Schemas    docsNamed
	}
}

type docsPath struct {
	Parameters                   []*docsParameter
	Get, Head, Put, Post, Delete *docsOperation
}

func (p *docsPath) operation(method string) *docsOperation {
	if p == nil {
		return nil
	}
	return map[string]*docsOperation{"GET": p.Get, "HEAD": p.Head, "PUT": p.Put, "POST": p.Post, "DELETE": p.Delete}[method]
}

type docsOperation struct {
	Tags                              []string
	OperationID, Summary, Description string
	Parameters                        []*docsParameter
	RequestBody                       *struct{ Content map[string]docsMedia }
	Responses                         map[string]*docsResponse
}

type docsParameter struct {
	Ref                   string `json:"$ref"`
	Name, In, Description string
	Required              bool
	Schema                *docsSpec
	Example               json.RawMessage
}

type docsResponse struct {
	Ref         string `json:"$ref"`
	Description string
	Content     map[string]docsMedia
}

type docsMedia struct {
	Schema  *docsSpec
	Example json.RawMessage
}

// docsSpec is a schema.
type docsSpec struct {
	Ref                 string `json:"$ref"`
	Type                docsTypes
	Description         string
	Enum                []any
	Const               json.RawMessage
	Default             json.RawMessage
	Minimum, Maximum    *json.Number
	Items               *docsSpec
	Properties          docsNamed
	Required            []string
	AllOf, AnyOf, OneOf []*docsSpec
}

// docsTypes is one type or several.
type docsTypes []string

// UnmarshalJSON reads either form.
func (t *docsTypes) UnmarshalJSON(text []byte) error {
	if bytes.HasPrefix(text, []byte{'['}) {
		return json.Unmarshal(text, (*[]string)(t))
	}
	*t = make(docsTypes, 1)
	return json.Unmarshal(text, &(*t)[0])
}

// docsNamed is an object of schemas in the order they are written.
type docsNamed []docsEntry

type docsEntry struct {
	name   string
	schema *docsSpec
}

// UnmarshalJSON keeps the order, which a map would lose.
func (n *docsNamed) UnmarshalJSON(text []byte) error {
	d := json.NewDecoder(bytes.NewReader(text))
	if _, err := d.Token(); err != nil {
		return err
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		one := docsEntry{name: name.(string)}
		if err := d.Decode(&one.schema); err != nil {
			return err
		}
		*n = append(*n, one)
	}
	return nil
}

func readDocs(source []byte) (d *docsDocument) {
	if err := json.Unmarshal(source, &d); err != nil {
		panic("api: openapi.json: " + err.Error())
	}
	return d
}

// refName is the last step of a reference.
func refName(ref string) string { return ref[strings.LastIndexByte(ref, '/')+1:] }

// parameter follows a reference to a parameter.
func (d *docsDocument) parameter(p *docsParameter) *docsParameter {
	if p.Ref != "" {
		return d.Components.Parameters[refName(p.Ref)]
	}
	return p
}

// response follows a reference to a response.
func (d *docsDocument) response(r *docsResponse) *docsResponse {
	if r.Ref != "" {
		return d.Components.Responses[refName(r.Ref)]
	}
	return r
}

// fields lists a schema's fields with those of the schemas it is made of.
func (d *docsDocument) fields(s *docsSpec) (fields []docsField) {
	if s.Ref != "" {
		at := slices.IndexFunc(d.Components.Schemas, func(e docsEntry) bool { return e.name == refName(s.Ref) })
		return d.fields(d.Components.Schemas[at].schema)
	}
	for _, part := range s.AllOf {
		fields = append(fields, d.fields(part)...)
	}
	for _, p := range s.Properties {
		f := docsField{Name: p.name, Type: p.schema.terms(), Notes: notes("", p.schema)}
		at := slices.IndexFunc(fields, func(f docsField) bool { return f.Name == p.name })
		if at < 0 {
			at, fields = len(fields), append(fields, f)
		}
		fields[at] = f
	}
	for i := range fields {
		fields[i].Required = fields[i].Required || slices.Contains(s.Required, fields[i].Name)
	}
	return fields
}

// terms writes a schema's type in words.
func (s *docsSpec) terms() []docsTerm {
	if s == nil {
		return nil
	}
	switch {
	case s.Ref != "":
		return []docsTerm{{refName(s.Ref), refName(s.Ref)}}
	case len(s.AnyOf) > 0:
		return joinTerms(s.AnyOf, " or ")
	case len(s.OneOf) > 0:
		return joinTerms(s.OneOf, " or ")
	case len(s.AllOf) > 0 && len(s.Type) == 0:
		return joinTerms(s.AllOf, " and ")
	case len(s.Const) > 0:
		return []docsTerm{{Text: compactJSON(s.Const)}}
	case len(s.Enum) > 0:
		words := make([]string, len(s.Enum))
		for i, word := range s.Enum {
			text, _ := json.Marshal(word)
			words[i] = string(text)
		}
		return []docsTerm{{Text: strings.Join(words, " | ")}}
	case s.Items != nil:
		return append([]docsTerm{{Text: strings.Join(s.Type, " or ") + " of "}}, s.Items.terms()...)
	}
	return []docsTerm{{Text: strings.Join(s.Type, " or ")}}
}

func joinTerms(of []*docsSpec, with string) (terms []docsTerm) {
	for i, s := range of {
		if i > 0 {
			terms = append(terms, docsTerm{Text: with})
		}
		terms = append(terms, s.terms()...)
	}
	return terms
}
