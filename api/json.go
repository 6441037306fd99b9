package api

import (
	"math"
	"strconv"

	"ringside/campaign"
)

// document is JSON being written left to right. Reports and facts are written
// with it rather than by reflection: they are large, frequent, and say exactly
// which digits they show. Commas are put where they belong.
type document []byte

// next makes room for a name or a value.
func (d *document) next() {
	b := *d
	if len(b) == 0 {
		return
	}
	// A string that ends in one of these ends in a quote here.
	switch b[len(b)-1] {
	case '{', '[', ':', '\n':
	default:
		*d = append(b, ',')
	}
}

func (d *document) open(c byte) *document {
	d.next()
	*d = append(*d, c)
	return d
}

func (d *document) close(c byte) { *d = append(*d, c) }

// name writes a member's name; its value follows.
func (d *document) name(name string) *document {
	d.next()
	*d = append(campaign.AppendJSONString(*d, name), ':')
	return d
}

func (d *document) text(s string) {
	d.next()
	*d = campaign.AppendJSONString(*d, s)
}

// textOrNull writes null for a text that is missing.
func (d *document) textOrNull(s string) {
	if s == "" {
		d.null()
		return
	}
	d.text(s)
}

func (d *document) int(v int64) {
	d.next()
	*d = strconv.AppendInt(*d, v, 10)
}

func (d *document) bool(v bool) {
	d.next()
	*d = strconv.AppendBool(*d, v)
}

func (d *document) null() { d.raw("null") }

// raw writes JSON that is already text.
func (d *document) raw(text string) {
	d.next()
	*d = append(*d, text...)
}

// float writes the shortest text that reads back as the same number.
func (d *document) float(v float64) {
	d.next()
	format := byte('f')
	if a := math.Abs(v); a != 0 && (a < 1e-6 || a >= 1e21) {
		format = 'e'
	}
	*d = strconv.AppendFloat(*d, v, format, -1, 64)
}

// seconds writes milliseconds as seconds, exactly.
func (d *document) seconds(ms int64) {
	d.next()
	b := campaign.AppendMoney(*d, ms, 3)
	for b[len(b)-1] == '0' {
		b = b[:len(b)-1]
	}
	if b[len(b)-1] == '.' {
		b = b[:len(b)-1]
	}
	*d = b
}

// money writes minor units of a currency with that many digits as a string.
func (d *document) money(minor int64, digits int) {
	d.next()
	*d = append(campaign.AppendMoney(append(*d, '"'), minor, digits), '"')
}

// instant writes RFC 3339 in UTC, or null for campaign.None.
func (d *document) instant(ms int64) {
	if ms == campaign.None {
		d.null()
		return
	}
	d.next()
	*d = append(campaign.AppendInstant(append(*d, '"'), ms), '"')
}

// value writes what keys of groups are made of: text, a whole number, or nil.
func (d *document) value(v any) {
	switch v := v.(type) {
	case string:
		d.text(v)
	case int64:
		d.int(v)
	default:
		d.null()
	}
}
