package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// place is how far a followed file was posted, and what tells that file from the
// one that takes its name after a rotation: its first bytes.
type place struct {
	Offset int64  `json:"offset"`
	Head   string `json:"head_sha256"`
	Bytes  int64  `json:"head_bytes"`
}

// placeHead is how many of the first bytes tell a file; fewer while it is short.
const placeHead = 4 << 10

// readPlace reads where a file was left; the beginning where nothing was kept.
func readPlace(name string) (p place, err error) {
	text, err := os.ReadFile(name)
	if errors.Is(err, os.ErrNotExist) {
		return p, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &p)
	}
	if err != nil {
		return p, fmt.Errorf("%s cannot be read (%w); remove it to begin at the file's beginning: what is posted twice changes nothing", name, err)
	}
	return p, nil
}

// write keeps the place, whole or not at all.
func (p *place) write(name string, file *os.File) (err error) {
	p.Bytes = min(p.Offset, placeHead)
	if p.Head, err = headOf(file, p.Bytes); err != nil {
		return err
	}
	return writeWhole(name, p)
}

// of reports whether the place is one in this file.
func (p *place) of(file *os.File) (bool, error) {
	if p.Offset == 0 {
		return true, nil
	}
	info, err := file.Stat()
	if err != nil || info.Size() < p.Offset {
		return false, err
	}
	head, err := headOf(file, p.Bytes)
	return head == p.Head, err
}

// find looks for the file the place is in beside the name it had: rotated files
// keep it as the beginning of theirs. It returns nil where there is none.
func (p *place) find(name string) (*os.File, error) {
	entries, err := os.ReadDir(filepath.Dir(name))
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if !e.Type().IsRegular() || e.Name() == filepath.Base(name) || !strings.HasPrefix(e.Name(), filepath.Base(name)) {
			continue
		}
		file, err := os.Open(filepath.Join(filepath.Dir(name), e.Name()))
		if err != nil {
			return nil, err
		}
		if same, err := p.of(file); err == nil && same {
			return file, nil
		}
		if err := file.Close(); err != nil {
			return nil, err
		}
	}
	return nil, nil
}
