package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"ringside/funnel"
)

// Values of what the example KPIs read: of a campaign, and of the business as a whole.
var (
	exampleOfCampaign = map[string]int64{"mql": 140, "previous_revenue": 21_000, "defects": 9, "inspected": 600, "aware": 312, "asked": 800}
	exampleOfAll      = map[string]int64{"current_assets": 480_000, "current_liabilities": 310_000}
)

// examplesCommand defines the example KPIs in a running server, with values to see them by.
type examplesCommand struct {
	remote
	Campaign string `required:"" help:"The campaign that gets a value of each measure." placeholder:"REF"`
	Remove   bool   `help:"Take the definitions and the values away again."`
}

// Run posts a value of each measure, dated now, defines the KPIs and prints what they come
// to this month. All of it may be done again.
func (c *examplesCommand) Run(ctx context.Context, t terminal) error {
	client, err := c.client(func(why string, pause time.Duration) {
		fmt.Fprintf(t.err, "ringside: %s; trying again in %s\n", why, pause.Round(time.Millisecond))
	})
	if err != nil {
		return err
	}
	if c.Remove {
		err = errors.Join(c.undefine(ctx, client), c.measure(ctx, client))
		if err == nil {
			t.say("The example KPIs and their values are gone.")
		}
		return err
	}
	if err := c.measure(ctx, client); err != nil {
		return err
	}
	for _, d := range funnel.ExampleKPIs {
		body, err := json.Marshal(map[string]string{"name": d.Name, "formula": d.Formula, "unit": string(d.Unit), "direction": string(d.Direction)})
		if err != nil {
			return err
		}
		if _, err := client.read(ctx, http.MethodPut, "/v1/kpis/"+d.ID, "application/json", body, &struct{}{}); err != nil {
			return fmt.Errorf("KPI %s: %w", d.ID, err)
		}
	}
	return c.show(ctx, client, t)
}

// measure posts a value of each measure, or takes it out.
func (c *examplesCommand) measure(ctx context.Context, client *client) error {
	var items []map[string]any
	for _, of := range []struct {
		campaign any
		values   map[string]int64
	}{{c.Campaign, exampleOfCampaign}, {nil, exampleOfAll}} {
		for _, name := range slices.Sorted(maps.Keys(of.values)) {
			items = append(items, map[string]any{"ref": "example-" + name, "name": name, "at": time.Now().UTC().Format(time.RFC3339), "value": of.values[name], "campaign": of.campaign, "void": c.Remove})
		}
	}
	body, err := json.Marshal(items)
	if err != nil {
		return err
	}
	var receipt struct{ Rejected []struct{ Message string } }
	status, err := client.read(ctx, http.MethodPost, "/v1/measures", "application/json", body, &receipt, http.StatusUnprocessableEntity)
	if err == nil && (status >= 400 || len(receipt.Rejected) > 0) {
		err = errors.New("the values are not taken")
		if len(receipt.Rejected) > 0 {
			err = fmt.Errorf("a value is not taken: %s", receipt.Rejected[0].Message)
		}
	}
	return err
}

// undefine removes the definitions that are there.
func (c *examplesCommand) undefine(ctx context.Context, client *client) error {
	for _, d := range funnel.ExampleKPIs {
		answer, err := client.call(ctx, http.MethodDelete, "/v1/kpis/"+d.ID, "", nil, http.StatusNotFound)
		if err != nil {
			return fmt.Errorf("KPI %s: %w", d.ID, err)
		}
		answer.Body.Close()
	}
	return nil
}

// exampleFigure is a figure as it is answered.
type exampleFigure struct {
	ID, Missing, Unit             string
	Value, Numerator, Denominator any
}

// show prints what the KPIs come to this month: of the campaign, and what is of all of the
// installation.
func (c *examplesCommand) show(ctx context.Context, client *client, t terminal) error {
	now := time.Now().UTC()
	month := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
	window := "?from=" + month.Format(time.DateOnly) + "&to=" + month.AddDate(0, 1, 0).Format(time.DateOnly) + "&kpi="
	w := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "KPI\tthis month\t\tformula\n")
	for _, d := range funnel.ExampleKPIs {
		path := "/v1/campaigns/" + url.PathEscape(c.Campaign) + "/kpis"
		if strings.Contains(d.Formula, "current_") {
			path = "/v1/service/kpis"
		}
		var said struct{ KPIs []exampleFigure }
		if _, err := client.read(ctx, http.MethodGet, path+window+d.ID, "", nil, &said); err != nil || len(said.KPIs) != 1 {
			return errors.Join(err, w.Flush())
		}
		f := said.KPIs[0]
		shown, parts := fmt.Sprint(f.Value), fmt.Sprintf("%v / %v", f.Numerator, f.Denominator)
		if f.Value == nil {
			shown, parts = "none", f.Missing
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", d.ID, shown, parts, d.Formula)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	t.say("\nLook at %s/campaigns/%s under \"KPIs of your own\". The values are examples: post your own to /v1/measures, and take these away with --remove.", client.base, url.PathEscape(c.Campaign))
	return nil
}
