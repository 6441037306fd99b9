package db

import (
	"github.com/jmoiron/sqlx"

	"ringside/campaign"
)

// version is one stored version of a fact.
type version struct {
	number    int64
	rank      campaign.Rank
	arrivedUs int64
	content   campaign.Content
	// message marks one that is being taken from a dialer's message. All that a message
	// says arrives at one instant, at which nothing else does: so it is known for its own.
	message bool
}

// insertVersions begins the insert of version rows, versionsWidth columns each;
// versionColumns are what scanVersion reads of them.
const (
	insertVersions = "insert into versions (campaign_id, kind, fact_no, version_no, updated_ms, arrived_us, content) values "
	versionsWidth  = 7
	versionColumns = "version_no, updated_ms, arrived_us, content"
)

// row is the version as a row of insertVersions. An undated one is ranked by its
// arrival, which stands there anyway.
func (v *version) row(campaignNumber int64, kind campaign.Kind, fact int64) []any {
	updated := campaign.None
	if v.rank.Dated {
		updated = v.rank.AtUs / 1000
	}
	return []any{campaignNumber, kind, fact, v.number, null(updated), v.arrivedUs, v.content.Pack(kind)}
}

// scanVersion reads versionColumns, after the columns of before.
func scanVersion(row scanned, kind campaign.Kind, before ...any) (v version, err error) {
	var content []byte
	var updated nullInt
	if err := row.Scan(append(before, &v.number, &updated, &v.arrivedUs, &content)...); err != nil {
		return v, err
	}
	if v.rank = (campaign.Rank{AtUs: v.arrivedUs}); updated.Valid {
		v.rank = campaign.Rank{AtUs: updated.Int64 * 1000, Dated: true}
	}
	v.content, err = campaign.Unpack(kind, content)
	return v, err
}

func versionsOf(t *tx, campaignNumber int64, kind campaign.Kind, number int64) ([]version, error) {
	var all []version
	err := t.query(func(row *sqlx.Rows) error {
		v, err := scanVersion(row, kind)
		all = append(all, v)
		return err
	}, "select "+versionColumns+" from versions where campaign_id = $1 and kind = $2 and fact_no = $3 order by version_no",
		campaignNumber, kind, number)
	return all, err
}
