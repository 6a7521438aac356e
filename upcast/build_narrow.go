package upcast

import (
	"fmt"
	"math/big"
	"regexp"
	"strconv"

	"github.com/instar-registry/instar/upcast/plan"
)

// narrow fits values into tighter bounds: numbers are clamped, texts, bytes and
// lists cut off, or what does not fit takes the way out.
func (b *builder) narrow(x plan.Node, op *Narrow) plan.Node {
	return b.spread(x, func(x plan.Node) plan.Node {
		t, _ := b.types.Of(x)
		if t.Kind == plan.Never {
			return x
		}
		if inner, nullable := t.Nullable(); nullable {
			if b.fused {
				return b.whereThere(x, func(y plan.Node) plan.Node { return b.narrow(y, op) })
			}
			return b.wrong(fmt.Sprintf("%s may be null", op.Path), fmt.Sprintf("write %s? to narrow the %s where it is there", op.Path, inner))
		}
		call, total := b.narrowCall(x, t, op)
		switch {
		case call == nil:
			return halted
		case total:
			call.Safe = true
			return call
		default:
			return b.partial(b.scope.event, call, op.Else, op.Path, "a value may not fit the bounds")
		}
	})
}

// narrowCall makes the call and says whether it has a result for every value.
func (b *builder) narrowCall(x plan.Node, t *plan.Type, op *Narrow) (call *plan.Call, total bool) {
	call = &plan.Call{Func: plan.Narrow, Args: []plan.Node{x}, Type: t, Table: map[string]string{
		plan.NarrowMin: op.Min, plan.NarrowMax: op.Max, plan.NarrowMultiple: op.MultipleOf,
		plan.NarrowMinLength: op.MinLength, plan.NarrowMaxLength: op.MaxLength, plan.NarrowMode: op.Mode,
	}}
	numbers, lengths := op.Min+op.Max+op.MultipleOf != "", op.MinLength+op.MaxLength != ""
	refuse := func(what, hint string) (*plan.Call, bool) {
		b.wrong(what, hint)
		return nil, false
	}
	for _, bound := range []string{op.MinLength, op.MaxLength} {
		if n, err := strconv.Atoi(bound); bound != "" && (err != nil || n < 0) {
			return refuse(fmt.Sprintf("a length of %s is none", bound), "write a whole number from 0")
		}
	}
	switch {
	case isNumber(t) && t.Logical == "" || t.Kind == plan.Decimal:
		if lengths || op.Pattern != "" {
			return refuse(fmt.Sprintf("%s is a number, which has neither length nor pattern", op.Path), "use min, max or multipleOf")
		}
		if op.Mode == "truncate" {
			return refuse("a number is not truncated", "use mode clamp, or else")
		}
		return call, op.Mode == "clamp" && b.clamps(call, t)
	case t.Kind == plan.String || t.Kind == plan.Bytes && t.Size == 0 || t.Kind == plan.List:
		if numbers || op.Pattern != "" && t.Kind != plan.String {
			return refuse(fmt.Sprintf("%s is %s, which such bounds do not fit", op.Path, t), "use minLength or maxLength")
		}
		if op.Mode == "clamp" {
			return refuse(fmt.Sprintf("%s is not clamped", t), "use mode truncate, or else")
		}
		if op.Pattern != "" {
			re, err := regexp.Compile(op.Pattern)
			if err != nil || len(op.Pattern) > maxPattern {
				return refuse(fmt.Sprintf("the pattern is not RE2 of at most %d bytes: %v", maxPattern, err), "")
			}
			call.Pattern = re
		}
		if op.Mode == "truncate" && (op.MinLength != "" || op.Pattern != "") {
			return refuse("what is truncated gets neither longer nor another form", "use mode else for minLength and pattern")
		}
		return call, op.Mode == "truncate"
	default:
		return refuse(fmt.Sprintf("%s is %s, which has no bounds", op.Path, t), "")
	}
}

// wholeBound reports whether a bound is a whole number, if it is given.
func wholeBound(s string) bool {
	x, ok := new(big.Rat).SetString(s)
	return s == "" || ok && x.IsInt()
}

// clamps reports whether every number of a type has a clamped one: both ends and
// the bounds themselves do.
func (b *builder) clamps(call *plan.Call, t *plan.Type) bool {
	switch {
	case t.Kind == plan.Float && t.Bits > 0:
		return false // NaN has no nearest number
	case t.Kind == plan.Float && t.JSON:
		return true // every decimal number is one
	case t.Kind == plan.Int && (t.JSON || t.Bits == 0):
		return wholeBound(call.Table[plan.NarrowMin]) && wholeBound(call.Table[plan.NarrowMax]) && wholeBound(call.Table[plan.NarrowMultiple])
	case t.Kind != plan.Int || t.Bits == 0:
		return false
	}
	s := typeSpan(t)
	for _, end := range []string{s.lo.Text('f', 0), s.hi.Text('f', 0), "0"} {
		lit := &plan.Lit{Type: t}
		lit.Value, _ = plan.Exact(end, t)
		try := *call
		try.Args = []plan.Node{lit}
		if _, ok := try.Constant(); !ok {
			return false
		}
	}
	return true
}

// declaredDefault is the default that the schema declares of a place, for the way
// down: what is absent above means that, and something else below.
func (b *builder) declaredDefault(n plan.Node, op *Default) *plan.Lit {
	if op.Was.Kind != NoSource || len(op.Path) == 0 {
		return nil
	}
	t, _ := b.types.Of(n)
	owner := typeAt(t, op.Path[:len(op.Path)-1])
	last := op.Path[len(op.Path)-1]
	if owner == nil || owner.Kind != plan.Record || last.Kind != FieldSegment {
		return nil
	}
	for i := range owner.Fields {
		if f := &owner.Fields[i]; f.Name == last.Name && f.HasDefault {
			return &plan.Lit{Value: f.Default, Type: f.Type}
		}
	}
	return nil
}

// defaulted gives what is absent the default that the old schema meant by it, or
// that a schema declares.
func (b *builder) defaulted(event, x plan.Node, op *Default, declared *plan.Lit) plan.Node {
	if op.Was.Kind == NoSource && (declared == nil || !b.types.MayBeAbsent(x)) {
		return x
	}
	if !b.types.MayBeAbsent(x) {
		if b.fused {
			return x
		}
		return b.wrong(fmt.Sprintf("%s is never absent", op.Path), "remove the step: the old default is written in every event")
	}
	t, _ := b.types.Of(x)
	bind := b.bind(t)
	if declared != nil {
		return &plan.Opt{On: x, Bind: bind, Body: whole(bind), Missing: declared}
	}
	return &plan.Opt{On: x, Bind: bind, Body: whole(bind), Missing: typed(b.source(event, op.Was, op.Path), t)}
}
