package funnel

import "ringside/campaign"

// FactPage is a run of a campaign's facts of one kind, in the order in which they
// became known.
type FactPage struct {
	Campaign campaign.Campaign
	// Facts are merged, dated in UpdatedMs by their newest version. An attempt's
	// Lead is what is known of its lead, where only attempts know it.
	Facts []*campaign.Version
	// Last is the number of the page's last fact, 0 when it holds none, and Of the
	// highest there is.
	Last, Of int64
}
