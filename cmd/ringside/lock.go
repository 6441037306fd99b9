//go:build unix

package main

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"ringside/db"
)

// lockServing keeps a second server, and imports by file, off the same database
// file. On PostgreSQL several servers share one database.
func lockServing(path string) (unlock func(), err error) {
	return lockFile(path, syscall.LOCK_EX, "another ringside is serving %s or importing into it; stop it first or name another file with --db")
}

// lockBeside keeps servers off a database file, but not others of its kind: an
// import and a server would hold up each other's writes.
func lockBeside(path string) (unlock func(), err error) {
	return lockFile(path, syscall.LOCK_SH, "a server is serving %s; import through it with --url http://HOST:PORT --key-file FILE, or stop it first")
}

// lockFile locks a file beside the database, as closing the database file itself
// would give up the engine's own locks. The lock ends with the process, however
// that ends. taken says who else has it.
func lockFile(path string, how int, taken string) (unlock func(), err error) {
	if db.IsServer(path) {
		return func() {}, nil
	}
	name := servingName(path)
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("the folder of %s is not there; make it, or name another file with --db", path)
	}
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), how|syscall.LOCK_NB); err != nil {
		file.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf(taken, path)
		}
		return nil, err
	}
	return func() { file.Close() }, nil
}

// lockServed is lockServing for a file that is to be replaced: it makes no lock
// beside one that was never served.
func lockServed(path string) (unlock func(), err error) {
	if _, err := os.Stat(servingName(path)); errors.Is(err, os.ErrNotExist) {
		return func() {}, nil
	}
	return lockServing(path)
}

func servingName(path string) string { return path + ".serving" }
