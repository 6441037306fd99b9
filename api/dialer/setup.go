package dialer

import (
	"net/url"
	"slices"
	"strings"
)

// Instruction is one thing to set in a dialer so that it posts to its source: where
// it is found, what to paste there, and what to know about it.
type Instruction struct {
	Where, Paste, Note string
}

// SecretHere stands in instructions where the source's secret is to be put: a page
// never shows it.
const SecretHere = "YOUR-SECRET"

// Setup returns what to set in the source's dialer. base is the address under which
// this server is reached from there, such as https://calls.example.com.
func (s *Source) Setup(base string) []Instruction {
	if s.Kind.setup == nil {
		return nil
	}
	return s.Kind.setup(s, strings.TrimSuffix(base, "/")+"/hooks/"+url.PathEscape(s.Ref))
}

// provable returns what to change first where the source is to prove itself in a way
// that its dialer cannot; the first of the ways is the one to take.
func (s *Source) provable(ways ...string) []Instruction {
	if slices.Contains(ways, s.Auth.Type) {
		return nil
	}
	return []Instruction{{"First of all, this source: auth", `{"type": "` + ways[0] + `", "secret": "` + SecretHere + `"}`,
		"The dialer cannot prove itself by " + s.Auth.Type + ". PUT the source with this instead, and read this page again."}}
}

// proof tells those who set up a sender by hand where its secret goes; in the query
// it stands in the address.
func (s *Source) proof() []Instruction {
	switch a := s.Auth; a.Type {
	case HeaderToken:
		return []Instruction{{"With each message: a header", a.Name + ": " + SecretHere, "It says who sends."}}
	case BasicAuth:
		return []Instruction{{"With each message: user and password (Basic)", a.User + ":" + SecretHere, "They say who sends."}}
	case BodyToken:
		return []Instruction{{"In each message: a field", a.Name + "=" + SecretHere, "It says who sends; in JSON it is a member of that name. It is not kept."}}
	case StandardWebhooks:
		return []Instruction{{"The sender's signing secret", SecretHere, "It signs each message as Standard Webhooks has it: webhook-id, webhook-timestamp, webhook-signature."}}
	}
	return s.provable(QueryToken)
}

// tokenQuery is the query with which a source that proves itself in the query does
// so; anything else sends its secret elsewhere.
func (s *Source) tokenQuery() string {
	if s.Auth.Type == QueryToken {
		return url.QueryEscape(s.Auth.Name) + "=" + SecretHere
	}
	return ""
}

// withQuery puts queries together behind an address.
func withQuery(address string, queries ...string) string {
	var some []string
	for _, q := range queries {
		if q != "" {
			some = append(some, q)
		}
	}
	if len(some) == 0 {
		return address
	}
	return address + "?" + strings.Join(some, "&")
}

// vicidialVariables writes name=--A--name--B-- for each variable, under the names
// the source gives them.
func (s *Source) vicidialVariables(names ...string) string {
	var pairs []string
	for _, name := range names {
		pairs = append(pairs, s.key(name)+"=--A--"+name+"--B--")
	}
	return strings.Join(pairs, "&")
}

// keyFile says what the file is that tail reads the secret from.
const keyFile = " /etc/ringside.secret holds the source's secret and nothing else."

// tailed are the ways in which tail can prove itself.
var tailed = []string{HeaderToken, QueryToken, BasicAuth, BodyToken}

// tail is the command that follows a file and posts its lines.
func tail(hook, file string) string {
	base, ref, _ := strings.Cut(hook, "/hooks/")
	return "ringside tail --url " + base + " --source " + ref + " --key-file /etc/ringside.secret " + file
}

func setupVICIdial(s *Source, hook string) []Instruction {
	common := []string{"lead_id", "vendor_lead_code", "list_id", "campaign", "phone_number", "uniqueid", "call_id", "user"}
	agent := append(common, "SQLdate", "epoch")
	address := func(kind string, names ...string) string {
		return "VAR" + withQuery(hook+"/"+kind, s.tokenQuery(), s.vicidialVariables(names...))
	}
	return append(s.provable(QueryToken), []Instruction{
		{"Campaign → Start Call URL", address("start", agent...), "Tells when an agent got the call. VICIdial does not send it for manual dials."},
		{"Campaign → Dispo Call URL", address("dispo", append(agent, "dialed_number", "dispo", "talk_time", "term_reason", "callback_datetime", "first_name", "last_name")...),
			"Tells what agents made of their calls, and nothing of calls that reached none."},
		{"Campaign → No Agent Call URL", address("noagent", append(common, "dispo", "SQLdate", "last_name")...),
			"Tells of drops, busy lines, machines and calls nobody answered. Without it there are no drops and every rate per dial is too high."},
		{"A nightly export of vicidial_agent_log (tab-separated, with its header)",
			"curl --data-binary @vicidial_agent_log.tsv -H 'X-Api-Key: " + SecretHere + "' " + hook + "/agent_log",
			"The only place where VICIdial tells wrap-up. Post vicidial_log, vicidial_closer_log and vicidial_list the same way; posting twice changes nothing."},
	}...)
}

func setupTwilio(s *Source, hook string) []Instruction {
	address := withQuery(hook+"/voice", "campaign=CAMPAIGN&lead=LEAD")
	return append(s.provable(TwilioSignature), []Instruction{
		{"Creating a call: StatusCallback", address + "#rc=3&rp=all", "Put your campaign and lead in place of CAMPAIGN and LEAD; Twilio's signature covers them. The part behind # has Twilio send again what failed."},
		{"Creating a call: StatusCallbackEvent", "initiated ringing answered completed", "Of the REST API each is a parameter StatusCallbackEvent of its own. By default Twilio sends completed alone: then the start of a call is only guessed."},
		{"Creating a call: AsyncAmdStatusCallback", withQuery(hook+"/amd", "campaign=CAMPAIGN&lead=LEAD"), "Tells people from machines."},
		{"The agent's leg: <Client statusCallback=…> within <Dial>", address, "Tells which agent joined, and when: talk time needs it."},
		{"Event Streams: a webhook sink for com.twilio.taskrouter.reservation.wrapup and .completed", hook + "/events",
			"Only with TaskRouter: tells wrap-up. The call is found by call_sid among the task's attributes."},
		{"This source: public_url", "the scheme and host by which Twilio reaches this server", "The signature covers the address Twilio called, which behind a proxy only you know."},
		{"This source: auth.secret", "the auth token of your Twilio account", "Twilio signs with it; nothing of it is sent."},
	}...)
}

func setupAsteriskCDR(s *Source, hook string) []Instruction {
	return append(s.provable(tailed...), []Instruction{
		{"/etc/asterisk/cdr.conf, section [csv]", "loguniqueid=yes\nloguserfield=yes", "Without the unique id a record names no call. Times stand there without a zone, by usegmtime=yes in UTC: the source's time_zone must be that in which they are written."},
		{"The dialplan, before Dial or Queue", `Set(CDR(userfield)=campaign=${CAMPAIGN}\;lead=${LEAD})`, `A semicolon must be written as \; there. With amd=${AMDSTATUS} behind them people are told from machines.`},
		{"A service on the Asterisk host", tail(hook, "/var/log/asterisk/cdr-csv/Master.csv"), "It follows rotation and keeps its place. Post the queue_log to a source of its own: only it knows agents, waits and abandoned calls." + keyFile},
	}...)
}

func setupQueueLog(s *Source, hook string) []Instruction {
	return append(s.provable(tailed...), []Instruction{
		{"A service on the Asterisk host", tail(hook, "/var/log/asterisk/queue_log"),
			"A queue's name is taken for that of a campaign, whose dials then are told, else of a queue, whose calls are inbound: map names that differ under campaigns or queues. Lines of names that neither has are kept and listed, not counted." + keyFile},
		{"/etc/asterisk/queues.conf, section [general]", "log_membername_as_agent=yes", "Members that are added and removed are then named as agents, so that their time logged in is told; pauses and calls tell the rest of it."},
	}...)
}

func setupFreeSWITCH(s *Source, hook string) []Instruction {
	address, cred := withQuery(hook+"/cdr", s.tokenQuery()), ""
	if s.Auth.Type == BasicAuth {
		cred = "\n    <param name=\"cred\" value=\"" + s.Auth.User + ":" + SecretHere + "\"/>\n    <param name=\"auth-scheme\" value=\"basic\"/>"
	}
	return append(s.provable(QueryToken, BasicAuth), []Instruction{
		{"autoload_configs/json_cdr.conf.xml", "<configuration name=\"json_cdr.conf\">\n  <settings>\n    <param name=\"log-b-leg\" value=\"false\"/>\n    <param name=\"url\" value=\"" + address + "\"/>" + cred +
			"\n    <param name=\"encode\" value=\"false\"/>\n    <param name=\"retries\" value=\"3\"/>\n    <param name=\"delay\" value=\"5\"/>\n    <param name=\"err-log-dir\" value=\"/var/log/freeswitch/cdr-failed\"/>\n  </settings>\n</configuration>",
			"By default FreeSWITCH does not try again. Post what lies in err-log-dir afterwards with curl --data-binary. For mod_xml_cdr the same settings stand in xml_cdr.conf.xml."},
		{"Originating a call", "originate {campaign_id=CAMPAIGN,lead_id=LEAD}sofia/gateway/…", "The names of these variables can be chosen under fields. A variable disposition is read as the outcome."},
	}...)
}

func setupConnect(s *Source, hook string) []Instruction {
	return append(s.provable(FirehoseKey), []Instruction{
		{"Amazon Data Firehose → HTTP endpoint URL", hook + "/records", "Port 443 with a certificate of a public authority."},
		{"Amazon Data Firehose → Access key", SecretHere, "Firehose sends it with each request, in X-Amz-Firehose-Access-Key."},
		{"Amazon Connect → Data streaming → Contact records", "the Firehose stream", "Records come after the contact and its after-contact work; revisions come for months and change what was said before."},
		{"The contact flow: contact attributes", "leadId, disposition", "Connect has no field for either. Other names of attributes are set under fields: {\"lead\": \"Attributes.crmId\"}. Only calls of outbound campaigns name a campaign: for others name an attribute, too, {\"campaign\": \"Attributes.campaign\"}, or map \"\" under the source's campaigns."},
	}...)
}

func setupMapped(s *Source, hook string) []Instruction {
	var lines []string
	for _, name := range s.Kind.Names {
		lines = append(lines, s.key(name)+"=…")
	}
	return append(s.proof(), []Instruction{
		{"The connector's address (GET, form or JSON)", withQuery(hook+"/call", s.tokenQuery()), "Send one message when a call ends, or several as it goes; those that name the same call become one attempt."},
		{"What to send", strings.Join(lines, "&"), "Only the call's key is needed. Members of JSON are named by their path: Call.contact.0.key."},
	}...)
}
