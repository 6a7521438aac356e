package contain

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/instar-registry/instar/schema/jsonschema"
)

// evaluated is what the keywords of a schema have looked at: the names of
// properties, or the items of an array.
type evaluated struct {
	names lit  // a class of names
	items int  // the first items, by number
	all   bool // all properties, all items
	where lit  // further items: those that "contains" accepts
}

var nothing = evaluated{names: bottom, where: bottom}

func (t *translator) union(a, b evaluated) evaluated {
	return evaluated{t.or(a.names, b.names), max(a.items, b.items), a.all || b.all, t.or(a.where, b.where)}
}

// alternative is a case: where the condition holds, at least this is evaluated.
type alternative struct {
	condition lit
	done      evaluated
}

// maxAlternatives bounds the case split; beyond it the keyword is opaque.
const maxAlternatives = 256

// unevaluated translates "unevaluatedProperties" and "unevaluatedItems". More
// that is evaluated makes them weaker, so it is enough to list the cases by
// what certainly holds in them: in some case all that holds is listed.
func (b *parts) unevaluated() {
	n := b.n
	if n.UnevaluatedProperties != nil {
		child := b.child(n.UnevaluatedProperties)
		b.add("unevaluatedProperties", b.cases("unevaluatedProperties", kObject, child, func(done evaluated) lit {
			return b.every(b.not(done.names), child)
		}))
	}
	if n.UnevaluatedItems != nil {
		child := b.child(n.UnevaluatedItems)
		b.add("unevaluatedItems", b.cases("unevaluatedItems", kArray, child, func(done evaluated) lit {
			return b.not(b.many(done.items, 1, b.not(b.or(child, done.where))))
		}))
	}
}

func (b *parts) cases(keyword string, k kind, child lit, rest func(evaluated) lit) lit {
	list, ok := b.alternatives(b.at, k, false)
	if !ok {
		return b.implies(k, b.opaque(keyword, b.closure(b.at, k)+"/"+itoa(int(child)), k.mask()))
	}
	var lits []lit
	for _, a := range list {
		b.step()
		if a.done.all {
			lits = append(lits, a.condition)
		} else {
			lits = append(lits, b.and(a.condition, rest(a.done)))
		}
	}
	return b.or(lits...)
}

// own is what the keywords of a schema evaluate by themselves.
func (t *translator) own(at spot, k kind, nested bool) evaluated {
	n, v := at.node, t.vocabularies(at.node)
	done := nothing
	if !v.applicator {
		return done
	}
	if k == kObject {
		done.names = t.declared(n)
		done.all = n.AdditionalProperties != nil || nested && v.unevaluated && n.UnevaluatedProperties != nil
		return done
	}
	done.items = len(n.PrefixItems)
	done.all = n.Items != nil || n.AdditionalItems != nil && n.PrefixItems != nil && n.Draft < jsonschema.Draft2020 ||
		nested && v.unevaluated && n.UnevaluatedItems != nil
	if n.Contains != nil && n.Draft >= jsonschema.Draft2020 {
		done.where = t.schema(t.spot(at.scope, n.Contains))
	}
	return done
}

// alternatives lists the cases of a schema. Parsing refuses schemas that apply
// to themselves in place, so the recursion ends.
func (t *translator) alternatives(at spot, k kind, nested bool) ([]alternative, bool) {
	n := at.node
	if n.Bool != nil {
		return []alternative{{top, nothing}}, true
	}
	s := &splitter{translator: t, at: at, kind: k, list: []alternative{{top, nothing}}, ok: true}
	s.always(n.RefTo)
	if n.IsRef() {
		return s.list, s.ok
	}
	if n.DynamicRef != "" {
		s.always(t.dynamic(at))
	}
	if n.RecursiveRef != "" {
		s.always(t.recursive(at))
	}
	s.product([]alternative{{top, t.own(at, k, nested)}})
	if t.vocabularies(n).applicator {
		s.branches()
	}
	return s.list, s.ok
}

// splitter multiplies the cases of the parts of a schema.
type splitter struct {
	*translator
	at   spot
	kind kind
	list []alternative
	ok   bool
}

func (s *splitter) product(more []alternative) {
	if len(more) == 1 && more[0].condition == top && more[0].done == nothing {
		return
	}
	if !s.ok || len(s.list)*len(more) > maxAlternatives {
		s.ok = false
		return
	}
	out := make([]alternative, 0, len(s.list)*len(more))
	for _, a := range s.list {
		for _, b := range more {
			if c := s.and(a.condition, b.condition); c != bottom {
				out = append(out, alternative{c, s.union(a.done, b.done)})
			}
		}
	}
	s.list = out
}

// under lists the cases of a child that count where a condition holds.
func (s *splitter) under(condition lit, n *jsonschema.Node) []alternative {
	list, ok := s.alternatives(s.spot(s.at.scope, n), s.kind, true)
	s.ok = s.ok && ok
	var out []alternative
	for _, a := range list {
		if a.done != nothing {
			out = append(out, alternative{s.and(condition, a.condition), a.done})
		}
	}
	return out
}

func (s *splitter) always(n *jsonschema.Node) {
	if n == nil {
		return
	}
	list, ok := s.alternatives(s.spot(s.at.scope, n), s.kind, true)
	s.ok = s.ok && ok
	s.product(list)
}

var skip = alternative{top, nothing}

func (s *splitter) branches() {
	n := s.at.node
	valid := func(m *jsonschema.Node) lit { return s.schema(s.spot(s.at.scope, m)) }
	for _, m := range n.AllOf {
		s.always(m)
	}
	for _, m := range n.AnyOf {
		s.product(append(s.under(valid(m), m), skip))
	}
	if n.OneOf != nil {
		list := []alternative{skip}
		for _, m := range n.OneOf {
			list = append(list, s.under(valid(m), m)...)
		}
		s.product(list)
	}
	for _, deps := range [][]jsonschema.Dependency{n.Dependencies, n.DependentSchemas} {
		for _, d := range deps {
			if d.Node != nil {
				s.product(append(s.under(s.present(d.Key), d.Node), skip))
			}
		}
	}
	if n.If != nil {
		s.condition(valid(n.If))
	}
}

// condition splits by "if".
func (s *splitter) condition(holds lit) {
	n := s.at.node
	outer := s.list
	s.list = []alternative{skip}
	s.product(append(s.under(top, n.If), skip))
	s.always(n.Then)
	inner := s.list
	s.list = outer
	list := []alternative{skip}
	for _, a := range inner {
		list = append(list, alternative{s.and(holds, a.condition), a.done})
	}
	if n.Else != nil {
		list = append(list, s.under(s.not(holds), n.Else)...)
	}
	s.product(list)
}

// closure is a text of all that the evaluated parts of a schema depend on: what
// each schema in place evaluates, and whether those hold that may not. Equal
// meanings have equal literals on both sides of the question.
func (t *translator) closure(at spot, k kind) string {
	c := &closing{translator: t, kind: k, seen: map[spot]int{}}
	c.walk(at, false)
	if c.text.Len() > maxClosure {
		// Too long to be compared: equal to nothing.
		t.unlike++
		return "unlike " + itoa(t.unlike)
	}
	return c.text.String()
}

// maxClosure bounds the text of a closure.
const maxClosure = 1 << 18

type closing struct {
	*translator
	kind kind
	text strings.Builder
	seen map[spot]int
}

func (c *closing) walk(at spot, nested bool) {
	if c.text.Len() > maxClosure {
		return
	}
	if i, ok := c.seen[at]; ok {
		fmt.Fprintf(&c.text, "=%d", i)
		return
	}
	c.seen[at] = len(c.seen)
	n := at.node
	if n.Bool != nil {
		return
	}
	visit := func(mark string, holds bool, nodes ...*jsonschema.Node) {
		for _, m := range nodes {
			if m == nil {
				continue
			}
			child := c.spot(at.scope, m)
			c.text.WriteString(mark)
			if holds {
				c.text.WriteString(itoa(int(c.schema(child))))
			}
			c.text.WriteByte('(')
			c.walk(child, true)
			c.text.WriteByte(')')
		}
	}
	visit("r", false, n.RefTo)
	if n.IsRef() {
		return
	}
	own := c.own(at, c.kind, nested)
	fmt.Fprintf(&c.text, "%d,%d,%t,%d", own.names, own.items, own.all, own.where)
	if n.DynamicRef != "" {
		visit("r", false, c.dynamic(at))
	}
	if n.RecursiveRef != "" {
		visit("r", false, c.recursive(at))
	}
	visit("r", false, n.AllOf...)
	visit("a", true, n.AnyOf...)
	visit("o", true, n.OneOf...)
	visit("i", true, n.If)
	visit("t", false, n.Then)
	visit("e", false, n.Else)
	for _, deps := range [][]jsonschema.Dependency{n.Dependencies, n.DependentSchemas} {
		for _, d := range deps {
			if d.Node != nil {
				visit("d"+strconv.Quote(d.Key), true, d.Node)
			}
		}
	}
}
