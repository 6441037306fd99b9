// Package web shows pages: templates, and the texts on them.
package web

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"strings"
)

// Policy is the Content-Security-Policy of every page.
const Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'none'; " +
	"frame-ancestors 'none'; base-uri 'none'; form-action 'self'"

// Page is what the layout shows around a page.
type Page struct {
	Title   string
	Nav     []Link
	Person  string
	Version string
	View    any
}

// Link is a place to go to; Current marks the one that is shown.
type Link struct {
	Text, Href string
	Current    bool
}

//go:embed templates/*.html
var templateFiles embed.FS

//go:embed messages/en/*.json
var messageFiles embed.FS

// Style is the style sheet.
//
//go:embed static/style.css
var Style []byte

var sets = func() map[string]*template.Template {
	functions := template.FuncMap{"t": T, "static": func(name string) string { return "/static/0/" + name }}
	shared := template.Must(template.New("").Funcs(functions).ParseFS(templateFiles, "templates/layout.html", "templates/part-*.html"))
	names, err := fs.Glob(templateFiles, "templates/*.html")
	if err != nil {
		panic(err)
	}
	all := map[string]*template.Template{}
	for _, file := range names {
		name := strings.TrimSuffix(path.Base(file), ".html")
		all[name] = template.Must(template.Must(shared.Clone()).ParseFS(templateFiles, file))
	}
	return all
}()

var messages = func() map[string]string {
	all := map[string]string{}
	files, err := fs.Glob(messageFiles, "messages/en/*.json")
	if err != nil {
		panic(err)
	}
	for _, file := range files {
		text, err := messageFiles.ReadFile(file)
		if err != nil {
			panic(err)
		}
		if err := json.Unmarshal(text, &all); err != nil {
			panic(err)
		}
	}
	return all
}()

// T returns the text of that id.
func T(id string, pairs ...any) string {
	text, ok := messages[id]
	if !ok {
		return "⟨" + id + "⟩"
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		text = strings.ReplaceAll(text, fmt.Sprint("{", pairs[i], "}"), fmt.Sprint(pairs[i+1]))
	}
	return text
}

// Render writes the page of that name.
func Render(name string, p *Page) ([]byte, error) {
	set := sets[name]
	if set == nil {
		return nil, fmt.Errorf("web: no page %q", name)
	}
	var b bytes.Buffer
	err := set.ExecuteTemplate(&b, "layout.html", p)
	return b.Bytes(), err
}

// Problem is the page of a request that failed.
type Problem struct{ Title, Detail, Request string }
