package upcast

import (
	"math/big"
	"regexp"
	"regexp/syntax"
	"strings"

	"github.com/instar-registry/instar/upcast/plan"
)

// readers are the functions that read a text and have no result for texts of
// another form, with the form that a pattern can promise.
var readers = map[*plan.Func]func(*form) bool{
	plan.IntOfText:   func(f *form) bool { return f.digits <= 18 && !f.fraction },
	plan.UintOfText:  func(f *form) bool { return f.digits <= 19 && !f.fraction && !f.signed },
	plan.FloatOfText: func(f *form) bool { return f.digits <= 300 },
	plan.BoolOfText:  nil, plan.TimeOfText: nil, plan.SpanOfText: nil, plan.Base64Decode: nil, plan.HexDecode: nil,
}

// reading is why a text may not be of the form that a function reads: the texts
// are known and each is one, or it was matched with a pattern of such texts.
func (p *prover) reading(n *plan.Call, f facts) string {
	const reason = "the text may not be of that form"
	if all, known := p.textsOf(n.Args[0], f); known {
		for _, s := range all {
			if _, ok := (&plan.Call{Func: n.Func, Args: []plan.Node{&plan.Lit{Value: s, Type: exprString}}, Type: n.Type}).Constant(); !ok {
				return "it has no result for the text " + quoteText(s)
			}
		}
		return ""
	}
	fits := readers[n.Func]
	for _, re := range f.patterns[p.key(n.Args[0])] {
		if form, ok := numeral(re); ok && fits != nil && fits(form) {
			return ""
		}
	}
	return reason
}

func quoteText(s string) string { return `"` + shorten(s) + `"` }

// textsOf is [textsOf] with what conditions tell.
func (p *prover) textsOf(n plan.Node, f facts) (all []string, known bool) {
	if all, known = textsOf(n); known {
		return all, true
	}
	if k := p.key(n); k != "" {
		all, known = f.texts[k]
	}
	return all, known
}

// learnText learns that a text is a literal, or matches a pattern.
func (p *prover) learnText(f *facts, c *plan.Call) {
	switch c.Func {
	case plan.Equals:
		for i, a := range c.Args {
			l, ok := c.Args[1-i].(*plan.Lit)
			if !ok {
				continue
			}
			if s, text := l.Value.(string); text && p.key(a) != "" {
				f.texts[p.key(a)] = []string{s}
			}
		}
	case plan.TextMatches:
		if k := p.key(c.Args[0]); k != "" {
			f.patterns[k] = append(append([]*regexp.Regexp{}, f.patterns[k]...), c.Pattern)
		}
	}
}

// textSize is how many characters a text has, by what it was matched with.
func (p *prover) textSize(n plan.Node, f facts, s span) span {
	for _, re := range f.patterns[p.key(n)] {
		parsed, err := syntax.Parse(re.String(), syntax.Perl)
		if err != nil {
			continue
		}
		least, most := lengths(parsed)
		if inner := anchored(parsed); inner == nil {
			most = -1
		}
		both := span{integer(int64(least)), s.hi, false}
		if most >= 0 {
			both.hi = integer(int64(most))
		}
		if both = both.meet(s); !both.empty() {
			s = both
		}
	}
	return s
}

// form is what a pattern of numerals admits: how many digits, and whether a sign
// or a fraction.
type form struct {
	digits           int
	signed, fraction bool
}

// numeral reports whether all texts of a pattern are decimal numerals: a sign,
// digits and a fraction, one after the other.
func numeral(re *regexp.Regexp) (*form, bool) {
	parsed, err := syntax.Parse(re.String(), syntax.Perl)
	if err != nil {
		return nil, false
	}
	parts := anchored(parsed)
	if len(parts) == 0 {
		return nil, false
	}
	f := &form{}
	if onlyRunes(parts[0], "+-") {
		if _, most := lengths(parts[0]); most != 1 {
			return nil, false
		}
		f.signed, parts = true, parts[1:]
	}
	whole := 0
	for whole < len(parts) && onlyRunes(parts[whole], digits) {
		whole++
	}
	least, most := lengthsOf(parts[:whole])
	if least == 0 || most < 0 {
		return nil, false
	}
	f.digits = most
	if tail := parts[whole:]; len(tail) > 0 {
		if len(tail) == 1 && tail[0].Op == syntax.OpQuest {
			tail = pieces(tail[0].Sub[0])
		}
		least, most := lengthsOf(tail)
		dot, dots := lengths(tail[0])
		if !onlyRunes(tail[0], ".") || dot != 1 || dots != 1 || least < 2 || most < 0 || !allDigits(tail[1:]) {
			return nil, false
		}
		f.fraction, f.digits = true, f.digits+most
	}
	return f, true
}

const digits = "0123456789"

func allDigits(parts []*syntax.Regexp) bool {
	for _, x := range parts {
		if !onlyRunes(x, digits) {
			return false
		}
	}
	return true
}

// anchored are the parts of a pattern that takes a whole text, or nil.
func anchored(re *syntax.Regexp) []*syntax.Regexp {
	parts := pieces(re)
	if n := len(parts); n >= 2 && parts[0].Op == syntax.OpBeginText && parts[n-1].Op == syntax.OpEndText {
		return parts[1 : n-1]
	}
	return nil
}

// pieces are what stands one after the other, without groups around it.
func pieces(re *syntax.Regexp) []*syntax.Regexp {
	switch re.Op {
	case syntax.OpCapture:
		return pieces(re.Sub[0])
	case syntax.OpConcat:
		var out []*syntax.Regexp
		for _, x := range re.Sub {
			out = append(out, pieces(x)...)
		}
		return out
	default:
		return []*syntax.Regexp{re}
	}
}

// onlyRunes reports whether a pattern takes only texts of some characters of
// ASCII.
func onlyRunes(re *syntax.Regexp, set string) bool {
	switch re.Op {
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			if re.Flags&syntax.FoldCase != 0 || !strings.ContainsRune(set, r) {
				return false
			}
		}
		return true
	case syntax.OpCharClass:
		for i := 0; i+1 < len(re.Rune); i += 2 {
			for r := re.Rune[i]; r <= re.Rune[i+1]; r++ {
				if !strings.ContainsRune(set, r) {
					return false // at the latest behind ASCII
				}
			}
		}
		return true
	case syntax.OpCapture, syntax.OpStar, syntax.OpPlus, syntax.OpQuest, syntax.OpRepeat, syntax.OpConcat, syntax.OpAlternate:
		for _, x := range re.Sub {
			if !onlyRunes(x, set) {
				return false
			}
		}
		return true
	case syntax.OpEmptyMatch:
		return true
	default:
		return false
	}
}

// lengths are the fewest and the most characters that a pattern takes; -1 is any
// number.
func lengths(re *syntax.Regexp) (least, most int) {
	switch re.Op {
	case syntax.OpLiteral:
		return len(re.Rune), len(re.Rune)
	case syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return 1, 1
	case syntax.OpCapture:
		return lengths(re.Sub[0])
	case syntax.OpConcat:
		return lengthsOf(re.Sub)
	case syntax.OpAlternate:
		least, most = lengths(re.Sub[0])
		for _, x := range re.Sub[1:] {
			a, b := lengths(x)
			least = min(least, a)
			if most < 0 || b < 0 {
				most = -1
			} else {
				most = max(most, b)
			}
		}
		return least, most
	case syntax.OpStar:
		return 0, -1
	case syntax.OpPlus:
		least, _ = lengths(re.Sub[0])
		return least, -1
	case syntax.OpQuest:
		_, most = lengths(re.Sub[0])
		return 0, most
	case syntax.OpRepeat:
		least, most = lengths(re.Sub[0])
		if most >= 0 {
			most *= re.Max
		}
		if re.Max < 0 {
			most = -1
		}
		return least * re.Min, most
	default:
		return 0, 0 // what stands between characters
	}
}

func lengthsOf(parts []*syntax.Regexp) (least, most int) {
	for _, x := range parts {
		a, b := lengths(x)
		least += a
		if most >= 0 && b >= 0 {
			most += b
		} else {
			most = -1
		}
	}
	return least, most
}

// numeralSpan is what a text may say as a whole number.
func (p *prover) numeralSpan(n *plan.Call, f facts) span {
	out := allInts
	for _, re := range f.patterns[p.key(n.Args[0])] {
		if form, ok := numeral(re); ok && !form.fraction && form.digits <= 18 {
			most := new(big.Float).SetPrec(precision).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(form.digits)), nil))
			out = out.meet(span{new(big.Float).Neg(most), most, false})
		}
	}
	return out
}
