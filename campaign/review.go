package campaign

import (
	"math/big"
)

// Positions in the field table of reviews: how a quality reviewer marked one contact.
const (
	ReviewAgent = iota
	ReviewCall
	ReviewAttempt
	ReviewAt
	ReviewCategories
	ReviewVoid
)

var reviewFields = []Field{
	ReviewAgent:      {Name: "agent", Type: TypeText},
	ReviewCall:       {Name: "call", Type: TypeRef},
	ReviewAttempt:    {Name: "attempt", Type: TypeRef},
	ReviewAt:         {Name: "at", Type: TypeInstant},
	ReviewCategories: {Name: "categories", Type: TypeCategories},
	ReviewVoid:       {Name: "void", Type: TypeBool},
}

// ReviewForm is the form of reviews of contacts.
var ReviewForm = &Form{Name: "reviews", Kind: KindReview, Key: "ref",
	Allowed: 1<<len(reviewFields) - 1, Required: FieldSet(0).With(ReviewAt), Check: checkReview}

func checkReview(v *Version) *Error {
	if v.Given(ReviewCall) && v.Given(ReviewAttempt) {
		return Invalidf("not_allowed", "attempt", "attempt stands beside call; a review is of one of them, leave the other out")
	}
	if v.Given(ReviewCategories) {
		_, _, _, err := ParseReview(v.Values[ReviewCategories].Text)
		return err
	}
	return nil
}

// Limits of a review: its score is a fraction that is kept exactly, in lowest terms.
const (
	reviewCategoriesMost = 100
	// ReviewDenominatorMost bounds the denominator of a review's score.
	ReviewDenominatorMost = 1 << 30
)

// reviewMark is one category as posted, in thousandths.
type reviewMark struct {
	min, max, picked, weight int64
	named, marked            bool
}

// ParseReview reads the categories of a review and returns its score, from 0 to 1, as a
// fraction in lowest terms: the mean of (picked − min) / (max − min), weighted. A
// category without picked takes no part; ok is false where none takes part.
func ParseReview(text string) (numerator, denominator int64, ok bool, wrong *Error) {
	s := &scanner{data: []byte(text)}
	if s.peek() != '[' {
		return 0, 0, false, Invalidf("wrong_type", "categories", "categories is a JSON array; send [{…}, …]")
	}
	sum, weights, n := new(big.Rat), int64(0), 0
	err := s.array(func() error {
		if n++; n > reviewCategoriesMost {
			return Invalidf("too_many", "categories", "a review has at most %d categories; send fewer", reviewCategoriesMost)
		}
		m, err := s.mark()
		if err == nil && m.marked {
			weights += m.weight
			sum.Add(sum, big.NewRat(m.weight*(m.picked-m.min), m.max-m.min))
		}
		return err
	})
	switch {
	case err != nil:
		return 0, 0, false, at(err, fieldOf(err, "categories"))
	case weights == 0:
		return 0, 0, false, nil
	}
	sum.Quo(sum, big.NewRat(weights, 1))
	if !sum.Denom().IsInt64() || sum.Denom().Int64() >= ReviewDenominatorMost {
		return 0, 0, false, Invalidf("too_fine", "categories", "the score of these scales and weights has a denominator over %d; send rounder weights or scales", ReviewDenominatorMost)
	}
	return sum.Num().Int64(), sum.Denom().Int64(), true, nil
}

// markMost bounds what a scale or a weight may say, in thousandths.
const markMost = 1_000_000_000

// mark reads one category of a review.
func (s *scanner) mark() (m reviewMark, err error) {
	if s.peek() != '{' {
		return m, Invalidf("wrong_type", "categories", "a category is a JSON object; send {…}")
	}
	parts := map[string]*int64{"min": &m.min, "max": &m.max, "picked": &m.picked, "weight": &m.weight}
	said := map[string]bool{}
	m.weight = 1000
	err = s.object(func(name []byte) error {
		part := string(name)
		to := parts[part]
		switch {
		case part == "name" && s.peek() == '"':
			m.named = true
			text, err := s.text()
			if err == nil {
				_, err = CleanText(text)
			}
			return named(err, "categories.name")
		case to == nil && part != "name":
			return Invalidf("unknown_field", "categories."+clip(part), "%q is not a field of a category; it has name, min, max, picked, weight", clip(part))
		case part == "picked" && s.peek() == 'n':
			return s.literal()
		case to == nil:
			return Invalidf("wrong_type", "categories.name", "name is a string; send it in quotes")
		}
		n, ok, err := s.thousandths()
		if err == nil && (!ok || n > markMost || n < -markMost) {
			err = Invalidf("invalid_number", "categories."+part, "%s is a number of at most 3 decimals between -%d and %d", part, markMost/1000, markMost/1000)
		}
		*to, said[part] = n, true
		return err
	})
	switch m.marked = said["picked"]; {
	case err != nil:
	case !m.named:
		err = Invalidf("missing_field", "categories.name", "name is missing; every category has one")
	case !said["min"] || !said["max"]:
		err = Invalidf("missing_field", "categories.min", "min or max is missing; every category names the ends of its scale")
	case m.min >= m.max:
		err = Invalidf("invalid_scale", "categories.max", "max is not above min; send the ends of the scale")
	case m.weight < 0:
		err = Invalidf("invalid_number", "categories.weight", "weight is negative; send 0 or more")
	case m.marked && (m.picked < m.min || m.picked > m.max):
		err = Invalidf("off_scale", "categories.picked", "%s is off the scale; send a number from %s to %s", DecimalText(m.picked, 3), DecimalText(m.min, 3), DecimalText(m.max, 3))
	}
	return m, err
}

// named is at for an error that may be none.
func named(err error, field string) error {
	if err == nil {
		return nil
	}
	return at(err, field)
}
