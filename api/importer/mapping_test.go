package importer

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

func TestMappingErrors(t *testing.T) {
	for text, want := range map[string]string{
		``:                              `mapping: the mapping must be a JSON object`,
		`[]`:                            `the mapping must be a JSON object`,
		`{"columms":{}}`:                `the mapping has an unknown key "columms"; the keys are columns, constants,`,
		`{"Columns":{}}`:                `unknown key "Columns"`,
		`{"ref":"a","ref":"b"}`:         `the mapping names "ref" twice`,
		`{"columns":{"a":"x","a":"y"}}`: `columns names "a" twice`,
		`{"ref":"a"} x`:                 `nothing behind it`,
		`{"ref":"a"`:                    `the object is not closed`,
		`{"ref":1}`:                     `ref must be a string`,
		`{"columns":["a"]}`:             `columns must be a JSON object`,
		`{"columns":{"ref":null}}`:      `columns.ref must be a string`,
		`{"constants":{"agent":null}}`:  `constants.agent must be a string, a number, true or false`,
		`{"values":{"agent":{"x":[]}}}`: `values.agent.x must be`,
		`{"format":"xml"}`:              `format is "xml"; write csv or ndjson`,
		`{"delimiter":";;"}`:            `delimiter is ";;"; write one ASCII character`,
		`{"delimiter":"\""}`:            `delimiter is "\""`,
		`{"ref":"a b"}`:                 `ref: "a b": a ref is made of`,
		`{"ref":"{a"}`:                  `has a { without a }`,
		`{"ref":"a}"}`:                  `has a } without a {`,
		`{"ref":"{}"}`:                  `{} names no column`,
		`{"ref":"{line:6}"}`:            `{line:6} is no width; write {line:06}`,
		`{"times":{"started_at":{"templat":""}}}`:                          `times.started_at has an unknown key "templat"; the keys are layout, template, zone`,
		`{"times":{"started_at":{"template":"{a}"}}}`:                      `times.started_at: a layout is missing`,
		`{"times":{"started_at":{"layout":"2006-01-02"}}}`:                 `has no offset, so a zone must be named`,
		`{"times":{"started_at":{"layout":"2006-01-02","zone":"Lisbon"}}}`: `zone "Lisbon" is not known`,
		`{"times":{"started_at":{"layout":"2006-01-02","zone":"Local"}}}`:  `differs from machine to machine`,
		`{"times":{"started_at":{"layout":"YYYY-MM-DD","zone":"UTC"}}}`:    `must hold a year, a month and a day`,
		`{"times":{"started_at":{"layout":"2006-01-02 MST"}}}`:             `zone abbreviations`,
		`{"plus":{"ended_at":{"base":"x","secs":"y"}}}`:                    `plus.ended_at has an unknown key "secs"`,
		`{"repeat":{"count":"n","first":{"result":"x"}}}`:                  `repeat.step_s: is missing`,
		`{"repeat":{"count":"n","step_s":-1}}`:                             `repeat.step_s: "-1" must be between 0 and a year`,
		`{"repeat":{"count":"n","step_s":1,"last":{}}}`:                    `repeat has an unknown key "last"`,
		`{"skip":{"column":"a"}}`:                                          `skip[0] must have a column and either in or not_in`,
		`{"skip":[{"column":"a","in":"x"}]}`:                               `skip[0].in must be a list`,
		`{"ref":"` + strings.Repeat("x", maxMapping) + `"}`:                `longer than 1 MiB; is it the data file?`,
	} {
		_, err := ReadMapping(strings.NewReader(text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s: got %v, want %s", text, err, want)
		}
	}
}

func TestMappingThatDoesNotFitTheKind(t *testing.T) {
	const attempt = `"ref":"{id}","lead":"{id}","constants":{"result":"answered","started_at":"2026-01-01T00:00:00Z"}`
	for text, want := range map[string]string{
		`{"columns":{"agnt":"id"}}`:                                                                  `mapping: columns.agnt: attempts have no field "agnt"; the fields are ref, lead, agent,`,
		`{"constants":{"attributes.x":"1"}}`:                                                         `attempts have no field "attributes.x"`,
		`{"ref":"{id}","columns":{"ref":"id"}}`:                                                      `ref has two sources`,
		`{"columns":{"agent":"id"},"constants":{"agent":"x"}}`:                                       `agent has two sources, one of them under constants`,
		`{"constants":{"hold_s":"soon"}}`:                                                            `constants.hold_s: "soon" is not a number of seconds`,
		`{"constants":{"agent":""}}`:                                                                 `constants.agent is empty`,
		`{"values":{"agent":{"a":"b"}}}`:                                                             `values.agent has no cells to translate`,
		`{"columns":{"void":"id"},"values":{"void":{"y":"yes"}}}`:                                    `values.void["y"]: "yes" is neither true nor false`,
		`{"times":{"started_at":{"layout":"unix"}}}`:                                                 `times.started_at has no template`,
		`{"times":{"agent":{"template":"{id}","layout":"unix"}}}`:                                    `agent is not an instant`,
		`{"plus":{"ended_at":{"base":"answered_at","seconds":"id"}}}`:                                `plus.ended_at.base is "answered_at", which has no source`,
		`{"plus":{"ended_at":{"base":"ended_at","seconds":"id"}}}`:                                   `plus.ended_at.base is "ended_at", which has no source`,
		`{"columns":{"agent":"id"},"plus":{"ended_at":{"base":"agent","seconds":"id"}}}`:             `both ended_at and its base agent must be instants`,
		`{"ref":"{id}","lead":"{id}","constants":{"result":"x"}}`:                                    `nothing gives the field started_at, which all attempts need`,
		`{` + attempt + `,"repeat":{"count":"id","step_s":1}}`:                                       `repeat.first must say the result`,
		`{` + attempt + `,"repeat":{"count":"n","step_s":1,"first":{"result":"x"}}}`:                 `there is no column "n", which repeat.count`,
		`{` + attempt + `,"repeat":{"count":"id","step_s":1,"first":{"result":"x","ended_at":"y"}}}`: `repeat.first.ended_at cannot be the same for every attempt`,
		`{` + attempt + `,"repeat":{"count":"id","step_s":1,"first":{"result":"x","wrap_s":"y"}}}`:   `repeat.first.wrap_s: "y" is not a number`,
		`{` + attempt + `,"skip":{"column":"n","in":["x"]}}`:                                         `there is no column "n", which skip[0]`,
	} {
		got := openError(t, "attempts", text, "id,name\n")
		if !strings.Contains(got, want) {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
	contains(t, openError(t, "leads", `{"ref":"{id}","lead":"{id}"}`, "id\n"), `leads have no field "lead"`)
	contains(t, openError(t, "leads", `{"ref":"{id}","repeat":{"count":"id","step_s":1,"first":{}}}`, "id\n"), `leads have none`)
}

// TestWhatExportsWrite reads cells that hold JSON, texts that were kept from being
// formulas, and the collections that only exports have as files.
func TestWhatExportsWrite(t *testing.T) {
	same(t, importText(t, "leads", "", "ref,name,phone,attributes,updated_at\r\n"+
		`l-1,'=1+1,+351 958,"{""age"":41,""b"":[1]}",2026-11-02T09:00:00.000Z`+"\r\n"+`l-2,''twas,'+a,,`+"\r\n"+`l-3,,,"[1]",`+"\r\n"+`l-4,'t Hooft,',,`+"\r\n"), `
2 {"ref":"l-1","phone":"+351 958","name":"=1+1","attributes":{"age":41,"b":[1]},"updated_at":"2026-11-02T09:00:00.000Z"}
3 {"ref":"l-2","phone":"+a","name":"'twas"}
!4 attributes: "[1]" is not a JSON object such as {"age":41}; attributes that have columns of their own are named one by one, as attributes.age
5 {"ref":"l-4","phone":"'","name":"'t Hooft"}
`)
	same(t, importText(t, "attempts", "", "ref,lead,started_at,result\n"+`a-1,"{""ref"":""l-1"",""phone"":""1""}",2026-11-02T09:00:00Z,busy`+"\na-2,{l,2026-11-02T09:00:00Z,busy\n"), `
2 {"ref":"a-1","lead":{"ref":"l-1","phone":"1"},"started_at":"2026-11-02T09:00:00Z","result":"busy"}
!3 lead: "{l" is neither a ref nor a JSON object such as {"ref":"lead-1"}
`)
	same(t, importText(t, "outcomes", "", "attempt,note,wrap_s,void\na-1,\"two\nlines\",1.5,true\n"), `
2 {"attempt":"a-1","wrap_s":1.5,"note":"two\u000alines","void":true}
`)
	same(t, importText(t, "costs", "", "ref,campaign,category,amount,currency,from,to\nk-1,c,labour,-1.50,EUR,2026-11-02T09:00:00Z,2026-11-03T09:00:00Z\n"), `
2 {"ref":"k-1","campaign":"c","category":"labour","amount":"-1.50","currency":"EUR","from":"2026-11-02T09:00:00Z","to":"2026-11-03T09:00:00Z"}
`)
}

func TestMappingOfLeads(t *testing.T) {
	same(t, importText(t, "leads", `{
		"columns": {"name":"n","list":"kind","source":"kind","generated_at":"when","price":"p","attributes.age":"age"},
		"constants": {"attributes.file":"x","time_zone":"UTC"},
		"values": {"list":{"c":"cellular","*":"other","":"none"},"source":{"c":null},"generated_at":{"0":null}},
		"times": {"generated_at":{"layout":"2006-01-02 15:04:05","zone":"UTC"}},
		"ref": "L-{kind}-{line:04}"
	}`, "n;kind;when;p;age\nAnn;c;2026-01-02 03:04:05;12.50;7\nBo;t;0;;\nCy;u;;;\nDi;;;;\nEd;c;2026-02-30 00:00:00;;\n"), `
2 {"ref":"L-c-0002","generated_at":"2026-01-02T03:04:05Z","name":"Ann","list":"cellular","time_zone":"UTC","price":"12.50","attributes":{"age":"7","file":"x"}}
3 {"ref":"L-t-0003","name":"Bo","list":"other","source":"t","time_zone":"UTC","attributes":{"file":"x"}}
4 {"ref":"L-u-0004","name":"Cy","list":"other","source":"u","time_zone":"UTC","attributes":{"file":"x"}}
!5 ref: it is missing: column "kind" is empty
!6 generated_at: "2026-02-30 00:00:00" does not fit the layout "2006-01-02 15:04:05"
`)
}

func TestTemplates(t *testing.T) {
	r := row{line: 42, cells: []string{"A b", "", "x"}}
	cols, err := headerColumns([]string{"a", "empty", "c"}, 1)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"{line}":        "42",
		"r:{line:06}":   "r:000042",
		"{a}-{c}":       "A b-x",
		"{{{c}}}":       "{x}",
		"plain":         "plain",
		"{empty}{line}": "",
		"{a}{empty}":    `!column "empty" is empty while "a" is not`,
		"{nope}":        `!line 1: there is no column "nope", which T of the mapping wants; the header has: "a", "empty", "c"`,
	} {
		tmpl, err := parseTemplate(text)
		if err == nil {
			tmpl, err = tmpl.bind(cols, "T")
		}
		got := ""
		if err == nil {
			got, err = tmpl.fill(r, asIs)
		}
		if err != nil {
			got = "!" + err.Error()
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

func TestSkip(t *testing.T) {
	r, err := Open(strings.NewReader("ref,outcome\na,AGENT\nb,PHANTOM\nc,\nd, PHANTOM \ne,TEST\n"), "leads",
		mapping(t, `{"columns":{"ref":"ref"},"skip":[{"column":"outcome","in":["PHANTOM","TEST"]},{"column":"ref","in":["c"]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	same(t, drain(t, r), "2 {\"ref\":\"a\"}\n")
	if c := r.Counts(); c != (Counts{Rows: 5, Items: 1, Skipped: 4}) {
		t.Errorf("got %+v", c)
	}
}

func TestItemsAreReadByAnyJSONReader(t *testing.T) {
	name := "\"quotes\" \\ back\tslash \u2028 <&> é \x01 \x7f"
	got := importText(t, "leads", "", "ref,name\na,\""+strings.ReplaceAll(name, `"`, `""`)+"\"\n")
	var item map[string]string
	if err := json.Unmarshal([]byte(strings.TrimPrefix(got, "2 ")), &item); err != nil {
		t.Fatal(err)
	}
	if want := map[string]string{"ref": "a", "name": name}; !reflect.DeepEqual(item, want) {
		t.Errorf("got %q, want %q", item, want)
	}
}

// TestPlusWhen: an instant stands in the rows it is named for alone.
func TestPlusWhen(t *testing.T) {
	const rows = "ref,at,wait,outcome\na,2026-11-02T09:00:00Z,7,AGENT\nb,2026-11-02T09:01:00Z,9,HANG\n"
	const when = `{"columns":{"ref":"ref","offered_at":"at"},"plus":{
		"answered_at":{"base":"offered_at","seconds":"wait","when":{"column":"outcome","in":["AGENT"]}},
		"abandoned_at":{"base":"offered_at","seconds":"wait","when":{"column":"outcome","not_in":["AGENT"]}}}}`
	m, err := ReadMapping(strings.NewReader(when))
	if err != nil {
		t.Fatal(err)
	}
	r, err := Open(strings.NewReader(rows), "calls", &m)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`{"ref":"a","offered_at":"2026-11-02T09:00:00Z","answered_at":"2026-11-02T09:00:07Z"}`, `{"ref":"b","offered_at":"2026-11-02T09:01:00Z","abandoned_at":"2026-11-02T09:01:09Z"}`} {
		item, err := r.Next()
		if err != nil || string(item.JSON) != want {
			t.Errorf("got %s %v, want %s", item.JSON, err, want)
		}
	}
	if _, err := ReadMapping(strings.NewReader(strings.Replace(when, `"in":["AGENT"]`, `"is":"AGENT"`, 1))); err == nil || !strings.Contains(err.Error(), "plus.answered_at.when") {
		t.Errorf("a wrong when is refused with %v", err)
	}
}
