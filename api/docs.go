package api

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"html/template"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"ringside/campaign"
)

var (
	//go:embed docs.html
	docsHTML string
	//go:embed docs.css
	docsCSS string

	docsTemplate = template.Must(template.New("docs").Funcs(template.FuncMap{"prose": prose}).Parse(docsHTML))
	docsPolicy   = stylePolicy(docsCSS)
)

// stylePolicy lets a page use the one style sheet that stands in it, and no more: no
// script, no image, nothing from elsewhere.
func stylePolicy(css string) string {
	sum := sha256.Sum256([]byte(css))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
}

// docsPage is what the template shows.
type docsPage struct {
	Style        template.CSS
	Title        string
	Introduction []string
	Roles        []string
	Rights       []docsRight
	Tags         []docsTag
	Failures     []docsBody
	Schemas      []docsSchema
}

// docsRight is a line of the table of rights: one mark a role.
type docsRight struct {
	Name, Allows string
	Has          []bool
}

type docsTag struct {
	Name, Description string
	Endpoints         []docsEndpoint
}

type docsEndpoint struct {
	Method, Path, ID, Summary, Description, Rights, Roles, Example string
	Parameters                                                     []docsField
	Bodies, Answers                                                []docsBody
}

// docsBody is a body that is sent or answered.
type docsBody struct {
	Status, Media, Description, Example string
	Type                                []docsTerm
}

// docsTerm is a part of a type; Link names the schema it leads to.
type docsTerm struct{ Text, Link string }

type docsField struct {
	Name, In, Notes string
	Required        bool
	Type            []docsTerm
}

type docsSchema struct {
	Name, Description string
	Type              []docsTerm
	Fields            []docsField
}

// documentation makes the page of the document, with who may do what.
func documentation(routes []route) []byte {
	doc := readDocs(openAPISource)
	page := docsPage{Style: template.CSS(docsCSS), Title: doc.Info.Title, Introduction: strings.Split(doc.Info.Description, "\n\n"), Roles: campaign.Roles}
	for _, g := range grants {
		line := docsRight{Name: string(g.right), Allows: g.allows}
		for _, role := range campaign.Roles {
			line.Has = append(line.Has, slices.Contains(g.roles, role))
		}
		page.Rights = append(page.Rights, line)
	}
	for _, tag := range doc.Tags {
		shown := docsTag{Name: tag.Name, Description: tag.Description}
		for _, r := range routes {
			path := doc.Paths[docPath(r.path)]
			if operation := path.operation(r.method); operation != nil && slices.Contains(operation.Tags, tag.Name) {
				shown.Endpoints = append(shown.Endpoints, doc.endpoint(r, path, operation))
			}
		}
		page.Tags = append(page.Tags, shown)
	}
	for _, status := range []string{"Refused", "Failed"} {
		answer := doc.Components.Responses[status]
		page.Failures = append(page.Failures, docsBodies("", answer.Description, answer.Content)...)
	}
	for _, named := range doc.Components.Schemas {
		page.Schemas = append(page.Schemas, docsSchema{Name: named.name, Description: named.schema.Description,
			Type: named.schema.terms(), Fields: doc.fields(named.schema)})
	}
	var body bytes.Buffer
	if err := docsTemplate.Execute(&body, page); err != nil {
		panic("api: docs.html: " + err.Error())
	}
	return body.Bytes()
}

func (d *docsDocument) endpoint(r route, path *docsPath, o *docsOperation) docsEndpoint {
	e := docsEndpoint{Method: r.method, Path: docPath(r.path), ID: o.OperationID, Summary: o.Summary, Description: o.Description,
		Rights: joinRights(r.requires, " or "), Roles: strings.Join(r.requires.roles(), ", ")}
	parameters := append(slices.Clone(path.Parameters), o.Parameters...)
	for _, named := range parameters {
		p := d.parameter(named)
		e.Parameters = append(e.Parameters, docsField{Name: p.Name, In: p.In, Required: p.Required, Type: p.Schema.terms(), Notes: notes(p.Description, p.Schema)})
	}
	if o.RequestBody != nil {
		e.Bodies = docsBodies("", "", o.RequestBody.Content)
	}
	for _, status := range slices.Sorted(maps.Keys(o.Responses)) {
		if strings.HasSuffix(status, "XX") {
			continue // the same everywhere, said once
		}
		answer := d.response(o.Responses[status])
		if len(answer.Content) == 0 {
			e.Answers = append(e.Answers, docsBody{Status: status, Description: answer.Description})
		}
		e.Answers = append(e.Answers, docsBodies(status, answer.Description, answer.Content)...)
	}
	e.Example = d.curl(r, parameters, e.Bodies)
	return e
}

// docsBodies lists a body's media types, JSON first.
func docsBodies(status, description string, content map[string]docsMedia) (bodies []docsBody) {
	for _, media := range slices.Sorted(maps.Keys(content)) {
		m := content[media]
		bodies = append(bodies, docsBody{Status: status, Media: media, Description: description, Type: m.Schema.terms(), Example: compactJSON(m.Example)})
	}
	return bodies
}

// curl writes a command to try an endpoint with, from the document's examples.
func (d *docsDocument) curl(r route, parameters []*docsParameter, bodies []docsBody) string {
	path, query := docPath(r.path), url.Values{}
	for _, named := range parameters {
		switch p := d.parameter(named); {
		case p.In == "path":
			path = strings.ReplaceAll(path, "{"+p.Name+"}", plain(p.Example))
		case p.Required:
			query.Set(p.Name, strings.Trim(plain(p.Example), `["]`))
		}
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	var b strings.Builder
	b.WriteString("curl")
	switch r.method {
	case http.MethodGet:
	case http.MethodHead:
		b.WriteString(" --head")
	default:
		b.WriteString(" -X " + r.method)
	}
	if !r.requires.keyless() {
		b.WriteString(` -H "Authorization: Bearer $KEY"`)
	}
	b.WriteString(` "$SERVER` + path + `"`)
	if len(bodies) > 0 {
		b.WriteString(" \\\n  -H 'Content-Type: " + bodies[0].Media + "' -d '" + bodies[0].Example + "'")
	}
	return b.String()
}

// docsPiece is a part of a description: words, or code between backticks.
type docsPiece struct {
	Text string
	Code bool
}

func prose(text string) (pieces []docsPiece) {
	for i, piece := range strings.Split(text, "`") {
		pieces = append(pieces, docsPiece{piece, i%2 == 1})
	}
	return pieces
}

// plain writes an example without the quotes of JSON.
func plain(example json.RawMessage) string {
	var text string
	if json.Unmarshal(example, &text) == nil {
		return text
	}
	return compactJSON(example)
}

func compactJSON(text json.RawMessage) string {
	var b bytes.Buffer
	if len(text) == 0 || json.Compact(&b, text) != nil {
		return ""
	}
	return b.String()
}

// notes adds to a description what a schema says beside its type.
func notes(description string, s *docsSpec) string {
	all := []string{cmp.Or(description, s.Description)}
	if s.Minimum != nil && s.Maximum != nil {
		all = append(all, "From "+s.Minimum.String()+" to "+s.Maximum.String()+".")
	} else if s.Minimum != nil {
		all = append(all, "At least "+s.Minimum.String()+".")
	}
	if len(s.Default) > 0 {
		all = append(all, "Default: "+compactJSON(s.Default)+".")
	}
	return strings.TrimSpace(strings.Join(all, " "))
}

func (s *Server) getDocs(c *gin.Context) error {
	sendPage(c, http.StatusOK, s.docs, docsPolicy)
	return nil
}
