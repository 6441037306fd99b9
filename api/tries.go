package api

import (
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
)

// tries slows down whoever keeps failing to sign in. Some failures are free; from
// then on each doubles the wait for the next try, and quiet forgives all of them. What
// is remembered is bounded: where it is full, the one longest quiet is forgotten.
type tries struct {
	now   func() time.Time
	limit tryLimit

	mu  sync.Mutex
	all map[string]*try
}

// tryLimit is how many failures are free, how long the longest wait is, and after how
// long a quiet all is forgiven.
type tryLimit struct {
	free           int
	longest, quiet time.Duration
}

// By user the waits stay short, as anybody can fail in another's name; by address
// more is free, as an office shares one.
var (
	userTries    = tryLimit{free: 5, longest: time.Minute, quiet: 15 * time.Minute}
	addressTries = tryLimit{free: 30, longest: 15 * time.Minute, quiet: 30 * time.Minute}
)

// triesMost is how many users or addresses are remembered.
const triesMost = 10_000

// try is what is remembered of one.
type try struct {
	failures int
	last     time.Time
}

func newTries(now func() time.Time, limit tryLimit) *tries {
	return &tries{now: now, limit: limit, all: map[string]*try{}}
}

// begin counts a try as failed before it is made, so that many at once are no way
// around it; succeeded takes that back. A wait above zero means: not now.
func (t *tries) begin(who string) (wait time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	of := t.all[who]
	if of == nil || now.Sub(of.last) >= t.limit.quiet {
		t.forgetOne(now)
		of = &try{}
		t.all[who] = of
	}
	if over := of.failures - t.limit.free; over >= 0 {
		// A shift of 20 seconds is over any limit.
		delay := min(time.Second<<min(over, 20), t.limit.longest)
		if wait = of.last.Add(delay).Sub(now); wait > 0 {
			return wait
		}
	}
	of.failures++
	of.last = now
	return 0
}

// forgetOne makes room for another.
func (t *tries) forgetOne(now time.Time) {
	if len(t.all) < triesMost {
		return
	}
	oldest, since := "", now
	for who, of := range t.all {
		if !of.last.After(since) {
			oldest, since = who, of.last
		}
	}
	delete(t.all, oldest)
}

// succeeded forgives all failures, or only the try itself.
func (t *tries) succeeded(who string, all bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	of := t.all[who]
	if of == nil {
		return
	}
	if of.failures--; all || of.failures <= 0 {
		delete(t.all, who)
	}
}

// visitorIP is where a request comes from, by the proxies that are trusted. An address of
// one link (fe80::1%eth0) is known to the connection alone.
func visitorIP(c *gin.Context) string {
	if ip := c.ClientIP(); ip != "" {
		return ip
	}
	host, _, _ := net.SplitHostPort(c.Request.RemoteAddr)
	return host
}

// addressOf is what counts as one address; of IPv6 the network, of which one person
// has all addresses.
func addressOf(ip string) string {
	a, err := netip.ParseAddr(ip)
	if err != nil || a.Unmap().Is4() {
		return ip
	}
	network, err := a.WithZone("").Prefix(64)
	if err != nil {
		return ip
	}
	return network.String()
}
