//go:build unix

package main

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"ringside/db"
)

// lockServing keeps a second server off the same database file. The lock is on a
// file beside it, as closing the database file itself would give up the
// engine's own locks; it ends with the process, however that ends. On PostgreSQL
// several servers share one database.
func lockServing(path string) (unlock func(), err error) {
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
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		file.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("another ringside is serving %s; stop it first or name another file with --db", path)
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
