package dialer

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"ringside/campaign"
)

// splitTwilio makes a message of a callback, or one of each event of a batch.
func splitTwilio(r *Request) ([]Message, error) {
	body := bytes.TrimSpace(r.Body)
	if !bytes.HasPrefix(body, []byte("[")) {
		return []Message{whole(r)}, nil
	}
	var events []json.RawMessage
	if err := json.Unmarshal(body, &events); err != nil {
		return nil, err
	}
	batch := *r
	// The sum of the batch is no part of its events.
	pairs := slices.DeleteFunc(strings.Split(r.Query, "&"), func(pair string) bool { return strings.HasPrefix(pair, "bodySHA256=") })
	batch.Query = strings.Join(pairs, "&")
	var out []Message
	for _, event := range events {
		if tooTiny(len(out)+1, r, contactLeast) {
			return nil, errTiny
		}
		one := batch
		one.Header, one.Body = http.Header{"Content-Type": {"application/json"}}, event
		out = append(out, whole(&one))
	}
	return out, nil
}

// twilioTask reads an event of TaskRouter, of which a reservation is an agent's part
// in a call: only how it ends is told nowhere else. The call is named by the task's
// attributes, as may be the campaign and the lead.
func twilioTask(event string, p params) Reading {
	field := map[string]int{"reservation.wrapup": campaign.AttemptWrapBegan, "reservation.completed": campaign.AttemptWrapOver}[event]
	if field == 0 {
		return Reading{Silent: clean(event) + " says nothing of the call that its callbacks do not"}
	}
	task := params{}
	if err := task.json([]byte(p.first("data.payload.task_attributes", "TaskAttributes"))); err != nil || task.first("call_sid") == "" {
		return Reading{Silent: "no call_sid among the task's attributes"}
	}
	if task["direction"] == "inbound" {
		return Reading{Silent: "an inbound call is no dial"}
	}
	at := stampMs(p.first("data.payload.timestamp", "data.timestamp", "time"), time.UTC, time.RFC3339Nano)
	if at == campaign.None {
		at = epochMs(p["Timestamp"])
	}
	if at == campaign.None {
		return Reading{Silent: "an event without a time"}
	}
	r := Reading{Calls: []string{task["call_sid"]}, UnderWay: true}
	r.Campaign, r.Lead = task.first("campaign"), task.first("lead")
	if r.Campaign == "" {
		r.Campaign = p.first("campaign")
	}
	if r.Lead == "" {
		r.Lead = p.first("lead")
	}
	said := saying(at)
	said.number(field, at)
	said.text(campaign.AttemptAgent, p.first("data.payload.worker_name", "WorkerName"))
	r.Sayings = append(r.Sayings, *said)
	return r
}
