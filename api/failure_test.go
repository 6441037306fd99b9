package api_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"ringside/api"
	"ringside/campaign"
	"ringside/funnel"
)

// failing is a store whose Record and Campaigns fail as they are told.
type failing struct {
	api.Store
	err   error
	after int // pieces that are taken first
}

func (f *failing) Record(ctx context.Context, key string, posts []*campaign.Version, atomic bool) (campaign.Receipt, error) {
	if f.after--; f.after < 0 {
		return campaign.Receipt{}, f.err
	}
	return f.Store.Record(ctx, key, posts, atomic)
}

func (f *failing) Campaigns(context.Context) ([]campaign.Campaign, error) {
	if f.err == nil {
		panic("a bug")
	}
	return nil, f.err
}

// fail puts a failing store between the server and its own.
func (h *house) fail(err error, after int) {
	h.Server = api.New(api.Options{Store: &failing{h.store, err, after}, Log: slog.New(slog.NewTextHandler(&h.log, nil))})
}

func TestInternalErrorsAreLoggedAndNotShown(t *testing.T) {
	for name, err := range map[string]error{"error": errors.New("secret table is gone"), "panic": nil} {
		t.Run(name, func(t *testing.T) {
			h := newSpring(t)
			h.fail(err, 0)
			a := h.get("/v1/campaigns").problem(500, "internal", "")
			if strings.Contains(string(a.body), "secret") || strings.Contains(string(a.body), "bug") {
				t.Errorf("it shows what is inside: %s", a.body)
			}
			if !strings.Contains(h.log.String(), strings.Trim(a.at("request_id"), `"`)) {
				t.Errorf("the log does not hold the request's id: %s", h.log.String())
			}
		})
	}
}

func (f *failing) Report(ctx context.Context, key string, q funnel.Query) (funnel.Report, error) {
	panic("a bug")
}

// TestPanicBesideARequest: the campaigns of the overview are read beside the request
// that asks; a bug there is the request's failure and not the program's end.
func TestPanicBesideARequest(t *testing.T) {
	h := newSpring(t)
	campaigns, err := h.store.Campaigns(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	h.Server = api.New(api.Options{Store: &readable{failing{Store: h.store}, campaigns}, Log: slog.New(slog.NewTextHandler(&h.log, nil))})
	h.get("/").problem(500, "internal", "")
	h.get("/healthz").expect(200)
}

// readable is a failing store whose campaigns are there.
type readable struct {
	failing
	campaigns []campaign.Campaign
}

func (r *readable) Campaigns(context.Context) ([]campaign.Campaign, error) { return r.campaigns, nil }

func TestBusyStorage(t *testing.T) {
	h := newSpring(t)
	busy := &campaign.Error{Kind: campaign.Unavailable, Code: "storage_busy", Message: "the database is busy; nothing was stored; send it again"}
	h.fail(busy, 0)
	a := h.do("POST", attempts, dial("n")).problem(503, "storage_busy", "")
	if a.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	h.fail(busy, 1)
	a = h.stream(attempts, strings.Repeat(dial("n")+"\n", 6000)).problem(503, "storage_busy", "")
	if !strings.Contains(a.at("detail"), "5000 are stored") || strings.Contains(a.at("detail"), "nothing was stored") {
		t.Errorf("it does not say what is stored: %s", a.at("detail"))
	}
}

// TestCallersWhoLeaveAreNoFailures: they are many on a bad line, and each would be a
// line of the log that says that the server failed. What it did fail at is logged.
func TestCallersWhoLeaveAreNoFailures(t *testing.T) {
	h := newSpring(t)
	unknown := &campaign.Error{Kind: campaign.Unavailable, Code: "storage_unknown", Message: "whether it was stored is not known; send it again"}
	for _, c := range []struct {
		cause  error
		logged bool
	}{{context.Canceled, false}, {context.DeadlineExceeded, true}, {errors.New("connection reset"), true}} {
		h.log.Reset()
		h.fail(fmt.Errorf("%w (%w)", unknown, c.cause), 0)
		h.do("POST", attempts, dial("n")).problem(503, "storage_unknown", "")
		if logged := strings.Contains(h.log.String(), "request failed"); logged != c.logged {
			t.Errorf("%v: logged is %t: %s", c.cause, logged, h.log.String())
		}
	}
}
