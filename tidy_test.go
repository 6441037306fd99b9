// Package ringside_test holds the house rules: which folder may import which,
// how long things may grow, and what SQL must look like on every engine.
package ringside_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// arrows lists what of ours each folder may import. A folder that is not listed
// does not belong to the house.
var arrows = map[string][]string{
	"campaign":                {},
	"funnel":                  {"campaign"},
	"funnel/twin":             {},
	"db":                      {"campaign", "funnel"},
	"db/dbtest":               {},
	"api":                     {"campaign", "funnel", "api/dialer", "api/web"},
	"api/web":                 {"campaign", "funnel"},
	"api/importer":            {"campaign"},
	"api/dialer":              {"campaign"},
	"cmd/ringside":            {"campaign", "funnel", "db", "api", "api/importer", "cmd/ringside/bench", "cmd/ringside/callcentre"},
	"cmd/ringside/bench":      {"campaign", "funnel", "db"},
	"cmd/ringside/callcentre": {},
}

// onlyForTests may be imported by tests alone.
var onlyForTests = []string{"funnel/twin", "db/dbtest"}

const (
	functionLinesMost = 70
	fileLinesMost     = 500
)

type source struct {
	path, dir string
	test      bool
	fileset   *token.FileSet
	file      *ast.File
	lines     int
}

func sources(t *testing.T) (all []source) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && (strings.HasPrefix(d.Name(), ".") && path != "." || d.Name() == "node_modules" || d.Name() == "testdata") {
			if d != nil && d.IsDir() && err == nil {
				return filepath.SkipDir
			}
			return err
		}
		if filepath.Ext(path) != ".go" {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		s := source{path: path, dir: filepath.ToSlash(filepath.Dir(path)), test: strings.HasSuffix(path, "_test.go"),
			fileset: token.NewFileSet(), lines: strings.Count(string(text), "\n")}
		s.file, err = parser.ParseFile(s.fileset, path, text, parser.ParseComments)
		all = append(all, s)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestArrows(t *testing.T) {
	for _, s := range sources(t) {
		allowed, known := arrows[s.dir]
		if !known && s.dir != "." {
			t.Errorf("%s: the folder %s is not part of the house; see ARCHITECTURE.md", s.path, s.dir)
			continue
		}
		if s.test {
			continue // a test may look at whatever it tests with
		}
		for _, imported := range s.file.Imports {
			path, err := strconv.Unquote(imported.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			ours, found := strings.CutPrefix(path, "ringside/")
			if found && !slices.Contains(allowed, ours) {
				t.Errorf("%s imports %s; %s may import only %v", s.path, ours, s.dir, allowed)
			}
			if found && slices.Contains(onlyForTests, ours) {
				t.Errorf("%s imports %s, which is for tests alone", s.path, ours)
			}
		}
	}
}

// TestPure holds the nouns and the arithmetic to no I/O and no clock.
func TestPure(t *testing.T) {
	banned := []string{"os", "net", "net/http", "io", "database/sql", "log", "log/slog", "context"}
	for _, s := range sources(t) {
		if s.test || s.dir != "campaign" && s.dir != "funnel" {
			continue
		}
		for _, imported := range s.file.Imports {
			if path, _ := strconv.Unquote(imported.Path.Value); slices.Contains(banned, path) {
				t.Errorf("%s imports %s, but %s does no I/O", s.path, path, s.dir)
			}
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if call, ok := n.(*ast.SelectorExpr); ok && fmt.Sprint(call.X) == "time" && call.Sel.Name == "Now" {
				t.Errorf("%s asks what time it is", s.fileset.Position(n.Pos()))
			}
			return true
		})
	}
}

func TestSizes(t *testing.T) {
	for _, s := range sources(t) {
		if !s.test && s.lines > fileLinesMost {
			t.Errorf("%s has %d lines, at most %d fit one noun", s.path, s.lines, fileLinesMost)
		}
		for _, d := range s.file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || s.test {
				continue // a test may hold a long table
			}
			lines := s.fileset.Position(f.End()).Line - s.fileset.Position(f.Pos()).Line + 1
			if lines > functionLinesMost {
				t.Errorf("%s: %s has %d lines, at most %d fit on a screen", s.path, f.Name.Name, lines, functionLinesMost)
			}
		}
	}
}

// TestDocumented wants a comment on every exported name of the product.
func TestDocumented(t *testing.T) {
	for _, s := range sources(t) {
		if s.test || s.file.Name.Name == "main" {
			continue
		}
		for _, d := range s.file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Name.IsExported() && exportedReceiver(d) && d.Doc == nil {
					t.Errorf("%s: %s has no comment", s.path, d.Name.Name)
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if ts, ok := spec.(*ast.TypeSpec); ok && ts.Name.IsExported() && d.Doc == nil && ts.Doc == nil {
						t.Errorf("%s: %s has no comment", s.path, ts.Name.Name)
					}
				}
			}
		}
	}
}

func exportedReceiver(f *ast.FuncDecl) bool {
	if f.Recv == nil {
		return true
	}
	name := strings.TrimLeft(fmt.Sprint(f.Recv.List[0].Type), "&{* ")
	return ast.IsExported(strings.Fields(strings.TrimRight(name, "}") + " x")[0]) && f.Name.Name != "String" && f.Name.Name != "Error"
}

// shared are the tables that are not led by a campaign: small, and the same on
// every node.
var shared = []string{"campaigns", "access_keys", "access_key_campaigns", "users", "user_campaigns", "user_links", "sessions", "agents", "sources", "exchange_rates", "kpis", "targets", "target_versions", "schema_versions"}

var (
	parameter  = regexp.MustCompile(`\$(\d+)`)
	createdFor = regexp.MustCompile(`(?s)create table (\w+) \((.*?)\n\)`)
	keyed      = regexp.MustCompile(`(primary key|unique) \((\w+)`)
	indexed    = regexp.MustCompile(`create (?:unique )?index \w+ on (\w+) \((\w+)`)
	touched    = regexp.MustCompile(`\b(?:from|into|update|join) (\w+)`)
	typedText  = regexp.MustCompile(`(?m)^\s+(\w+)\s+text\b`)
	ordered    = regexp.MustCompile(`(?s)\border by (.*)`)
	extreme    = regexp.MustCompile(`\b(?:min|max)\((?:\w+\.)?(\w+)\)`)
	word       = regexp.MustCompile(`\w+`)
	oneEngine  = regexp.MustCompile(`\b(begin (?:immediate|isolation)|for update|for share|without rowid|lock table|pg_\w+\(|any\(|collate|pragma|rowid)\b?`)
	volatile   = regexp.MustCompile(`\b(now\(|random\(|current_timestamp|datetime\(|strftime\()`)
)

// TestSQL reads every SQL text in db: parameters first appear in ascending order
// (SQLite binds them in order of appearance), a campaign's tables are only
// touched by campaign, nothing volatile is asked of the engine, no text is
// ordered by a collation, and what one engine alone understands stands in
// engine.go, or with its reason among apart.
func TestSQL(t *testing.T) {
	tables, texted := campaignTables(t), textColumns(t)
	apart := map[string]string{"db/lookup.go": "any(", "db/checkpoint.go": "pragma", "db/pages.go": "pragma"}
	texts := 0
	for _, s := range sources(t) {
		if s.test || s.dir != "db" {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			text, ok := n.(*ast.BasicLit)
			if !ok || text.Kind != token.STRING {
				return true
			}
			sql, err := strconv.Unquote(text.Value)
			where := s.fileset.Position(text.Pos()).String()
			if found := oneEngine.FindString(sql); err == nil && found != "" && s.path != "db/engine.go" && found != apart[s.path] {
				t.Errorf("%s: %q is not for every engine; let engine.go say it", where, found)
			}
			if err != nil || !parameter.MatchString(sql) && !touched.MatchString(sql) {
				return true
			}
			texts++
			checkSQL(t, where, sql, tables)
			checkCollation(t, where, sql, texted)
			return true
		})
	}
	if texts < 30 {
		t.Errorf("only %d SQL texts were found; does this test still look in the right place?", texts)
	}
}

func checkSQL(t *testing.T, where, sql string, tables []string) {
	next := 1
	for _, m := range parameter.FindAllStringSubmatch(sql, -1) {
		if n, _ := strconv.Atoi(m[1]); n == next {
			next++
		} else if n > next {
			t.Errorf("%s: $%d comes before $%d", where, n, next)
		} else {
			t.Errorf("%s: $%d is used twice; give each place its own number", where, n)
		}
	}
	if volatile.MatchString(sql) {
		t.Errorf("%s: asks the engine for something volatile; pass it as a parameter", where)
	}
	for _, m := range touched.FindAllStringSubmatch(sql, -1) {
		if slices.Contains(tables, m[1]) && !strings.Contains(sql, "campaign_id") {
			t.Errorf("%s: touches %s without campaign_id", where, m[1])
		}
	}
}

// checkCollation wants text to be put in order in Go, where it is bytewise.
func checkCollation(t *testing.T, where, sql string, texted []string) {
	var by []string
	if m := ordered.FindStringSubmatch(sql); m != nil {
		by = word.FindAllString(m[1], -1)
	}
	for _, m := range extreme.FindAllStringSubmatch(sql, -1) {
		by = append(by, m[1])
	}
	for _, column := range by {
		if slices.Contains(texted, column) {
			t.Errorf("%s: orders by the text %s, which differs between databases; sort in Go", where, column)
		}
	}
}

// textColumns returns the names of all columns of text.
func textColumns(t *testing.T) (names []string) {
	files, err := filepath.Glob("db/migrations/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range typedText.FindAllStringSubmatch(string(text), -1) {
			names = append(names, m[1])
		}
	}
	if !slices.Contains(names, "ref") || slices.Contains(names, "lead_no") {
		t.Errorf("text columns are %v; does this test still read the migrations?", names)
	}
	return names
}

// campaignTables returns the tables of the migrations that belong to campaigns,
// and holds their keys to be led by campaign_id.
func campaignTables(t *testing.T) (tables []string) {
	files, err := filepath.Glob("db/migrations/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("no migrations: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range createdFor.FindAllStringSubmatch(string(text), -1) {
			name, body := m[1], m[2]
			if slices.Contains(shared, name) {
				continue
			}
			tables = append(tables, name)
			keys := keyed.FindAllStringSubmatch(body, -1)
			if !strings.Contains(body, "primary key") {
				t.Errorf("%s: %s has no primary key", file, name)
			}
			for _, k := range keys {
				if k[2] != "campaign_id" {
					t.Errorf("%s: a key of %s begins with %s, not with campaign_id", file, name, k[2])
				}
			}
			if !regexp.MustCompile(`campaign_id\s+bigint\s+not null`).MatchString(body) {
				t.Errorf("%s: campaign_id of %s is not bigint not null", file, name)
			}
		}
		for _, m := range indexed.FindAllStringSubmatch(string(text), -1) {
			if !slices.Contains(shared, m[1]) && m[2] != "campaign_id" {
				t.Errorf("%s: an index of %s begins with %s, not with campaign_id", file, m[1], m[2])
			}
		}
	}
	return tables
}
