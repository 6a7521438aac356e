package protobuf

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/instar-registry/instar/schema"
)

// Fault is a place at which a reader does not get what the writer meant.
type Fault struct {
	// Path is the place in the writer's event, as in [schema.Break]; empty if
	// the reader refuses the event as a whole.
	Path   string
	Effect schema.Effect
	// Written and Read show both values, or the reader's error.
	Written, Read string
}

// maxFaults bounds what one event is told of.
const maxFaults = 1000

// Read parses an event of the writer under the reader and compares what the two
// see, field by field by number: what the reader does not have is no fault,
// what it has and does not see is. The message is named as the writer does and
// must have a counterpart of the same name, apart from the package. Enums are
// judged by the language's specification, not by the runtime, which takes every
// enum for an open one. The error tells that the writer does not accept the
// event, or of a bug.
func Read(writer, reader *Schema, message string, event []byte) (faults []Fault, err error) {
	w, err := writer.program()
	if err != nil {
		return nil, err
	}
	r, err := reader.program()
	if err != nil {
		return nil, err
	}
	for _, wt := range w.messages {
		if rt := r.byName[wt.rel]; wt.full == message && rt != nil {
			var c comparer
			err = guarded("protobuf.Read", func() error { return c.read(writer, reader, wt, rt, event) })
			return c.faults, err
		}
	}
	return nil, &schema.Error{What: "the message " + message + " is not in both schemas"}
}

// read parses an event on both sides and compares. The error is that of the
// writer, or a bug.
func (c *comparer) read(writer, reader *Schema, wt, rt *messageType, event []byte) error {
	wm, err := parseAs(writer, wt, event, false)
	if err != nil {
		return err
	}
	rm, err := parseAs(reader, rt, event, true)
	if err != nil {
		if isBug(err) {
			return err
		}
		c.fault("", schema.Refused, "an event", err.Error())
		return nil
	}
	if c.types[0], err = writer.eventTypes(); err != nil {
		return err
	}
	if c.types[1], err = reader.eventTypes(); err != nil {
		return err
	}
	c.messages(view{message: wm}, wt, view{message: rm}, rt, "")
	refused := func(f Fault) bool { return f.Effect == schema.Refused }
	if err := proto.CheckInitialized(rm.Interface()); err != nil && c.only[0] == nil && !slices.ContainsFunc(c.faults, refused) {
		c.fault("", schema.Refused, "an event", libraryMessage(err))
	}
	return nil
}

// parseAs walks and parses an event as a message of a schema. A partial one may
// lack what is required, which is then told at its place.
func parseAs(s *Schema, mt *messageType, event []byte, partial bool) (protoreflect.Message, error) {
	types, err := s.eventTypes()
	if err != nil {
		return nil, err
	}
	m, err := newMessage(types, mt)
	if err != nil {
		return nil, &schema.Bug{Where: "finding an event's type", Cause: err}
	}
	w, err := s.walkerOf(m.Descriptor())
	if err != nil {
		return nil, err
	}
	if err := w.Walk(event); err != nil && !(partial && strings.HasPrefix(err.Error(), "required field")) {
		return nil, err
	}
	err = guarded("proto.Unmarshal", func() error {
		return proto.UnmarshalOptions{Resolver: types, AllowPartial: partial, RecursionLimit: 10 * s.opts.Limits.EventDepth}.Unmarshal(event, m)
	})
	return m, err
}

// comparer collects the faults of one event.
type comparer struct {
	types  [2]*eventTypes
	faults []Fault
	// only are the writer's fields, and the required ones of the reader, to look
	// at; nil means all.
	only [2][]*fieldType
}

// among are the fields of a message to look at.
func (c *comparer) among(side int, all []*fieldType, mt *messageType) []*fieldType {
	if c.only[0] == nil {
		return all
	}
	var out []*fieldType
	for _, f := range c.only[side] {
		if f.parent == mt && (side == 0 || f.required) && !slices.Contains(out, f) {
			out = append(out, f)
		}
	}
	return out
}

func (c *comparer) fault(path string, effect schema.Effect, written, read string) {
	if len(c.faults) < maxFaults {
		c.faults = append(c.faults, Fault{Path: path, Effect: effect, Written: written, Read: read})
	}
}

// view is a message, or an entry of a map seen as one.
type view struct {
	message    protoreflect.Message
	key, value protoreflect.Value
}

// element is one value of a field.
type element struct {
	scalar meaning
	inner  view // of messages and entries
	absent bool // zero that was not written
}

// elements are the values of a field, entries in the order in which they are
// written. Numbers that a closed enum does not list are not seen by a reader.
func (c *comparer) elements(side int, v view, f *fieldType) []element {
	if v.message == nil {
		x := v.key
		if f.number == 2 {
			x = v.value
		}
		e := c.element(f, x)
		// A reader's entry has both parts, written or not.
		e.absent = side == 1 && (e.inner.message == nil && e.scalar.zero() || e.inner.message != nil && !populated(e.inner.message))
		return c.known(f, []element{e})
	}
	if inSet(f) {
		return c.item(side, v.message, f)
	}
	fd := fieldDescriptor(c.types[side], v.message.Descriptor(), f)
	if fd == nil {
		return nil
	}
	switch {
	case f.list:
		list := v.message.Get(fd).List()
		out := make([]element, list.Len())
		for i := range out {
			out[i] = c.element(f, list.Get(i))
		}
		return c.known(f, out)
	case f.mapped:
		return c.entries(v.message.Get(fd).Map(), f)
	case v.message.Has(fd):
		return c.known(f, []element{c.element(f, v.message.Get(fd))})
	case !f.presence && f.message == nil:
		return c.known(f, []element{{scalar: f.absent, absent: true}})
	}
	return nil
}

// item reads an item of a message set.
func (c *comparer) item(side int, m protoreflect.Message, f *fieldType) []element {
	content, ok := item(m, f.number)
	if !ok {
		return nil
	}
	inner, err := newMessage(c.types[side], f.message)
	if err == nil {
		err = proto.UnmarshalOptions{Resolver: c.types[side], AllowPartial: true}.Unmarshal(content, inner)
	}
	if err != nil {
		return nil // the reader does not get a message out of it
	}
	return []element{{inner: view{message: inner}}}
}

func (c *comparer) element(f *fieldType, v protoreflect.Value) element {
	if f.message != nil {
		return element{inner: view{message: v.Message()}}
	}
	return element{scalar: meaningOf(f.kind, v)}
}

// known drops what a closed enum does not list.
func (c *comparer) known(f *fieldType, list []element) []element {
	if f.enum == nil || !f.enum.closed {
		return list
	}
	return slices.DeleteFunc(list, func(e element) bool { return f.enum.value(e.scalar.signed()) == nil })
}

func (c *comparer) entries(m protoreflect.Map, f *fieldType) []element {
	kf, vf := f.message.field(1), f.message.field(2)
	var out []element
	m.Range(func(k protoreflect.MapKey, v protoreflect.Value) bool {
		if vf.enum == nil || len(c.known(vf, []element{c.element(vf, v)})) > 0 {
			out = append(out, element{inner: view{key: k.Value(), value: v}})
		}
		return true
	})
	slices.SortFunc(out, func(x, y element) int {
		a, b := meaningOf(kf.kind, x.inner.key), meaningOf(kf.kind, y.inner.key)
		if a.class == aText {
			return cmp.Compare(a.text, b.text)
		}
		if a.negative != b.negative {
			return cmp.Compare(b2i(b.negative), b2i(a.negative))
		}
		if a.negative {
			a, b = b, a
		}
		return cmp.Compare(a.magnitude, b.magnitude)
	})
	return out
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// messages compares two messages.
func (c *comparer) messages(wv view, wt *messageType, rv view, rt *messageType, path string) {
	for _, r := range c.among(1, rt.required, rt) {
		read, at := c.elements(1, rv, r), r
		w := wt.field(r.number)
		if w != nil {
			at = w
		}
		missing := len(read) == 0
		if rt.entry { // an absent value is an empty one
			seen := w != nil && w.message != nil && w.wire == r.wire && len(c.elements(0, wv, w)) > 0
			missing = !seen && (missing || read[0].absent)
		}
		if missing {
			c.fault(under(path, at), schema.Refused, "no "+r.name, "required field "+r.name+" is missing")
		}
	}
	for _, w := range c.among(0, wt.fields, wt) {
		values := c.elements(0, wv, w)
		r := rt.field(w.number)
		if r != nil {
			c.field(w, values, r, c.elements(1, rv, r), path)
		}
		if wt.entry || rt.entry || r != nil && r.name == w.name {
			continue
		}
		// A field that has another number in the reader: it must not look for
		// its value in vain.
		other := rt.byName[w.name]
		if other == nil || len(values) == 0 || values[0].absent {
			continue
		}
		before := len(c.faults)
		c.field(w, values, other, c.elements(1, rv, other), path)
		for i := before; i < len(c.faults); i++ {
			c.faults[i].Path, c.faults[i].Effect = under(path, w), schema.Lost
		}
	}
}

// validText reports whether a value that one side calls text is text.
func validText(f *fieldType, m meaning) bool {
	return f.kind != protoreflect.StringKind || utf8.ValidString(m.text)
}
