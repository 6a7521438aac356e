package protobuf

import (
	"strings"

	"github.com/instar-registry/instar/schema"
)

// describe says what a finding is and where it lies on both sides.
func (a *answer) describe(f *finding) schema.Break {
	b := schema.Break{Kind: f.kind, Class: f.class, Surface: f.surface, Path: "$"}
	if strings.HasPrefix(f.kind, "message-") || strings.HasPrefix(f.kind, "enum-") {
		b.Path = f.name // without a place in an event
	}
	for i, at := range f.spots {
		if i == 0 {
			b.Path = a.path(at)
			continue
		}
		b.Paths = append(b.Paths, a.path(at))
	}
	a.places(f, &b)
	b.Params = a.parameters(f)
	message, ok := sentences[f.kind]
	if !ok {
		message = "the schemas differ here"
	}
	if f.kind == KindMessageMissing && f.class == schema.ClassData {
		message = "the reader schema has no message {message}, which events of the writer schema are"
	}
	if f.kind == KindValueMissing && f.class == schema.ClassPolicy {
		message = "the reader schema lacks the value {value} = {number} of enum {enum} of the writer schema and keeps its number"
	}
	var pairs []string
	for _, p := range b.Params {
		pairs = append(pairs, "{"+p.Name+"}", p.Value)
	}
	b.Message = strings.NewReplacer(pairs...).Replace(message)
	if f.class == schema.ClassPolicy {
		b.Message += "; the data stays readable"
		if f.surface == SurfaceJSON {
			b.Message += " in binary form"
		}
	}
	return b
}

// places finds the closest declarations.
func (a *answer) places(f *finding, b *schema.Break) {
	if len(f.spots) == 0 {
		if m := a.writer.byName[f.name]; m != nil && strings.HasPrefix(f.kind, "message-") {
			b.Writer = a.messagePlace(0, m)
		}
		for _, name := range []string{f.other, f.name} {
			if m := a.reader.byName[name]; m != nil && b.Reader.Pointer == "" && strings.HasPrefix(f.kind, "message-") {
				b.Reader = a.messagePlace(1, m)
			}
			if e := a.reader.enumByName[name]; e != nil && b.Reader.Pointer == "" && strings.HasPrefix(f.kind, "enum-") {
				b.Reader = a.enumPlace(1, e)
			}
		}
		if e := a.writer.enumByName[f.name]; e != nil && strings.HasPrefix(f.kind, "enum-") {
			b.Writer = a.enumPlace(0, e)
		}
		return
	}
	if f.we != nil {
		b.Writer, b.Reader = a.enumPlace(0, f.we), a.enumPlace(1, f.re)
		return
	}
	pair := a.ways[f.spots[0].way].edge
	b.Writer, b.Reader = a.messagePlace(0, pair.w), a.messagePlace(1, pair.r)
	if f.w != nil {
		b.Writer = a.fieldPlace(0, f.w)
	}
	if f.r != nil {
		b.Reader = a.fieldPlace(1, f.r)
	}
}
