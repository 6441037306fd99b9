package callcentre

// verdict is what came of a call, before any campaign's vocabulary.
type verdict uint8

const (
	silent verdict = iota // no code given
	sale
	saleCancelled
	verifying // agreed, waiting for the back office
	interested
	signedUp
	callback
	refusal
	doNotCall
	optOut // do-not-call by the keys of a recorded message, no agent
	wrongParty
	undecided
	dropped
	hungUpEarly
	machineHeard    // an agent heard a machine
	machineDetected // the dialer did
	noAnswer
	busy
	unworkable
	technical
	blocked // kept from dialing
	verdicts
)

// code is one disposition of a campaign.
type code struct {
	verdict                      verdict
	code, label, category, stage string
}

// codebook is a campaign's disposition mapping; a verdict may have several codes.
type codebook []code

// unmapped are codes no campaign declares, as appear when somebody adds a
// button to the agents' screen and tells nobody.
var unmapped = []string{"XFER2", "TMP-7", "Q_REVIEW"}

// dialerCodes speaks the vocabulary of the common open-source dialers.
var dialerCodes = codebook{
	{sale, "SALE", "Sale", "sale", "closed"},
	{saleCancelled, "SALE_CANC", "Sale taken back", "sale_cancelled", ""},
	{verifying, "VERIFY", "Agreed, to be verified", "interested", "signed_up"},
	{interested, "INT", "Interested", "interested", "interested"},
	{signedUp, "SIGNUP", "Contract sent", "interested", "signed_up"},
	{callback, "CALLBK", "Call back", "callback", ""},
	{refusal, "NI", "Not interested", "refusal", ""},
	{refusal, "DEC", "Declined the offer", "refusal", ""},
	{doNotCall, "DNC", "Do not call again", "dnc", ""},
	{optOut, "DNCKEY", "Opted out by key", "dnc", ""},
	{wrongParty, "WRONG", "Wrong person or number", "wrong_party", ""},
	{undecided, "NP", "No pitch", "none", ""},
	{dropped, "DROP", "No agent free", "abandoned", ""},
	{hungUpEarly, "PDROP", "Hung up before routing", "abandoned", ""},
	{machineHeard, "AM", "Answering machine", "machine", ""},
	{machineDetected, "AA", "Machine, detected", "machine", ""},
	{noAnswer, "NA", "No answer", "no_answer", ""},
	{busy, "B", "Busy", "busy", ""},
	{unworkable, "DC", "Disconnected number", "unworkable", ""},
	{technical, "LRERR", "Line fault", "technical", ""},
	{blocked, "DNCL", "On a do-not-call list", "unworkable", ""},
}

// retentionCodes is a home-made vocabulary in lower case.
var retentionCodes = codebook{
	{sale, "won-back", "Won back", "sale", "closed"},
	{saleCancelled, "SALECX", "Left again", "sale_cancelled", ""},
	{verifying, "kyc-pending", "Papers to be checked", "interested", "signed_up"},
	{interested, "thinking", "Thinking it over", "interested", "interested"},
	{signedUp, "form-sent", "Form sent", "interested", "signed_up"},
	{callback, "later", "Call later", "callback", ""},
	{refusal, "no", "Stays away", "refusal", ""},
	{refusal, "no-price", "Too expensive", "refusal", ""},
	{doNotCall, "stop", "Do not call", "dnc", ""},
	{wrongParty, "not-them", "Someone else's number", "wrong_party", ""},
	{undecided, "cut-short", "No time to talk", "none", ""},
	{machineHeard, "voicemail", "Voicemail", "machine", ""},
	{noAnswer, "no-answer", "No answer", "no_answer", ""},
	{busy, "engaged", "Engaged", "busy", ""},
	{unworkable, "dead", "Number not in service", "unworkable", ""},
	{technical, "network", "Network trouble", "technical", ""},
	{blocked, "held", "Held back", "unworkable", ""},
}

// charityCodes knows donations instead of sales and has no step of signing up.
var charityCodes = codebook{
	{sale, "GIFT", "Regular gift", "sale", "closed"},
	{saleCancelled, "GIFTCX", "Gift cancelled", "sale_cancelled", ""},
	{verifying, "GIFTPEND", "Gift to be confirmed", "interested", "pledged"},
	{interested, "INFO", "Asked for information", "interested", "interested"},
	{callback, "CB", "Call back", "callback", ""},
	{refusal, "NO", "No gift", "refusal", ""},
	{refusal, "NOTNOW", "Not this year", "refusal", ""},
	{doNotCall, "OPTOUT", "No more calls", "dnc", ""},
	{wrongParty, "WP", "Wrong person", "wrong_party", ""},
	{undecided, "RNG", "Rang off", "none", ""},
	{dropped, "SILENT", "No agent in time", "abandoned", ""},
	{hungUpEarly, "HUP", "Hung up at once", "abandoned", ""},
	{machineHeard, "AM", "Answering machine", "machine", ""},
	{noAnswer, "RNA", "Rings, no answer", "no_answer", ""},
	{busy, "BUSY", "Busy", "busy", ""},
	{unworkable, "DEAD", "Dead line", "unworkable", ""},
	{technical, "FAULT", "Fault", "technical", ""},
	{blocked, "TPS", "On the preference list", "unworkable", ""},
}

// codesOf is a codebook turned round: for each verdict its codes.
type codesOf [verdicts][]string

func (b codebook) byVerdict() (c codesOf) {
	for _, e := range b {
		c[e.verdict] = append(c[e.verdict], e.code)
	}
	return c
}

// has tells whether a campaign knows a verdict at all.
func (c *codesOf) has(v verdict) bool { return len(c[v]) > 0 }

func (c *codesOf) pick(v verdict, d dice) string {
	switch all := c[v]; len(all) {
	case 0:
		return ""
	case 1:
		return all[0]
	default:
		return all[d.IntN(len(all))]
	}
}
