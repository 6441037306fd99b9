package campaign

import (
	"encoding/binary"
	"errors"
)

var errPacked = errors.New("campaign: a stored version is damaged")

// Pack writes the content in the few bytes in which versions are stored: the sets of
// fields named and null, then what is given in the order of the kind's table.
// Texts are led by their length; an instant is told as its distance from the one
// before it.
func (c *Content) Pack(kind Kind) []byte {
	fields := kind.Fields()
	b := binary.AppendUvarint(make([]byte, 0, 64), uint64(c.Named))
	b = binary.AppendUvarint(b, uint64(c.Null))
	last := int64(0)
	for rest := c.Named &^ c.Null; rest != 0; rest &= rest - 1 {
		f := rest.First()
		switch v := &c.Values[f]; {
		case fields[f].Type.IsText():
			b = binary.AppendUvarint(b, uint64(len(v.Text)))
			b = append(b, v.Text...)
		case fields[f].Type == TypeInstant:
			b = binary.AppendVarint(b, v.Int-last)
			last = v.Int
		default:
			b = binary.AppendVarint(b, v.Int)
		}
	}
	return b
}

// Unpack reads back what Pack wrote. Any other bytes are an error.
func Unpack(kind Kind, b []byte) (Content, error) {
	fields := kind.Fields()
	c := Content{Values: make([]Value, len(fields))}
	r := packed{rest: b}
	c.Named, c.Null = FieldSet(r.uvarint()), FieldSet(r.uvarint())
	if c.Named>>len(fields) != 0 || c.Null&^c.Named != 0 {
		return Content{}, errPacked
	}
	last := int64(0)
	for rest := c.Named &^ c.Null; rest != 0; rest &= rest - 1 {
		f := rest.First()
		switch v := &c.Values[f]; {
		case fields[f].Type.IsText():
			v.Text = r.text()
		case fields[f].Type == TypeInstant:
			last += r.varint()
			v.Int = last
		default:
			v.Int = r.varint()
		}
	}
	if r.bad || len(r.rest) > 0 {
		return Content{}, errPacked
	}
	return c, nil
}

// packed is what is left to be read.
type packed struct {
	rest []byte
	bad  bool
}

func (r *packed) uvarint() uint64 {
	v, n := binary.Uvarint(r.rest)
	r.skip(n)
	return v
}

func (r *packed) varint() int64 {
	v, n := binary.Varint(r.rest)
	r.skip(n)
	return v
}

func (r *packed) skip(n int) {
	if n <= 0 {
		r.bad, r.rest = true, nil
		return
	}
	r.rest = r.rest[n:]
}

func (r *packed) text() string {
	n := r.uvarint()
	if n > uint64(len(r.rest)) {
		r.bad, r.rest = true, nil
		return ""
	}
	text := string(r.rest[:n])
	r.rest = r.rest[n:]
	return text
}
