package dialer

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"ringside/campaign"
)

// FreeSWITCH reads call detail records of mod_json_cdr and mod_xml_cdr, raw, in a
// form field or in base64, with the variables mod_callcenter leaves on the
// customer's channel. Of a record its variables are kept; the rest is media
// statistics and dialplan.
var FreeSWITCH = &Kind{
	Name:   "freeswitch",
	Names:  []string{"campaign", "lead", "disposition", "amd"},
	Split:  splitFreeSWITCH,
	Read:   readFreeSWITCH,
	Status: noAgentStatus,
	setup:  setupFreeSWITCH,
}

// channelVariables are the variables of one channel. Their values are encoded as
// in a URL unless the sender switched that off.
type channelVariables map[string]string

// variableMost is how long a variable is that is kept.
const variableMost = 1000

var errNoVariables = errors.New("a record without variables")

// splitFreeSWITCH keeps the variables of the record, as JSON.
func splitFreeSWITCH(r *Request) ([]Message, error) {
	body, err := unwrapCDR(r)
	if err != nil {
		return nil, err
	}
	var variables channelVariables
	switch {
	case tokensIn(body) > tokensMost:
		err = errTokens
	case bytes.HasPrefix(body, []byte("<")):
		variables, err = xmlVariables(body)
	default:
		variables, err = jsonVariables(body)
	}
	if err != nil {
		return nil, err
	}
	for name, value := range variables {
		// Session descriptions are most of a record and say nothing of the call.
		if strings.Contains(name, "sdp") || len(value) > variableMost {
			delete(variables, name)
		}
	}
	one := *r
	one.Header = http.Header{"Content-Type": {"application/json"}}
	if one.Body, err = json.Marshal(variables); err != nil {
		return nil, err
	}
	return []Message{whole(&one)}, nil
}

// unwrapCDR takes the record out of its form field or its base64.
func unwrapCDR(r *Request) ([]byte, error) {
	body := bytes.TrimSpace(r.Body)
	field, inForm := bytes.CutPrefix(body, []byte("cdr="))
	if !inForm {
		return body, nil
	}
	switch kind := r.Header.Get("Content-Type"); {
	case strings.Contains(kind, "base64"):
		return base64.StdEncoding.DecodeString(string(field))
	case strings.Contains(kind, "plaintext"):
		return field, nil
	}
	plain, err := url.QueryUnescape(string(field))
	return bytes.TrimSpace([]byte(plain)), err
}

// tokensIn is about how many members of JSON, or tags and attributes of XML, a record
// has.
func tokensIn(body []byte) (n int) {
	for _, of := range []string{`":`, "<", `="`, "='"} {
		n += bytes.Count(body, []byte(of))
	}
	return n
}

func jsonVariables(body []byte) (channelVariables, error) {
	var record struct {
		Channel struct {
			Direction string `json:"direction"`
		} `json:"channel_data"`
		Variables map[string]any `json:"variables"`
	}
	if err := json.Unmarshal(body, &record); err != nil {
		return nil, err
	}
	if len(record.Variables) == 0 {
		return nil, errNoVariables
	}
	out := channelVariables{}
	for name, value := range record.Variables {
		if text, ok := value.(string); ok && len(out) < paramsMost {
			out[name] = text
		}
	}
	if out["direction"] == "" && record.Channel.Direction != "" {
		out["direction"] = record.Channel.Direction
	}
	return out, nil
}

// xmlVariables reads the text of the elements inside cdr/variables.
func xmlVariables(body []byte) (channelVariables, error) {
	decoder := xml.NewDecoder(bytes.NewReader(body))
	out := channelVariables{}
	var path []string
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		switch t := token.(type) {
		case xml.StartElement:
			if len(path) >= jsonDepthMost {
				return nil, fmt.Errorf("XML is nested deeper than %d", jsonDepthMost)
			}
			path = append(path, t.Name.Local)
		case xml.EndElement:
			path = path[:len(path)-1]
		case xml.CharData:
			if len(path) == 3 && path[1] == "variables" && len(out) < paramsMost && len(out[path[2]]) <= variableMost {
				out[path[2]] += string(t)
			}
		}
	}
	if len(out) == 0 {
		return nil, errNoVariables
	}
	return out, nil
}

// freeswitchCauses are the results of hangup causes of calls that nobody answered.
var freeswitchCauses = map[string]campaign.Result{
	"NORMAL_CLEARING": campaign.Cancelled, "ORIGINATOR_CANCEL": campaign.Cancelled, "LOSE_RACE": campaign.Cancelled,
	"NO_ANSWER": campaign.NoAnswer, "NO_USER_RESPONSE": campaign.NoAnswer, "ALLOTTED_TIMEOUT": campaign.NoAnswer,
	"SUBSCRIBER_ABSENT": campaign.NoAnswer, "RECOVERY_ON_TIMER_EXPIRE": campaign.NoAnswer, "USER_BUSY": campaign.Busy,
}

func readFreeSWITCH(s *Source, m Message) Reading {
	p, r := readParams(m)
	if r.Silent != "" {
		return r
	}
	p.decode()
	if p["uuid"] == "" {
		return Reading{Silent: "no uuid"}
	}
	if p["originating_leg_uuid"] != "" || p["originator"] != "" || p["cc_side"] == "agent" {
		return Reading{Silent: "an agent's leg: the customer's record tells of both"}
	}
	if p["direction"] != "outbound" {
		return Reading{Silent: "no outbound call: its direction is " + orNone(p["direction"])}
	}
	r.Calls = []string{p["uuid"]}
	r.Campaign = p.first(s.Fields["campaign"], "campaign_id", "sip_h_X-campaignId", "campaign")
	r.Lead = p.first(s.Fields["lead"], "lead_id", "sip_h_X-leadId", "lead")
	r.Phone = p.first("sip_to_user", "destination_number")
	begun, ended := freeswitchMs(p, "start"), freeswitchMs(p, "end")
	rank := ended
	if rank == campaign.None {
		rank = RankUndated
	}
	said := saying(rank)
	said.number(campaign.AttemptStartedAt, begun)
	said.number(campaign.AttemptEndedAt, ended)
	said.text(campaign.AttemptDisposition, p.first(s.Fields["disposition"], "disposition"))
	answered := freeswitchMs(p, "answer")
	if answered == campaign.None {
		result, ok := freeswitchCauses[p["hangup_cause"]]
		if !ok {
			result = campaign.Failed
		}
		said.result(result)
		r.Sayings = append(r.Sayings, *said)
		return r
	}
	said.result(campaign.Answered)
	said.number(campaign.AttemptAnsweredAt, answered)
	freeswitchAgent(s, &r, said, p)
	r.Sayings = append(r.Sayings, *said)
	return r
}

// freeswitchAgent says who answered and which agent joined. mod_callcenter knows
// to the second; the bridge alone tells of a call without a queue.
func freeswitchAgent(s *Source, r *Reading, said *Saying, p params) {
	queued, joined, over := epochMs(p["cc_queue_joined_epoch"]), epochMs(p["cc_queue_answered_epoch"]), epochMs(p["cc_queue_terminated_epoch"])
	switch strings.ToUpper(p.first(s.Fields["amd"], "amd_result")) {
	case "HUMAN":
		said.answeredBy(campaign.Human)
	case "MACHINE":
		said.answeredBy(campaign.Machine)
	case "NOTSURE":
		said.answeredBy(campaign.Unknown)
	default:
		if queued != campaign.None || p["cc_agent"] != "" {
			said.answeredBy(campaign.Human)
		} else {
			said.answeredBy(campaign.Unknown)
		}
	}
	hold := secondsMs(p["hold_accum_seconds"])
	if joined != campaign.None {
		said.text(campaign.AttemptAgent, p["cc_agent"])
		said.number(campaign.AttemptConnectedAt, joined)
		said.number(campaign.AttemptHold, hold)
		if queued != campaign.None {
			said.number(campaign.AttemptQueueWait, max(0, joined-queued))
		}
		if over != campaign.None {
			said.number(campaign.AttemptTalk, max(0, over-joined))
		}
		return
	}
	if p["cc_cause"] != "cancel" {
		if bridged := freeswitchMs(p, "bridge"); bridged != campaign.None && p["cc_queue"] == "" {
			said.number(campaign.AttemptConnectedAt, bridged)
			said.number(campaign.AttemptHold, hold)
		}
		return
	}
	if left := epochMs(p["cc_queue_canceled_epoch"]); left != campaign.None && queued != campaign.None {
		said.number(campaign.AttemptQueueWait, max(0, left-queued))
	}
	if reason := p["cc_cancel_reason"]; reason == "NONE" || reason == "BREAK_OUT" {
		said.endedBy(campaign.ByCustomer)
	} else {
		said.endedBy(campaign.BySystem)
	}
	r.handedToNobody(said)
}

// freeswitchMs reads an instant of the channel, microseconds first; 0 stands for
// what did not happen.
func freeswitchMs(p params, name string) int64 {
	if at := epochMs(p[name+"_uepoch"]); at != campaign.None {
		return at
	}
	if at := epochMs(p[name+"_epoch"]); at != campaign.None {
		return at
	}
	if stamp := p[name+"_stamp"]; strings.HasSuffix(stamp, "Z") {
		return stampMs(stamp, time.UTC, time.RFC3339Nano)
	}
	return campaign.None
}

// decode undoes the encoding of the values, once.
func (p params) decode() {
	for name, value := range p {
		if plain, err := url.PathUnescape(value); err == nil {
			p[name] = plain
		}
	}
}

func orNone(text string) string {
	if text = clean(text); text == "" {
		return "none"
	}
	return text
}
