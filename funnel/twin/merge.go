package twin

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"sort"
	"strings"
	"time"
)

// The fields of each kind of fact, in the order of the API's table, without
// the key (ref, or attempt for an outcome) and without updated_at.
var (
	leadFields = strings.Fields(`generated_at phone name list source time_zone price attributes void posted`)

	attemptFields = strings.Fields(`lead agent started_at result answered_by answered_at greeting_ended_at
		connected_at ended_at ended_by hold_s wrap_s disposition amount decided_at cancelled_at callback_at
		phone note void talk_s queue_wait_s dialer wrap_began_at wrap_over_at`)

	costFields = strings.Fields(`category amount currency from to note void driver`)
)

// flags are true or false.
var flags = strings.Fields("void posted escalated resolved blocked")

// lists are the closed lists of words, in the order of the contract.
var lists = map[string][]string{
	"result":      strings.Fields("not_placed no_answer busy failed cancelled answered"),
	"answered_by": strings.Fields("human machine unknown"),
	"ended_by":    strings.Fields("customer agent system"),
	"driver":      strings.Fields("dials handle_time talk_time equal"),
	"state":       strings.Fields("available on_call wrap away offline"),
	"kind":        strings.Fields("csat nps ces emotion servqual employee"),
	"category":    strings.Fields("labour telephony lead_purchase licence overhead other"),
}

// versions is all that was ever said about one fact.
type versions struct {
	all     []oneVersion
	undated map[string]bool // contents already received without a date
}

// oneVersion is what one post said: the fields it named, and its rank.
type oneVersion struct {
	atMicros int64
	content  string
	fields   fields
}

// fields are named values of a fact; a nil value was cleared.
type fields map[string]any

// add keeps one version. A dated one ranks at its updated_at, cut to the
// millisecond. An undated one ranks at its arrival, unless the same content
// already came undated: then it keeps its first date, so nothing changes.
func (v *versions) add(names []string, item map[string]any, arrival int64) {
	said := fields{}
	for _, name := range names {
		if value, named := item[name]; named {
			said[name] = value
		}
	}
	one := oneVersion{arrival, canonical(names, said), said}
	if at, dated := item["updated_at"]; dated && at != nil {
		one.atMicros = instant(at).UnixMicro()
	} else if v.undated[one.content] {
		return
	} else {
		v.undated[one.content] = true
	}
	v.all = append(v.all, one)
}

// merge lays the versions over each other, lowest rank first: each field ends
// with the value of the highest-ranked version that names it.
func (v *versions) merge() fields {
	ranked := append([]oneVersion(nil), v.all...)
	sort.SliceStable(ranked, func(i, j int) bool { return ranksBelow(ranked[i], ranked[j]) })
	merged := fields{}
	for _, one := range ranked {
		for name, value := range one.fields {
			merged[name] = value // nil clears
		}
	}
	return merged
}

// ranksBelow orders versions: by instant, then by content.
//
// THE TIE-BREAK: two versions of one instant rank in bytewise order of their
// canonical JSON. Any order would keep the promise that the order of posts
// does not matter; the engine and the twin only have to use the same one.
func ranksBelow(a, b oneVersion) bool {
	if a.atMicros != b.atMicros {
		return a.atMicros < b.atMicros
	}
	return a.content < b.content
}

// canonical is the content of a version as one JSON object: the fields it
// names, in the order of names, without blanks. Of a lead given as an object
// only the ref counts; text is trimmed, instants and durations are whole
// milliseconds, amounts hundredths, words of a closed list their place in it.
func canonical(names []string, said fields) string {
	var out strings.Builder
	for _, name := range names {
		value, named := said[name]
		if !named {
			continue
		}
		if out.Len() > 0 {
			out.WriteByte(',')
		}
		out.WriteString(`"` + name + `":` + canonicalValue(name, value))
	}
	return "{" + out.String() + "}"
}

func canonicalValue(name string, value any) string {
	switch {
	case value == nil:
		return "null"
	case name == "lead":
		return plainJSON(leadRef(value))
	case strings.HasSuffix(name, "_at") || name == "at" || name == "from" || name == "to":
		return fmt.Sprint(instant(value).UnixMilli())
	case name == "scores" || name == "categories":
		return plainJSON(plainJSON(value))
	case name == "opened":
		return counted(value).RatString()
	case strings.HasSuffix(name, "_s") || name == "score":
		return fmt.Sprint(millis(value))
	case name == "amount" || name == "price" || name == "margin":
		return shortest(new(big.Rat).Mul(decimal(value), big.NewRat(100, 1)))
	case slices.Contains(flags, name):
		return map[bool]string{true: "1", false: "0"}[isTrue(value)]
	case lists[name] != nil:
		return fmt.Sprint(slices.Index(lists[name], text(value)) + 1)
	}
	if s, isText := value.(string); isText {
		value = strings.TrimSpace(s)
	}
	return plainJSON(value)
}

// plainJSON is JSON without HTML escapes; objects have their keys sorted.
func plainJSON(value any) string {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic(fmt.Sprintf("twin: %v", err))
	}
	return strings.TrimSuffix(out.String(), "\n")
}

// leadRef is the ref of a lead given as a ref or as an object.
func leadRef(value any) string {
	if object, isObject := value.(map[string]any); isObject {
		return text(object["ref"])
	}
	return text(value)
}

// text is a trimmed string; "" is a missing one (no text of the API is empty).
func text(value any) string {
	s, _ := value.(string)
	return strings.TrimSpace(s)
}

// instant is a time cut to the millisecond; the zero time is a missing one.
func instant(value any) time.Time {
	if value == nil {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339Nano, text(value))
	if err != nil {
		panic(fmt.Sprintf("twin: %v", err))
	}
	return t.UTC().Truncate(time.Millisecond)
}

// decimal is an exact number, given as a JSON number or as text; nil is a
// missing one.
func decimal(value any) *big.Rat {
	if value == nil {
		return nil
	}
	number, ok := new(big.Rat).SetString(strings.TrimSpace(fmt.Sprint(value)))
	if !ok {
		panic(fmt.Sprintf("twin: %v is not a number", value))
	}
	return number
}

// shortest writes a decimal without needless zeros: 12.50 is 12.5.
func shortest(number *big.Rat) string {
	digits, _ := number.FloatPrec()
	return number.FloatString(digits)
}

// millis is a duration in seconds as whole milliseconds, finer cut off; a
// missing one is 0.
func millis(value any) int64 {
	seconds := decimal(value)
	if seconds == nil {
		return 0
	}
	ms := new(big.Rat).Mul(seconds, big.NewRat(1000, 1))
	return new(big.Int).Quo(ms.Num(), ms.Denom()).Int64()
}

// counted is a number of which true and false stand for 1 and 0.
func counted(value any) *big.Rat {
	switch value {
	case true:
		return big.NewRat(1, 1)
	case false:
		return new(big.Rat)
	}
	return decimal(value)
}

func isTrue(value any) bool { return value == true }
