package plan

import (
	"math/bits"
	"slices"
	"strconv"
	"strings"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema/jsonschema"
)

// AnyJSON is untyped JSON.
var AnyJSON = &Type{Kind: Any, JSON: true}

// FromJSON is the type of the events of a JSON Schema. A type admits every value
// that its places admit, and may admit more: what it cannot say, [Type.Schemas]
// says.
func FromJSON(s *jsonschema.Schema) *Type {
	j := &jsonTypes{
		ids: map[*jsonschema.Node]int{}, types: map[string]*Type{},
		views: map[*jsonschema.Node]*jsonView{}, defaults: map[fieldOf]*jsonx.Value{},
	}
	for i, n := range s.Nodes() {
		j.ids[n] = i
	}
	t := j.of([]*jsonschema.Node{s.Root()}, allKinds)
	// Defaults are read once every type is known.
	for at, v := range j.defaults {
		f := &at.record.Fields[at.index]
		f.Default, f.HasDefault = ReadJSON(v, f.Type)
	}
	return t
}

// kinds is a set of kinds of JSON values.
type kinds uint8

const (
	nullKind kinds = 1 << iota
	boolKind
	numberKind
	stringKind
	arrayKind
	objectKind
	allKinds = 1<<iota - 1
)

var kindOfType = map[string]kinds{
	"null": nullKind, "boolean": boolKind, "integer": numberKind, "number": numberKind,
	"string": stringKind, "array": arrayKind, "object": objectKind,
}

// maxJSONTypes bounds the types of one schema: combinations of places could be
// many. What lies beyond has no type.
const maxJSONTypes = 20_000

type jsonTypes struct {
	ids      map[*jsonschema.Node]int
	types    map[string]*Type
	views    map[*jsonschema.Node]*jsonView
	defaults map[fieldOf]*jsonx.Value
}

// of is the type of the values of some kinds that all places admit.
func (j *jsonTypes) of(places []*jsonschema.Node, only kinds) *Type {
	key := j.key(places, only)
	if t, ok := j.types[key]; ok {
		return t
	}
	t := &Type{Kind: Any, JSON: true, Schemas: places}
	j.types[key] = t
	if len(j.types) > maxJSONTypes {
		return t
	}
	admitted := only & j.kindsOf(places)
	switch {
	case bits.OnesCount8(uint8(admitted)) == 1:
		j.single(t, places, admitted)
	case admitted == 0, admitted == allKinds && !j.shaped(places):
	default:
		j.union(t, places, admitted)
	}
	return t
}

func (j *jsonTypes) key(places []*jsonschema.Node, only kinds) string {
	ids := make([]int, len(places))
	for i, n := range places {
		ids[i] = j.ids[n]
	}
	slices.Sort(ids)
	var b strings.Builder
	for _, id := range slices.Compact(ids) {
		b.WriteString(strconv.Itoa(id))
		b.WriteByte(',')
	}
	b.WriteByte(byte(only))
	return b.String()
}

func (j *jsonTypes) kindsOf(places []*jsonschema.Node) kinds {
	out := kinds(allKinds)
	for _, n := range places {
		out &= j.view(n).kinds
	}
	return out
}

// shaped reports whether places that admit every kind of value still say how an
// object or a list looks.
func (j *jsonTypes) shaped(places []*jsonschema.Node) bool {
	return slices.ContainsFunc(j.sure(places), func(n *jsonschema.Node) bool {
		return len(n.Properties) > 0 || len(n.Required) > 0 || n.Items != nil
	})
}

// union is the type of values of several kinds, one branch each; objects may be
// several branches.
func (j *jsonTypes) union(t *Type, places []*jsonschema.Node, admitted kinds) {
	t.Kind = Union
	for k := nullKind; k <= objectKind; k <<= 1 {
		if admitted&k == 0 {
			continue
		}
		x := j.of(places, k)
		if x.Kind == Union {
			t.Tag = x.Tag
			t.Branches = append(t.Branches, x.Branches...)
			continue
		}
		t.Branches = append(t.Branches, Branch{Name: JSONBranch(x, k), Type: x})
	}
}

// JSONBranch is what a union calls a branch of a kind.
func JSONBranch(t *Type, k kinds) string {
	switch k {
	case nullKind:
		return "null"
	case boolKind:
		return "boolean"
	case numberKind:
		if t.Kind == Int {
			return "integer"
		}
		return "number"
	case stringKind:
		return "string"
	case arrayKind:
		return "array"
	default:
		return "object"
	}
}

// single is the type of values of one kind.
func (j *jsonTypes) single(t *Type, places []*jsonschema.Node, k kinds) {
	places = j.narrowed(places, k)
	switch k {
	case nullKind:
		t.Kind = Null
	case boolKind:
		t.Kind = Bool
	case numberKind:
		t.Kind = Float
		if slices.ContainsFunc(places, func(n *jsonschema.Node) bool { return j.view(n).integer }) {
			t.Kind = Int
		}
	case stringKind:
		t.Kind = String
		j.enum(t, places)
	case arrayKind:
		t.Kind, t.Elem = List, AnyJSON
		j.list(t, places)
	default:
		j.object(t, places)
	}
}

func (j *jsonTypes) enum(t *Type, places []*jsonschema.Node) {
	for _, n := range places {
		v := j.view(n)
		switch {
		case !v.listed:
		case t.Kind == String:
			t.Kind, t.Symbols = Enum, v.symbols
		default:
			t.Symbols = common(t.Symbols, v.symbols)
		}
	}
	if t.Kind == Enum && len(t.Symbols) == 0 {
		t.Kind = String
	}
}

func common(a, b []string) []string {
	var out []string
	for _, s := range a {
		if slices.Contains(b, s) {
			out = append(out, s)
		}
	}
	return out
}

// list finds what the elements are, where all of them are the same.
func (j *jsonTypes) list(t *Type, places []*jsonschema.Node) {
	var items []*jsonschema.Node
	for _, n := range j.sure(places) {
		if len(n.PrefixItems) > 0 {
			return
		}
		if n.Items != nil {
			items = append(items, n.Items)
		}
	}
	if items != nil {
		t.Elem = j.of(items, allKinds)
	}
}

// sure lists the places that judge a value whenever the given ones do, in order.
func (j *jsonTypes) sure(places []*jsonschema.Node) []*jsonschema.Node {
	var out []*jsonschema.Node
	seen := map[*jsonschema.Node]bool{}
	var visit func(n *jsonschema.Node)
	visit = func(n *jsonschema.Node) {
		if n == nil || seen[n] {
			return
		}
		seen[n] = true
		if n.IsRef() {
			visit(n.RefTo)
			return
		}
		out = append(out, n)
		visit(n.RefTo)
		for _, m := range n.AllOf {
			visit(m)
		}
	}
	for _, n := range places {
		visit(n)
	}
	return out
}

// choices lists the choices that a value of a kind has under the places: of each
// "anyOf" and "oneOf" the branches that admit the kind.
func (j *jsonTypes) choices(places []*jsonschema.Node, k kinds) [][]*jsonschema.Node {
	var out [][]*jsonschema.Node
	for _, n := range j.sure(places) {
		for _, list := range [][]*jsonschema.Node{n.AnyOf, n.OneOf} {
			if len(list) == 0 {
				continue
			}
			var open []*jsonschema.Node
			for _, m := range list {
				if j.view(m).kinds&k != 0 {
					open = append(open, m)
				}
			}
			out = append(out, open)
		}
	}
	return out
}

// narrowed adds the branches that are the only ones for the kind.
func (j *jsonTypes) narrowed(places []*jsonschema.Node, k kinds) []*jsonschema.Node {
	for again := true; again; {
		again = false
		for _, open := range j.choices(places, k) {
			if len(open) == 1 && !slices.Contains(places, open[0]) {
				places = append(slices.Clone(places), open[0])
				again = true
			}
		}
	}
	return places
}
