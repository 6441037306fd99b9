package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/jmoiron/sqlx"
	"github.com/mattn/go-sqlite3"

	"ringside/campaign"
)

// engine is everything in which SQLite and PostgreSQL differ. All other SQL is
// one text for both.
type engine struct {
	open func(path string) (*sqlx.DB, error)
	// beginWrite and beginRead start a transaction: one that changes a campaign,
	// and one that reads a single state of the database.
	beginWrite, beginRead string
	// firstRead and firstWrite are run once on each connection that only reads, and on
	// each that writes, if they are not empty.
	firstRead, firstWrite string
	// lockRow ends a select that takes its row for the rest of the transaction, and
	// lockSchema keeps others from migrating at the same time. Both are empty where
	// beginWrite has locked the whole database.
	lockRow, lockSchema string
	// clustered ends the definition of a table kept in the order of its key.
	clustered string
	// writers is how many write transactions run at once in this process.
	writers int
	// prepares says that sessions prepare statements themselves; where they do not
	// the driver does, as the address of the database tells it to.
	prepares bool
	// arrays says that a column can be compared with an array of keys.
	arrays bool
	// logs says that commits stand in a log that the store copies into the file.
	logs bool
	// rowsMost is how many rows one insert takes, a power of two.
	rowsMost int
	// again reports whether a transaction that failed so left no trace and may
	// succeed when it is run anew.
	again func(error) bool
	// raced reports whether a row that was to be made was made by another process.
	raced func(error) bool
	// translate turns what the engine reports into what a caller can act on, by
	// typed code, never by message text.
	translate func(error) error
}

var sqlite = &engine{
	open: OpenFile,
	// Immediate: a transaction that reads first and writes later could find that
	// another process has written in between.
	beginWrite: "begin immediate",
	beginRead:  "begin deferred",
	// Twelve of them would take 64 MiB each, for pages that the system has in memory
	// anyway: with a sixteenth of it reports take no more processor time.
	firstRead: "pragma cache_size = -4096",
	// A statement of many rows notes each page before it changes it, so that it can be
	// undone alone: in memory, as in a file that takes longer than what it does.
	firstWrite: "pragma temp_store = memory",
	clustered:  "without rowid",
	writers:    1,
	prepares:   true,
	logs:       true,
	rowsMost:   16, // found by measuring
	again:      againSQLite,
	raced:      func(error) bool { return false },
	translate:  translateSQLite,
}

var postgres = &engine{
	open:       openPostgres,
	beginWrite: "begin isolation level read committed read write",
	beginRead:  "begin isolation level repeatable read read only",
	lockRow:    " for update",
	// A table lock, as advisory locks protect nothing on some engines that speak
	// this protocol. It conflicts with itself, not with readers.
	lockSchema: "lock table schema_versions in exclusive mode",
	writers:    4,
	arrays:     true,
	rowsMost:   128, // each statement is a journey
	again:      againPostgres,
	raced:      racedPostgres,
	translate:  translatePostgres,
}

// IsServer reports whether path is the address of a PostgreSQL database rather
// than the name of a file. Several servers may work on such a database at once.
func IsServer(path string) bool {
	return strings.HasPrefix(path, "postgres://") || strings.HasPrefix(path, "postgresql://")
}

// Shown is path as it may be shown: an address loses its password and options.
func Shown(path string) string {
	if !IsServer(path) {
		return path
	}
	u, err := url.Parse(path)
	if err != nil {
		return "postgres://…"
	}
	shown := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}
	if name := u.User.Username(); name != "" {
		shown.User = url.User(name)
	}
	return shown.String()
}

func engineOf(path string) *engine {
	if IsServer(path) {
		return postgres
	}
	return sqlite
}

// pragmas hold on every connection, as they stand in the DSN. synchronous=FULL
// makes a commit durable before it is acknowledged. The cache, in KiB, is the
// writer's: one transaction touches pages of all indexes. Readers have a smaller one.
var pragmas = url.Values{
	"_busy_timeout": {"10000"},
	"_journal_mode": {"WAL"},
	"_synchronous":  {"FULL"},
	"_foreign_keys": {"on"},
	"_cache_size":   {"-65536"},
	// A connection is one goroutine's at a time, which database/sql sees to.
	"_mutex": {"no"},
}

// OpenFile opens a database file, making it if it is missing, by the driver and with
// the pragmas of every connection of a Store; what is in it is left alone.
func OpenFile(path string) (*sqlx.DB, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	// The file holds phone numbers: it is its owner's alone, and so are the files
	// that the engine puts beside it, which copy its mode.
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := file.Close(); err != nil {
		return nil, err
	}
	address := "file:" + (&url.URL{Path: absolute}).EscapedPath() + "?" + pragmas.Encode()
	return sqlx.NewDb(sql.OpenDB(newQuiet(address)), "sqlite3"), nil
}

// againSQLite takes connections to a new file that met while it was switched to
// its journal: in that alone the engine does not wait for others.
func againSQLite(err error) bool {
	var lite sqlite3.Error
	var connecting *connectError
	return errors.As(err, &connecting) && errors.As(err, &lite) && (lite.Code == sqlite3.ErrBusy || lite.Code == sqlite3.ErrLocked)
}

// noSpace are the system's reasons that more space mends: a full disk, a quota, a
// limit on the size of files.
var noSpace = []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG}

func translateSQLite(err error) error {
	var lite sqlite3.Error
	if !errors.As(err, &lite) {
		return err
	}
	var atCommit *commitError
	switch {
	case lite.ExtendedCode == sqlite3.ErrIoErrFsync && errors.As(err, &atCommit):
		// All was written; a crash before the next commit would find it whole.
		return unavailable("storage_unknown", storageUnknown, err)
	case lite.Code == sqlite3.ErrFull || slices.Contains(noSpace, lite.SystemErrno):
		return unavailable("storage_full", storageFull, err)
	case lite.Code == sqlite3.ErrIoErr:
		return unavailable("storage_failed", storageFailed, err)
	case lite.Code == sqlite3.ErrCorrupt:
		return fmt.Errorf("%w (%w)", &campaign.Error{Kind: campaign.Unavailable, Code: "storage_damaged", Message: storageDamaged}, err)
	case lite.Code == sqlite3.ErrNotADB:
		return &campaign.Error{Kind: campaign.Conflict, Code: "not_a_database", Message: "the file is not a ringside database; name another with --db"}
	case lite.Code == sqlite3.ErrBusy || lite.Code == sqlite3.ErrLocked:
		return unavailable("storage_busy", storageBusy, err)
	}
	return err
}

func openPostgres(path string) (*sqlx.DB, error) {
	config, err := pgx.ParseConfig(path)
	if err != nil {
		return nil, campaign.Invalidf("invalid_address", "db", "%v", err)
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "ringside"
	}
	return sqlx.NewDb(stdlib.OpenDB(*config, stdlib.OptionAfterConnect(checkPostgres)), "pgx"), nil
}

// checkPostgres refuses a connection on which an acknowledged commit could be
// lost, or on which texts would not come back as they were given. Statements are
// planned each time: a plan that was made while a table was small would be kept
// while it grows, and planning is cheap beside the journey.
func checkPostgres(ctx context.Context, conn *pgx.Conn) error {
	var encoding, commit string
	err := conn.QueryRow(ctx, "select current_setting('server_encoding'), current_setting('synchronous_commit'), set_config('plan_cache_mode', 'force_custom_plan', false)").Scan(&encoding, &commit, nil)
	if err == nil && encoding != "UTF8" {
		err = &campaign.Error{Kind: campaign.Conflict, Code: "wrong_encoding", Field: "db",
			Message: "the database's encoding is " + encoding + "; make one with: create database … encoding 'UTF8' template template0"}
	}
	if err == nil && commit == "off" {
		err = &campaign.Error{Kind: campaign.Conflict, Code: "not_durable", Field: "db",
			Message: "synchronous_commit is off for this database or user, so an acknowledged post could be lost; set it to on"}
	}
	if err != nil {
		err = errors.Join(err, conn.Close(ctx))
	}
	return err
}

// SQLSTATEs that are told apart. A class is their first two characters.
const (
	uniqueViolation      = "23505"
	duplicateTable       = "42P07"
	readOnlyTransaction  = "25006"
	serializationFailure = "40001"
	deadlockDetected     = "40P01"
	diskFull             = "53100"
	lockNotAvailable     = "55P03"
	queryCanceled        = "57014"
	internalError        = "XX000"
)

func sqlstate(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	return ""
}

func racedPostgres(err error) bool {
	state := sqlstate(err)
	return state == uniqueViolation || state == duplicateTable
}

// againPostgres takes a transaction that gave way to another, and one whose
// connection broke before commit was asked for: the server undoes it.
func againPostgres(err error) bool {
	switch sqlstate(err) {
	case serializationFailure, deadlockDetected:
		return true
	}
	var atCommit *commitError
	var connecting *connectError
	return lost(err) && !errors.As(err, &atCommit) && !errors.As(err, &connecting)
}

// lost reports whether the connection broke or the server is going away.
func lost(err error) bool {
	if state := sqlstate(err); state != "" {
		return strings.HasPrefix(state, "08") || strings.HasPrefix(state, "57") && state != queryCanceled
	}
	var network net.Error
	var connecting *pgconn.ConnectError
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed) || pgconn.SafeToRetry(err) || errors.As(err, &network) || errors.As(err, &connecting)
}

func translatePostgres(err error) error {
	var known *campaign.Error
	if err == nil || errors.As(err, &known) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	var atCommit *commitError
	var again *againError
	state := sqlstate(err)
	switch {
	case state == diskFull:
		return unavailable("storage_full", storageFull, err)
	case errors.As(err, &again) || state == serializationFailure || state == deadlockDetected || state == lockNotAvailable || state == queryCanceled:
		return unavailable("storage_busy", storageBusy, err)
	case state == internalError || lost(err) && errors.As(err, &atCommit):
		return unavailable("storage_unknown", storageUnknown, err)
	case lost(err) || strings.HasPrefix(state, "53") || state == readOnlyTransaction:
		return unavailable("storage_unreachable", storageUnreachable, err)
	}
	return err
}

// What a caller is told when nothing could be stored for now.
const (
	storageFull        = "the disk of the database is full; nothing was stored; send it again when there is space"
	storageFailed      = "the disk of the database failed; nothing was stored; send it again; the server's log has more"
	storageBusy        = "the database is busy; nothing was stored; send it again"
	storageUnreachable = "the database cannot be reached or takes no writes; nothing was stored; send it again"
	storageLeft        = "the request ended while it was being stored; whether it was is not known; send it again: a repetition changes nothing"
	storageDamaged     = "the database file is damaged; nothing was stored; stop its server and put a backup in its place: ringside restore --from BACKUP --db FILE --force"
	storageUnknown     = "the database broke off while it was storing; whether it did is not known; send it again: a repetition changes nothing"
)

// unavailableError is what a caller is told, and the cause, which is for the log
// and for who starts the program.
type unavailableError struct {
	told  *campaign.Error
	cause error
}

func (e *unavailableError) Error() string   { return fmt.Sprintf("%v (%v)", e.told, e.cause) }
func (e *unavailableError) Unwrap() []error { return []error{e.told, e.cause} }

// unavailable says so to the caller of a running server.
func unavailable(code, message string, cause error) error {
	return &unavailableError{&campaign.Error{Kind: campaign.Unavailable, Code: code, Message: message}, cause}
}

// opening is an error of a store that could not be opened: nobody has sent
// anything that could be sent again, so only the cause is told.
func opening(path string, err error) error {
	var u *unavailableError
	if errors.As(err, &u) {
		err = u.cause
	}
	return fmt.Errorf("open %s: %w", Shown(path), err)
}
