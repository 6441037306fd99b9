package web

// Form is a form of the settings: what stands in it, what is wrong with it.
type Form struct {
	// Action is where it is sent, Do what its button says.
	Action, Do string
	// Version is that of what is changed, so that nobody overwrites what another
	// changed meanwhile.
	Version string
	// Problem is what is wrong as a whole, Saved that it was taken just now.
	Problem string
	Saved   bool
	Fields  []Field
	Grids   []Grid
}

// Field is one field of a form.
type Field struct {
	// Name is that of the form's value, Label and Hint what people read.
	Name, Label, Hint string
	// Type is that of an input, or textarea, checkbox or select.
	Type, Value, Problem string
	Required, Checked    bool
	// Choices are those of a select, or what an input suggests.
	Choices []Choice
}

// Grid is a table of a form, a line an entry.
type Grid struct {
	// Name is that of the form's values that say which lines to leave out.
	Name, Title, Hint, Problem string
	Columns                    []GridColumn
	Rows                       []GridRow
}

// GridColumn is a column; without Choices it is of text.
type GridColumn struct {
	Name, Label string
	Choices     []Choice
}

// GridRow is a line: its values in order of the columns.
type GridRow struct {
	// Number is its place, from 0; Shown the same for people, from 1.
	Number, Shown int
	Cells         []GridCell
	// Drop says that it is to be left out.
	Drop bool
}

// GridCell is one value of a line.
type GridCell struct{ Value, Problem string }

// Field returns the field of that name; nil where there is none.
func (f *Form) Field(name string) *Field {
	for i := range f.Fields {
		if f.Fields[i].Name == name {
			return &f.Fields[i]
		}
	}
	return nil
}

// Wrong reports whether anything of the form is wrong.
func (f *Form) Wrong() bool {
	if f.Problem != "" {
		return true
	}
	for i := range f.Fields {
		if f.Fields[i].Problem != "" {
			return true
		}
	}
	for i := range f.Grids {
		if f.Grids[i].wrong() {
			return true
		}
	}
	return false
}

func (g *Grid) wrong() bool {
	if g.Problem != "" {
		return true
	}
	for _, row := range g.Rows {
		for _, cell := range row.Cells {
			if cell.Problem != "" {
				return true
			}
		}
	}
	return false
}

// Add adds a line with these values.
func (g *Grid) Add(values ...string) {
	row := GridRow{Number: len(g.Rows), Shown: len(g.Rows) + 1, Cells: make([]GridCell, len(g.Columns))}
	for i, value := range values {
		row.Cells[i].Value = value
	}
	g.Rows = append(g.Rows, row)
}

// AddEmpty adds lines with nothing in them.
func (g *Grid) AddEmpty(n int) {
	for range n {
		g.Add()
	}
}

// Filled are the lines that are to be kept: those with anything in their first
// column or another column of text.
func (g *Grid) Filled() (rows []*GridRow) {
	for i := range g.Rows {
		row, filled := &g.Rows[i], false
		for at, cell := range row.Cells {
			filled = filled || cell.Value != "" && g.Columns[at].Choices == nil
		}
		if filled && !row.Drop {
			rows = append(rows, row)
		}
	}
	return rows
}
