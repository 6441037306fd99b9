package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"ringside/api"
	"ringside/campaign"
	"ringside/db"
	"ringside/db/dbtest"
)

// moneyPlaces are the campaigns of fillMoney.
var moneyPlaces = []struct{ ref, currency string }{{"c", "EUR"}, {"w", "JPY"}}

// fillMoney fills a database with calls, cards, costs of campaigns and shared ones, and
// exchange rates.
func fillMoney(t *testing.T, path string) {
	t.Helper()
	ctx := context.Background()
	store, err := db.Open(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	put := func(form *campaign.Form, ref, item string) {
		t.Helper()
		v, err := form.Decode([]byte(item))
		if err != nil {
			t.Fatal(err)
		}
		if r, err := store.Record(ctx, ref, []*campaign.Version{v}, false); err != nil || len(r.Rejected) > 0 {
			t.Fatal(item, err, r)
		}
	}
	const month = `"from":"2026-11-01T00:00:00Z","to":"2026-12-01T00:00:00Z","updated_at":"2026-11-02T00:00:00Z"`
	for _, of := range moneyPlaces {
		config, err := campaign.DecodeConfig(moneyConfig(of.currency))
		if err != nil {
			t.Fatal(err)
		}
		put1, _, err := store.PutCampaign(ctx, of.ref, config)
		if err != nil {
			t.Fatal(err)
		}
		rates, err := campaign.DecodeRates([]byte(`{"telephony":[{"from":"2026-11-01","per_minute":"0.123456","first_s":60,"then_s":6},{"from":"2026-11-15T10:30:00Z","connect_fee":"1","per_minute":"2","first_s":6,"then_s":6,"to":"2026-11-20"}],
			"labour":[{"from":"2026-11-01","per_hour":"18.5"},{"from":"2026-11-10","per_hour":"21","agent":"=ann"}]}`), campaign.NewCalendar(put1.Location()))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := store.PutRates(ctx, of.ref, rates); err != nil {
			t.Fatal(err)
		}
		for day := 1; day < 29; day++ {
			put(campaign.AttemptForm, of.ref, fmt.Sprintf(`{"ref":"a-%d","lead":"l-%d","agent":"=ann","started_at":"2026-11-%02dT12:00:00Z","answered_at":"2026-11-%02dT12:00:05Z","connected_at":"2026-11-%02dT12:00:05Z","ended_at":"2026-11-%02dT12:03:11Z","result":"answered","answered_by":"human","updated_at":"2026-11-30T00:00:00Z"}`, day, day%9, day, day, day, day))
		}
		put(campaign.CostForm, of.ref, fmt.Sprintf(`{"ref":"rent","campaign":%q,"category":"overhead","amount":"1000","currency":%q,"note":"=1+1",`+month+`}`, of.ref, of.currency))
		for i, driver := range []string{"", `"driver":"equal",`, `"driver":"talk_time",`, `"void":true,`, `"adjustment":true,`} {
			put(campaign.CostForm, campaign.NoCampaign, fmt.Sprintf(`{"ref":"all-%s-%d","campaign":null,"category":"licence","amount":"%d","currency":%q,%s`+month+`}`, of.currency, i, 100-60*i, of.currency, driver))
		}
	}
	rates, err := campaign.DecodeExchangeRates([]byte(`{"rates":[{"base":"EUR","quote":"JPY","from":"2026-01-01","rate":"163.25"},{"base":"EUR","quote":"JPY","from":"2026-11-15T10:00:00Z","rate":"0.000000000001"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if err := store.PutExchangeRates(ctx, rates); err != nil {
		t.Fatal(err)
	}
}

func moneyConfig(currency string) []byte {
	return fmt.Appendf(nil, `{"name":"Money","time_zone":"Europe/Lisbon","currency":%q,"dial_mode":"predictive"}`, currency)
}

// moneySays is all that a database says of money.
func moneySays(t *testing.T, path string) (all []string) {
	t.Helper()
	ctx := context.Background()
	store, err := db.Open(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	exchange, err := store.ExchangeRates(ctx)
	if err != nil {
		t.Fatal(err)
	}
	all = append(all, string(api.ExchangeRatesBody(exchange)))
	shared, err := store.SharedCosts(ctx)
	if err != nil || len(shared) != 10 {
		t.Fatal(len(shared), err)
	}
	for _, s := range shared {
		all = append(all, fmt.Sprint(s.Ref, s.Content, s.Parts, s.UnallocatedMinor, s.UpdatedMs))
	}
	for _, of := range moneyPlaces {
		c, err := store.Campaign(ctx, of.ref)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, string(api.RatesBody(c.Rates)))
		for _, by := range []string{"day", "agent", "week"} {
			q, err := (api.ReportRequest{From: "2026-10-15", To: "2026-12-05", GroupBy: []string{by}, KPIs: []string{"operating_cost", "rated_telephony", "rated_labour", "cost_per_call"}}).Read()
			if err != nil {
				t.Fatal(err)
			}
			answer, err := q.Answer(ctx, store, of.ref, exportedAt)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, string(answer.JSON()))
		}
	}
	return all
}

// TestMoneyComesBack exports calls, costs, shared costs, cards and exchange rates, by file
// and through a server, and imports them into fresh databases, which then say the same.
func TestMoneyComesBack(t *testing.T) {
	origin := dbtest.New(t)
	fillMoney(t, origin)
	want := moneySays(t, origin)
	for _, format := range []string{"ndjson", "csv"} {
		for _, served := range []bool{false, true} {
			from, copied, dir := []string{"--db", origin}, dbtest.New(t), t.TempDir()
			into, stop := []string{"--db", copied}, func() int { return 0 }
			if served {
				var url, key string
				url, stop, key = serving(t, copied)
				into = []string{"--url", url, "--key", key}
			}
			move := func(kind, ref string) {
				out, named, more := filepath.Join(dir, kind+ref), []string(nil), []string(nil)
				if ref != "" {
					named = []string{"--campaign", ref}
				}
				for _, of := range moneyPlaces {
					if of.ref == ref && kind == "attempts" {
						more = []string{"--config", file(t, ref+".json", string(moneyConfig(of.currency)))}
					}
				}
				mustRun(t, append(append([]string{"export", kind, "--format", format, "--out", out}, named...), from...)...)
				mustRun(t, append(append(append([]string{"import", kind, out}, named...), more...), into...)...)
			}
			for _, of := range moneyPlaces {
				move("attempts", of.ref)
				move("rates", of.ref)
				move("costs", of.ref)
			}
			move("shared-costs", "")
			move("exchange-rates", "")
			stop()
			for i, said := range moneySays(t, copied) {
				if said != want[i] {
					t.Errorf("%s, served %v: it says\n%s\nit said\n%s", format, served, said, want[i])
				}
			}
		}
	}
	// A shared cost does not become a campaign's by the way it is imported.
	out := filepath.Join(t.TempDir(), "shared")
	mustRun(t, "export", "shared-costs", "--db", origin, "--out", out)
	for kind, place := range map[string][]string{"costs": {"--campaign", "c"}, "shared-costs": {"--campaign", "c"}, "rates": nil} {
		if said, code := ringside(t, append([]string{"import", kind, out, "--db", origin}, place...)...); code == 0 && !strings.Contains(said, "10 refused") {
			t.Errorf("import %s %v ends with %d: %s", kind, place, code, said)
		}
	}
}
