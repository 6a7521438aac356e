package protobuf

import (
	"fmt"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/instar-registry/instar/schema"
)

// field compares the values of a field on both sides.
func (c *comparer) field(w *fieldType, written []element, r *fieldType, read []element, path string) {
	at := under(path, w)
	lost := func() { c.fault(at, schema.Lost, c.count(written), c.count(read)) }
	misread := func() { c.fault(at, schema.Misread, c.count(written), c.count(read)) }
	switch {
	case len(written) == 0 && len(read) == 0, len(written) == 0 && !r.many() && read[0].absent:
		if !w.absent.equal(r.absent) {
			c.fault(at, schema.Defaulted, w.absent.String(), r.absent.String())
		}
	case len(written) == 0:
		misread()
	case !r.many() && len(written) > 1:
		if r.message != nil && w.message != nil && len(read) > 0 {
			misread() // merged
		} else {
			lost()
		}
	case !r.many() && len(read) == 0:
		c.unseen(w, &written[0], r, at)
	case !r.many():
		c.one(w, &written[0], r, &read[0], inside(at, w))
	case !w.many() && len(read) == 0:
		if written[0].absent || w.message == nil && written[0].scalar.zero() {
			if !written[0].scalar.zero() {
				c.fault(at, schema.Defaulted, written[0].scalar.String(), "no element")
			}
			return
		}
		lost()
	case len(read) < len(written):
		lost()
	case len(read) > len(written):
		misread()
	case r.mapped:
		c.byKey(w, written, r, read, at)
	default:
		for i := range written {
			c.one(w, &written[i], r, &read[i], inside(at, w))
		}
	}
}

// unseen judges a value that the reader does not see at all.
func (c *comparer) unseen(w *fieldType, written *element, r *fieldType, at string) {
	if w.message != nil {
		if r.message != nil || w.mapped || written.inner.message == nil || populated(written.inner.message) {
			c.fault(at, schema.Lost, "a message", "nothing")
		}
		return
	}
	if written.scalar.equal(r.absent) {
		return
	}
	effect := schema.Lost
	if written.absent {
		effect = schema.Defaulted
	}
	c.fault(at, effect, show(w, written.scalar), show(r, r.absent))
}

// one compares one value with one value.
func (c *comparer) one(w *fieldType, written *element, r *fieldType, read *element, at string) {
	switch {
	case w.message != nil && r.message != nil:
		c.messages(written.inner, w.message, read.inner, r.message, at)
		return
	case w.message != nil:
		if written.inner.message == nil || populated(written.inner.message) || !read.scalar.zero() {
			effect := schema.Misread
			if read.absent {
				effect = schema.Lost
			}
			c.fault(at, effect, "a message", show(r, read.scalar))
		}
		return
	case r.message != nil:
		if !written.scalar.zero() || read.inner.message == nil || populated(read.inner.message) {
			c.fault(at, schema.Misread, show(w, written.scalar), "a message")
		}
		return
	}
	same := written.scalar.equal(read.scalar) && (w.kind == r.kind || validText(r, read.scalar))
	if same && w.enum != nil && r.enum != nil {
		same = !moved(w.enum, r.enum, written.scalar.signed())
	}
	if same {
		return
	}
	effect := schema.Misread
	switch {
	case read.absent && written.absent:
		effect = schema.Defaulted
	case read.absent && (w.wire != r.wire || w.packed):
		effect = schema.Lost // else it was seen, and taken for zero
	}
	c.fault(at, effect, show(w, written.scalar), show(r, read.scalar))
}

// moved reports whether the name of a number belongs to another number in the
// reader's enum.
func moved(w, r *enumType, n int64) bool {
	v := w.value(n)
	return v != nil && renumberedSymbol(r, v, r.value(n)) != ""
}

// byKey compares elements, or entries, with the entries that they became.
func (c *comparer) byKey(w *fieldType, written []element, r *fieldType, read []element, at string) {
	kr := r.message.field(1)
	keys := make(map[meaning]*element, len(read))
	for i := range read {
		keys[c.keyed(read[i].inner.key, kr)] = &read[i]
	}
	for i := range written {
		entry := keys[c.keyOf(w, &written[i])]
		if entry == nil && len(written) == 1 {
			entry = &read[0]
		}
		if entry == nil {
			c.fault(inside(at, w), schema.Lost, "an entry", "no entry with this key")
			continue
		}
		c.one(w, &written[i], r, entry, inside(at, w))
	}
}

func (c *comparer) keyed(v protoreflect.Value, f *fieldType) meaning {
	m := meaningOf(f.kind, v)
	if m.zero() {
		return meaning{}
	}
	return m
}

// keyOf is what stands under number 1, where a map has its key.
func (c *comparer) keyOf(w *fieldType, e *element) meaning {
	if w.message == nil {
		return meaning{}
	}
	f := w.message.field(1)
	if f == nil || f.message != nil || f.many() {
		return meaning{}
	}
	m := f.absent
	if list := c.elements(0, e.inner, f); len(list) > 0 {
		m = list[0].scalar
	}
	if m.zero() {
		return meaning{}
	}
	return m
}

// count shows a list.
func (c *comparer) count(list []element) string {
	switch len(list) {
	case 0:
		return "nothing"
	case 1:
		if list[0].scalar.class != aNothing {
			return list[0].scalar.String()
		}
		return "1 element"
	default:
		return fmt.Sprintf("%d elements", len(list))
	}
}

// show writes a value; an enum's with its name.
func show(f *fieldType, m meaning) string {
	if f.enum != nil {
		if v := f.enum.value(m.signed()); v != nil {
			return fmt.Sprintf("%s (%s)", m, clipped(v.names[0]))
		}
	}
	if m.class == aNothing {
		m.class = classOf(f.kind)
	}
	return m.String()
}
