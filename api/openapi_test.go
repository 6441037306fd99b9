package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"

	"ringside/api"
	"ringside/campaign"
	"ringside/funnel"
)

// contract is the served document, ready to hold requests and answers to.
type contract struct {
	doc    *openapi3.T
	router routers.Router
}

var theContract = sync.OnceValue(func() *contract {
	for _, text := range []string{"text/html", "text/plain", "text/event-stream", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"} {
		openapi3filter.RegisterBodyDecoder(text, openapi3filter.PlainBodyDecoder)
	}
	doc, err := openapi3.NewLoader().LoadFromData(api.New(api.Options{}).OpenAPI())
	if err != nil {
		panic(err)
	}
	router, err := legacy.NewRouter(doc)
	if err != nil {
		panic(err)
	}
	return &contract{doc, router}
})

// shapeless are the codes of refusals that the document must share: what was wrong
// is the shape, which schemas tell, and not what it says.
var shapeless = []string{"unknown_field", "missing_field", "wrong_type", "invalid_choice", "invalid_ref", "invalid_number"}

// itemsMost bounds how many accepted and how many rejected items of one post are
// looked at: each has the schema compiled anew.
const itemsMost = 25

// violations says where a request that was taken, or its answer, is not as the
// document says.
func (c *contract) violations(r *http.Request, body []byte, status int, header http.Header, answer []byte) (all []string) {
	route, path, err := c.router.FindRoute(r)
	if err != nil && !strings.HasPrefix(r.URL.Path, "/v1/") {
		return nil // a hook's path of several steps, which no parameter of the document can be, or a page
	}
	if err != nil {
		if status != http.StatusNotFound && status != http.StatusMethodNotAllowed {
			all = append(all, fmt.Sprintf("it answers %d: %v", status, err))
		}
		return all
	}
	ctx := context.Background()
	input := &openapi3filter.RequestValidationInput{Request: r, PathParams: path, Route: route, Options: &openapi3filter.Options{
		ExcludeRequestBody: true, IncludeResponseStatus: true, SkipSettingDefaults: true, AuthenticationFunc: openapi3filter.NoopAuthenticationFunc}}
	if status < 300 {
		if err := openapi3filter.ValidateRequest(ctx, input); err != nil {
			all = append(all, "the request: "+err.Error())
		}
	}
	if status == http.StatusOK && header.Get("Content-Type") == "application/x-ndjson" {
		return append(all, c.rowViolations(route.Operation, answer)...)
	}
	if status == http.StatusOK && header.Get("Content-Type") == "text/event-stream" {
		all = append(all, c.eventViolations(answer)...)
	}
	out := &openapi3filter.ResponseValidationInput{RequestValidationInput: input, Status: status, Header: header, Options: input.Options}
	if err := openapi3filter.ValidateResponse(ctx, out.SetBodyBytes(answer)); err != nil {
		all = append(all, "the answer: "+err.Error())
	}
	if route.Operation.RequestBody != nil {
		all = append(all, c.bodyViolations(route.Operation.RequestBody.Value.Content, r.Header.Get("Content-Type"), body, status, answer)...)
	}
	return all
}

// rowViolations holds each row of a streamed answer to its schema.
func (c *contract) rowViolations(operation *openapi3.Operation, answer []byte) (all []string) {
	schema := operation.Responses.Status(http.StatusOK).Value.Content["application/x-ndjson"].Schema.Value
	for i, row := range itemsOf("application/x-ndjson", answer) {
		var value any
		if i == itemsMost {
			break
		}
		if err := json.Unmarshal(row, &value); err != nil {
			all = append(all, fmt.Sprintf("row %d: %v", i, err))
			continue
		}
		all = append(all, c.judge(fmt.Sprintf("row %d", i), schema, value, true, "")...)
	}
	return all
}

// eventViolations holds the data of each event of a stream to the schema of reports.
func (c *contract) eventViolations(answer []byte) (all []string) {
	for line := range bytes.Lines(answer) {
		data, found := bytes.CutPrefix(line, []byte("data: "))
		var value any
		if !found {
			continue
		}
		if err := json.Unmarshal(data, &value); err != nil {
			all = append(all, "an event: "+err.Error())
			continue
		}
		all = append(all, c.judge("an event", c.doc.Components.Schemas["Report"].Value, value, true, "")...)
	}
	return all
}

// verdict is what an answer says of a post: the codes of rejected items by place,
// or the code of the problem.
type verdict struct {
	Code     string
	Rejected []struct {
		Index int
		Code  string
	}
	RejectedTotal *int `json:"rejected_total"`
}

func (c *contract) bodyViolations(content openapi3.Content, given string, body []byte, status int, answer []byte) (all []string) {
	var said verdict
	if json.Unmarshal(answer, &said) != nil {
		return []string{"the answer is not JSON"}
	}
	stream := content["application/x-ndjson"]
	if stream == nil { // one document, taken or refused as a whole
		var document any
		if json.Unmarshal(body, &document) == nil {
			return c.judge("the body", content["application/json"].Schema.Value, document, status < 300, said.Code)
		}
		return nil
	}
	if said.RejectedTotal == nil || *said.RejectedTotal > len(said.Rejected) {
		return nil // refused as a whole, or not all is told
	}
	codes := map[int]string{}
	for _, r := range said.Rejected {
		codes[r.Index] = r.Code
	}
	looked := map[bool]int{}
	for i, item := range itemsOf(given, body) {
		code, rejected := codes[i]
		var value any
		if looked[rejected]++; looked[rejected] > itemsMost || json.Unmarshal(item, &value) != nil {
			continue
		}
		if atomicRest := !rejected && status >= 300; !atomicRest {
			all = append(all, c.judge(fmt.Sprintf("item %d", i), stream.Schema.Value, value, !rejected, code)...)
		}
	}
	var document any
	if media, _, _ := mime.ParseMediaType(given); media == "application/json" && len(codes) == 0 && len(body) < 1<<16 && json.Unmarshal(body, &document) == nil {
		all = append(all, c.judge("the body", content["application/json"].Schema.Value, document, true, "")...)
	}
	return all
}

// judge compares what the server thinks of a value with what its schema does.
func (c *contract) judge(what string, schema *openapi3.Schema, value any, taken bool, code string) []string {
	err := c.doc.ValidateSchemaJSON(schema, value, openapi3.EnableJSONSchema2020())
	switch {
	case taken && err != nil:
		return []string{what + " is taken: " + err.Error()}
	case !taken && err == nil && slices.Contains(shapeless, code):
		return []string{what + " is refused as " + code + ", and its schema takes it"}
	}
	return nil
}

// itemsOf cuts a post into its items.
func itemsOf(contentType string, body []byte) (items []json.RawMessage) {
	if strings.HasPrefix(contentType, "application/x-ndjson") {
		for line := range bytes.Lines(body) {
			if line = bytes.TrimSpace(line); len(line) > 0 {
				items = append(items, line)
			}
		}
		return items
	}
	if json.Unmarshal(body, &items) != nil {
		items = []json.RawMessage{body}
	}
	return items
}

func TestOpenAPIDescribesEveryRoute(t *testing.T) {
	c := theContract()
	if c.doc.OpenAPI != "3.1.0" {
		t.Errorf("the document is of OpenAPI %s", c.doc.OpenAPI)
	}
	if err := c.doc.Validate(context.Background()); err != nil {
		t.Error(err)
	}
	described := map[string]*openapi3.Operation{}
	parameters := map[string]openapi3.Parameters{}
	ids := map[string]bool{}
	for path, item := range c.doc.Paths.Map() {
		for method, operation := range item.Operations() {
			described[method+" "+path] = operation
			if ids[operation.OperationID] || operation.OperationID == "" || len(operation.Tags) != 1 || c.doc.Tags.Get(operation.Tags[0]) == nil {
				t.Errorf("%s %s: its operationId is there twice or not at all, or it has not one of the tags", method, path)
			}
			ids[operation.OperationID] = true
			parameters[method+" "+path] = append(slices.Clone(item.Parameters), operation.Parameters...)
		}
	}
	for _, r := range newHouse(t).Guarded() {
		if r.Page {
			continue
		}
		name := r.Method + " " + api.DocPath(r.Path)
		operation := described[name]
		if delete(described, name); operation == nil {
			t.Errorf("%s is not in openapi.json", name)
			continue
		}
		var inPath, inQuery []string
		for _, p := range parameters[name] {
			if p.Value.In == "path" {
				inPath = append(inPath, ":"+p.Value.Name)
			} else {
				inQuery = append(inQuery, p.Value.Name)
			}
		}
		if want := regexp.MustCompile(`:\w+`).FindAllString(strings.Replace(r.Path, "*", ":", 1), -1); !slices.Equal(inPath, want) {
			t.Errorf("%s: parameters %v of the path, want %v", name, inPath, want)
		}
		if !slices.Equal(slices.Sorted(slices.Values(inQuery)), slices.Sorted(slices.Values(r.Query))) {
			t.Errorf("%s: query parameters %v, want %v", name, inQuery, r.Query)
		}
		if roles := fmt.Sprint(operation.Extensions["x-roles"]); roles != fmt.Sprint(r.Roles) {
			t.Errorf("%s: x-roles are %s, want %v", name, roles, r.Roles)
		}
	}
	for name := range described {
		t.Errorf("openapi.json describes %s, which is not served", name)
	}
}

// TestOpenAPIKnowsEveryField holds the schemas of posts to the tables the fields are
// read by.
func TestOpenAPIKnowsEveryField(t *testing.T) {
	c := theContract()
	for schema, form := range map[string]*campaign.Form{"LeadPost": campaign.LeadForm, "AttemptPost": campaign.AttemptForm, "OutcomePost": campaign.OutcomeForm, "CostPost": campaign.CostForm, "CallPost": campaign.CallForm,
		"SurveyPost": campaign.SurveyForm, "ReviewPost": campaign.ReviewForm, "CasePost": campaign.CaseForm, "CustomerPost": campaign.CustomerForm, "SearchPost": campaign.SearchForm} {
		properties, required := map[string]*openapi3.Schema{}, map[string]bool{}
		gather(c.doc.Components.Schemas[schema].Value, properties, required)
		wantRequired := map[string]bool{form.Key: true}
		want := []string{form.Key, "updated_at"}
		for i, field := range form.Kind.Fields() {
			if field.Name == "" || !form.Allowed.Has(i) {
				continue
			}
			want = append(want, field.Name)
			if form.Required.Has(i) {
				wantRequired[field.Name] = true
			}
			if p := properties[field.Name]; p != nil && field.Type == campaign.TypeChoice {
				var words []string
				for _, word := range p.Enum {
					if word != nil {
						words = append(words, word.(string))
					}
				}
				if !slices.Equal(words, field.Choices) {
					t.Errorf("%s.%s takes %v, want %v", schema, field.Name, words, field.Choices)
				}
			}
		}
		slices.Sort(want)
		if got := slices.Sorted(maps.Keys(properties)); !slices.Equal(got, want) {
			t.Errorf("%s has the fields %v, want %v", schema, got, want)
		}
		if !maps.Equal(required, wantRequired) {
			t.Errorf("%s requires %v, want %v", schema, required, wantRequired)
		}
	}
	for schema, want := range map[string]string{"Role": strings.Join(campaign.Roles, " "), "Grouping": strings.Trim(fmt.Sprint(funnel.AllGroupings), "[]"), "QueueGrouping": strings.Trim(fmt.Sprint(funnel.QueueGroupings), "[]"),
		"ServiceGrouping": strings.Trim(fmt.Sprint(funnel.ServiceGroupings), "[]")} {
		if got := strings.Trim(fmt.Sprint(c.doc.Components.Schemas[schema].Value.Enum), "[]"); got != want {
			t.Errorf("%s is one of %s, want %s", schema, got, want)
		}
	}
	groupKey := map[string]*openapi3.Schema{}
	gather(c.doc.Components.Schemas["GroupKey"].Value, groupKey, map[string]bool{})
	for _, g := range slices.Concat(funnel.AllGroupings, funnel.ServiceGroupings) {
		if groupKey[string(g)] == nil {
			t.Errorf("GroupKey has no %s", g)
		}
	}
}

// gather adds up the properties of a schema and of those it is made of.
func gather(s *openapi3.Schema, properties map[string]*openapi3.Schema, required map[string]bool) {
	for name, p := range s.Properties {
		properties[name] = p.Value
	}
	for _, name := range s.Required {
		required[name] = true
	}
	for _, part := range s.AllOf {
		gather(part.Value, properties, required)
	}
}

// TestContractTellsViolations: the check that all other tests go through can fail.
func TestContractTellsViolations(t *testing.T) {
	const leads, key = "/v1/campaigns/spring/leads", `{"kind":"key","id":"1","role":"viewer","label":"x","campaigns":null,"created_at":"2026-11-20T12:00:00.000Z"`
	took := func(n int) string {
		return fmt.Sprintf(`{"accepted":%d,"created":%d,"updated":0,"unchanged":0,"rejected":[],"rejected_total":0}`, n, n)
	}
	const json, ndjson, problem = "application/json", "application/x-ndjson", "application/problem+json"
	for _, c := range []struct {
		method, path, contentType, body string
		status                          int
		answerType, answer, says        string
	}{
		{"POST", leads, json, `{"ref":"l"}`, 200, json, took(1), ""},
		{"POST", leads, json, `{"ref":"l","colour":"red"}`, 200, json, took(1), "item 0 is taken"},
		{"POST", leads, json, `[{"ref":"l"},{"phone":"1"}]`, 200, json, took(2), "item 1 is taken"},
		{"POST", leads, ndjson, "{\"ref\":\"l\"}\n\n{\"ref\":7}", 200, json, took(2), "item 1 is taken"},
		{"POST", leads, ndjson, `{"ref":"l"}`, 422, json, `{"accepted":0,"created":0,"updated":0,"unchanged":0,"rejected":[{"index":0,"code":"unknown_field","message":"no"}],"rejected_total":1}`, "its schema takes it"},
		{"POST", leads, json, `{"ref":"l"}`, 200, json, `{"accepted":1}`, "the answer"},
		{"POST", leads, json, `{"ref":"l"}`, 202, json, took(1), "status is not supported"},
		{"POST", leads, json, `{"ref":"l"}`, 200, "text/plain", took(1), "Content-Type"},
		{"POST", leads + "?atomic=maybe", json, `{"ref":"l"}`, 200, json, took(1), "atomic"},
		{"GET", "/v1/me", "", "", 200, json, key + `,"rights":[]}`, ""},
		{"GET", "/v1/me", "", "", 200, json, key + `,"rights":[],"secret":"x"}`, "the answer"},
		{"GET", "/v1/me", "", "", 200, json, key + `}`, "rights"},
		{"GET", "/v1/you", "", "", 200, json, `{}`, "it answers 200"},
		{"GET", "/v1/me", "", "", 401, problem, `{"type":"about:blank","title":"No","status":401,"detail":"no","request_id":"019a9c3e-0000-7000-8000-000000000001"}`, "code"},
		{"POST", "/v1/keys", "", `{"role":"viewer","label":"x"}`, 422, problem, `{"type":"about:blank","title":"No","status":422,"detail":"no","code":"wrong_type","request_id":"019a9c3e-0000-7000-8000-000000000001"}`, "its schema takes it"},
	} {
		r := httptest.NewRequest(c.method, c.path, io.NopCloser(strings.NewReader(c.body)))
		r.Header.Set("Content-Type", c.contentType)
		got := strings.Join(theContract().violations(r, []byte(c.body), c.status, http.Header{"Content-Type": {c.answerType}}, []byte(c.answer)), "\n")
		if (got == "") != (c.says == "") || !strings.Contains(got, c.says) {
			t.Errorf("%s %s %s, answered %d %s: %q, want %q", c.method, c.path, c.body, c.status, c.answer, got, c.says)
		}
	}
}

func TestOpenAPIIsServed(t *testing.T) {
	h := newHouse(t)
	a := h.get("/openapi.json").expect(200).want("openapi", `"3.1.0"`, "info.title", `"ringside"`)
	if a.header.Get("Content-Type") != "application/json" {
		t.Error(a.header.Get("Content-Type"))
	}
	h.do("GET", "/openapi.json", nil, "Authorization", "").problem(401, "missing_key", "")
}

func TestDocsPage(t *testing.T) {
	h := newHouse(t)
	a := h.get("/docs").expect(200)
	page := string(a.body)
	for _, r := range h.Guarded() {
		if !r.Page && !strings.Contains(page, "<code>"+r.Method+" "+api.DocPath(r.Path)+"</code></h2>") {
			t.Errorf("the page does not describe %s %s", r.Method, r.Path)
		}
	}
	for _, want := range []string{"Roles: dialer, admin <small>(right: post_facts)", "Roles: team_lead, finance, admin <small>(right: read_facts or costs)", "No key is needed.", "When a request fails", "<code>Authorization: Bearer KEY</code>",
		`<a href="#schema-AttemptPost">AttemptPost</a>`, "<code>started_at</code> <small>required</small>", "one a line", "Default: 100.", "From 1 to 1000.",
		`/v1/campaigns/spring/kpis?from=2026-11-01&amp;to=2026-12-01`, "&#34;answered_by&#34;:&#34;human&#34;"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not show %q", want)
		}
	}
	for _, never := range []string{"<script", "style=", "://", h.key} {
		if strings.Contains(page, never) {
			t.Errorf("the page holds %q", never)
		}
	}
	ids := map[string]bool{}
	for _, id := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if ids[id[1]] {
			t.Errorf("the id %s stands twice", id[1])
		}
		ids[id[1]] = true
	}
	for _, link := range regexp.MustCompile(`href="#([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if !ids[link[1]] {
			t.Errorf("a link leads to #%s, which is not there", link[1])
		}
	}
	checkStyle(t, a)
	a = h.do("GET", "/docs", nil, "Authorization", "").problem(401, "missing_key", "")
	if !strings.HasPrefix(a.header.Get("WWW-Authenticate"), "Basic ") {
		t.Error(a.header.Get("WWW-Authenticate"))
	}
}
