package upcast

import (
	"fmt"
	"slices"
	"strings"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/upcast/plan"
)

// assign makes a value of the target's type of what the steps gave. What does
// not fit is a problem, and a stop in its place.
func (b *builder) assign(n plan.Node, t *plan.Type, path string) plan.Node {
	if !b.charge(1) {
		return halted
	}
	if t.JSON {
		return b.assignJSON(n, t, path)
	}
	switch n := n.(type) {
	case *plan.Lit:
		if n.Pending != nil && t.Kind == plan.Any && b.midway {
			return n // its type is not known yet
		}
		if n.Pending != nil {
			return b.literal(n, t, path)
		}
	case *plan.Make:
		return b.assignRecord(n, t, path)
	case *plan.Tag:
		return b.assignTag(n, t, path)
	case *plan.ListOf:
		return b.assignList(n, t, path)
	case *plan.Each:
		if t.Kind == plan.List {
			return &plan.Each{Over: n.Over, Bind: n.Bind, Index: n.Index, Where: n.Where, Body: b.assign(n.Body, t.Elem, path+"[]")}
		}
	case *plan.EachEntry:
		if t.Kind == plan.Map {
			return &plan.EachEntry{Over: n.Over, Key: n.Key, Bind: n.Bind, Where: n.Where, Body: b.assign(n.Body, t.Elem, path+"{}")}
		}
	case *plan.OrElse:
		return &plan.OrElse{X: b.assign(n.X, t, path), Else: b.assign(n.Else, t, path)}
	case *plan.Nothing:
		return n
	case *plan.Apply:
		if t.Kind == plan.Record && !plan.Same(n.Fn.Result, t) {
			return &plan.Apply{Fn: b.assignFunction(n.Fn, t, path), X: n.X}
		}
	case *plan.Call:
		// What an expression has widened may go back to its own type.
		if x, _ := b.types.Of(firstArg(n)); n.Func == plan.Widen && plan.Same(x, t) {
			return n.Args[0]
		}
	case *plan.Switch, *plan.Opt, *plan.If, *plan.Let, *plan.Check, *plan.Stop:
		return b.spread(n, func(x plan.Node) plan.Node { return b.assign(x, t, path) })
	}
	return b.assignValue(n, t, path)
}

// assignValue assigns a value that is known by its type alone.
func (b *builder) assignValue(n plan.Node, t *plan.Type, path string) plan.Node {
	s, ok := b.types.Of(n)
	switch {
	case !ok:
		return b.breaks("O3", path, "the ways to "+path+" give values of different types", "")
	case plan.Same(s, t), s.Kind == plan.Never:
		b.jsonNames(s, t, path, map[*plan.Type]bool{})
		return n
	case s.JSON:
		if out := b.outOfJSON(n, s, t, path); out != nil {
			return out
		}
	}
	switch {
	case s.Kind == plan.Union:
		return b.assign(b.eachBranch(n, func(branch string, x plan.Node) plan.Node { return &plan.Tag{Branch: branch, X: x} }), t, path)
	case t.Kind == plan.Union:
		return b.assignBranch(n, s, t, plan.AvroBranch(s), path)
	case s.Kind == plan.Record && t.Kind == plan.Record:
		return b.assignNamed(n, s, t, path)
	case s.Kind == plan.List && t.Kind == plan.List:
		return b.eachElement(n, nil, func(x plan.Node) plan.Node { return b.assign(x, t.Elem, path+"[]") })
	case s.Kind == plan.Map && t.Kind == plan.Map && keysFit(s.Key, t.Key):
		return b.eachValue(n, nil, func(x plan.Node) plan.Node { return b.assign(x, t.Elem, path+"{}") })
	default:
		return b.assignScalar(n, s, t, path)
	}
}

// assignNamed assigns a record of the source, by a function if it contains
// itself.
func (b *builder) assignNamed(n plan.Node, s, t *plan.Type, path string) plan.Node {
	c, ok := n.(*plan.Copy)
	if !ok {
		bind := b.bind(s)
		return &plan.Let{X: n, Bind: bind, Body: b.assignNamed(whole(bind), s, t, path)}
	}
	return b.fromFields(c, s, t, t.Name, func(m *plan.Make) plan.Node { return b.assignRecord(m, t, path) })
}

// fromFields makes a value of the fields of a record. A record that contains itself
// is taken apart by a function, which is made once for both types.
func (b *builder) fromFields(c *plan.Copy, s, t *plan.Type, name string, assign func(*plan.Make) plan.Node) plan.Node {
	if !b.isRecursive(s) {
		return assign(b.fieldsOf(c))
	}
	key := [2]*plan.Type{s, t}
	fn := b.memo[key]
	if fn == nil {
		fn = &plan.Function{Name: name, Bind: b.bind(s), Result: t}
		b.memo[key], b.made = fn, append(b.made, key)
		fn.Body = assign(b.fieldsOf(whole(fn.Bind)))
	}
	return &plan.Apply{Fn: fn, X: c}
}

// applied is a function whose result is assigned to a type.
type applied struct {
	fn *plan.Function
	t  *plan.Type
}

// assignFunction is a function with its result assigned to a type: what it makes,
// and not what it has made, so that literals find their types.
func (b *builder) assignFunction(fn *plan.Function, t *plan.Type, path string) *plan.Function {
	key := applied{fn, t}
	out := b.assigned[key]
	if out == nil {
		out = &plan.Function{Name: t.Name, Bind: fn.Bind, Result: t}
		b.assigned[key], b.madeFrom = out, append(b.madeFrom, key)
		out.Body = b.assign(fn.Body, t, path)
	}
	return out
}

// isRecursive remembers what recursive finds.
func (b *builder) isRecursive(t *plan.Type) bool {
	known, seen := b.recursive[t]
	if !seen {
		known = recursive(t)
		b.recursive[t] = known
	}
	return known
}

// recursive reports whether a type contains itself.
func recursive(t *plan.Type) bool {
	seen := map[*plan.Type]bool{}
	var visit func(x *plan.Type) bool
	visit = func(x *plan.Type) bool {
		if x == t {
			return true
		}
		if x == nil || seen[x] {
			return false
		}
		seen[x] = true
		return parts(x, visit)
	}
	return parts(t, visit)
}

func parts(t *plan.Type, f func(*plan.Type) bool) bool {
	return t.Elem != nil && f(t.Elem) ||
		slices.ContainsFunc(t.Fields, func(x plan.Field) bool { return f(x.Type) }) ||
		slices.ContainsFunc(t.Branches, func(x plan.Branch) bool { return f(x.Type) })
}

func (b *builder) assignRecord(m *plan.Make, t *plan.Type, path string) plan.Node {
	if t.Kind == plan.Union {
		return b.assignBranch(m, nil, t, m.Name, path)
	}
	if t.Kind != plan.Record {
		return b.breaks("O5", path, fmt.Sprintf("%s is a record, and %s in the target", path, t), "")
	}
	if m.Rest != nil && m.Rest.Of.Type.JSON {
		alone := *m
		alone.Rest = nil
		return b.closed(m, b.assignRecord(&alone, t, path), path)
	}
	if len(m.Extras) > 0 {
		alone := *m
		alone.Fields, alone.Extras = slices.Concat(m.Fields, m.Extras), nil
		return b.assignRecord(&alone, t, path)
	}
	if t.Proto() {
		return b.assignMessage(m, t, path)
	}
	out := &plan.Make{Name: t.Name, Type: t, Fields: make([]plan.Part, len(t.Fields)), Rest: m.Rest}
	used := make([]bool, len(m.Fields))
	find := indexOf(m)
	for i := range t.Fields {
		if !b.charge(1) {
			return halted
		}
		f := &t.Fields[i]
		at := b.join(path, f.Name)
		part := plan.Part{Name: f.Name, Number: f.Number}
		if j := find.part(f); j >= 0 {
			used[j] = true
			part.Node = b.field(m.Fields[j].Node, f, at)
		} else {
			part.Node = b.missing(f, at)
		}
		out.Fields[i] = part
	}
	for j, p := range m.Fields {
		if !used[j] && !b.derived && !hollow(p.Node) {
			at := join(path, p.Name)
			// The stop stands where the field would be, so that an event with
			// it shows the loss.
			stop := b.breaks("O6", at, fmt.Sprintf("%s has no place in the target", at), "add drop: {path: "+at+"}, or rename or move it")
			out.Fields = append(out.Fields, plan.Part{Name: p.Name, Node: stop})
			out.Type = nil
		}
	}
	return out
}

// hollow reports whether a value is a record that all fields have left: what it
// was made for is elsewhere.
func hollow(n plan.Node) bool {
	switch n := n.(type) {
	case *plan.Make:
		return n.Rest == nil && !slices.ContainsFunc(n.Fields, func(p plan.Part) bool { return !hollow(p.Node) })
	case *plan.Opt: // where the record is not there, another one was presumed
		return hollow(n.Body) && (hollow(n.Missing) || isStop(n.Missing))
	case *plan.Switch:
		return !slices.ContainsFunc(n.Cases, func(c plan.Case) bool { return !hollow(c.Body) && !isStop(c.Body) })
	default:
		return false
	}
}

// isStop reports whether a node ends the event.
func isStop(n plan.Node) bool {
	_, ok := n.(*plan.Stop)
	return ok
}

// join is the path of a field. A proved leg needs none: its failures are those of
// its hop.
func (b *builder) join(path, name string) string {
	if b.fused {
		return path
	}
	return join(path, name)
}

func join(path, name string) string {
	if path == "$" {
		return name
	}
	return path + "." + name
}

// partIndex finds the parts of a record by name; a few of them without a map.
type partIndex struct {
	of     *plan.Make
	byName map[string]int
}

const fewParts = 32

func indexOf(m *plan.Make) partIndex {
	x := partIndex{of: m}
	if len(m.Fields) <= fewParts {
		return x
	}
	x.byName = make(map[string]int, len(m.Fields))
	for i, p := range m.Fields {
		if _, twice := x.byName[p.Name]; !twice {
			x.byName[p.Name] = i
		}
	}
	return x
}

func (x partIndex) named(name string) (int, bool) {
	if x.byName != nil {
		i, ok := x.byName[name]
		return i, ok
	}
	for i := range x.of.Fields {
		if x.of.Fields[i].Name == name {
			return i, true
		}
	}
	return 0, false
}

// part finds the part for a field of the target: by name, then by alias; -1 if
// there is none.
func (x partIndex) part(f *plan.Field) int {
	if i, ok := x.named(f.Name); ok {
		return i
	}
	first := -1
	for _, alias := range f.Aliases {
		if i, ok := x.named(alias); ok && (first < 0 || i < first) {
			first = i
		}
	}
	return first
}

func (b *builder) field(n plan.Node, f *plan.Field, at string) plan.Node {
	// Most fields are copied as they are.
	if c, ok := n.(*plan.Copy); ok && !c.Optional && !f.Type.JSON && plan.Same(c.Type, f.Type) && b.charge(2) {
		return n
	}
	return b.spread(n, func(x plan.Node) plan.Node {
		if isNothing(x) {
			return b.missing(f, at)
		}
		t, _ := b.types.Of(x)
		if l, ok := x.(*plan.Lit); ok && f.Optional && f.Number > 0 && l.Pending != nil && l.Pending.Kind == jsonx.Null {
			return &plan.Nothing{Type: f.Type}
		}
		if f.Optional && t.Kind == plan.Union && t.Branch("null") >= 0 && f.Type.Kind != plan.Union && f.Number > 0 {
			return b.absentNull(x, f, at)
		}
		if !b.types.MayBeAbsent(x) {
			return b.assign(x, f.Type, at)
		}
		missing := b.unsetAs(x, f, at)
		if _, gone := missing.(*plan.Nothing); gone && plan.Same(t, f.Type) {
			return x
		}
		bind := b.bindPart(x, t)
		return &plan.Opt{On: x, Bind: bind, Body: b.assign(whole(bind), f.Type, at), Missing: missing}
	})
}

// absentNull leaves out what is null: Protobuf has no other word for it.
func (b *builder) absentNull(n plan.Node, f *plan.Field, at string) plan.Node {
	return b.eachBranch(n, func(branch string, content plan.Node) plan.Node {
		if branch == "null" {
			return &plan.Nothing{Type: f.Type}
		}
		return b.assign(content, f.Type, at)
	})
}

// missing is a field of the target that nothing gives.
func (b *builder) missing(f *plan.Field, at string) plan.Node {
	switch {
	case f.DefaultSize > plan.MaxDefaultSize:
		b.limit("upcaster.defaultValues", "the default of "+at+" holds too many values", f.DefaultSize, plan.MaxDefaultSize)
		return halted
	case f.HasDefault:
		return &plan.Lit{Value: f.Default, Type: f.Type}
	case f.Optional:
		return &plan.Nothing{Type: f.Type}
	default:
		return b.breaks("O5", at, fmt.Sprintf("%s has no value and no default", at), "add: {path: "+at+", value: ...}")
	}
}

func (b *builder) assignList(n *plan.ListOf, t *plan.Type, path string) plan.Node {
	switch t.Kind {
	case plan.Union:
		return b.assignBranch(n, nil, t, "array", path)
	case plan.List:
		out := &plan.ListOf{Elem: t.Elem}
		for _, x := range n.Items {
			out.Items = append(out.Items, b.assign(x, t.Elem, path+"[]"))
		}
		return out
	default:
		return b.breaks("O5", path, fmt.Sprintf("%s is a list, and %s in the target", path, t), "use head")
	}
}

// assignScalar converts between types where every value keeps its meaning.
func (b *builder) assignScalar(n plan.Node, s, t *plan.Type, path string) plan.Node {
	convert := func() plan.Node { return &plan.Call{Func: plan.Widen, Args: []plan.Node{n}, Type: t} }
	switch {
	case s.Kind == plan.Enum && t.Kind == plan.Enum && len(t.Numbers) > 0:
		return b.assignNumbers(n, s, t, path)
	case s.Kind == plan.Enum && t.Kind == plan.Enum:
		return b.assignEnum(n, s, t, path)
	case s.Logical != t.Logical && s.Logical != "" && t.Logical != "" && s.Kind != plan.Time:
		return b.breaks("O5", path, fmt.Sprintf("%s is %s, and %s in the target", path, s.Logical, t.Logical), "use retype")
	case s.Kind == plan.Int && t.Kind == plan.Int && s.Bits <= t.Bits:
		return &plan.Call{Func: plan.Widen, Args: []plan.Node{n}, Type: t}
	case s.Kind == plan.Uint && (t.Kind == plan.Uint && s.Bits <= t.Bits || t.Kind == plan.Int && s.Bits < t.Bits || t.Kind == plan.Float && s.Bits == 32 && t.Bits == 64),
		s.Kind == plan.Int && s.Bits == 32 && t.Kind == plan.Float && t.Bits == 64,
		s.Kind == plan.Float && t.Kind == plan.Float && s.Bits <= t.Bits:
		return convert()
	case s.Kind == plan.Decimal && t.Kind == plan.Decimal && s.Scale >= 0 && s.Scale == t.Scale && s.Precision <= t.Precision:
		return convert()
	case s.Kind == plan.String && t.Kind == plan.Bytes && t.Size == 0:
		return &plan.Call{Func: plan.TextBytes, Args: []plan.Node{n}, Type: t}
	case s.Kind == t.Kind && s.Kind == plan.Bytes && s.Size == t.Size, s.Kind == t.Kind && s.Kind == plan.String && t.Logical == "":
		return n
	case t.Kind == plan.Any:
		return n
	default:
		if c := conversion(n, s, t); c != nil && computed(n) {
			return b.assignComputed(c, t, path)
		}
		fix := "use retype or convert"
		if s.Kind == plan.Enum && t.Kind == plan.String {
			fix = "use retype, or string(...) in an expression"
		}
		return b.breaks("O5", path, fmt.Sprintf("%s is %s, and %s in the target", path, s, t), fix)
	}
}

func (b *builder) assignEnum(n plan.Node, s, t *plan.Type, path string) plan.Node {
	table := map[string]string{}
	var gone []string
	for _, sym := range s.Symbols {
		switch {
		case slices.Contains(t.Symbols, sym):
			table[sym] = sym
		case t.Default != "":
			table[sym] = t.Default
		default:
			gone = append(gone, sym)
		}
	}
	call := &plan.Call{Func: plan.MapSymbol, Args: []plan.Node{n}, Type: t, Table: table}
	if len(gone) > 0 {
		return &plan.OrElse{X: call, Else: b.breaks("O5", path, fmt.Sprintf("the target has no symbol %s", strings.Join(gone, ", ")), "use mapEnum")}
	}
	return call
}
