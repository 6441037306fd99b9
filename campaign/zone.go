package campaign

import (
	"encoding/binary"
	"hash/fnv"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // zones must not depend on what the machine has installed
)

// zones are those loaded so far: a zone's rules stay what they are while the
// program runs, so that all it counts it counts by the same ones.
var zones sync.Map // name to *zone

type zone struct {
	*time.Location
	rules func() int64
}

// LoadZone returns the IANA zone of that name. "Local" and the empty name are
// refused: what a number means must not depend on the machine it is read on.
func LoadZone(name string) (*time.Location, error) {
	z, err := loadZone(name)
	if err != nil {
		return nil, err
	}
	return z.Location, nil
}

func loadZone(name string) (*zone, error) {
	if known, ok := zones.Load(name); ok {
		return known.(*zone), nil
	}
	if name == "" || name == "Local" || strings.HasPrefix(name, "/") {
		return nil, Invalidf("invalid_zone", "", "%q is not an IANA time zone; send a name like Europe/Lisbon or UTC", clip(name))
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil, Invalidf("invalid_zone", "", "%q is not a known IANA time zone; send a name like Europe/Lisbon or UTC", clip(name))
	}
	made := &zone{Location: loc, rules: sync.OnceValue(func() int64 { return sumUpRules(loc) })}
	known, _ := zones.LoadOrStore(name, made)
	return known.(*zone), nil
}

// ZoneRules sums up when the clocks of a zone are changed and by how much, from
// 1970 to the end of 2199, in one number: two zones, or two versions of one, that
// ever differ have different ones. It is 0 for a zone that does not load.
func ZoneRules(name string) int64 {
	z, err := loadZone(name)
	if err != nil {
		return 0
	}
	return z.rules()
}

func sumUpRules(loc *time.Location) int64 {
	sum := fnv.New64a()
	last := time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)
	offset := 1 << 30 // of no zone
	for at := time.Unix(0, 0).In(loc); at.Before(last); {
		if _, now := at.Zone(); now != offset {
			offset = now
			sum.Write(binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, uint64(at.Unix())), uint64(now)))
		}
		_, next := at.ZoneBounds()
		switch {
		case next.IsZero():
			at = last
		case next.After(at):
			at = next
		default: // for some years to come ZoneBounds gives an end that is already past
			at = at.Add(time.Hour)
		}
	}
	return int64(sum.Sum64())
}
