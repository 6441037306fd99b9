package funnel

import "ringside/campaign"

// price returns what a dial costs by the cards in force at its start, in millionths;
// unrated says that a carrier bills it, but it has no end to bill by.
//
// Labour is the time of handling that outbound_aht counts. Of agents whose time logged in
// is known that stands instead (labour.go).
func (r *Rules) price(d *dial) (telephony, labour int64, unrated bool) {
	if d.Answered {
		if card := campaign.CardAt(r.Rates.Telephony, func(c *campaign.TelephonyRate) campaign.Span { return c.Span }, d.StartedMs); card != nil {
			if unrated = d.EndedMs == campaign.None; !unrated {
				telephony = card.Micro(max(0, d.EndedMs-d.Reading.AnsweredMs))
			}
		}
	}
	if handled, ok := d.handled(); ok {
		if card := cardAt(r.Labour[d.Agent], r.Labour[0], d.StartedMs); card != nil {
			labour = card.Micro(handled)
		}
	}
	return telephony, labour, unrated
}

// cardAt is the card of an agent in force at an instant: one of their own, else one of all.
func cardAt(own, all []campaign.LabourRate, atMs int64) *campaign.LabourRate {
	span := func(c *campaign.LabourRate) campaign.Span { return c.Span }
	if card := campaign.CardAt(own, span, atMs); card != nil {
		return card
	}
	return campaign.CardAt(all, span, atMs)
}

// rate adds what a dial costs.
func (f *Folder) rate(d *dial) {
	telephony, labour, unrated := f.Rules.price(d)
	if telephony != 0 {
		f.add(TelephonyMicro, telephony)
	}
	if labour != 0 {
		f.add(LabourMicro, labour)
	}
	f.count(UnratedCalls, unrated)
}

// handled is how long an ended conversation kept an agent busy.
func (d *dial) handled() (ms int64, ok bool) {
	if !d.Contact {
		return 0, false
	}
	together, _, ended := d.talked(d.Attempt)
	return together + max(0, d.WrapMs), ended
}
