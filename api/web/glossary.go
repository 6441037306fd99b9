package web

// Glossary says what every figure means, from the catalogue they are counted by.
type Glossary struct {
	// Calls are those of the worked example, one a line; Undialed and Cost what there
	// is beside them.
	Calls          []GlossaryCall
	Undialed, Cost string
	Chapters       []Chapter
}

// GlossaryCall is one call of the example, in words.
type GlossaryCall struct{ Lead, At, Said, Amount string }

// Chapter holds the figures of one clock.
type Chapter struct {
	ID, Title, Clock string
	Entries          []Entry
}

// Entry is one figure.
type Entry struct {
	ID, Name, Formula, Description, Example string
	Unit, Direction, Groupings              string
	Version                                 int
	// InExample says that the worked example has such facts: Worked is what it gives,
	// Fraction its parts.
	InExample        bool
	Worked, Fraction string
	// Variants are the figures that share a part with it.
	Variants []Variant
}

// Variant is a figure beside another: Shares says which part they have in common.
type Variant struct{ ID, Name, Shares string }
