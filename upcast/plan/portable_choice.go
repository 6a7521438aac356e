package plan

import (
	"fmt"

	"github.com/instar-registry/instar/internal/jsonx"
)

func readRecord(r *planReader, v *jsonx.Value, x []*jsonx.Value) Node {
	t := r.typ(x[0])
	n := &Make{Name: t.Name, Type: t, Rest: r.rest(x[2])}
	items := r.list(x[1])
	if t.Kind != Record || t.JSON || len(items) != len(t.Fields) {
		r.fail(v, fmt.Sprintf("%d fields are no record of type %s", len(items), t), "")
		return halt
	}
	for i, item := range items {
		f := &t.Fields[i]
		n.Fields = append(n.Fields, Part{Name: f.Name, Number: f.Number, Node: r.fieldNode(item, r.node(item), f)})
	}
	if n.Rest != nil && t.layout == nil && !t.Open {
		r.fail(x[2], fmt.Sprintf("%s keeps nothing beside its fields", t), "")
	}
	return n
}

// fieldNode holds what a field is given to its type.
func (r *planReader) fieldNode(v *jsonx.Value, n Node, f *Field) Node {
	r.gives(v, n, f.Type, "the field "+f.Name)
	if r.err == nil && r.infer.MayBeAbsent(n) && !f.Optional {
		r.fail(v, fmt.Sprintf("the field %s may be absent", f.Name), "")
	}
	return n
}

func readObject(r *planReader, v *jsonx.Value, x []*jsonx.Value) Node {
	t := r.typ(x[0])
	n := &Make{Name: t.Name, Type: t, Rest: r.rest(x[4])}
	parts := r.list(x[1])
	if t.Kind != Record || len(parts) != len(t.Fields) {
		r.fail(v, fmt.Sprintf("%d fields are no object of type %s", len(parts), t), "")
		return halt
	}
	for i, item := range parts {
		p := r.part(item)
		if p.Name != t.Fields[i].Name {
			r.fail(item, fmt.Sprintf("the field %q is not the one of the type, %q", p.Name, t.Fields[i].Name), "")
			return halt
		}
		r.fieldNode(item, p.Node, &t.Fields[i])
		n.Fields = append(n.Fields, p)
	}
	for _, item := range r.list(x[2]) {
		n.Extras = append(n.Extras, r.part(item))
	}
	if x[3].Kind != jsonx.Null {
		n.Base = r.readPlace(x[3])
	}
	return n
}

func (r *planReader) part(v *jsonx.Value) Part {
	items := r.list(v)
	if len(items) != 4 {
		r.fail(v, "a part is [name, node, from, seq]", "")
		return Part{Node: halt}
	}
	return Part{Name: r.string(items[0]), Node: r.node(items[1]), From: r.string(items[2]), Seq: r.integer(items[3], 0, 1<<31-1)}
}

// rest reads what is kept beside the fields; null is nothing.
func (r *planReader) rest(v *jsonx.Value) *Rest {
	if v.Kind == jsonx.Null {
		return nil
	}
	items := r.list(v)
	if len(items) != 3 {
		r.fail(v, "a rest is [copy, names, types]", "")
		return nil
	}
	out := &Rest{Of: r.readPlace(items[0]), Except: r.strings(items[1])}
	for _, t := range r.list(items[2]) {
		into := r.typ(t)
		if r.err == nil && into.layout == nil {
			r.fail(t, fmt.Sprintf("%s is no message", into), "")
		}
		out.Into = append(out.Into, into)
	}
	return out
}

func readExtra(r *planReader, _ *jsonx.Value, x []*jsonx.Value) Node {
	return &Extra{Of: r.readPlace(x[0]), Name: r.string(x[1])}
}

func readCast(r *planReader, v *jsonx.Value, x []*jsonx.Value) Node {
	n := &Cast{Type: r.typ(x[0]), X: r.node(x[1]), Sure: r.flag(x[2])}
	if r.err == nil && !n.Type.JSON {
		r.fail(v, fmt.Sprintf("%s is no type of JSON", n.Type), "")
	}
	return n
}

func readSwitch(r *planReader, v *jsonx.Value, x []*jsonx.Value) Node {
	n := &Switch{On: r.node(x[0])}
	t := r.of(x[0], n.On, Union)
	cases := map[string]bool{}
	for _, item := range r.list(x[1]) {
		parts := r.list(item)
		if len(parts) != 3 {
			r.fail(item, "a case is [branch, slot, node]", "")
		}
		if r.err != nil {
			return halt
		}
		c := Case{Branch: r.string(parts[0]), Bind: r.slot(parts[1])}
		i := t.Branch(c.Branch)
		if t.Kind == Union && (i < 0 || t.Branches[i].Name != c.Branch || cases[c.Branch]) {
			r.fail(item, fmt.Sprintf("%s has no branch %q, or it has a case already", t, c.Branch), "")
			return halt
		}
		if t.Kind == Union {
			r.binds(item, c.Bind, t.Branches[i].Type)
		}
		cases[c.Branch] = true
		c.Body = r.node(parts[2], c.Bind)
		n.Cases = append(n.Cases, c)
	}
	if r.err == nil && t.Kind == Union && len(cases) != len(t.Branches) {
		r.fail(v, fmt.Sprintf("%d of %d branches have a case", len(cases), len(t.Branches)), "")
	}
	return n
}

func readOpt(r *planReader, _ *jsonx.Value, x []*jsonx.Value) Node {
	n := &Opt{On: r.node(x[0]), Bind: r.slot(x[1])}
	t, ok := r.infer.Of(n.On)
	if r.err == nil && !ok {
		r.fail(x[0], "the value has no one type", "")
	}
	r.binds(x[1], n.Bind, t)
	n.Body, n.Missing = r.node(x[2], n.Bind), r.node(x[3])
	return n
}

func readEach(r *planReader, _ *jsonx.Value, x []*jsonx.Value) Node {
	n := &Each{Over: r.node(x[0]), Bind: r.slot(x[1])}
	r.element(x[0], n.Over, n.Bind, List)
	if x[2].Kind != jsonx.Null {
		n.Index = r.binds(x[2], r.slot(x[2]), indexType)
	}
	n.Where = r.where(x[3], n.Bind, n.Index)
	n.Body = r.node(x[4], n.Bind, n.Index)
	r.there(x[4], n.Body)
	return n
}

var (
	indexType = &Type{Kind: Int, Bits: 64}
	keyType   = &Type{Kind: String}
)

func readEntries(r *planReader, _ *jsonx.Value, x []*jsonx.Value) Node {
	n := &EachEntry{Over: r.node(x[0]), Bind: r.slot(x[1])}
	r.element(x[0], n.Over, n.Bind, Map)
	if x[2].Kind != jsonx.Null {
		n.Key = r.binds(x[2], r.slot(x[2]), keyType)
	}
	n.Where = r.where(x[3], n.Bind, n.Key)
	n.Body = r.node(x[4], n.Bind, n.Key)
	r.there(x[4], n.Body)
	return n
}

// element holds a slot to the elements of what is looped over.
func (r *planReader) element(v *jsonx.Value, over Node, b *Binder, k Kind) {
	if t := r.of(v, over, k); r.err == nil && t.Kind == k {
		r.binds(v, b, t.Elem)
	}
}

func (r *planReader) there(v *jsonx.Value, n Node) {
	if r.err == nil && r.infer.MayBeAbsent(n) {
		r.fail(v, "an element may be absent", "")
	}
}

func (r *planReader) where(v *jsonx.Value, bound ...*Binder) Node {
	if v.Kind == jsonx.Null {
		return nil
	}
	n := r.node(v, bound...)
	r.of(v, n, Bool)
	return n
}

func readIf(r *planReader, _ *jsonx.Value, x []*jsonx.Value) Node {
	n := &If{Cond: r.node(x[0]), Then: r.node(x[1]), Else: r.node(x[2])}
	r.of(x[0], n.Cond, Bool)
	return n
}

func readElse(r *planReader, _ *jsonx.Value, x []*jsonx.Value) Node {
	return &OrElse{X: r.node(x[0]), Else: r.node(x[1])}
}

func readLet(r *planReader, _ *jsonx.Value, x []*jsonx.Value) Node {
	n := &Let{X: r.node(x[0]), Bind: r.slot(x[1])}
	t, _ := r.infer.Of(n.X)
	r.binds(x[1], n.Bind, t)
	n.Body = r.node(x[2], n.Bind)
	return n
}

func readCheck(r *planReader, _ *jsonx.Value, x []*jsonx.Value) Node {
	return &Check{X: r.node(x[0]), Body: r.node(x[1])}
}

func readLogic(r *planReader, v *jsonx.Value, x []*jsonx.Value) Node {
	n := &Logic{Or: v.Items[0].Text == "or", L: r.node(x[0]), R: r.node(x[1])}
	r.of(x[0], n.L, Bool)
	r.of(x[1], n.R, Bool)
	return n
}

func readQuantify(r *planReader, v *jsonx.Value, x []*jsonx.Value) Node {
	n := &Quantify{Kind: map[string]Quantifier{"all": All, "some": Some, "one": One}[v.Items[0].Text], Over: r.node(x[0]), Bind: r.slot(x[1])}
	r.element(x[0], n.Over, n.Bind, List)
	n.Body = r.node(x[2], n.Bind)
	r.of(x[2], n.Body, Bool)
	return n
}
