package campaign

import (
	"strings"
	"testing"
)

func TestUserNames(t *testing.T) {
	for given, want := range map[string]string{" Ana.Lima@Example.com ": "ana.lima@example.com", "ليلى": "ليلى", "Ω": "ω", "a b": "", "": "", " ": "", "a\x00b": "", "a\u00a0b": "", strings.Repeat("x", 129): ""} {
		got, err := CleanUserName(given)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v", given, got, err)
		}
		if wrong, ok := err.(*Error); err != nil && (!ok || wrong.Field != "name") {
			t.Errorf("%q: %v", given, err)
		}
	}
}

func TestPasswords(t *testing.T) {
	for password, good := range map[string]bool{"correct horse battery": true, "ñandúñandúñandú": true, "elevenchars": false, "twelve chars": true, "": false,
		"aaaaaaaaaaaaaaaa": false, "xx-Ana.Lima-xxxx": false, strings.Repeat("ab", 128): true, strings.Repeat("ab", 129): false, "not text \xff\xff\xff\xff": false} {
		if err := CheckPassword("ana.lima", password); (err == nil) != good {
			t.Errorf("%q: %v", password, err)
		}
	}
}

func TestUserIsLetInLikeAKey(t *testing.T) {
	u := User{ID: "1", Name: "ana", Role: RoleViewer, Campaigns: []string{"spring"}, DisabledMs: None}
	key := u.Key()
	if !key.Person || !key.Bound() || !key.Knows("spring") || key.Knows("autumn") || key.Role != RoleViewer || key.Label != "ana" {
		t.Errorf("%+v", key)
	}
}
