package upcast

import (
	"fmt"
	"regexp"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/overloads"
	"cel.dev/cel-go/common/types"

	"github.com/instar-registry/instar/upcast/plan"
)

type special = func(*translator, ast.Expr, []ast.Expr) plan.Node

func specialFunctions() map[string]special {
	out := map[string]special{
		overloads.IndexList: (*translator).index, overloads.IndexMap: (*translator).index,
		overloads.OptIndexList: (*translator).tryIndex, overloads.OptIndexMap: (*translator).tryIndex,
		overloads.InMap: (*translator).inMap, "select_optional_field": (*translator).trySelect,
		overloads.AddList: (*translator).joinLists, overloads.MatchesString: patterned(plan.TextMatches, plan.BoolType),
		"matches": patterned(plan.TextMatches, plan.BoolType), "regex_extract_string_string": patterned(plan.Extract, optionalOf(exprString)),
		"list_reverse": listFunction(plan.ListReverse), "list_distinct": listFunction(plan.ListDistinct), "list_slice": listFunction(plan.ListSlice),
		"list_flatten": (*translator).flatten, "list_first": (*translator).end, "list_last": (*translator).end,
		overloads.AddDurationTimestamp: func(t *translator, e ast.Expr, args []ast.Expr) plan.Node {
			return t.make(e, plan.TimeAdd, plan.InstantType, t.plain(args[1]), t.plain(args[0]))
		},
		"optional_of": func(t *translator, _ ast.Expr, args []ast.Expr) plan.Node {
			return some(t.b.normal(t.node(args[0]), true))
		},
		"sha256_string": func(t *translator, e ast.Expr, args []ast.Expr) plan.Node {
			return t.make(e, plan.SHA256, exprBytes, t.make(e, plan.TextBytes, exprBytes, t.plain(args[0])))
		},
		overloads.OptionalNone:  func(*translator, ast.Expr, []ast.Expr) plan.Node { return nothing() },
		overloads.OptionalValue: (*translator).value, overloads.OptionalOrValueValue: (*translator).orValue, overloads.OptionalOrOptional: (*translator).or,
		"optional_hasValue": (*translator).hasValue, "is_null": (*translator).isNull, "optional_is_null": (*translator).isNull, "div_decimal": (*translator).divide,
	}
	for _, kind := range []string{"int64", "uint64", "double", "string", "bytes", "bool", "timestamp", "duration"} {
		out[kind+"_to_"+kind] = func(t *translator, _ ast.Expr, args []ast.Expr) plan.Node { return t.b.normal(t.node(args[0]), true) }
	}
	for _, kind := range []string{"int", "uint", "double", "bool", "string", "bytes", "google.protobuf.Timestamp", "google.protobuf.Duration"} {
		out["list_"+kind+"_sort"] = listFunction(plan.ListSort)
	}
	for id, name := range calendarOverloads {
		out[id] = calendar(name)
	}
	return out
}

// calendarOverloads are the accessors of timestamps, in UTC and at an offset.
var calendarOverloads = map[string]string{
	overloads.TimestampToYear: "getFullYear", overloads.TimestampToYearWithTz: "getFullYear",
	overloads.TimestampToMonth: "getMonth", overloads.TimestampToMonthWithTz: "getMonth",
	overloads.TimestampToDayOfYear: "getDayOfYear", overloads.TimestampToDayOfYearWithTz: "getDayOfYear",
	overloads.TimestampToDayOfMonthZeroBased: "getDayOfMonth", overloads.TimestampToDayOfMonthZeroBasedWithTz: "getDayOfMonth",
	overloads.TimestampToDayOfMonthOneBased: "getDate", overloads.TimestampToDayOfMonthOneBasedWithTz: "getDate",
	overloads.TimestampToDayOfWeek: "getDayOfWeek", overloads.TimestampToDayOfWeekWithTz: "getDayOfWeek",
	overloads.TimestampToHours: "getHours", overloads.TimestampToHoursWithTz: "getHours",
	overloads.TimestampToMinutes: "getMinutes", overloads.TimestampToMinutesWithTz: "getMinutes",
	overloads.TimestampToSeconds: "getSeconds", overloads.TimestampToSecondsWithTz: "getSeconds",
	overloads.TimestampToMilliseconds: "getMilliseconds", overloads.TimestampToMillisecondsWithTz: "getMilliseconds",
}

func calendar(name string) special {
	return func(t *translator, e ast.Expr, args []ast.Expr) plan.Node {
		zone := ""
		if len(args) == 2 {
			text, ok := literalText(args[1])
			if _, fixed := plan.ZoneOffset(text); !ok || !fixed {
				return t.refuse(e, "the zone is no fixed offset", "write UTC or an offset such as '+02:00': tables of zones differ between machines")
			}
			zone = text
		}
		return t.noted(e, &plan.Call{Func: plan.Calendar[name], Args: []plan.Node{t.plain(args[0])}, Type: exprInt, Table: map[string]string{"zone": zone}})
	}
}

func literalText(e ast.Expr) (string, bool) {
	if e.Kind() != ast.LiteralKind {
		return "", false
	}
	s, ok := e.AsLiteral().(types.String)
	return string(s), ok
}

// maxPattern bounds patterns; RE2 runs in time linear in the text.
const maxPattern = 1000

func patterned(f *plan.Func, result *plan.Type) special {
	return func(t *translator, e ast.Expr, args []ast.Expr) plan.Node {
		text, ok := literalText(args[1])
		if !ok || len(text) > maxPattern {
			return t.refuse(e, "the pattern is no literal of at most 1000 bytes", "write the pattern as a text in quotes")
		}
		re, err := regexp.Compile(text)
		if err != nil {
			return t.refuse(e, fmt.Sprintf("the pattern is not RE2: %v", err), "")
		}
		if f == plan.Extract && re.NumSubexp() > 1 {
			return t.refuse(e, "the pattern has more than one group", "write (?:...) for the groups that are not extracted")
		}
		return t.noted(e, &plan.Call{Func: f, Args: []plan.Node{t.plain(args[0])}, Type: result, Pattern: re})
	}
}

// listFunction is a function that gives a list of the same type.
func listFunction(f *plan.Func) special {
	return func(t *translator, e ast.Expr, args []ast.Expr) plan.Node {
		if (f == plan.ListDistinct) && !comparable(t.typeOf(args[0])) {
			return t.refuse(e, "values of this type are not compared", "")
		}
		nodes := make([]plan.Node, len(args))
		for i, a := range args {
			nodes[i] = t.plain(a)
		}
		typ, _ := plan.TypeOf(nodes[0])
		return t.make(e, f, typ, nodes...)
	}
}

func (t *translator) flatten(e ast.Expr, args []ast.Expr) plan.Node {
	n := t.plain(args[0])
	return t.make(e, plan.ListFlatten, elem(n), n)
}

func (t *translator) joinLists(e ast.Expr, args []ast.Expr) plan.Node {
	a, b := t.node(args[0]), t.node(args[1])
	x, _ := t.b.types.Of(a)
	y, _ := t.b.types.Of(b)
	if !plan.Same(x, y) {
		a, b = t.b.normal(a, true), t.b.normal(b, true)
		x, _ = plan.Join(normalType(x), normalType(y))
	}
	return t.make(e, plan.ListAdd, x, a, b)
}

func (t *translator) index(e ast.Expr, args []ast.Expr) plan.Node {
	n := t.node(args[0])
	f := plan.ListIndex
	if isMap(t.typeOf(args[0])) {
		f = plan.MapIndex
	}
	return t.make(e, f, elem(n), n, t.plain(args[1]))
}

// tryIndex gives an optional element; one that is optional itself stays so.
func (t *translator) tryIndex(e ast.Expr, args []ast.Expr) plan.Node {
	n := t.b.normal(t.node(args[0]), true)
	f := plan.ListAt
	if isMap(t.typeOf(args[0])) {
		f = plan.MapAt
	}
	return t.make(e, f, optionalOf(elem(n)), n, t.plain(args[1]))
}

func (t *translator) trySelect(e ast.Expr, args []ast.Expr) plan.Node {
	field, _ := literalText(args[1])
	typ := t.typeOf(args[0])
	if isMap(typ) {
		return t.tryIndex(e, args)
	}
	n := t.node(args[0])
	take := func(x plan.Node, of *types.Type) plan.Node {
		x = t.member(e, x, of, field, false)
		if got, _ := t.b.types.Of(x); got.Kind == plan.Union || t.b.types.MayBeAbsent(x) {
			return x
		}
		return some(t.b.normal(x, true))
	}
	if isOptional(typ) {
		return t.b.onOptional(n, func(x plan.Node) plan.Node { return take(x, typ.Parameters()[0]) }, nothing)
	}
	return take(n, typ)
}

func (t *translator) inMap(e ast.Expr, args []ast.Expr) plan.Node {
	return t.make(e, plan.MapHas, plan.BoolType, t.node(args[1]), t.plain(args[0]))
}

func (t *translator) end(e ast.Expr, args []ast.Expr) plan.Node {
	n := t.b.normal(t.node(args[0]), true)
	var at plan.Node = &plan.Lit{Value: int64(0), Type: exprInt}
	if t.c.ast.GetOverloadIDs(e.ID())[0] == "list_last" {
		size := t.make(e, plan.ListSize, exprInt, n)
		at = t.make(e, plan.IntSub, exprInt, size, &plan.Lit{Value: int64(1), Type: exprInt})
	}
	return t.make(e, plan.ListAt, optionalOf(elem(n)), n, at)
}

// content is the value of an optional where a condition has shown it to be there.
func (t *translator) content(e ast.Expr) (plan.Node, bool) {
	if !chain(e) {
		return nil, false
	}
	n, ok := t.there[chainKey(e)]
	return n, ok
}

func (t *translator) value(e ast.Expr, args []ast.Expr) plan.Node {
	if n, ok := t.content(args[0]); ok {
		return n
	}
	return t.b.onOptional(t.node(args[0]), func(x plan.Node) plan.Node { return x }, func() plan.Node {
		c := &plan.Call{Func: plan.Impossible, Type: plan.NeverType, Table: map[string]string{"reason": t.c.print(args[0]) + " has no value"}}
		t.own[c] = e
		return c
	})
}

func (t *translator) orValue(e ast.Expr, args []ast.Expr) plan.Node {
	if n, ok := t.content(args[0]); ok {
		return n
	}
	n := t.b.onOptional(t.node(args[0]), func(x plan.Node) plan.Node { return x }, func() plan.Node { return t.node(args[1]) })
	return t.oneType(e, n)
}

// oneType gives the ways through a choice their normal types if they differ.
func (t *translator) oneType(e ast.Expr, n plan.Node) plan.Node {
	typ, ok := t.b.types.Of(n)
	if ok && !(isOptional(t.typeOf(e)) && len(typ.Branches) > 2 && t.typeOf(e).Parameters()[0].Kind() != types.OpaqueKind) {
		return n
	}
	return t.b.spread(n, func(x plan.Node) plan.Node { return t.b.normal(x, true) })
}

func (t *translator) or(e ast.Expr, args []ast.Expr) plan.Node {
	n := t.b.onOptional(t.node(args[0]), some, func() plan.Node { return t.node(args[1]) })
	return t.oneType(e, n)
}

func (t *translator) hasValue(e ast.Expr, args []ast.Expr) plan.Node {
	if _, ok := t.content(args[0]); ok {
		return truth(true)
	}
	// A value that cannot be computed is neither there nor missing.
	return t.b.onOptional(t.node(args[0]), func(x plan.Node) plan.Node { return t.b.forget(x, truth(true)) }, func() plan.Node { return truth(false) })
}

// isNull asks whether a value is present and null.
func (t *translator) isNull(e ast.Expr, args []ast.Expr) plan.Node {
	var ask func(n plan.Node) plan.Node
	ask = func(n plan.Node) plan.Node {
		return t.b.spread(n, func(x plan.Node) plan.Node {
			typ, _ := t.b.types.Of(x)
			switch _, gone := x.(*plan.Nothing); {
			case gone:
				return truth(false)
			case t.b.types.MayBeAbsent(x):
				bind := t.b.bindPart(x, typ)
				return &plan.Opt{On: x, Bind: bind, Body: ask(whole(bind)), Missing: truth(false)}
			case typ.Kind != plan.Union:
				return truth(typ.Kind == plan.Null)
			}
			return t.b.eachBranch(x, func(branch string, content plan.Node) plan.Node { return t.b.forget(content, truth(branch == "null")) })
		})
	}
	return ask(t.node(args[0]))
}

func (t *translator) divide(e ast.Expr, args []ast.Expr) plan.Node {
	mode, ok := literalText(args[3])
	if !ok || !isRound(mode) {
		return t.refuse(e, "the way to round is no literal", "write half-even, half-up, floor, ceil or trunc")
	}
	return t.noted(e, &plan.Call{
		Func: plan.DecDiv, Args: []plan.Node{t.plain(args[0]), t.plain(args[1]), t.plain(args[2])}, Type: exprDecimal, Table: map[string]string{"round": mode},
	})
}

func isRound(mode string) bool {
	for _, r := range rounds[1:] {
		if r == mode {
			return true
		}
	}
	return false
}
