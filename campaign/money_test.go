package campaign

import (
	"strings"
	"testing"
)

// TestAmountsOverTheLimit: digits that do not fit are told as too large, not as no number.
func TestAmountsOverTheLimit(t *testing.T) {
	for text, says := range map[string]string{"99999999999999999999": "over the limit", "-99999999999999999999.00": "over the limit", "10000000000.00": "over the limit", "1e40": "not a decimal", "12.": "not a decimal", "": "not a decimal", "--1": "not a decimal"} {
		if _, err := ParseMoney(text, 2); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want %q", text, err, says)
		}
	}
}
