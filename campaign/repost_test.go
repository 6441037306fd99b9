package campaign

import (
	"slices"
	"testing"
)

// TestRepostApart: a merged attempt that contradicts itself is told by posts that
// each stand by themselves and merge into it, also at the earliest date there is.
func TestRepostApart(t *testing.T) {
	fact := &Version{Kind: KindAttempt, Ref: "c", UpdatedMs: 0, Content: Content{Values: make([]Value, len(attemptFields))}}
	set := func(f int, v Value) { fact.Named, fact.Values[f] = fact.Named.With(f), v }
	set(AttemptLead, Value{Text: "l"})
	set(AttemptStartedAt, Value{Int: 9000})
	set(AttemptResult, Value{Int: int64(Busy)})
	set(AttemptAnsweredBy, Value{Int: int64(Human)})
	set(AttemptConnectedAt, Value{Int: 7000})
	set(AttemptEndedAt, Value{Int: 5000})
	set(AttemptAgent, Value{Text: "ann"})
	fact.Named, fact.Null = fact.Named.With(AttemptAnsweredAt), fact.Null.With(AttemptAnsweredAt)

	posts := AttemptForm.Repost(fact)
	if len(posts) != 3 {
		t.Fatalf("%d posts", len(posts))
	}
	for i, p := range posts {
		if wrong := checkAttempt(p); wrong != nil || p.UpdatedMs < 0 || p.Ref != "c" || AttemptForm.Required&^p.Named != 0 {
			t.Errorf("post %d cannot be posted: %v %+v", i, wrong, p)
		}
	}
	slices.SortFunc(posts, func(a, b *Version) int {
		return CompareVersions(KindAttempt, Rank{AtUs: a.UpdatedMs}, &a.Content, Rank{AtUs: b.UpdatedMs}, &b.Content)
	})
	merged := posts[0].Content.Clone()
	for _, p := range posts[1:] {
		merged.Overlay(&p.Content)
	}
	if !merged.Equal(&fact.Content) {
		t.Errorf("they merge into %s, want %s", merged.Canonical(KindAttempt), fact.Canonical(KindAttempt))
	}
	if len(OutcomeForm.Repost(fact)) != 0 || len(LeadForm.Repost(&Version{Kind: KindLead, Content: Content{Values: make([]Value, len(leadFields))}})) != 0 {
		t.Error("there is a post that says nothing")
	}
}

// TestRepostCallApart: the same of a call that was answered, given up and blocked, by one
// clock and another.
func TestRepostCallApart(t *testing.T) {
	fact := &Version{Kind: KindCall, Ref: "c", UpdatedMs: 0, Content: Content{Values: make([]Value, len(callFields))}}
	for f, v := range map[int]Value{CallOfferedAt: {Int: 9000}, CallAnsweredAt: {Int: 7000}, CallAbandonedAt: {Int: 8000}, CallEndedAt: {Int: 5000}, CallBlocked: {Int: 1}, CallAgent: {Text: "ann"}} {
		fact.Named, fact.Values[f] = fact.Named.With(f), v
	}
	posts := CallForm.Repost(fact)
	for i, p := range posts {
		if wrong := checkCall(p); wrong != nil || p.UpdatedMs < 0 || CallForm.Required&^p.Named != 0 {
			t.Errorf("post %d cannot be posted: %v %+v", i, wrong, p)
		}
	}
	slices.SortFunc(posts, func(a, b *Version) int {
		return CompareVersions(KindCall, Rank{AtUs: a.UpdatedMs}, &a.Content, Rank{AtUs: b.UpdatedMs}, &b.Content)
	})
	merged := posts[0].Content.Clone()
	for _, p := range posts[1:] {
		merged.Overlay(&p.Content)
	}
	if !merged.Equal(&fact.Content) {
		t.Errorf("they merge into %s, want %s", merged.Canonical(KindCall), fact.Canonical(KindCall))
	}
}
