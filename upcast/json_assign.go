package upcast

import (
	"fmt"
	"slices"

	"github.com/instar-registry/instar/upcast/plan"
)

// assignJSON gives what the steps gave the type of a place in a JSON event. The
// text of a value does not depend on its type, so most of it is read as the new
// type and stays what it is; whether it may stand there, [jsonCodec.beyond] asks
// the schemas themselves.
func (b *builder) assignJSON(n plan.Node, t *plan.Type, path string) plan.Node {
	switch n := n.(type) {
	case *plan.Lit:
		if n.Pending != nil {
			return b.literal(n, t, path)
		}
		if n.Type != nil && !n.Type.JSON && unwritable(n.Value) {
			return b.breaks("O5", path, fmt.Sprintf("%s is %s, which JSON has no values of", path, n.Type), "make a text or a number of it")
		}
		return &plan.Lit{Value: plan.CastJSON(n.Value, t), Type: t}
	case *plan.Nothing:
		return &plan.Nothing{Type: t}
	case *plan.OrElse:
		return &plan.OrElse{X: b.assign(n.X, t, path), Else: b.assign(n.Else, t, path)}
	case *plan.Switch, *plan.Opt, *plan.If, *plan.Let, *plan.Check, *plan.Stop:
		return b.spread(n, func(x plan.Node) plan.Node { return b.assign(x, t, path) })
	case *plan.Tag:
		return b.assignJSONTag(n, t, path)
	case *plan.Apply:
		if t.Kind == plan.Record && !plan.Same(n.Fn.Result, t) {
			return &plan.Apply{Fn: b.assignFunction(n.Fn, t, path), X: n.X}
		} else if t.Kind == plan.Union {
			return b.intoBranch(n, t, path)
		}
		return b.reread(n, b.typeOf(n), t, path)
	case *plan.Copy, *plan.Cast, *plan.Extra, *plan.Call:
		if s := b.typeOf(n); s.JSON {
			return b.reread(n, s, t, path)
		} else if c, ok := n.(*plan.Copy); ok {
			return b.intoJSON(c, s, t, path)
		}
	}
	return b.assignMade(n, t, path)
}

func (b *builder) typeOf(n plan.Node) *plan.Type {
	t, _ := b.types.Of(n)
	return t
}

// assignMade gives a type to what steps have made.
func (b *builder) assignMade(n plan.Node, t *plan.Type, path string) plan.Node {
	if m, ok := n.(*plan.Make); ok && t.Kind == plan.Record {
		return b.assignMembers(m, t, path) // its type matters only where there is a choice
	}
	s := b.typeOf(n)
	switch {
	case s.Kind == plan.Never:
		return n
	case s.Kind == plan.Bytes || s.Kind == plan.Decimal || s.Kind == plan.Time || s.Kind == plan.Duration:
		return b.breaks("O5", path, fmt.Sprintf("%s is %s, which JSON has no values of", path, s), "make a text or a number of it")
	case s.Kind == plan.Record && !s.JSON:
		return b.recordIntoJSON(n, s, t, path)
	case !plan.Meet(s, t):
		return b.whereIs(n, b.breaks("O5", path, fmt.Sprintf("%s is %s, and %s in the target", path, s, t), "use retype or convert"))
	case s.Kind == plan.Uint && !s.JSON:
		return b.uintIntoJSON(n, s, t, path)
	case s.Kind == plan.Enum && s.Open && !s.JSON:
		return b.openIntoJSON(n, s, t, path)
	case s.Kind == plan.Union && !s.JSON:
		return b.unionIntoJSON(n, s, t, path)
	case t.Kind == plan.Union:
		return b.intoBranch(n, t, path)
	}
	switch n := n.(type) {
	case *plan.Make:
		return b.assignObject(n, t, path)
	case *plan.Each:
		return b.asType(&plan.Each{Over: n.Over, Bind: n.Bind, Index: n.Index, Where: n.Where, Body: b.assign(n.Body, elemOf(t), path+"[]")}, t)
	case *plan.EachEntry:
		return b.asType(&plan.EachEntry{Over: n.Over, Key: n.Key, Bind: n.Bind, Where: n.Where, Body: b.assign(n.Body, elemOf(t), path+"{}")}, t)
	case *plan.ListOf:
		out := &plan.ListOf{Elem: elemOf(t)}
		for _, x := range n.Items {
			out.Items = append(out.Items, b.assign(x, elemOf(t), path+"[]"))
		}
		return b.asType(out, t)
	}
	return b.assignNumber(n, s, t, path)
}

// assignNumber gives a computed number, a list of them or any other result its
// JSON form.
func (b *builder) assignNumber(n plan.Node, s, t *plan.Type, path string) plan.Node {
	number := &plan.Type{Kind: s.Kind, JSON: true}
	switch {
	case s.Kind == plan.Int && s.Bits != 0:
		return b.asType(&plan.Call{Func: plan.NumberOfInt, Args: []plan.Node{n}, Type: number}, t)
	case s.Kind == plan.Float && s.Bits != 0:
		c := &plan.Call{Func: plan.NumberOfFloat, Args: []plan.Node{n}, Type: number}
		return b.spread(b.assignComputed(c, number, path), func(x plan.Node) plan.Node { return b.asType(x, t) })
	case s.Kind == plan.List && !s.JSON:
		return b.asType(b.eachElement(n, nil, func(x plan.Node) plan.Node { return b.assign(x, elemOf(t), path+"[]") }), t)
	case s.Kind == plan.Map && !s.JSON:
		return b.asType(b.eachValue(n, nil, func(x plan.Node) plan.Node { return b.assign(x, elemOf(t), path+"{}") }), t)
	default:
		return b.asType(n, t)
	}
}

// elemOf is what a list or a map of a type holds.
func elemOf(t *plan.Type) *plan.Type {
	if t.Elem != nil {
		return t.Elem
	}
	return plan.AnyJSON
}

// asType reads a value as a type.
func (b *builder) asType(n plan.Node, t *plan.Type) plan.Node {
	if s, ok := b.types.Of(n); ok && s.JSON && plan.Same(s, t) || s.Kind == plan.Never {
		return n
	}
	return &plan.Cast{X: n, Type: t}
}

// whereIs gives a stop where a value is there, and nothing where it is not.
func (b *builder) whereIs(n, stop plan.Node) plan.Node {
	if !b.types.MayBeAbsent(n) {
		return stop
	}
	return &plan.Opt{On: n, Bind: b.bind(b.typeOf(n)), Body: stop, Missing: &plan.Nothing{Type: plan.NeverType}}
}

// intoBranch puts a value into the only branch that may take it; where there are
// several, its text decides.
func (b *builder) intoBranch(n plan.Node, t *plan.Type, path string) plan.Node {
	s := b.typeOf(n)
	var fitting []plan.Branch
	for _, br := range t.Branches {
		if plan.Meet(s, br.Type) && (len(br.Values) == 0 || b.tagMay(n, t.Tag, br.Values)) {
			fitting = append(fitting, br)
		}
	}
	if len(fitting) == 1 && s.Kind != plan.Any && !b.types.MayBeAbsent(n) {
		return &plan.Tag{Branch: fitting[0].Name, X: b.assign(n, fitting[0].Type, path), Type: t}
	}
	return &plan.Cast{X: b.assign(n, plan.AnyJSON, path), Type: t}
}

// tagMay reports whether the tag of an object may be one of some texts.
func (b *builder) tagMay(n plan.Node, tag string, values []string) bool {
	m, ok := n.(*plan.Make)
	if !ok {
		return true
	}
	i := partOf(m, Segment{Name: tag})
	if i < 0 {
		return true
	}
	texts := b.tagTexts(m.Fields[i].Node)
	return texts == nil || slices.ContainsFunc(texts, func(s string) bool { return slices.Contains(values, s) })
}

// tagTexts lists the texts that a node may give; nil if that is not known.
func (b *builder) tagTexts(n plan.Node) []string {
	switch n := n.(type) {
	case *plan.Lit:
		v := n.Value
		if n.Pending != nil {
			v, _ = plan.ReadJSON(n.Pending, plan.AnyJSON)
		}
		switch v := v.(type) {
		case string:
			return []string{v}
		case plan.Symbol:
			return []string{string(v)}
		}
	default:
		if t := b.typeOf(n); t.Kind == plan.Enum {
			return t.Symbols
		}
	}
	return nil
}

// assignJSONTag assigns the content of a branch. Where the branch is another one
// than before, the tag of the object says so.
func (b *builder) assignJSONTag(n *plan.Tag, t *plan.Type, path string) plan.Node {
	i := -1
	if t.Kind == plan.Union {
		i = slices.IndexFunc(t.Branches, func(x plan.Branch) bool { return x.Name == n.Branch || slices.Contains(x.Values, n.Branch) })
	}
	if i < 0 {
		return b.assign(n.X, t, path)
	}
	br := t.Branches[i]
	x := n.X
	if len(br.Values) > 0 {
		x = b.retag(x, t.Tag, n.Branch, br.Values)
	}
	return b.spread(x, func(x plan.Node) plan.Node {
		if !plan.Meet(b.typeOf(x), br.Type) {
			return b.assign(x, t, path) // it was made a value of another kind
		}
		return &plan.Tag{Branch: br.Name, X: b.assign(x, br.Type, path), Type: t}
	})
}

// retag writes the tag of a branch where the object may have another one.
func (b *builder) retag(n plan.Node, tag, branch string, values []string) plan.Node {
	return b.spread(n, func(x plan.Node) plan.Node {
		m := b.record(x)
		if m == nil {
			return x
		}
		i := partOf(m, Segment{Name: tag})
		if i < 0 {
			m.Rest = leaveOut(m.Rest, tag)
			m.Fields = append(m.Fields, plan.Part{Name: tag, Seq: b.next()})
			i = len(m.Fields) - 1
		} else if texts := b.tagTexts(m.Fields[i].Node); texts != nil && !slices.ContainsFunc(texts, func(s string) bool { return !slices.Contains(values, s) }) {
			return x
		}
		m.Fields[i].Node = &plan.Lit{Value: branch, Type: &plan.Type{Kind: plan.String, JSON: true}}
		return m
	})
}
