package main

import (
	"fmt"
	"net/http"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"ringside/db/dbtest"
)

// goroutines are the stacks of all goroutines but the caller's, by their number.
func goroutines() map[string]string {
	stacks := make([]byte, 1<<20)
	for {
		n := runtime.Stack(stacks, true)
		if n < len(stacks) {
			stacks = stacks[:n]
			break
		}
		stacks = make([]byte, 2*len(stacks))
	}
	all := map[string]string{}
	for _, stack := range strings.Split(string(stacks), "\n\n")[1:] {
		number, _, _ := strings.Cut(strings.TrimPrefix(stack, "goroutine "), " ")
		all[number] = stack
	}
	return all
}

// TestServeLeavesNoGoroutine starts the server, loads it, has it count a campaign
// again, stops it, and waits until nothing that began meanwhile is left.
func TestServeLeavesNoGoroutine(t *testing.T) {
	before := goroutines()
	path, keyFile := dbtest.New(t), filepath.Join(t.TempDir(), "key")
	url, stop := startServing(t, "serve", "--listen", "127.0.0.1:0", "--db", path, "--admin-key-file", keyFile)
	p := &process{TB: t, url: url, key: readKey(t, keyFile), out: newWatched()}
	p.ask(201, "PUT", "/v1/campaigns/c", bankCampaign)
	var load sync.WaitGroup
	for n := range 4 {
		load.Go(func() {
			client := &http.Client{Transport: &http.Transport{}}
			defer client.CloseIdleConnections()
			for i := range 5 {
				r, err := p.send(client, "POST", callsPath, ndjson, strings.NewReader(callLines(fmt.Sprint("c-", n, "-", i), 100)))
				if err != nil || r.status != 200 {
					t.Errorf("%v %+v", err, r)
				}
				if r, err = p.send(client, "GET", reportPath("c", year[0], year[1], "hour_of_week"), "", http.NoBody); err != nil || r.status != 200 {
					t.Errorf("%v %+v", err, r)
				}
			}
		})
	}
	load.Wait()
	p.ask(200, "PUT", "/v1/campaigns/c", strings.Replace(bankCampaign, "refusal", "interested", 1))
	http.DefaultClient.CloseIdleConnections()
	if code := stop(); code != 0 {
		t.Errorf("the server ends with %d", code)
	}
	for late := time.Now().Add(time.Minute); ; {
		left := goroutines()
		for number := range before {
			delete(left, number)
		}
		if len(left) == 0 {
			return
		}
		if time.Now().After(late) {
			for _, stack := range left {
				t.Errorf("left behind: goroutine %s", stack)
			}
			return
		}
		runtime.Gosched()
	}
}
