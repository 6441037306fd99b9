//go:build linux && !postgres

package main

import (
	"bytes"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"ringside/db/dbtest"
	"ringside/funnel/twin"
)

// limitFiles lets no file of the process grow beyond a size: to the process it is
// as if the disk were full, and no right is needed for it.
func (p *process) limitFiles(bytes uint64) {
	p.Helper()
	if err := unix.Prlimit(p.cmd.Process.Pid, unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: bytes, Max: math.MaxUint64}, nil); err != nil {
		p.Fatal(err)
	}
}

// largest is the size of the largest file of a database.
func largest(t testing.TB, path string) (bytes uint64) {
	t.Helper()
	for _, name := range []string{path, path + "-wal"} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		bytes = max(bytes, uint64(info.Size()))
	}
	return bytes
}

// offer sends a message to a server whose disk is full, or nearly, and reports
// whether it was refused, with an honest reason, or else what was answered.
func (r *recounted) offer(method, path, media string, body []byte) (refused bool, said []byte) {
	r.Helper()
	answer, err := r.send(newClient(r), method, path, media, bytes.NewReader(body))
	if err != nil {
		r.Fatalf("%v\n%s", err, r.out)
	}
	if answer.status == 200 {
		return false, answer.body
	}
	problem := answer.receipt(r)
	if answer.status != 503 || problem.Code != "storage_full" || !strings.Contains(problem.Detail, "is full") ||
		!strings.Contains(problem.Detail, "nothing was stored") || answer.header.Get("Retry-After") == "" {
		r.Fatalf("on a full disk %s %s answers %d %v %s", method, path, answer.status, answer.header, answer.body)
	}
	return true, nil
}

// changeInLittleSpace changes the mapping on a full disk as soon as there is space
// for that: too little for the recount, so the answer does not wait for it.
func (r *recounted) changeInLittleSpace(path string) {
	r.Helper()
	body := []byte(mappingBody(twoMappings[1-r.counted]))
	refused, said := r.offer("PUT", "/v1/campaigns/c", oneJSON, body)
	for limit := largest(r, path); refused; refused, said = r.offer("PUT", "/v1/campaigns/c", oneJSON, body) {
		limit += 4096
		r.limitFiles(limit)
	}
	if mapping, recounting := r.state(); mapping != 1-r.counted || !recounting || !bytes.Contains(said, []byte(`"recounting":true`)) {
		r.Fatalf("the mapping is %d, recounting %v; the change was answered with %s", mapping, recounting, said)
	}
}

// TestFullDisk fills the disk three times: posts are refused with a reason, what
// was acknowledged stays and can be read, and once there is space posts are taken
// again by the same process. A mapping that finds space while its recount does not is
// answered at once, and counted once there is more.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	path, keyFile := dbtest.New(t), filepath.Join(t.TempDir(), "key")
	rng := rand.New(rand.NewPCG(1, 4))
	r := &recounted{crashCycle: &crashCycle{process: serveProcess(t, theProgram(t), path, keyFile), rng: rng, world: twin.New(), arrival: 1,
		dialers: []*dialer{{Rand: rng}}}}
	r.ask(201, "PUT", "/v1/campaigns/c", mappingBody(twoMappings[0]))
	r.world.PutCampaign(r.config())
	var acked []*message
	taken := func(m *message) {
		tell(r.world, &r.arrival, m)
		acked = append(acked, m)
	}
	first := r.dial(2_000, 1_000)
	r.again(first)
	taken(first)
	for range 3 {
		r.limitFiles(largest(t, path) + 100_000)
		// Large posts are refused first; small ones find a last place for a while.
		var refused []*message
		for size := 300; len(refused) < 20; size = max(1, size-size*len(refused)/10) {
			m := r.dial(size, 1_000)
			if full, _ := r.offer("POST", m.path, m.media, m.body); full {
				refused = append(refused, m)
			} else if taken(m); len(acked) > 3_000 {
				t.Fatal("the disk does not fill")
			}
		}
		r.offer("PUT", "/v1/campaigns/c", oneJSON, []byte(mappingBody(twoMappings[r.counted])))
		r.sameAsTwin(r.world, "c", year[0], year[1], "agent")
		r.changeInLittleSpace(path)
		r.sameAsTwin(r.world, "c", year[0], year[1], "agent")
		r.ask(200, "GET", "/readyz", "")
		r.limitFiles(math.MaxUint64)
		r.counted = 1 - r.counted
		r.world.PutCampaign(r.config())
		r.countToTheEnd()
		for _, m := range refused {
			r.again(m)
			taken(m)
		}
		r.sameAsTwin(r.world, "c", year[0], year[1], "agent")
		mustRun(t, "verify", "--db", path)
	}
	for _, m := range acked {
		if got := r.again(m); got.Unchanged != len(m.items) {
			t.Errorf("acknowledged items were lost: %+v", got)
		}
	}
	if code := r.stop(); code != 0 {
		t.Errorf("the server ends with %d:\n%s", code, r.out)
	}
}
