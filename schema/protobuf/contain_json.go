package protobuf

import (
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/instar-registry/instar/schema"
)

// hasJSONForm reports whether a message has a JSON form of its own.
func hasJSONForm(name protoreflect.FullName) bool {
	if name.Parent() != "google.protobuf" {
		return false
	}
	switch name.Name() {
	case "Timestamp", "Duration", "FieldMask", "Struct", "Value", "ListValue", "Any", "DoubleValue", "FloatValue", "Int64Value",
		"UInt64Value", "Int32Value", "UInt32Value", "BoolValue", "StringValue", "BytesValue":
		return true
	}
	return false
}

// jsonPair judges the JSON form of two messages, where names pair the fields: a
// writer prints JSON names, a reader takes those and the original names and
// ignores every other.
func (j *pairJudge) jsonPair(w, r *messageType) {
	j.edges, j.problems = j.edges[:0], j.problems[:0]
	class := j.jsonClass()
	for _, oo := range r.oneofs {
		j.oneof(w, oo, true)
	}
	for _, f := range w.fields {
		if !j.step(1) {
			return
		}
		if f.message != nil && f.message.bottom || inSet(f) { // sets have no JSON form
			continue
		}
		to, meant := r.byJSON[f.json], sameField(f, r)
		if meant != nil && to != meant {
			kind := KindJSONName
			if meant.name != f.name {
				kind = KindFieldRenamed
			}
			if end, ok := j.missed(f, meant); ok {
				j.found(problem{kind: kind, class: class, surface: SurfaceJSON, w: f, r: meant, leaf: end})
			}
			continue
		}
		if to != nil && (to.number != f.number || j.readsBytes(f, to)) {
			j.jsonField(f, to, class)
		}
	}
}

// jsonClass is what a difference of the JSON form weighs.
func (j *pairJudge) jsonClass() schema.Class {
	if j.json {
		return schema.ClassData
	}
	return schema.ClassPolicy
}

// sameField is the reader's field that a field of the writer is: by its name or
// else by its number.
func sameField(f *fieldType, r *messageType) *fieldType {
	if same := r.byName[f.name]; same != nil {
		return same
	}
	return r.field(f.number)
}

// readsBytes reports whether the bytes of a field are read; if not, that is told
// already.
func (j *pairJudge) readsBytes(w, r *fieldType) bool {
	problems, edges := len(j.problems), len(j.edges)
	j.binary(w, r)
	reads := !breaks(j.problems[problems:])
	j.problems, j.edges = j.problems[:problems], j.edges[:edges]
	return reads
}

// jsonField judges two fields that a JSON name pairs.
func (j *pairJudge) jsonField(w, r *fieldType, class schema.Class) {
	changed := func(end leaf) {
		j.found(problem{kind: KindJSONForm, class: class, surface: SurfaceJSON, w: w, r: r, leaf: end})
	}
	held := func() leaf {
		if w.message == nil {
			return leaf{kind: leafValue, value: boundaries(w, r)[0]}
		}
		return leaf{kind: leafHeld}
	}
	switch {
	case w.mapped != r.mapped || w.list != r.list:
		changed(held())
	case w.message != nil && r.message != nil && alike(w.message, r.message):
		j.edges = append(j.edges, edge{wf: w, rf: r, w: w.message, r: r.message})
	case w.message != nil && r.message != nil:
		if w.message.full != r.message.full {
			end := leaf{kind: leafHeld}
			if takesObject(w.message) && takesObject(r.message) {
				end.kind = leafFilled
			}
			changed(end)
		}
	case w.message != nil:
		changed(leaf{kind: leafHeld})
	case r.message != nil:
		changed(held())
	case w.enum != nil && r.enum != nil:
		j.jsonEnums(w, r, class)
	case w.kind != r.kind:
		if v, bad := jsonMisread(w, r); bad {
			changed(leaf{kind: leafValue, value: v})
		}
	}
}

// alike reports whether the JSON forms of two messages compare by their fields:
// those of messages without a form of their own, and of wrappers.
func alike(w, r *messageType) bool {
	wrapper := func(m *messageType) bool {
		return m.special && strings.HasSuffix(m.full, "Value") && m.name.Name() != "Value" && m.name.Name() != "ListValue"
	}
	return !w.special && !r.special || wrapper(w) && wrapper(r)
}

// takesObject reports whether the JSON form of an empty message is {}.
func takesObject(m *messageType) bool {
	return !m.special || m.name.Name() == "Any" || m.name.Name() == "Struct"
}

// jsonMisread is the least value whose JSON form the reader does not take for
// the same.
func jsonMisread(w, r *fieldType) (meaning, bool) {
	const (
		boolean = iota
		integer
		real
		str
		base64
		symbol
	)
	form := func(f *fieldType) int {
		switch {
		case f.kind == protoreflect.BoolKind:
			return boolean
		case f.enum != nil:
			return symbol
		case f.kind == protoreflect.StringKind:
			return str
		case f.kind == protoreflect.BytesKind:
			return base64
		case classOf(f.kind) == aFloat:
			return real
		default:
			return integer
		}
	}
	from, to := form(w), form(r)
	list := boundaries(w, r)
	if len(list) == 0 {
		return meaning{}, false
	}
	switch {
	case from == integer && (to == integer || to == symbol):
		for _, m := range list {
			if !spanOf(r.kind).holds(m) || to == symbol && r.enum.closed && r.enum.value(m.signed()) == nil {
				return m, true
			}
		}
		return meaning{}, false
	case from == integer && to == real:
		exact := int64(1<<53 + 1)
		if r.kind == protoreflect.FloatKind {
			exact = 1<<24 + 1
		}
		return number(exact), spanOf(w.kind).holds(number(exact))
	case from == real && to == real:
		if w.kind == protoreflect.DoubleKind && r.kind == protoreflect.FloatKind {
			return meaning{class: aFloat, float: 0.1}, true
		}
		return meaning{}, false
	case from == real && to == integer:
		return meaning{class: aFloat, float: 1.5}, true
	case from == to:
		return meaning{}, false
	case from == symbol: // only listed numbers have names
		for _, v := range w.enum.values {
			if v.number != 0 || w.presence || w.many() {
				return number(v.number), true
			}
		}
		return meaning{}, false
	}
	return list[0], true
}

// namesKey is what the names of two enums are judged by.
type namesKey struct {
	w, r   *enumType
	many   bool
	absent meaning
}

// jsonEnums judges the names of two enums.
func (j *pairJudge) jsonEnums(wf, rf *fieldType, class schema.Class) {
	key := namesKey{w: wf.enum, r: rf.enum, many: wf.many(), absent: rf.absent}
	list, known := j.enumNames[key]
	if !known {
		list = j.enumNamePair(&key, class)
		j.enumNames[key] = list
	}
	if !j.step(len(list)) {
		return
	}
	for _, p := range list {
		p.w, p.r, p.we, p.re = wf, rf, wf.enum, rf.enum
		j.found(p)
	}
}

func (j *pairJudge) enumNamePair(key *namesKey, class schema.Class) (out []problem) {
	w, r := key.w, key.r
	for i := range w.values {
		if !j.step(1) {
			return out
		}
		v := &w.values[i]
		name := v.names[0]
		if !key.many && number(v.number).equal(key.absent) {
			continue // without the name the reader has the same value
		}
		at, ok := r.byName[name]
		if ok && at == v.number {
			continue
		}
		p := problem{kind: KindValueMissing, class: class, surface: SurfaceJSON, name: name, leaf: leaf{kind: leafValue, value: number(v.number)}}
		switch same := r.value(v.number); {
		case ok:
			continue // told as another number on the binary surface
		case same != nil:
			p.kind, p.other = KindValueRenamed, same.names[0]
		case r.closed:
			continue // told on the binary surface
		}
		out = append(out, p)
	}
	return out
}

// readJSON writes an event in the JSON form, reads it as the reader does and
// compares.
func (a *answer) readJSON(c *comparer, root edge, m *dynamicpb.Message) error {
	var err error
	for i, s := range a.sides {
		if c.types[i], err = s.eventTypes(); err != nil {
			return err
		}
	}
	rm, err := newMessage(c.types[1], root.r)
	if err != nil {
		return err
	}
	var refused error
	err = guarded("protojson", func() error {
		raw, err := protojson.MarshalOptions{Resolver: c.types[0]}.Marshal(m)
		if err == nil {
			refused = protojson.UnmarshalOptions{Resolver: c.types[1], AllowPartial: true, DiscardUnknown: true}.Unmarshal(raw, rm)
		}
		return err
	})
	if err != nil {
		return err
	}
	if refused != nil {
		c.fault("", schema.Refused, "an event", libraryMessage(refused))
		return nil
	}
	c.named(view{message: m}, root.w, view{message: rm}, root.r, "")
	return nil
}

// named compares two messages that the JSON form paired.
func (c *comparer) named(wv view, wt *messageType, rv view, rt *messageType, path string) {
	for _, r := range c.among(1, rt.required, rt) {
		if len(c.elements(1, rv, r)) == 0 {
			at := wt.byName[r.name]
			if at == nil {
				at = wt.field(r.number)
			}
			if at == nil || sameField(at, rt) != r {
				at = r
			}
			c.fault(under(path, at), schema.Refused, "no "+r.name, "required field "+r.name+" is missing")
		}
	}
	for _, w := range c.among(0, wt.fields, wt) {
		values := c.elements(0, wv, w)
		if len(values) == 0 || values[0].absent {
			continue
		}
		to, meant := rt.byJSON[w.json], sameField(w, rt)
		if meant != nil && to != meant {
			c.namedField(w, values, meant, c.elements(1, rv, meant), path)
			continue
		}
		if to != nil {
			c.namedField(w, values, to, c.elements(1, rv, to), path)
		}
	}
}

// namedField compares the values of two fields. What is special compares as the
// bytes do.
func (c *comparer) namedField(w *fieldType, written []element, r *fieldType, read []element, path string) {
	at := under(path, w)
	if len(read) == 1 && read[0].absent && !r.many() && r.message == nil {
		read = nil
	}
	if len(written) != len(read) {
		if len(read) == 0 && len(written) == 1 && w.message == nil && !w.many() && !r.many() && written[0].scalar.equal(r.absent) {
			return
		}
		c.fault(at, schema.Lost, c.count(written), c.count(read))
		return
	}
	for i := range written {
		c.namedOne(w, &written[i], r, &read[i], inside(at, w))
	}
}

func (c *comparer) namedOne(w *fieldType, written *element, r *fieldType, read *element, at string) {
	switch {
	case w.message != nil && r.message != nil && w.message.special && w.message.full == r.message.full:
		x, errX := proto.MarshalOptions{Deterministic: true, AllowPartial: true}.Marshal(written.inner.message.Interface())
		y, errY := proto.MarshalOptions{Deterministic: true, AllowPartial: true}.Marshal(read.inner.message.Interface())
		if errX != nil || errY != nil || string(x) != string(y) {
			c.fault(at, schema.Misread, "a message", "another one")
		}
	case w.message != nil && r.message != nil && !alike(w.message, r.message):
		within := comparer{types: c.types}
		within.named(written.inner, w.message, read.inner, r.message, "")
		if len(within.faults) > 0 {
			c.fault(at, schema.Misread, "a message", "another one")
		}
	case w.message != nil && r.message != nil:
		c.named(written.inner, w.message, read.inner, r.message, at)
	case w.message != nil || r.message != nil:
		c.fault(at, schema.Misread, c.count([]element{*written}), c.count([]element{*read}))
	case w.enum != nil && r.enum != nil:
		v := w.enum.value(written.scalar.signed())
		if v == nil {
			if !written.scalar.equal(read.scalar) {
				c.fault(at, schema.Misread, show(w, written.scalar), show(r, read.scalar))
			}
			return
		}
		if n, ok := r.enum.byName[v.names[0]]; !ok || n != read.scalar.signed() {
			c.fault(at, schema.Misread, show(w, written.scalar), show(r, read.scalar))
		}
	default:
		if !written.scalar.equal(read.scalar) || !read.scalar.zero() && w.kind != r.kind && (w.kind == protoreflect.BytesKind || r.kind == protoreflect.BytesKind) {
			c.fault(at, schema.Misread, show(w, written.scalar), show(r, read.scalar))
		}
	}
}
