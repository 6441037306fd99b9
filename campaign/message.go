package campaign

// Source is a configured sender of dialers' messages, as it is kept.
type Source struct {
	Number    int64
	Ref       string
	CreatedMs int64
	// Version counts the PUTs.
	Version int64
	// Config is what was PUT, as JSON, without the secret.
	Config []byte
	Secret string
	// Meanings are the categories of the source's codes: its own before its kind's.
	Meanings map[string]Category
}

// State is what became of a kept message. The numbers are stored.
type State uint8

// The states of a message.
const (
	Applied State = iota + 1
	Parked
	RefusedMessage
)

var stateNames = []string{"applied", "parked", "refused"}

func (s State) String() string { return stateNames[s-1] }

// ParseState reads the word for a state.
func ParseState(word string) (State, error) {
	for i, name := range stateNames {
		if name == word {
			return State(i + 1), nil
		}
	}
	return 0, oneOf("state", word, stateNames)
}

// Message is one message of a dialer: what is kept of it, and what it says.
type Message struct {
	SourceNumber int64
	ReceivedMs   int64
	// Packed is the message as it came, compressed; equal messages are equal here.
	Packed []byte
	// Hash finds an equal message.
	Hash int64
	// Reason says why a message is parked.
	Reason string
	// Names are the refs by which messages mean this call, the attempt's own first.
	// Leg marks that the first is only a leg's or a log's: see db's calls.
	Names []string
	Leg   bool
	// Versions are what it says of its attempt, or of a lead.
	Versions []*Version
	// Again names the kept message that this one is read from anew, or is nil.
	Again *MessageKey
}

// Size is about how many bytes the message takes in memory.
func (m *Message) Size() int {
	size := len(m.Packed)
	for _, v := range m.Versions {
		size += v.Size()
	}
	return size
}

// ReadAgain reports whether the message is kept in that campaign already and read
// anew.
func (m *Message) ReadAgain(campaignNumber int64) bool {
	return m.Again != nil && m.Again.CampaignNumber == campaignNumber
}

// MessageKey is where a message is kept. The parked ones have campaign number 0.
type MessageKey struct{ CampaignNumber, Number int64 }

// KeptMessage is a message read back.
type KeptMessage struct {
	MessageKey
	// Campaign is the ref of the campaign that counts it, "" for none.
	Campaign   string
	ReceivedMs int64
	State      State
	Reason     string
	// Repeats counts how often the same message came again.
	Repeats int64
	Packed  []byte
}
