package main

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"text/tabwriter"
	"time"
)

// doctorCommand asks a running server what is wrong with a dialer's feed.
type doctorCommand struct {
	remote
	Source string `arg:"" help:"The source's ref."`
	From   string `help:"Start: a day of the source's zone or an RFC 3339 instant; default: seven days before the end." placeholder:"DAY"`
	To     string `help:"End, not included; default: now." placeholder:"DAY"`
}

// diagnosis is what the server answers.
type diagnosis struct {
	Kind, From, To string
	Messages       struct{ Read, Applied, Parked, Refused, Repeats int64 }
	Findings       []struct{ Level, Code, Text string }
	Reasons        []struct {
		State, Reason string
		Count         int64
	}
	Unmapped []struct {
		Code  string
		Count int64
	}
}

// Run prints the findings, the worst first, and ends with exit code 1 where one of
// them is bad.
func (c *doctorCommand) Run(ctx context.Context, t terminal) error {
	client, err := c.client(func(why string, pause time.Duration) {
		fmt.Fprintf(t.err, "ringside: %s; trying again in %s\n", why, pause.Round(time.Millisecond))
	})
	if err != nil {
		return err
	}
	query := url.Values{}
	for name, value := range map[string]string{"from": c.From, "to": c.To} {
		if value != "" {
			query.Set(name, value)
		}
	}
	var said diagnosis
	if _, err := client.read(ctx, "GET", "/v1/sources/"+url.PathEscape(c.Source)+"/doctor?"+query.Encode(), "", nil, &said); err != nil {
		return err
	}
	return said.print(c.Source, t)
}

func (d *diagnosis) print(source string, t terminal) error {
	m := d.Messages
	t.say("%s (%s), received from %s up to %s: %d messages, %d applied, %d parked, %d refused, %d repeated\n", source, d.Kind, d.From, d.To, m.Read, m.Applied, m.Parked, m.Refused, m.Repeats)
	bad := false
	for _, f := range d.Findings {
		bad = bad || f.Level == "bad"
		t.say("%-5s %s\n      %s", f.Level, f.Code, f.Text)
	}
	w := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
	for _, r := range d.Reasons {
		fmt.Fprintf(w, "%d\t%s\t%s\n", r.Count, r.State, oneLine(r.Reason))
	}
	for _, u := range d.Unmapped {
		fmt.Fprintf(w, "%d\tunmapped\t%s\n", u.Count, oneLine(u.Code))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if bad {
		return errSaid
	}
	return nil
}

// oneLine keeps what a dialer sent from breaking the table.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
