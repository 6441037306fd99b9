package campaign

import "strings"

// CheckRef reports whether the text can be a caller's key: 1 to 128 of A-Z a-z
// 0-9 . _ : - and escapes like %2F, by which adapters write what the alphabet
// lacks.
func CheckRef(text string) error {
	ok := len(text) >= 1 && len(text) <= 128
	for i := 0; ok && i < len(text); i++ {
		c := text[i]
		if c == '%' {
			ok = i+2 < len(text) && upperHex(text[i+1]) && upperHex(text[i+2])
			i += 2
			continue
		}
		ok = inRef(c)
	}
	if !ok {
		return Invalidf("invalid_ref", "", "%q is not a ref; use 1 to 128 of A-Z a-z 0-9 . _ : - and percent-encode the rest", clip(text))
	}
	return nil
}

// inRef reports whether a byte may stand in a ref as it is.
func inRef(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '_' || c == ':' || c == '-'
}

// EscapeRef percent-encodes what the alphabet of refs lacks. The outcome is a ref
// unless it is empty or too long.
func EscapeRef(text string) string {
	const hexDigits = "0123456789ABCDEF"
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if c := text[i]; inRef(c) {
			b.WriteByte(c)
		} else {
			b.WriteByte('%')
			b.WriteByte(hexDigits[c>>4])
			b.WriteByte(hexDigits[c&15])
		}
	}
	return b.String()
}

func upperHex(c byte) bool { return c >= '0' && c <= '9' || c >= 'A' && c <= 'F' }
