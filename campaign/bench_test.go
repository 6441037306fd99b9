package campaign

import "testing"

// BenchmarkDecode reads an attempt the way a dialer sends one, and its outcome.
func BenchmarkDecode(b *testing.B) {
	for _, c := range []struct {
		form *Form
		item string
	}{
		{AttemptForm, `{"ref":"1762333200.118","lead":"L0-4711","agent":"camp-1-a17","started_at":"2026-11-02T09:00:00.000Z","result":"answered",` +
			`"answered_by":"human","answered_at":"2026-11-02T09:00:09.250Z","connected_at":"2026-11-02T09:00:10.000Z","ended_at":"2026-11-02T09:03:20.500Z",` +
			`"ended_by":"agent","disposition":"SALE","wrap_s":31,"amount":"49.90"}`},
		{OutcomeForm, `{"attempt":"1762333200.118","disposition":"SALE","wrap_s":31,"amount":"49.90"}`},
	} {
		b.Run(c.form.Name, func(b *testing.B) {
			item := []byte(c.item)
			b.SetBytes(int64(len(item)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.form.Decode(item); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
