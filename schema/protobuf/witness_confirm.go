package protobuf

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
)

// confirmer holds witnesses to the code that reads real events: a claim that it
// does not bear out is our bug, never a verdict.
type confirmer struct {
	writer, reader *Schema
}

func isBug(err error) bool {
	var bug *schema.Bug
	return errors.As(err, &bug)
}

// isLimit reports whether an error is about a bound, not about the event.
func isLimit(err error) bool {
	var e *schema.Error
	var w *schema.WalkError
	return errors.As(err, &e) && e.Limit != "" || errors.As(err, &w) && w.Limit != ""
}

// witness builds and confirms the event that shows a finding. Both answers are
// nil where the reader refuses the event for another reason, which is a finding
// of its own.
func (a *answer) witness(f *finding, b *schema.Break) (*schema.Witness, *schema.Undecided) {
	if f.kind == KindMessageMissing {
		return a.missingMessage(f, b)
	}
	shown := f
	if f.within >= 0 {
		shown = &a.findings[f.within]
	}
	at := shown.spots[0]
	root := a.rootOf(at.way)
	types, err := a.sides[0].eventTypes()
	if err != nil {
		return nil, a.bug(b, nil, "%v", err)
	}
	build := &eventBuilder{types: types}
	end := place{w: at.w, leaf: shown.leaf, in: a.ways[at.way].edge.r}
	m, err := build.event(root.w, a.chain(at.way), end)
	if err != nil {
		return nil, a.bug(b, nil, "%v", err)
	}
	a.step(1 + build.parts)
	if build.over {
		return nil, tooLarge(b.Path)
	}
	paths := []string{a.eventPath(at)}
	if shown.leaf.kind == leafPair {
		paths = append(paths, a.eventPath(spot{way: at.way, w: shown.leaf.with}))
	}
	if at.w != nil && at.r != nil && at.r.parent.entry && !at.w.parent.entry {
		// A value that the reader drops takes its entry with it.
		paths = append(paths, a.eventPath(spot{way: at.way}))
	}
	w, undecided := a.confirmEvent(root, m, b, paths, a.focus(at, shown.leaf.with))
	if w != nil && w.Effect == schema.Refused && (at.w == nil || !at.w.required) && shown.leaf.kind != leafNone && a.refusedAnyway(root, at, b) {
		return nil, nil
	}
	return w, undecided
}

// refusedAnyway reports whether the reader refuses even the event without what
// a witness is about, because of something that is in every event.
func (a *answer) refusedAnyway(root edge, at spot, b *schema.Break) bool {
	types, err := a.sides[0].eventTypes()
	if err != nil {
		return false
	}
	build := &eventBuilder{types: types}
	m, err := build.event(root.w, a.chain(at.way), place{})
	if err != nil || build.over {
		return false
	}
	a.step(1 + build.parts)
	raw, _, undecided := a.encode(root.w, m, b)
	if undecided != nil {
		return false
	}
	c := comparer{only: [2][]*fieldType{{}, {}}}
	if b.Surface == SurfaceJSON {
		err = a.readJSON(&c, root, m)
	} else {
		err = c.read(a.sides[0], a.sides[1], root.w, root.r, raw)
	}
	return err == nil && slices.ContainsFunc(c.faults, func(f Fault) bool { return f.Path == "" })
}

// focus are the fields that bear on a claim: those on the way to it and its own.
func (a *answer) focus(at spot, with *fieldType) (only [2][]*fieldType) {
	add := func(w, r *fieldType) {
		if w != nil {
			only[0] = append(only[0], w)
		}
		if r != nil {
			only[1] = append(only[1], r)
		}
	}
	only[0] = []*fieldType{}
	add(at.w, at.r)
	add(with, nil)
	for w := a.ways[at.way]; w.parent >= 0; w = a.ways[w.parent] {
		add(w.edge.wf, w.edge.rf)
	}
	return only
}

func tooLarge(path string) *schema.Undecided {
	return &schema.Undecided{Reason: schema.ReasonWitnessSize, Path: path, What: "the least event that could break is larger or deeper than a witness may be"}
}

// missingMessage is the least event of a message that the reader lacks.
func (a *answer) missingMessage(f *finding, b *schema.Break) (*schema.Witness, *schema.Undecided) {
	mt := a.writer.byName[f.name]
	types, err := a.sides[0].eventTypes()
	if err != nil {
		return nil, a.bug(b, nil, "%v", err)
	}
	build := &eventBuilder{types: types}
	m, err := build.event(mt, nil, place{})
	if err != nil {
		return nil, a.bug(b, nil, "%v", err)
	}
	a.step(1 + build.parts)
	if build.over {
		return nil, tooLarge(b.Path)
	}
	raw, value, undecided := a.encode(mt, m, b)
	if undecided != nil {
		return nil, undecided
	}
	if _, ok := a.sides[1].MessageIndexes(mt.full); ok && a.writer.pkg == a.reader.pkg {
		return nil, a.bug(b, raw, "the reader has the message")
	}
	return &schema.Witness{
		Value: value, Binary: raw, Message: mt.full, Effect: schema.Refused,
		Written: "a message " + clipped(mt.full), Read: "the reader has no message " + clipped(mt.full),
	}, nil
}

// encode writes an event and holds it to the writer's own walker and decoder.
func (a *answer) encode(mt *messageType, m *dynamicpb.Message, b *schema.Break) (raw, value []byte, undecided *schema.Undecided) {
	err := guarded("proto.Marshal", func() (err error) {
		raw, err = proto.MarshalOptions{Deterministic: true}.Marshal(m)
		return err
	})
	if err != nil {
		return nil, nil, a.bug(b, nil, "the event cannot be written: %v", err)
	}
	if raw == nil {
		raw = []byte{}
	}
	if len(raw) > schema.MaxWitnessBytes {
		return nil, nil, tooLarge(b.Path)
	}
	again, err := parseAs(a.sides[0], mt, raw, false)
	switch {
	case isLimit(err):
		return nil, nil, tooLarge(b.Path)
	case err != nil:
		return nil, nil, a.bug(b, raw, "the writer refuses the event: %v", err)
	case !proto.Equal(m, again.Interface()):
		return nil, nil, a.bug(b, raw, "the writer reads another event back")
	}
	if value, err = a.json(m); err != nil {
		return nil, nil, a.bug(b, raw, "the event cannot be shown: %v", err)
	}
	if len(value) > schema.MaxWitnessBytes {
		return nil, nil, tooLarge(b.Path)
	}
	return raw, value, nil
}

// json shows an event: in the JSON form if it has one, else with what is no
// text replaced.
func (a *answer) json(m *dynamicpb.Message) ([]byte, error) {
	types, err := a.sides[0].eventTypes()
	if err != nil {
		return nil, err
	}
	var raw []byte
	err = guarded("protojson.Marshal", func() (err error) {
		raw, err = protojson.MarshalOptions{Resolver: types}.Marshal(m)
		return err
	})
	if isBug(err) {
		return nil, err
	}
	if err != nil {
		return appendMessage(nil, m), nil
	}
	v, err := jsonx.Parse(string(raw), jsonx.Limits{})
	if err != nil {
		return nil, err
	}
	return jsonx.Append(nil, v), nil
}

// confirmEvent reads a witness as the reader does and looks for the fault that
// was claimed.
func (a *answer) confirmEvent(root edge, m *dynamicpb.Message, b *schema.Break, paths []string, only [2][]*fieldType) (*schema.Witness, *schema.Undecided) {
	raw, value, undecided := a.encode(root.w, m, b)
	if undecided != nil {
		return nil, undecided
	}
	c := comparer{only: only}
	var err error
	if b.Surface == SurfaceJSON {
		err = a.readJSON(&c, root, m)
	} else {
		err = c.read(a.sides[0], a.sides[1], root.w, root.r, raw)
	}
	if err != nil {
		return nil, a.bug(b, raw, "the reader cannot judge the event: %v", err)
	}
	f := claimed(c.faults, paths)
	if f == nil {
		for i := range c.faults {
			if at := whole(c.faults[i].Path); at == "" || strings.HasPrefix(paths[0], at) {
				return nil, nil // the reader does not get as far as that
			}
		}
		return nil, a.bug(b, raw, "the reader reads the event, with %d other faults", len(c.faults))
	}
	if f.Path != "" && f.Path != paths[0] && len(paths) > 1 {
		b.Path = b.Path[:len(b.Path)-len(paths[0])] + paths[1]
	}
	return &schema.Witness{Value: value, Binary: raw, Message: root.w.full, Effect: f.Effect, Written: f.Written, Read: f.Read}, nil
}

// claimed finds a fault at one of the paths, or in its elements, or that of an
// event which is refused as a whole.
func claimed(faults []Fault, paths []string) *Fault {
	for i := range faults {
		for _, path := range paths {
			if whole(faults[i].Path) == whole(path) {
				return &faults[i]
			}
		}
	}
	for i := range faults {
		if faults[i].Path == "" && faults[i].Effect == schema.Refused {
			return &faults[i]
		}
	}
	return nil
}

// whole is the path of a field, given that of its elements or entries.
func whole(path string) string {
	return strings.TrimSuffix(strings.TrimSuffix(path, "[]"), "{}")
}

func (a *answer) bug(b *schema.Break, event []byte, format string, args ...any) *schema.Undecided {
	cause := fmt.Sprintf("%s at %s, event %x: %s; writer %.2000s, reader %.2000s", b.Kind, b.Path, event[:min(len(event), 2000)],
		fmt.Sprintf(format, args...), a.sides[0].Canonical(), a.sides[1].Canonical())
	return &schema.Undecided{
		Reason: schema.ReasonBug, Path: b.Path, What: "a difference was found that the decoders do not bear out",
		Bug: &schema.Bug{Where: "protobuf.Contain", Cause: cause},
	}
}

// appendMessage writes a message that has no JSON form because its text is not
// UTF-8: only what a witness may hold is looked at.
func appendMessage(out []byte, m protoreflect.Message) []byte {
	var b bytes.Buffer
	b.WriteByte('{')
	first := true
	fds := m.Descriptor().Fields()
	for i := range fds.Len() {
		fd := fds.Get(i)
		if !m.Has(fd) {
			continue
		}
		if !first {
			b.WriteByte(',')
		}
		first = false
		b.Write(jsonx.AppendQuoted(nil, fd.JSONName()))
		b.WriteByte(':')
		b.Write(appendField(nil, fd, m.Get(fd)))
	}
	b.WriteByte('}')
	return append(out, b.Bytes()...)
}
