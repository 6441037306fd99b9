// Command ringside is the switch: it wires the store, the API and the files
// together and decides nothing.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"ringside/campaign"
	"ringside/cmd/ringside/bench"
	"ringside/db"
)

func main() {
	os.Exit(run(untilSignalled(), os.Args[1:], terminal{os.Stdin, os.Stdout, os.Stderr}))
}

// untilSignalled ends at the first signal that asks the program to end. A later one
// ends the program at once.
func untilSignalled() context.Context {
	ctx, end := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		later := secondSignal(signals, end, time.Now)
		fmt.Fprintln(os.Stderr, "ringside: ended at once by a second signal; what was acknowledged is stored")
		os.Exit(128 + int(later.(syscall.Signal))) // as a shell tells that a signal ended a program
	}()
	return ctx
}

// sameSignal is how long after the first signal another is taken for the same one:
// whoever signals a process and then its group, as timeout does, sends two.
const sameSignal = 250 * time.Millisecond

// secondSignal calls end at the first signal and returns the first that is meant to
// be another.
func secondSignal(signals <-chan os.Signal, end func(), now func() time.Time) os.Signal {
	<-signals
	first := now()
	end()
	for {
		if later := <-signals; now().Sub(first) >= sameSignal {
			return later
		}
	}
}

// terminal is where a command reads and writes; tests put buffers in its place.
type terminal struct {
	in       io.Reader
	out, err io.Writer
}

func (t terminal) say(format string, args ...any) { fmt.Fprintf(t.out, format+"\n", args...) }

// program is the command line. Each command is a file of its own.
type program struct {
	Serve    serveCommand    `cmd:"" help:"Serve the API and the pages."`
	Demo     demoCommand     `cmd:"" help:"Serve a simulated call centre from a throw-away database."`
	Import   importCommand   `cmd:"" help:"Import leads, attempts, outcomes or costs from CSV or NDJSON."`
	Export   exportCommand   `cmd:"" help:"Export leads, attempts, outcomes or costs as NDJSON or CSV that import takes."`
	Report   reportCommand   `cmd:"" help:"Print the KPIs of a campaign."`
	Verify   verifyCommand   `cmd:"" help:"Recompute every stored sum from the facts and compare."`
	Rebuild  rebuildCommand  `cmd:"" help:"Count everything again from the facts."`
	Backup   backupCommand   `cmd:"" help:"Copy a database file, also while it is served, and verify the copy."`
	Restore  restoreCommand  `cmd:"" help:"Verify a backup and make it the database."`
	Key      keyCommand      `cmd:"" help:"Create, list and revoke access keys."`
	User     userCommand     `cmd:"" help:"Add people who sign in, list them, keep them out."`
	Tail     tailCommand     `cmd:"" help:"Follow a file that a dialer writes and post its lines."`
	Doctor   doctorCommand   `cmd:"" help:"Say what is wrong with what a dialer sends; exit code 1 where figures are wrong by it."`
	Examples examplesCommand `cmd:"" help:"Define the example KPIs of one's own in a running server, with values to see them by."`
	Bench    benchCommand    `cmd:"" help:"Measure this machine: posts, reports and files, against what they are to reach."`

	// An environment that names a version does not ask for it.
	Version kong.VersionFlag `help:"Print the version and leave." env:"-"`
}

// errSaid ends a command with exit code 1 when everything was already said.
var errSaid = errors.New("")

// run is the whole program but for the process around it.
func run(ctx context.Context, args []string, t terminal) (code int) {
	var p program
	exited := -1
	parser, err := kong.New(&p, kong.Name("ringside"),
		kong.Description("A ringside seat on every outbound campaign: leads, dials and outcomes in, numbers one can trust out. Every flag can also be set as RINGSIDE_… in the environment."),
		kong.DefaultEnvars("RINGSIDE"), kong.Vars{"version": version(), "roles": strings.Join(campaign.Roles, ","), "parts": strings.Join(bench.Parts(), ","),
			"size_least": strconv.Itoa(bench.SizeLeast), "size_full": strconv.Itoa(bench.SizeFull)}, kong.UsageOnError(), kong.Writers(t.out, t.err),
		kong.Exit(func(c int) { exited = c }), kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(t))
	if err != nil {
		fmt.Fprintln(t.err, "ringside:", err)
		return 1
	}
	command, err := parser.Parse(args)
	if exited >= 0 {
		return exited // --help or --version was answered
	}
	if err != nil {
		fmt.Fprintln(t.err, "ringside:", err)
		return 2
	}
	if err := command.Run(); err != nil {
		if ctx.Err() != nil && errors.Is(err, context.Canceled) {
			err = errors.New("interrupted")
		}
		if !errors.Is(err, errSaid) {
			fmt.Fprintln(t.err, "ringside:", err)
		}
		return 1
	}
	return 0
}

func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "development"
	}
	return info.Main.Version
}

// database is the flag of every command that opens one.
type database struct {
	DB string `help:"Database file, or the address of a PostgreSQL database: postgres://…; default: ${default}." default:"./ringside.db" name:"db" placeholder:"FILE|URL"`
}

// open opens the database for a command that needs one to be there.
func (d database) open(ctx context.Context, t terminal) (*db.Store, error) {
	if err := d.there(); err != nil {
		return nil, err
	}
	return openStore(ctx, t, d.DB, db.Existing())
}

// there refuses a file that is not there, before opening it would make it.
func (d database) there() error {
	if _, err := os.Stat(d.DB); errors.Is(err, os.ErrNotExist) && !db.IsServer(d.DB) {
		return campaign.NotFoundf("db", "there is no database at %s; name one with --db, or make one with: ringside serve --db %s", d.DB, d.DB)
	}
	return nil
}

// openStore opens a database, and tells what is counted again before it is ready.
func openStore(ctx context.Context, t terminal, path string, options ...db.Option) (*db.Store, error) {
	var told string
	var b *bar
	store, err := db.Open(ctx, path, append(options, db.Upgrading(func(ref string, done, of int64) {
		if ref != told {
			if b != nil {
				b.done()
			}
			told, b = ref, newBar(t, "upgrade "+ref)
			fmt.Fprintf(t.err, "%s was counted by an older ringside; it is counted again, once.\n", ref)
		}
		b.at(done, of, "leads and attempts")
	}))...)
	if b != nil {
		b.done()
	}
	if err != nil && ctx.Err() != nil {
		err = fmt.Errorf("interrupted before %s was open; nothing is lost, and the next start goes on", db.Shown(path))
	}
	return store, err
}
