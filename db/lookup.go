package db

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jmoiron/sqlx"

	"ringside/funnel"
)

// lookup finds rows of one campaign by key: fields of a table f, whose column is
// one of the keys.
func lookup[K int64 | string](t *tx, campaign int64, keys []K, fields, from, column string, each func(row *sqlx.Rows) error) error {
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
func lookupArray[K int64 | string](t *tx, campaign int64, keys []K, fields, from, column string, each func(row *sqlx.Rows) error) error {
	text := fmt.Sprintf("select %s from %s where f.campaign_id = $1 and f.%s = any($2)", fields, from, column)
	for some := range slices.Chunk(keys, arrayMost) {
		if err := t.query(each, text, campaign, some); err != nil {
			return err
		}
	}
	return nil
}

// tableMost is how many keys lookupTable takes at a time. It was found by
// measuring.
const tableMost = 64

// lookupTable joins a table of keys, of a fixed length so that few statements are
// prepared. In this order SQLite goes through the keys and seeks each; given a
// list to compare with it may prefer to walk the whole campaign.
func lookupTable[K int64 | string](t *tx, campaign int64, keys []K, fields, from, column string, each func(row *sqlx.Rows) error) error {
	for len(keys) > 0 {
		size := tableMost
		if len(keys) == 1 {
			size = 1
		}
		args := make([]any, 0, size+1)
		for i := range size {
			if i < len(keys) {
				args = append(args, keys[i])
			} else {
				args = append(args, nil) // finds nothing
			}
		}
		text := keyTables[size] + "select " + fields + " from keys cross join " + from + " where f." + column + " = keys.k and f.campaign_id = $" + strconv.Itoa(size+1)
		if err := t.query(each, text, append(args, campaign)...); err != nil {
			return err
		}
		keys = keys[min(size, len(keys)):]
	}
	return nil
}

// keyTables are the tables of one key a row that lookupTable joins.
var keyTables = map[int]string{1: keyTable("k", 1), tableMost: keyTable("k", tableMost)}

// keyTable writes "with keys (names) as (values ($1,…), …) " with n rows.
func keyTable(names string, n int) string {
	return "with keys (" + names + ") as (values " + tuples(n, strings.Count(names, ",")+1) + ") "
}

// lookupCells finds cells of one generation by their keys.
func lookupCells(t *tx, campaign, generation int64, cells []funnel.Cell, each func(row *sqlx.Rows) error) error {
	if t.arrays {
		return lookupCellArrays(t, campaign, generation, cells, each)
	}
	const fields = "f.grouping_no, f.part, f.bucket, f.key_no, f.vector"
	for some := range slices.Chunk(cells, tableMost) {
		size := tableMost
		if len(some) == 1 {
			size = 1
		}
		args := make([]any, 4*size, 4*size+2)
		for i, c := range some {
			args[4*i], args[4*i+1], args[4*i+2], args[4*i+3] = c.Grouping, c.Part, c.Bucket, c.Key
		}
		text := keyTable("g, p, b, n", size) + fmt.Sprintf("select "+fields+` from keys cross join cells f where f.campaign_id = $%d and f.generation = $%d
			and f.grouping_no = keys.g and f.part = keys.p and f.bucket = keys.b and f.key_no = keys.n`, 4*size+1, 4*size+2)
		if err := t.query(each, text, append(args, campaign, generation)...); err != nil {
			return err
		}
	}
	return nil
}

// lookupCellArrays seeks the cells one by one within one statement: the offset keeps
// PostgreSQL from making it a join, for which it might walk the whole campaign.
func lookupCellArrays(t *tx, campaign, generation int64, cells []funnel.Cell, each func(row *sqlx.Rows) error) error {
	const text = `select f.* from unnest($1::smallint[], $2::smallint[], $3::bigint[], $4::bigint[]) as keys (g, p, b, n), lateral (
		select c.grouping_no, c.part, c.bucket, c.key_no, c.vector from cells c where c.campaign_id = $5 and c.generation = $6
			and c.grouping_no = keys.g and c.part = keys.p and c.bucket = keys.b and c.key_no = keys.n offset 0) f`
	for some := range slices.Chunk(cells, arrayMost) {
		var groupings, parts, buckets, keys []int64
		for _, c := range some {
			groupings, parts = append(groupings, int64(c.Grouping)), append(parts, int64(c.Part))
			buckets, keys = append(buckets, c.Bucket), append(keys, c.Key)
		}
		if err := t.query(each, text, groupings, parts, buckets, keys, campaign, generation); err != nil {
			return err
		}
	}
	return nil
}
