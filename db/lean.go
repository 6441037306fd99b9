package db

import (
	"github.com/jmoiron/sqlx"

	"ringside/campaign"
)

// afterwards is what a migration does that SQL alone cannot, by its number.
var afterwards = map[int]func(t *tx) error{5: leanVersions}

// textVersion is a version as releases up to 0.1 kept it.
type textVersion struct {
	kind         campaign.Kind
	fact, number int64
	rankedUs     int64
	dated        bool
	arrivedUs    int64
	content      []byte
}

// textVersionsMost is how many of them are held in memory.
const textVersionsMost = 4096

// leanVersions packs the versions of versions_as_text into versions.
func leanVersions(t *tx) error {
	campaigns, err := t.campaignNumbers()
	for _, number := range campaigns {
		for last := (&textVersion{}); last != nil && err == nil; {
			last, err = leanPage(t, number, last)
		}
	}
	if err != nil {
		return err
	}
	return t.exec("drop table versions_as_text")
}

// leanPage packs the versions that come after one, and returns the last of them,
// or nil when there is none.
func leanPage(t *tx, campaignNumber int64, after *textVersion) (*textVersion, error) {
	var page []textVersion
	err := t.query(func(row *sqlx.Rows) error {
		var v textVersion
		err := row.Scan(&v.kind, &v.fact, &v.number, &v.rankedUs, &v.dated, &v.arrivedUs, &v.content)
		page = append(page, v)
		return err
	}, `select kind, fact_no, version_no, ranked_us, dated, arrived_us, content from versions_as_text
		where campaign_id = $1 and (kind, fact_no, version_no) > ($2, $3, $4) order by kind, fact_no, version_no limit $5`,
		campaignNumber, after.kind, after.fact, after.number, textVersionsMost)
	if err != nil || len(page) == 0 {
		return nil, err
	}
	in := t.into(insertVersions, versionsWidth, "")
	for i := range page {
		v := &page[i]
		content, err := campaign.ParseCanonical(v.kind, v.content)
		if err != nil {
			return nil, err
		}
		w := version{number: v.number, rank: campaign.Rank{AtUs: v.rankedUs, Dated: v.dated}, arrivedUs: v.arrivedUs, content: content}
		if err := in.row(w.row(campaignNumber, v.kind, v.fact)...); err != nil {
			return nil, err
		}
	}
	return &page[len(page)-1], in.flush()
}
