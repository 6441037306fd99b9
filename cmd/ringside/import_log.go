package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"

	"ringside/api"
	"ringside/api/importer"
)

// queueLog is the kind of import that dialers' own decoder reads.
const queueLog = "queue_log"

// logTaken counts what became of lines.
type logTaken = api.Taken

// importLog takes the lines of a queue_log as if their source had posted them: each is kept,
// those that belong nowhere too, and a line that came before changes nothing.
func (c *importCommand) importLog(ctx context.Context, t terminal) (err error) {
	if c.Source == "" || c.Campaign != "" || c.Mapping != "" || c.Resume {
		return errors.New("a queue_log is imported with --source REF, and without --campaign, --mapping and --resume: its lines name their queues, which the source leads to queues or campaigns")
	}
	config, err := c.config()
	if err != nil {
		return err
	}
	in, size := t.in, int64(0)
	if c.File != "-" {
		file, err := os.Open(c.File)
		if err != nil {
			return err
		}
		defer file.Close()
		if info, err := file.Stat(); err == nil {
			size = info.Size()
		}
		in = file
	}
	lines, err := importer.Uncompressed(in)
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	b := newBar(t, "import")
	take, done, err := c.logDestination(ctx, t, b, config)
	if err != nil {
		return err
	}
	var all logTaken
	f := &follower{name: c.File, t: t, take: func(ctx context.Context, lines []byte) error {
		taken, err := take(ctx, lines)
		all = logTaken{Accepted: all.Accepted + taken.Accepted, Parked: all.Parked + taken.Parked, Refused: all.Refused + taken.Refused}
		return err
	}}
	read := int64(0)
	err = f.post(ctx, lines, true, func(posted int) error {
		read += int64(posted)
		b.at(min(read, size), size, fmt.Sprintf("%d lines", all.Accepted))
		return nil
	})
	b.done()
	t.say("%s: %d lines accepted, %d kept aside, %d refused.", c.File, all.Accepted, all.Parked, all.Refused)
	if all.Parked > 0 {
		t.say("What is kept aside is about no call and no agent, or names a queue that leads nowhere: GET /v1/sources/%s/messages tells which, and POST /v1/sources/%s/replay takes it once the source is mended.", c.Source, c.Source)
	}
	return errors.Join(err, done())
}

// logDestination is what takes lines, and what is to be done after the last.
func (c *importCommand) logDestination(ctx context.Context, t terminal, b *bar, config []byte) (take func(context.Context, []byte) (logTaken, error), done func() error, err error) {
	if c.URL != "" {
		if config != nil {
			return nil, nil, errors.New("with --url the source is put with PUT /v1/sources/{ref}; leave out --config. --key is the source's own secret")
		}
		client, err := c.client(tellWaiting(t, b))
		if err != nil {
			return nil, nil, err
		}
		client.keyHeader = "X-Api-Key"
		return func(ctx context.Context, lines []byte) (taken logTaken, err error) {
			answer, err := client.call(ctx, "POST", "/hooks/"+url.PathEscape(c.Source)+"/tail", "text/plain", lines)
			if err != nil {
				return taken, err
			}
			body, err := io.ReadAll(answer.Body)
			if err = errors.Join(err, answer.Body.Close()); err == nil {
				err = json.Unmarshal(body, &taken)
			}
			return taken, err
		}, func() error { return nil }, nil
	}
	unlock, err := lockBeside(c.DB)
	if err != nil {
		return nil, nil, err
	}
	store, err := openStore(ctx, t, c.DB)
	if err != nil {
		unlock()
		return nil, nil, err
	}
	done = func() error {
		defer unlock()
		return store.Close()
	}
	server := api.New(api.Options{Store: store})
	if err := server.LogSource(ctx, c.Source, config); err != nil {
		return nil, nil, errors.Join(err, done())
	}
	return func(ctx context.Context, lines []byte) (logTaken, error) {
		return server.TakeLines(ctx, c.Source, lines)
	}, done, nil
}
