package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"ringside/api"
	"ringside/campaign"
	"ringside/db"
	"ringside/funnel"
)

type reportCommand struct {
	database
	Campaign     string   `arg:"" help:"The campaign's ref, or queue/ and a queue's."`
	From         string   `help:"Start: a day of the campaign's zone or an RFC 3339 instant; default: the day of its first fact." placeholder:"DAY"`
	To           string   `help:"End, not included; default: after the day of its last fact." placeholder:"DAY"`
	AsOf         string   `help:"The figures as they were known then, of what had arrived by this day's start or instant; default: now." placeholder:"DAY"`
	KPI          []string `help:"Only these KPIs, by id." name:"kpi" placeholder:"ID"`
	GroupBy      []string `help:"hour, day, week, month, hour_of_week, lead_hour_of_week, agent, team, list, source, attempt_no, disposition, category; of a queue also half_hour, channel and topic." placeholder:"GROUPING"`
	LevelMethod  string   `help:"Of a queue's service level: late_abandons_bad, abandons_bad, abandons_ignored or abandons_good." name:"service-level-method" placeholder:"METHOD"`
	LevelSeconds string   `help:"Its threshold in whole seconds; default: the queue's own." name:"service-level-s" placeholder:"SECONDS"`
	Format       string   `help:"table for people; json, what the API would answer; csv, ndjson or xlsx, one row a figure." enum:"table,json,csv,ndjson,xlsx" default:"table"`
	JSON         bool     `help:"Short for --format json." name:"json"`
}

// Run prints a report, as a table for people or as the API's JSON for programs.
func (c *reportCommand) Run(ctx context.Context, t terminal) error {
	if c.JSON && c.Format != "table" && c.Format != "json" {
		return campaign.Invalidf("invalid_choice", "format", "--json is short for --format json and does not go with --format %s; leave one of them out", c.Format)
	}
	store, err := c.open(ctx, t)
	if err != nil {
		return err
	}
	defer store.Close()
	beyond, err := c.window(ctx, store)
	if err != nil {
		return err
	}
	shelf, err := store.KPIs(ctx)
	if err != nil {
		return err
	}
	q, err := api.ReportRequest{Place: funnel.PlaceOf(c.Campaign), Shelf: shelf, LevelMethod: c.LevelMethod, LevelSeconds: c.LevelSeconds, From: c.From, To: c.To, AsOf: c.AsOf, KPIs: c.KPI, GroupBy: c.GroupBy}.Read()
	if err != nil {
		return err
	}
	answer, err := q.Answer(ctx, store, c.Campaign, time.Now())
	if err != nil {
		if wrong := (*campaign.Error)(nil); beyond != "" && errors.As(err, &wrong) && wrong.Code == "invalid_window" {
			return errors.New(beyond)
		}
		return err
	}
	switch {
	case c.JSON || c.Format == "json":
		t.say("%s", answer.JSON())
		return nil
	case c.Format == "table":
		return c.table(t, answer)
	}
	rows, err := answer.Table(c.Format)
	if err == nil {
		_, err = t.out.Write(rows)
	}
	return err
}

// window fills in the ends that were not named. beyond is what to say where the one
// that was lies on the far side of all facts.
func (c *reportCommand) window(ctx context.Context, store *db.Store) (beyond string, err error) {
	if c.From != "" && c.To != "" {
		return "", nil
	}
	span, err := store.Span(ctx, c.Campaign)
	if err != nil {
		return "", err
	}
	if span == (funnel.Window{}) {
		return "", fmt.Errorf("campaign %s has no facts yet; post some, or name a window with --from and --to", c.Campaign)
	}
	first, last := campaign.FormatInstant(span.FromMs), campaign.FormatInstant(span.ToMs)
	if c.From == "" {
		c.From = first
		beyond = fmt.Sprintf("--to %s is before the first day of the campaign's facts, which begins at %s; name a start with --from", c.To, first)
	}
	if c.To == "" {
		c.To = last
		beyond = fmt.Sprintf("--from %s is after the last day of the campaign's facts, which ends at %s; name an end with --to", c.From, last)
	}
	return beyond, nil
}

func (c *reportCommand) table(t terminal, a api.ReportAnswer) error {
	loc := a.Campaign.Location()
	show := func(ms int64) string { return time.UnixMilli(ms).In(loc).Format("2006-01-02 15:04") }
	t.say("%s (%s), %s up to %s, %s\n", a.Campaign.Name, a.Campaign.Ref, show(a.Window.FromMs), show(a.Window.ToMs), a.Campaign.TimeZone)
	w := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
	if len(a.By) == 0 {
		figureRows(w, a)
	} else {
		c.groupRows(w, a)
	}
	return w.Flush()
}

// figureRows writes one figure a row. Proportions are drawn beside their numbers,
// to compare at a glance.
func figureRows(w io.Writer, a api.ReportAnswer) {
	digits := a.Campaign.Digits()
	for _, k := range a.KPIs {
		f := k.Figure(a.Whole)
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", k.Name, f.TextWith(a.Whole, a.Campaign.Currency, digits), f.Fraction(digits), strings.TrimSpace(f.IntervalText()+"  "+k.NoDataText(a.Whole)), draw(f))
	}
}

// groupRows writes one group a row: the KPIs that were named, else the headlines
// that the groupings serve.
func (c *reportCommand) groupRows(w io.Writer, a api.ReportAnswer) {
	var kpis []*funnel.KPI
	for _, k := range a.Served {
		if len(c.KPI) > 0 || k.ID == "dials" || slices.Contains(slices.Concat(funnel.Headlines, funnel.QueueHeadlines), k.ID) {
			kpis = append(kpis, k)
		}
	}
	for _, g := range a.By {
		fmt.Fprintf(w, "%s\t", g)
	}
	for _, k := range kpis {
		fmt.Fprintf(w, "%s\t\t", k.Name)
	}
	fmt.Fprintln(w)
	for _, g := range a.Groups {
		for _, value := range g.Key {
			if value == nil {
				value = "(none)"
			}
			fmt.Fprintf(w, "%v\t", value)
		}
		for _, k := range kpis {
			f := k.Figure(g.Sums)
			fmt.Fprintf(w, "%s\t%s\t", f.TextWith(g.Sums, a.Campaign.Currency, a.Campaign.Digits()), draw(f))
		}
		fmt.Fprintln(w)
	}
}

// draw draws a proportion as a bar of twenty cells, its interval as the lighter
// part.
func draw(f funnel.Figure) string {
	if f.KPI.Unit != funnel.Proportion || !f.Defined() {
		return ""
	}
	const width = 20
	n, of, ok := f.Trials()
	if !ok {
		return ""
	}
	low, high := funnel.Wilson(n, of)
	solid, light := int(low*width+0.5), int(high*width+0.5)
	return strings.Repeat("█", solid) + strings.Repeat("▒", light-solid) + strings.Repeat("·", width-light)
}
