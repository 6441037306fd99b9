package db

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/mattn/go-sqlite3"

	"ringside/campaign"
)

// TestErrorsAreToldApartByCode takes each engine's errors to what a caller can do.
func TestErrorsAreToldApartByCode(t *testing.T) {
	pg := func(state string) error { return fmt.Errorf("wrapped: %w", &pgconn.PgError{Code: state}) }
	for _, c := range []struct {
		engine *engine
		err    error
		code   string // of the campaign.Error; empty: none
		again  bool
	}{
		{sqlite, sqlite3.Error{Code: sqlite3.ErrFull}, "storage_full", false},
		{sqlite, &commitError{sqlite3.Error{Code: sqlite3.ErrFull}}, "storage_full", false},
		{sqlite, sqlite3.Error{Code: sqlite3.ErrIoErr, ExtendedCode: sqlite3.ErrIoErrWrite, SystemErrno: syscall.EFBIG}, "storage_full", false},
		{sqlite, sqlite3.Error{Code: sqlite3.ErrCantOpen, SystemErrno: syscall.ENOSPC}, "storage_full", false},
		{sqlite, sqlite3.Error{Code: sqlite3.ErrIoErr, ExtendedCode: sqlite3.ErrIoErrRead, SystemErrno: syscall.EIO}, "storage_failed", false},
		{sqlite, &commitError{sqlite3.Error{Code: sqlite3.ErrIoErr, ExtendedCode: sqlite3.ErrIoErrFsync, SystemErrno: syscall.ENOSPC}}, "storage_unknown", false},
		{sqlite, sqlite3.Error{Code: sqlite3.ErrBusy}, "storage_busy", false},
		{sqlite, &connectError{sqlite3.Error{Code: sqlite3.ErrBusy}}, "storage_busy", true},
		{sqlite, sqlite3.Error{Code: sqlite3.ErrCorrupt}, "storage_damaged", false},
		{postgres, pg("53100"), "storage_full", false},
		{postgres, pg("40001"), "storage_busy", true},
		{postgres, pg("40P01"), "storage_busy", true},
		{postgres, &commitError{pg("40001")}, "storage_busy", true},
		{postgres, pg("55P03"), "storage_busy", false},
		{postgres, pg("57014"), "storage_busy", false},
		{postgres, pg("08006"), "storage_unreachable", true},
		{postgres, pg("57P01"), "storage_unreachable", true},
		{postgres, pg("53300"), "storage_unreachable", false},
		{postgres, pg("25006"), "storage_unreachable", false},
		{postgres, io.ErrUnexpectedEOF, "storage_unreachable", true},
		{postgres, &connectError{io.ErrUnexpectedEOF}, "storage_unreachable", false},
		{postgres, driver.ErrBadConn, "storage_unreachable", true},
		{postgres, &commitError{io.ErrUnexpectedEOF}, "storage_unknown", false},
		{postgres, &commitError{pg("57P01")}, "storage_unknown", false},
		{postgres, pg("XX000"), "storage_unknown", false},
		{postgres, pg("23505"), "", false},
		{postgres, &againError{pg("23505")}, "storage_busy", false},
		{postgres, pg("42601"), "", false},
		{postgres, context.Canceled, "", false},
		{postgres, campaign.Invalidf("mine", "", "as it was"), "mine", false},
	} {
		translated := c.engine.translate(c.err)
		var told *campaign.Error
		code := ""
		if errors.As(translated, &told) {
			code = told.Code
		}
		if code != c.code || c.engine.again(c.err) != c.again || !errors.Is(translated, c.err) {
			t.Errorf("%v: told as %q, again %v; want %q, %v", c.err, code, c.engine.again(c.err), c.code, c.again)
		}
		if told != nil && told.Code != "mine" && (told.Kind != campaign.Unavailable || strings.Contains(told.Message, "nothing was stored") == (code == "storage_unknown")) {
			t.Errorf("%v: %+v", c.err, told)
		}
	}
	if again := postgres.again(campaign.Invalidf("mine", "", "")); again {
		t.Error("a refusal is tried again")
	}
}

// TestPasswordsAreNotShown looks for one in what people read.
func TestPasswordsAreNotShown(t *testing.T) {
	for path, want := range map[string]string{
		"./a.db": "./a.db",
		"postgres://u:secret@h:5432/d?password=secret&sslmode=disable": "postgres://u@h:5432/d",
		"postgresql:///d":               "postgresql:///d",
		"postgres://u:secret@[::1/d%zz": "postgres://…",
	} {
		if got := Shown(path); got != want {
			t.Errorf("%s is shown as %s, want %s", path, got, want)
		}
	}
	for _, path := range []string{"postgres://u:secret@127.0.0.1:1/d?connect_timeout=2", "postgres://u:secret@h:port/d", "postgres://u:secret@h/d?sslmode=secret"} {
		_, err := Open(context.Background(), path)
		if err == nil || strings.Contains(err.Error(), ":secret") {
			t.Errorf("opening it says %v", err)
		}
	}
}

// TestStrangeKeysAreNotFound asks for what not every engine even takes as text.
func TestStrangeKeysAreNotFound(t *testing.T) {
	store := openTest(t)
	for _, key := range []string{"a\x00b", "\xff", "ä"} {
		var told *campaign.Error
		if _, err := store.Campaign(context.Background(), key); !errors.As(err, &told) || told.Kind != campaign.NotFound {
			t.Errorf("campaign %q: %v", key, err)
		}
		if _, err := store.Fact(context.Background(), "c", campaign.KindLead, key); !errors.As(err, &told) || told.Kind != campaign.NotFound {
			t.Errorf("lead %q: %v", key, err)
		}
		if _, ok, err := store.FindKey(context.Background(), "rs_"+key+"_x"); ok || err != nil {
			t.Errorf("key %q: %v", key, err)
		}
	}
}
