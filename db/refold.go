package db

import (
	"slices"

	"ringside/campaign"
	"ringside/funnel"
)

// refold brings the histories of all leads the batch touches up to date.
func (b *batch) refold() error {
	attempts := changedFacts(b.attempts)
	if err := b.findLeads(attempts); err != nil {
		return err
	}
	for _, f := range changedFacts(b.leads) {
		b.units[f.number] = &unitChange{}
	}
	for _, f := range attempts {
		if lead := b.origins[f].lead; lead != 0 {
			b.units[lead] = &unitChange{}
		}
		if lead := b.leadOf(f); lead != 0 {
			b.units[lead] = &unitChange{}
		}
	}
	if err := b.loadUnits(); err != nil {
		return err
	}
	for _, f := range changedFacts(b.leads) {
		b.foldLead(&b.units[f.number].after.Lead, f)
	}
	if err := b.learnCodes(attempts); err != nil {
		return err
	}
	for _, f := range attempts {
		b.moveAttempt(f)
	}
	return b.hearDNC(attempts)
}

// findLeads numbers leads that a merge of older versions brought back.
func (b *batch) findLeads(attempts []*fact) error {
	var named []string
	for _, f := range attempts {
		ref := f.content.Text(campaign.AttemptLead)
		if _, found := b.leadNumbers[ref]; !found && ref != "" {
			named = append(named, ref)
		}
	}
	return b.numberLeads(named)
}

// leadOf is the number of the lead an attempt belongs to, 0 while it has none.
func (b *batch) leadOf(f *fact) int64 { return b.leadNumbers[f.content.Text(campaign.AttemptLead)] }

// loadUnits reads the touched histories; leads without one begin empty.
func (b *batch) loadUnits() (err error) {
	numbers := make([]int64, 0, len(b.units))
	for n := range b.units {
		if packed := b.histories[n]; packed != nil {
			if b.units[n].before, err = unpackHistory(n, packed); err != nil {
				return err
			}
		} else if !b.newLeads[n] {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	err = lookup(b.t, b.k.Number, numbers, "f.lead_no, f.history", "histories f", "lead_no", func(row scanned) error {
		u, err := scanHistory(row)
		if err == nil {
			b.units[u.Number].before = u
		}
		return err
	})
	for n, c := range b.units {
		if c.before == nil {
			c.before = &funnel.Unit{Lead: funnel.Lead{Number: n, GeneratedMs: campaign.None}}
		}
		after := *c.before
		after.Attempts = append(make([]funnel.Attempt, 0, len(c.before.Attempts)+1), c.before.Attempts...)
		c.after = &after
	}
	return err
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
func (b *batch) moveAttempt(f *fact) {
	from, to := b.origins[f].lead, b.leadOf(f)
	same := func(a funnel.Attempt) bool { return a.Number == f.number }
	if from != 0 {
		u := b.units[from].after
		u.Attempts = slices.DeleteFunc(u.Attempts, same)
	}
	if to != 0 {
		u := b.units[to].after
		u.Attempts = append(u.Attempts, b.foldAttempt(f))
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
