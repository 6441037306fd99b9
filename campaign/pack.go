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
	r := Packed{Rest: b}
	c.Named, c.Null = FieldSet(r.Uvarint()), FieldSet(r.Uvarint())
	if c.Named>>len(fields) != 0 || c.Null&^c.Named != 0 {
		return Content{}, errPacked
	}
	last := int64(0)
	for rest := c.Named &^ c.Null; rest != 0; rest &= rest - 1 {
		f := rest.First()
		switch v := &c.Values[f]; {
		case fields[f].Type.IsText():
			v.Text = r.Text()
		case fields[f].Type == TypeInstant:
			last += r.Varint()
			v.Int = last
		default:
			v.Int = r.Varint()
		}
	}
	if r.Bad || len(r.Rest) > 0 {
		return Content{}, errPacked
	}
	return c, nil
}

// Packed reads what was packed as varints and texts led by their length. What cannot
// be read is 0 or empty, as is all that follows, and Bad says so.
type Packed struct {
	Rest []byte
	Bad  bool
}

// Uvarint reads a number that is not negative.
func (r *Packed) Uvarint() uint64 {
	v, n := binary.Uvarint(r.Rest)
	r.skip(n)
	return v
}

// Varint reads a number.
func (r *Packed) Varint() int64 {
	v, n := binary.Varint(r.Rest)
	r.skip(n)
	return v
}

func (r *Packed) skip(n int) {
	if n <= 0 {
		r.Bad, r.Rest = true, nil
		return
	}
	r.Rest = r.Rest[n:]
}

// Text reads a text.
func (r *Packed) Text() string {
	n := r.Uvarint()
	if n > uint64(len(r.Rest)) {
		r.Bad, r.Rest = true, nil
		return ""
	}
	text := string(r.Rest[:n])
	r.Rest = r.Rest[n:]
	return text
}
