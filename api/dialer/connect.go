package dialer

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"ringside/campaign"
)

// Connect reads Amazon Connect's contact records, as Firehose delivers them: many
// records a request, several objects a record. The customer chooses which of a
// contact's attributes hold the lead and the disposition.
var Connect = &Kind{
	Name:   "connect",
	Names:  []string{"lead", "disposition", "campaign"},
	Split:  splitFirehose,
	Read:   readContact,
	Status: noAgentStatus,
	Answer: answerFirehose,
	setup:  setupConnect,
}

// firehoseRecordsMost is Firehose's own limit, and contactLeast how long a contact's
// record is at least: with nothing but its names it has more than a thousand bytes.
const (
	firehoseRecordsMost = 10_000
	contactLeast        = 64
)

type firehose struct {
	RequestID string `json:"requestId"`
	Records   []struct {
		Data string `json:"data"`
	} `json:"records"`
}

var errFirehose = fmt.Errorf("more than %d records", firehoseRecordsMost)

// splitFirehose makes a message of each object of each record. A body that is no
// Firehose request is read as contact records themselves.
func splitFirehose(r *Request) ([]Message, error) {
	var f firehose
	if err := json.Unmarshal(r.Body, &f); err != nil || f.Records == nil {
		return splitObjects(r, r.Body, nil)
	}
	if len(f.Records) > firehoseRecordsMost {
		return nil, errFirehose
	}
	var out []Message
	for i, record := range f.Records {
		data, err := base64.StdEncoding.DecodeString(record.Data)
		if err != nil {
			return nil, fmt.Errorf("records[%d].data is not base64", i)
		}
		if out, err = splitObjects(r, data, out); err != nil {
			return nil, fmt.Errorf("records[%d]: %w", i, err)
		}
	}
	return out, nil
}

// splitObjects appends the JSON objects that stand one after the other in data,
// with or without anything between them.
func splitObjects(r *Request, data []byte, out []Message) ([]Message, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	for {
		var object json.RawMessage
		err := decoder.Decode(&object)
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		if tooTiny(len(out)+1, r, contactLeast) {
			return nil, errTiny
		}
		one := *r
		one.Body = object
		one.Header = http.Header{"Content-Type": {"application/json"}}
		out = append(out, whole(&one))
	}
}

// answerFirehose is what Firehose wants to hear.
func answerFirehose(r *Request, nowMs int64) []byte {
	id := r.Header.Get("X-Amz-Firehose-Request-Id")
	var f firehose
	if json.Unmarshal(r.Body, &f) == nil && f.RequestID != "" {
		id = f.RequestID
	}
	answer, err := json.Marshal(map[string]any{"requestId": id, "timestamp": nowMs})
	if err != nil {
		panic("dialer: " + err.Error()) // a text and a number are always JSON
	}
	return answer
}

// connectDials are the ways of beginning a contact that are dials.
var connectDials = map[string]bool{"OUTBOUND": true, "API": true, "CALLBACK": true, "EXTERNAL_OUTBOUND": true, "CAMPAIGN_PREVIEW": true}

// connectAMD is what answering-machine detection found.
var connectAMD = map[string]Status{
	"HUMAN_ANSWERED": {0, campaign.Answered, campaign.Human}, "VOICEMAIL_BEEP": {0, campaign.Answered, campaign.Machine},
	"VOICEMAIL_NO_BEEP": {0, campaign.Answered, campaign.Machine}, "FAX_MACHINE_DETECTED": {0, campaign.Answered, campaign.Machine},
	"AMD_UNRESOLVED": {0, campaign.Answered, campaign.Unknown}, "AMD_UNRESOLVED_SILENCE": {0, campaign.Answered, campaign.Unknown},
	"AMD_ERROR": {0, campaign.Answered, campaign.Unknown}, "AMD_UNANSWERED": {0, campaign.NoAnswer, 0},
	"SIT_TONE_BUSY": {0, campaign.Busy, 0}, "SIT_TONE_INVALID_NUMBER": {0, campaign.Failed, 0}, "SIT_TONE_DETECTED": {0, campaign.Failed, 0},
}

// connectEnds is why a contact ended: how the dial went where it was never
// answered, and who ended it.
var connectEnds = map[string]struct {
	result campaign.Result
	by     campaign.EndedBy
}{
	"CUSTOMER_DISCONNECT": {0, campaign.ByCustomer}, "AGENT_DISCONNECT": {0, campaign.ByAgent}, "THIRD_PARTY_DISCONNECT": {0, campaign.BySystem},
	"CONTACT_FLOW_DISCONNECT": {0, campaign.BySystem}, "BARGED": {0, campaign.BySystem}, "OTHER": {0, campaign.BySystem},
	"TELECOM_BUSY": {campaign.Busy, 0}, "TELECOM_NUMBER_INVALID": {campaign.Failed, 0}, "TELECOM_UNANSWERED": {campaign.NoAnswer, 0},
	"TELECOM_TIMEOUT": {campaign.NoAnswer, 0}, "TELECOM_POTENTIAL_BLOCKING": {campaign.Failed, 0}, "TELECOM_ORIGINATOR_CANCEL": {campaign.Cancelled, 0},
	"TELECOM_PROBLEM": {campaign.Failed, 0}, "OUTBOUND_DESTINATION_ENDPOINT_ERROR": {campaign.Failed, 0}, "OUTBOUND_RESOURCE_ERROR": {campaign.Failed, 0},
	"OUTBOUND_ATTEMPT_FAILED": {campaign.Failed, 0}, "EXPIRED": {campaign.NotPlaced, 0}, "OUTBUND_PREVIEW_DISCARDED": {campaign.NotPlaced, 0},
}

func readContact(s *Source, m Message) Reading {
	p, r := readParams(m)
	if r.Silent != "" {
		return r
	}
	contact := p["ContactId"]
	if contact == "" {
		return Reading{Silent: "no ContactId"}
	}
	r.Campaign = p.first(s.Fields["campaign"], "Campaign.CampaignId", "campaign")
	if method := p["InitiationMethod"]; !connectDials[method] || method == "CALLBACK" && r.Campaign == "" {
		return Reading{Silent: fmt.Sprintf("a contact begun by %q is no dial", clean(method))}
	}
	lead, disposition := "Attributes.leadId", "Attributes.disposition"
	r.Lead = p.first(s.Fields["lead"], lead)
	r.Calls, r.Phone = []string{contact}, p["CustomerEndpoint.Address"]
	at := func(name string) int64 { return stampMs(p[name], time.UTC, time.RFC3339Nano) }
	rank := at("LastUpdateTimestamp")
	if rank == campaign.None {
		rank = at("DisconnectTimestamp")
	}
	if rank == campaign.None {
		rank = RankUndated
	}
	said := saying(rank)
	said.number(campaign.AttemptStartedAt, at("InitiationTimestamp"))
	said.number(campaign.AttemptEndedAt, at("DisconnectTimestamp"))
	said.number(campaign.AttemptQueueWait, secondsMs(p["Queue.Duration"]))
	said.text(campaign.AttemptDisposition, p.first(s.Fields["disposition"], disposition))
	contactAnswer(said, p, at("ConnectedToSystemTimestamp"), at("CustomerVoiceActivity.GreetingEndTimestamp"))
	if agent := p["Agent.Username"]; agent != "" {
		said.text(campaign.AttemptAgent, agent)
		said.number(campaign.AttemptConnectedAt, at("Agent.ConnectedToAgentTimestamp"))
		said.number(campaign.AttemptTalk, secondsMs(p["Agent.AgentInteractionDuration"]))
		said.number(campaign.AttemptHold, secondsMs(p["Agent.CustomerHoldDuration"]))
		said.number(campaign.AttemptWrap, secondsMs(p["Agent.AfterContactWorkDuration"]))
	}
	r.Sayings = append(r.Sayings, *said)
	if p["Agent.Username"] == "" {
		r.handedToNobody(said)
	}
	return r
}

// contactAnswer says whether and by whom the dial was answered.
func contactAnswer(said *Saying, p params, answeredMs, greetedMs int64) {
	end := connectEnds[p["DisconnectReason"]]
	found, detected := connectAMD[p["AnsweringMachineDetectionStatus"]]
	said.endedBy(end.by)
	switch {
	case detected:
		said.result(found.Result)
	case end.result != 0:
		said.result(end.result)
	case answeredMs != campaign.None:
		// Without detection: answered, and by a person where an agent was given the
		// call.
		found = Status{0, campaign.Answered, campaign.Unknown}
		if p["Agent.Username"] != "" || p["Queue.EnqueueTimestamp"] != "" {
			found.AnsweredBy = campaign.Human
		}
		said.result(campaign.Answered)
	default:
		said.result(campaign.NoAnswer)
	}
	if campaign.Result(said.Values[campaign.AttemptResult].Int) != campaign.Answered {
		return
	}
	said.answeredBy(found.AnsweredBy)
	said.number(campaign.AttemptAnsweredAt, answeredMs)
	said.number(campaign.AttemptGreetingEndedAt, greetedMs)
}
