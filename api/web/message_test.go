package web

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	inTemplate = regexp.MustCompile(`\bt "([^"]+)"`)
	inGo       = regexp.MustCompile(`"([a-z_]+(?:\.[a-z_0-9]+)+)"`)
	// families are ids that are put together: of each all messages count as used.
	inFamily = regexp.MustCompile(`(?:\bt \(print |\bT\(|\bweb\.(?:T|Hint)\()"([a-z_.]+\.)"`)
)

// TestEveryMessageIsThereAndUsed holds templates and handlers to the catalogue of
// messages, and the catalogue to them.
func TestEveryMessageIsThereAndUsed(t *testing.T) {
	used, families := map[string]bool{}, []string{}
	read := func(name string, by *regexp.Regexp, sure bool) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range by.FindAllStringSubmatch(string(text), -1) {
			if _, there := messages[m[1]]; !there && sure {
				t.Errorf("%s: there is no message %s", name, m[1])
			}
			used[m[1]] = true
		}
		for _, m := range inFamily.FindAllStringSubmatch(string(text), -1) {
			families = append(families, m[1])
		}
	}
	templates, err := fs.Glob(templateFiles, "templates/*.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range templates {
		read(name, inTemplate, true)
	}
	for _, pattern := range []string{"*.go", "../*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			if !strings.HasSuffix(name, "_test.go") {
				read(name, regexp.MustCompile(`\bT\("([^"]+[^."])"`), true)
				read(name, inGo, false)
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(messages)) {
		if !used[id] && !slices.ContainsFunc(families, func(f string) bool { return strings.HasPrefix(id, f) }) {
			t.Errorf("the message %s is not used", id)
		}
	}
	if len(messages) < 20 || len(used) < 20 {
		t.Errorf("%d messages, %d used; does this test still look in the right place?", len(messages), len(used))
	}
}

// TestNoWordsInTemplates: what people read stands in the catalogue.
func TestNoWordsInTemplates(t *testing.T) {
	tags := regexp.MustCompile(`(?s)<pre.*?</pre>|<code>.*?</code>|<!doctype html>|\{\{.*?\}\}|<(?:[^<>"]|"[^"]*")*>`)
	files, err := fs.Glob(templateFiles, "templates/*.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		text, err := templateFiles.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if words := regexp.MustCompile(`[A-Za-z]{2,}`).FindAllString(tags.ReplaceAllString(string(text), " "), -1); words != nil {
			t.Errorf("%s: %v stand outside the catalogue", name, words)
		}
	}
}

func TestMessageForms(t *testing.T) {
	for _, c := range []struct {
		got, want string
	}{
		{T("standing.headroom", "n", 1), "1 more may be dropped"},
		{T("standing.headroom", "n", int64(12345)), "12,345 more may be dropped"},
		{T("pages.shown", "from", 1, "to", 50, "all", 1200), "1 to 50 of 1,200"},
		{T("layout.live"), "Live, numbers of {at}"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}

func TestFilled(t *testing.T) {
	for text, want := range map[string]string{"{a} of {b}": "{b} of 2", "{c}, {": "{c}, {", "{a": "{a", "": "", "} {b}{b}": "} 22"} {
		if got := filled(text, map[string]string{"a": "{b}", "b": "2"}); got != want {
			t.Errorf("%q becomes %q, not %q", text, got, want)
		}
	}
}
