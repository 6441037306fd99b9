package importer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// readNDJSON gives the next line that is not blank, judged as text.
func readNDJSON(lines *lineReader) (line, error) {
	for {
		ln, err := lines.next()
		if err != nil {
			return ln, err
		}
		if ln.long {
			return ln, tooLong(lines, ln)
		}
		ln.text = bytes.Trim(ln.text, " \t")
		if len(ln.text) == 0 {
			continue
		}
		if err := judgeText(ln); err != nil {
			return ln, &LineError{Line: ln.no, Reason: err.Error(), Raw: rawText(ln.text)}
		}
		return ln, nil
	}
}

// checkObject refuses what is no JSON object; its content is the decoder's.
func checkObject(text []byte) error {
	if text[0] != '{' || !json.Valid(text) {
		return errors.New("the line is not one JSON object")
	}
	return nil
}

// flatten puts the wanted keys of an object into cells as text, numbers exactly
// as written. A key of an object within goes by the way to it: customer.phone.
func flatten(text []byte, cols *columns, cells []string) error {
	if err := checkObject(text); err != nil {
		return err
	}
	return flattenInto(text, "", cols, cells)
}

func flattenInto(text []byte, prefix string, cols *columns, cells []string) error {
	return eachKey(text, "the line", func(key string, value []byte) error {
		key = prefix + key
		col, wanted := cols.index[key]
		switch {
		case value[0] == '{' && cols.within(key+"."):
			return flattenInto(value, key+".", cols, cells)
		case !wanted || string(value) == "null":
			return nil
		case value[0] == '{' || value[0] == '[':
			return fmt.Errorf("%q is not a text, a number, true or false", key)
		}
		return readScalar(value, key, &cells[col])
	})
}

// within tells whether a wanted key lies under prefix.
func (c *columns) within(prefix string) bool {
	for _, name := range c.names {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}
