package web

import (
	"strings"
	"testing"

	"ringside/campaign"
)

func TestFormats(t *testing.T) {
	kathmandu, err := campaign.LoadZone("Asia/Kathmandu")
	if err != nil {
		t.Fatal(err)
	}
	cal := campaign.NewCalendar(kathmandu)
	const midnight = 1795889700000 // 2026-11-29 00:00 +05:45
	for _, c := range []struct{ got, want string }{
		{Number(0), "0"}, {Number(999), "999"}, {Number(1000), "1,000"}, {Number(-1234567), "−1,234,567"},
		{Money(9876543210_99, 2, "EUR"), "9,876,543,210.99 EUR"}, {Money(-5, 2, "EUR"), "−0.05 EUR"}, {Money(1234567, 0, "JPY"), "1,234,567 JPY"},
		{Percent(0.1169848, 2), "11.70 %"}, {Percent(1, 0), "100 %"}, {Decimal(-0.0001, 2), "0.00"}, {Signed(0, 1), "0.0"}, {Signed(2.25, 1), "+2.2"}, {Signed(-2, 1), "−2.0"},
		{Duration(0), "0.0 s"}, {Duration(9_940), "9.9 s"}, {Duration(59_400), "59 s"}, {Duration(59_600), "1 min 0 s"}, {Duration(3_600_000), "1 h 0 min"}, {Duration(86_400_000 * 1500), "1,500 d 0 h"},
		{Moment(midnight, cal), "29 Nov 2026"}, {Moment(midnight+3600_000, cal), "29 Nov 2026 01:00"}, {TimeOfDay(midnight-1000, kathmandu), "23:59:59"},
	} {
		if got := strings.ReplaceAll(c.got, noBreak, " "); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
