package funnel

import (
	"math/big"
	"strings"
	"testing"

	"ringside/campaign"
)

var someValues = map[string]*big.Rat{"a": big.NewRat(6, 1), "b": big.NewRat(4, 1), "c": big.NewRat(1, 3), "zero": new(big.Rat), "none": nil}

func TestFormula(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"a / b", "6/4"},
		{"a", "6/1"},
		{"a / b * 2", "3/1"},
		{"(a - b) / a", "2/6"},
		{"a / (b - 5)", "-6/1"},
		{"a * c", "2/1"},
		{"c / b", "1/12"},
		{"0.1 * a + 0.2", "4/5"},
		{"-a + +b", "-2/1"},
		{"min(a, b, 5) + max(a, b)", "10/1"},
		{"1_000 * c", "1000/3"},
		{"0.000000000000001 * a", "3/500000000000000"},
		{"a / zero", "null"},
		{"a + none", "null"},
		{"b / (a / zero)", "null"},
	} {
		f, err := ParseFormula(c.text)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		got := "null"
		if n, d := f.Parts(func(name string) *big.Rat { return someValues[name] }); n != nil {
			got = n.String() + "/" + d.String()
		}
		if got != c.want {
			t.Errorf("%s = %s, want %s", c.text, got, c.want)
		}
	}
}

func TestFormulaRefused(t *testing.T) {
	for _, c := range []struct{ text, says string }{
		{"", "formula is missing"},
		{"1 + 2", "reads nothing"},
		{"a / 0", "divides by zero"},
		{"a / (2 - 2)", "divides by zero"},
		{"a / (1 / 0)", "divides by zero"},
		{"a +", "cannot be read"},
		{"a.b", "nothing has members"},
		{"a[0]", "nothing has members"},
		{"f(a)", "only functions are min and max"},
		{"len(a)", "only functions are min and max"},
		{"map(a, # + 1)", "not"},
		{"min(a)", "two or more"},
		{"a ** b", "not arithmetic"},
		{"a % b", "not arithmetic"},
		{"a > b", "not arithmetic"},
		{"a ? b : 1", "neither a name"},
		{"let x = a; x", "neither a name"},
		{"\"a\"", "neither a name"},
		{"a ?? b", "not arithmetic"},
		{"[a]", "neither a name"},
		{"a * 1e9", "not decimal"},
		{"a * 0x10", "not decimal"},
		{"a * 1234567890123456789", "too long"},
		{strings.Repeat("(a+", 30) + "a" + strings.Repeat(")", 30), "within each other"},
		{"a" + strings.Repeat("+a", 100), ""},
		{strings.Repeat(" ", 1001), "missing"},
		{"a" + strings.Repeat(" ", 1001), "bytes"},
	} {
		_, err := ParseFormula(c.text)
		var wrong *campaign.Error
		if wrong, _ = err.(*campaign.Error); wrong == nil || wrong.Field != "formula" || !strings.Contains(wrong.Message, c.says) {
			t.Errorf("%s: %v, want one of the field formula that says %q", c.text, err, c.says)
		}
	}
}

// FuzzFormula holds any text to an answer: an error that names the field, or a formula
// that is worked out, and read again from what it was written as.
func FuzzFormula(f *testing.F) {
	for _, text := range []string{"a / b", "min(a, 0.5) - -(b)", "((((a))))", "a // x", "let x = 1; x", "1_0.5*a", "a|b", "é+a"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		formula, err := ParseFormula(text)
		if err != nil {
			if wrong, ok := err.(*campaign.Error); !ok || wrong.Field != "formula" {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		seven := func(string) *big.Rat { return big.NewRat(7, 3) }
		n, d := formula.Parts(seven)
		again, err := ParseFormula(formula.Text)
		if err != nil {
			t.Fatalf("%q is taken once: %v", text, err)
		}
		if m, e := again.Parts(seven); (n == nil) != (m == nil) || n != nil && (n.Cmp(m) != 0 || d.Cmp(e) != 0 || d.Sign() <= 0) {
			t.Fatalf("%q is %v/%v, then %v/%v", text, n, d, m, e)
		}
	})
}
