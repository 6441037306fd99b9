package funnel

import (
	"math/big"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/parser"

	"ringside/campaign"
)

// Limits of one formula. Numbers at run time are exact, so these bound what they grow to.
const (
	formulaBytesMost = 1000
	formulaNodesMost = 100
	formulaDepthMost = 25
)

// Formula is an arithmetic expression over names: + - * / ( ) min max and plain numbers.
// It is parsed by a library and worked out exactly, as a fraction, by walking the tree:
// nothing in it can loop, call or look anywhere.
type Formula struct {
	Text string
	root *term
	// Names are those it reads, each once, in order of appearance.
	Names []string
	nodes int
	// reads says what the names stand for, once the formula is a KPI's.
	reads map[string]read
	// frozen is what it came to when a month was closed; nil where it is worked out.
	frozen *FrozenOwn
}

// term is one node of a formula: an operator with what it is applied to, a name, or a
// number.
type term struct {
	operator string
	on       []*term
	name     string
	number   *big.Rat
}

// ParseFormula reads a formula. Its errors name the field formula and say what to write
// instead.
func ParseFormula(text string) (*Formula, error) {
	if strings.TrimSpace(text) == "" {
		return nil, campaign.Invalidf("missing_field", "formula", "formula is missing; send one like \"profit / turnover\"")
	}
	if len(text) > formulaBytesMost {
		return nil, badFormula("it has %d bytes, at most %d are taken; split it into several KPIs", len(text), formulaBytesMost)
	}
	tree, err := parser.ParseWithConfig(text, formulaSyntax)
	if err != nil {
		what, _, _ := strings.Cut(err.Error(), "\n")
		return nil, badFormula("it cannot be read: %s; use names, numbers, + - * / ( ) and min or max of several", what)
	}
	f := &Formula{Text: text}
	if f.root, err = f.term(tree.Node, text, 1); err != nil {
		return nil, err
	}
	if len(f.Names) == 0 {
		return nil, badFormula("it reads nothing; name a measure or a KPI in it")
	}
	return f, f.root.divisors()
}

func badFormula(format string, args ...any) error {
	return campaign.Invalidf("invalid_formula", "formula", "the formula is not taken: "+format, args...)
}

// formulaSyntax is the library's, without any function but two.
var formulaSyntax = func() *conf.Config {
	c := conf.CreateNew()
	c.MaxNodes, c.DisableIfOperator = formulaNodesMost, true
	for name := range c.Builtins {
		c.Disabled[name] = name != "min" && name != "max"
	}
	return c
}()

// term turns a node of the library's tree into one of ours. What it does not know is
// refused.
func (f *Formula) term(n ast.Node, text string, depth int) (*term, error) {
	if f.nodes++; depth > formulaDepthMost || f.nodes > formulaNodesMost {
		return nil, badFormula("it has more than %d parts, or more than %d within each other; split it into several KPIs", formulaNodesMost, formulaDepthMost)
	}
	switch n := n.(type) {
	case *ast.IdentifierNode:
		if !slices.Contains(f.Names, n.Value) {
			f.Names = append(f.Names, n.Value)
		}
		return &term{name: n.Value}, nil
	case *ast.IntegerNode, *ast.FloatNode:
		return number(n, text)
	case *ast.UnaryNode:
		if n.Operator == "-" || n.Operator == "+" {
			return f.apply("0"+n.Operator, text, depth, n.Node)
		}
		return nil, badFormula("%s is not arithmetic; use + - * / ( ) min max", n.Operator)
	case *ast.BinaryNode:
		if strings.Contains("+-*/", n.Operator) {
			return f.apply(n.Operator, text, depth, n.Left, n.Right)
		}
		return nil, badFormula("%s is not arithmetic; use + - * / ( ) min max", n.Operator)
	case *ast.BuiltinNode:
		if n.Name == "min" || n.Name == "max" {
			if len(n.Arguments) < 2 {
				return nil, badFormula("%s is of several; give it two or more, with commas between", n.Name)
			}
			return f.apply(n.Name, text, depth, n.Arguments...)
		}
		return nil, badFormula("%s is not known; the only functions are min and max", n.Name)
	case *ast.CallNode:
		return nil, badFormula("%s is not known; the only functions are min and max", n.Callee)
	case *ast.MemberNode, *ast.ChainNode, *ast.SliceNode:
		return nil, badFormula("nothing has members; write KPI_numerator or KPI_denominator for the parts of a KPI")
	}
	return nil, badFormula("%q is neither a name nor a number nor arithmetic; use + - * / ( ) min max", n.String())
}

func (f *Formula) apply(operator, text string, depth int, on ...ast.Node) (*term, error) {
	t := &term{operator: operator}
	for _, n := range on {
		one, err := f.term(n, text, depth+1)
		if err != nil {
			return nil, err
		}
		t.on = append(t.on, one)
	}
	return t, nil
}

// constantMost is how many characters a number in a formula may have.
const constantMost = 18

// number reads a number as it was written: the library's own reading is a float.
func number(n ast.Node, text string) (*term, error) {
	at := n.Location()
	runes := []rune(text)
	if at.From < 0 || at.To > len(runes) || at.From >= at.To {
		return nil, badFormula("a number in it cannot be read; write it like 0.25")
	}
	written := strings.ReplaceAll(string(runes[at.From:at.To]), "_", "")
	if len(written) > constantMost || strings.Trim(written, "0123456789.") != "" {
		return nil, badFormula("the number %s is too long or not decimal; write it like 0.25, with at most %d characters", written, constantMost)
	}
	value, ok := new(big.Rat).SetString(written)
	if !ok {
		return nil, badFormula("the number %s cannot be read; write it like 0.25", written)
	}
	return &term{number: value}, nil
}

// occurs counts the places at which the term reads a name.
func (t *term) occurs(name string) (n int) {
	if t.name == name && name != "" {
		return 1
	}
	for _, one := range t.on {
		n += one.occurs(name)
	}
	return n
}

// Lack says why a formula has no value.
type Lack string

// The lacks. LacksData: a measure without any value, or a KPI that has none itself. A
// divisor that is zero, and a value beyond what numbers of 64 bits with a point can tell.
const (
	LacksNothing Lack = ""
	LacksData    Lack = "no_data"
	LacksDivisor Lack = "zero_divisor"
	TooLarge     Lack = "too_large"
)

// lack says why the term has no value.
func (t *term) lack(of func(name string) *big.Rat) Lack {
	if t.name != "" && of(t.name) == nil {
		return LacksData
	}
	for _, one := range t.on {
		if lack := one.lack(of); lack != LacksNothing {
			return lack
		}
	}
	if t.value(of) == nil {
		return LacksDivisor
	}
	return LacksNothing
}

// divisors refuses a division by what is zero whatever the names stand for.
func (t *term) divisors() error {
	for _, one := range t.on {
		if err := one.divisors(); err != nil {
			return err
		}
	}
	if t.operator == "/" && t.on[1].constant() {
		if by := t.on[1].value(nil); by == nil || by.Sign() == 0 {
			return badFormula("it divides by zero; divide by a name or by another number")
		}
	}
	return nil
}

func (t *term) constant() bool {
	return t.name == "" && !slices.ContainsFunc(t.on, func(one *term) bool { return !one.constant() })
}

// value works the term out; nil where a divisor is zero or a name has no value.
func (t *term) value(of func(name string) *big.Rat) *big.Rat {
	switch {
	case t.number != nil:
		return t.number
	case t.name != "":
		return of(t.name)
	}
	values := make([]*big.Rat, len(t.on))
	for i, one := range t.on {
		if values[i] = one.value(of); values[i] == nil {
			return nil
		}
	}
	out := new(big.Rat).Set(values[0])
	if t.operator == "0-" {
		return out.Neg(out)
	}
	for _, v := range values[1:] {
		switch order := out.Cmp(v); t.operator {
		case "+":
			out.Add(out, v)
		case "-":
			out.Sub(out, v)
		case "*":
			out.Mul(out, v)
		case "/":
			if v.Sign() == 0 {
				return nil
			}
			out.Quo(out, v)
		case "min", "max":
			if (order > 0) == (t.operator == "min") {
				out.Set(v)
			}
		}
	}
	return out
}

// Parts works the formula out as a fraction of integers: of its two sides, where it is
// one division of whole numbers, else in lowest terms. Both are nil where a divisor is
// zero, or a name has no value.
func (f *Formula) Parts(of func(name string) *big.Rat) (numerator, denominator *big.Int) {
	numerator, denominator, _ = f.parts(of)
	return numerator, denominator
}

// parts is Parts; whole says that these are the two sides.
func (f *Formula) parts(of func(name string) *big.Rat) (numerator, denominator *big.Int, whole bool) {
	if f.root.operator == "/" {
		n, d := f.root.on[0].value(of), f.root.on[1].value(of)
		if n != nil && d != nil && n.IsInt() && d.IsInt() && d.Sign() > 0 {
			return n.Num(), d.Num(), true
		}
	}
	v := f.root.value(of)
	if v == nil {
		return nil, nil, false
	}
	return v.Num(), v.Denom(), false
}
