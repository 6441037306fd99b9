package funnel

import (
	"slices"

	"ringside/campaign"
)

// AllLeads goes through all leads of a campaign, each once and always the same.
type AllLeads func(each func(*Unit)) error

// Held are leads that are held in memory.
func Held(units []*Unit) AllLeads {
	return func(each func(*Unit)) error {
		for _, u := range units {
			each(u)
		}
		return nil
	}
}

// Book is a Source in memory: the cells and costs of one campaign as they were known at
// some instant. Leads are not kept: it goes through all of them once, and again whenever
// a window takes more than cells.
type Book struct {
	rules *Rules
	leads AllLeads
	costs []CostEntry
	cells []Cell
	// shifts are what it knows of agents' time; nil where it knows nothing.
	shifts *Shifts
}

// NewBook folds the leads under the rules.
func NewBook(rules *Rules, leads AllLeads, costs []CostEntry) (*Book, error) {
	tally := NewTally(rules)
	folder := Folder{Rules: rules}
	err := leads(func(u *Unit) { tally.Add(&u.Lead, folder.Fold(u)) })
	return &Book{rules: rules, leads: leads, costs: costs, cells: tally.Cells()}, err
}

// Cells implements Source.
func (b *Book) Cells(g Grouping, _ []Part, from, to int64, each func(bucket, key int64, p *Parts)) error {
	at, _ := slices.BinarySearchFunc(b.cells, CellKey{g, from, -1 << 62}, func(c Cell, k CellKey) int { return c.Compare(k) })
	for i := at; i < len(b.cells); i++ {
		c := &b.cells[i]
		if c.Grouping != g || c.Bucket >= to {
			break
		}
		each(c.Bucket, c.Key, &c.Parts)
	}
	return nil
}

// Units implements Source.
func (b *Book) Units(windows []Window, each func(*Unit)) error {
	folder := Folder{Rules: b.rules}
	return b.leads(func(u *Unit) {
		if slices.ContainsFunc(folder.Fold(u), func(e Event) bool { return anyHolds(windows, e.AtMs) }) {
			each(u)
		}
	})
}

// Promised implements Source.
func (b *Book) Promised(w Window, each func(*Unit)) error { return b.Units([]Window{w}, each) }

// Standing implements Source.
func (b *Book) Standing(_ int64, each func(*Unit)) error { return b.leads(each) }

// Customers implements Source.
func (b *Book) Customers(_ Window, _ bool, each func(*Unit)) error { return b.leads(each) }

// Costs implements Source.
func (b *Book) Costs(w Window) (l Ledger, err error) {
	for i := range b.costs {
		c := &b.costs[i]
		l.Purchased = l.Purchased || c.Category == campaign.LeadPurchase && !c.Shared
		if c.FromMs < w.ToMs && c.ToMs > w.FromMs {
			l.Entries = append(l.Entries, *c)
		}
	}
	return l, nil
}

// Shifts implements Source.
func (b *Book) Shifts() (*Shifts, error) { return b.shifts, nil }

// With is the book with the shared entries in which the campaign has a part, and with how
// long agents were logged in.
func (b *Book) With(entries []CostEntry, shifts *Shifts) *Book {
	own := *b
	own.costs, own.shifts = append(slices.Clip(b.costs), entries...), shifts
	return &own
}
