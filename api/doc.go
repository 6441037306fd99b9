// Package api is the face of ringside: HTTP. Server (server.go) holds the table
// of routes and what each of them asks of a key, rights.go which roles have that;
// problem.go is the one place where errors become answers; post.go takes facts,
// kpis.go gives figures; openapi.json says it all to those who call.
//
// It knows storage only through the small interfaces declared beside the
// handlers that use them.
package api
