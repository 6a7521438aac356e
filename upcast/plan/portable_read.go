package plan

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
)

// The limits of a portable plan. One from a network is hostile until it has been
// verified.
const (
	maxPortableBytes = 16 << 20
	maxPortableTypes = 20_000
	maxPortableNodes = 50_000
	maxPortableSlots = 50_000
	maxPortableScope = 5_000_000 // slots in use, over all nodes
	maxSegments      = 1_000
	maxScale         = 1_000
	maxFixed         = 1 << 20
	maxPattern       = 4 << 10
	maxPortableDepth = 10_000 // of nodes in nodes
)

// Load reads a portable plan and verifies it: its hash, every number in it, the
// types of every node, that a slot is used only where it is bound, that nothing
// contains itself, and that its trees are not too large. Only then it is
// compiled. The error is a [*schema.Error] with the place.
func Load(text string) (*Portable, error) {
	tree, err := jsonx.Parse(text, jsonx.Limits{
		Bytes: maxPortableBytes, Depth: 100, Nodes: 4_000_000, Digits: maxJSONDigits, Exponent: maxJSONExponent, Together: true,
	})
	if err != nil {
		return nil, err
	}
	r := &planReader{text: text, infer: NewTypes()}
	p := r.plan(tree)
	if r.err != nil {
		return nil, r.err
	}
	p.text = jsonx.Append(nil, sorted(tree))
	p.compile()
	return p, nil
}

// planReader reads and verifies a plan. After a mistake it goes on with harmless
// values until it comes out at the top.
type planReader struct {
	text      string
	types     []*Type
	slots     []*Binder
	functions []*Function
	nodes     []Node
	// scope lists for each node the slots that it needs bound, depth how deep
	// it is, absent whether it may give nothing.
	scope []slotSet
	depth []int
	spent int
	infer *Types
	err   error
	// unknown says that records may hold what is unknown in Protobuf.
	unknown bool
}

func (r *planReader) fail(at *jsonx.Value, what, hint string) {
	if r.err != nil {
		return
	}
	e := &schema.Error{What: what, Hint: hint}
	if at != nil {
		e.Position = jsonx.PositionOf(r.text, at.Offset)
	}
	r.err = e
}

func (r *planReader) limit(at *jsonx.Value, name, what string, found, most int) bool {
	if found > most && r.err == nil {
		r.err = schema.OverLimit(name, int64(found), int64(most), what, jsonx.PositionOf(r.text, at.Offset))
	}
	return found <= most
}

// integer reads a whole number within bounds.
func (r *planReader) integer(v *jsonx.Value, least, most int) int {
	n, err := 0, error(nil)
	if v == nil || v.Kind != jsonx.Number {
		r.fail(v, "a whole number is expected", "")
		return least
	}
	n, err = strconv.Atoi(v.Text)
	if err != nil || n < least || n > most || strconv.Itoa(n) != v.Text {
		r.fail(v, fmt.Sprintf("%s is no whole number from %d to %d", v.Text, least, most), "")
		return least
	}
	return n
}

func (r *planReader) string(v *jsonx.Value) string {
	if v == nil || v.Kind != jsonx.String {
		r.fail(v, "a text is expected", "")
		return ""
	}
	return v.Text
}

func (r *planReader) list(v *jsonx.Value) []*jsonx.Value {
	if v == nil || v.Kind != jsonx.Array {
		r.fail(v, "a list is expected", "")
		return nil
	}
	return v.Items
}

func (r *planReader) strings(v *jsonx.Value) []string {
	if v == nil {
		return nil
	}
	var out []string
	for _, x := range r.list(v) {
		out = append(out, r.string(x))
	}
	return out
}

// keys holds an object to the members that it may have.
func (r *planReader) keys(v *jsonx.Value, known ...string) {
	if v == nil || v.Kind != jsonx.Object {
		r.fail(v, "an object is expected", "")
		return
	}
	for i := range v.Members {
		if !slices.Contains(known, v.Members[i].Key) {
			r.fail(v.Members[i].Value, fmt.Sprintf("the member %q is not known", v.Members[i].Key), "")
		}
	}
}

func (r *planReader) plan(v *jsonx.Value) *Portable {
	r.keys(v, "instar", "hash", "from", "to", "hops", "verdict", "class", "total", "types", "slots", "functions", "nodes", "segments", "stepwise", "limits")
	if r.err != nil {
		return nil
	}
	if x := v.Get("instar"); x == nil || x.Text != PortableFormat {
		r.fail(v, "this is no plan", `its member "instar" must be "`+PortableFormat+`"`)
		return nil
	}
	p := &Portable{limits: r.limits(v.Get("limits")), hash: hashOf(v)}
	if said := v.Get("hash"); said == nil || said.Text != p.hash {
		r.fail(said, "the hash is not the one of the plan, which is "+p.hash, "the plan was changed after it was written")
		return nil
	}
	p.Title = Title{
		From: r.end(v.Get("from")), To: r.end(v.Get("to")), Hops: r.strings(v.Get("hops")),
		Verdict: r.string(v.Get("verdict")), Class: r.string(v.Get("class")), Total: r.flag(v.Get("total")),
	}
	r.readTypes(v.Get("types"))
	r.readSlots(v.Get("slots"))
	r.readFunctions(v.Get("functions"))
	r.readNodes(v.Get("nodes"))
	r.readBodies(v.Get("functions"))
	p.segments = r.readSegments(v.Get("segments"))
	if r.err == nil && len(p.segments) == 0 {
		r.fail(v.Get("segments"), "the plan has no segment", "")
	}
	p.hops = r.readSegments(v.Get("stepwise"))
	if n := len(p.hops); r.err == nil && n > 0 && (!Same(p.hops[0].Source.Type, p.segments[0].Source.Type) || !Same(p.hops[n-1].Target, p.segments[len(p.segments)-1].Target)) {
		r.fail(v.Get("stepwise"), "the hops lead elsewhere than the segments", "")
	}
	return p
}

func (r *planReader) flag(v *jsonx.Value) bool {
	if v != nil && v.Kind != jsonx.Bool {
		r.fail(v, "true or false is expected", "")
	}
	return v != nil && v.Bool
}

func (r *planReader) end(v *jsonx.Value) End {
	r.keys(v, "subject", "version", "id", "schema")
	if r.err != nil {
		return End{}
	}
	var out End
	if x := v.Get("subject"); x != nil {
		out.Subject = r.string(x)
	}
	if x := v.Get("schema"); x != nil {
		out.Schema = r.string(x)
	}
	const most = 1<<31 - 1
	if x := v.Get("version"); x != nil {
		out.Version = r.integer(x, 0, most)
	}
	if x := v.Get("id"); x != nil {
		out.ID = r.integer(x, 0, most)
	}
	return out
}

// limits are those of the plan, as far as they are not above the reader's own.
func (r *planReader) limits(v *jsonx.Value) EventLimits {
	l := DefaultEventLimits()
	r.keys(v, "depth", "bytes", "items", "growth", "extra")
	if r.err != nil {
		return l
	}
	for key, at := range map[string]*int{"depth": &l.Depth, "bytes": &l.Bytes, "items": &l.Items, "growth": &l.Growth, "extra": &l.Extra} {
		if x := v.Get(key); x != nil {
			*at = min(*at, r.integer(x, 1, 1<<31-1))
		}
	}
	return l
}

func (r *planReader) readSlots(v *jsonx.Value) {
	items := r.list(v)
	if r.err != nil || !r.limit(v, "plan.slots", "the plan has too many slots", len(items), maxPortableSlots) {
		return
	}
	for i, x := range items {
		r.slots = append(r.slots, &Binder{Type: r.typ(x), ID: i + 1})
	}
}

// readFunctions makes the functions without their bodies, which nodes may name.
func (r *planReader) readFunctions(v *jsonx.Value) {
	for _, x := range r.list(v) {
		r.keys(x, "name", "slot", "result", "body")
		if r.err != nil {
			return
		}
		f := &Function{Bind: r.slot(x.Get("slot")), Result: r.typ(x.Get("result"))}
		if name := x.Get("name"); name != nil {
			f.Name = r.string(name)
		}
		r.functions = append(r.functions, f)
	}
}

// readBodies gives the functions their bodies and holds these to what the
// functions promise.
func (r *planReader) readBodies(v *jsonx.Value) {
	if r.err != nil {
		return
	}
	for i, x := range v.Items {
		f, id := r.functions[i], r.nodeID(x.Get("body"))
		if r.err != nil {
			return
		}
		f.Body = r.nodes[id]
		r.bound(x, id, f.Bind)
		r.gives(x, f.Body, f.Result, "the function "+f.Name)
		if r.infer.MayBeAbsent(f.Body) {
			r.fail(x, "the function may give nothing", "")
		}
	}
}

func (r *planReader) readSegments(v *jsonx.Value) []Segment {
	items := r.list(v)
	if r.err != nil || !r.limit(v, "plan.segments", "the plan has too many segments", len(items), maxSegments) {
		return nil
	}
	var out []Segment
	for _, x := range items {
		r.keys(x, "from", "to", "slot", "root", "target")
		if r.err != nil {
			return nil
		}
		s := Segment{From: r.form(x.Get("from")), To: r.form(x.Get("to")), Source: r.slot(x.Get("slot")), Target: r.typ(x.Get("target"))}
		id := r.nodeID(x.Get("root"))
		if r.err != nil {
			return nil
		}
		s.Root = r.nodes[id]
		r.bound(x, id, s.Source)
		r.gives(x, s.Root, s.Target, "the segment")
		r.encodable(x, s.From, s.Source.Type)
		r.encodable(x, s.To, s.Target)
		if size := Size(s.Root, maxPortableNodes); !r.limit(x, "plan.nodes", "the tree is too large", size, maxPortableNodes) {
			return nil
		}
		if n := len(out); n > 0 && (out[n-1].To != s.From || !Same(out[n-1].Target, s.Source.Type)) {
			r.fail(x, "the segment does not begin where the one before ends", "")
		}
		out = append(out, s)
	}
	return out
}

func (r *planReader) form(v *jsonx.Value) Form {
	f := Form(r.string(v))
	if f != FormAvro && f != FormJSON && f != FormProtobuf {
		r.fail(v, fmt.Sprintf("%q is no encoding of events", string(f)), "avro, json or protobuf")
	}
	return f
}

// gives holds a tree to the type of what it should give.
func (r *planReader) gives(at *jsonx.Value, n Node, want *Type, who string) {
	t, ok := r.infer.Of(n)
	if r.err == nil && (!ok || !holds(t, want)) {
		r.fail(at, fmt.Sprintf("%s gives %s, not %s", who, t, want), "")
	}
}
