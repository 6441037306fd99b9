package api_test

import (
	"fmt"
	"html"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"ringside/campaign"
)

// sheet is what a form of a page would send as it stands.
func (a *answer) sheet() url.Values {
	a.Helper()
	_, body, _ := strings.Cut(string(a.body), `class="settings">`)
	body, _, _ = strings.Cut(body, "</form>")
	f := url.Values{}
	attribute := func(tag, name string) string {
		m := regexp.MustCompile(` ` + name + `="([^"]*)"`).FindStringSubmatch(tag)
		if m == nil {
			return ""
		}
		return html.UnescapeString(m[1])
	}
	for _, m := range regexp.MustCompile(`(?s)<(input)[^>]*>|<(textarea|select)[^>]*>(.*?)</(?:textarea|select)>`).FindAllStringSubmatch(body, -1) {
		tag, _, _ := strings.Cut(m[0], ">")
		name, value := attribute(tag, "name"), attribute(tag, "value")
		switch {
		case m[2] == "textarea":
			value = html.UnescapeString(m[3])
		case m[2] == "select":
			option := regexp.MustCompile(`<option[^>]* selected`).FindString(m[3])
			if option == "" { // a browser sends the first
				option = regexp.MustCompile(`<option[^>]*>`).FindString(m[3])
			}
			value = attribute(option, "value")
		case attribute(tag, "type") == "checkbox" && !strings.Contains(tag, " checked"):
			continue
		}
		f.Add(name, value)
	}
	return f
}

// sends posts a form.
func (b *browser) sends(path string, f url.Values) *answer {
	b.Helper()
	return b.send("POST", path, f.Encode())
}

const hostile = `<img src=x onerror="alert(1)">'`

func TestCampaignIsSetUpByPages(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("ana", campaign.RoleAdmin)
	b.open("/settings/campaigns").shows("No campaigns yet")
	h.page("/settings/campaigns").links(h)
	f := b.open("/settings/new/campaign").expect(200).sheet()
	f.Set("campaign", "katmandu")
	f.Set("name", "  نيبال "+hostile)
	f.Set("time_zone", "Asia/Nowhere")
	f.Set("currency", "NPR")
	b.sends("/settings/new/campaign", f).expect(422).holds("Nothing was saved", `value="Asia/Nowhere"`, `aria-invalid="true"`, `aria-describedby="time_zone-problem"`, "نيبال &lt;img").lacks("<img")
	f.Set("time_zone", "Asia/Kathmandu")
	f.Set("conversion_window_days", "ten")
	b.sends("/settings/new/campaign", f).expect(422).holds(`id="conversion_window_days-problem"`, `value="ten"`)
	f.Set("conversion_window_days", "10")
	f.Set("campaign", "no ref")
	b.sends("/settings/new/campaign", f).expect(422).holds(`id="campaign-problem"`)
	f.Set("campaign", "katmandu")
	f.Set("stages", "lead\r\ndialed\r\n\r\ncontacted\r\nclosed")
	f.Set("strict_leads", "on")
	f.Set("starts_on", "2026-11-01")
	b.sends("/settings/new/campaign", f).leadsTo("/settings/campaigns/katmandu/dispositions?saved=1")
	b.sends("/settings/new/campaign", f).expect(409).holds("belongs to", `id="campaign-problem"`)
	h.get("/v1/campaigns/katmandu").want("name", `"نيبال \u003cimg src=x onerror=\"alert(1)\"\u003e'"`, "time_zone", `"Asia/Kathmandu"`, "conversion_window_days", "10", "stages", `["lead","dialed","contacted","closed"]`,
		"strict_leads", "true", "starts_on", `"2026-11-01"`, "compliance", `"us_tsr"`, "dispositions", "[]")

	at := "/settings/campaigns/katmandu"
	b.open(at + "?saved=1").shows("Saved.").lacks("<img")
	h.page("/settings").links(h)
	f = b.open(at).sheet()
	f.Set("starts_on", "")
	f.Set("compliance", "none")
	f.Del("strict_leads")
	b.sends(at, f).leadsTo(at + "?saved=1")
	h.get("/v1/campaigns/katmandu").want("starts_on", "null", "compliance", `"none"`, "strict_leads", "false", "conversion_window_days", "10")
	b.sends(at, f).expect(409).holds("Somebody changed this", `name="version"`)
	f = b.open(at).sheet()
	f.Set("stages", "")
	b.sends(at, f).expect(422).holds(`id="stages-problem"`)
	b.open("/settings/campaigns?q=KATM").shows("Asia/Kathmandu", "No rule").lacks("<img")
	b.open("/settings/campaigns?q=nobody").shows("No campaign has")
}

func TestDispositionsAreEditedInATable(t *testing.T) {
	h := newHouse(t)
	h.do("PUT", "/v1/campaigns/spring", strings.Replace(spring, `{"name"`, `{"cost_basis":{"labour":"rated"},"name"`, 1)).expect(201)
	b := h.signedIn("ana", campaign.RoleAdmin)
	at := "/settings/campaigns/spring/dispositions"
	f := b.open(at + "?code=NEW").expect(200).sheet()
	if got := fmt.Sprint(f["code"]); got != "[SALE NO CB INT NEW   ]" {
		t.Fatal(got)
	}
	f["category"][4], f["stage"][4], f["label"][4] = "sale", "closed", hostile
	f["dispositions"] = []string{"1"} // the line of NO goes
	f["code"][2] = "CB "
	f.Set("do", "more")
	more := b.sends(at, f).expect(200).lacks("<img").sheet()
	if len(more["code"]) != 18 || more["code"][4] != "NEW" || more["category"][4] != "sale" || fmt.Sprint(more["dispositions"]) != "[1]" {
		t.Fatal(more)
	}
	h.get("/v1/campaigns/spring").want("dispositions.4", "null", "dispositions.1.code", `"NO"`)
	more["code"][9], more["category"][9] = "SALE", "refusal"
	if page := b.sends(at, more).expect(422).holds("The code &#34;SALE&#34; stands twice"); strings.Count(string(page.body), `aria-invalid="true"`) != 1 {
		t.Error("not one cell is marked")
	}
	more["code"][9] = ""
	more.Set("do", "save")
	more["stage"][0] = "nowhere"
	b.sends(at, more).expect(422).holds("is not one of the campaign")
	more["stage"][0] = "closed"
	b.sends(at, more).leadsTo(at + "?saved=1")
	h.get("/v1/campaigns/spring").want("dispositions.0.label", `"Sale"`, "dispositions.1.code", `"CB"`, "dispositions.3.stage", `"closed"`, "dispositions.3.code", `"NEW"`, "dispositions.4", "null", "name", `"Spring"`, "dial_mode", `"predictive"`,
		"cost_basis.labour", `"rated"`) // what no form shows stays
	more.Del("stage")
	b.sends(at, more).expect(422).holds("do not fit together")
}

func TestThousandDispositions(t *testing.T) {
	h := newHouse(t)
	of := func(n int) string {
		var all []string
		for i := range n {
			all = append(all, fmt.Sprintf(`{"code":"كود %04d","label":"Label of %[1]d","category":"refusal","stage":"contacted"}`, i))
		}
		return strings.Replace(spring, `{"code":"SALE"`, strings.Join(all, ",")+`,{"code":"SALE"`, 1)
	}
	h.do("PUT", "/v1/campaigns/spring", of(996)).expect(201)
	b := h.signedIn("ana", campaign.RoleAdmin)
	at := "/settings/campaigns/spring/dispositions"
	f := b.open(at).expect(200).sheet()
	f["category"][500] = "dnc"
	b.sends(at, f).leadsTo(at + "?saved=1")
	h.get("/v1/campaigns/spring").want("dispositions.500.category", `"dnc"`, "dispositions.499.category", `"refusal"`, "dispositions.999.code", `"INT"`, "dispositions.1000", "null")
	h.do("PUT", "/v1/campaigns/spring", of(2100)).expect(200)
	b.open(at).shows("more than the 2,000").lacks(`value="save"`)
}

func TestSettingsSayThatThePastIsCountedAgain(t *testing.T) {
	h := workedCase(t)
	b := h.signedIn("ana", campaign.RoleAdmin)
	f := b.open("/settings/campaigns/spring").lacks("being counted again").sheet()
	h.store.EndRecounts()
	f.Set("dial_mode", "manual")
	b.sends("/settings/campaigns/spring", f).leadsTo("/settings/campaigns/spring?saved=1")
	page := b.open("/settings/campaigns/spring?saved=1").shows("Saved.", "the past is being counted again")
	if got := page.sheet().Get("dial_mode"); got != "manual" {
		t.Errorf("the form shows %s, not what was put last", got)
	}
	b.open("/settings/campaigns").shows("Being counted again")
}

func TestSourcesAreSetUpByPages(t *testing.T) {
	h := newSpring(t)
	b := h.signedIn("ana", campaign.RoleAdmin)
	b.open("/settings/sources").shows("None yet")
	f := b.open("/settings/new/source").expect(200).sheet()
	f.Set("source", "vici")
	f.Set("kind", "vicidial")
	b.sends("/settings/new/source", f).expect(422).holds(`id="time_zone-problem"`, "zone is missing")
	f.Set("time_zone", "America/New_York")
	b.sends("/settings/new/source", f).expect(422).holds(`id="auth_secret-problem"`)
	f.Set("auth_secret", "open sesame ")
	f["campaign_from"][0], f["campaign_into"][0] = "SPRING", "no ref"
	b.sends("/settings/new/source", f).expect(422).holds(`value="no ref"`, "aria-invalid").lacks("sesame")
	f["campaign_into"][0] = "spring"
	f["status_code"][1], f["status_category"][1], f["status_result"][1] = hostile, "interested", "answered"
	b.sends("/settings/new/source", f).leadsTo("/docs/sources/vici")
	b.sends("/settings/new/source", f).expect(409).holds(`id="source-problem"`)
	h.get("/v1/sources/vici").want("kind", `"vicidial"`, "campaigns", `{"SPRING":"spring"}`, "auth.type", `"query_token"`, "fields", "{}")
	stored, err := h.store.Source(t.Context(), "vici")
	if err != nil || stored.Secret != "open sesame " {
		t.Errorf("the secret is %q, %v", stored.Secret, err)
	}

	at := "/settings/sources/vici"
	b.open("/settings/sources").shows("VICIdial", "/hooks/vici/")
	h.page("/settings/sources").links(h)
	page := b.open(at).expect(200).lacks("sesame", "<img")
	h.page(at).links(h)
	f = page.sheet()
	f.Set("do", "more")
	if more := b.sends(at, f).expect(200).sheet(); len(more["status_code"]) != 14 || more["status_code"][0] != hostile || more["status_category"][0] != "interested" {
		t.Error(more)
	}
	f.Set("do", "save")
	f["field_path"][0] = "call.id"
	b.sends(at, f).expect(422).holds("is not a field that vicidial can map")
	f["field_path"][0] = ""
	f["statuses"] = []string{"0"}
	b.sends(at, f).leadsTo(at + "?saved=1")
	b.sends(at, f).expect(409).holds("Somebody changed this")
	h.get("/v1/sources/vici").want("statuses", "{}")
	if stored, err = h.store.Source(t.Context(), "vici"); err != nil || stored.Secret != "open sesame " {
		t.Errorf("the secret became %q, %v", stored.Secret, err)
	}
}

func TestDoctorPage(t *testing.T) {
	h := newCallCentre(t)
	b := h.signedIn("ana", campaign.RoleAdmin)
	b.open("/settings/sources/vici/doctor").shows("Doctor of vici", "Wrong", "America/New_York")
	h.page("/settings/sources/vici/doctor").links(h)
	h.hook(vici("dispo?lead_id=1&campaign=AUTUMN&uniqueid=1795287701.1&call_id=V1&user=1001&dispo=NI&epoch=1795288000&SQLdate=" + url.QueryEscape("2026-11-21 19:06:40"))).expect(200)
	h.hook(vici("dispo?lead_id=2&campaign=SPRING&uniqueid=1795287702.1&call_id=V2&user=1001&dispo=%3Cimg+src%3Dx%3E&epoch=1795288000&SQLdate=" + url.QueryEscape("2026-11-21 19:06:40"))).expect(200)
	b.open("/settings/sources/vici/doctor").shows("parked: 1", "AUTUMN", "Codes that mean nothing yet", "<img src=x>", "Look").lacks("<img")
	b.open("/settings/sources/vici/doctor?from=2020-01-01&to=2020-01-02").shows("1 Jan 2020 to 2 Jan 2020", "applied: 0")
	b.open("/settings/sources/nobody/doctor").expect(404)
	lead := h.signedIn("lea", campaign.RoleTeamLead)
	lead.open("/settings/sources/vici/doctor").shows("AUTUMN").lacks(`href="/settings"`, `href="/settings/sources/vici"`)
}
