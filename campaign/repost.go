package campaign

// Repost returns the posts in this form that together say what a merged fact
// says, as far as the form can say it: none where that is nothing. Given with the
// fact's own date they merge into the same fact elsewhere, and change nothing
// where it came from: all of them rank at or below its newest version, and each
// field of the one that speaks last has the fact's value.
//
// A lead that only attempts know has no post in LeadForm; an attempt has one in
// OutcomeForm for what AttemptForm does not take: its note, or everything while
// only outcomes of it have come.
func (f *Form) Repost(fact *Version) []*Version {
	told := f.Allowed
	switch known := fact.Given(AttemptLead); {
	case f == LeadForm && !fact.Given(LeadPosted), f == AttemptForm && !known:
		return nil
	case f == OutcomeForm && known:
		told = FieldSet(0).With(AttemptNote)
	}
	if f == OutcomeForm && fact.Named&told == 0 {
		return nil
	}
	post := fact.only(told)
	switch {
	case f == AttemptForm && checkAttempt(post) != nil:
		return post.apart()
	case f == CallForm && checkCall(post) != nil:
		return post.callApart()
	}
	return []*Version{post}
}

// callApart is apart of a call: what was said of how it went, each alone beside an offer
// that was not later.
func (v *Version) callApart() []*Version {
	told := v.Named &^ v.Null & FieldSet(0).With(CallAnsweredAt, CallAbandonedAt, CallEndedAt, CallBlocked)
	start := v.Values[CallOfferedAt].Int
	for rest := told.Without(CallBlocked); rest != 0; rest &= rest - 1 {
		start = min(start, v.Values[rest.First()].Int)
	}
	last := v.only(^told)
	last.UpdatedMs = max(v.UpdatedMs, minInstantMs+1)
	posts := []*Version{last}
	for rest := told; rest != 0; rest &= rest - 1 {
		post := v.only(FieldSet(0).With(CallOfferedAt, rest.First()))
		post.UpdatedMs = last.UpdatedMs - 1
		post.Values[CallOfferedAt].Int = start
		posts = append(posts, post)
	}
	return posts
}

// only returns the fact as it is without the fields that are not told.
func (v *Version) only(told FieldSet) *Version {
	post := *v
	post.Content = v.Content.Clone()
	for rest := v.Named &^ told; rest != 0; rest &= rest - 1 {
		post.Forget(rest.First())
	}
	return &post
}

// ofAnswers come only with the result answered.
var ofAnswers = FieldSet(0).With(AttemptAnsweredBy, AttemptAnsweredAt, AttemptGreetingEndedAt, AttemptConnectedAt)

// apart returns the versions that merge into an attempt which contradicts itself,
// as no single post may: what was said of its answer and of its end, each beside a
// start and a result that fit it, and, ranked above them, all the rest. That comes
// first: where the attempt is known already, nothing ever takes its place.
func (v *Version) apart() []*Version {
	answer := v.Named &^ v.Null & ofAnswers
	end := v.Named &^ v.Null & FieldSet(0).With(AttemptEndedAt)
	start := v.Values[AttemptStartedAt].Int
	for rest := answer.Without(AttemptAnsweredBy) | end; rest != 0; rest &= rest - 1 {
		start = min(start, v.Values[rest.First()].Int)
	}
	last := v.only(^(answer | end))
	last.UpdatedMs = max(v.UpdatedMs, minInstantMs+1)
	posts := []*Version{last}
	for _, told := range [...]FieldSet{answer, end} {
		if told == 0 {
			continue
		}
		post := v.only(told.With(AttemptLead, AttemptStartedAt, AttemptResult))
		post.UpdatedMs, post.Lead = last.UpdatedMs-1, nil
		post.Values[AttemptStartedAt].Int, post.Values[AttemptResult].Int = start, int64(Answered)
		posts = append(posts, post)
	}
	return posts
}

// Describe returns what an attempt can say of its lead in passing, or nil where
// that is nothing: how a lead that nobody posted is told elsewhere.
func Describe(lead *Version) *Version {
	inline := lead.only(inlineLeadForm.Allowed)
	inline.UpdatedMs = None // the attempt dates it
	if inline.Named == 0 {
		return nil
	}
	return inline
}
