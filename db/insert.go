package db

import (
	"math/bits"
	"strconv"
	"strings"
	"sync"
)

// insert is all that the text of an insert is made of.
type insert struct {
	before, after string
	columns, rows int
}

// insertTexts are the texts of inserts, by insert: making one takes longer than
// finding it.
var insertTexts sync.Map

// inserter gathers rows of one insert and writes them many a statement.
type inserter struct {
	t             *tx
	before, after string
	columns       int
	args          []any
}

// into starts an insert: text up to and with "values ", columns a row, and what
// follows the rows.
func (t *tx) into(before string, columns int, after string) *inserter {
	return &inserter{t: t, before: before, columns: columns, after: after}
}

func (in *inserter) row(values ...any) error {
	if in.args == nil {
		in.args = takeArgs(in.columns * in.t.rowsMost)
	}
	in.args = append(in.args, values...)
	if len(in.args) < in.columns*in.t.rowsMost {
		return nil
	}
	return in.write(in.t.rowsMost)
}

// exactMost is how many rows are left at most to be written by one statement.
const exactMost = 16

// flush writes the rows that are left: of many first those of a power of two, so
// that few statements are prepared.
func (in *inserter) flush() error {
	for len(in.args) > 0 {
		rows := len(in.args) / in.columns
		if rows > exactMost {
			rows = 1 << (bits.Len(uint(rows)) - 1)
		}
		if err := in.write(rows); err != nil {
			return err
		}
	}
	return nil
}

func (in *inserter) write(rows int) error {
	of := insert{in.before, in.after, in.columns, rows}
	text, known := insertTexts.Load(of)
	if !known {
		text, _ = insertTexts.LoadOrStore(of, in.before+tuples(rows, in.columns)+in.after)
	}
	n := rows * in.columns
	written := in.args[:n]
	if rest := in.args[n:]; len(rest) > 0 {
		in.args = append(takeArgs(in.columns*in.t.rowsMost), rest...)
	} else {
		in.args = nil
	}
	return in.t.later(text.(string), written...)
}

// spareArgs keeps the memory of parameters that were written, of which each has room
// for argsLeast: enough for the widest table, so that any serves any insert.
var spareArgs sync.Pool

const argsLeast = 512

func takeArgs(most int) []any {
	if spare, _ := spareArgs.Get().(*[]any); spare != nil && cap(*spare) >= most {
		return *spare
	}
	return make([]any, 0, max(most, argsLeast))
}

func giveArgs(args []any) {
	if cap(args) < argsLeast {
		return
	}
	clear(args)
	args = args[:0]
	spareArgs.Put(&args)
}

// tuple writes "($first,…)" with n parameters.
func tuple(first, n int) string {
	var b strings.Builder
	b.WriteByte('(')
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(first + i))
	}
	b.WriteByte(')')
	return b.String()
}

// tuples writes "($1,…),(…)" with n rows of so many parameters.
func tuples(n, columns int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(tuple(1+i*columns, columns))
	}
	return b.String()
}
