package campaign

import (
	"regexp"
	"strings"
)

// Positions in the field table of measures: values that the caller counts or knows by
// other means, under names of their own.
const (
	MeasureName = iota
	MeasureAt
	MeasureValue
	// MeasureCampaign says whose the value is, as CostCampaign does; one of no campaign
	// is the whole installation's.
	MeasureCampaign
	MeasureVoid
	// MeasureQueue says that the value is a queue's.
	MeasureQueue
)

var measureFields = []Field{
	MeasureName:     {Name: "name", Type: TypeText},
	MeasureAt:       {Name: "at", Type: TypeInstant},
	MeasureValue:    {Name: "value", Type: TypeDecimal},
	MeasureCampaign: {Name: "campaign", Type: TypeRef},
	MeasureVoid:     {Name: "void", Type: TypeBool},
	MeasureQueue:    {Name: "queue", Type: TypeRef},
}

// A TypeDecimal is kept in millionths, of which there are DecimalOne to one. Nothing finer
// is taken, and nothing beyond DecimalMost either side: a trillion.
const (
	DecimalDigits = 6
	DecimalOne    = 1_000_000
	DecimalMost   = 1_000_000_000_000
)

// MeasureForm is the form of measures.
var MeasureForm = &Form{Name: "measures", Kind: KindMeasure, Key: "ref",
	Allowed: 1<<len(measureFields) - 1, Required: FieldSet(0).With(MeasureName, MeasureAt, MeasureValue), Optional: FieldSet(0).With(MeasureCampaign, MeasureQueue), Check: checkMeasure}

func checkMeasure(v *Version) *Error {
	if v.Given(MeasureCampaign) && v.Given(MeasureQueue) {
		return Invalidf("not_allowed", "queue", "queue stands beside campaign; a value is of one of them, or of neither")
	}
	return CheckMeasureName("name", v.Text(MeasureName))
}

var measureName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,63}$`)

// words are names that formulas cannot say.
var words = strings.Fields("and or not in let if else true false nil matches contains startsWith endsWith min max")

// CheckMeasureName holds a name to what a formula can say; field is where it stands.
func CheckMeasureName(field, name string) *Error {
	if !measureName.MatchString(name) {
		return Invalidf("invalid_name", field, "%q cannot be said in a formula; use 1 to 64 of A-Z a-z 0-9 _, not beginning with a digit", clip(name))
	}
	for _, w := range words {
		if w == name {
			return Invalidf("invalid_name", field, "%q has a meaning of its own in formulas; choose another name", name)
		}
	}
	if strings.HasSuffix(name, MeasureValues) {
		return Invalidf("invalid_name", field, "%q ends in %s, which in formulas stands for how many values there are; choose another name", name, MeasureValues)
	}
	return nil
}

// MeasureValues behind the name of a measure says, in a formula, how many values it has.
const MeasureValues = "_values"

// decimal reads a number, or a string of one, as millionths.
func (r *itemReader) decimal(name string, to *Value) error {
	var text string
	var err error
	switch c := r.peek(); {
	case c == '"':
		var ok bool
		if text, ok, err = r.string(name, TypeDecimal); err != nil || !ok {
			return err
		}
	case c == '-' || c >= '0' && c <= '9':
		if text, err = r.number(); err != nil {
			return err
		}
	default:
		r.refuse(Invalidf("wrong_type", name, "%s is a number; send it like 12.5 or \"12.5\"", name))
		return r.skip()
	}
	value, exact, ok := parseScaled(text, DecimalDigits)
	if !ok || !exact || value > DecimalMost*DecimalOne || value < -DecimalMost*DecimalOne {
		r.refuse(Invalidf("invalid_decimal", name, "%q is no decimal number of at most %d decimals, up to %d either side of 0; round it before it is sent", clip(text), DecimalDigits, int64(DecimalMost)))
		return nil
	}
	to.Int = value
	return nil
}

// Owner is the store's name of what the version is of, where the version itself says so and
// not the path it was posted to: NoCampaign for a shared cost, ServiceKey for a measure of
// neither a campaign nor a queue.
func (v *Version) Owner() string {
	if v.Kind != KindMeasure {
		return v.Text(CostCampaign)
	}
	if queue := v.Text(MeasureQueue); queue != "" {
		return QueueKey(queue)
	}
	if of := v.Text(MeasureCampaign); of != "" {
		return of
	}
	return ServiceKey
}

// Disown takes out whose the fact is: it is part of its key and not stored among its fields.
func (v *Version) Disown() {
	switch v.Kind {
	case KindCost:
		v.Forget(CostCampaign)
	case KindMeasure:
		v.Forget(MeasureCampaign)
		v.Forget(MeasureQueue)
	}
}

// Own says again whose the fact is, by the store's name; a shared cost is nobody's.
func (v *Version) Own(place string) {
	field := CostCampaign
	if v.Kind == KindMeasure {
		field = MeasureCampaign
		if queue, ok := QueueOf(place); ok {
			field, place = MeasureQueue, queue
		}
		if place == ServiceKey {
			return
		}
	}
	if v.Named = v.Named.With(field); place == NoCampaign {
		v.Null = v.Null.With(field)
		return
	}
	v.Null = v.Null.Without(field)
	v.Values[field].Text = place
}
