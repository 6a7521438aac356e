package protobuf

import (
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/instar-registry/instar/schema"
)

// eachRemoval calls with what is left of a message when one field, element or
// entry is taken away, at any depth; the message is as before in the end.
func eachRemoval(m protoreflect.Message, try func()) {
	var fields []protoreflect.FieldDescriptor
	m.Range(func(fd protoreflect.FieldDescriptor, _ protoreflect.Value) bool {
		fields = append(fields, fd)
		return true
	})
	for _, fd := range fields {
		v := m.Get(fd)
		m.Clear(fd)
		try()
		m.Set(fd, v)
		switch {
		case fd.IsMap():
			var keys []protoreflect.MapKey
			v.Map().Range(func(k protoreflect.MapKey, _ protoreflect.Value) bool {
				keys = append(keys, k)
				return true
			})
			for _, k := range keys {
				e := v.Map().Get(k)
				if fd.MapValue().Message() != nil {
					eachRemoval(e.Message(), try)
				}
				v.Map().Clear(k)
				try()
				v.Map().Set(k, e)
			}
		case fd.IsList():
			list := v.List()
			if n := list.Len(); n > 1 {
				last := list.Get(n - 1)
				list.Truncate(n - 1)
				try()
				list.Append(last)
			}
			for i := 0; fd.Message() != nil && i < list.Len(); i++ {
				eachRemoval(list.Get(i).Message(), try)
			}
		case fd.Message() != nil:
			eachRemoval(v.Message(), try)
		}
	}
}

// shows reports whether an event still has a fault at the place of a break.
func shows(t *testing.T, w, r *Schema, b *schema.Break, wt, rt *messageType, m proto.Message) bool {
	t.Helper()
	raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		return false // a required field is gone
	}
	var c comparer
	if b.Surface == SurfaceJSON {
		parsed, err := parseAs(w, wt, raw, false)
		if err != nil {
			t.Fatal(err)
		}
		again, _ := newMessage(mustTypes(t, w), wt)
		proto.Merge(again, parsed.Interface())
		if err := (&answer{sides: [2]*Schema{w, r}}).readJSON(&c, edge{w: wt, r: rt}, again); err != nil {
			return false
		}
	} else if err := c.read(w, r, wt, rt, raw); err != nil {
		t.Fatal(err)
	}
	path := b.Path
	if p, _ := w.program(); p.events[0] != wt {
		path = path[len(wt.rel)+1:]
	}
	for _, f := range c.faults {
		if f.Effect == b.Effect && (f.Path == "" || whole(f.Path) == whole(path)) {
			return true
		}
	}
	return false
}

func mustTypes(t *testing.T, s *Schema) *eventTypes {
	t.Helper()
	types, err := s.eventTypes()
	if err != nil {
		t.Fatal(err)
	}
	return types
}

// TestWitnessesAreMinimal: without any one of its fields, elements or entries a
// witness no longer shows the break.
func TestWitnessesAreMinimal(t *testing.T) {
	var pairs [][2]*Schema
	for _, c := range containCases(t) {
		pairs = append(pairs, [2]*Schema{mustParse(t, c[0]), mustParse(t, c[1])})
	}
	for seed := range uint64(500) {
		if w, r, ok := drawPair(seed); ok {
			pairs = append(pairs, [2]*Schema{w, r})
		}
	}
	held := 0
	for i, p := range pairs {
		w, r := p[0], p[1]
		if i%2 == 1 {
			w, r = r, w
		}
		c := contain(t, w, r, ContainOptions{JSON: true})
		wp, _ := w.program()
		rp, _ := r.program()
		needed := map[string]bool{}
		for k := range c.Breaks {
			needed[c.Breaks[k].Path] = needed[c.Breaks[k].Path] || c.Breaks[k].Kind == KindMadeRequired
		}
		for k := range c.Breaks {
			b := &c.Breaks[k]
			if needed[b.Path] && b.Kind != KindMadeRequired {
				continue // the empty event is refused there for another reason
			}
			// What a type change is shown by has a place of its own.
			if b.Witness == nil || b.Kind == KindMessageMissing || b.Kind == KindMessageType {
				continue
			}
			wt := wp.byName[b.Witness.Message]
			rt := rp.byName[b.Witness.Message]
			m, err := parseAs(w, wt, b.Witness.Binary, false)
			if err != nil || rt == nil {
				continue // the message has another name
			}
			if !shows(t, w, r, b, wt, rt, m.Interface()) {
				t.Fatalf("%s\nread as\n%s: %s at %s is not shown by %s", w.Text(), r.Text(), b.Kind, b.Path, b.Witness.Value)
			}
			eachRemoval(m, func() {
				held++
				if shows(t, w, r, b, wt, rt, m.Interface()) {
					t.Fatalf("%s\nread as\n%s: %s at %s is shown by less than %s: %v", w.Text(), r.Text(), b.Kind, b.Path, b.Witness.Value, m)
				}
			})
		}
	}
	if held < 300 {
		t.Errorf("only %d removals", held)
	}
}
