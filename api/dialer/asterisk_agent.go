package dialer

import (
	"bytes"
	"strings"

	"ringside/campaign"
)

// besideCall stands for the method of a request where a line is kept a second time, for
// what it says of the agent: nobody can send such a request.
const besideCall = "AGENT"

// splitQueueLog cuts lines, of which those on an agent's call are told twice: of the call,
// and of the agent.
func splitQueueLog(r *Request) ([]Message, error) {
	lines, err := splitLines(r, queueLogLeast)
	if err != nil {
		return nil, err
	}
	all := make([]Message, 0, len(lines))
	for _, m := range lines {
		all = append(all, m)
		request, err := open(m)
		if err != nil {
			return nil, err
		}
		if l, ok := cutQueueLine(request.Body); ok && l.busies() && l.agent != "" {
			request.Method = besideCall
			all = append(all, whole(request))
		}
	}
	return all, nil
}

// Beside reports whether the same words are kept in another message too, which tells of
// another fact: the sender sent them once.
func (m Message) Beside() bool { return bytes.HasPrefix(m.Raw, []byte(besideCall+" ")) }

// busies reports whether the line begins or ends an agent's call.
func (l *queueLine) busies() bool {
	switch l.event {
	case "CONNECT", "COMPLETEAGENT", "COMPLETECALLER", "BLINDTRANSFER", "ATTENDEDTRANSFER", "TRANSFER":
		return l.ofCall()
	}
	return false
}

// agentState is what the line says of the agent: the state that begins with it. A second
// may hold several lines: a pause outranks that a call is over, leaving both. Nobody tells
// whether an agent is paused in the middle of a call: after it they count as available until
// another line says more. reason says why a line about a member says nothing.
func (l *queueLine) agentState() (said *Saying, reason string) {
	state, rank := campaign.AgentState(0), int64(0)
	switch l.event {
	case "CONNECT":
		state, rank = campaign.OnCall, 5
	case "COMPLETEAGENT", "COMPLETECALLER", "BLINDTRANSFER", "ATTENDEDTRANSFER", "TRANSFER":
		state, rank = campaign.Available, 1
	case "ADDMEMBER", "REMOVEMEMBER":
		if strings.Contains(l.agent, "/") {
			return nil, clean(l.event) + " names a device and not an agent: set log_membername_as_agent=yes in queues.conf, then logging in and out is told too"
		}
		state, rank = campaign.Available, 2
		if l.event == "REMOVEMEMBER" {
			state, rank = campaign.Offline, 6
		} else if len(l.data) > 0 && l.data[0] == "PAUSED" {
			state = campaign.Away
		}
	case "AGENTLOGIN", "AGENTCALLBACKLOGIN":
		state, rank = campaign.Available, 2
	case "AGENTLOGOFF", "AGENTCALLBACKLOGOFF":
		state, rank = campaign.Offline, 6
	case "UNPAUSE", "UNPAUSEALL":
		state, rank = campaign.Available, 3
	case "PAUSE", "PAUSEALL":
		state, rank = campaign.Away, 4
		if len(l.data) > 0 && isWrap(l.data[0]) {
			state = campaign.Wrap
		}
	}
	if state == 0 || clean(l.agent) == "" {
		return nil, ""
	}
	said = &Saying{RankMs: l.at + rank, Content: campaign.Content{Values: make([]campaign.Value, len(campaign.KindState.Fields()))}}
	said.text(campaign.StateAgent, l.agent)
	said.number(campaign.StateState, int64(state))
	said.number(campaign.StateFrom, l.at)
	return said, ""
}

// isWrap reports whether the reason of a pause says that a call is being finished.
func isWrap(reason string) bool {
	reason = strings.ToLower(strings.TrimSpace(reason))
	return strings.HasPrefix(reason, "wrap") || reason == "acw" || strings.HasPrefix(reason, "after call") || strings.HasPrefix(reason, "after-call")
}
