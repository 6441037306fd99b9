package campaign

import (
	"encoding/binary"

	"github.com/google/uuid"
)

// An ID is a server id: a UUIDv7 made of the campaign's creation and the fact's
// number in the store, so that it needs no column and no index of its own. Facts
// are numbered as they come, so the ids of a campaign sort by arrival.
//
//	48 bits  milliseconds UTC
//	 4 bits  version 7
//	12 bits  kind (4) and the upper 8 bits of the campaign's number
//	 2 bits  variant
//	62 bits  the lower 16 bits of the campaign's number and 46 bits of the fact's
type ID struct {
	CreatedMs      int64 // of the campaign, or of an agent
	Kind           Kind  // 0 for a campaign itself
	CampaignNumber int64
	Number         int64
}

const numberBits = 46

// String writes the id as a UUID.
func (id ID) String() string {
	var u uuid.UUID
	binary.BigEndian.PutUint64(u[0:], uint64(id.CreatedMs)<<16|0x7000|uint64(id.Kind)<<8|uint64(id.CampaignNumber>>16)&0xff)
	binary.BigEndian.PutUint64(u[8:], 1<<63|uint64(id.CampaignNumber&0xffff)<<numberBits|uint64(id.Number))
	return u.String()
}

// kindQueue tells the ids of queues from those of campaigns.
const kindQueue Kind = 10

// kindService tells the id of the installation itself, which is shown nowhere.
const kindService Kind = 13

// ID is the server id of the campaign or queue itself.
func (c *Campaign) ID() ID {
	id := ID{CreatedMs: c.CreatedMs, CampaignNumber: c.Number, Number: c.Number}
	if _, queue := QueueOf(c.Ref); queue {
		id.Kind = kindQueue
	}
	if c.Ref == ServiceKey {
		id.Kind = kindService
	}
	return id
}

// kindAgent tells the ids of agents, who belong to no campaign, from those of facts.
const kindAgent Kind = 8

// ID is the agent's server id.
func (a *Agent) ID() ID { return ID{CreatedMs: a.CreatedMs, Kind: kindAgent, Number: a.Number} }

// kindSource tells the ids of sources of dialers' messages.
const kindSource Kind = 9

// ID is the source's server id.
func (s *Source) ID() ID { return ID{CreatedMs: s.CreatedMs, Kind: kindSource, Number: s.Number} }

// FactID is the server id of one of the campaign's facts.
func (c *Campaign) FactID(kind Kind, number int64) ID {
	return ID{CreatedMs: c.CreatedMs, Kind: kind, CampaignNumber: c.Number, Number: number}
}

// FactNumber returns the number of the campaign's fact that an id stands for; ok
// is false when the text is no id of the campaign.
func (c *Campaign) FactNumber(kind Kind, text string) (number int64, ok bool) {
	id, ok := ParseID(text)
	return id.Number, ok && id == c.FactID(kind, id.Number)
}

// ParseID reads a server id; ok is false when the text cannot be one.
func ParseID(text string) (id ID, ok bool) {
	if len(text) != 36 {
		return ID{}, false
	}
	u, err := uuid.Parse(text)
	if err != nil || u.Version() != 7 || u.Variant() != uuid.RFC4122 {
		return ID{}, false
	}
	high, low := binary.BigEndian.Uint64(u[0:]), binary.BigEndian.Uint64(u[8:])
	return ID{
		CreatedMs:      int64(high >> 16),
		Kind:           Kind(high >> 8 & 0xf),
		CampaignNumber: int64(high&0xff)<<16 | int64(low>>numberBits&0xffff),
		Number:         int64(low & (1<<numberBits - 1)),
	}, true
}
