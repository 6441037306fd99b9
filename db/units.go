package db

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/jmoiron/sqlx"

	"ringside/campaign"
	"ringside/funnel"
)

// windowMost is how many attempts a window names: a rebuild takes memory for so
// many pairs of numbers, however large the campaign is.
const windowMost = 1 << 20

// window says which attempts the leads (from, to] have. No index leads from a lead
// to its attempts: one window after the other is put in order instead, each by
// going once through the index of starts, which names the lead.
type window struct {
	from, to int64
	pairs    []pair // in order
}

// pair is two numbers of which the first is a lead's.
type pair struct{ lead, other int64 }

func comparePairs(a, b pair) int {
	return cmp.Or(cmp.Compare(a.lead, b.lead), cmp.Compare(a.other, b.other))
}

// openWindow reads the window of the leads after one, of about so many attempts:
// whole leads, and at least one.
func openWindow(t *tx, campaignNumber, from int64, most int) (*window, error) {
	for w := (&window{from: from, to: math.MaxInt64}); ; most *= 2 {
		var err error
		w.pairs, err = t.pairs(w.pairs[:0], "select lead_no, attempt_no from attempts where campaign_id = $1 and lead_no > $2 order by lead_no, attempt_no limit $3",
			campaignNumber, from, most)
		if err != nil || len(w.pairs) < most {
			return w, err
		}
		// The last lead may have more than fitted in.
		last := w.pairs[len(w.pairs)-1].lead
		if cut := w.before(last); len(cut) > 0 {
			w.pairs, w.to = cut, last-1
			return w, nil
		}
	}
}

// pairs reads two numbers a row.
func (t *tx) pairs(into []pair, text string, args ...any) ([]pair, error) {
	err := t.query(func(row *sqlx.Rows) error {
		var p pair
		err := row.Scan(&p.lead, &p.other)
		into = append(into, p)
		return err
	}, text, args...)
	return into, err
}

// holds reports whether the lead that comes after this one is in the window.
func (w *window) holds(lead int64) bool { return w != nil && lead >= w.from && lead < w.to }

// before returns the pairs of leads before one.
func (w *window) before(lead int64) []pair {
	n, _ := slices.BinarySearchFunc(w.pairs, pair{lead: lead, other: math.MinInt64}, comparePairs)
	return w.pairs[:n]
}

// attempts appends the attempts of leads (from, to].
func (w *window) attempts(into []int64, from, to int64) []int64 {
	for _, p := range w.before(to + 1)[len(w.before(from+1)):] {
		into = append(into, p.other)
	}
	return into
}

// factUnit is a lead with all its attempts, as the facts have them, and the
// instant by which the lead clock finds it, as stored.
type factUnit struct {
	funnel.Unit
	storedCohortMs int64
}

// What leadScanner and attemptScanner read of f.
var (
	leadColumns = `f.lead_no, f.generated_ms, coalesce(f.list_no, 0), coalesce(f.source_no, 0), coalesce(f.zone_no, 0), coalesce(f.void, 0), coalesce(f.posted, 0), f.cohort_ms, coalesce(f.price_minor, 0)`

	attemptColumns = `f.lead_no, f.attempt_no, f.ref, f.started_ms, f.result, coalesce(f.answered_by, 0), coalesce(f.ended_by, 0), coalesce(f.void, 0),
		coalesce(f.agent_no, 0), coalesce(f.disposition_no, 0), coalesce(f.dialer_no, 0),
		f.answered_ms, f.greeting_ended_ms, f.connected_ms, f.ended_ms, f.hold_ms, ` + wrapColumn + `, f.amount_minor, f.decided_ms, f.cancelled_ms, f.callback_ms, f.talk_ms`
)

// wrapColumn is what Content.WithWrap makes of an attempt's wrap-up.
var wrapColumn = fmt.Sprintf(`case when f.named & %d > 0 then f.wrap_ms when f.wrap_over_ms < f.wrap_began_ms then 0 else f.wrap_over_ms - f.wrap_began_ms end`,
	int64(1)<<campaign.AttemptWrap)

// numeral is a column's number, or campaign.None where it is null. Rows of many are read
// faster so than into types that the driver's answer is converted to.
type numeral int64

func (n *numeral) Scan(value any) error {
	switch v := value.(type) {
	case int64:
		*n = numeral(v)
	case nil:
		*n = numeral(campaign.None)
	default:
		return fmt.Errorf("a column holds %T instead of a number", value)
	}
	return nil
}

// leadScanner returns what reads rows of leadColumns, reusing its memory.
func leadScanner() func(row scanned) (factUnit, error) {
	var n [9]numeral
	dest := make([]any, len(n))
	for i := range n {
		dest[i] = &n[i]
	}
	return func(row scanned) (u factUnit, err error) {
		err = row.Scan(dest...)
		u.Lead = funnel.Lead{Number: int64(n[0]), GeneratedMs: int64(n[1]), List: int64(n[2]), Source: int64(n[3]), Zone: int64(n[4]), Void: n[5] == 1, Posted: n[6] == 1, PriceMinor: int64(n[8])}
		u.storedCohortMs = int64(n[7])
		return u, err
	}
}

// attemptScanner returns what reads rows of attemptColumns, reusing its memory.
func attemptScanner() func(row scanned) (lead int64, a funnel.Attempt, err error) {
	var n [21]numeral
	var ref string
	dest := make([]any, 0, len(n)+1)
	for i := range n {
		if dest = append(dest, &n[i]); i == 1 {
			dest = append(dest, &ref)
		}
	}
	return func(row scanned) (lead int64, a funnel.Attempt, err error) {
		err = row.Scan(dest...)
		a = funnel.Attempt{Number: int64(n[1]), Ref: ref, StartedMs: int64(n[2]), Result: campaign.Result(max(0, n[3])), AnsweredBy: campaign.AnsweredBy(n[4]), EndedBy: campaign.EndedBy(n[5]),
			Void: n[6] == 1, Agent: int64(n[7]), Disposition: int64(n[8]), Dialer: int64(n[9])}
		for i, f := range optionals(&a) {
			*f.at = int64(n[10+i])
		}
		return int64(n[0]), a, err
	}
}

// factUnits reads leads (from, to] in order, with those of the attempts, given by
// number, that are theirs.
func factUnits(t *tx, campaignNumber, from, to int64, attempts []int64) (units []*factUnit, err error) {
	byLead := map[int64]*factUnit{}
	scanLead, scanAttempt := leadScanner(), attemptScanner()
	err = t.query(func(row *sqlx.Rows) error {
		u, err := scanLead(row)
		units, byLead[u.Number] = append(units, &u), &u
		return err
	}, "select "+leadColumns+" from leads f where f.campaign_id = $1 and f.lead_no > $2 and f.lead_no <= $3 order by f.lead_no", campaignNumber, from, to)
	if err != nil {
		return nil, err
	}
	err = lookup(t, campaignNumber, attempts, attemptColumns, "attempts f", "attempt_no", func(row scanned) error {
		lead, a, err := scanAttempt(row)
		if u := byLead[lead]; u != nil {
			u.Attempts = append(u.Attempts, a)
		}
		return err
	})
	for _, u := range units {
		u.Sort()
	}
	return units, err
}

// storedHistories reads the packed histories of leads (from, to].
func storedHistories(t *tx, campaignNumber, from, to int64) (map[int64][]byte, error) {
	packed := map[int64][]byte{}
	err := t.query(func(row *sqlx.Rows) error {
		var lead int64
		var history []byte
		err := row.Scan(&lead, &history)
		packed[lead] = history
		return err
	}, "select lead_no, history from histories where campaign_id = $1 and lead_no > $2 and lead_no <= $3", campaignNumber, from, to)
	return packed, err
}

// allOf widens leads (from, to] of a campaign's leads (0, last] by the numbers no
// lead has, where stray rows may stand.
func allOf(from, to, last int64) (int64, int64) {
	if from == 0 {
		from = math.MinInt64
	}
	if to >= last {
		to = math.MaxInt64
	}
	return from, to
}

// window opens the window after a lead, on a snapshot of its own.
func (s *Store) window(ctx context.Context, campaignNumber, from int64) (w *window, err error) {
	err = s.snapshot(ctx, func(t *tx) error {
		w, err = openWindow(t, campaignNumber, from, s.windowMost)
		return err
	})
	return w, err
}
