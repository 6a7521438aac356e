package plan

import (
	"slices"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema/jsonschema"
)

// object is the type of objects: a union by a tag, a map, or a record.
func (j *jsonTypes) object(t *Type, places []*jsonschema.Node) {
	sure := j.sure(places)
	choices := j.choices(places, objectKind)
	declared := slices.ContainsFunc(sure, func(n *jsonschema.Node) bool { return n.Get("properties") != nil || len(n.Required) > 0 })
	choices = slices.DeleteFunc(choices, func(list []*jsonschema.Node) bool {
		return len(list) < 2 || slices.ContainsFunc(list, func(n *jsonschema.Node) bool { return slices.Contains(places, n) })
	})
	if !declared && len(choices) == 1 && j.tagged(t, places, choices[0]) {
		return
	}
	if !declared && len(choices) == 0 && !closed(sure) {
		t.Kind, t.Elem = Map, j.values(sure)
		return
	}
	t.Kind = Record
	t.Open = !closed(sure)
	j.fields(t, sure, choices)
}

// closed reports whether an object has declared properties only.
func closed(sure []*jsonschema.Node) bool {
	return slices.ContainsFunc(sure, func(n *jsonschema.Node) bool {
		return n.AdditionalProperties != nil && n.AdditionalProperties.Bool != nil && !*n.AdditionalProperties.Bool && len(n.PatternProperties) == 0
	})
}

// values is the type of all members of an object without declared ones.
func (j *jsonTypes) values(sure []*jsonschema.Node) *Type {
	var all []*jsonschema.Node
	for _, n := range sure {
		if len(n.PatternProperties) > 0 {
			return AnyJSON
		}
		if n.AdditionalProperties != nil {
			all = append(all, n.AdditionalProperties)
		}
	}
	if all == nil {
		return AnyJSON
	}
	return j.of(all, allKinds)
}

// judges lists the places that judge a property of objects that all of sure
// admit.
func (j *jsonTypes) judges(sure []*jsonschema.Node, name string) []*jsonschema.Node {
	var out []*jsonschema.Node
	for _, n := range sure {
		found := false
		if p := n.Property(name); p != nil {
			out, found = append(out, p), true
		}
		for i := range n.PatternProperties {
			if ok, err := n.PatternProperties[i].Pattern.Match(name); err == nil && ok {
				out, found = append(out, n.PatternProperties[i].Node), true
			} else if err != nil {
				found = true // it may match, and then the others do not count
			}
		}
		if !found && n.AdditionalProperties != nil {
			out = append(out, n.AdditionalProperties)
		}
	}
	return out
}

// tagged makes a union of the branches if one property tells them apart.
func (j *jsonTypes) tagged(t *Type, places, branches []*jsonschema.Node) bool {
	for _, first := range j.sure(branches[:1]) {
		for _, p := range first.Properties {
			values := j.tags(p.Key, branches)
			if values == nil {
				continue
			}
			t.Kind, t.Tag = Union, p.Key
			for i, n := range branches {
				x := j.of(append(slices.Clone(places), n), objectKind)
				t.Branches = append(t.Branches, Branch{Name: values[i][0], Type: x, Values: values[i]})
			}
			return true
		}
	}
	return false
}

// tags lists for each branch the texts that a property may be there; nil if they
// do not tell the branches apart.
func (j *jsonTypes) tags(name string, branches []*jsonschema.Node) [][]string {
	out := make([][]string, len(branches))
	seen := map[string]bool{}
	for i, n := range branches {
		sure := j.sure([]*jsonschema.Node{n})
		judges := j.judges(sure, name)
		needed := slices.ContainsFunc(sure, func(m *jsonschema.Node) bool { return slices.Contains(m.Required, name) })
		if !needed || len(judges) == 0 || j.kindsOf(judges) != stringKind {
			return nil
		}
		var e Type
		e.Kind = String
		if j.enum(&e, judges); e.Kind != Enum {
			return nil
		}
		for _, s := range e.Symbols {
			if seen[s] {
				return nil
			}
			seen[s] = true
		}
		out[i] = e.Symbols
	}
	return out
}

// fields declares the properties of a record: those that are sure to be judged,
// those that are required, and those of branches, as far as all branches speak
// of them.
func (j *jsonTypes) fields(t *Type, sure []*jsonschema.Node, choices [][]*jsonschema.Node) {
	required := map[string]bool{}
	var names []string
	add := func(name string) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, n := range sure {
		for _, p := range n.Properties {
			add(p.Key)
		}
	}
	for _, n := range sure {
		for _, name := range n.Required {
			required[name] = true
			add(name)
		}
	}
	for _, list := range choices {
		for _, n := range j.sure(list) {
			for _, p := range n.Properties {
				add(p.Key)
			}
		}
	}
	t.Fields = make([]Field, len(names))
	for i, name := range names {
		f := &t.Fields[i]
		judges := j.judges(sure, name)
		f.Name, f.Optional, f.Aliases = name, !required[name], aliases(judges)
		if len(judges) > 0 {
			f.Type = j.of(judges, allKinds)
		} else {
			f.Type = j.chosen(name, choices)
		}
		if v := defaultOf(judges); v != nil {
			j.defaults[fieldOf{t, i}] = v
		}
	}
}

// chosen is the type of a property that only branches declare.
func (j *jsonTypes) chosen(name string, choices [][]*jsonschema.Node) *Type {
	for _, list := range choices {
		out, ok := (*Type)(nil), true
		for _, n := range list {
			sure := j.sure([]*jsonschema.Node{n})
			judges := j.judges(sure, name)
			switch {
			case len(judges) == 0:
				ok = false // the branch takes anything there
			case j.kindsOf(judges) == 0: // the branch takes nothing there
			case out == nil:
				out = j.of(judges, allKinds)
			default:
				out = JoinJSON(out, j.of(judges, allKinds))
			}
		}
		if ok && out != nil {
			return out
		}
	}
	return AnyJSON
}

// JoinJSON is a type that admits what either of two admits.
func JoinJSON(a, b *Type) *Type {
	switch {
	case a == b:
		return a
	case a.Kind == Enum && b.Kind == Enum:
		out := &Type{Kind: Enum, JSON: true, Symbols: slices.Clone(a.Symbols)}
		for _, s := range b.Symbols {
			if !slices.Contains(out.Symbols, s) {
				out.Symbols = append(out.Symbols, s)
			}
		}
		return out
	case (a.Kind == Enum || a.Kind == String) && (b.Kind == Enum || b.Kind == String):
		return &Type{Kind: String, JSON: true}
	case (a.Kind == Int || a.Kind == Float) && (b.Kind == Int || b.Kind == Float):
		if a.Kind == b.Kind {
			return &Type{Kind: a.Kind, JSON: true}
		}
		return &Type{Kind: Float, JSON: true}
	case a.Kind == b.Kind && (a.Kind == Null || a.Kind == Bool):
		return &Type{Kind: a.Kind, JSON: true}
	default:
		return AnyJSON
	}
}

func defaultOf(judges []*jsonschema.Node) *jsonx.Value {
	for _, n := range judges {
		if n.Bool != nil {
			continue
		}
		if n.Default != nil && !n.IsRef() {
			return n.Default
		}
	}
	return nil
}

// aliases are the names that a property had before, by "x-aliases".
func aliases(judges []*jsonschema.Node) []string {
	var out []string
	for _, n := range judges {
		if n.Bool != nil {
			continue
		}
		v := n.Get("x-aliases")
		if v == nil || v.Kind != jsonx.Array {
			continue
		}
		for _, x := range v.Items {
			if x.Kind == jsonx.String {
				out = append(out, x.Text)
			}
		}
	}
	return out
}

// Surely lists the places that judge a value whenever the given ones do.
func Surely(places []*jsonschema.Node) []*jsonschema.Node { return (&jsonTypes{}).sure(places) }

// Judges lists the places that judge every value of a type of one kind: those that
// [Surely] do, and of a choice the only branch that admits the kind.
func Judges(t *Type) []*jsonschema.Node {
	j := &jsonTypes{views: map[*jsonschema.Node]*jsonView{}}
	if t.Kind == Any || t.Kind == Union {
		return j.sure(t.Schemas)
	}
	return j.sure(j.narrowed(t.Schemas, KindsOf(t)))
}

// Member lists the places that judge a member of an object.
func Member(t *Type, name string) []*jsonschema.Node {
	j := &jsonTypes{}
	return j.judges(j.sure(t.Schemas), name)
}

// JSONKinds names the kinds of JSON values of a type; nil if it admits all.
func JSONKinds(t *Type) []string {
	k := KindsOf(t)
	if k == allKinds || k == 0 {
		return nil
	}
	var out []string
	for i, name := range []string{"null", "boolean", "number", "string", "array", "object"} {
		if k&(1<<i) != 0 {
			out = append(out, name)
		}
	}
	return out
}
