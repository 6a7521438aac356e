package upcast

import (
	"fmt"
	"slices"
	"strings"

	"github.com/instar-registry/instar/upcast/plan"
)

// inType carries steps out on every value of a named type, wherever it is. What
// is inside a value comes first, so that the steps see it as it will be.
func (b *builder) inType(n plan.Node, op *InType) plan.Node {
	d := &descent{b: b, op: op, holds: map[*plan.Type]bool{}, functions: map[*plan.Type]*plan.Function{}}
	t, _ := b.types.Of(n)
	if !d.has(t) && !b.fused {
		return b.wrong(fmt.Sprintf("the event holds no type %s", op.Type), near(op.Type, namesIn(t)))
	}
	before := b.scope
	b.scope.loops = nil
	out := d.node(n)
	b.scope = before
	return out
}

type descent struct {
	b  *builder
	op *InType
	// holds remembers which types hold a value of the named one; functions are
	// the ways into those that contain themselves.
	holds     map[*plan.Type]bool
	functions map[*plan.Type]*plan.Function
}

func (d *descent) is(t *plan.Type) bool {
	if t.JSON {
		return t.Kind != plan.Any && t.Kind != plan.Union && slices.Contains(placesOf(t), d.op.Type)
	}
	return named(t) && (t.Name == d.op.Type || simpleName(t.Name) == d.op.Type)
}

// named reports whether a type has a name of its own: a record, an enum or a fixed
// number of bytes.
func named(t *plan.Type) bool {
	return t.Name != "" && (t.Kind == plan.Record || t.Kind == plan.Enum || t.Kind == plan.Bytes)
}

// placesOf names the places of a JSON Schema that judge a value of a type, as
// references write them.
func placesOf(t *plan.Type) []string {
	var out []string
	for _, n := range plan.Judges(t) {
		if n.Pointer != "" {
			out = append(out, "#"+n.Pointer)
		}
	}
	return out
}

func simpleName(name string) string {
	for i := len(name) - 1; i >= 0; i-- {
		if name[i] == '.' || name[i] == '/' {
			return name[i+1:]
		}
	}
	return name
}

func (d *descent) has(t *plan.Type) bool {
	if known, seen := d.holds[t]; seen {
		return known
	}
	found, seen := false, map[*plan.Type]bool{}
	var visit func(x *plan.Type) bool
	visit = func(x *plan.Type) bool {
		if seen[x] {
			return false
		}
		seen[x] = true
		if d.is(x) {
			found = true
		}
		return found || parts(x, visit)
	}
	visit(t)
	d.holds[t] = found
	return found
}

// namesIn lists the names of the types that a type is made of.
func namesIn(t *plan.Type) []string {
	var out []string
	seen := map[*plan.Type]bool{}
	var visit func(x *plan.Type) bool
	visit = func(x *plan.Type) bool {
		if seen[x] {
			return false
		}
		seen[x] = true
		if x.JSON {
			for _, place := range placesOf(x) {
				if at := strings.LastIndexByte(place, '/'); (strings.HasSuffix(place[:at], "/$defs") || strings.HasSuffix(place[:at], "/definitions")) && !slices.Contains(out, place) {
					out = append(out, place)
				}
			}
		} else if named(x) && !slices.Contains(out, simpleName(x.Name)) {
			out = append(out, simpleName(x.Name))
		}
		return parts(x, visit)
	}
	visit(t)
	return out
}

func (d *descent) node(n plan.Node) plan.Node {
	b := d.b
	return b.spread(n, func(x plan.Node) plan.Node {
		t, _ := b.types.Of(x)
		switch {
		case !d.has(t) || isNothing(x):
			return x
		case b.types.MayBeAbsent(x):
			bind := b.bind(t)
			return &plan.Opt{On: x, Bind: bind, Body: d.node(whole(bind)), Missing: &plan.Nothing{Type: t}}
		}
		switch t.Kind {
		case plan.Record:
			return d.record(x, t)
		case plan.Union:
			return b.eachBranch(x, func(branch string, content plan.Node) plan.Node {
				return &plan.Tag{Branch: branch, X: d.node(content)}
			})
		case plan.List:
			return d.itself(b.eachElement(x, nil, d.node), t)
		case plan.Map:
			return d.itself(b.eachValue(x, nil, d.node), t)
		default:
			return d.itself(x, t)
		}
	})
}

// itself carries the steps out on a value that is no record, if it is of the type.
func (d *descent) itself(x plan.Node, t *plan.Type) plan.Node {
	if !d.is(t) {
		return x
	}
	return d.b.run(x, d.op.Steps)
}

func (d *descent) record(x plan.Node, t *plan.Type) plan.Node {
	if !d.b.isRecursive(t) {
		return d.b.inRecord(x, nil, func(m *plan.Make) plan.Node { return d.fields(m, t) })
	}
	fn := d.functions[t]
	if fn == nil {
		fn = &plan.Function{Name: t.Name, Bind: d.b.bind(t), Result: &plan.Type{Kind: plan.Record, Name: t.Name}}
		d.functions[t] = fn
		body := d.fields(d.b.fieldsOf(whole(fn.Bind)), t)
		m, ok := body.(*plan.Make)
		if !ok && d.b.err == nil {
			return d.b.notYet("steps of inType that may end a type that contains itself are")
		}
		if ok {
			// The type of the result is known now; it stands in itself.
			rt, _ := d.b.types.Of(m)
			*fn.Result = *rt
			m.Type = fn.Result
			fn.Body = m
		}
	}
	return &plan.Apply{Fn: fn, X: x}
}

// fields descends into the fields of a record, and carries the steps out on it if
// it is of the type.
func (d *descent) fields(m *plan.Make, t *plan.Type) plan.Node {
	for i := range m.Fields {
		m.Fields[i].Node = d.node(m.Fields[i].Node)
	}
	if !d.is(t) {
		return m
	}
	return d.b.run(m, d.op.Steps)
}
