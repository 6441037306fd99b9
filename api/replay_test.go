package api_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestMendedMappingWins: a message that is read anew says what it says by the mapping
// of now, whatever it said before: changed there and back, and as if it had always
// been so.
func TestMendedMappingWins(t *testing.T) {
	const mapped = `{"kind":"mapped","time_zone":"%s","fields":{"call":"%s","agent":"by","lead":"l"},"statuses":{"X":{"category":"sale","result":"%s"}},` + pbxAuth + `}`
	const message = `{"id":"c-1","session":"s-1","campaign":"spring","l":"%s","by":"ann","started_at":"2026-11-21 10:00:00","ended_at":"2026-11-21 10:01:00","disposition":"X"}`
	configs := []string{fmt.Sprintf(mapped, "UTC", "id", "answered"), fmt.Sprintf(mapped, "Asia/Tokyo", "session", "busy"), fmt.Sprintf(mapped, "America/New_York", "id", "no_answer")}
	h, straight := newSpring(t), map[string]string{}
	refs := []string{"c-1", "s-1"}
	send := func(h *house) {
		for _, lead := range []string{"7", "8"} { // two messages of the same instant
			h.hook(sent{method: "POST", path: "/hooks/map/x", token: "pbx", body: fmt.Sprintf(message, lead)}).expect(200).want("accepted", "1", "parked", "0", "refused", "0")
		}
	}
	for _, config := range configs {
		s := newSpring(t)
		s.do("PUT", "/v1/sources/map", config).expect(201)
		send(s)
		straight[config] = s.facts("spring", refs...)
	}
	h.do("PUT", "/v1/sources/map", configs[0])
	send(h)
	for _, i := range []int{1, 0, 2, 1, 2, 0, 0} {
		h.do("PUT", "/v1/sources/map", configs[i]).expect(200)
		for range 2 {
			h.do("POST", "/v1/sources/map/replay?state=applied", nil).expect(200).want("read", "2", "applied", "2", "parked", "0", "refused", "0")
			if got := h.facts("spring", refs...); got != straight[configs[i]] {
				t.Fatalf("by %s there is\n%s\nwant\n%s", configs[i], got, straight[configs[i]])
			}
		}
		send(h)
		if got := h.facts("spring", refs...); got != straight[configs[i]] {
			t.Fatalf("sent again by %s there is\n%s\nwant\n%s", configs[i], got, straight[configs[i]])
		}
		h.verify("spring")
	}
	if h.get("/v1/campaigns/spring/attempts/s-1").status != 404 {
		t.Error("the attempt of a wrong key is still there")
	}
	// What was known before is read by the mapping of now, too.
	versions := h.get("/v1/campaigns/spring/attempts/c-1").at("versions")
	if versions != "2" {
		t.Errorf("%s versions, want 2: one of each message", versions)
	}
}

// TestTwilioWrap: the wrap-up of two events is the attempt's, also where it is exported
// and verified, and null until both came.
func TestTwilioWrap(t *testing.T) {
	h := newSpring(t)
	h.do("PUT", "/v1/sources/tw", `{"kind":"twilio","auth":{"type":"header","secret":"pbx"},"campaigns":{"SPRING":"spring"}}`).expect(201)
	event := func(name, at string) {
		t.Helper()
		h.hook(sent{method: "POST", path: "/hooks/tw/events", token: "pbx", body: `[{"specversion":"1.0","data":{"payload":{"eventtype":"reservation.` + name +
			`","timestamp":"2026-11-21T14:` + at + `Z","task_attributes":"{\"call_sid\":\"CA1\",\"campaign\":\"SPRING\"}","worker_name":"ann"}}}]`}).expect(200).want("accepted", "1")
	}
	event("wrapup", "03:09.120")
	h.get("/v1/campaigns/spring/attempts/CA1").expect(200).want("wrap_s", "null", "wrap_began_at", `"2026-11-21T14:03:09.120Z"`, "wrap_over_at", "null", "result", `"answered"`)
	event("completed", "03:39.620")
	h.get("/v1/campaigns/spring/attempts/CA1").expect(200).want("wrap_s", "30.5", "agent", `"ann"`)
	export := string(h.get("/v1/campaigns/spring/export/attempts").expect(200).body)
	if !strings.Contains(export, `"wrap_s":30.5`) || strings.Contains(export, "wrap_began") {
		t.Errorf("exported: %s", export)
	}
	h.verify("spring")
}
