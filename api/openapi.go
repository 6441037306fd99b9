package api

import (
	_ "embed"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
)

// openAPISource is the document as it is written by hand, all but who may do what.
//
//go:embed openapi.json
var openAPISource []byte

// docPath writes a route's path the way the document does.
func docPath(path string) string {
	steps := strings.Split(path, "/")
	for i, step := range steps {
		if name, ok := strings.CutPrefix(step, ":"); ok {
			steps[i] = "{" + name + "}"
		}
		if name, ok := strings.CutPrefix(step, "*"); ok {
			steps[i] = "{" + name + "}"
		}
	}
	return strings.Join(steps, "/")
}

// openAPIDocument adds to the document what the table of rights says of each route.
// A route that is not described is left out here; a test holds that there is none.
func openAPIDocument(routes []route) document {
	var doc map[string]any
	if err := json.Unmarshal(openAPISource, &doc); err != nil {
		panic("api: openapi.json: " + err.Error())
	}
	paths := doc["paths"].(map[string]any)
	for _, r := range routes {
		path, _ := paths[docPath(r.path)].(map[string]any)
		operation, _ := path[strings.ToLower(r.method)].(map[string]any)
		if operation == nil {
			continue
		}
		operation["x-rights"] = r.requires
		operation["x-roles"] = append([]string{}, r.requires.roles()...)
		operation["security"] = []any{map[string]any{"key": []string{}}}
		if r.requires.keyless() {
			operation["security"] = []any{}
		}
	}
	table := []any{}
	for _, g := range grants {
		table = append(table, map[string]any{"right": g.right, "roles": g.roles, "allows": g.allows})
	}
	doc["x-rights"] = table
	body, err := json.Marshal(doc)
	if err != nil {
		panic("api: openapi.json: " + err.Error())
	}
	return body
}

func (s *Server) getOpenAPI(c *gin.Context) error {
	send(c, http.StatusOK, s.openAPI[:len(s.openAPI):len(s.openAPI)])
	return nil
}
