package upcast

import (
	"encoding/hex"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
	celref "cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"

	"github.com/instar-registry/instar/upcast/plan"
)

// celEvent is the record whose fields the expressions of these tests name.
func celEvent() *plan.Type {
	list := func(t *plan.Type) *plan.Type { return &plan.Type{Kind: plan.List, Elem: t} }
	return &plan.Type{Kind: plan.Record, Name: "E", Fields: []plan.Field{
		{Name: "i", Type: exprInt},
		{Name: "j", Type: intType},
		{Name: "u", Type: exprUint},
		{Name: "v", Type: exprUint},
		{Name: "d", Type: exprDouble},
		{Name: "e", Type: exprDouble},
		{Name: "s", Type: exprString},
		{Name: "r", Type: exprString},
		{Name: "x", Type: exprBytes},
		{Name: "b", Type: boolType},
		{Name: "c", Type: boolType},
		{Name: "li", Type: list(exprInt)},
		{Name: "ls", Type: list(exprString)},
		{Name: "ll", Type: list(list(exprInt))},
		{Name: "m", Type: &plan.Type{Kind: plan.Map, Elem: exprInt}},
		{Name: "o", Type: optional(exprInt)},
		{Name: "p", Type: optional(exprString)},
		{Name: "t", Type: &plan.Type{Kind: plan.Int, Bits: 64, Logical: "timestamp-micros"}},
		{Name: "k", Type: &plan.Type{Kind: plan.Enum, Name: "K", Symbols: []string{"A", "B"}}},
	}}
}

// celWorld computes expressions in both ways.
type celWorld struct {
	t      testing.TB
	event  *plan.Binder
	names  []name
	oracle *cel.Env
}

func newCelWorld(t testing.TB) *celWorld {
	w := &celWorld{t: t, event: &plan.Binder{Type: celEvent()}}
	provider := newCelTypes()
	options := ownBindings()
	for i, f := range w.event.Type.Fields {
		n := &plan.Copy{From: w.event, Fields: []int{i}, Type: f.Type}
		w.names = append(w.names, name{f.Name, n})
		options = append(options, cel.Variable(f.Name, provider.of(f.Type)))
	}
	base, err := baseEnv()
	if err != nil {
		t.Fatal(err)
	}
	if w.oracle, err = base.Extend(options...); err != nil {
		t.Fatal(err)
	}
	return w
}

// ownBindings carry out in CEL what only we declare, without our functions.
func ownBindings() []cel.EnvOption {
	text, opt := cel.StringType, cel.OptionalType
	optional := func(v celref.Val, err error) celref.Val {
		if err != nil {
			return types.OptionalNone
		}
		return types.OptionalOf(v)
	}
	str := func(v celref.Val) string { return string(v.(types.String)) }
	bound := func(name, id string, args []*cel.Type, result *cel.Type, f func(...celref.Val) celref.Val) cel.EnvOption {
		switch len(args) {
		case 1:
			return cel.Function(name, cel.Overload(id, args, result, cel.UnaryBinding(func(v celref.Val) celref.Val { return f(v) })))
		default:
			return cel.Function(name, cel.Overload(id, args, result, cel.BinaryBinding(func(a, b celref.Val) celref.Val { return f(a, b) })))
		}
	}
	out := []cel.EnvOption{
		bound("parseInt", "parse_int", []*cel.Type{text}, opt(cel.IntType), func(v ...celref.Val) celref.Val {
			n, err := strconv.ParseInt(str(v[0]), 10, 64)
			return optional(types.Int(n), err)
		}),
		bound("parseDouble", "parse_double", []*cel.Type{text}, opt(cel.DoubleType), func(v ...celref.Val) celref.Val {
			n, err := strconv.ParseFloat(str(v[0]), 64)
			return optional(types.Double(n), err)
		}),
		bound("parseTimestamp", "parse_timestamp", []*cel.Type{text}, opt(cel.TimestampType), func(v ...celref.Val) celref.Val {
			n, err := time.Parse(time.RFC3339, str(v[0]))
			return optional(types.Timestamp{Time: n}, err)
		}),
		bound("hex.encode", "hex_encode", []*cel.Type{cel.BytesType}, text, func(v ...celref.Val) celref.Val {
			return types.String(fmt.Sprintf("%x", []byte(v[0].(types.Bytes))))
		}),
		bound("hex.decode", "hex_decode", []*cel.Type{text}, cel.BytesType, func(v ...celref.Val) celref.Val {
			b, err := hex.DecodeString(str(v[0]))
			if err != nil {
				return types.WrapErr(err)
			}
			return types.Bytes(b)
		}),
	}
	less := func(a, b celref.Val) bool { return a.(traits.Comparer).Compare(b) == types.IntNegOne }
	for id, t := range map[string]*cel.Type{"int": cel.IntType, "uint": cel.UintType, "double": cel.DoubleType} {
		out = append(out,
			bound("math.min", "min_"+id, []*cel.Type{t, t}, t, func(v ...celref.Val) celref.Val {
				if less(v[1], v[0]) {
					return v[1]
				}
				return v[0]
			}),
			bound("math.max", "max_"+id, []*cel.Type{t, t}, t, func(v ...celref.Val) celref.Val {
				if less(v[0], v[1]) {
					return v[1]
				}
				return v[0]
			}))
	}
	return out
}

// toCEL gives a value of the event to CEL.
func toCEL(v plan.Value, t *plan.Type) any {
	switch v := v.(type) {
	case plan.Symbol:
		return string(v)
	case *plan.Tagged:
		if v.Branch == "null" {
			return types.OptionalNone
		}
		return types.OptionalOf(types.DefaultTypeAdapter.NativeToValue(v.Value))
	case []plan.Value:
		out := make([]any, len(v))
		for i := range v {
			out[i] = toCEL(v[i], t.Elem)
		}
		return out
	case *plan.Entries:
		out := map[string]any{}
		for _, e := range *v {
			out[e.Key] = toCEL(e.Value, t.Elem)
		}
		return out
	case int64:
		if timestamps[t.Logical] {
			return time.UnixMicro(v).UTC()
		}
	}
	return v
}

// fromCEL turns a result of CEL into one of ours.
func fromCEL(v celref.Val) plan.Value {
	switch v := v.(type) {
	case types.Int:
		return int64(v)
	case types.Uint:
		return uint64(v)
	case types.Double:
		return float64(v)
	case types.Bool:
		return bool(v)
	case types.String:
		return string(v)
	case types.Bytes:
		return []byte(v)
	case types.Timestamp:
		return plan.Instant{Seconds: v.Unix(), Nanos: int32(v.Nanosecond())}
	case types.Duration:
		return plan.Span(v.Duration)
	case *types.Optional:
		if !v.HasValue() {
			return &plan.Tagged{Branch: "null"}
		}
		return &plan.Tagged{Branch: "some", Value: fromCEL(v.GetValue())}
	case traits.Lister:
		out := []plan.Value{}
		for it := v.Iterator(); it.HasNext() == types.True; {
			out = append(out, fromCEL(it.Next()))
		}
		return out
	default:
		return fmt.Sprintf("%T %v", v, v)
	}
}

// untagged names the branch of an optional value alike on both sides.
func untagged(v plan.Value) plan.Value {
	switch v := v.(type) {
	case *plan.Tagged:
		if v.Branch == "null" {
			return &plan.Tagged{Branch: "null"}
		}
		return &plan.Tagged{Branch: "some", Value: untagged(v.Value)}
	case []plan.Value:
		out := make([]plan.Value, len(v))
		for i := range v {
			out[i] = untagged(v[i])
		}
		return out
	default:
		return v
	}
}

// compiled is an expression in both forms.
type compiled struct {
	text    string
	node    plan.Node
	checked *checked
	program cel.Program
	safe    bool
}

func (w *celWorld) compile(text string) (*compiled, error) {
	c, wrong, err := checkExpr(text, w.names, typeOrAny)
	if err != nil {
		return nil, err
	}
	if wrong != nil {
		return nil, wrong
	}
	b := newBuilder()
	b.ids = 1000
	tr := b.translator(c, w.names)
	n := b.normal(tr.translate(), true)
	if tr.wrong != nil {
		return nil, tr.wrong
	}
	for _, call := range b.implied {
		tr.own[call] = c.ast.Expr()
	}
	out := &compiled{text: text, node: n, checked: c, safe: len(newProver(tr).prove(n)) == 0}
	a, issues := w.oracle.Compile(text)
	if issues.Err() != nil {
		return nil, issues.Err()
	}
	out.program, err = w.oracle.Program(a)
	return out, err
}

// both computes an expression in both ways and compares. It reports whether it
// has a result.
func (w *celWorld) both(c *compiled, v *plan.Rec, differs func(ours, theirs plan.Value) bool) (result bool, err error) {
	vars := map[string]any{}
	for i, f := range w.event.Type.Fields {
		vars[f.Name] = toCEL(v.Fields[i], f.Type)
	}
	theirs, _, celErr := c.program.Eval(vars)
	ours, failure, err := plan.Evaluate(w.t.Context(), c.node, w.event, v, plan.DefaultLimits())
	if err != nil {
		return false, err
	}
	if failure != nil && failure.Code != plan.FailValue {
		return false, fmt.Errorf("%s ends with %v", c.text, failure)
	}
	if failure != nil && c.safe {
		return false, fmt.Errorf("%s is proved to have a result, and fails with %v for %v", c.text, failure, vars)
	}
	if (failure == nil) != (celErr == nil) {
		return false, fmt.Errorf("%s\nours: %v, %v\nCEL: %v, %v\nfor %v", c.text, ours, failure, theirs, celErr, vars)
	}
	if failure != nil {
		return false, nil
	}
	a, b := untagged(ours), fromCEL(theirs)
	if !plan.Equal(a, b) && !bothNaN(a, b) && (differs == nil || !differs(a, b)) {
		return false, fmt.Errorf("%s\nours: %#v\nCEL: %#v\nfor %v", c.text, a, b, vars)
	}
	return true, nil
}

func bothNaN(a, b plan.Value) bool {
	x, ok := a.(float64)
	y, ok2 := b.(float64)
	return ok && ok2 && math.IsNaN(x) && math.IsNaN(y)
}

// celSample makes an event of values at the edges of their types.
func celSample(r *rand.Rand) *plan.Rec {
	ints := []int64{0, 1, -1, 2, 7, -13, 100, math.MaxInt64, math.MinInt64, math.MaxInt32, 1 << 53}
	floats := []float64{0, 1, -1, 0.5, 2.5, -2.5, 1e300, -1e300, math.Inf(1), math.Inf(-1), math.NaN(), 9.3e18, 1e-7, math.Copysign(0, -1)}
	texts := []string{"", "a", "abc", "ABC", "héllo wörld", "12", "-7", "1.5", "true", "a-b-c", "日本語", " x ", "2024-02-29T12:30:15.25Z", "YWJj", "6162", "A", "90m"}
	symbols := []string{"A", "B"}
	pick := func() int64 { return ints[r.IntN(len(ints))] }
	word := func() string { return texts[r.IntN(len(texts))] }
	list := func(f func() plan.Value) []plan.Value {
		out := []plan.Value{}
		for range r.IntN(4) {
			out = append(out, f())
		}
		return out
	}
	anyInt := func() plan.Value { return pick() }
	maybeOf := func(branch string, v plan.Value) plan.Value {
		if r.IntN(2) == 0 {
			return &plan.Tagged{Branch: "null"}
		}
		return &plan.Tagged{Branch: branch, Value: v}
	}
	entries := plan.Entries{}
	for i := range r.IntN(3) {
		entries = append(entries, plan.Entry{Key: []string{"a", "abc", "k"}[i], Value: pick()})
	}
	return &plan.Rec{Type: celEvent(), Fields: []plan.Value{
		pick(), int64(int32(pick())), uint64(pick()), uint64(pick()), floats[r.IntN(len(floats))], floats[r.IntN(len(floats))],
		word(), word(), []byte(word()), r.IntN(2) == 0, r.IntN(2) == 0,
		list(anyInt), list(func() plan.Value { return word() }), list(func() plan.Value { return list(anyInt) }), &entries,
		maybeOf("long", pick()), maybeOf("string", word()), r.Int64N(4e15) - 2e15, plan.Symbol(symbols[r.IntN(2)]),
	}}
}

// celTable holds every function to CEL's own interpreter. Each expression is
// computed for many events, so that both results and failures are seen.
var celTable = []string{
	"i + i", "i - 1", "i * i", "i / j", "i % j", "-i", "u + v", "u - v", "u * v", "u / v", "u % v", "d + e", "d - e", "d * e", "d / e", "-d",
	"int(u)", "int(d)", "int(s)", "int(t)", "int(i)", "uint(i)", "uint(d)", "uint(s)", "uint(u)", "double(i)", "double(u)", "double(s)", "double(d)",
	"math.abs(i)", "math.sign(i)", "math.min(i, j)", "math.max(i, j)", "math.min(u, v)", "math.max(u, v)", "math.min(d, e)", "math.max(d, e)",
	"math.abs(d)", "math.sign(d)", "math.ceil(d)", "math.floor(d)", "math.round(d)", "math.trunc(d)", "parseInt(s)", "parseDouble(s)",
	"s + r", "x + x", "size(s)", "s.size()", "size(x)", "x.size()", "s.contains(r)", "s.startsWith(r)", "s.endsWith(r)",
	"s.indexOf(r)", "s.indexOf(r, j)", "s.lastIndexOf(r)", "s.lastIndexOf(r, j)", "s.indexOf('', j)", "s.lastIndexOf('', j)", "s.lastIndexOf('c', 2)",
	"s.lowerAscii()", "s.upperAscii()", "s.trim()", "s.reverse()", "s.replace('a', r)", "s.replace('', '-')", "s.replace('a', r, 1)", "s.replace('a', r, j)",
	"s.split('-')", "s.split('')", "s.split('-', 2)", "s.split('-', j)", "s.substring(1)", "s.substring(j)", "s.substring(1, 2)", "s.substring(j, 2)", "s.substring(0, j)",
	"ls.join()", "ls.join(', ')", "string(i)", "string(u)", "string(b)", "string(x)", "string(s)", "bytes(s)", "bytes(x)", "bool(s)", "bool(b)",
	"base64.encode(x)", "base64.decode(s)", "hex.encode(x)", "hex.decode(s)", "!b", "size(li)", "li.size()", "size(m)", "m.size()", "i in li", "s in ls",
	"t + duration('1h')", "duration('1h') + t", "t - duration('90m')", "t - timestamp('2020-01-01T00:00:00Z')", "duration('1h') + duration('1m')", "duration('1h') - duration('90m')",
	"timestamp(s)", "timestamp(i)", "timestamp(t)", "duration(s)", "duration(duration('1s'))", "string(t)", "string(t - timestamp('2020-01-01T00:00:00Z'))",
	"(t - timestamp('2020-01-01T00:00:00Z')).getHours()", "(t - timestamp('2020-01-01T00:00:00Z')).getMinutes()", "(t - timestamp('2020-01-01T00:00:00Z')).getSeconds()",
	"(t - timestamp('2020-01-01T00:00:00Z')).getMilliseconds()", "int(t - timestamp('2020-01-01T00:00:00Z'))", "parseTimestamp(s)",
	"i < j", "i <= j", "i > j", "i >= j", "u < v", "u <= v", "u > v", "u >= v", "d < e", "d <= e", "d > e", "d >= e", "s < r", "s <= r", "s > r", "s >= r",
	"b < c", "b <= c", "b > c", "b >= c", "x < bytes(s)", "x <= bytes(s)", "x > bytes(s)", "x >= bytes(s)",
	"t < timestamp('2020-01-01T00:00:00Z')", "t <= timestamp('2020-01-01T00:00:00Z')", "t > timestamp('2020-01-01T00:00:00Z')", "t >= timestamp('2020-01-01T00:00:00Z')",
	"duration('1s') < duration('2s')", "duration('1s') <= duration('2s')", "duration('1s') > duration('2s')", "duration('1s') >= duration('2s')",
	"i == j", "i != j", "d == e", "d != e", "s == r", "x == bytes(s)", "li == [1, 2]", "m == m", "b == c", "t == t", "k == 'A'", "k == s", "k + s", "k in ls", "u == v", "ll == [li]",
	"li[0]", "li[j]", "m['a']", "m[s]", "m.a", "has(m.a)", "li[?0]", "li[?j]", "m[?s]", "m.?a", "s in m", "li + li", "li + [j]", "ls + [k]",
	"s.matches('^a')", "matches(s, '[0-9]+')", "regex.extract(s, '([a-z]+)-')", "regex.extract(s, '[0-9]+')", "li.reverse()", "li.distinct()", "ls.distinct()", "li.slice(0, 1)", "li.slice(j, 2)",
	"ll.flatten()", "li.first()", "li.last()", "optional.of(i)", "optional.none().or(o)", "o.value()", "o.orValue(3)", "o.orValue(1 / j)", "o.or(optional.of(i))", "o.hasValue()", "o.optMap(y, y / j).hasValue()", "p.value() + 'x'",
	"o.optMap(y, y + 1)", "o.optFlatMap(y, li[?y])", "o.hasValue() ? o.value() + 1 : 0", "!o.hasValue() || o.value() > 1", "o.hasValue() && p.hasValue() ? p.value() : s",
	"li.sort()", "ls.sort()", "[u, v].sort()", "[d, e].map(y, y > 0.0).sort()", "[b, c].sort()", "[x].sort()", "[1.5, 0.5].sort()", "[t].sort()", "[duration('2s'), duration('1s')].sort()",
	"li.all(y, y > 0)", "li.all(y, 10 / y > 0)", "li.exists(y, y == 1)", "li.exists(y, 10 / y > 1)", "li.exists_one(y, y > 0)", "li.exists_one(y, 10 / y > 1)", "li.map(y, y + 1)", "li.map(y, y > 0, y * 2)", "li.filter(y, y != 0)",
	"m.all(y, m[y] > 0)", "m.exists(y, y == 'a')", "cel.bind(z, i + 1, z * z)", "cel.bind(z, 1 / j, b || z > 0)", "[1, 2].map(y, [3, j].map(z, z - y))", "[1, 2].exists(y, [3, i].exists(z, z == i + y))",
	"b ? i : j", "b ? k : s", "b ? o : optional.of(j)", "b && 1 / j > 0", "1 / j > 0 && b", "b || 1 / j > 0", "1 / j > 0 || b", "1 / j > 0 && 1 / i > 0", "j != 0 ? i / j : 0", "j != 0 && i / j > 1",
	"i > 0 ? (i < 100 ? i * i : 0) : -1", "b ? [i] : [j]", "b ? li : []", "size(li) > 1 ? li[1] : 0", "'a' in m ? m['a'] : 0", "has(m.a) ? m.a : 0", "d > -1e9 && d < 1e9 ? int(d) : 0",
	"t.getFullYear()", "t.getFullYear('+02:00')", "t.getMonth()", "t.getMonth('-11:30')", "t.getDayOfYear()", "t.getDayOfYear('UTC')", "t.getDayOfMonth()", "t.getDayOfMonth('+00:30')",
	"t.getDate()", "t.getDate('+14:00')", "t.getDayOfWeek()", "t.getDayOfWeek('-01:00')", "t.getHours()", "t.getHours('+05:45')", "t.getMinutes()", "t.getMinutes('+05:45')",
	"t.getSeconds()", "t.getSeconds('+01:00')", "t.getMilliseconds()", "t.getMilliseconds('+01:00')",
	"string(d)",
}

// differences are the results that are meant to differ from CEL's interpreter,
// with the reason.
var differences = map[string]func(ours, theirs plan.Value) bool{
	// Doubles are written as ECMAScript writes them, in every format.
	"string(d)": func(ours, theirs plan.Value) bool {
		x, err := strconv.ParseFloat(fmt.Sprint(ours), 64)
		y, err2 := strconv.ParseFloat(fmt.Sprint(theirs), 64)
		return err == nil && err2 == nil && (x == y || x != x && y != y)
	},
}

// notInTable are the overloads that have no counterpart in CEL's interpreter; the
// tests of functions cover them.
var notInTable = []string{
	"sha256_bytes", "sha256_string", "uuid5_string", "parse_uuid", "is_null", "optional_is_null", "div_decimal", "add_decimal", "sub_decimal", "mul_decimal", "scale_decimal",
	"less_decimal", "less_equals_decimal", "greater_decimal", "greater_equals_decimal",
}

func TestFunctionsAgainstCEL(t *testing.T) {
	w := newCelWorld(t)
	met := map[string]bool{}
	for _, text := range celTable {
		c, err := w.compile(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		ast.PostOrderVisit(c.checked.ast.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
			for _, id := range c.checked.ast.GetOverloadIDs(e.ID()) {
				met[id] = true
			}
		}))
		r := rand.New(rand.NewPCG(1, 2))
		results := 0
		for range 300 {
			ok, err := w.both(c, celSample(r), differences[text])
			if err != nil {
				t.Error(err)
				break
			}
			if ok {
				results++
			}
		}
		if results == 0 {
			t.Errorf("%s has no result for any event", text)
		}
	}
	check := func(id string) {
		if !met[id] && !slices.Contains(notInTable, id) {
			t.Errorf("no expression of the table calls %s", id)
		}
	}
	for id := range functions {
		check(id)
	}
	for id := range specials {
		check(id)
	}
}
