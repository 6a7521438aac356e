package jsonschema

import (
	"math/big"
	"regexp/syntax"
	"strings"
	"unicode/utf8"

	"github.com/instar-registry/instar/internal/jsonx"
)

// number makes a number inside all bounds.
func (g *generator) number(flat []*Node, integer bool) (*jsonx.Value, error) {
	r := interval{}
	if integer {
		r.step = big.NewRat(1, 1)
	}
	for _, n := range flat {
		r.low(n.Minimum, n.MinimumExcluded != nil && *n.MinimumExcluded)
		r.low(n.ExclusiveMinimum, true)
		r.high(n.Maximum, n.MaximumExcluded != nil && *n.MaximumExcluded)
		r.high(n.ExclusiveMaximum, true)
		if n.MultipleOf != nil {
			if r.step == nil {
				r.step = n.MultipleOf.Rat
			} else {
				r.step = leastCommon(r.step, n.MultipleOf.Rat)
			}
		}
	}
	shift := 0
	if !g.first {
		shift = g.below(100)
	}
	if r.step == nil && shift%2 == 1 {
		r.grain = big.NewRat(1, 4) // an integer may be just what is not wanted
	}
	v := r.choose(shift)
	if v == nil {
		return nil, errStuck
	}
	digits, exact := v.FloatPrec()
	if !exact || digits > 300 {
		return nil, errStuck
	}
	return &jsonx.Value{Kind: jsonx.Number, Text: v.FloatString(digits)}, nil
}

// interval is what bounds leave of the numbers.
type interval struct {
	min, max         *big.Rat
	minOpen, maxOpen bool
	step             *big.Rat // every number is a multiple of it
	grain            *big.Rat // how far apart numbers are tried without a step
}

func (r *interval) low(n *Number, open bool) {
	if n != nil && (r.min == nil || n.Rat.Cmp(r.min) > 0 || (n.Rat.Cmp(r.min) == 0 && open)) {
		r.min, r.minOpen = n.Rat, open
	}
}

func (r *interval) high(n *Number, open bool) {
	if n != nil && (r.max == nil || n.Rat.Cmp(r.max) < 0 || (n.Rat.Cmp(r.max) == 0 && open)) {
		r.max, r.maxOpen = n.Rat, open
	}
}

func (r *interval) has(v *big.Rat) bool {
	if r.min != nil {
		if c := v.Cmp(r.min); c < 0 || (c == 0 && r.minOpen) {
			return false
		}
	}
	if r.max != nil {
		if c := v.Cmp(r.max); c > 0 || (c == 0 && r.maxOpen) {
			return false
		}
	}
	return true
}

// choose returns a number near zero or a bound, shift steps further in if there
// is room; nil if nothing fits.
func (r *interval) choose(shift int) *big.Rat {
	start, up := new(big.Rat), true
	switch {
	case r.min != nil && r.min.Sign() >= 0:
		start = r.min
	case r.max != nil && r.max.Sign() <= 0:
		start, up = r.max, false
	}
	step := r.step
	if step == nil {
		step = big.NewRat(1, 1)
		if r.grain != nil {
			step = r.grain
		}
	} else {
		start = nextMultiple(start, step, up)
	}
	if !up {
		step = new(big.Rat).Neg(step)
	}
	for _, k := range []int64{int64(shift), int64(shift % 3), 0, 1, -1} {
		v := new(big.Rat).Add(start, new(big.Rat).Mul(step, big.NewRat(k, 1)))
		if r.has(v) {
			return v
		}
	}
	if r.step == nil && r.min != nil && r.max != nil {
		if v := new(big.Rat).Quo(new(big.Rat).Add(r.min, r.max), big.NewRat(2, 1)); r.has(v) {
			return v
		}
	}
	return nil
}

// nextMultiple rounds v to a multiple of step, up or down.
func nextMultiple(v, step *big.Rat, up bool) *big.Rat {
	q := new(big.Rat).Quo(v, step)
	k := new(big.Int).Div(q.Num(), q.Denom()) // Euclidean, so rounded down
	if up && !q.IsInt() {
		k.Add(k, big.NewInt(1))
	}
	return new(big.Rat).Mul(new(big.Rat).SetInt(k), step)
}

// leastCommon is the least common multiple of two fractions.
func leastCommon(a, b *big.Rat) *big.Rat {
	num := new(big.Int).Mul(a.Num(), b.Denom())
	other := new(big.Int).Mul(b.Num(), a.Denom())
	g := new(big.Int).GCD(nil, nil, num, other)
	l := new(big.Int).Mul(num, new(big.Int).Quo(other, g))
	return new(big.Rat).SetFrac(l, new(big.Int).Mul(a.Denom(), b.Denom()))
}

// formatSamples are values that fit a format.
var formatSamples = map[string]string{
	"date-time": "2024-01-02T03:04:05Z", "date": "2024-01-02", "time": "03:04:05Z", "duration": "P1D",
	"email": "a@example.com", "idn-email": "a@example.com", "hostname": "example.com", "idn-hostname": "example.com",
	"ipv4": "192.0.2.1", "ipv6": "2001:db8::1", "uri": "https://example.com/", "uri-reference": "/a", "iri": "https://example.com/",
	"iri-reference": "/a", "uuid": "123e4567-e89b-12d3-a456-426614174000", "uri-template": "/{a}", "json-pointer": "/a",
	"relative-json-pointer": "0", "regex": "a",
}

// string makes a string: from a pattern, a format, or letters of the right
// number.
func (g *generator) string(flat []*Node) (*jsonx.Value, error) {
	low, high := 0, 1<<20
	var pattern *Pattern
	text := ""
	for _, n := range flat {
		if n.MinLength != nil {
			low = max(low, int(min(n.MinLength.Float(), 1e9)))
		}
		if n.MaxLength != nil {
			high = min(high, int(min(n.MaxLength.Float(), 1e9)))
		}
		if n.Pattern != nil && pattern == nil {
			pattern = n.Pattern
		}
		if s := formatSamples[n.Format]; s != "" {
			text = s
		}
	}
	if low > high || low > 100_000 {
		return nil, errStuck
	}
	if pattern != nil {
		word, ok := g.word(pattern)
		for g.stretch = 1; ok && utf8.RuneCountInString(word) < low && g.stretch <= min(low, 200); g.stretch++ {
			word, ok = g.word(pattern)
		}
		g.stretch = 0
		if !ok {
			return nil, errStuck
		}
		return &jsonx.Value{Kind: jsonx.String, Text: pad(word, low)}, nil
	}
	if text == "" || utf8.RuneCountInString(text) > high {
		text = ""
		for i := min(high, max(low, 1+g.pick(8))); i > 0; i-- {
			text += string(rune('a' + g.pick(26)))
		}
	}
	return &jsonx.Value{Kind: jsonx.String, Text: pad(text, low)}, nil
}

// pad lengthens s with letters.
func pad(s string, low int) string {
	if n := low - utf8.RuneCountInString(s); n > 0 {
		return s + strings.Repeat("a", n)
	}
	return s
}

// word makes a word that a pattern matches, if it is simple enough.
func (g *generator) word(p *Pattern) (string, bool) {
	text, err := translate(p.Source)
	if err != nil || p.Unsupported != "" {
		return "", false
	}
	tree, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return "", false
	}
	var b strings.Builder
	g.spell(&b, tree)
	return b.String(), utf8.ValidString(b.String())
}

func (g *generator) spell(b *strings.Builder, re *syntax.Regexp) {
	if b.Len() > 4096 {
		return
	}
	switch re.Op {
	case syntax.OpLiteral:
		b.WriteString(string(re.Rune))
	case syntax.OpCharClass:
		b.WriteRune(g.letter(re.Rune))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		b.WriteByte('a')
	case syntax.OpCapture, syntax.OpConcat:
		for _, sub := range re.Sub {
			g.spell(b, sub)
		}
	case syntax.OpPlus, syntax.OpStar:
		times := g.stretch
		if re.Op == syntax.OpPlus {
			times++
		}
		for range times {
			g.spell(b, re.Sub[0])
		}
	case syntax.OpRepeat:
		times := re.Min + g.stretch
		if re.Max >= 0 {
			times = min(times, re.Max)
		}
		for range times {
			g.spell(b, re.Sub[0])
		}
	case syntax.OpAlternate:
		g.spell(b, re.Sub[g.pick(len(re.Sub))])
	}
}

// letter picks from a class, a letter or digit if there is one.
func (g *generator) letter(ranges []rune) rune {
	for _, nice := range [][2]rune{{'a', 'z'}, {'A', 'Z'}, {'0', '9'}} {
		for i := 0; i+1 < len(ranges); i += 2 {
			low, high := max(ranges[i], nice[0]), min(ranges[i+1], nice[1])
			if low <= high {
				return low + rune(g.pick(int(high-low)+1))
			}
		}
	}
	if len(ranges) == 0 {
		return utf8.RuneError
	}
	return ranges[0]
}
