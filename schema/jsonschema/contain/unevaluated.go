package contain

import (
	"strings"

	"github.com/instar-registry/instar/internal/jsonx"
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
		return b.implies(k, b.opaque(keyword, b.closure(b.at)+itoa(int(child)), k.mask()))
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

// closure is a text of all that the evaluated parts of a schema depend on.
func (t *translator) closure(at spot) string {
	var b strings.Builder
	seen := map[spot]bool{}
	var walk func(at spot)
	walk = func(at spot) {
		if seen[at] || b.Len() > 1<<20 {
			return
		}
		seen[at] = true
		b.Write(jsonx.Append(nil, at.node.Value))
		n := at.node
		for _, m := range [][]*jsonschema.Node{n.AllOf, n.AnyOf, n.OneOf, {n.RefTo, n.If, n.Then, n.Else, t.dynamic(at), t.recursive(at)}} {
			for _, c := range m {
				if c != nil {
					child := t.spot(at.scope, c)
					b.WriteString(itoa(int(t.schema(child))))
					walk(child)
				}
			}
		}
		for _, deps := range [][]jsonschema.Dependency{n.Dependencies, n.DependentSchemas} {
			for _, d := range deps {
				if d.Node != nil {
					walk(t.spot(at.scope, d.Node))
				}
			}
		}
	}
	walk(at)
	return b.String()
}
