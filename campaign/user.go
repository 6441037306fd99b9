package campaign

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// LinkLasts is how long a link to choose a password is good, unless it is used.
const LinkLasts = 24 * time.Hour

// User is a person who may sign in. Their password is kept as a hash, apart from this.
type User struct {
	ID   string
	Name string // as CleanUserName returns it
	Role string
	// Campaigns are the refs of those the user is bound to, in order; a user bound to
	// none may see all, also those to come.
	Campaigns  []string
	CreatedMs  int64
	DisabledMs int64 // None while they may sign in
	// HasPassword is false until they have chosen one by their link.
	HasPassword bool
	// Epoch is raised whenever all sessions of the user end: by a new password, and by
	// disabling. A session of another epoch is over.
	Epoch int64
}

// Key is what the user's requests are let in by.
func (u *User) Key() AccessKey {
	return AccessKey{ID: u.ID, Role: u.Role, Label: u.Name, Campaigns: u.Campaigns, CreatedMs: u.CreatedMs, RevokedMs: u.DisabledMs, Person: true}
}

// CleanUserName returns a user's name as it is kept: trimmed and in small letters, so
// that nobody is kept out by a capital. It refuses what CleanText does, and spaces.
func CleanUserName(name string) (string, error) {
	name, err := CleanText(name)
	if err != nil || strings.ContainsFunc(name, unicode.IsSpace) {
		return "", Invalidf("invalid_text", "name", "a name to sign in with has 1 to 128 letters, digits and signs and no spaces; an e-mail address will do")
	}
	return strings.ToLower(name), nil
}

// The length of a password, in characters and in bytes. Length is what makes one
// hard to guess, so that nothing else is asked of it (NIST SP 800-63B, 3.1.1.2).
const (
	passwordLeast = 12
	passwordMost  = 256
)

// CheckPassword refuses a password that is too short, too long, or the user's name.
func CheckPassword(name, password string) error {
	switch {
	case utf8.RuneCountInString(password) < passwordLeast:
		return Invalidf("weak_password", "password", "it has fewer than %d characters; choose a longer one, three or four words for example", passwordLeast)
	case len(password) > passwordMost || !utf8.ValidString(password):
		return Invalidf("invalid_text", "password", "it is longer than %d bytes, or no text; choose another", passwordMost)
	case strings.Contains(strings.ToLower(password), name) && utf8.RuneCountInString(name) > passwordLeast/2,
		strings.Count(password, password[:1]) == len(password):
		return Invalidf("weak_password", "password", "it holds the name, or one character over and over; choose another")
	}
	return nil
}
