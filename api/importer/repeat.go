package importer

import (
	"fmt"
	"slices"
	"strconv"
	"time"
)

// repeatRule makes several attempts of one row.
type repeatRule struct {
	count int // column
	name  string
	step  time.Duration
	first map[string]*string
}

func (c *compiler) repeat() error {
	m := c.m.Repeat
	if m == nil {
		return nil
	}
	if c.plan.kind != "attempts" {
		return fmt.Errorf("mapping: repeat makes several attempts of a row; %s have none", c.plan.kind)
	}
	r := &repeatRule{name: m.Count, first: m.First}
	r.step, _ = parseStep(m.StepS)
	var err error
	if r.count, err = c.cols.find(m.Count, "repeat.count"); err != nil {
		return err
	}
	if m.First["result"] == nil {
		return fmt.Errorf(`mapping: repeat.first must say the result of the attempts before a row's own, as {"result":"no_answer"}`)
	}
	for _, name := range sortedKeys(m.First) {
		f, err := findField(c.plan.kind, name)
		if err != nil {
			return fmt.Errorf("mapping: repeat.first.%s: %w", name, err)
		}
		if slices.Contains([]string{"ref", "lead", "started_at"}, name) || f.form == timeForm && m.First[name] != nil {
			return fmt.Errorf("mapping: repeat.first.%s cannot be the same for every attempt; leave it out", name)
		}
		if text := m.First[name]; text != nil {
			if *text == "" {
				return fmt.Errorf("mapping: repeat.first.%s is empty; write null to leave the field out", name)
			}
			if err := f.check(*text); err != nil {
				return fmt.Errorf("mapping: repeat.first.%s: %w", name, err)
			}
		}
		if _, ok := c.at[name]; !ok {
			if _, err := c.add(name, "repeat.first"); err != nil {
				return err
			}
		}
	}
	c.plan.repeat = r
	return nil
}

// times reads how often a row's lead was called.
func (r *repeatRule) times(cells []string) (int, error) {
	text := cells[r.count]
	n, err := strconv.Atoi(text)
	if !allDigits(text) || err != nil && len(text) < 10 {
		return 0, fmt.Errorf("repeat: column %q is %q, not a whole number of attempts", r.name, clip(text))
	}
	if err != nil || n > MaxRepeat {
		return 0, fmt.Errorf("repeat: column %q is %s; a row may stand for at most %d attempts", r.name, clip(text), MaxRepeat)
	}
	return n, nil
}

// expansion is a row on its way to becoming items, one at a time: a thousand
// long rows are never in memory at once.
type expansion struct {
	line   int
	values []value
	made   int
	total  int
}

// next makes the item of the next attempt of the row, from the first.
func (e *expansion) next(p *plan) Item {
	e.made++
	values := e.values
	if p.repeat != nil {
		values = p.try(e.values, e.made, e.total)
	}
	return Item{Line: e.line, JSON: p.render(values)}
}

// try gives the values of attempt k of n.
func (p *plan) try(values []value, k, n int) []value {
	out := slices.Clone(values)
	for i, r := range p.rules {
		name := r.field.name
		if k < n && !slices.Contains(everyTry, name) {
			out[i] = value{}
		}
		if text, ok := p.repeat.first[name]; ok && k < n {
			out[i] = textValue(text)
		}
		switch name {
		case "ref":
			out[i].text += fmt.Sprintf("-%04d", k)
		case "started_at":
			out[i] = instant(values[i].at.Add(-time.Duration(n-k) * p.repeat.step))
		}
	}
	return out
}
