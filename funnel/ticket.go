package funnel

import "ringside/campaign"

// ticket is what a case adds at each of its instants.
func (f *Folder) ticket(u *Unit) {
	c := u.Record
	if c.Int(campaign.CaseVoid) == 1 || !c.Given(campaign.CaseOpenedAt) {
		return
	}
	opened := u.AtMs()
	resolved, reopened := c.Given(campaign.CaseResolvedAt), c.Reopened()
	f.stand(u, OpenClock, opened)
	f.add(CasesOpened, 1)
	f.count(OpenedResolved, resolved && !reopened)
	f.add(CasesDelta, 1)
	if c.Given(campaign.CaseFirstReplyAt) {
		replied := max(opened, c.Int(campaign.CaseFirstReplyAt))
		f.stand(u, ReplyClock, replied)
		f.took(FirstReplies, FirstReplyMs, FirstRepliesOpen, FirstReplyOpenMs, opened, replied)
	}
	if !resolved {
		return
	}
	closed := max(opened, c.Int(campaign.CaseResolvedAt))
	f.stand(u, CloseClock, closed)
	f.took(CasesResolved, ResolutionMs, ResolutionsOpen, ResolutionOpenMs, opened, closed)
	f.count(CasesReopened, reopened)
	f.add(CasesDelta, -1)
	if reopened {
		f.stand(u, ReopenClock, max(opened, c.Int(campaign.CaseReopenedAt)))
		f.add(CasesDelta, 1)
	}
}

// took adds how long something took, by the calendar and in business hours.
func (f *Folder) took(all, ms, open, openMs Measure, from, to int64) {
	f.add(all, 1)
	f.add(ms, to-from)
	if f.Rules.Hours != nil {
		f.add(open, 1)
		f.add(openMs, f.Rules.Hours.OpenMs(from, to))
	}
}

// customer is what a customer adds when joining and when leaving.
func (f *Folder) customer(u *Unit) {
	c := u.Record
	if c.Int(campaign.CustomerVoid) == 1 || !c.Given(campaign.CustomerJoinedAt) {
		return
	}
	f.stand(u, JoinClock, u.AtMs())
	f.add(CustomersJoined, 1)
	f.count(CustomersReferred, c.Given(campaign.CustomerReferredBy))
	f.bring(c, 1)
	if c.Given(campaign.CustomerLeftAt) {
		f.stand(u, LeaveClock, u.leftMs())
		f.bring(c, -1)
	}
}

// bring adds a customer, or takes one away, with what they bring.
func (f *Folder) bring(c *Record, sign int64) {
	f.add(CustomersDelta, sign)
	if c.Given(campaign.CustomerMargin) {
		f.add(MarginDelta, sign*c.Int(campaign.CustomerMargin))
		f.add(MarginedDelta, sign)
	}
}
