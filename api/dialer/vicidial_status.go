package dialer

import (
	"strings"

	"ringside/campaign"
)

// vicidialStatuses is what VICIdial's stock statuses mean. Its own flags are not
// taken over where they mislead: AB is a busy line and no abandoned call, DNC is
// said by a person though its contact flag is off, LRERR and MLINAT are no live
// answers though flagged human, SALE and AA lack the flags their names promise.
var vicidialStatuses = map[string]Status{
	"SALE":   {campaign.Sale, campaign.Answered, campaign.Human},
	"NI":     {campaign.Refusal, campaign.Answered, campaign.Human},
	"DEC":    {campaign.Refusal, campaign.Answered, campaign.Human},
	"NP":     {campaign.CategoryNone, campaign.Answered, campaign.Human},
	"CALLBK": {campaign.Callback, campaign.Answered, campaign.Human},
	"CBHOLD": {campaign.Callback, campaign.Answered, campaign.Human},
	"DNC":    {campaign.DNC, campaign.Answered, campaign.Human},
	"XFER":   {campaign.CategoryNone, campaign.Answered, campaign.Human},

	"DROP":   {campaign.Abandoned, campaign.Answered, campaign.Human},
	"XDROP":  {campaign.Abandoned, campaign.Answered, campaign.Human},
	"PDROP":  {campaign.Abandoned, campaign.Answered, campaign.Human},
	"SRDROP": {campaign.Abandoned, campaign.Answered, campaign.Human},
	"IVRXFR": {campaign.Abandoned, campaign.Answered, campaign.Human},
	"NANQUE": {campaign.Abandoned, campaign.Answered, campaign.Human},
	"IQNANQ": {campaign.Abandoned, campaign.Answered, campaign.Human},
	"TIMEOT": {campaign.Abandoned, campaign.Answered, campaign.Human},
	"AFTHRS": {campaign.Abandoned, campaign.Answered, campaign.Human},
	"MAXCAL": {campaign.Abandoned, campaign.Answered, campaign.Human},
	"RQXFER": {campaign.CategoryNone, campaign.Answered, campaign.Human},
	"HXFER":  {campaign.CategoryNone, campaign.Answered, campaign.Human},
	"SVYCLM": {campaign.CategoryNone, campaign.Answered, campaign.Human},

	"A":      {campaign.MachineCategory, campaign.Answered, campaign.Machine},
	"AA":     {campaign.MachineCategory, campaign.Answered, campaign.Machine},
	"AM":     {campaign.MachineCategory, campaign.Answered, campaign.Machine},
	"AL":     {campaign.MachineCategory, campaign.Answered, campaign.Machine},
	"AFAX":   {campaign.MachineCategory, campaign.Answered, campaign.Machine},
	"SVYVM":  {campaign.CategoryNone, campaign.Answered, campaign.Unknown},
	"SVYEXT": {campaign.CategoryNone, campaign.Answered, campaign.Unknown},
	"SVYHU":  {campaign.CategoryNone, campaign.Answered, campaign.Unknown},
	"SVYREC": {campaign.CategoryNone, campaign.Answered, campaign.Unknown},
	"QVMAIL": {campaign.CategoryNone, campaign.Answered, campaign.Unknown},
	"PU":     {campaign.CategoryNone, campaign.Answered, campaign.Unknown},
	"PM":     {campaign.CategoryNone, campaign.Answered, campaign.Unknown},
	"ERI":    {campaign.CategoryNone, campaign.Answered, campaign.Unknown},
	"DONEM":  {campaign.CategoryNone, campaign.Answered, campaign.Unknown},
	"DISPO":  {campaign.CategoryNone, campaign.Answered, campaign.Unknown},
	"DAIR":   {campaign.Technical, campaign.Answered, campaign.Unknown},
	"ADAIR":  {campaign.Technical, campaign.Answered, campaign.Unknown},
	"AMDXFR": {campaign.CategoryNone, campaign.Answered, campaign.Unknown},
	"UNKXFR": {campaign.CategoryNone, campaign.Answered, campaign.Unknown},
	"UNKAM":  {campaign.CategoryNone, campaign.Answered, campaign.Unknown},
	"UNKAL":  {campaign.CategoryNone, campaign.Answered, campaign.Unknown},

	"NA":     {campaign.NoAnswerCategory, campaign.NoAnswer, 0},
	"N":      {campaign.NoAnswerCategory, campaign.NoAnswer, 0},
	"CPDNA":  {campaign.NoAnswerCategory, campaign.NoAnswer, 0},
	"B":      {campaign.BusyCategory, campaign.Busy, 0},
	"AB":     {campaign.BusyCategory, campaign.Busy, 0},
	"CPDB":   {campaign.BusyCategory, campaign.Busy, 0},
	"DC":     {campaign.Unworkable, campaign.Failed, 0},
	"ADC":    {campaign.Unworkable, campaign.Failed, 0},
	"CPDINV": {campaign.Unworkable, campaign.Failed, 0},
	"CPDSV":  {campaign.Unworkable, campaign.Failed, 0},
	"CPDSI":  {campaign.Unworkable, campaign.Failed, 0},
	"ADCCAR": {campaign.Unworkable, campaign.Failed, 0},
	"CPDREJ": {campaign.Technical, campaign.Failed, 0},
	"ADCT":   {campaign.Technical, campaign.Failed, 0},
	"CPDATB": {campaign.Technical, campaign.Failed, 0},
	"CPDSR":  {campaign.Technical, campaign.Failed, 0},
	"CPDSNC": {campaign.Technical, campaign.Failed, 0},
	"CPDSUK": {campaign.Technical, campaign.Failed, 0},
	"LRERR":  {campaign.Technical, campaign.Failed, 0},

	// Blocked before dialing, or no call at all.
	"DNCL":   {campaign.Unworkable, campaign.NotPlaced, 0},
	"DNCC":   {campaign.Unworkable, campaign.NotPlaced, 0},
	"DNCCAR": {campaign.Unworkable, campaign.NotPlaced, 0},
	"MLINAT": {campaign.Technical, campaign.NotPlaced, 0},
	"LSMERG": {campaign.Technical, campaign.NotPlaced, 0},

	// What quality control says of a sale afterwards; how the dial went it does not.
	"QCPASS": {campaign.Sale, 0, 0},
	"QCFAIL": {campaign.SaleCancelled, 0, 0},
	"QCCANC": {campaign.SaleCancelled, 0, 0},
}

// vicidialUnsaid are the statuses of a call that is still to come or going on.
var vicidialUnsaid = map[string]bool{"": true, "NEW": true, "QUEUE": true, "INCALL": true}

// vicidialLegs are the statuses with which an agent passes a call on: they settle
// nothing, whenever they are sent.
var vicidialLegs = map[string]bool{"XFER": true, "RQXFER": true, "HXFER": true, "AMDXFR": true, "UNKXFR": true}

func vicidialStatus(code string) (Status, bool) {
	if status, ok := vicidialStatuses[code]; ok {
		return status, true
	}
	// HUCnnn is a hangup cause of the network, of which there are many.
	if cause, ok := strings.CutPrefix(code, "HUC"); ok && len(cause) == 3 && strings.Trim(cause, "0123456789") == "" {
		return Status{campaign.Technical, campaign.Failed, 0}, true
	}
	return Status{}, false
}
