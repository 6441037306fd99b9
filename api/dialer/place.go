package dialer

import (
	"math"
	"slices"

	"ringside/campaign"
)

// rankLeast is below every other rank.
const rankLeast = math.MinInt64/1000 + 1_000

// Placed is what a reading becomes: versions of one attempt, and the names by
// which other messages may mean the same call; or one version of a lead.
type Placed struct {
	// Names are the refs of the call's keys, the attempt's own first; none where the
	// message is about a lead.
	Names    []string
	Versions []*campaign.Version
}

// Place makes versions of an attempt of a reading that is not silent. Every
// attempt so made is whole: where no message says how it went or when it began,
// the least that the message implies stands until one does. ok is false where no
// key of the call can be a ref. The versions share their values with the reading.
func (r *Reading) Place(s *Source, receivedMs int64) (placed Placed, ok bool) {
	if len(r.Calls) == 0 {
		return r.placeLead()
	}
	for _, key := range r.Calls {
		if ref := AsRef(key); ref != "" && !slices.Contains(placed.Names, ref) {
			placed.Names = append(placed.Names, ref)
		}
	}
	if len(placed.Names) == 0 {
		return Placed{}, false
	}
	sayings := slices.Clone(r.Sayings)
	if !says(sayings, campaign.AttemptStartedAt) {
		at := r.aboutMs(receivedMs)
		sayings = append(sayings, started(RankGuess(at), at))
	}
	if !says(sayings, campaign.AttemptResult) {
		sayings = append(sayings, leastResult(sayings))
	}
	lead, rank := r.leadRef(placed.Names[0])
	for i := range sayings {
		v := &campaign.Version{Kind: campaign.KindAttempt, Ref: placed.Names[0], UpdatedMs: sayings[i].RankMs, Content: sayings[i].Content}
		if v.Given(campaign.AttemptDisposition) {
			v.Named = v.Named.With(campaign.AttemptDialer)
			v.Values[campaign.AttemptDialer].Text = s.Ref
		}
		if rank == rankStated {
			r.describe(v, lead)
		}
		placed.Versions = append(placed.Versions, v)
	}
	if rank != rankStated {
		// What stands in for the lead gives way to any message that knows it.
		v := &campaign.Version{Kind: campaign.KindAttempt, Ref: placed.Names[0], UpdatedMs: rank, Content: saying(rank).Content}
		r.describe(v, lead)
		placed.Versions = append(placed.Versions, v)
	}
	return placed, true
}

// PlaceInbound makes versions of a call that was offered to a queue; ok is false where
// the message says nothing of one, or its key can be no ref.
func (r *Reading) PlaceInbound() (placed Placed, ok bool) {
	if len(r.Calls) == 0 || AsRef(r.Calls[0]) == "" {
		return Placed{}, false
	}
	for _, said := range r.Inbound {
		if said.Named != 0 {
			placed.Versions = append(placed.Versions, &campaign.Version{Kind: campaign.KindCall, Ref: AsRef(r.Calls[0]), UpdatedMs: said.RankMs, Content: said.Content})
		}
	}
	return placed, len(placed.Versions) > 0
}

// PlaceAgent makes a version of the state of an agent that the message tells, spent on a
// campaign, "" for none.
func (r *Reading) PlaceAgent(spentOn string) Placed {
	v := &campaign.Version{Kind: campaign.KindState, UpdatedMs: r.Agent.RankMs, Content: r.Agent.Content}
	if spentOn != "" {
		v.Named = v.Named.With(campaign.StateCampaign)
		v.Values[campaign.StateCampaign].Text = spentOn
	}
	v.Ref = campaign.StateRef(v)
	return Placed{Versions: []*campaign.Version{v}}
}

// placeLead makes a version of the lead that the message is about.
func (r *Reading) placeLead() (placed Placed, ok bool) {
	ref := AsRef(r.Lead)
	if ref == "" || len(r.Sayings) > 0 {
		return Placed{}, false
	}
	v := &campaign.Version{Kind: campaign.KindLead, Ref: ref, UpdatedMs: r.RankMs, Content: r.LeadFields.Clone()}
	if v.Values == nil {
		v.Values = make([]campaign.Value, len(campaign.KindLead.Fields()))
	}
	if phone := clean(r.Phone); phone != "" {
		v.Named = v.Named.With(campaign.LeadPhone)
		v.Values[campaign.LeadPhone].Text = phone
	}
	return Placed{Versions: []*campaign.Version{v}}, v.Named != 0
}

// describe names the lead, its number and what else the message says of it.
func (r *Reading) describe(v *campaign.Version, lead string) {
	v.Named = v.Named.With(campaign.AttemptLead)
	v.Values[campaign.AttemptLead].Text = lead
	about := r.LeadFields.Clone()
	if about.Values == nil {
		about.Values = make([]campaign.Value, len(campaign.KindLead.Fields()))
	}
	if phone := clean(r.Phone); phone != "" {
		v.Named = v.Named.With(campaign.AttemptPhone)
		v.Values[campaign.AttemptPhone].Text = phone
		about.Named = about.Named.With(campaign.LeadPhone)
		about.Values[campaign.LeadPhone].Text = phone
	}
	if about.Named != 0 {
		v.Lead = &campaign.Version{Kind: campaign.KindLead, Ref: lead, UpdatedMs: v.UpdatedMs, Content: about}
	}
}

// rankStated says that the message itself knows the lead.
const rankStated = 0

// leadRef is the lead's ref and how well it is known: stated, or the rank of what
// stands in for it. Where nothing does, every call is a lead of its own.
func (r *Reading) leadRef(call string) (ref string, rank int64) {
	if ref := AsRef(r.Lead); ref != "" {
		return ref, rankStated
	}
	if ref := AsRef(r.StandIn); ref != "" {
		return ref, rankLeast + 2
	}
	if ref := AsRef(r.Phone); ref != "" {
		return ref, rankLeast + 1
	}
	return call, rankLeast
}

// aboutMs is the message's own time: the earliest instant it ranks by, else when
// it came.
func (r *Reading) aboutMs(receivedMs int64) int64 {
	at := receivedMs
	for i := range r.Sayings {
		if rank := r.Sayings[i].RankMs; rank >= earliestMs && rank < at {
			at = rank
		}
	}
	return at
}

func says(sayings []Saying, field int) bool {
	return slices.ContainsFunc(sayings, func(s Saying) bool { return s.Given(field) })
}

// leastResult is answered where anything else said implies it, else no answer.
func leastResult(sayings []Saying) Saying {
	least := saying(rankLeast)
	least.result(campaign.NoAnswer)
	for _, field := range []int{campaign.AttemptAnsweredBy, campaign.AttemptAnsweredAt, campaign.AttemptGreetingEndedAt, campaign.AttemptConnectedAt,
		campaign.AttemptTalk, campaign.AttemptHold, campaign.AttemptWrap, campaign.AttemptWrapBegan, campaign.AttemptWrapOver} {
		if says(sayings, field) {
			least = saying(RankDerived)
			least.result(campaign.Answered)
		}
	}
	return *least
}
