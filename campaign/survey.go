package campaign

import (
	"fmt"
	"slices"
	"strings"
)

// Positions in the field table of surveys: what a customer, or of kind employee one
// who works here, said when asked.
const (
	SurveyKind = iota
	SurveyScore
	SurveyScores
	SurveyAt
	SurveyCampaign
	SurveyQueue
	SurveyAgent
	SurveyCustomer
	SurveyVoid
)

// The kinds of surveys, in the order of their stored numbers from 1.
const (
	CSAT = iota + 1
	NPS
	CES
	Emotion
	Servqual
	Employee
)

var surveyKinds = []string{"csat", "nps", "ces", "emotion", "servqual", "employee"}

var surveyFields = []Field{
	SurveyKind:     {Name: "kind", Type: TypeChoice, Choices: surveyKinds},
	SurveyScore:    {Name: "score", Type: TypeScore},
	SurveyScores:   {Name: "scores", Type: TypeScores},
	SurveyAt:       {Name: "at", Type: TypeInstant},
	SurveyCampaign: {Name: "campaign", Type: TypeRef},
	SurveyQueue:    {Name: "queue", Type: TypeRef},
	SurveyAgent:    {Name: "agent", Type: TypeText},
	SurveyCustomer: {Name: "customer", Type: TypeText},
	SurveyVoid:     {Name: "void", Type: TypeBool},
}

// SurveyForm is the form of answers to surveys.
var SurveyForm = &Form{Name: "surveys", Kind: KindSurvey, Key: "ref",
	Allowed: 1<<len(surveyFields) - 1, Required: FieldSet(0).With(SurveyKind, SurveyAt), Check: checkSurvey}

// scale is what the scores of a kind of survey lie on, in thousandths.
type scale struct {
	low, high int64
	// whole says that there is nothing between whole numbers.
	whole bool
}

// scales are those of the kinds; a part of servqual lies on its own.
var scales = map[int64]scale{CSAT: {1000, 5000, true}, NPS: {0, 10_000, true}, CES: {1000, 7000, true},
	Emotion: {0, 10_000, false}, Employee: {0, 10_000, false}, Servqual: {1000, 7000, false}}

func (s scale) holds(milli int64) bool {
	return milli >= s.low && milli <= s.high && !(s.whole && milli%1000 != 0)
}

func (s scale) String() string {
	what := "a number"
	if s.whole {
		what = "a whole number"
	}
	return fmt.Sprintf("%s from %d to %d", what, s.low/1000, s.high/1000)
}

// OnScale reports whether a score, in thousandths, lies on the scale of a kind of
// survey. One post is held to it; a merge of several may say otherwise.
func OnScale(kind, milli int64) bool { return scales[kind].holds(milli) }

func checkSurvey(v *Version) *Error {
	kind := v.Values[SurveyKind].Int
	if v.Given(SurveyCampaign) && v.Given(SurveyQueue) {
		return Invalidf("not_allowed", "queue", "queue stands beside campaign; a survey is about one of them, leave the other out")
	}
	if kind == Servqual {
		if v.Given(SurveyScore) {
			return Invalidf("not_allowed", "score", "servqual has a score for each dimension; send them as scores")
		}
		if v.Given(SurveyScores) {
			_, err := ParseGaps(v.Values[SurveyScores].Text)
			return err
		}
		return nil
	}
	if v.Given(SurveyScores) {
		return Invalidf("not_allowed", "scores", "scores come only with kind \"servqual\"; send score")
	}
	if name := surveyKinds[kind-1]; v.Given(SurveyScore) && !OnScale(kind, v.Values[SurveyScore].Int) {
		return Invalidf("off_scale", "score", "%s is off the scale of %s; send %s", DecimalText(v.Values[SurveyScore].Int, 3), name, scales[kind])
	}
	return nil
}

// Dimensions are those of servqual, in the order of Gaps.
var Dimensions = [...]string{"reliability", "assurance", "tangibles", "empathy", "responsiveness"}

// Gaps are perception less expectation by dimension, in thousandths, None where nothing
// was said.
type Gaps [len(Dimensions)]int64

// ParseGaps reads the scores of a survey of kind servqual:
// {"reliability": {"perception": 5, "expectation": 6}, …}. A dimension may be left out.
func ParseGaps(text string) (gaps Gaps, wrong *Error) {
	for i := range gaps {
		gaps[i] = None
	}
	s := &scanner{data: []byte(text)}
	err := s.object(func(name []byte) error {
		at := slices.Index(Dimensions[:], string(name))
		if at < 0 {
			return Invalidf("unknown_field", "scores."+clip(string(name)), "%q is no dimension; there are %s", clip(string(name)), strings.Join(Dimensions[:], ", "))
		}
		if s.peek() == 'n' {
			return s.literal()
		}
		gap, err := s.gap("scores." + Dimensions[at])
		gaps[at] = gap
		return err
	})
	if err != nil {
		return gaps, at(err, fieldOf(err, "scores"))
	}
	return gaps, nil
}

// gap reads what was perceived and what expected in one dimension.
func (s *scanner) gap(field string) (int64, error) {
	if s.peek() != '{' {
		return 0, Invalidf("wrong_type", field, `%s is an object; send {"perception": 5, "expectation": 6}`, field)
	}
	said := map[string]int64{}
	err := s.object(func(name []byte) error {
		part := string(name)
		if part != "perception" && part != "expectation" {
			return Invalidf("unknown_field", field+"."+clip(part), "%q is not a field here; send perception and expectation", clip(part))
		}
		milli, ok, err := s.thousandths()
		if err == nil && (!ok || !OnScale(Servqual, milli)) {
			err = Invalidf("off_scale", field+"."+part, "it is off the scale of servqual; send %s, with at most 3 decimals", scales[Servqual])
		}
		said[part] = milli
		return err
	})
	if err == nil && len(said) < 2 {
		err = Invalidf("missing_field", field, "%s lacks perception or expectation; send both, or leave the dimension out", field)
	}
	return said["perception"] - said["expectation"], err
}

// fieldOf is the field an error names, else another.
func fieldOf(err error, otherwise string) string {
	if e, ok := err.(*Error); ok && e.Field != "" {
		return e.Field
	}
	return otherwise
}
