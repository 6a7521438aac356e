package upcast

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/instar-registry/instar/internal/nearest"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/protobuf"
	"github.com/instar-registry/instar/upcast/plan"
)

// MessageName is the full name of a message of a Protobuf schema: of its first
// one if message is empty, of the one that message names otherwise, with or
// without its package. It is empty for the other formats, whose schemas have one
// type of events each. The error is an [*Error].
func MessageName(s schema.Parsed, message string) (string, error) {
	p, ok := s.(*protobuf.Schema)
	if !ok {
		if message != "" {
			return "", noMessage(fmt.Sprintf("a schema of format %s has no message %s", s.Format(), message), "leave message out")
		}
		return "", nil
	}
	all := p.Messages()
	switch i := slices.Index(all, message); {
	case message == "" && len(all) == 0:
		return "", noMessage("the file has no message, and so no events", "")
	case message == "":
		return all[0], nil
	case i >= 0:
		return all[i], nil
	}
	i := slices.IndexFunc(all, func(name string) bool { return strings.HasSuffix(name, "."+message) })
	if i < 0 {
		hint := "leave message out where the first one is meant"
		if near := nearest.Name(message, all); near != "" {
			hint = fmt.Sprintf("did you mean %s?", near)
		}
		return "", noMessage("the schema has no message "+message, hint)
	}
	return all[i], nil
}

// MessageAt is the full name of the message at a place of a Protobuf file, as
// frames have it; no place is the first message. It is empty for other formats.
func MessageAt(s schema.Parsed, path []int) (string, error) {
	p, ok := s.(*protobuf.Schema)
	if !ok {
		return "", nil
	}
	md, err := p.Message(path)
	if err != nil {
		return "", err
	}
	return string(md.FullName()), nil
}

// EventType is the name of the events of a schema: the full name of an Avro type, or
// of the first message of a Protobuf file. JSON Schemas and nameless Avro types have
// none.
func EventType(s schema.Parsed) string {
	if s.Format() == schema.JSON {
		return ""
	}
	c, err := codecOf(s)
	if err != nil {
		return ""
	}
	return c.events().Name
}

// MessageEvents are the events of one message of a Protobuf file: they are read
// and written in its JSON form.
type MessageEvents struct {
	*protobuf.Schema
	// Path is the place of the message in the file.
	Path []int
}

// EventsOf are the events of a message by its full name, or of the first one if
// the name is empty; ok is false for other formats.
func EventsOf(s schema.Parsed, message string) (e MessageEvents, ok bool, err error) {
	p, ok := s.(*protobuf.Schema)
	if !ok {
		return e, false, nil
	}
	if message, err = MessageName(p, message); err != nil {
		return e, false, err
	}
	path, _ := p.MessageIndexes(message)
	return MessageEvents{p, path}, true, nil
}

// Encode reads an event from its JSON form.
func (m MessageEvents) Encode(json []byte) ([]byte, error) { return m.EncodeMessage(m.Path, json) }

// Decode shows an event in its JSON form.
func (m MessageEvents) Decode(event []byte) ([]byte, error) { return m.DecodeMessage(m.Path, event) }

func noMessage(what, hint string) error {
	e := &Error{Code: Invalid}
	e.Problem.What, e.Problem.Hint = what, hint
	return e
}

// protoCodecsOf are the codecs of the messages that events belong to. The target
// is the message of the same name; only a first message may have got another one.
func protoCodecsOf(from, to *protobuf.Schema, message string) (source, target codec, err error) {
	name, err := MessageName(from, message)
	if err != nil {
		return nil, nil, err
	}
	path, _ := from.MessageIndexes(name)
	if source, err = protoCodecOf(from, path); err != nil {
		return nil, nil, err
	}
	next, there := to.MessageIndexes(name)
	if !there {
		first, err := MessageName(to, "")
		if _, old := from.MessageIndexes(first); err != nil || old || !slices.Equal(path, []int{0}) {
			return nil, nil, noMessage(fmt.Sprintf("the target has no message %s", name), "events of a message that is gone have no version to be carried to")
		}
		next = nil
	}
	target, err = protoCodecOf(to, next)
	return source, target, err
}

// DeriveOf is [Derive] for the events of one message of a Protobuf file; an empty
// name is the first.
func DeriveOf(ctx context.Context, message string, from, to schema.Parsed) (*Hop, error) {
	source, target, err := codecsOf(from, to, false, message)
	if err != nil {
		return nil, err
	}
	return derive(ctx, source, target)
}

// Messages are the full names of the messages that a hop leads from and to; empty
// for the formats without.
func (h *Hop) Messages() (from, to string) { return messageOf(h.from), messageOf(h.to) }

func messageOf(c codec) string {
	if p, ok := c.(*protoCodec); ok {
		return p.typ.Name
	}
	return ""
}

// Unbridged names a message of a Protobuf file whose events have no proved, total
// way beside this hop, and why; empty if there is none. A document carries the
// events of one message; those of a message at the top of the file that is no
// part of it need a derived hop each. down asks for the way back.
func (h *Hop) Unbridged(down bool, derive func(message string, from, to schema.Parsed) (*Hop, error)) (message, why string, err error) {
	from, ok := h.from.(*protoCodec)
	if !ok {
		return "", "", nil
	}
	to, ok := h.to.(*protoCodec)
	if !ok {
		return "", "", nil
	}
	parts := partsOf(from.typ)
	for _, name := range from.schema.TopMessages() {
		if parts[name] {
			continue
		}
		beside, err := derive(name, from.schema, to.schema)
		var no *Error
		switch {
		case errors.As(err, &no):
			return name, no.Error(), nil
		case err != nil:
			return "", "", err
		case beside.Verdict.Outcome != Proved || !beside.Verdict.Total:
			return name, beside.Verdict.reason(), nil
		case down && beside.Down == nil:
			return name, beside.Verdict.NoDown, nil
		}
	}
	return "", "", nil
}

// inNeed finds the message of a Protobuf file that a draft is to be for: the first
// at the top of the file whose events have no proved, total way without a document,
// parts of other such messages aside. others are the rest of these. It is empty for
// other formats, and where the first message is meant.
func inNeed(ctx context.Context, from, to schema.Parsed) (message string, others []string, err error) {
	p, ok := from.(*protobuf.Schema)
	if !ok || to.Format() != from.Format() {
		return "", nil, nil
	}
	var broken []string
	held := map[string]map[string]bool{}
	for _, name := range p.TopMessages() {
		h, err := DeriveOf(ctx, name, from, to)
		var no *Error
		switch {
		case errors.As(err, &no):
			continue // it is gone, or has no events: no document helps
		case err != nil:
			return "", nil, err
		case h.Verdict.Outcome != Proved || !h.Verdict.Total:
			broken = append(broken, name)
			held[name] = partsOf(h.Source.Type)
		}
	}
	for _, name := range broken {
		part := slices.ContainsFunc(broken, func(whole string) bool {
			return whole != name && held[whole][name] && !held[name][whole]
		})
		switch {
		case part:
		case message == "":
			message = name
		case !held[message][name]:
			others = append(others, name)
		}
	}
	return message, others, nil
}

func (v *Verdict) reason() string {
	if len(v.Problems) == 0 {
		return string(v.Outcome)
	}
	return v.Problems[0].Message
}

// partsOf are the names of a message and of all that it is made of.
func partsOf(t *plan.Type) map[string]bool {
	used, seen := map[string]bool{}, map[*plan.Type]bool{}
	var visit func(t *plan.Type)
	visit = func(t *plan.Type) {
		if t == nil || seen[t] {
			return
		}
		seen[t], used[t.Name] = true, true
		visit(t.Elem)
		for i := range t.Fields {
			visit(t.Fields[i].Type)
		}
		for i := range t.Branches {
			visit(t.Branches[i].Type)
		}
	}
	visit(t)
	return used
}
