package api_test

import (
	"bufio"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"ringside/api"
)

// openView opens the stream of a page.
func (h *house) openView(server, key, view string) *board {
	h.Helper()
	return h.openViewAt(server, "", key, view)
}

// openViewAt opens it by a host's name of the server.
func (h *house) openViewAt(server, host, key, view string) *board {
	h.Helper()
	r, err := http.NewRequestWithContext(h.Context(), "GET", server+"/live?view="+url.QueryEscape(view), nil)
	if err != nil {
		h.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	r.Host = host
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		h.Fatal(err)
	}
	h.Cleanup(func() { answer.Body.Close() })
	return &board{h.TB, answer, bufio.NewReader(answer.Body)}
}

// regions reads the next event's regions.
func (b *board) regions() map[string]string {
	b.Helper()
	e, ok := b.next()
	var data struct {
		At      string
		Regions map[string]string
	}
	if !ok || e.name != "regions" || json.Unmarshal([]byte(e.data), &data) != nil || data.At == "" {
		b.Fatalf("no regions in %+v", e)
	}
	return data.Regions
}

// TestLiveViewSendsTheRegionsOfThePage: what a stream sends first stands on the page
// as it is, and a call moves the regions that show it.
func TestLiveViewSendsTheRegionsOfThePage(t *testing.T) {
	t.Parallel()
	h := newSpring(t)
	h.dialToday("first")
	server, _ := h.serveLive(api.LiveLimits{})
	for view, moves := range map[string]string{"/campaigns/spring?range=today": "headlines", "/": "campaigns"} {
		page := string(h.page(view).expect(200).body)
		if !strings.Contains(page, `data-view="`+view+`"`) {
			t.Errorf("the page %s does not say what to follow", view)
		}
		b := h.openView(server, h.key, view)
		first := b.regions()
		for name, html := range first {
			if open := `data-live="` + name + `"`; name != "teams" && !strings.Contains(page, open) || name != "teams" && !strings.Contains(page, html) {
				t.Errorf("%s: the region %s is not on the page as it is sent", view, name)
			}
		}
		h.dialToday("then-" + moves)
		if second := b.regions(); second[moves] == "" || second[moves] == first[moves] {
			t.Errorf("%s: a call moves %v", view, second)
		}
	}
}

// TestLiveViewByRights: a stream tells no more than the page would.
func TestLiveViewByRights(t *testing.T) {
	t.Parallel()
	h := newFloor(t)
	server, _ := h.serveLive(api.LiveLimits{})
	bound := h.newKey("viewer", "spring")
	if all := h.openView(server, bound, "/").regions()["campaigns"]; strings.Contains(strings.ToLower(all), "alien") || !strings.Contains(all, "Spring") {
		t.Error(all)
	}
	if all := h.openView(server, h.key, "/").regions()["campaigns"]; !strings.Contains(all, "Alien-7") {
		t.Error(all)
	}
	const view = "/campaigns/spring?from=2026-11-01&to=2026-12-01"
	if shown := h.openView(server, bound, view).regions()["headlines"]; strings.Contains(shown, "/calls?") {
		t.Error("a viewer is led to calls")
	}
	if shown := h.openView(server, h.key, view).regions()["headlines"]; !strings.Contains(shown, "/calls?") {
		t.Error("an admin is not led to calls")
	}
	for view, status := range map[string]int{"/campaigns/alien-7": 404, "/campaigns/nobody": 404, "/campaigns/spring?x=1": 422, "/campaigns/spring?range=soon": 422, "/v1/me": 404, "//evil/": 404, "": 422, "/campaigns/spring/heat": 404} {
		if got := h.openView(server, bound, view).StatusCode; got != status {
			t.Errorf("the view %q answers %d, want %d", view, got, status)
		}
	}
	if got := h.openView(server, h.newKey("dialer"), "/").StatusCode; got != 403 {
		t.Errorf("a dialer gets %d", got)
	}
	// A browser would put its own box for a password over the page.
	if a := h.do("GET", "/live?view=%2F", nil, "Authorization", "").expect(401); !strings.HasPrefix(a.header.Get("WWW-Authenticate"), "Bearer ") {
		t.Error(a.header.Get("WWW-Authenticate"))
	}
}

// TestLiveViewByAddress: nobody is shown the address by which somebody else asks.
func TestLiveViewByAddress(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	server, _ := h.serveLive(api.LiveLimits{})
	for _, host := range []string{"one.example", "two.example"} {
		if shown := h.openViewAt(server, host, h.key, "/").regions()["campaigns"]; !strings.Contains(shown, "http://"+host+"/v1/") {
			t.Errorf("at %s: %s", host, shown)
		}
	}
}
