package upcast

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/instar-registry/instar/upcast/plan"
)

// intoJSON gives a value of Avro or Protobuf its place in JSON, where it has
// one: each number as a number, each text as a text, each record as an object.
func (b *builder) intoJSON(n plan.Node, s, t *plan.Type, path string) plan.Node {
	if b.types.MayBeAbsent(n) {
		bind := b.bind(s)
		return &plan.Opt{On: n, Bind: bind, Body: b.intoJSON(whole(bind), s, t, path), Missing: &plan.Nothing{Type: t}}
	}
	switch s.Kind {
	case plan.Float:
		if plan.Meet(s, t) {
			return b.floatIntoJSON(n, t, path)
		}
	case plan.Map:
		if s.Key != nil && s.Key.Kind == plan.Bytes {
			return b.breaks("O5", path, path+" has keys that need not be UTF-8, and JSON takes no others", "use toList, or have the source schema verify them")
		}
	case plan.Record:
		return b.recordIntoJSON(n, s, t, path)
	}
	return b.assignMade(n, t, path)
}

// recordIntoJSON takes a record apart: an object is made of members of JSON.
func (b *builder) recordIntoJSON(n plan.Node, s, t *plan.Type, path string) plan.Node {
	if !plan.Meet(s, t) {
		return b.breaks("O5", path, fmt.Sprintf("%s is a record, and %s in the target", path, t), "use flatten, or move its fields")
	}
	c, ok := n.(*plan.Copy)
	if !ok {
		bind := b.bind(s)
		return &plan.Let{X: n, Bind: bind, Body: b.recordIntoJSON(whole(bind), s, t, path)}
	}
	return b.fromFields(c, s, t, path, func(m *plan.Make) plan.Node { return b.assignObject(m, t, path) })
}

// unionIntoJSON tells the branches of a union by their values, as JSON does. Two
// branches whose values look alike there are lost, unless a tag tells them.
func (b *builder) unionIntoJSON(n plan.Node, s, t *plan.Type, path string) plan.Node {
	if isOneof(s) {
		return b.breaks("O6", path, path+" is a oneof, which JSON has no values of", "use mapBranch, or move each of its members to a field of its own")
	}
	names := make(map[string]string, len(s.Branches))
	for i, x := range s.Branches {
		tag := tagOf(t, x.Name)
		names[x.Name] = tag
		if tag != "" && x.Type.Field(t.Tag) >= 0 {
			return b.breaks("O6", path, fmt.Sprintf("%s of %s has a field %s of its own, where the target tells the branch", x.Name, path, t.Tag), "rename that field")
		}
		for _, y := range s.Branches[:i] {
			if plan.Meet(x.Type, y.Type) && (tag == "" || tag == names[y.Name] || names[y.Name] == "") {
				return b.breaks("O6", path, fmt.Sprintf("JSON does not tell %s of %s from %s", x.Name, path, y.Name), "use mapBranch, or a discriminator in the target")
			}
		}
	}
	return b.assign(b.eachBranch(n, func(branch string, x plan.Node) plan.Node {
		if tag := names[branch]; tag != "" {
			branch = tag
		}
		return &plan.Tag{Branch: branch, X: x}
	}), t, path)
}

// tagOf is the tag by which a union of JSON objects tells a branch of Avro, which
// may say the namespace of its name or not; empty if it does not tell it.
func tagOf(t *plan.Type, branch string) string {
	for _, name := range []string{branch, branch[strings.LastIndexByte(branch, '.')+1:]} {
		for i := range t.Branches {
			if slices.Contains(t.Branches[i].Values, name) {
				return name
			}
		}
	}
	return ""
}

// floatIntoJSON gives a number of binary floating point as one of JSON, which has
// no infinities, and nothing for what is no number.
func (b *builder) floatIntoJSON(n plan.Node, t *plan.Type, path string) plan.Node {
	number := &plan.Type{Kind: plan.Float, JSON: true}
	call := &plan.Call{Func: plan.NumberOfFloat, Args: []plan.Node{n}, Type: number}
	p := newProver(&translator{})
	p.fixed = b.spans
	call.Safe = b.fused || p.condition(call, noFacts()) == ""
	out := b.asType(call, t)
	if call.Safe {
		return out
	}
	return &plan.OrElse{X: out, Else: b.breaks("O5", path, path+" may be infinite or no number, which JSON has no values of", "use convert with expr, to and else, or narrow")}
}

// uintIntoJSON gives a number without sign as a number of JSON.
func (b *builder) uintIntoJSON(n plan.Node, s, t *plan.Type, path string) plan.Node {
	long := &plan.Type{Kind: plan.Int, Bits: 64}
	if s.Bits == 32 {
		wide := &plan.Call{Func: plan.Widen, Args: []plan.Node{n}, Type: long}
		b.spans[wide] = span{integer(0), integer(math.MaxUint32), false}
		return b.assignMade(wide, t, path)
	}
	number := &plan.Call{Func: plan.IntOfUint, Args: []plan.Node{n}, Type: long, Safe: b.fused}
	out := b.assignMade(number, t, path)
	if b.fused {
		return out
	}
	return &plan.OrElse{X: out, Else: b.breaks("O5", path, path+" may be larger than 64 bits with a sign hold", "use convert with to and else, or clamp")}
}

// openIntoJSON gives the symbols of an enum that may hold numbers without one.
func (b *builder) openIntoJSON(n plan.Node, s, t *plan.Type, path string) plan.Node {
	table := make(map[string]string, len(s.Symbols))
	for _, sym := range s.Symbols {
		table[sym] = sym
	}
	named := &plan.Type{Kind: plan.Enum, Symbols: s.Symbols, JSON: true}
	call := b.asType(&plan.Call{Func: plan.MapSymbol, Args: []plan.Node{n}, Type: named, Table: table}, t)
	if b.fused {
		return call
	}
	return &plan.OrElse{X: call, Else: b.breaks("O5", path, path+" may hold numbers without a symbol, and JSON takes texts", "use mapEnum with else")}
}

// unknownGone says that an object is made without what is unknown in a message:
// as in Protobuf's own JSON, it has no name.
func (b *builder) unknownGone(m *plan.Make, path string) {
	if m.Rest != nil && !m.Rest.Of.Type.JSON {
		b.note("what is unknown in the message of %s has no name in JSON, and is left out", path)
		m.Rest = nil
	}
}

// unwritable reports whether JSON has no text for a constant.
func unwritable(v plan.Value) bool {
	switch v := v.(type) {
	case nil, bool, int64, uint64, string, plan.Symbol, plan.Missing:
		return false
	case float64:
		return v-v != 0
	case plan.Number:
		return false
	case *plan.Tagged:
		return unwritable(v.Value)
	case []plan.Value:
		return slices.ContainsFunc(v, unwritable)
	case *plan.Entries:
		return slices.ContainsFunc(*v, func(e plan.Entry) bool { return unwritable(e.Value) })
	case *plan.Rec:
		return slices.ContainsFunc(v.Fields, unwritable) || slices.ContainsFunc(v.Rest, func(e plan.Entry) bool { return unwritable(e.Value) })
	default:
		return true
	}
}

// outOfJSON gives a value of JSON a type of Avro or Protobuf; nil if nothing is
// to be done that is not done between those.
func (b *builder) outOfJSON(n plan.Node, s, t *plan.Type, path string) plan.Node {
	if _, ok := n.(*plan.Cast); ok && s != undeclaredMap && !b.fused {
		// What JSON reads as another type is held to its schema at the end only.
		return b.breaks("O5", path, path+" is read as another type, which is not proved outside JSON", "use transcode in a version of its own")
	}
	switch {
	case s.Kind == plan.Union || t.Kind == plan.Union:
		return nil
	case (s.Kind == plan.Int || s.Kind == plan.Float) && (t.Kind == plan.Int || t.Kind == plan.Uint):
		return b.integerOf(n, s, t, path)
	case s.Kind == plan.Enum && t.Kind == plan.String && t.Logical == "":
		return &plan.Call{Func: plan.TextOfSymbol, Args: []plan.Node{n}, Type: t}
	case s.Kind == plan.Any:
		return b.breaks("O5", path, fmt.Sprintf("%s is any JSON, and %s in the target", path, t), "say in the source schema what it is, or drop it")
	case s.Kind == plan.Float && t.Kind == plan.Float:
		return b.breaks("O5", path, fmt.Sprintf("%s is a decimal number of any size, and %s in the target", path, t), "use convert with expr: double(this), to: double and else")
	}
	return nil
}

// integerOf gives a number as an integer of a width, with a sign or without,
// which the schema of the source has to bound.
func (b *builder) integerOf(n plan.Node, s, t *plan.Type, path string) plan.Node {
	p := newProver(&translator{b: b})
	p.fixed = b.spans
	width, held := typeSpan(&plan.Type{Kind: plan.Int, Bits: t.Bits}), fmt.Sprintf("%d bits", t.Bits)
	if t.Kind == plan.Uint {
		width, held = span{integer(0), maxInt, false}, "63 bits without sign"
		if t.Bits == 32 {
			width, held = span{integer(0), integer(math.MaxUint32), false}, "32 bits without sign"
		}
	}
	safe := b.fused || s.Kind == plan.Int && p.numbers(n).within(width)
	steps := []*plan.Call{{Func: plan.IntOfNumber, Type: &plan.Type{Kind: plan.Int, Bits: 64}}}
	switch {
	case t.Kind == plan.Uint:
		steps = append(steps, &plan.Call{Func: plan.UintOfInt, Type: t})
	case t.Bits == 32:
		steps = append(steps, &plan.Call{Func: plan.IntTo32, Type: t})
	default:
		steps[0].Type = t
	}
	out := n
	for _, c := range steps {
		c.Args, c.Safe = []plan.Node{out}, safe
		out = c
		if v, ok := c.Constant(); ok {
			out = &plan.Lit{Value: v, Type: c.Type}
		}
	}
	if _, known := out.(*plan.Lit); known && t.Kind == plan.Int || safe {
		return out
	}
	return &plan.OrElse{X: out, Else: b.breaks("O5", path, path+" may be no integer of "+held, "bound it by minimum and maximum in the source, or use convert with to and else, or narrow")}
}

// onlyBranch is the only branch of a union that a value of JSON may go to by its
// kind; nil if there are several or none.
func onlyBranch(s, t *plan.Type) *plan.Branch {
	var found *plan.Branch
	for i := range t.Branches {
		if plan.Meet(s, t.Branches[i].Type) {
			if found != nil {
				return nil
			}
			found = &t.Branches[i]
		}
	}
	return found
}

// closed stops the objects that hold members which their schema does not
// declare, where a record is made of them: it has no place for those.
func (b *builder) closed(m *plan.Make, out plan.Node, path string) plan.Node {
	if m.Rest == nil || !m.Rest.Of.Type.JSON || b.fused || b.derived {
		return out
	}
	others := &plan.Make{Base: m.Base, Rest: m.Rest}
	stop := b.breaks("O6", path, "undeclared properties of "+path+" have no place", "add rest: {path: "+path+", mode: drop} before")
	return &plan.Check{X: &plan.EachEntry{Over: &plan.Cast{X: others, Type: undeclaredMap}, Bind: b.bind(plan.AnyJSON), Body: stop}, Body: out}
}
