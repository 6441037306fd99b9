package db

import (
	"context"
	"sync"

	"github.com/jmoiron/sqlx"
)

// changes tells whoever waits that something was committed.
type changes struct {
	mu   sync.Mutex
	next chan struct{} // nil while nobody waits
}

// Changed returns a channel that is closed when the next transaction of this store
// has committed. What other processes commit only Versions tells. Take the channel
// before you read: what is committed in between then closes it.
func (s *Store) Changed() <-chan struct{} {
	s.changes.mu.Lock()
	defer s.changes.mu.Unlock()
	if s.changes.next == nil {
		s.changes.next = make(chan struct{})
	}
	return s.changes.next
}

// committed wakes whoever waits.
func (c *changes) committed() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.next != nil {
		close(c.next)
		c.next = nil
	}
}

// Versions returns how far each campaign has come, by ref, and under "" what was
// said of agents: numbers that rise with every commit that may change a report,
// whichever process made it. One statement reads them all, for all who ask at once:
// nobody may change the map.
func (s *Store) Versions(ctx context.Context) (map[string]int64, error) {
	return s.versions.find(ctx, s, "")
}

func readVersions(t *tx, _ string) (map[string]int64, error) {
	versions := map[string]int64{}
	err := t.query(func(row *sqlx.Rows) error {
		var ref string
		var version int64
		err := row.Scan(&ref, &version)
		versions[ref] = version
		return err
	}, "select coalesce(c.ref, ''), p.version from progress p left join campaigns c on c.campaign_id = p.campaign_id")
	return versions, err
}
