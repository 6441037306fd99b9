package importer

import (
	"fmt"
	"slices"
	"strings"

	"ringside/campaign"
)

// row is a record of the file: its cells, trimmed, and the line it begins on.
type row struct {
	line  int
	cells []string
}

// plan is a mapping made ready for one file: every name looked up, every
// template and layout read, the fields in the order in which they are worked out.
type plan struct {
	kind   string
	rules  []rule // plus rules behind the rules they build on
	order  []int  // places of rules in the order of the API's fields
	skip   []skipRule
	repeat *repeatRule
}

// rule fills one field.
type rule struct {
	field    field
	constant string
	column   int // of the cell; -1: no cell
	values   Values
	tmpl     template
	escape   func(string) string
	clock    *clock
	base     int // of plus: place of the base in rules; -1: no plus
	seconds  int // of plus: column
	when     *skipRule
	why      string
}

type skipRule struct {
	column int
	cells  map[string]bool
	keep   bool // the cells not named
}

// names reports whether the rule is about a row of these cells.
func (s *skipRule) names(cells []string) bool { return s.cells[cells[s.column]] != s.keep }

func compile(m *Mapping, kind string, cols *columns) (*plan, error) {
	if err := m.check(); err != nil {
		return nil, fmt.Errorf("mapping: %w", err)
	}
	p := &plan{kind: kind}
	c := compiler{m: m, plan: p, cols: cols, at: map[string]int{}}
	if cols.open && !m.namesFields() {
		return p, c.skip()
	}
	steps := []func() error{c.columns, c.constants, c.templates, c.times, c.plus, c.unused, c.required, c.repeat, c.skip}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, err
		}
	}
	p.order = c.apiOrder()
	return p, nil
}

type compiler struct {
	m    *Mapping
	plan *plan
	cols *columns
	at   map[string]int // field name: place in plan.rules
}

// add makes room for a field's rule and refuses a second source of one field.
func (c *compiler) add(name, section string) (*rule, error) {
	f, err := findField(c.plan.kind, name)
	if err != nil {
		return nil, fmt.Errorf("mapping: %s.%s: %w", section, name, err)
	}
	if _, twice := c.at[name]; twice {
		return nil, fmt.Errorf("mapping: %s has two sources, one of them under %s; keep one", name, section)
	}
	c.at[name] = len(c.plan.rules)
	c.plan.rules = append(c.plan.rules, rule{field: f, column: -1, base: -1, escape: asIs})
	return &c.plan.rules[len(c.plan.rules)-1], nil
}

func (c *compiler) columns() error {
	for _, name := range sortedKeys(c.m.Columns) {
		r, err := c.add(name, "columns")
		if err != nil {
			return err
		}
		if r.column, err = c.cols.find(c.m.Columns[name], "columns."+name); err != nil {
			return err
		}
		r.why = fmt.Sprintf("column %q", c.m.Columns[name])
		r.values = c.m.Values[name]
		switch {
		case r.field.form == leadForm:
			r.escape = escapeLead
		case slices.Contains(refs, name):
			r.escape = campaign.EscapeRef
		}
	}
	return nil
}

func (c *compiler) constants() error {
	for _, name := range sortedKeys(c.m.Constants) {
		r, err := c.add(name, "constants")
		if err != nil {
			return err
		}
		r.constant = c.m.Constants[name]
		if r.constant == "" {
			return fmt.Errorf("mapping: constants.%s is empty; leave it out", name)
		}
		if err := r.field.check(r.constant); err != nil {
			return fmt.Errorf("mapping: constants.%s: %w", name, err)
		}
	}
	return nil
}

func (c *compiler) templates() error {
	for _, t := range []struct{ name, text string }{{"ref", c.m.Ref}, {"lead", c.m.Lead}} {
		if t.text == "" {
			continue
		}
		r, err := c.add(t.name, "the template "+t.name)
		if err != nil {
			return err
		}
		tmpl, _ := parseRefTemplate(t.text)
		if r.tmpl, err = tmpl.bind(c.cols, t.name); err != nil {
			return err
		}
		r.escape, r.why = campaign.EscapeRef, tmpl.columns()
	}
	return nil
}

// times either add a field of a template or say how to read one of columns.
func (c *compiler) times() error {
	for _, name := range sortedKeys(c.m.Times) {
		t, use := c.m.Times[name], "times."+name
		at, fromColumn := c.at[name]
		fromColumn = fromColumn && t.Template == "" && c.plan.rules[at].column >= 0
		if !fromColumn {
			r, err := c.add(name, "times")
			if err != nil {
				return err
			}
			if t.Template == "" {
				return fmt.Errorf(`mapping: %s has no template, such as "{day} {month} 2008", and columns.%s names no column for it`, use, name)
			}
			tmpl, _ := parseTemplate(t.Template)
			if r.tmpl, err = tmpl.bind(c.cols, use); err != nil {
				return err
			}
			r.why, at = tmpl.columns(), c.at[name]
		}
		r := &c.plan.rules[at]
		if r.field.form != timeForm {
			return fmt.Errorf("mapping: %s: %s is not an instant", use, name)
		}
		r.clock, _ = newClock(t.Layout, t.Zone)
	}
	return nil
}

// plus adds the rules whose base is known, round by round, so that each stands
// behind its base.
func (c *compiler) plus() error {
	open := sortedKeys(c.m.Plus)
	for len(open) > 0 {
		before := len(open)
		for _, name := range slices.Clone(open) {
			base, known := c.at[c.m.Plus[name].Base]
			if !known {
				continue
			}
			if err := c.addPlus(name, base); err != nil {
				return err
			}
			open = slices.DeleteFunc(open, func(s string) bool { return s == name })
		}
		if len(open) == before {
			return fmt.Errorf("mapping: plus.%s.base is %q, which has no source of its own", open[0], c.m.Plus[open[0]].Base)
		}
	}
	return nil
}

func (c *compiler) addPlus(name string, base int) error {
	use := "plus." + name
	r, err := c.add(name, "plus")
	if err != nil {
		return err
	}
	if r.field.form != timeForm || c.plan.rules[base].field.form != timeForm {
		return fmt.Errorf("mapping: %s: both %s and its base %s must be instants", use, name, c.m.Plus[name].Base)
	}
	r.base = base
	if when := c.m.Plus[name].When; when != nil {
		found, err := c.rows(*when, use+".when")
		if err != nil {
			return err
		}
		r.when = &found
	}
	r.seconds, err = c.cols.find(c.m.Plus[name].Seconds, use+".seconds")
	r.why = fmt.Sprintf("column %q", c.m.Plus[name].Seconds)
	return err
}

// unused refuses values that would never be looked at.
func (c *compiler) unused() error {
	for _, name := range sortedKeys(c.m.Values) {
		if _, ok := c.m.Columns[name]; !ok {
			return fmt.Errorf("mapping: values.%s has no cells to translate; name the column under columns.%s", name, name)
		}
		for raw, text := range c.m.Values[name] {
			if text == nil || *text == "" {
				continue
			}
			if err := c.plan.rules[c.at[name]].field.check(*text); err != nil {
				return fmt.Errorf("mapping: values.%s[%q]: %w", name, raw, err)
			}
		}
	}
	return nil
}

func (c *compiler) required() error {
	for _, name := range required[c.plan.kind] {
		if _, ok := c.at[name]; !ok {
			return c.cols.errorf("nothing gives the field %s, which all %s need", name, c.plan.kind)
		}
	}
	return nil
}

func (c *compiler) skip() error {
	for i, s := range c.m.Skip {
		r, err := c.rows(s, fmt.Sprintf("skip[%d]", i))
		if err != nil {
			return err
		}
		c.plan.skip = append(c.plan.skip, r)
	}
	return nil
}

// rows looks up which rows a rule names.
func (c *compiler) rows(s Skip, use string) (r skipRule, err error) {
	r = skipRule{cells: map[string]bool{}, keep: s.NotIn != nil}
	for _, cell := range slices.Concat(s.In, s.NotIn) {
		r.cells[strings.TrimSpace(cell)] = true
	}
	r.column, err = c.cols.find(s.Column, use)
	return r, err
}

// apiOrder lists the rules as the API lists its fields; attributes are last of
// their kind by name.
func (c *compiler) apiOrder() []int {
	names := Fields(c.plan.kind)
	rank := func(i int) int {
		name, _, _ := strings.Cut(c.plan.rules[i].field.name, ".")
		return slices.Index(names, name)
	}
	order := make([]int, len(c.plan.rules))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		if d := rank(a) - rank(b); d != 0 {
			return d
		}
		return strings.Compare(c.plan.rules[a].field.name, c.plan.rules[b].field.name)
	})
	return order
}
