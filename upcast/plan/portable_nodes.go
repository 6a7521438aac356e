package plan

import (
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/instar-registry/instar/internal/jsonx"
)

// slotSet are slots by number, ascending.
type slotSet []int

// opcode is one kind of node in a portable plan.
type opcode struct {
	// operands and means are for the documentation.
	operands string
	means    string
	count    int
	read     func(r *planReader, v *jsonx.Value, x []*jsonx.Value) Node
}

// opcodes are all there are. It is filled by init: reading a node may ask for the
// table itself.
var opcodes map[string]opcode

func init() {
	opcodes = map[string]opcode{
		"copy":    {"slot fields", "the value of the slot or, field by field, of a record in it; it is absent if an optional field is", 2, readCopy},
		"lit":     {"type constant", "a constant", 2, readLit},
		"record":  {"type nodes rest", "a record of a value for each field, and what rest keeps of a Protobuf message", 3, readRecord},
		"object":  {"type parts extras base rest", "a JSON object: parts for its fields and extras for undeclared members, each [name, node, from, seq]; members keep the place that `from` has in the object base, others follow in the order of seq; rest keeps the undeclared members of an object", 5, readObject},
		"tag":     {"type branch node", "a value as the branch of a union", 3, readTag},
		"list":    {"type nodes", "a list of elements of the type", 2, readListOf},
		"call":    {"function nodes type options", "the result of a function; options may hold table, pattern and safe (it is proved not to fail)", 4, readCall},
		"absent":  {"type", "no value", 1, readNothing},
		"stop":    {"code hop step path reason", "ends the event: `dead` for the dead letter, `drop` without image", 5, readStop},
		"apply":   {"function node", "the function of the plan, its slot bound to the value", 2, readApply},
		"extra":   {"copy name", "an undeclared member of a JSON object", 2, readExtra},
		"cast":    {"type node sure", "a value of JSON read as the type; its text stays", 3, readCast},
		"switch":  {"node cases", "by the branch of a union: [branch, slot, node] with the slot bound to the content", 2, readSwitch},
		"opt":     {"node slot node node", "if the first is there, the second with the slot bound to it, else the third", 4, readOpt},
		"each":    {"node slot index where node", "a list from a list: the slot is bound to each element, index (or null) to its place; elements for which where (or null) is false are left out", 5, readEach},
		"entries": {"node slot key where node", "a map from a map; key (or null) is bound to the key of the entry", 5, readEntries},
		"if":      {"node node node", "the second if the first is true, else the third", 3, readIf},
		"else":    {"node node", "the first, or the second where the first fails with O4", 2, readElse},
		"let":     {"node slot node", "the second with the slot bound to the first", 3, readLet},
		"check":   {"node node", "the second; the first is computed for its failures alone", 2, readCheck},
		"and":     {"node node", "both are true; a failure of the first counts for nothing if the second is false", 2, readLogic},
		"or":      {"node node", "one is true; a failure of the first counts for nothing if the second is true", 2, readLogic},
		"all":     {"node slot node", "the node is true for each element of a list", 3, readQuantify},
		"some":    {"node slot node", "the node is true for an element of a list", 3, readQuantify},
		"one":     {"node slot node", "the node is true for exactly one element of a list", 3, readQuantify},
	}
}

// readNodes reads the nodes in order: each names only nodes before it, so that
// none contains itself.
func (r *planReader) readNodes(v *jsonx.Value) {
	items := r.list(v)
	if r.err != nil || !r.limit(v, "plan.nodes", "the plan has too many nodes", len(items), maxPortableNodes) {
		return
	}
	for _, x := range items {
		if len(r.list(x)) == 0 {
			r.fail(x, "a node is a list of an opcode and its operands", "")
		}
		if r.err != nil {
			return
		}
		name := r.string(x.Items[0])
		code, known := opcodes[name]
		if !known || len(x.Items)-1 != code.count {
			r.fail(x, fmt.Sprintf("%q is no opcode with %d operands", name, len(x.Items)-1), "")
			return
		}
		r.scope, r.depth = append(r.scope, nil), append(r.depth, 0)
		n := code.read(r, x, x.Items[1:])
		if r.err != nil {
			return
		}
		r.nodes = append(r.nodes, n)
	}
}

// nodeID is the number of a node that has been read.
func (r *planReader) nodeID(v *jsonx.Value) int {
	if len(r.nodes) == 0 {
		r.fail(v, "no node comes before", "")
		return 0
	}
	return r.integer(v, 0, len(r.nodes)-1)
}

// node is a part of the node that is being read; bound are the slots that have a
// value in it.
func (r *planReader) node(v *jsonx.Value, bound ...*Binder) Node {
	id := r.nodeID(v)
	if r.err != nil {
		return halt
	}
	at := len(r.scope) - 1
	free := r.scope[id]
	for _, b := range bound {
		if i := -1; b != nil {
			if i = slices.Index(free, b.ID-1); i >= 0 {
				free = slices.Delete(slices.Clone(free), i, i+1)
			}
		}
	}
	r.uses(v, free)
	if r.depth[at] = max(r.depth[at], r.depth[id]+1); r.depth[at] > maxPortableDepth {
		r.limit(v, "plan.depth", "the nodes are nested too deeply", r.depth[at], maxPortableDepth)
	}
	return r.nodes[id]
}

// halt stands where a mistake has been found.
var halt = &Stop{Code: FailInput}

// uses adds slots to those that the node being read needs.
func (r *planReader) uses(v *jsonx.Value, slots slotSet) {
	at := len(r.scope) - 1
	if r.spent += len(r.scope[at]) + len(slots); r.spent > maxPortableScope {
		r.limit(v, "plan.scope", "the nodes use too many slots", r.spent, maxPortableScope)
		return
	}
	out := append(slices.Clone(r.scope[at]), slots...)
	slices.Sort(out)
	r.scope[at] = slices.Compact(out)
}

// bound holds a tree to the one slot that is bound around it.
func (r *planReader) bound(v *jsonx.Value, id int, b *Binder) {
	for _, slot := range r.scope[id] {
		if r.err == nil && slot != b.ID-1 {
			r.fail(v, fmt.Sprintf("the slot %d is used where it is not bound", slot), "")
		}
	}
}

func (r *planReader) slot(v *jsonx.Value) *Binder {
	if len(r.slots) == 0 {
		r.fail(v, "the plan has no slots", "")
		return &Binder{Type: AnyType}
	}
	return r.slots[r.integer(v, 0, len(r.slots)-1)]
}

// of is the type of a node, which must be of a kind and there.
func (r *planReader) of(v *jsonx.Value, n Node, k Kind) *Type {
	t, ok := r.infer.Of(n)
	if r.err == nil && (!ok || t.Kind != k && t.Kind != Never) {
		r.fail(v, fmt.Sprintf("a %s is expected here, not %s", k, t), "")
	}
	if r.err == nil && r.infer.MayBeAbsent(n) {
		r.fail(v, "the value may be absent", "")
	}
	return t
}

// binds holds a slot to the type of what is bound to it.
func (r *planReader) binds(v *jsonx.Value, b *Binder, t *Type) *Binder {
	if r.err == nil && !holds(t, b.Type) {
		r.fail(v, fmt.Sprintf("the slot is for %s, and bound to %s", b.Type, t), "")
	}
	return b
}

func readCopy(r *planReader, v *jsonx.Value, x []*jsonx.Value) Node {
	from := r.slot(x[0])
	n := &Copy{From: from, Type: from.Type}
	for _, f := range r.list(x[1]) {
		if r.err != nil || n.Type.Kind != Record || n.Optional {
			r.fail(f, fmt.Sprintf("%s has no fields here", n.Type), "")
			return halt
		}
		if len(n.Type.Fields) == 0 {
			r.fail(f, fmt.Sprintf("%s has no fields", n.Type), "")
			return halt
		}
		i := r.integer(f, 0, len(n.Type.Fields)-1)
		n.Fields = append(n.Fields, i)
		n.Optional, n.Type = n.Type.Fields[i].Optional, n.Type.Fields[i].Type
	}
	r.uses(v, slotSet{from.ID - 1})
	return n
}

// readPlace reads a copy that stands in another node.
func (r *planReader) readPlace(v *jsonx.Value) *Copy {
	items := r.list(v)
	if len(items) != 3 || items[0].Text != "copy" {
		r.fail(v, "a copy is expected here", "")
		return nil
	}
	c, _ := readCopy(r, v, items[1:]).(*Copy)
	return c
}

func readLit(r *planReader, _ *jsonx.Value, x []*jsonx.Value) Node {
	t := r.typ(x[0])
	n := &Lit{Type: t, Value: r.constant(x[1], t)}
	if r.err == nil && n.Value == Absent {
		r.fail(x[1], "a constant is not absent", "")
	}
	return n
}

func readTag(r *planReader, _ *jsonx.Value, x []*jsonx.Value) Node {
	n := &Tag{Type: r.typ(x[0]), Branch: r.string(x[1]), X: r.node(x[2])}
	i := -1
	if n.Type.Kind == Union {
		i = n.Type.Branch(n.Branch)
	}
	if i < 0 {
		r.fail(x[1], fmt.Sprintf("%s has no branch %q", n.Type, n.Branch), "")
		return halt
	}
	r.gives(x[2], n.X, n.Type.Branches[i].Type, "the branch "+n.Branch)
	if r.err == nil && r.infer.MayBeAbsent(n.X) && !n.Type.JSON {
		r.fail(x[2], "the value may be absent", "")
	}
	return n
}

func readListOf(r *planReader, _ *jsonx.Value, x []*jsonx.Value) Node {
	n := &ListOf{Elem: r.typ(x[0])}
	for _, item := range r.list(x[1]) {
		n.Items = append(n.Items, r.node(item))
		r.gives(item, n.Items[len(n.Items)-1], n.Elem, "the element")
	}
	return n
}

func readCall(r *planReader, v *jsonx.Value, x []*jsonx.Value) Node {
	n := &Call{Func: FunctionNamed(r.string(x[0])), Type: r.typ(x[2])}
	if n.Func == nil {
		r.fail(x[0], fmt.Sprintf("there is no function %q", x[0].Text), "")
		return halt
	}
	for _, a := range r.list(x[1]) {
		n.Args = append(n.Args, r.node(a))
	}
	r.keys(x[3], "table", "pattern", "safe")
	if r.err != nil {
		return halt
	}
	n.Safe = r.flag(x[3].Get("safe"))
	if t := x[3].Get("table"); t != nil {
		n.Table = map[string]string{}
		for i := range t.Members {
			n.Table[t.Members[i].Key] = r.string(t.Members[i].Value)
		}
	}
	if p := x[3].Get("pattern"); p != nil {
		text := r.string(p)
		if !r.limit(p, "plan.pattern", "the pattern is too long", len(text), maxPattern) {
			return halt
		}
		compiled, err := regexp.Compile(text)
		if err != nil {
			r.fail(p, fmt.Sprintf("the pattern is none: %v", err), "")
			return halt
		}
		n.Pattern = compiled
	}
	if r.err == nil {
		if why := n.check(r.infer); why != "" {
			r.fail(v, why, "")
		}
	}
	return n
}

func readNothing(r *planReader, _ *jsonx.Value, x []*jsonx.Value) Node {
	return &Nothing{Type: r.typ(x[0])}
}

func readStop(r *planReader, _ *jsonx.Value, x []*jsonx.Value) Node {
	const most = 1_000_000
	n := &Stop{Code: r.string(x[0]), Hop: r.integer(x[1], 0, most), Step: r.integer(x[2], 0, most), Path: r.string(x[3]), Reason: r.string(x[4])}
	if r.err == nil && n.Code != FailDead && n.Code != FailDrop {
		r.fail(x[0], fmt.Sprintf("%q ends no event", n.Code), "dead or drop")
	}
	return n
}

func readApply(r *planReader, _ *jsonx.Value, x []*jsonx.Value) Node {
	if len(r.functions) == 0 {
		r.fail(x[0], "the plan has no functions", "")
		return halt
	}
	f := r.functions[r.integer(x[0], 0, len(r.functions)-1)]
	n := &Apply{Fn: f, X: r.node(x[1])}
	r.gives(x[1], n.X, f.Bind.Type, "the argument of "+f.Name)
	return n
}

// Opcodes lists the opcodes of nodes, sorted, each with its operands and what it
// means.
func Opcodes() [][3]string {
	var out [][3]string
	for _, name := range slices.Sorted(maps.Keys(opcodes)) {
		out = append(out, [3]string{name, opcodes[name].operands, opcodes[name].means})
	}
	return out
}
