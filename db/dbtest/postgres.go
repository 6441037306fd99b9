//go:build postgres

package dbtest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net/url"
	"os"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Engine names the engine under test.
const Engine = "postgres"

// Rounds is how many random campaigns a test draws where the embedded engine draws n: a
// sixth, as a server of its own takes so much longer for each, and make long draws
// thousands on either.
func Rounds(n int) int { return (n + 5) / 6 }

// New returns the address of an empty database on the engine under test: a schema
// of its own, as making one takes a fraction of the time of a database.
func New(t testing.TB) string {
	t.Helper()
	address := os.Getenv("RINGSIDE_TEST_POSTGRES")
	if address == "" {
		t.Fatal("RINGSIDE_TEST_POSTGRES is not set; run these tests with: make postgres")
	}
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	var random [8]byte
	rand.Read(random[:])
	schema := "test_" + hex.EncodeToString(random[:])
	Exec(t, address, "create schema "+schema)
	query := u.Query()
	query.Set("search_path", schema)
	// Tests tell their own connections from others by this name.
	query.Set("application_name", schema)
	u.RawQuery = query.Encode()
	return u.String()
}

// Exec runs statements on the server at an address, outside of any store.
func Exec(t testing.TB, address, statements string) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, statements); err != nil {
		t.Fatal(err)
	}
}
