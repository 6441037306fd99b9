// Package web shows pages: templates, the texts on them, how figures are written
// and drawn, and the files a browser loads. It is given all it shows and looks
// nothing up.
package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"strings"
)

// Policy is the Content-Security-Policy of every page: our own files, and nothing
// that stands in the page itself.
const Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'none'; " +
	"frame-ancestors 'none'; base-uri 'none'; form-action 'self'"

// Page is what the layout shows around a page.
type Page struct {
	// Title is the page's own, before the product's name.
	Title string
	// Nav are the places to go to from everywhere, Trail those above this page.
	Nav, Trail []Link
	// Person is who is signed in, "" where that is not known by name.
	Person  string
	Version string
	// Live is the view, path and query, whose regions the server sends anew when
	// they change; "" for a page that stands still.
	Live string
	// At is when the numbers were read, as a clock shows it; Clock the same for
	// scripts, which show it by the clock of Zone, or of the reader where that is "".
	At, Clock, Zone string
	// CSV is where the page's tables are to be had for other programs, "" where each
	// says so for itself.
	CSV string
	// View is what the page's own template shows.
	View any
}

// Link is a place to go to; Current marks the one that is shown.
type Link struct {
	Text, Href string
	Current    bool
}

//go:embed templates/*.html
var templateFiles embed.FS

// sets are the pages, by name: each with the layout and the parts all share.
var sets = func() map[string]*template.Template {
	shared := template.Must(template.New("").Funcs(functions).ParseFS(templateFiles, "templates/layout.html", "templates/part-*.html"))
	names, err := fs.Glob(templateFiles, "templates/*.html")
	if err != nil {
		panic(err)
	}
	all := map[string]*template.Template{}
	for _, file := range names {
		name := strings.TrimSuffix(path.Base(file), ".html")
		if name == "layout" || strings.HasPrefix(name, "part-") {
			continue
		}
		all[name] = template.Must(template.Must(shared.Clone()).ParseFS(templateFiles, file))
	}
	return all
}()

// Render writes the page of that name, the file templates/NAME.html, which defines
// "main".
func Render(name string, p *Page) ([]byte, error) { return execute(name, "layout.html", p) }

// Fragment writes one block of a page alone, for another that loads it into itself.
func Fragment(name, block string, p *Page) ([]byte, error) { return execute(name, block, p) }

// Regions writes the parts of a page that move: its templates "live-…", which are
// given the page's View, by their names without that.
func Regions(name string, p *Page) (map[string]string, error) {
	regions := map[string]string{}
	set := sets[name]
	if set == nil {
		return nil, fmt.Errorf("web: no page %q", name)
	}
	for _, t := range set.Templates() {
		if region, ok := strings.CutPrefix(t.Name(), "live-"); ok {
			var b bytes.Buffer
			if err := set.ExecuteTemplate(&b, t.Name(), p.View); err != nil {
				return nil, err
			}
			regions[region] = b.String()
		}
	}
	return regions, nil
}

func execute(name, block string, p *Page) ([]byte, error) {
	set := sets[name]
	if set == nil {
		return nil, fmt.Errorf("web: no page %q", name)
	}
	var b bytes.Buffer
	err := set.ExecuteTemplate(&b, block, p)
	return b.Bytes(), err
}

// functions are what templates call.
var functions = template.FuncMap{
	"t": T, "static": Static, "number": Number, "percent": Percent, "duration": Duration, "list": func(all ...any) []any { return all },
}
