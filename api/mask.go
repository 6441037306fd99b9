package api

import (
	"strings"
	"unicode"

	"ringside/campaign"
)

// What a key without the right see_phones is shown of a fact: of a phone number
// the last two digits; names and notes with whatever in them could be a number
// masked the same way; attributes, which are the caller's own and may hold
// anything, not at all. Refs and the texts reports are grouped by (agent, list,
// source, disposition) are keys and stay as they are.
const (
	maskRune = '•'
	// digitsShown are left at the end of a masked number.
	digitsShown = 2
	// digitsFree is how many digits in a text are surely no phone number.
	digitsFree = 5
	// gapMost is how many spaces and signs may stand between a number's digits.
	gapMost = 3
)

// masked returns what is shown of a field; ok is false when that is nothing.
func masked(field campaign.Field, v campaign.Value) (shown campaign.Value, ok bool) {
	switch {
	case field.Type == campaign.TypeAttributes:
		return v, false
	case field.Name == "phone":
		v.Text = maskPhone(v.Text)
	case field.Type == campaign.TypeNote || field.Name == "name" || field.Name == "customer" || field.Name == "referred_by":
		v.Text = maskNumbers(v.Text)
	}
	return v, true
}

// maskPhone masks all of a phone number but its last two digits, and all of
// anything so short that those would tell it.
func maskPhone(phone string) string {
	runes := []rune(phone)
	keep := digitsShown
	if len(runes) <= digitsFree {
		keep = 0
	}
	for i := range len(runes) - keep {
		runes[i] = maskRune
	}
	for i := len(runes) - keep; i < len(runes); i++ {
		if !unicode.IsDigit(runes[i]) {
			runes[i] = maskRune
		}
	}
	return string(runes)
}

// maskNumbers masks in a text every number of more digits than digitsFree, also
// when spaces, dots, dashes, slashes or brackets stand between them.
func maskNumbers(text string) string {
	runes := []rune(text)
	for i := 0; i < len(runes); i++ {
		if !unicode.IsDigit(runes[i]) {
			continue
		}
		digits := numberAt(runes, i)
		if len(digits) > digitsFree {
			for _, at := range digits[:len(digits)-digitsShown] {
				runes[at] = maskRune
			}
		}
		i = digits[len(digits)-1]
	}
	return string(runes)
}

// numberAt returns the places of the digits of the number that begins at a place.
func numberAt(runes []rune, from int) (digits []int) {
	gap := 0
	for i := from; i < len(runes) && gap <= gapMost; i++ {
		switch {
		case unicode.IsDigit(runes[i]):
			digits, gap = append(digits, i), 0
		case unicode.IsSpace(runes[i]) || strings.ContainsRune("-‐‑–.,/()+_·:#*", runes[i]):
			gap++
		default:
			return digits
		}
	}
	return digits
}
