package importer

import (
	"fmt"
	"strings"
)

// columns are the columns of a file by name. Those of a CSV file are its header;
// those of NDJSON come up as the mapping asks for them.
type columns struct {
	names []string
	index map[string]int
	line  int  // of the header
	open  bool // NDJSON: any name may come
}

func openColumns() *columns { return &columns{index: map[string]int{}, open: true} }

// headerColumns refuses a name that stands there twice: which of the two cells
// is meant cannot be known.
func headerColumns(cells []string, no int) (*columns, error) {
	c := &columns{index: map[string]int{}, line: no}
	for _, cell := range cells {
		c.names = append(c.names, strings.TrimSpace(cell))
	}
	for i, name := range c.names {
		if first, twice := c.index[name]; twice && name != "" {
			return nil, c.errorf("columns %d and %d are both named %q; rename one", first+1, i+1, name)
		}
		c.index[name] = i
	}
	return c, nil
}

func (c *columns) has(name string) bool {
	_, ok := c.index[name]
	return ok
}

// find gives the place of a column; use says which key of the mapping wants it.
func (c *columns) find(name, use string) (int, error) {
	i, ok := c.index[name]
	switch {
	case name == "":
		return 0, fmt.Errorf("mapping: %s names no column", use)
	case ok:
		return i, nil
	case c.open:
		c.index[name] = len(c.names)
		c.names = append(c.names, name)
		return c.index[name], nil
	}
	return 0, c.errorf("there is no column %q, which %s of the mapping wants", name, use)
}

// errorf makes an error about the header that shows the header found.
func (c *columns) errorf(format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	if c.open {
		return fmt.Errorf("mapping: %s", text)
	}
	return fmt.Errorf("line %d: %s; the header has: %s", c.line, text, c.list())
}

func (c *columns) list() string {
	const most = 100
	var quoted []string
	for i, name := range c.names {
		if i == most {
			quoted = append(quoted, fmt.Sprintf("… (%d in all)", len(c.names)))
			break
		}
		quoted = append(quoted, fmt.Sprintf("%q", clip(name)))
	}
	return strings.Join(quoted, ", ")
}
