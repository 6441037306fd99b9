package api_test

import (
	"testing"

	"ringside/api"
	"ringside/campaign"
)

func TestMaskPhone(t *testing.T) {
	for phone, want := range map[string]string{
		"+351912345678": "•••••••••••78", "+351 1": "•••••1", "12345": "•••••", "0800 FLOWERS": "••••••••••••", "sip:ana7@house99": "••••••••••••••99",
	} {
		if got := api.MaskPhone(phone); got != want {
			t.Errorf("%s is shown as %s, want %s", phone, got, want)
		}
	}
}

func TestMaskNumbers(t *testing.T) {
	for text, want := range map[string]string{
		"call 912345678 at 9":              "call •••••••78 at 9",
		"(0351) 912-345.678 or 12345":      "(••••) •••-•••.•78 or 12345",
		"+351 / 91 23 45 67":               "+••• / •• •• •• 67",
		"order 12345, 17 pieces":           "order •••••, 17 pieces",
		"at 9:30 on 2":                     "at 9:30 on 2",
		"٠١٢٣٤٥٦٧":                         "••••••٦٧",
		"123456":                           "••••56",
		"12345 apples 67890":               "12345 apples 67890",
		"no number at all":                 "no number at all",
		"ends in a gap 912345678 - ":       "ends in a gap •••••••78 - ",
		"two 912345678 and then 923456789": "two •••••••78 and then •••••••89",
	} {
		if got := api.MaskNumbers(text); got != want {
			t.Errorf("%q is shown as %q, want %q", text, got, want)
		}
	}
}

// TestMaskedFields goes through every field there is: a text field is masked, left
// out, or one of those whose texts are keys.
func TestMaskedFields(t *testing.T) {
	keys := map[string]bool{"list": true, "source": true, "lead": true, "agent": true, "disposition": true, "campaign": true, "time_zone": true, "currency": true, "dialer": true}
	const number = "912345678"
	for _, kind := range []campaign.Kind{campaign.KindLead, campaign.KindAttempt, campaign.KindCost} {
		for _, field := range kind.Fields() {
			shown, ok := api.Masked(field, campaign.Value{Text: number})
			if field.Type.IsText() && !keys[field.Name] && ok && shown.Text != "•••••••78" {
				t.Errorf("%s of a %s is shown as %s", field.Name, kind, shown.Text)
			}
		}
	}
}
