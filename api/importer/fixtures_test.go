package importer

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// post is what the checks on whole files look at in an item.
type post struct {
	Ref         string `json:"ref"`
	Lead        string `json:"lead"`
	Agent       string `json:"agent"`
	List        string `json:"list"`
	Source      string `json:"source"`
	GeneratedAt string `json:"generated_at"`
	UpdatedAt   string `json:"updated_at"`
	StartedAt   string `json:"started_at"`
	ConnectedAt string `json:"connected_at"`
	EndedAt     string `json:"ended_at"`
	Result      string `json:"result"`
	AnsweredBy  string `json:"answered_by"`
	Disposition string `json:"disposition"`

	Attributes map[string]string `json:"attributes"`
}

// fixture reads a mapping of testdata.
func fixture(t testing.TB, name string) *Mapping {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return mapping(t, string(text))
}

// posts reads every item; no row may be refused.
func posts(t testing.TB, file io.Reader, kind, mappingName string) []post {
	t.Helper()
	r, err := Open(file, kind, fixture(t, mappingName))
	if err != nil {
		t.Fatal(err)
	}
	var all []post
	refs := map[string]bool{}
	for {
		item, err := r.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		var p post
		if err := json.Unmarshal(item.JSON, &p); err != nil {
			t.Fatal(err)
		}
		if refs[p.Ref] {
			t.Fatalf("ref %s comes twice", p.Ref)
		}
		refs[p.Ref] = true
		all = append(all, p)
	}
}

// The files of these tests are made up; they have the shape of the public data
// sets that the mappings were written for.

const bankShape = `"age";"job";"marital";"education";"default";"balance";"housing";"loan";"contact";"day";"month";"duration";"campaign";"pdays";"previous";"poutcome";"y"
31;"clerk";"single";"primary";"no";-12;"no";"no";"unknown";7;"may";261;1;-1;0;"unknown";"no"
32;"clerk";"single";"primary";"no";0;"no";"no";"cellular";29;"feb";0;3;-1;0;"unknown";"yes"
32;"clerk";"single";"primary";"no";0;"no";"no";"cellular";29;"feb";0;3;-1;0;"unknown";"yes"
`

func TestBankShape(t *testing.T) {
	r, err := Open(strings.NewReader(bankShape), "leads", fixture(t, "bank-leads.json"))
	if err != nil {
		t.Fatal(err)
	}
	same(t, drain(t, r), `
2 {"ref":"bank:000002","generated_at":"2008-05-07T00:00:00+01:00","list":"unknown","source":"bank","attributes":{"age":"31","balance":"-12","education":"primary","job":"clerk","marital":"single"}}
3 {"ref":"bank:000003","generated_at":"2008-02-29T00:00:00Z","list":"cellular","source":"bank","attributes":{"age":"32","balance":"0","education":"primary","job":"clerk","marital":"single"}}
4 {"ref":"bank:000004","generated_at":"2008-02-29T00:00:00Z","list":"cellular","source":"bank","attributes":{"age":"32","balance":"0","education":"primary","job":"clerk","marital":"single"}}
`)
	r, err = Open(strings.NewReader(bankShape[:strings.LastIndex(bankShape, "32;")]), "attempts", fixture(t, "bank-attempts.json"))
	if err != nil {
		t.Fatal(err)
	}
	same(t, drain(t, r), `
2 {"ref":"bank:000002-0001","lead":"bank:000002","started_at":"2008-05-07T18:00:00+01:00","result":"answered","answered_by":"human","answered_at":"2008-05-07T18:00:00+01:00","connected_at":"2008-05-07T18:00:00+01:00","ended_at":"2008-05-07T18:04:21+01:00","disposition":"NOSALE"}
3 {"ref":"bank:000003-0001","lead":"bank:000003","started_at":"2008-02-29T17:40:00Z","result":"no_answer"}
3 {"ref":"bank:000003-0002","lead":"bank:000003","started_at":"2008-02-29T17:50:00Z","result":"no_answer"}
3 {"ref":"bank:000003-0003","lead":"bank:000003","started_at":"2008-02-29T18:00:00Z","result":"answered","answered_by":"human","answered_at":"2008-02-29T18:00:00Z","connected_at":"2008-02-29T18:00:00Z","ended_at":"2008-02-29T18:00:00Z","disposition":"SALE"}
`)
}

func TestEdtechShape(t *testing.T) {
	for _, c := range []struct{ kind, mapping, file, want string }{
		{"leads", "edtech-leads.json", "snr_sm_id,jnr_sm_id,assigned_date,cycle,lead_id\r\nSNR9,JNR9,2/19/2022,4,USR9", `
2 {"ref":"USR9","generated_at":"2022-02-19T00:00:00+05:30","attributes":{"assigned_to":"JNR9","cycle":"4","team":"SNR9"},"updated_at":"2022-01-02T00:00:00+05:30"}
`},
		{"leads", "edtech-sources.json", "lead_id,age,gender,current_city,current_education,parent_occupation,lead_gen_source\r\nUSR9,211,X,Y,Z,W,SEO", `
2 {"ref":"USR9","generated_at":"2022-01-01T00:00:00+05:30","source":"SEO","updated_at":"2022-01-01T00:00:00+05:30"}
`},
		{"attempts", "edtech-attempts.json", "jnr_sm_id,lead_id,lead_stage,call_done_date,call_status,call_reason\r\n" +
			"JNR9,USR9,lead,1/2/2022,unsuccessful,demo_schedule\r\n" +
			"JNR9,USR9,lead,1/2/2022,unsuccessful,demo_schedule\r\n" +
			"JNR9,USR9,conversion,3/1/2022,successful,successful_conversion", `
2 {"ref":"edtech:000002","lead":"USR9","agent":"JNR9","started_at":"2022-01-02T00:00:00+05:30","result":"no_answer","disposition":"demo_schedule"}
3 {"ref":"edtech:000003","lead":"USR9","agent":"JNR9","started_at":"2022-01-02T00:00:00+05:30","result":"no_answer","disposition":"demo_schedule"}
4 {"ref":"edtech:000004","lead":"USR9","agent":"JNR9","started_at":"2022-03-01T00:00:00+05:30","result":"answered","answered_by":"human","disposition":"successful_conversion"}
`},
	} {
		r, err := Open(strings.NewReader(c.file), c.kind, fixture(t, c.mapping))
		if err != nil {
			t.Fatal(err)
		}
		same(t, drain(t, r), c.want)
	}
}
