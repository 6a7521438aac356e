package upcast

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/instar-registry/instar/upcast/plan"
)

// enter opens a loop whose position or key expressions can name.
func (b *builder) enter(isMap bool, bound *plan.Binder) *loop {
	l := &loop{bind: bound, isMap: isMap, used: bound != nil}
	if bound == nil {
		t := exprIndex
		if isMap {
			t = exprString
		}
		l.bind = b.bind(t)
	}
	b.scope.loops = append(b.scope.loops, l)
	return l
}

// leave closes a loop and gives the binder if an expression uses it.
func (b *builder) leave(l *loop) *plan.Binder {
	b.scope.loops = b.scope.loops[:len(b.scope.loops)-1]
	if l.used {
		return l.bind
	}
	return nil
}

// recordOf keeps a record as it is now; its fields may be changed later.
func recordOf(m *plan.Make) plan.Node {
	out := *m
	out.Fields = slices.Clone(m.Fields)
	return &out
}

// added is the value of an add; it sees the record that it goes to.
func (b *builder) added(n plan.Node, owner *plan.Make, op *Add) plan.Node {
	before := b.scope
	b.scope.this, b.scope.owner = nil, recordOf(owner)
	defer func() { b.scope = before }()
	return b.source(n, op.Source, op.Path)
}

// compute converts by an expression. What its result does not fit is a failure of
// the step.
func (b *builder) compute(x plan.Node, op *Convert) plan.Node {
	want, _ := b.types.Of(x)
	if op.toType != nil {
		want = op.toType
	} else if op.To != "" {
		if want = valueType(op.To); want == nil {
			return b.wrong(fmt.Sprintf("%q is no type of values", op.To), knownTypes)
		}
	} else if inner, ok := want.Nullable(); ok {
		want = inner
	}
	if op.To == "" && want.Kind == plan.Enum {
		want = nil // the symbols are those of the target
	}
	return b.forget(x, b.expr(op.Expr, op.Path, op.Else, want))
}

// valueType is a type that a document names.
func valueType(name string) *plan.Type {
	if t := namedType(name); t != nil {
		return t
	}
	switch name {
	case "bool", "boolean":
		return plan.BoolType
	case "string":
		return exprString
	case "uuid":
		return &plan.Type{Kind: plan.String, Logical: "uuid"}
	case "bytes":
		return exprBytes
	case "date", "time-millis":
		return &plan.Type{Kind: plan.Int, Bits: 32, Logical: name}
	case "timestamp-millis", "timestamp-micros", "timestamp-nanos", "time-micros":
		return &plan.Type{Kind: plan.Int, Bits: 64, Logical: name}
	}
	if m := fixedForm.FindStringSubmatch(name); m != nil {
		size, _ := strconv.Atoi(m[1])
		return &plan.Type{Kind: plan.Bytes, Size: size}
	}
	if m := decimalForm.FindStringSubmatch(name); m != nil {
		t := &plan.Type{Kind: plan.Decimal, Logical: "decimal"}
		t.Precision, _ = strconv.Atoi(m[1])
		t.Scale, _ = strconv.Atoi(m[2])
		return t
	}
	if m := enumForm.FindStringSubmatch(name); m != nil {
		t := &plan.Type{Kind: plan.Enum}
		for _, s := range strings.Split(m[1], ",") {
			t.Symbols = append(t.Symbols, strings.TrimSpace(s))
		}
		return t
	}
	return nil
}

// mergeBy makes a value of several, by an expression over the record that it goes
// to.
func (b *builder) mergeBy(n plan.Node, op *Merge) plan.Node {
	for _, p := range op.Paths {
		b.get(n, p, 0)
	}
	above, _, ok := b.parent(op.To)
	if !ok || b.err != nil {
		return n
	}
	before := b.scope
	defer func() { b.scope = before }()
	var value plan.Node
	b.reach(n, above, 0, func(m *plan.Make) plan.Node {
		b.scope.this, b.scope.owner = nil, recordOf(m)
		value = b.expr(op.Expr, op.To, Else{}, nil)
		return m
	})
	if b.err != nil || value == nil {
		return n
	}
	for _, p := range op.Paths {
		dropped := b.get(n, p, 0)
		n, value = b.drop(n, p, true), b.forget(dropped, value)
	}
	return b.put(n, op.To, func(*plan.Make) plan.Node { return value }, "overwrite")
}

// choose computes the symbols that a document chooses by expressions, and adds
// them to the known ones.
func (b *builder) choose(op *MapEnum, symbols *[]string) map[string]plan.Node {
	out := map[string]plan.Node{}
	b.chosen[op] = nil
	for _, c := range op.Choose {
		n := b.expr(c.Expr, op.Path, Else{}, nil)
		texts, known := textsOf(n)
		if t, _ := b.types.Of(n); t.Kind == plan.Enum {
			n, texts, known = b.normal(n, true), t.Symbols, true
		}
		if !known && b.err == nil {
			b.badExpr(c.Expr, *exprError(c.Expr.Text, "the symbols that it may give are not known", "give symbols in quotes, as in owner.n > 0 ? 'A' : 'B'"))
		}
		for _, s := range texts {
			b.chosen[op] = append(b.chosen[op], Pair{From: c.Symbol, To: s})
			if !slices.Contains(*symbols, s) {
				*symbols = append(*symbols, s)
			}
		}
		out[c.Symbol] = n
	}
	return out
}

// chooseSymbols puts the chosen symbols before the map.
func (b *builder) chooseSymbols(x, otherwise plan.Node, t *plan.Type, op *MapEnum, chosen map[string]plan.Node) plan.Node {
	for _, c := range slices.Backward(op.Choose) {
		from, _ := b.types.Of(x)
		if !slices.Contains(from.Symbols, c.Symbol) && !b.fused {
			return b.wrong(fmt.Sprintf("%s has no symbol %s", op.Path, c.Symbol), near(c.Symbol, from.Symbols))
		}
		symbol := b.spread(chosen[c.Symbol], func(y plan.Node) plan.Node {
			if l, ok := y.(*plan.Lit); ok {
				s, _ := l.Value.(string)
				return &plan.Lit{Value: plan.Symbol(s), Type: t}
			}
			return &plan.Call{Func: plan.SymbolOfText, Args: []plan.Node{y}, Type: t, Safe: true}
		})
		is := &plan.Call{Func: plan.Equals, Args: []plan.Node{x, &plan.Lit{Value: plan.Symbol(c.Symbol), Type: from}}, Type: plan.BoolType}
		otherwise = &plan.If{Cond: is, Then: symbol, Else: otherwise}
	}
	return otherwise
}

// filter keeps the elements for which its question is true. The question must
// have an answer for each.
func (b *builder) filter(x plan.Node, op *Filter) plan.Node {
	return b.spread(x, func(x plan.Node) plan.Node {
		t, _ := b.types.Of(x)
		if t.Kind != plan.List && t.Kind != plan.Map {
			return b.wrong(fmt.Sprintf("%s is no list or map but %s", op.Path, t), "")
		}
		if t.Elem.Kind == plan.Never {
			return x // it is empty
		}
		bind := b.bindPart(x, t.Elem)
		before := b.scope.this
		b.scope.this = whole(bind)
		l := b.enter(t.Kind == plan.Map, nil)
		where := b.condition(op.Where, op.Path)
		at := b.leave(l)
		b.scope.this = before
		if t.Kind == plan.Map {
			return &plan.EachEntry{Over: x, Key: at, Bind: bind, Where: where, Body: whole(bind)}
		}
		return &plan.Each{Over: x, Index: at, Bind: bind, Where: where, Body: whole(bind)}
	})
}

// condition is an expression that must be a boolean.
func (b *builder) condition(e Expr, path Path) plan.Node {
	n := b.expr(e, path, Else{}, nil)
	if t, _ := b.types.Of(n); t.Kind != plan.Bool && t.Kind != plan.Never && b.err == nil {
		return b.badExpr(e, *exprError(e.Text, fmt.Sprintf("it gives %s, and must be true or false", t), "compare the value"))
	}
	return n
}

// dropEvent ends the events for which its question is true.
func (b *builder) dropEvent(n plan.Node, op *DropEvent) plan.Node {
	b.scope.this, b.scope.owner = nil, nil
	cond := b.condition(op.When, nil)
	return &plan.If{Cond: cond, Then: &plan.Stop{Code: plan.FailDrop, Hop: b.hop, Step: b.step}, Else: n}
}

// split takes a text apart. Each part goes to its place, or takes its way out if
// the text has other parts.
func (b *builder) split(n plan.Node, op *Split) plan.Node {
	if common := commonLoops(op); common > 0 {
		inner := *op
		inner.Path, inner.Into = op.Path[common:], slices.Clone(op.Into)
		for i := range inner.Into {
			inner.Into[i].To = op.Into[i].To[common:]
		}
		return b.update(n, op.Path[:common], 0, func(x plan.Node) plan.Node { return b.split(x, &inner) })
	}
	x := b.get(n, op.Path, 0)
	if t, _ := b.types.Of(x); b.err == nil && normalType(t).Kind != plan.String {
		return b.wrong(fmt.Sprintf("%s is no text but %s", op.Path, t), "")
	}
	if b.types.MayBeAbsent(x) {
		x = b.there(op.Path, func(x plan.Node) plan.Node { return x })(x)
		n = &plan.Check{X: x, Body: n} // no way out of the parts takes it
	}
	call, groups := b.parts(b.normal(x, false), op)
	if b.err != nil {
		return n
	}
	before := b.scope
	defer func() { b.scope = before }()
	values := make([]plan.Node, len(op.Into))
	b.update(n, op.Path, 0, func(x plan.Node) plan.Node {
		for i, part := range op.Into {
			values[i] = b.part(call, groups[i], op, part)
		}
		return x
	})
	n = b.drop(n, op.Path, true)
	for i, part := range op.Into {
		value := values[i]
		n = b.put(n, part.To, func(*plan.Make) plan.Node { return value }, "overwrite")
	}
	return n
}

// commonLoops is how many segments the paths of a split share, up to the last
// list, map, branch or question mark.
func commonLoops(op *Split) int {
	common := 0
	for i, s := range op.Path {
		for _, part := range op.Into {
			if i >= len(part.To) || part.To[i] != s {
				return common
			}
		}
		if !s.named() {
			common = i + 1
		}
	}
	return common
}

// parts is the call that gives the parts, and where each part stands in it.
func (b *builder) parts(x plan.Node, op *Split) (*plan.Call, []int) {
	at := make([]int, len(op.Into))
	call := &plan.Call{Args: []plan.Node{x}, Type: exprTexts}
	if op.Separator != "" {
		for i := range at {
			at[i] = i
		}
		call.Func = plan.SplitExactly
		call.Table = map[string]string{"separator": op.Separator, "parts": strconv.Itoa(len(op.Into))}
		return call, at
	}
	re, err := regexp.Compile(op.Pattern)
	if err != nil || len(op.Pattern) > maxPattern {
		b.wrong(fmt.Sprintf("the pattern is not RE2 of at most %d bytes: %v", maxPattern, err), "")
		return call, at
	}
	for i, part := range op.Into {
		if at[i] = re.SubexpIndex(part.Group); at[i] < 0 {
			b.wrong(fmt.Sprintf("the pattern has no group %s", part.Group), near(part.Group, re.SubexpNames()[1:]))
		}
	}
	call.Func, call.Pattern = plan.Groups, re
	return call, at
}

// part is one part of a text.
func (b *builder) part(call *plan.Call, at int, op *Split, part SplitPart) plan.Node {
	way := op.Else
	if w, ok := op.ElseOf[part.name()]; ok {
		way = w
	}
	index := &plan.Call{Func: plan.ListIndex, Args: []plan.Node{call, &plan.Lit{Value: int64(at), Type: exprInt}}, Type: exprString}
	why := fmt.Sprintf("the text may not have %d parts between %q", len(op.Into), op.Separator)
	if op.Pattern != "" {
		why = fmt.Sprintf("the text may not match %s", op.Pattern)
	}
	if b.fused && way.Kind == NoElse {
		index.Safe = true
		return index
	}
	return b.partial(b.scope.event, index, way, op.Path, why)
}

// computed reports whether a value is the result of a computation, not a value of
// the event or of a document.
func computed(n plan.Node) bool {
	switch n := n.(type) {
	case *plan.Call:
		return n.Func != plan.Widen || computed(n.Args[0])
	case *plan.Lit, *plan.Quantify, *plan.Logic:
		return true
	default:
		return false
	}
}

// assignComputed fits a computed value into the type of the target, if it is
// proved to fit or an event is looked for that does not.
func (b *builder) assignComputed(c *plan.Call, t *plan.Type, path string) plan.Node {
	if v, ok := c.Constant(); ok {
		return &plan.Lit{Value: v, Type: t}
	}
	p, known := newProver(&translator{}), noFacts()
	p.fixed = b.spans
	reason := ""
	if c.Func.Partial {
		reason = p.condition(c, known)
	}
	if c.Safe = reason == "" || b.fused; c.Safe {
		return c
	}
	return &plan.OrElse{X: c, Else: b.breaks("O5", path, fmt.Sprintf("%s is computed, and %s", path, reason), "use convert with to and else, or clamp the value")}
}
