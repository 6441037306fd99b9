package campaign

import "time"

// Actor is who did something: a key, or a person who signed in.
type Actor struct {
	// ID is the key's or the user's, Label what it is called.
	ID    string `json:"id"`
	Label string `json:"label,omitempty"`
	// Person tells a person from a key.
	Person bool `json:"person,omitempty"`
}

// Actor returns who a request is by.
func (k *AccessKey) Actor() Actor { return Actor{ID: k.ID, Label: k.Label, Person: k.Person} }

// ActorKey is the key under which a context holds the id of the key or person that a
// request is by, a string. Without it nobody is: a dialer's message, an import into the
// file, the program itself.
type ActorKey struct{}

// monthLayout is how months are written.
const monthLayout = "2006-01"

// ParseMonth reads YYYY-MM as the month's first day.
func ParseMonth(text string) (Day, error) {
	t, err := time.Parse(monthLayout, text)
	if err != nil || len(text) != len(monthLayout) || t.Year() < 1970 || t.Year() > 2199 {
		return 0, Invalidf("invalid_month", "month", "%q is not a month; send it like 2026-06 (years 1970 to 2199)", clip(text))
	}
	return DayOfDate(t.Year(), t.Month(), 1), nil
}

// MonthText writes the month of a day as YYYY-MM.
func (d Day) MonthText() string { return d.utc().Format(monthLayout) }
