package db

import (
	"testing"

	"ringside/campaign"
	"ringside/funnel"
)

// BenchmarkHistory packs and unpacks a lead with three calls.
func BenchmarkHistory(b *testing.B) {
	u := &funnel.Unit{Lead: funnel.Lead{Number: 7, GeneratedMs: 1_762_333_200_000, Posted: true, List: 1}}
	for n := range int64(3) {
		start := 1_762_333_200_000 + n*86_400_000
		u.Attempts = append(u.Attempts, funnel.Attempt{Number: 1000 + n, Ref: "1762333200.118", StartedMs: start, Result: campaign.Answered, AnsweredBy: campaign.Human,
			EndedBy: campaign.ByCustomer, AnsweredMs: start + 8_000, GreetingEndedMs: campaign.None, ConnectedMs: start + 9_000, EndedMs: start + 90_000,
			HoldMs: campaign.None, WrapMs: 20_000, Agent: 17, Disposition: 4, AmountMinor: 4990, DecidedMs: campaign.None, CancelledMs: campaign.None, CallbackMs: campaign.None})
	}
	packed := packHistory(u)
	b.Run("pack", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			packHistory(u)
		}
	})
	b.Run("unpack", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := unpackHistory(7, packed); err != nil {
				b.Fatal(err)
			}
		}
	})
}
