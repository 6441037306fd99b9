package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"ringside/api"
	"ringside/campaign"
	"ringside/db"
)

// drainMost is how long a shutdown waits for requests under way.
const drainMost = 10 * time.Second

type listening struct {
	Listen         string   `help:"Address to listen on; port 0 picks a free one; default: ${default}." default:"127.0.0.1:8080" placeholder:"HOST:PORT"`
	PublicURL      string   `help:"Scheme and host by which people reach the server, where it stands behind a proxy; with https, sessions travel on no other way." name:"public-url" placeholder:"URL"`
	TrustedProxies []string `help:"Addresses or networks of the proxies before the server, with commas between: what they say in X-Forwarded-For is who tries to sign in. Default: nobody is believed." name:"trusted-proxies" placeholder:"ADDRESS"`
}

// checkTrustedProxies refuses what is no address and no network.
func (l listening) checkTrustedProxies() error {
	for _, text := range l.TrustedProxies {
		address, err := netip.ParseAddr(text)
		if _, network := netip.ParsePrefix(text); err != nil && network != nil || address.Zone() != "" {
			return campaign.Invalidf("invalid_address", "trusted-proxies", "%q is no address and no network; send 10.0.0.2 or 10.0.0.0/24 for example", text)
		}
	}
	return nil
}

// checkPublicURL refuses what is more or less than a scheme and a host.
func (l listening) checkPublicURL() error {
	if l.PublicURL == "" {
		return nil
	}
	u, err := url.Parse(strings.TrimSuffix(l.PublicURL, "/"))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" {
		return campaign.Invalidf("invalid_address", "public-url", "it is not scheme and host alone; send https://ringside.example.com for example")
	}
	return nil
}

type serveCommand struct {
	listening
	database
	GroupItems   int    `help:"How many items, of any posts, are stored in one transaction, unless one post has more; 1 gives each post its own." default:"10000" placeholder:"N"`
	KeepMessages int    `help:"How many days the messages of dialers are kept as they came, once they are counted; 0 keeps them for good. What is parked stays." default:"90" placeholder:"DAYS"`
	AdminKeyFile string `help:"Where to write the first admin key, at the first start." placeholder:"FILE" type:"path"`
}

// Run serves until the context ends.
func (c *serveCommand) Run(ctx context.Context, t terminal) error {
	if c.GroupItems < 1 {
		return campaign.Invalidf("invalid_number", "group-items", "a transaction stores at least 1 item")
	}
	if c.KeepMessages < 0 {
		return campaign.Invalidf("invalid_number", "keep-messages", "messages are kept for some days, or with 0 for good")
	}
	// The address first: a start that fails must not have handed out a key.
	listener, err := c.listen()
	if err != nil {
		return err
	}
	store, closeStore, err := openServing(ctx, t, c.DB, db.GroupItems(c.GroupItems))
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer closeStore()
	if err := c.firstKey(ctx, t, store); err != nil {
		return errors.Join(err, listener.Close())
	}
	forgetting, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.forget(forgetting, t, store)
	}()
	defer func() {
		stop()
		<-done
	}()
	token, err := store.FirstLink(ctx)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	return c.serve(ctx, t, listener, store, func(url string) {
		if token != "" {
			t.say("Nobody can sign in yet. Within %.0f hours the first admin chooses a name and a password here, once:\n%s",
				campaign.LinkLasts.Hours(), c.linked(url, api.SetUpPath(token)))
		}
		t.say("ringside is listening on %s", url) // last, as programs wait for it
	})
}

// linked is where a path is on a server that listens at url.
func (l listening) linked(url, path string) string {
	return strings.TrimSuffix(cmp.Or(l.PublicURL, url), "/") + path
}

// forgetEvery is how often messages that are old enough are forgotten.
const forgetEvery = time.Hour

// forget removes, now and then, the messages of dialers that were kept long enough.
func (c *serveCommand) forget(ctx context.Context, t terminal, store *db.Store) {
	for c.KeepMessages > 0 {
		before := time.Now().AddDate(0, 0, -c.KeepMessages)
		if _, err := store.ForgetMessages(ctx, before.UnixMilli()); err != nil && ctx.Err() == nil {
			slog.New(slog.NewTextHandler(t.err, nil)).Warn("old messages could not be removed; it is tried again", "error", err, "in", forgetEvery)
		}
		select {
		case <-time.After(forgetEvery):
		case <-ctx.Done():
			return
		}
	}
}

// recountsLooked is how often a server looks for recounts that do not move, as
// whoever was at work on them died.
const recountsLooked = 30 * time.Second

// openServing opens a database to serve it, keeping other servers off it, and
// tends to its recounts.
func openServing(ctx context.Context, t terminal, path string, options ...db.Option) (store *db.Store, closeStore func(), err error) {
	unlock, err := lockServing(path)
	if err != nil {
		return nil, nil, err
	}
	if store, err = openStore(ctx, t, path, options...); err != nil {
		unlock()
		return nil, nil, err
	}
	ticker := time.NewTicker(recountsLooked)
	closeStore = func() {
		ticker.Stop()
		store.Close()
		unlock()
	}
	logger := slog.New(slog.NewTextHandler(t.err, nil))
	err = store.TendRecounts(ctx, ticker.C, func(ref string, err error) {
		logger.Error("counting again is held up; it is tried again", "campaign", ref, "error", err)
	})
	if err != nil {
		closeStore()
		return nil, nil, err
	}
	return store, closeStore, nil
}

// firstKey makes the admin key of a new database and hands it over once.
func (c *serveCommand) firstKey(ctx context.Context, t terminal, store *db.Store) error {
	keys, err := store.Keys(ctx)
	if err != nil {
		return err
	}
	if len(keys) > 0 {
		// At each start after the first the file stands where the first has left it.
		if _, err := os.Stat(c.AdminKeyFile); c.AdminKeyFile != "" && errors.Is(err, os.ErrNotExist) {
			t.say("There are keys already, so none was written to %s; make another with: ringside key create --role admin --label TEXT --db %s", c.AdminKeyFile, db.Shown(c.DB))
		}
		return nil
	}
	// The file first: a key that cannot be handed over must not be made.
	var file *os.File
	if c.AdminKeyFile != "" {
		if file, err = os.OpenFile(c.AdminKeyFile, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600); err != nil {
			return fmt.Errorf("the admin key cannot be written: %w", err)
		}
		defer file.Close()
		if err := file.Chmod(0o600); err != nil {
			return err
		}
	}
	key, _, err := store.CreateKey(ctx, campaign.RoleAdmin, "first admin key")
	if err != nil {
		return err
	}
	if file == nil {
		t.say("The admin key, shown this once: %s", key)
		return nil
	}
	if _, err := fmt.Fprintln(file, key); err != nil {
		return err
	}
	t.say("The admin key is in %s", c.AdminKeyFile)
	return file.Close()
}

func (l listening) listen() (net.Listener, error) {
	if err := errors.Join(l.checkPublicURL(), l.checkTrustedProxies()); err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", l.Listen)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w; choose another address with --listen", l.Listen, err)
	}
	return listener, nil
}

// garbagePercent is how much garbage may gather, in percent of what is in use: a
// server holds little, and makes much of it while posts come in.
const garbagePercent = 200

// ballastBytes counts as memory in use without taking any, as nobody touches it. So twice
// as much garbage may gather, however little is in use: a server that takes single posts
// holds next to nothing, and would else collect all the time.
const ballastBytes = 16 << 20

// serve answers HTTP until the context ends, then lets what is under way finish:
// posts that arrived get their answers, bodies that are still coming are ended
// with one. ready is called with the server's URL once it answers.
func (l listening) serve(ctx context.Context, t terminal, listener net.Listener, store *db.Store, ready func(url string)) error {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbagePercent)
		ballast := make([]byte, ballastBytes)
		defer runtime.KeepAlive(ballast)
	}
	logger := slog.New(slog.NewTextHandler(t.err, nil))
	requests, giveUp := context.WithCancel(context.WithoutCancel(ctx))
	defer giveUp()
	handler := api.New(api.Options{Store: store, Log: logger, Version: version(), Stopping: ctx, PublicURL: l.PublicURL, TrustedProxies: l.TrustedProxies})
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
		BaseContext:       func(net.Listener) context.Context { return requests },
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	ready("http://" + listener.Addr().String())
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	// Whoever waits for a recount is told that it goes on later.
	store.EndRecounts()
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainMost)
	defer cancel()
	err := server.Shutdown(drain)
	handler.StreamsEnded(drain)
	if err != nil {
		// What is given up is undone: nobody is told that it was stored.
		giveUp()
		return errors.Join(fmt.Errorf("requests were still under way after %s and were given up: %w", drainMost, err), server.Close())
	}
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
