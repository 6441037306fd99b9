package campaign

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
)

// AgentState is what an agent is doing for a time.
type AgentState uint8

// The states, in the order of their stored numbers.
const (
	Available AgentState = iota + 1
	OnCall
	Wrap
	Away
	Offline
)

// States lists the states.
func States() []AgentState { return []AgentState{Available, OnCall, Wrap, Away, Offline} }

func (s AgentState) String() string { return stateFields[StateState].Choices[s-1] }

// Positions in the field table of agents' states.
const (
	StateAgent = iota
	StateState
	StateFrom
	StateTo
	StateCampaign
	StateVoid
)

var stateFields = []Field{
	StateAgent:    {Name: "agent", Type: TypeText},
	StateState:    {Name: "state", Type: TypeChoice, Choices: []string{"available", "on_call", "wrap", "away", "offline"}},
	StateFrom:     {Name: "from", Type: TypeInstant},
	StateTo:       {Name: "to", Type: TypeInstant},
	StateCampaign: {Name: "campaign", Type: TypeRef},
	StateVoid:     {Name: "void", Type: TypeBool},
}

// StateForm is the form of agents' states. Nobody gives a state a ref: it is known by its
// agent and when it began, as one is in one state at a time.
var StateForm = &Form{Name: "agent-states", Kind: KindState, Keyed: StateRef,
	Allowed: 1<<len(stateFields) - 1, Required: FieldSet(0).With(StateAgent, StateState, StateFrom), Check: checkState}

// StateMostMs bounds how long one state lasts: nobody works for longer without another.
const StateMostMs = 86_400_000

// StateRef is what a state is known by, the same for the same agent and beginning, and made of what a ref may hold.
func StateRef(v *Version) string {
	sum := sha256.Sum256([]byte(v.Text(StateAgent)))
	return hex.EncodeToString(sum[:12]) + "-" + strconv.FormatInt(v.Int(StateFrom), 10)
}

// checkState holds what one post must say of itself.
func checkState(v *Version) *Error {
	for _, f := range [...]int{StateAgent, StateState, StateFrom} {
		if !v.Given(f) {
			return Invalidf("missing_field", stateFields[f].Name, "%s is null; a state is known by its agent and from, send all of agent, state and from", stateFields[f].Name)
		}
	}
	if !v.Given(StateTo) {
		return nil
	}
	switch length := v.Int(StateTo) - v.Int(StateFrom); {
	case length < 0:
		return Invalidf("invalid_time", "to", "to is before from; send instants of one clock, in order")
	case length > StateMostMs && AgentState(v.Int(StateState)) != Offline:
		return Invalidf("invalid_time", "to", "to is more than 24 hours after from; send each state that the agent was in, or leave to out and the next state ends it")
	}
	return nil
}
