package upcast

import (
	"fmt"
	"slices"
	"strings"

	"github.com/instar-registry/instar/upcast/plan"

	"github.com/instar-registry/instar/internal/nearest"
)

func (b *builder) mapEnum(x plan.Node, op *MapEnum) plan.Node {
	return b.spread(x, func(x plan.Node) plan.Node {
		t, _ := b.types.Of(x)
		if t.Kind != plan.Enum {
			return b.wrong(fmt.Sprintf("%s is no enum but %s", op.Path, t), "")
		}
		table, symbols := map[string]string{}, []string{}
		for _, p := range op.Map {
			if !slices.Contains(t.Symbols, p.From) {
				return b.wrong(fmt.Sprintf("%s has no symbol %s", op.Path, p.From), near(p.From, t.Symbols))
			}
			table[p.From] = p.To
			if !slices.Contains(symbols, p.To) {
				symbols = append(symbols, p.To)
			}
		}
		for _, c := range op.Choose {
			if _, twice := table[c.Symbol]; twice {
				return b.wrong(fmt.Sprintf("%s is both in map and in choose", c.Symbol), "keep one of them")
			}
		}
		chosen := b.choose(op, &symbols)
		for _, p := range op.Down {
			switch {
			case b.fused || b.err != nil:
			case !slices.Contains(symbols, p.From):
				return b.wrong(fmt.Sprintf("down maps %s, which no symbol becomes", p.From), near(p.From, symbols))
			case !slices.Contains(t.Symbols, p.To):
				return b.wrong(fmt.Sprintf("down leads to %s, which is no symbol of %s", p.To, op.Path), near(p.To, t.Symbols))
			}
		}
		call := &plan.Call{Func: plan.MapSymbol, Args: []plan.Node{x}, Table: table, Type: &plan.Type{Kind: plan.Enum, Name: t.Name, Symbols: symbols}}
		var left []string
		for _, s := range t.Symbols {
			if _, ok := table[s]; !ok && chosen[s] == nil {
				left = append(left, s)
			}
		}
		out := plan.Node(call)
		if t.Open {
			left = append(left, "of other numbers")
		}
		if len(left) > 0 {
			out = b.partial(x, call, op.Else, op.Path, "symbol "+strings.Join(left, ", ")+" is not mapped")
		}
		return b.chooseSymbols(x, out, call.Type, op, chosen)
	})
}

func near(want string, known []string) string {
	if n := nearest.Name(want, known); n != "" {
		return fmt.Sprintf("did you mean %s?", n)
	}
	return "known are " + strings.Join(known, ", ")
}

// branchNames are the names of the branches of a union.
func branchNames(t *plan.Type) []string {
	out := make([]string, len(t.Branches))
	for i := range t.Branches {
		out[i] = t.Branches[i].Name
	}
	return out
}

func (b *builder) mapBranch(x plan.Node, op *MapBranch) plan.Node {
	t, _ := b.types.Of(x)
	if t.Kind != plan.Union {
		return b.wrong(fmt.Sprintf("%s is no union but %s", op.Path, t), "")
	}
	byName := map[string]BranchMap{}
	for _, m := range op.Map {
		i := t.Branch(m.From)
		if i < 0 {
			return b.wrong(fmt.Sprintf("%s has no branch %s", op.Path, m.From), near(m.From, branchNames(t)))
		}
		if other, twice := byName[t.Branches[i].Name]; twice {
			return b.wrong(fmt.Sprintf("%s and %s are one branch of %s", other.From, m.From, op.Path), "keep one of them")
		}
		byName[t.Branches[i].Name] = m
	}
	return b.eachBranch(x, func(branch string, content plan.Node) plan.Node {
		m, ok := byName[branch]
		switch {
		case ok:
			out := &plan.Tag{Branch: m.To, X: b.run(content, m.Steps)}
			if b.branches[op] == nil {
				b.branches[op] = map[string][]Step{}
			}
			b.branches[op][m.From] = b.inner
			return out
		case op.Else.Kind != NoElse:
			out, _ := b.otherwise(x, op.Else, op.Path)
			return b.forget(content, out)
		default:
			return &plan.Tag{Branch: branch, X: content}
		}
	})
}

// require replaces null and absent by the way out.
func (b *builder) require(event, x plan.Node, op *Require) plan.Node {
	null, single := b.mayBeNull(x)
	b.acts(null || op.relaxed, op.Path.String()+" is never null or absent", "remove the step")
	// An earlier hop may have made it one branch of a union that is never null: it
	// is taken out as any other.
	if !null && b.typeOf(x).Kind != plan.Union {
		return x
	}
	out, _ := b.otherwise(event, op.Else, op.Path)
	if inner := b.notNull(x); single && inner != nil {
		out = typed(out, inner)
	}
	return b.required(x, out, single)
}

// notNull is the type of a value where it is not null, if it has one.
func (b *builder) notNull(n plan.Node) *plan.Type {
	t, _ := b.types.Of(n)
	if t.Kind != plan.Union {
		return t
	}
	for _, br := range t.Branches {
		if br.Name != "null" {
			return br.Type
		}
	}
	return nil
}

func (b *builder) required(n, out plan.Node, single bool) plan.Node {
	return b.spread(n, func(x plan.Node) plan.Node {
		t, _ := b.types.Of(x)
		switch {
		case isNothing(x):
			// Where it is absent on every way, its type is known here alone.
			if inner := b.notNull(x); single && inner != nil {
				return typed(out, inner)
			}
			return out
		case b.types.MayBeAbsent(x):
			bind := b.bindPart(x, t)
			return &plan.Opt{On: x, Bind: bind, Body: b.required(whole(bind), out, single), Missing: out}
		case t.Kind != plan.Union:
			return x
		}
		return b.eachBranch(x, func(branch string, content plan.Node) plan.Node {
			switch {
			case branch == "null":
				return out
			case single:
				return content
			default:
				return &plan.Tag{Branch: branch, X: content}
			}
		})
	})
}

func (b *builder) convert(x plan.Node, op *Convert) plan.Node {
	if op.Expr.Text != "" {
		return b.compute(x, op)
	}
	return b.there(op.Path, func(x plan.Node) plan.Node {
		t, _ := b.types.Of(x)
		if t.Kind != plan.Int && t.Kind != plan.Float && t.Kind != plan.Uint && t.Kind != plan.Decimal {
			return b.wrong(fmt.Sprintf("%s is no number but %s", op.Path, t), "")
		}
		if op.To != "" {
			to := namedType(op.To)
			if to == nil {
				return b.wrong(fmt.Sprintf("%q is no type of numbers", op.To), "known are int32, int64, uint32, uint64, float, double")
			}
			t = to
		} else if t.Kind == plan.Int {
			t = &plan.Type{Kind: plan.Int, Bits: t.Bits}
		}
		call := &plan.Call{Func: plan.Linear, Args: []plan.Node{x}, Type: t, Table: map[string]string{"factor": op.Factor, "offset": op.Offset, "round": op.Round}}
		if linearFits(call, b.typeOf(x)) || b.boundsFit(x, call) || b.fused && op.Else.Kind == NoElse {
			call.Safe = true
			return call
		}
		why, fix := noLinear(op, t)
		return b.partialOr(x, call, op.Else, op.Path, why, fix)
	})(x)
}

// noLinear says why a linear conversion may have no result, and what to do.
func noLinear(op *Convert, t *plan.Type) (why, fix string) {
	wholeResult := wholeBound(op.Factor) && wholeBound(op.Offset)
	switch {
	case t.Kind == plan.Float && t.Bits > 0:
		return "the result may be a whole number that " + t.String() + " does not hold exactly", "add else, or compute it by expr and downExpr, which round"
	case !wholeResult && op.Round == "":
		return "the result may have a fraction, or not fit " + t.String(), "add round, and else for what does not fit"
	case op.To == "":
		return "the result may not fit " + t.String(), "add else, or name a wider type of the target by to"
	default:
		return "the result may not fit " + t.String(), "add else"
	}
}

func namedType(name string) *plan.Type {
	switch name {
	case "int32", "int":
		return &plan.Type{Kind: plan.Int, Bits: 32}
	case "int64", "long":
		return &plan.Type{Kind: plan.Int, Bits: 64}
	case "uint32":
		return &plan.Type{Kind: plan.Uint, Bits: 32}
	case "uint64":
		return &plan.Type{Kind: plan.Uint, Bits: 64}
	case "float":
		return &plan.Type{Kind: plan.Float, Bits: 32}
	case "double":
		return &plan.Type{Kind: plan.Float, Bits: 64}
	default:
		return nil
	}
}

func (b *builder) merge(n plan.Node, op *Merge) plan.Node {
	if op.Expr.Text != "" {
		return b.mergeBy(n, op)
	}
	call := &plan.Call{Func: plan.Concat, Type: &plan.Type{Kind: plan.String}, Table: map[string]string{"separator": op.Separator}}
	for _, p := range op.Paths {
		x := b.get(n, p, 0)
		if t, _ := b.types.Of(x); t.Kind != plan.String && b.err == nil {
			return b.wrong(fmt.Sprintf("%s is no text but %s", p, t), "")
		}
		call.Args = append(call.Args, b.there(p, func(x plan.Node) plan.Node { return x })(x))
	}
	for _, p := range op.Paths {
		n = b.drop(n, p, true)
	}
	return b.put(n, op.To, func(*plan.Make) plan.Node { return call }, "overwrite")
}
