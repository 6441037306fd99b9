package api_test

import (
	"slices"
	"strings"
	"testing"

	"ringside/funnel"
)

func TestGlossaryPage(t *testing.T) {
	h := newHouse(t)
	a := h.page("/glossary").shows("What the figures mean", "2 / 10 = 20.00 %", "6 / 2 = 3.00", "1 / 3 = 33.33 %", "30.00 / 10 = 3.0000 EUR", "89.90 EUR", "Lead F is not dialed", "the same denominator")
	a.lacks("⟨", "style=").links(h)
	text := a.text()
	for _, k := range slices.Concat(funnel.KPIsOf(funnel.Catalogue), funnel.KPIsOf(funnel.QueueCatalogue)) {
		for _, want := range []string{k.Name, k.Formula, k.Description, k.Example} {
			if !strings.Contains(text, strings.Join(strings.Fields(want), " ")) {
				t.Errorf("%s: the glossary lacks %q", k.ID, want)
			}
		}
		a.holds(`id="` + k.ID + `"`)
	}
}
