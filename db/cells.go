package db

import (
	"database/sql"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"

	"ringside/funnel"
)

// partColumns are where the parts of a cell are kept.
var partColumns = [funnel.PartsEnd]string{funnel.PartSums: "sums", funnel.PartPairs: "pairs", funnel.PartSpread: "spread",
	funnel.PartAgents: "agents", funnel.PartCurve: "curve"}

// columnsOf lists the columns of parts.
func columnsOf(parts ...funnel.Part) string {
	names := make([]string, len(parts))
	for i, p := range parts {
		names[i] = partColumns[p]
	}
	return strings.Join(names, ", ")
}

// allParts lists the columns of all parts.
var allParts = strings.Join(partColumns[:], ", ")

// cellRow reads rows of cells, reusing its memory.
type cellRow struct {
	funnel.CellKey
	packed [funnel.PartsEnd]sql.RawBytes
	parts  funnel.Parts
}

// decode unpacks parts of the row.
func (c *cellRow) decode(parts ...funnel.Part) (err error) {
	for _, p := range parts {
		if c.parts[p], err = funnel.AppendDecoded(c.parts[p][:0], c.packed[p]); err != nil {
			return err
		}
	}
	return nil
}

// whole is where the columns of a cell's key and of all its parts are scanned to.
func (c *cellRow) whole() []any {
	dest := []any{&c.Grouping, &c.Bucket, &c.Key}
	for p := range c.packed {
		dest = append(dest, &c.packed[p])
	}
	return dest
}

// Cells implements funnel.Source.
func (s *source) Cells(g funnel.Grouping, parts []funnel.Part, from, to int64, each func(bucket, key int64, p *funnel.Parts)) error {
	var c cellRow
	dest := []any{&c.Bucket, &c.Key}
	for _, p := range parts {
		dest = append(dest, &c.packed[p])
	}
	return s.t.query(func(row *sqlx.Rows) error {
		err := row.Scan(dest...)
		if err == nil {
			err = c.decode(parts...)
		}
		if err == nil {
			each(c.Bucket, c.Key, &c.parts)
		}
		return err
	}, "select bucket, key_no, "+columnsOf(parts...)+` from cells
		where campaign_id = $1 and generation = $2 and grouping_no = $3 and bucket >= $4 and bucket < $5 order by bucket, key_no`,
		s.k.Number, s.generation, g, from, to)
}

// upsertCells and afterCells are the text around the rows of cells to write.
var (
	upsertCells = "insert into cells (campaign_id, generation, grouping_no, bucket, key_no, " + allParts + ") values "
	afterCells  = func() string {
		var set []string
		for _, name := range partColumns {
			set = append(set, name+" = excluded."+name)
		}
		return " on conflict (campaign_id, generation, grouping_no, bucket, key_no) do update set " + strings.Join(set, ", ")
	}()
)

// packedParts is the content of a cell as it is stored.
type packedParts [funnel.PartsEnd][]byte

// sumOf adds a change to what is stored of a cell.
func sumOf(change *funnel.Parts, stored *[funnel.PartsEnd]sql.RawBytes) (*packedParts, error) {
	size := 0
	for p := range change {
		size += len(stored[p]) + 6*len(change[p])
	}
	var sum packedParts
	buffer := make([]byte, 0, size)
	for p, v := range change {
		from := len(buffer)
		var err error
		if buffer, err = v.AppendSum(buffer, stored[p]); err != nil {
			return nil, err
		}
		if len(buffer) > from {
			sum[p] = buffer[from:len(buffer):len(buffer)]
		}
	}
	return &sum, nil
}

// empty reports whether nothing is left of a cell.
func (p *packedParts) empty() bool {
	for _, part := range p {
		if part != nil {
			return false
		}
	}
	return true
}

// addCells adds changes to the stored cells, in their order. A cell that holds
// nothing any more is removed.
func addCells(t *tx, campaignNumber, generation int64, cells []funnel.Cell) error {
	sums := make([]*packedParts, len(cells))
	var c, none cellRow
	dest := c.whole()
	err := lookupCells(t, campaignNumber, generation, cells, func(row scanned) error {
		if err := row.Scan(dest...); err != nil {
			return err
		}
		at, _ := slices.BinarySearchFunc(cells, c.CellKey, func(c funnel.Cell, k funnel.CellKey) int { return c.Compare(k) })
		var err error
		sums[at], err = sumOf(&cells[at].Parts, &c.packed)
		return err
	})
	if err != nil {
		return err
	}
	in := t.into(upsertCells, 5+int(funnel.PartsEnd), afterCells)
	var row []any
	for i := range cells {
		c := &cells[i]
		if sums[i] == nil {
			if sums[i], err = sumOf(&c.Parts, &none.packed); err != nil {
				return err
			}
		}
		if sums[i].empty() {
			err = t.exec("delete from cells where campaign_id = $1 and generation = $2 and grouping_no = $3 and bucket = $4 and key_no = $5",
				campaignNumber, generation, c.Grouping, c.Bucket, c.Key)
		} else {
			row = append(row[:0], campaignNumber, generation, int64(c.Grouping), c.Bucket, c.Key)
			for _, part := range sums[i] {
				row = append(row, part)
			}
			err = in.row(row...)
		}
		if err != nil {
			return err
		}
	}
	return in.flush()
}
