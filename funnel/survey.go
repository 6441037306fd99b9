package funnel

import (
	"math/big"

	"ringside/campaign"
)

// scored are, by what a mean is over, the facts that should hold a figure, and those of
// them that do.
var scored = map[Measure]struct{ all, told Measure }{
	CsatScores: {CsatSurveys, CsatScores}, NpsScores: {NpsSurveys, NpsScores}, CesScores: {CesSurveys, CesScores},
	EmotionScores: {EmotionSurveys, EmotionScores}, EmployeeScores: {EmployeeSurveys, EmployeeScores}, GapsSaid: {ServqualSurveys, ServqualScored},
	ReliabilitySaid: {ServqualSurveys, ReliabilitySaid}, AssuranceSaid: {ServqualSurveys, AssuranceSaid}, TangiblesSaid: {ServqualSurveys, TangiblesSaid},
	EmpathySaid: {ServqualSurveys, EmpathySaid}, ResponsivenessSaid: {ServqualSurveys, ResponsivenessSaid},
	ReviewsScored: {Reviews, ReviewsScored}, SearchesTold: {Searches, SearchesTold},
	FirstRepliesOpen: {FirstReplies, FirstRepliesOpen}, ResolutionsOpen: {CasesResolved, ResolutionsOpen},
}

// surveyMeasures are what is counted of the kinds that have one score.
var surveyMeasures = map[int64]struct{ surveys, scores, sum Measure }{
	campaign.CSAT:     {CsatSurveys, CsatScores, CsatMilli},
	campaign.NPS:      {NpsSurveys, NpsScores, NpsNet},
	campaign.CES:      {CesSurveys, CesScores, CesMilli},
	campaign.Emotion:  {EmotionSurveys, EmotionScores, EmotionMilli},
	campaign.Employee: {EmployeeSurveys, EmployeeScores, EmployeeMilli},
}

// survey is what an answer to a survey adds. A score that is off the scale of what the
// merge says it is of counts as none.
func (f *Folder) survey(u *Unit) {
	c := u.Record
	kind := c.Int(campaign.SurveyKind)
	if c.Int(campaign.SurveyVoid) == 1 || !c.Given(campaign.SurveyAt) || kind == campaign.None {
		return
	}
	f.stand(u, SurveyClock, u.AtMs())
	if kind == campaign.Servqual {
		f.servqual(c)
		return
	}
	m, score := surveyMeasures[kind], c.Int(campaign.SurveyScore)
	f.add(m.surveys, 1)
	if !c.Given(campaign.SurveyScore) || !campaign.OnScale(kind, score) {
		return
	}
	f.add(m.scores, 1)
	switch {
	case kind != campaign.NPS:
		f.add(m.sum, score)
		f.count(CsatTop, kind == campaign.CSAT && score >= 4000)
	case score >= 9000:
		f.add(NpsNet, 1)
	case score <= 6000:
		f.add(NpsNet, -1)
	}
}

// servqual is what one survey of quality in five dimensions adds.
func (f *Folder) servqual(c *Record) {
	f.add(ServqualSurveys, 1)
	if !c.Given(campaign.SurveyScores) {
		return
	}
	gaps, wrong := campaign.ParseGaps(c.Text(campaign.SurveyScores))
	if wrong != nil {
		return // said of another kind before
	}
	said, sum := int64(0), int64(0)
	for _, gap := range gaps {
		if gap != campaign.None {
			said, sum = said+1, sum+gap
		}
	}
	if said == 0 {
		return
	}
	f.add(ServqualScored, 1)
	f.add(GapsSaid, said)
	f.add(GapMilli, sum)
	for i, gap := range gaps {
		f.count(ReliabilitySaid+Measure(i), gap != campaign.None)
	}
	for i, gap := range gaps {
		if gap != campaign.None {
			f.add(ReliabilityMilli+Measure(i), gap)
		}
	}
}

// review is what a review of a contact adds.
func (f *Folder) review(u *Unit) {
	c := u.Record
	if c.Int(campaign.ReviewVoid) == 1 || !c.Given(campaign.ReviewAt) {
		return
	}
	f.stand(u, ReviewClock, u.AtMs())
	f.add(Reviews, 1)
	if !c.Given(campaign.ReviewCategories) {
		return
	}
	if numerator, denominator, ok, wrong := campaign.ParseReview(c.Text(campaign.ReviewCategories)); ok && wrong == nil {
		f.add(ReviewsScored, 1)
		f.add(FractionTop+Measure(denominator), numerator)
	}
}

// meanReview is the mean of the scores of reviews, exactly.
func meanReview(s *Sums) *big.Rat {
	n := s.Get(ReviewsScored)
	if n == 0 {
		return nil
	}
	sum := new(big.Rat)
	for _, over := range s.fractions {
		sum.Add(sum, big.NewRat(over.Value, over.ID))
	}
	return sum.Quo(sum, big.NewRat(n, 1))
}

// search is what a search of the knowledge base adds. One that found nothing failed
// though nobody said that nothing was opened.
func (f *Folder) search(u *Unit) {
	c := u.Record
	if c.Int(campaign.SearchVoid) == 1 || !c.Given(campaign.SearchAt) {
		return
	}
	f.stand(u, SearchClock, u.AtMs())
	f.add(Searches, 1)
	nothing := c.Given(campaign.SearchResults) && c.Int(campaign.SearchResults) == 0
	if told := c.Given(campaign.SearchOpened); told || nothing {
		f.add(SearchesTold, 1)
		f.count(SearchesFailed, c.Int(campaign.SearchOpened) <= 0)
	}
}
