package funnel

import (
	"cmp"
	"encoding/binary"
	"errors"
	"slices"
)

// Entry is one number of a cell: what it counts, and how much.
type Entry struct{ ID, Value int64 }

// Vector is the content of a cell: entries in ascending order of ID, each once,
// none of them zero.
type Vector []Entry

// Encode writes the vector as varints, each ID as its distance from the one before.
func (v Vector) Encode() []byte {
	b := make([]byte, 0, 4*len(v))
	prev := int64(0)
	for _, e := range v {
		b = binary.AppendVarint(b, e.ID-prev)
		b = binary.AppendVarint(b, e.Value)
		prev = e.ID
	}
	return b
}

var errVector = errors.New("funnel: a stored cell is damaged; run rebuild")

// AppendDecoded appends the entries that Encode wrote to v.
func AppendDecoded(v Vector, b []byte) (Vector, error) {
	prev := int64(0)
	for len(b) > 0 {
		step, n := binary.Varint(b)
		if n <= 0 {
			return v, errVector
		}
		value, m := binary.Varint(b[n:])
		if m <= 0 {
			return v, errVector
		}
		b = b[n+m:]
		prev += step
		v = append(v, Entry{prev, value})
	}
	return v, nil
}

// Add adds a value in place under an ID. A sum of zero stays as an entry: whoever
// stores the vector takes those out.
func (v *Vector) Add(id, value int64) {
	at := v.find(id)
	if at < len(*v) && (*v)[at].ID == id {
		(*v)[at].Value += value
		return
	}
	*v = slices.Insert(*v, at, Entry{id, value})
}

// find returns where an ID stands, or would. Recording calls it for every sum of
// every cell, and a search that takes a function costs twice as much.
func (v Vector) find(id int64) int {
	from, to := 0, len(v)
	for from < to {
		if mid := (from + to) / 2; v[mid].ID < id {
			from = mid + 1
		} else {
			to = mid
		}
	}
	return from
}

// Merge returns the sum of both vectors. Neither is changed.
func (v Vector) Merge(o Vector) Vector {
	out := make(Vector, 0, len(v)+len(o))
	for len(v) > 0 && len(o) > 0 {
		switch cmp.Compare(v[0].ID, o[0].ID) {
		case -1:
			out, v = append(out, v[0]), v[1:]
		case 1:
			out, o = append(out, o[0]), o[1:]
		default:
			if sum := v[0].Value + o[0].Value; sum != 0 {
				out = append(out, Entry{v[0].ID, sum})
			}
			v, o = v[1:], o[1:]
		}
	}
	return append(append(out, v...), o...)
}
