package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// position says how far an import has come: what of its input was acknowledged,
// and whose input that is. It is kept beside the input after each acknowledged
// piece, and taken away with the last, so that --resume can go on from there.
type position struct {
	Kind     string `json:"kind"`
	Campaign string `json:"campaign"`
	Into     string `json:"into"`
	// Size and Head, of the first bytes, tell one input from another; Mapping is
	// the mapping it is read by.
	Size    int64  `json:"size"`
	Head    string `json:"head_sha256"`
	Mapping string `json:"mapping_sha256"`

	// Steps is how many items and refused lines of the input are done with.
	Steps  int64    `json:"steps"`
	Counts imported `json:"counts"`
	// RefusedBytes is how much of the file of refused lines was written by then.
	RefusedBytes int64 `json:"refused_bytes"`
}

// headBytes is how much of the input's beginning tells it from others.
const headBytes = 64 << 10

// describe reads what tells the input from others.
func (p *position) describe(file *os.File, mapping []byte) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if p.Head, err = headOf(file, headBytes); err != nil {
		return err
	}
	read := sha256.Sum256(mapping)
	p.Size, p.Mapping = info.Size(), hex.EncodeToString(read[:])
	return nil
}

// readPosition reads where an import of the same input stopped.
func readPosition(name string, now position) (p position, err error) {
	text, err := os.ReadFile(name)
	if errors.Is(err, os.ErrNotExist) {
		return p, fmt.Errorf("there is no %s to go on from; leave out --resume: to import from the beginning is safe, a repetition changes nothing", name)
	}
	if err != nil {
		return p, err
	}
	const remedy = "; leave out --resume: to import from the beginning is safe, a repetition changes nothing"
	if err := json.Unmarshal(text, &p); err != nil {
		return p, fmt.Errorf("%s cannot be read (%w)%s", name, err, remedy)
	}
	for _, c := range []struct {
		same bool
		what string
	}{
		{p.Kind == now.Kind, "the import of " + p.Kind},
		{p.Campaign == now.Campaign, "an import into the campaign " + p.Campaign},
		{p.Into == now.Into, "an import into " + p.Into},
		{p.Size == now.Size && p.Head == now.Head, "an input that was another then"},
		{p.Mapping == now.Mapping, "an import by another mapping"},
	} {
		if !c.same {
			return p, fmt.Errorf("%s is of %s%s", name, c.what, remedy)
		}
	}
	return p, nil
}

// write keeps the position, whole or not at all.
func (p *position) write(name string) error { return writeWhole(name, p) }

// headOf sums up the first n bytes of a file, which tell it from others.
func headOf(file *os.File, n int64) (string, error) {
	sum := sha256.New()
	_, err := io.Copy(sum, io.NewSectionReader(file, 0, n))
	return hex.EncodeToString(sum.Sum(nil)), err
}

// writeWhole writes a document to a file, whole or not at all.
func writeWhole(name string, document any) error {
	text, err := json.Marshal(document)
	if err != nil {
		return err
	}
	if err := os.WriteFile(name+".new", append(text, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(name+".new", name)
}
