package db

import (
	"fmt"
	"slices"
	"strconv"

	"ringside/funnel"
)

// lookup finds rows of one campaign by key: fields of a table f, whose column is
// one of the keys.
func lookup[K int64 | string](t *tx, campaign int64, keys []K, fields, from, column string, each func(row scanned) error) error {
	if t.arrays {
		return lookupArray(t, campaign, keys, fields, from, column, each)
	}
	return lookupTable(t, campaign, keys, fields, from, column, each)
}

// arrayMost is how many keys lookupArray takes at a time.
const arrayMost = 1000

// lookupArray compares the column with an array. PostgreSQL seeks each of its
// elements; joining a table of keys it may, until it knows more of the data,
// prefer to walk the whole campaign.
func lookupArray[K int64 | string](t *tx, campaign int64, keys []K, fields, from, column string, each func(row scanned) error) error {
	text := fmt.Sprintf("select %s from %s where f.campaign_id = $1 and f.%s = any($2)", fields, from, column)
	for some := range slices.Chunk(keys, arrayMost) {
		if err := t.seek(each, text, campaign, some); err != nil {
			return err
		}
	}
	return nil
}

// tableMost is how many keys lookupTable and lookupCells take at a time. It was
// found by measuring.
const tableMost = 64

// tableSizes are the lengths of the tables of keys: few, so that few statements are
// prepared. What is left of a table is filled with null, which finds nothing.
var tableSizes = []int{1, 4, 16, tableMost}

func tableSize(keys int) int {
	return tableSizes[slices.IndexFunc(tableSizes, func(size int) bool { return size >= keys })]
}

// lookupTable joins a table of keys. In this order SQLite goes through the keys and
// seeks each; given a list to compare with it may prefer to walk the whole campaign.
func lookupTable[K int64 | string](t *tx, campaign int64, keys []K, fields, from, column string, each func(row scanned) error) error {
	for some := range slices.Chunk(keys, tableMost) {
		table, args := keysIn(some)
		text := table + "select " + fields + " from keys cross join " + from + " where f." + column + " = keys.k and f.campaign_id = $" + strconv.Itoa(len(args)+1)
		if err := t.seek(each, text, append(args, campaign)...); err != nil {
			return err
		}
	}
	return nil
}

// keysIn begins a statement with a table of at most tableMost keys, named keys (k).
func keysIn[K int64 | string](keys []K) (text string, args []any) {
	size := tableSize(len(keys))
	args = make([]any, size, size+1)
	for i, key := range keys {
		args[i] = key
	}
	return keyTables[size], args
}

// keyTables are the tables of lookupTable, by length, and cellTexts the statements of
// lookupCells.
var keyTables, cellTexts = map[int]string{}, map[int]string{}

func init() {
	for _, size := range tableSizes {
		keyTables[size] = keyTable("k", size, 1)
		cellTexts[size] = keyTable("g, b, n", size, 3) + fmt.Sprintf(`select f.grouping_no, f.bucket, f.key_no, %s from keys cross join cells f
			where f.campaign_id = $%d and f.generation = $%d and f.grouping_no = keys.g and f.bucket = keys.b and f.key_no = keys.n`, allParts, 3*size+1, 3*size+2)
	}
}

// keyTable writes "with keys (names) as (values ($1,…), …) " with so many rows.
func keyTable(names string, rows, columns int) string {
	return "with keys (" + names + ") as (values " + tuples(rows, columns) + ") "
}

// lookupCells finds cells of one generation by their keys.
func lookupCells(t *tx, campaign, generation int64, cells []funnel.Cell, each func(row scanned) error) error {
	if t.arrays {
		return lookupCellArrays(t, campaign, generation, cells, each)
	}
	for some := range slices.Chunk(cells, tableMost) {
		size := tableSize(len(some))
		args := make([]any, 3*size, 3*size+2)
		for i, c := range some {
			args[3*i], args[3*i+1], args[3*i+2] = int64(c.Grouping), c.Bucket, c.Key
		}
		if err := t.seek(each, cellTexts[size], append(args, campaign, generation)...); err != nil {
			return err
		}
	}
	return nil
}

// lookupCellArrays seeks the cells one by one within one statement: the offset keeps
// PostgreSQL from making it a join, for which it might walk the whole campaign.
func lookupCellArrays(t *tx, campaign, generation int64, cells []funnel.Cell, each func(row scanned) error) error {
	text := fmt.Sprintf(`select f.* from unnest($1::smallint[], $2::bigint[], $3::bigint[]) as keys (g, b, n), lateral (
		select c.grouping_no, c.bucket, c.key_no, %s from cells c where c.campaign_id = $4 and c.generation = $5
			and c.grouping_no = keys.g and c.bucket = keys.b and c.key_no = keys.n offset 0) f`, allParts)
	for some := range slices.Chunk(cells, arrayMost) {
		var groupings, buckets, keys []int64
		for _, c := range some {
			groupings, buckets, keys = append(groupings, int64(c.Grouping)), append(buckets, c.Bucket), append(keys, c.Key)
		}
		if err := t.seek(each, text, groupings, buckets, keys, campaign, generation); err != nil {
			return err
		}
	}
	return nil
}
