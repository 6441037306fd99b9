package db

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"ringside/campaign"
	"ringside/funnel"
)

// countingVersion is the version of how histories are packed and of what is
// counted from them. Raise it with every change after which a history, a cell or a
// moment made before is not what this program would make of the same facts: another
// layout of histories, other cells or measures, another reading of a fact. Every
// campaign counted under an older one is rebuilt when its store is opened.
const countingVersion = 6

// Rebuild packs every history of the campaign again from its facts and counts
// everything anew, as a recount does: in slices of leads, between which posts go
// on. When ctx ends before, it stays where it is: a process that tends to recounts
// goes on with it, and another Rebuild starts over.
func (s *Store) Rebuild(ctx context.Context, campaignKey string, report Progress) error {
	return s.rebuild(ctx, campaignKey, gently, report)
}

func (s *Store) rebuild(ctx context.Context, campaignKey string, p pace, report Progress) error {
	err := s.transact(ctx, func(t *tx) error {
		k, err := s.findLocked(t, campaignKey)
		if err != nil {
			return err
		}
		return t.startRecount(k.Number, s.zoneRules(k.wanted.TimeZone), true)
	})
	if err == nil {
		err = s.recount(ctx, campaignKey, p, report)
	}
	return err
}

// upgrade rebuilds the campaigns that were counted by an older program. Their
// histories need not be readable.
func (s *Store) upgrade(ctx context.Context) error {
	var old []string
	err := s.glance(ctx, func(t *tx) error {
		old = nil
		return t.query(func(row *sqlx.Rows) error {
			var ref string
			var version int64
			err := row.Scan(&ref, &version)
			if err == nil {
				err = tooNew(ref, version)
			}
			old = append(old, ref)
			return err
		}, "select c.ref, p.counting_version from campaigns c join progress p on p.campaign_id = c.campaign_id where p.counting_version <> $1 order by c.campaign_id", countingVersion)
	})
	for i := 0; i < len(old) && err == nil; i++ {
		err = s.rebuild(ctx, old[i], alone, func(done, of int64) {
			if s.upgrading != nil {
				s.upgrading(old[i], done, of)
			}
		})
	}
	return err
}

// tooNew refuses a campaign that was counted by a newer program.
func tooNew(ref string, version int64) error {
	if version <= countingVersion {
		return nil
	}
	return &campaign.Error{Kind: campaign.Conflict, Code: "newer_database", Field: "db", Message: fmt.Sprintf(
		"campaign %s was counted by version %d, this program counts by version %d; use the newer ringside that wrote it", ref, version, countingVersion)}
}

// repack packs the histories of leads (from, to] again from their facts, and
// returns their units. Which attempts a lead has is taken from the window, which
// may be of a while ago, and from the history as it is, in which posts have put
// what came or moved since; what of both is the lead's is read from the facts.
func repack(t *tx, campaignNumber int64, w *window, from, to, last int64) ([]*funnel.Unit, error) {
	lower, upper := allOf(from, to, last)
	stored, err := storedHistories(t, campaignNumber, lower, upper)
	if err != nil {
		return nil, err
	}
	attempts := w.attempts(nil, from, to)
	for lead, packed := range stored {
		// One that is damaged names nothing, and takes no posts either.
		if u, err := unpackHistory(lead, packed); err == nil {
			for i := range u.Attempts {
				attempts = append(attempts, u.Attempts[i].Number)
			}
		}
	}
	slices.Sort(attempts)
	facts, err := factUnits(t, campaignNumber, from, to, slices.Compact(attempts))
	if err != nil {
		return nil, err
	}
	units := make([]*funnel.Unit, len(facts))
	in := t.intoHistories()
	for i, u := range facts {
		units[i] = &u.Unit
		packed := packHistory(&u.Unit)
		if !bytes.Equal(packed, stored[u.Number]) {
			if err := in.row(campaignNumber, u.Number, packed); err != nil {
				return nil, err
			}
		}
		delete(stored, u.Number)
		if ms := cohortMs(&u.Unit); ms != u.storedCohortMs {
			if err := t.exec("update leads set cohort_ms = $1 where campaign_id = $2 and lead_no = $3", null(ms), campaignNumber, u.Number); err != nil {
				return nil, err
			}
		}
	}
	for lead := range stored { // of no lead
		if err := t.exec("delete from histories where campaign_id = $1 and lead_no = $2", campaignNumber, lead); err != nil {
			return nil, err
		}
	}
	return units, in.flush()
}
