//go:build postgres

package db

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"

	"ringside/campaign"
	"ringside/db/dbtest"
)

const oneCall = `{"ref":"a","lead":"l","started_at":"2026-06-01T10:00:00Z","result":"answered","disposition":"SALE","updated_at":"2026-06-01T11:00:00Z"}`

// TestBrokenConnectionsAreReplaced ends every connection of a store from outside.
func TestBrokenConnectionsAreReplaced(t *testing.T) {
	path := dbtest.New(t)
	store, err := Open(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	putConfig(t, store, testConfig)
	u, err := url.Parse(path)
	if err != nil {
		t.Fatal(err)
	}
	terminate := func() {
		dbtest.Exec(t, path, "select pg_terminate_backend(pid) from pg_stat_activity where application_name = '"+u.Query().Get("application_name")+"' and pid <> pg_backend_pid()")
	}
	terminate()
	want(t, record(t, store, "attempts", oneCall), "created 1, updated 0, unchanged 0, rejected 0")
	terminate()
	want(t, figures(t, store, "sales"), "sales 1/0")
	// In the middle of a transaction: it is undone and run anew.
	tries := 0
	err = store.transact(context.Background(), func(t *tx) error {
		if tries++; tries == 1 {
			terminate()
		}
		return t.exec("update progress set version = version + 1 where campaign_id = $1", 1)
	})
	if err != nil || tries != 2 {
		t.Errorf("after %d tries: %v", tries, err)
	}
}

// TestDeadlockIsRunAgain crosses two transactions of two campaigns.
func TestDeadlockIsRunAgain(t *testing.T) {
	store := openTest(t)
	config, err := campaign.DecodeConfig([]byte(testConfig))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := store.PutCampaign(context.Background(), "d", config); err != nil {
		t.Fatal(err)
	}
	var crossing, done sync.WaitGroup
	crossing.Add(2)
	tries := make(chan int, 2)
	for _, order := range [][2]int64{{1, 2}, {2, 1}} {
		done.Go(func() {
			n := 0
			err := store.transact(context.Background(), func(t *tx) error {
				n++
				if err := t.lock(order[0]); err != nil {
					return err
				}
				if n == 1 {
					crossing.Done()
					crossing.Wait()
				}
				return t.lock(order[1])
			})
			if err != nil {
				t.Error(err)
			}
			tries <- n
		})
	}
	done.Wait()
	if a, b := <-tries, <-tries; a+b < 3 {
		t.Errorf("nothing was run again: %d and %d tries", a, b)
	}
}

// cutter stands between a store and the server and can break the connection over
// which the next commit goes, before it arrives or before its answer does.
type cutter struct {
	server string
	mu     sync.Mutex
	armed  string // "", "before" or "after"
}

func (c *cutter) arm(when string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.armed = when
}

func (c *cutter) disarm() (when string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	when, c.armed = c.armed, ""
	return when
}

func (c *cutter) carry(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", c.server)
	if err != nil {
		return
	}
	defer server.Close()
	var deaf sync.Mutex // held while answers must not come through
	go func() {
		answer := make([]byte, 64<<10)
		for {
			n, err := server.Read(answer)
			deaf.Lock()
			if err != nil {
				client.Close()
				deaf.Unlock()
				return
			}
			client.Write(answer[:n])
			deaf.Unlock()
		}
	}()
	message := make([]byte, 64<<10)
	for {
		n, err := client.Read(message)
		if err != nil {
			return
		}
		if bytes.Contains(message[:n], []byte("commit\x00")) {
			switch c.disarm() {
			case "before":
				return
			case "after":
				deaf.Lock()
				server.Write(message[:n])
				server.(*net.TCPConn).CloseWrite() // the server works through what it has, then ends
				client.Close()
				deaf.Unlock()
				io.Copy(io.Discard, server)
				return
			}
		}
		if _, err := server.Write(message[:n]); err != nil {
			return
		}
	}
}

// TestUnknownOutcome loses the answer to a commit, done or not: the caller is told
// so, and sending everything again counts it once.
func TestUnknownOutcome(t *testing.T) {
	for when, again := range map[string]string{"before": "created 1, updated 0, unchanged 0, rejected 0", "after": "created 0, updated 0, unchanged 1, rejected 0"} {
		t.Run(when, func(t *testing.T) {
			u, err := url.Parse(dbtest.New(t))
			if err != nil {
				t.Fatal(err)
			}
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer listener.Close()
			c := &cutter{server: u.Host}
			go func() {
				for {
					client, err := listener.Accept()
					if err != nil {
						return
					}
					go c.carry(client)
				}
			}()
			u.Host = listener.Addr().String()
			store, err := Open(context.Background(), u.String())
			if err != nil {
				t.Fatal(err)
			}
			defer store.Close()
			putConfig(t, store, testConfig)
			c.arm(when)
			_, err = store.Record(context.Background(), "c", decode(t, "attempts", oneCall), false)
			var told *campaign.Error
			if !errors.As(err, &told) || told.Code != "storage_unknown" || told.Kind != campaign.Unavailable {
				t.Fatalf("got %v", err)
			}
			// The server may still be at work on what it has taken. The campaign's lock
			// makes the repetition wait for it.
			want(t, record(t, store, "attempts", oneCall), again)
			want(t, figures(t, store, "dials", "sales"), "dials 1/0, sales 1/0")
			if v, err := store.Verify(context.Background(), "c", nil); err != nil || v.Differing > 0 {
				t.Errorf("%+v %v", v, err)
			}
		})
	}
}

// TestUnfitDatabasesAreRefused wants durable commits and UTF-8.
func TestUnfitDatabasesAreRefused(t *testing.T) {
	path := dbtest.New(t)
	if _, err := Open(context.Background(), path+"&synchronous_commit=off"); err == nil || !strings.Contains(err.Error(), "synchronous_commit is off") {
		t.Errorf("got %v", err)
	}
	name := "latin_" + strings.ToLower(t.Name())
	dbtest.Exec(t, path, "create database "+name+" encoding 'LATIN1' locale_provider 'libc' locale 'C' template template0")
	u, err := url.Parse(path)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	if _, err := Open(context.Background(), u.String()); err == nil || !strings.Contains(err.Error(), "encoding is LATIN1") {
		t.Errorf("got %v", err)
	}
	dbtest.Exec(t, path, "drop database "+name)
}

// fillDisk has the server refuse calls as it does when its disk is full, until space
// is made.
func fillDisk(t *testing.T, store *Store) (space func()) {
	if _, err := store.pool.Exec(`create function full_disk() returns trigger language plpgsql as $$
		begin raise exception 'no space' using errcode = '53100'; end $$;
		create trigger full_disk before insert on cells for each row execute function full_disk()`); err != nil {
		t.Fatal(err)
	}
	return func() {
		if _, err := store.pool.Exec("drop trigger full_disk on cells"); err != nil {
			t.Fatal(err)
		}
	}
}
