package db

import "slices"

// progress is the row a writer locks: what only one writer at a time may count.
type progress struct {
	nextGeneration, foldedLead                 int64
	version, generation, arrivedUs             int64
	lastLead, lastAttempt, lastLabel, lastCost int64
	lastMessage                                int64
	// named says that some call of the campaign has several names.
	named bool
	// postedBy is who what arrived last was posted by.
	postedBy string
}

// progressOf lists its columns, of progress p.
const progressOf = `p.version, p.generation, p.next_generation, p.folded_lead_no, p.arrived_us, p.last_lead_no, p.last_attempt_no, p.last_label_no, p.last_cost_no,
	p.last_message_no, p.named, p.posted_by`

func (p *progress) dest() []any {
	return []any{&p.version, &p.generation, &p.nextGeneration, &p.foldedLead, &p.arrivedUs, &p.lastLead, &p.lastAttempt, &p.lastLabel, &p.lastCost,
		&p.lastMessage, &p.named, &p.postedBy}
}

// standing is what the rows of a campaign, found by its ref, say of where it stands.
type standing struct {
	ref                             string
	number, configVersion, counting int64
	progress
}

// standingOf begins the statement that reads it, of campaigns c and their progress p.
const standingOf = "select c.ref, c.campaign_id, c.config_version, p.counting_version, " + progressOf + " from "

func (at *standing) dest() []any {
	return append([]any{&at.ref, &at.number, &at.configVersion, &at.counting}, at.progress.dest()...)
}

// begin locks the campaign and reads where it stands, unless at tells already.
func (s *Store) begin(t *tx, campaignKey string, at *standing) (*batch, error) {
	var k *knowledge
	var err error
	if at != nil {
		k, err = s.stillKnown(at)
	}
	if k == nil && err == nil {
		at = &standing{}
		if k, err = s.findOwner(t, campaignKey); err == nil {
			_, err = t.one(at.progress.dest(), "select "+progressOf+" from progress p where p.campaign_id = $1", k.Number)
		}
	}
	if err != nil {
		return nil, err
	}
	b := newBatch(t, k)
	b.progress = at.progress
	if k.labels.last > b.lastLabel {
		// The database was set back to an earlier state, from a backup or a copy that
		// lagged: labels of its lost future must not be used.
		s.forget(k.Number)
		b.k, err = s.find(t, campaignKey)
	}
	b.arrivedUs = max(b.arrivedUs, s.now().UnixMicro())
	return b, err
}

// stands reads where the campaigns of posts stand, by ref, if there are several: in one
// statement, as a transaction on a file may be of many.
func (t *tx) stands(posts []*post) (map[string]*standing, error) {
	refs := make([]string, len(posts))
	for i, p := range posts {
		refs[i] = p.campaign
	}
	if refs = distinct(refs); len(refs) < 2 {
		return nil, nil
	}
	found := make(map[string]*standing, len(refs))
	for some := range slices.Chunk(refs, tableMost) {
		table, args := keysIn(some)
		err := t.seek(func(row scanned) error {
			var at standing
			err := row.Scan(at.dest()...)
			found[at.ref] = &at
			return err
		}, table+standingOf+"keys cross join campaigns c join progress p on p.campaign_id = c.campaign_id where c.ref = keys.k", args...)
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}
