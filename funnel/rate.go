package funnel

import "ringside/campaign"

// price returns what a dial costs by the cards in force at its start, in millionths;
// unrated says that a carrier bills it, but it has no end to bill by.
//
// Labour is the time of handling that outbound_aht counts. What agents are paid while
// they wait for calls comes with their states, which nobody posts yet: it will be
// rated where those are folded, and then stand instead of this.
func (r *Rules) price(d *dial) (telephony, labour int64, unrated bool) {
	if d.Answered {
		if card := campaign.CardAt(r.Rates.Telephony, func(c *campaign.TelephonyRate) campaign.Span { return c.Span }, d.StartedMs); card != nil {
			if unrated = d.EndedMs == campaign.None; !unrated {
				telephony = card.Micro(max(0, d.EndedMs-d.Reading.AnsweredMs))
			}
		}
	}
	if handled, ok := d.handled(); ok {
		span := func(c *campaign.LabourRate) campaign.Span { return c.Span }
		card := campaign.CardAt(r.Labour[d.Agent], span, d.StartedMs)
		if card == nil {
			card = campaign.CardAt(r.Labour[0], span, d.StartedMs)
		}
		if card != nil {
			labour = card.Micro(handled)
		}
	}
	return telephony, labour, unrated
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
