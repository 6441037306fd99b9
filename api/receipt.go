package api

import (
	"cmp"
	"net/http"
	"slices"

	"ringside/campaign"
)

// rejectedMost is how many rejected items a receipt lists; it counts all.
const rejectedMost = 1000

// refusal is a rejected item: its place in the whole post, its ref as far as it
// could be read, and what is wrong with it.
type refusal struct {
	index int
	ref   string
	err   *campaign.Error
}

// receipt adds up what became of a post.
type receipt struct {
	created, updated, unchanged int
	rejected                    []refusal
	rejectedTotal               int
	// unmapped lists codes of dispositions, the first unmappedMost, that were stored
	// and counted as category none.
	unmapped []string
}

// unmappedMost bounds the unmapped codes a receipt lists.
const unmappedMost = 100

func (r *receipt) accepted() int { return r.created + r.updated + r.unchanged }

// reject adds the rejected items of one piece, in order of index.
func (r *receipt) reject(piece []refusal) {
	slices.SortFunc(piece, func(a, b refusal) int { return cmp.Compare(a.index, b.index) })
	r.rejectedTotal += len(piece)
	r.rejected = append(r.rejected, piece[:min(len(piece), rejectedMost-len(r.rejected))]...)
}

// refusedStatus is the status of a post of which nothing was accepted: 409 where all of
// it is about closed months.
func (r *receipt) refusedStatus() int {
	if len(r.rejected) == 0 || slices.ContainsFunc(r.rejected, func(f refusal) bool { return f.err.Code != "period_closed" }) {
		return http.StatusUnprocessableEntity
	}
	return http.StatusConflict
}

func (r *receipt) document() document {
	var d document
	d.open('{')
	d.name("accepted").int(int64(r.accepted()))
	d.name("created").int(int64(r.created))
	d.name("updated").int(int64(r.updated))
	d.name("unchanged").int(int64(r.unchanged))
	d.name("rejected").open('[')
	for _, item := range r.rejected {
		d.open('{')
		d.name("index").int(int64(item.index))
		if item.ref != "" {
			d.name("ref").text(item.ref)
		}
		d.name("code").text(item.err.Code)
		if item.err.Field != "" {
			d.name("field").text(item.err.Field)
		}
		d.name("message").text(item.err.Message)
		d.close('}')
	}
	d.close(']')
	d.name("rejected_total").int(int64(r.rejectedTotal))
	if len(r.unmapped) > 0 {
		d.name("unmapped").open('[')
		for _, code := range r.unmapped {
			d.text(code)
		}
		d.close(']')
	}
	d.close('}')
	return d
}

// commit stores the piece in hand and adds what became of it to the receipt.
func (p *posting) commit() error {
	err := p.storePiece()
	if err != nil {
		return err
	}
	p.receipt.reject(p.refused)
	clear(p.versions)
	p.versions, p.indexes, p.refused, p.bytes = p.versions[:0], p.indexes[:0], p.refused[:0], 0
	return nil
}

// storePiece records the versions in hand, each campaign's in one transaction.
func (p *posting) storePiece() error {
	groups := p.byCampaign()
	if p.atomic {
		if len(groups) > 1 {
			return campaign.Invalidf("several_campaigns", "campaign", "an atomic post names one campaign, this one names several; post once a campaign, or leave atomic out; nothing was stored")
		}
		if len(p.refused) > 0 {
			return p.refuseRest(groups)
		}
	}
	for _, g := range groups {
		if err := p.record(g); err != nil {
			return err
		}
	}
	return nil
}

// group is the part of a piece that goes to one campaign: positions in the piece.
type group struct {
	campaignKey string // as items name it, empty where the path does
	positions   []int
}

// byCampaign parts the piece by campaign, in order of first appearance.
func (p *posting) byCampaign() []group {
	var groups []group
	at := map[string]int{}
	for i, v := range p.versions {
		var key string
		if p.into == nil {
			if key = v.Owner(); key != campaign.NoCampaign {
				key = p.refOf(key)
			}
		}
		g, ok := at[key]
		if !ok {
			g = len(groups)
			at[key] = g
			groups = append(groups, group{campaignKey: key})
		}
		groups[g].positions = append(groups[g].positions, i)
	}
	return groups
}

// refOf returns the ref of the campaign an item names by ref or id, so that both
// ways to name it are one campaign. An unknown one is left to be refused later.
func (p *posting) refOf(key string) string {
	if ref, ok := p.refs[key]; ok {
		return ref
	}
	ref := key
	if of, err := p.campaign(key); err == nil {
		ref = of.Ref
	}
	if p.refs == nil {
		p.refs = map[string]string{}
	}
	p.refs[key] = ref
	return ref
}

// byRef puts refs in place of ids by which a fact of service names a queue or campaign,
// so that both ways to name it are one group. What is not there keeps its name: a fact
// may be about a queue that is not counted here.
func (p *posting) byRef(v *campaign.Version) {
	if p.into == nil || p.into.Ref != campaign.ServiceKey {
		return
	}
	for f, field := range v.Kind.Fields() {
		if _, isID := campaign.ParseID(v.Text(f)); !isID || field.Name != "queue" && field.Name != "campaign" {
			continue
		}
		if field.Name == "campaign" {
			v.Values[f].Text = p.refOf(v.Text(f))
		} else if ref, found := campaign.QueueOf(p.refOf(campaign.QueueKey(v.Text(f)))); found {
			v.Values[f].Text = ref
		}
	}
}

// record stores one campaign's versions.
func (p *posting) record(g group) error {
	into, known, err := p.campaignOf(g)
	if !known {
		return err
	}
	posts := make([]*campaign.Version, len(g.positions))
	for i, at := range g.positions {
		posts[i] = p.versions[at]
	}
	done, err := p.store.Record(p.ctx, into.Ref, posts, p.atomic)
	if err != nil {
		return err
	}
	p.receipt.created += done.Created
	p.receipt.updated += done.Updated
	p.receipt.unchanged += done.Unchanged
	for _, code := range done.Unmapped {
		if !slices.Contains(p.receipt.unmapped, code) && len(p.receipt.unmapped) < unmappedMost {
			p.receipt.unmapped = append(p.receipt.unmapped, code)
		}
	}
	for _, r := range done.Rejected {
		p.refuse(g.positions[r.Index], r.Err)
	}
	return nil
}

// campaignOf finds a group's campaign. Items that name one which is not there, or
// not for this caller, are rejected; a path that does was refused before.
func (p *posting) campaignOf(g group) (of campaign.Campaign, known bool, err error) {
	if p.into != nil {
		return *p.into, true, nil
	}
	if g.campaignKey == campaign.NoCampaign {
		return of, p.share(g), nil
	}
	if g.campaignKey == campaign.ServiceKey && !p.everywhere {
		for _, at := range g.positions {
			p.refuse(at, campaign.Invalidf("forbidden", "campaign", "values of no campaign take a key that is bound to none; name a campaign"))
		}
		return of, false, nil
	}
	of, err = p.campaign(g.campaignKey)
	if !isNotFound(err) {
		return of, err == nil, err
	}
	unknown := unknownCampaign(err).(*campaign.Error)
	for _, at := range g.positions {
		p.refuse(at, unknown)
	}
	return of, false, nil
}

// share rejects costs that campaigns share from a caller who may not.
func (p *posting) share(g group) bool {
	for _, at := range g.positions {
		if !p.shares {
			p.refuse(at, campaign.Invalidf("forbidden", "campaign", "costs that campaigns share take a key with the right share_costs that is bound to no campaign; name a campaign"))
		}
	}
	return p.shares
}

// refuse rejects the version at a position of the piece.
func (p *posting) refuse(position int, err *campaign.Error) {
	p.refused = append(p.refused, refusal{p.indexes[position], p.versions[position].Ref, err})
}

// refuseRest finds what else is wrong in an atomic post that is refused already,
// so that it is all said at once.
func (p *posting) refuseRest(groups []group) error {
	for _, g := range groups {
		into, known, err := p.campaignOf(g)
		if err != nil {
			return err
		}
		if !known {
			continue
		}
		for _, at := range g.positions {
			if wrong := p.versions[at].SettleMoney(into.Currency, into.Digits()); wrong != nil {
				p.refuse(at, wrong)
			}
		}
	}
	return nil
}
