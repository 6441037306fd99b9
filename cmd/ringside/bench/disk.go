package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"regexp"
	"strconv"
	"time"
)

// bytes measures what a call costs on disk, everything included: a file of calls
// of one message each and one of calls of two, without their journals, at 17,000
// calls a day and campaign, three passes over one list.
func (r *run) bytes(ctx context.Context) error {
	calls := r.Size / measuredOf / campaigns
	for _, kind := range []struct {
		what, bar   string
		twoMessages int
		most        float64
	}{
		{"bytes on disk per attempt, one-message calls", "≤ 250", 0, 250},
		{"bytes on disk per attempt, two-message calls", "≤ 400", 1000, 400},
	} {
		file := r.file("bytes.db")
		var lanes []iter.Seq[post]
		for _, d := range (shape{seed: r.Seed, items: r.postItems(), perDay: perDayFull, list: calls / passes, twoMessages: kind.twoMessages}).house() {
			lanes = append(lanes, d.toEnd(calls))
		}
		if err := r.fill(ctx, file, calls*campaigns, lanes); err != nil {
			return err
		}
		info, err := os.Stat(file)
		if err != nil {
			return err
		}
		if journal, err := os.Stat(file + "-wal"); err == nil && journal.Size() > 0 {
			return errors.New("the server left a journal behind")
		}
		each := float64(info.Size()) / float64(calls*campaigns)
		r.reach(kind.what, kind.bar, fmt.Sprintf("%.0f, of %s attempts", each, grouped(calls*campaigns)), each <= kind.most)
		remove(file, file+".key")
	}
	return nil
}

// imported measures the memory of an import of one campaign's calls from a file
// of as many lines as the run's size.
func (r *run) imported(ctx context.Context) (err error) {
	const what, bar = "memory of `import`", "≤ 300 MB"
	lines, database, settings := r.file("lines.ndjson"), r.file("imported.db"), r.file("campaign.json")
	defer remove(lines, database, settings)
	if err := errors.Join(os.WriteFile(settings, []byte(config), 0o600), r.writeLines(lines)); err != nil {
		return err
	}
	c := r.command(ctx, "import", "attempts", lines, "--campaign", "imported", "--config", settings, "--db", database)
	began := time.Now()
	out, most, known, err := watched(c)
	if err != nil {
		return fmt.Errorf("import: %w: %s", err, out)
	}
	rate := grouped(float64(r.Size) / time.Since(began).Seconds())
	if !known {
		r.missing(what, bar, "this system does not tell")
		return nil
	}
	r.reach(what, bar, fmt.Sprintf("%s, %s lines at %s a second", megabytes(most), grouped(r.Size), rate), most <= 300e6)
	return nil
}

// writeLines writes the calls of one campaign.
func (r *run) writeLines(file string) error {
	out, err := os.Create(file)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(out, 1<<20)
	d := shape{seed: r.Seed, items: postMost, perDay: perDayFull, list: r.Size / passes}.house()[0]
	for p := range d.until(r.Size) {
		if _, err := w.Write(p.body); err != nil {
			return errors.Join(err, out.Close())
		}
	}
	return errors.Join(w.Flush(), out.Close())
}

var verified = regexp.MustCompile(`: equal\. \d+ leads, (\d+) attempts`)

// verify measures how fast a file's sums are held against its facts.
func (r *run) verify(ctx context.Context, file string) error {
	began := time.Now()
	out, err := r.command(ctx, "verify", "--db", file).CombinedOutput()
	if err != nil {
		return fmt.Errorf("verify: %w: %s", err, out)
	}
	took, attempts := time.Since(began), 0
	for _, m := range verified.FindAllSubmatch(out, -1) {
		n, err := strconv.Atoi(string(m[1]))
		if err != nil {
			return err
		}
		attempts += n
	}
	rate := float64(attempts) / took.Seconds()
	r.reach("`verify`, start included; it says equal", "≥ 200,000 attempts/s", fmt.Sprintf("%s attempts/s: %s in %s", grouped(rate), grouped(attempts), shown(took)), rate >= 200_000)
	return nil
}

// copyFile makes a copy of a file that nobody writes to.
func copyFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close())
}

// remove takes files of a step away, and what stands beside them; what is left goes
// with the directory.
func remove(files ...string) {
	for _, f := range files {
		for _, beside := range []string{"", "-wal", "-shm", ".serving"} {
			os.Remove(f + beside)
		}
	}
}
