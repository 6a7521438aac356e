package plan

import (
	"fmt"
	"slices"

	"github.com/instar-registry/instar/internal/jsonx"
)

// planWriter numbers types, slots, functions and nodes as it meets them. Nodes
// that are written alike are one.
type planWriter struct {
	types     map[*Type]int
	plain     map[string]int
	typeList  []*jsonx.Value
	slots     map[*Binder]int
	slotList  []*jsonx.Value
	functions map[*Function]int
	fnList    []*jsonx.Value
	nodes     map[Node]int
	alike     map[string]int
	nodeList  []*jsonx.Value
	segments  *jsonx.Value
	hops      *jsonx.Value
	infer     *Types
	err       error
	// unknown says that records may hold what is unknown in Protobuf.
	unknown bool
}

func newPlanWriter() *planWriter {
	return &planWriter{
		types: map[*Type]int{}, plain: map[string]int{}, slots: map[*Binder]int{}, functions: map[*Function]int{},
		nodes: map[Node]int{}, alike: map[string]int{}, infer: NewTypes(),
	}
}

func (w *planWriter) wrong(format string, args ...any) {
	if w.err == nil {
		w.err = fmt.Errorf(format, args...)
	}
}

func (w *planWriter) segmentList(list []Segment) *jsonx.Value {
	out := jsonList()
	for i := range list {
		s := &list[i]
		var o memberList
		o.set("from", jsonText(string(s.From)))
		o.set("to", jsonText(string(s.To)))
		o.set("slot", w.slot(s.Source))
		o.set("root", w.ref(Simplify(s.Root)))
		o.set("target", w.typeRef(s.Target))
		out.Items = append(out.Items, o.value())
	}
	return out
}

// document is the plan with its hash.
func (w *planWriter) document(t Title, l EventLimits) *jsonx.Value {
	var o, limits memberList
	o.set("instar", jsonText(PortableFormat))
	o.set("from", endValue(t.From))
	o.set("to", endValue(t.To))
	o.set("hops", jsonTexts(t.Hops))
	o.set("verdict", jsonText(t.Verdict))
	o.set("class", jsonText(t.Class))
	o.set("total", jsonBool(t.Total))
	o.set("types", jsonList(w.typeList...))
	o.set("slots", jsonList(w.slotList...))
	o.set("functions", jsonList(w.fnList...))
	o.set("nodes", jsonList(w.nodeList...))
	o.set("segments", w.segments)
	o.set("stepwise", w.hops)
	limits.set("depth", jsonInt(l.Depth))
	limits.set("bytes", jsonInt(l.Bytes))
	limits.set("items", jsonInt(l.Items))
	limits.set("growth", jsonInt(l.Growth))
	limits.set("extra", jsonInt(l.Extra))
	o.set("limits", limits.value())
	o.set("hash", jsonText(hashOf(o.value())))
	return o.value()
}

func endValue(e End) *jsonx.Value {
	var o memberList
	o.add("subject", jsonText(e.Subject))
	o.add("version", jsonInt(e.Version))
	o.add("id", jsonInt(e.ID))
	o.add("schema", jsonText(e.Schema))
	return o.value()
}

// slot is the number of a binder; none is null.
func (w *planWriter) slot(b *Binder) *jsonx.Value {
	if b == nil {
		return jsonNull
	}
	id, known := w.slots[b]
	if !known {
		id = len(w.slotList)
		w.slots[b] = id
		w.slotList = append(w.slotList, w.typeRef(b.Type))
	}
	return jsonInt(id)
}

// ref is the number of a node; none is null.
func (w *planWriter) ref(n Node) *jsonx.Value {
	if n == nil {
		return jsonNull
	}
	if id, known := w.nodes[n]; known {
		return jsonInt(id)
	}
	v := w.node(n)
	text := string(jsonx.Append(nil, v))
	id, known := w.alike[text]
	if !known {
		id = len(w.nodeList)
		w.alike[text] = id
		w.nodeList = append(w.nodeList, v)
	}
	w.nodes[n] = id
	return jsonInt(id)
}

func op(name string, operands ...*jsonx.Value) *jsonx.Value {
	return jsonList(slices.Concat([]*jsonx.Value{jsonText(name)}, operands)...)
}

func (w *planWriter) refs(nodes []Node) *jsonx.Value {
	out := jsonList()
	for _, n := range nodes {
		out.Items = append(out.Items, w.ref(n))
	}
	return out
}

func (w *planWriter) node(n Node) *jsonx.Value {
	switch n := n.(type) {
	case *Copy:
		return w.place("copy", n)
	case *Lit:
		if n.Type == nil || n.Pending != nil {
			w.wrong("a constant has no type")
			return jsonNull
		}
		return op("lit", w.typeRef(n.Type), w.literalOf(n.Value, n.Type))
	case *Make:
		return w.make(n)
	case *Tag:
		t, _ := w.infer.Of(n)
		return op("tag", w.typeRef(t), jsonText(n.Branch), w.ref(n.X))
	case *ListOf:
		return op("list", w.typeRef(n.Elem), w.refs(n.Items))
	case *Call:
		return w.call(n)
	case *Nothing:
		return op("absent", w.typeRef(n.Type))
	case *Stop:
		return op("stop", jsonText(n.Code), jsonInt(n.Hop), jsonInt(n.Step), jsonText(n.Path), jsonText(n.Reason))
	case *Apply:
		return op("apply", w.function(n.Fn), w.ref(n.X))
	case *Extra:
		return op("extra", w.place("copy", n.Of), jsonText(n.Name))
	case *Cast:
		return op("cast", w.typeRef(n.Type), w.ref(n.X), jsonBool(n.Sure))
	default:
		return w.chosen(n)
	}
}

// chosen writes the nodes that look at a value first.
func (w *planWriter) chosen(n Node) *jsonx.Value {
	switch n := n.(type) {
	case *Switch:
		cases := jsonList()
		on := w.ref(n.On)
		for i := range n.Cases {
			c := &n.Cases[i]
			cases.Items = append(cases.Items, jsonList(jsonText(c.Branch), w.slot(c.Bind), w.ref(c.Body)))
		}
		return op("switch", on, cases)
	case *Opt:
		return op("opt", w.ref(n.On), w.slot(n.Bind), w.ref(n.Body), w.ref(n.Missing))
	case *Each:
		return op("each", w.ref(n.Over), w.slot(n.Bind), w.slot(n.Index), w.ref(n.Where), w.ref(n.Body))
	case *EachEntry:
		return op("entries", w.ref(n.Over), w.slot(n.Bind), w.slot(n.Key), w.ref(n.Where), w.ref(n.Body))
	case *If:
		return op("if", w.ref(n.Cond), w.ref(n.Then), w.ref(n.Else))
	case *OrElse:
		return op("else", w.ref(n.X), w.ref(n.Else))
	case *Let:
		return op("let", w.ref(n.X), w.slot(n.Bind), w.ref(n.Body))
	case *Check:
		return op("check", w.ref(n.X), w.ref(n.Body))
	case *Logic:
		name := "and"
		if n.Or {
			name = "or"
		}
		return op(name, w.ref(n.L), w.ref(n.R))
	case *Quantify:
		return op([...]string{All: "all", Some: "some", One: "one"}[n.Kind], w.ref(n.Over), w.slot(n.Bind), w.ref(n.Body))
	}
	w.wrong("a %T has no portable form", n)
	return jsonNull
}

// place writes a Copy. Its type is that of its slot and fields.
func (w *planWriter) place(name string, n *Copy) *jsonx.Value {
	t, optional := n.From.Type, false
	for _, i := range n.Fields {
		if t.Kind != Record || i >= len(t.Fields) {
			w.wrong("a copy leads into %s", t)
			return jsonNull
		}
		t, optional = t.Fields[i].Type, t.Fields[i].Optional
	}
	if !Same(t, n.Type) || optional != n.Optional {
		w.wrong("a copy of %s (optional: %t) is said to be %s (optional: %t)", t, optional, n.Type, n.Optional)
	}
	return op(name, w.slot(n.From), jsonInts(n.Fields))
}

func (w *planWriter) make(n *Make) *jsonx.Value {
	t, ok := w.infer.Of(n)
	if !ok || len(t.Fields) != len(n.Fields) {
		w.wrong("a record has %d fields, and its type %d", len(n.Fields), len(t.Fields))
		return jsonNull
	}
	fields := jsonList()
	if n.Base == nil && !t.JSON {
		for i := range n.Fields {
			fields.Items = append(fields.Items, w.ref(n.Fields[i].Node))
		}
		return op("record", w.typeRef(t), fields, w.rest(n.Rest))
	}
	extras, base := jsonList(), jsonNull
	if n.Base != nil {
		base = w.place("copy", n.Base)
	}
	for i := range n.Fields {
		fields.Items = append(fields.Items, w.part(&n.Fields[i]))
	}
	for i := range n.Extras {
		extras.Items = append(extras.Items, w.part(&n.Extras[i]))
	}
	return op("object", w.typeRef(t), fields, extras, base, w.rest(n.Rest))
}

func (w *planWriter) part(p *Part) *jsonx.Value {
	return jsonList(jsonText(p.Name), w.ref(p.Node), jsonText(p.From), jsonInt(p.Seq))
}

func (w *planWriter) rest(r *Rest) *jsonx.Value {
	if r == nil {
		return jsonNull
	}
	into := jsonList()
	for _, t := range r.Into {
		into.Items = append(into.Items, w.typeRef(t))
	}
	return jsonList(w.place("copy", r.Of), jsonTexts(r.Except), into)
}

func (w *planWriter) call(n *Call) *jsonx.Value {
	var o, table memberList
	for key, value := range n.Table {
		table.set(key, jsonText(value))
	}
	o.add("table", table.value())
	if n.Pattern != nil {
		o.set("pattern", jsonText(n.Pattern.String()))
	}
	o.add("safe", jsonBool(n.Safe))
	if FunctionNamed(n.Func.Name) != n.Func {
		w.wrong("the function %s is not in the list", n.Func.Name)
	}
	return op("call", jsonText(n.Func.Name), w.refs(n.Args), w.typeRef(n.Type), o.value())
}

// function is the number of a function, whose body may call it.
func (w *planWriter) function(f *Function) *jsonx.Value {
	id, known := w.functions[f]
	if !known {
		id = len(w.fnList)
		w.functions[f] = id
		w.fnList = append(w.fnList, jsonNull)
		var o memberList
		o.add("name", jsonText(f.Name))
		o.set("slot", w.slot(f.Bind))
		o.set("result", w.typeRef(f.Result))
		o.set("body", w.ref(f.Body))
		w.fnList[id] = o.value()
	}
	return jsonInt(id)
}
