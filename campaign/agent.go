package campaign

import "unicode/utf8"

// Agent is what was said of a person who dials. Nobody needs to be declared: it
// adds a name, and a team that reports can be grouped by.
type Agent struct {
	Number int64
	// Ref is the text by which attempts name the agent: one person in the whole
	// installation.
	Ref string
	// Name and Team are the caller's own texts, "" for none.
	Name, Team string
	CreatedMs  int64
}

// DecodeAgent reads the body of a PUT of an agent: {"name", "team"}, each a text or
// null, or left out for none. ref is the agent's text as it stands in the path.
func DecodeAgent(ref string, body []byte) (a Agent, err error) {
	if a.Ref, err = CleanAgent(ref); err != nil {
		return a, err
	}
	var said struct {
		Name *string `json:"name"`
		Team *string `json:"team"`
	}
	if err := DecodeStrict(body, &said); err != nil {
		return a, err
	}
	if a.Name, err = cleanOptional(said.Name, "name"); err == nil {
		a.Team, err = cleanOptional(said.Team, "team")
	}
	return a, err
}

// CleanAgent trims an agent's text as it came in a path, and refuses what no attempt
// could name.
func CleanAgent(ref string) (string, error) {
	clean, err := CleanText(ref)
	if err != nil || !utf8.ValidString(ref) {
		return "", Invalidf("invalid_text", "agent", "the path names no agent; send the agent's text: 1 to 128 characters of UTF-8, no control characters, percent-encoded")
	}
	return clean, nil
}

// cleanOptional is CleanText for a text that may be missing.
func cleanOptional(text *string, field string) (string, error) {
	if text == nil {
		return "", nil
	}
	clean, err := CleanText(*text)
	if err != nil {
		return "", at(err, field)
	}
	return clean, nil
}
