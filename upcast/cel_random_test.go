package upcast

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// exprMaker makes random expressions of a type.
type exprMaker struct{ r *rand.Rand }

func (m *exprMaker) pick(options ...string) string { return options[m.r.IntN(len(options))] }

// fill replaces %i, %u, %d, %s, %b, %I, %S and %o by expressions of those types.
func (m *exprMaker) fill(template string, depth int) string {
	var out strings.Builder
	for i := 0; i < len(template); i++ {
		if template[i] != '%' {
			out.WriteByte(template[i])
			continue
		}
		i++
		out.WriteString("(" + m.expr(template[i], depth-1) + ")")
	}
	return out.String()
}

var exprLeaves = map[byte][]string{
	'i': {"i", "j", "0", "1", "-1", "3", "size(s)", "9223372036854775807"},
	'u': {"u", "v", "1u", "0u"},
	'd': {"d", "e", "0.5", "-2.0"},
	's': {"s", "r", "k", "'a'", "''", "'-'"},
	'b': {"b", "c", "true", "k == 'A'"},
	'I': {"li", "[1, 2]", "[j]"},
	'S': {"ls", "['a', 'b']", "[s, k]"},
	'o': {"o", "optional.of(j)", "parseInt(s)"},
}

var exprForms = map[byte][]string{
	'i': {
		"%i + %i", "%i - %i", "%i * %i", "%i / %i", "%i % %i", "-%i", "int(%d)", "int(%u)", "int(%s)", "math.abs(%i)", "math.min(%i, %i)", "math.max(%i, %i)",
		"size(%s)", "size(%I)", "%s.indexOf(%s)", "%I[%i]", "%o.orValue(%i)", "%o.value()", "%b ? %i : %i", "o.hasValue() ? o.value() + %i : %i",
		"math.sign(%i)", "math.max(0, math.min(%i, 100)) * 3", "cel.bind(q, %i, q + q)", "size(%I.filter(y, y > %i))", "m['a'] + %i", "%i != 0 ? 100 / %i : 0", "j != 0 ? 100 % j : 0",
		"%I.map(y, y * 2)[?0].orValue(%i)",
	},
	'u': {"%u + %u", "%u * %u", "uint(%i)", "%b ? %u : %u", "math.max(%u, %u)"},
	'd': {"%d + %d", "%d * %d", "%d / %d", "-%d", "double(%i)", "math.floor(%d)", "math.round(%d)", "math.abs(%d)", "math.min(%d, %d)", "%b ? %d : %d", "double(%u)"},
	's': {
		"%s + %s", "%s.substring(%i)", "%s.substring(0, %i)", "%s.replace(%s, %s)", "%s.lowerAscii()", "%s.trim()", "string(%i)", "string(%b)", "%S.join('+')", "%b ? %s : %s",
		"p.orValue(%s)", "%s.reverse()", "%S[?0].orValue(%s)", "p.hasValue() ? p.value() + %s : %s", "regex.extract(%s, '[a-z]+').orValue(%s)", "t.getFullYear() > %i ? %s : %s",
	},
	'b': {
		"%i < %i", "%i == %i", "%d < %d", "%d >= %d", "%s == %s", "%s < %s", "%s.contains(%s)", "%s.startsWith(%s)", "!%b", "%b && %b", "%b || %b", "%b ? %b : %b", "%i in %I", "%s in %S",
		"%s.matches('^[a-c]+$')", "%I.all(y, y > %i)", "%I.exists(y, 10 / y > %i)", "%I.exists_one(y, y == %i)", "%o.hasValue()", "o.hasValue() && o.value() > %i", "!o.hasValue() || %i / o.value() > 1",
		"j != 0 && %i / j > 2", "1 / %i > 0 || %b", "%u < %u", "%I == %I", "has(m.a)", "'a' in m && m['a'] > %i",
	},
	'I': {"%I + %I", "%I.map(y, y + %i)", "%I.filter(y, y != %i)", "%I.map(y, y > %i, y - 1)", "%I.reverse()", "%I.sort()", "%I.distinct()", "%I.slice(0, %i)", "[%i, %i]", "%b ? %I : %I", "[%I, %I].flatten()"},
	'S': {"%S + %S", "%s.split(%s)", "%S.map(y, y + %s)", "[%s]", "%b ? %S : %S", "%I.map(y, string(y))"},
	'o': {"optional.of(%i)", "%o.or(%o)", "%o.optMap(y, y + %i)", "%I[?%i]", "%I.first()", "%I.last()", "%b ? %o : %o", "o.optFlatMap(y, %I[?y])", "m[?s]"},
}

func (m *exprMaker) expr(kind byte, depth int) string {
	if depth <= 0 || m.r.IntN(5) == 0 {
		return m.pick(exprLeaves[kind]...)
	}
	form := m.pick(exprForms[kind]...)
	if form == "%i % %i" {
		return m.fill("%i", depth) + " % " + m.fill("%i", depth)
	}
	if form == "j != 0 ? 100 % j : 0" {
		return form
	}
	return m.fill(form, depth)
}

// TestRandomExpressions holds random expressions to CEL's interpreter: the same
// results, the same failures, and no failure where none was proved possible. The
// variable INSTAR_UPCAST_EXPRESSIONS sets how many.
func TestRandomExpressions(t *testing.T) {
	count := envCount(t, "INSTAR_UPCAST_EXPRESSIONS", 1500)
	w := newCelWorld(t)
	r := rand.New(rand.NewPCG(7, 7))
	results, failures, refused, safe := 0, 0, 0, 0
	for n := range count {
		m := &exprMaker{r: r}
		text := m.expr("iudsbISo"[n%8], 1+n%4)
		c, err := w.compile(text)
		if err != nil {
			if !strings.Contains(err.Error(), "may take") && !strings.Contains(err.Error(), "nested") {
				t.Fatalf("%s: %v", text, err)
			}
			refused++
			continue
		}
		if c.safe {
			safe++
		}
		for range 20 {
			ok, err := w.both(c, celSample(r), nil)
			switch {
			case err != nil:
				t.Fatal(err)
			case ok:
				results++
			default:
				failures++
			}
		}
	}
	t.Logf("%d expressions: %d proved total, %d too costly; %d results, %d failures", count, safe, refused, results, failures)
	if failures == 0 || results < failures || safe*10 < count || refused*4 > count {
		t.Error("the expressions do not show enough of each kind")
	}
}
