package importer

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

// drain reads everything and writes it down a line each: "7 {…}" for an item,
// "!7 reason" or "!7 field: reason" for a refused row.
func drain(t testing.TB, r *Reader) string {
	t.Helper()
	out, err := drainAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func drainAll(r *Reader) (string, error) {
	var b strings.Builder
	for {
		item, err := r.Next()
		var refused *LineError
		switch {
		case err == io.EOF:
			return b.String(), nil
		case errors.As(err, &refused):
			if refused.Field != "" {
				refused.Reason = refused.Field + ": " + refused.Reason
			}
			fmt.Fprintf(&b, "!%d %s\n", refused.Line, refused.Reason)
		case err != nil:
			return b.String(), err
		default:
			fmt.Fprintf(&b, "%d %s\n", item.Line, item.JSON)
		}
	}
}

func mapping(t testing.TB, text string) *Mapping {
	t.Helper()
	m, err := ReadMapping(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return &m
}

// importText runs a file's text through a mapping; "" is no mapping.
func importText(t testing.TB, kind, mapText, text string) string {
	t.Helper()
	var m *Mapping
	if mapText != "" {
		m = mapping(t, mapText)
	}
	r, err := Open(strings.NewReader(text), kind, m)
	if err != nil {
		t.Fatal(err)
	}
	return drain(t, r)
}

func openError(t testing.TB, kind, mapText, text string) string {
	t.Helper()
	var m *Mapping
	if mapText != "" {
		m = mapping(t, mapText)
	}
	_, err := Open(strings.NewReader(text), kind, m)
	if err == nil {
		t.Fatal("it was taken, want an error")
	}
	return err.Error()
}

func same(t testing.TB, got, want string) {
	t.Helper()
	if want = strings.TrimLeft(want, "\n"); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func contains(t testing.TB, got string, wanted ...string) {
	t.Helper()
	for _, want := range wanted {
		if !strings.Contains(got, want) {
			t.Errorf("got %q, which lacks %q", got, want)
		}
	}
}
