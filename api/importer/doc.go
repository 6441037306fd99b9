// Package importer turns a file of rows — CSV or NDJSON, plain or gzip — into
// posts in the API's own JSON form, one object an item. It knows nothing of
// databases or HTTP: its items go to the same decoder as a post, which judges
// them by the same rules. What this package judges is the file: its encoding,
// its line ends, its quotes, its header, and whether the mapping fits it.
//
// # The mapping file
//
// One JSON object; every key is optional, an unknown or repeated key is refused
// by name. A field is named as the API names it; a lead's own attributes are
// named attributes.NAME; the field attributes is a cell that holds all of them as a
// JSON object, and a lead may be a JSON object as well as a ref.
//
//	{
//	  "format": "csv",                         csv or ndjson; else the first byte tells
//	  "delimiter": ";",                        one character or "tab"; else , ; tab or | is taken from the header
//	  "columns":   {"agent": "jnr_sm_id"},     field: column
//	  "constants": {"result": "answered"},     field: value of every row
//	  "values":    {"disposition": {"yes": "SALE", "n/a": null, "*": "NOSALE"}},
//	  "times":     {"started_at": {"template": "{day} {month} 2008", "layout": "2 Jan 2006", "zone": "Europe/Lisbon"}},
//	  "plus":      {"ended_at": {"base": "started_at", "seconds": "duration"}},
//	  "ref":  "bank:{line:06}",
//	  "lead": "bank:{line:06}",
//	  "repeat": {"count": "campaign", "step_s": 600, "first": {"result": "no_answer"}},
//	  "skip": [{"column": "outcome", "in": ["PHANTOM"]}]
//	}
//
// Cells are trimmed of blanks at both ends; an empty cell means the field is
// absent. In CSV an apostrophe before = + - @ or another apostrophe is taken away:
// it is how writers keep spreadsheets from taking a text for a formula. A field has one source: columns, constants, times, plus, or the
// templates ref and lead (for the fields of those names).
//
// values translates the cell behind a field of columns. The key "*" stands for
// every cell not listed (never for an empty one; "" does that), null leaves the
// field out, and without "*" an unlisted cell passes as it is.
//
// A template is text with {column} in it. {line} is the number of the physical
// line on which the row begins — the header being line 1 —, the same number an
// error names and an editor shows; {line:06} pads it with zeros. {{ and }} stand
// for braces. Refs made from {line} stay the same as long as rows are only added
// at the end. In ref and lead every byte outside A-Z a-z 0-9 . _ : - that comes
// from a cell is percent-encoded.
//
// times reads a template, or without one the column that columns names, by a
// layout: one of Go's ("2006-01-02 15:04:05"; month and day names in any case),
// or rfc3339, unix, unix_ms. A layout without an offset needs a zone. A local
// time that a clock change repeats is its first occurrence; one that a clock
// change leaves out is moved on by the length of the gap, as if the clock had
// not been changed yet. A time of which some columns are empty is refused, one
// of which all are empty is absent.
//
// plus adds a column of seconds (fractions allowed) to another instant of the
// row; it is absent when either is. With "when", which names rows as skip does, it is
// absent in all others: {"base": "offered_at", "seconds": "wait", "when": {"column":
// "outcome", "in": ["HANG"]}} dates how long those waited who gave up.
//
// repeat (attempts only) makes as many attempts of a row as its count column
// says: the last is the row itself at its own time; the ones before lie step_s
// seconds apart in absolute time and carry only ref, lead, agent, phone,
// started_at, updated_at and what first says (null takes a field away). Refs get
// a suffix of four digits, -0001 onwards, so their bytewise order is the dialing
// order. A count of 0 makes no attempt; more than MaxRepeat, or no whole number,
// refuses the row.
//
// skip leaves rows out: those whose column holds one of in, or none of not_in.
// One rule or a list of them; a row is left out when any rule matches.
//
// In NDJSON a column is a key of the line's object, a.b being the key b of the
// object under a; a missing key or null is an empty cell. NDJSON without a
// mapping, or with one that names no field, passes as it is. A CSV file without
// field rules takes its header as field names.
package importer
