package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"ringside/db"
)

type backupCommand struct {
	database
	Out   string `help:"File to write." required:"" placeholder:"FILE" type:"path"`
	Force bool   `help:"Replace the file if it is there."`
}

// Run copies a database file while it is served, and holds every sum of the copy
// against its facts. Where they differ so do those of the original: the copy is
// kept, as the facts are in it, and the command ends with exit code 1.
func (c *backupCommand) Run(ctx context.Context, t terminal) error {
	if db.IsServer(c.DB) {
		return fmt.Errorf("backup copies a database file; on PostgreSQL use its own tools: pg_dump --format=custom --file=%s --dbname=%s", c.Out, db.Shown(c.DB))
	}
	equal, err := replacing{from: c.DB, to: c.Out, flag: "--out", force: c.Force, differing: true}.run(ctx, t, "backup")
	if err != nil {
		return err
	}
	t.say("%s is a backup of %s. It holds phone numbers: keep it as you keep the database.", c.Out, c.DB)
	if !equal {
		t.say("Its facts are whole, its sums are not, as in the original. Mend that with: ringside rebuild --db %s", c.DB)
		return errSaid
	}
	return nil
}

type restoreCommand struct {
	From  string `help:"The backup." required:"" placeholder:"FILE" type:"path"`
	DB    string `help:"Database file to make; default: ${default}." default:"./ringside.db" name:"db" placeholder:"FILE"`
	Force bool   `help:"Replace the database if it is there."`
}

// Run puts a backup in the place of a database that nobody serves, once every sum
// in it was held against its facts.
func (c *restoreCommand) Run(ctx context.Context, t terminal) error {
	if db.IsServer(c.DB) {
		return fmt.Errorf("restore makes a database file; on PostgreSQL use its own tools: pg_restore --dbname=%s FILE", db.Shown(c.DB))
	}
	if _, err := (replacing{from: c.From, to: c.DB, flag: "--db", force: c.Force}).run(ctx, t, "restore"); err != nil {
		return err
	}
	t.say("%s is restored from %s.", c.DB, c.From)
	return nil
}

// replacing copies a database file to another name: beside it first, so that the
// name stands for a whole file or for what it stood for before.
type replacing struct {
	from, to string
	flag     string // that names to
	// force says that to may be replaced, differing that sums may differ from facts.
	force, differing bool
}

// run copies, verifies and renames.
func (r replacing) run(ctx context.Context, t terminal, label string) (equal bool, err error) {
	if _, err := os.Stat(r.from); err != nil {
		return false, fmt.Errorf("there is no database to copy: %w", err)
	}
	unlock, err := lockServed(r.to) // whoever serves it must not find another file
	if err != nil {
		return false, err
	}
	defer unlock()
	if err := r.free(); err != nil {
		return false, err
	}
	// Made here for its mode, which those of the engine copy.
	part, err := os.CreateTemp(filepath.Dir(r.to), filepath.Base(r.to)+".*.part")
	if err != nil {
		return false, err
	}
	defer func() {
		for _, beside := range besides {
			os.Remove(part.Name() + beside) // most are not there
		}
	}()
	if err := part.Close(); err != nil {
		return false, err
	}
	b := newBar(t, label)
	err = db.Copy(ctx, r.from, part.Name(), func(done, of int64) { b.at(done, of, "pages") })
	b.done()
	if err == nil {
		// Of the copy, so that nobody who writes to the original waits.
		err = checkPages(ctx, t, r.from, part.Name())
	}
	if err == nil {
		equal, err = database{part.Name()}.verify(ctx, t, "")
	}
	switch {
	case err != nil && ctx.Err() != nil:
		err = fmt.Errorf("interrupted; %s is as it was", r.to)
	case err == nil && !equal && !r.differing:
		err = fmt.Errorf("%s is not put in place, as its sums differ from its facts; mend it first with: ringside rebuild --db %s", r.from, r.from)
	case err == nil:
		err = r.place(part.Name())
	}
	return equal, err
}

// checkPages refuses a database file that is damaged, by the name it is known by.
func checkPages(ctx context.Context, t terminal, name, file string) error {
	b := newBar(t, "pages")
	defer b.done()
	b.at(0, 0, "each is read, and each index held against its table")
	if err := db.CheckPages(ctx, file); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// besides are the names of what the engine puts beside a database, and of itself.
var besides = []string{"", "-wal", "-shm", "-journal"}

// free refuses a name that is taken, unless it may be replaced.
func (r replacing) free() error {
	there, err := os.Stat(r.to)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if source, err := os.Stat(r.from); err != nil || os.SameFile(source, there) {
		return errors.Join(err, fmt.Errorf("%s is the file to copy; name another with %s", r.to, r.flag))
	}
	if !r.force {
		return fmt.Errorf("%s is already there; name another file with %s, or replace it with --force", r.to, r.flag)
	}
	return nil
}

// place gives the copy its name, durably.
func (r replacing) place(part string) error {
	if err := r.free(); err != nil {
		return err
	}
	if err := syncFile(part); err != nil {
		return err
	}
	// What is left of a database that is replaced must not be read into the new one.
	for _, beside := range besides[1:] {
		if err := os.Remove(r.to + beside); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	if err := os.Rename(part, r.to); err != nil {
		return err
	}
	return syncFile(filepath.Dir(r.to))
}

// syncFile has a file or folder on the disk before it returns.
func syncFile(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}
