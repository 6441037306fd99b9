package api

import (
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"
)

// update is the newest state of a topic: data, which goes out as it is, or regions
// of a page, of which each listener is sent those that changed since what it was
// sent before.
type update struct {
	event string
	// version becomes the event's id: the sum of the versions of the topic's campaigns
	// that the state was read at. Where a topic reads several snapshots it may be
	// left 0: then it is the sum as it was known before, which the state includes.
	version int64
	// data is JSON on one line; or regions are texts by name, and atMs is when they were
	// read.
	data    []byte
	regions map[string]string
	atMs    int64
	// until is when the state is another without any commit, as of a day that ends; zero
	// where nothing is known to end.
	until time.Time

	number uint64 // of the topic's updates, from 1 on
	mu     sync.Mutex
	frames map[uint64][]byte // made so far, by the number of the update sent before
}

// frame is the update as an event for a listener who was sent another before, or
// nothing yet. Nobody may change it: others are sent it too.
func (u *update) frame(before *update) []byte {
	var number uint64
	if before != nil && u.regions != nil {
		number = before.number
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if made := u.frames[number]; made != nil {
		return made
	}
	data := u.data
	if u.regions != nil {
		data = u.changed(before)
	}
	made := make([]byte, 0, len(data)+len(u.event)+64)
	made = append(append(append(made, "event: "...), u.event...), "\nid: "...)
	made = append(strconv.AppendInt(made, u.version, 10), "\ndata: "...)
	made = append(append(made, data...), "\n\n"...)
	u.data = nil // it stands in the frame, and every listener is sent the same
	if u.frames == nil {
		u.frames = map[uint64][]byte{}
	}
	u.frames[number] = made
	return made
}

// changed writes the regions that are not as before; one that is gone is null.
func (u *update) changed(before *update) []byte {
	was := map[string]string{}
	if before != nil {
		was = before.regions
	}
	var d document
	d.open('{')
	d.name("version").int(u.version)
	d.name("at").instant(u.atMs)
	d.name("regions").open('{')
	for _, name := range slices.Sorted(maps.Keys(u.regions)) {
		if text, shown := was[name]; !shown || text != u.regions[name] {
			d.name(name).text(u.regions[name])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(was)) {
		if _, still := u.regions[name]; !still {
			d.name(name).null()
		}
	}
	d.close('}')
	d.close('}')
	return d
}
