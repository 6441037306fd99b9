package db

import (
	"slices"

	"ringside/campaign"
	"ringside/funnel"
)

// touch finds what there is of the leads and histories that the changed attempts and
// leads touch.
func (b *batch) touch(attempts []*fact) error {
	if err := b.findLeads(attempts); err != nil {
		return err
	}
	for _, f := range changedFacts(b.leads) {
		b.units[f.number] = &unitChange{}
	}
	for _, f := range attempts {
		for _, lead := range []int64{f.origin, f.lead} {
			if lead != 0 && b.units[lead] == nil {
				b.units[lead] = &unitChange{}
			}
		}
	}
	return b.loadHistories()
}

// refold brings those histories up to date; folded is what the fold needs of the attempts.
func (b *batch) refold(attempts []*fact, folded []funnel.Attempt) error {
	if err := b.unpackUnits(); err != nil {
		return err
	}
	for _, f := range changedFacts(b.leads) {
		b.foldLead(&b.units[f.number].after.Lead, f)
	}
	for i, f := range attempts {
		b.moveAttempt(f, &folded[i])
	}
	return b.hearDNC(attempts)
}

// findLeads finds the leads of the attempts, numbering those that a merge of older
// versions brought back.
func (b *batch) findLeads(attempts []*fact) error {
	var named []string
	for _, f := range attempts {
		ref := f.content.Text(campaign.AttemptLead)
		if _, found := b.leadNumbers[ref]; !found && ref != "" {
			named = append(named, ref)
		}
	}
	err := b.numberLeads(named)
	for _, f := range attempts {
		f.lead = b.leadOf(f)
	}
	return err
}

// leadOf is the number of the lead an attempt belongs to, 0 while it has none.
func (b *batch) leadOf(f *fact) int64 { return b.leadNumbers[f.content.Text(campaign.AttemptLead)] }

// loadHistories reads those of the touched histories that are not at hand.
func (b *batch) loadHistories() error {
	var numbers []int64
	for n := range b.units {
		if b.histories[n] == nil && !b.newLeads[n] {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	return lookup(b.t, b.k.Number, numbers, "f.lead_no, f.history", "histories f", "lead_no", func(row scanned) error {
		var lead int64
		var packed []byte
		err := row.Scan(&lead, &packed)
		b.histories[lead] = packed
		return err
	})
}

// unpackUnits unpacks the touched histories; leads without one begin empty.
func (b *batch) unpackUnits() (err error) {
	for n, c := range b.units {
		c.before = &funnel.Unit{Lead: funnel.Lead{Number: n, GeneratedMs: campaign.None}}
		if packed := b.histories[n]; packed != nil {
			if c.before, err = unpackHistory(n, packed); err != nil {
				return err
			}
		}
		after := *c.before
		after.Attempts = append(make([]funnel.Attempt, 0, len(c.before.Attempts)+1), c.before.Attempts...)
		c.after = &after
	}
	return nil
}

func scanHistory(row scanned) (*funnel.Unit, error) {
	var number int64
	var packed []byte
	if err := row.Scan(&number, &packed); err != nil {
		return nil, err
	}
	return unpackHistory(number, packed)
}

// foldLead copies what the fold needs of a lead's fields.
func (b *batch) foldLead(l *funnel.Lead, f *fact) {
	c := &f.content
	l.GeneratedMs = c.Int(campaign.LeadGeneratedAt)
	l.Posted = c.Given(campaign.LeadPosted)
	l.Void = c.Int(campaign.LeadVoid) == 1
	l.List = b.labelOf(f, campaign.LeadList, listLabel)
	l.Source = b.labelOf(f, campaign.LeadSource, sourceLabel)
	l.Zone = b.labelOf(f, campaign.LeadTimeZone, zoneLabel)
	if l.PriceMinor = 0; c.Given(campaign.LeadPrice) {
		l.PriceMinor = c.Int(campaign.LeadPrice)
	}
}

func (b *batch) labelOf(f *fact, field int, kind labelKind) int64 {
	if !f.content.Given(field) {
		return 0
	}
	return b.label(kind, f.content.Values[field].Text)
}

// moveAttempt puts a changed attempt into its lead's history, and out of the one
// it stood in before.
func (b *batch) moveAttempt(f *fact, folded *funnel.Attempt) {
	same := func(a funnel.Attempt) bool { return a.Number == f.number }
	if f.origin != 0 {
		u := b.units[f.origin].after
		u.Attempts = slices.DeleteFunc(u.Attempts, same)
	}
	if f.lead != 0 {
		u := b.units[f.lead].after
		u.Attempts = append(u.Attempts, *folded)
	}
}

// foldAttempt is what the fold needs of an attempt's fields.
func (b *batch) foldAttempt(f *fact) funnel.Attempt {
	said := f.content.WithWrap()
	c := &said
	word := func(field int) uint8 { return uint8(max(0, c.Int(field))) }
	return funnel.Attempt{
		Number: f.number, Ref: f.ref,
		StartedMs:       c.Int(campaign.AttemptStartedAt),
		Result:          campaign.Result(word(campaign.AttemptResult)),
		AnsweredBy:      campaign.AnsweredBy(word(campaign.AttemptAnsweredBy)),
		EndedBy:         campaign.EndedBy(word(campaign.AttemptEndedBy)),
		Void:            c.Int(campaign.AttemptVoid) == 1,
		AnsweredMs:      c.Int(campaign.AttemptAnsweredAt),
		GreetingEndedMs: c.Int(campaign.AttemptGreetingEndedAt),
		ConnectedMs:     c.Int(campaign.AttemptConnectedAt),
		EndedMs:         c.Int(campaign.AttemptEndedAt),
		HoldMs:          c.Int(campaign.AttemptHold),
		WrapMs:          c.Int(campaign.AttemptWrap),
		TalkMs:          c.Int(campaign.AttemptTalk),
		Agent:           b.labelOf(f, campaign.AttemptAgent, agentLabel),
		Disposition:     b.labelOf(f, campaign.AttemptDisposition, dispositionLabel),
		Dialer:          b.labelOf(f, campaign.AttemptDialer, dialerLabel),
		AmountMinor:     c.Int(campaign.AttemptAmount),
		DecidedMs:       c.Int(campaign.AttemptDecidedAt),
		CancelledMs:     c.Int(campaign.AttemptCancelledAt),
		CallbackMs:      c.Int(campaign.AttemptCallbackAt),
	}
}
