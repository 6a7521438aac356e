package oracle

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/protobuf"
)

// holdProtoWitness checks that the event is one of the writer's and that the
// reader does not see what it says.
func holdProtoWitness(w, r *protobuf.Schema, b *schema.Break) error {
	name := belowPackage(w, b.Witness.Message)
	wm := messageOf(w, name)
	if wm == nil {
		return fmt.Errorf("the writer has no message %q", b.Witness.Message)
	}
	rm := messageOf(r, name)
	if rm == nil {
		if b.Kind == protobuf.KindMessageMissing {
			return nil
		}
		// Renamed: the one of equal structure that the writer does not have.
		for _, m := range allMessages(r.Descriptor().Messages()) {
			if messageOf(w, belowPackage(r, string(m.FullName()))) == nil && signature(m) == signature(wm) {
				rm = m
			}
		}
		if rm == nil {
			return fmt.Errorf("the reader has no message like %s", name)
		}
	}
	found, err := readProto(wm, rm, b.Witness.Binary)
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return fmt.Errorf("the reader reads all of it")
	}
	return nil
}

// allMessages lists messages with those inside them.
func allMessages(list protoreflect.MessageDescriptors) []protoreflect.MessageDescriptor {
	var out []protoreflect.MessageDescriptor
	for i := range list.Len() {
		if m := list.Get(i); !m.IsMapEntry() {
			out = append(append(out, m), allMessages(m.Messages())...)
		}
	}
	return out
}

// signature is what a message is without any name: numbers, types, labels, and
// what is inside.
func signature(m protoreflect.MessageDescriptor) string {
	var b strings.Builder
	seen := map[protoreflect.FullName]int{}
	var write func(m protoreflect.MessageDescriptor)
	write = func(m protoreflect.MessageDescriptor) {
		if i, ok := seen[m.FullName()]; ok {
			fmt.Fprintf(&b, "<%d>", i)
			return
		}
		seen[m.FullName()] = len(seen)
		fields := make([]protoreflect.FieldDescriptor, m.Fields().Len())
		for i := range fields {
			fields[i] = m.Fields().Get(i)
		}
		slices.SortFunc(fields, func(a, b protoreflect.FieldDescriptor) int { return int(a.Number() - b.Number()) })
		oneofs := map[protoreflect.FullName]int{}
		b.WriteByte('{')
		for _, f := range fields {
			fmt.Fprintf(&b, "%d %s %s %t %t", f.Number(), f.Kind(), f.Cardinality(), f.HasPresence(), f.IsPacked())
			if o := f.ContainingOneof(); o != nil {
				if _, ok := oneofs[o.FullName()]; !ok {
					oneofs[o.FullName()] = len(oneofs)
				}
				fmt.Fprintf(&b, " one %d", oneofs[o.FullName()])
			}
			if f.HasDefault() && f.Enum() == nil {
				fmt.Fprintf(&b, " = %v", f.Default())
			}
			if e := f.Enum(); e != nil {
				for i := range e.Values().Len() {
					fmt.Fprintf(&b, " %d", e.Values().Get(i).Number())
				}
				fmt.Fprintf(&b, " %t %d", e.IsClosed(), f.Default().Enum())
			}
			if f.Message() != nil {
				write(f.Message())
			}
			b.WriteByte(';')
		}
		b.WriteByte('}')
	}
	write(m)
	return b.String()
}

// namesOnly reports whether two versions differ in nothing but names: messages
// at the same places have the same structure, and no name moved to another
// number.
func namesOnly(w, r *protobuf.Schema) bool {
	one, two := allMessages(w.Descriptor().Messages()), allMessages(r.Descriptor().Messages())
	if len(one) != len(two) {
		return false
	}
	for i, m := range one {
		if signature(m) != signature(two[i]) {
			return false
		}
		for k := range m.Fields().Len() {
			f := m.Fields().Get(k)
			if other := two[i].Fields().ByName(f.Name()); other != nil && other.Number() != f.Number() {
				return false
			}
			if e := f.Enum(); e != nil && two[i].Fields().ByNumber(f.Number()).Enum() != nil && symbolsMove(e, two[i].Fields().ByNumber(f.Number()).Enum()) {
				return false
			}
		}
	}
	return true
}

func symbolsMove(a, b protoreflect.EnumDescriptor) bool {
	for i := range a.Values().Len() {
		v := a.Values().Get(i)
		if other := b.Values().ByName(v.Name()); other != nil && other.Number() != v.Number() {
			return true
		}
	}
	return false
}

// protoTree is a commit of the OpenTelemetry history.
type protoTree struct {
	Commit, Root string
	Compiles     *bool
	Files        map[string]string
}

// imports lists what a file imports, dependencies first.
func (t *protoTree) imports(name string) []schema.Document {
	var out []schema.Document
	seen := map[string]bool{name: true}
	var visit func(text string)
	visit = func(text string) {
		for line := range strings.Lines(text) {
			rest, ok := strings.CutPrefix(strings.TrimSpace(line), "import ")
			if !ok {
				continue
			}
			path := strings.Trim(strings.TrimPrefix(rest, "public "), "\"; ")
			dep, declared := t.Files[t.Root+path]
			if seen[path] || !declared {
				continue
			}
			seen[path] = true
			visit(dep)
			out = append(out, schema.Document{Name: path, Text: dep})
		}
	}
	visit(t.Files[t.Root+name])
	return out
}

// protoEdits yields the edits of the OpenTelemetry protocol, file by file.
func (f Files) protoEdits(yield func(*Edit) error) error {
	var before *protoTree
	return jsonLines(filepath.Join(f.Corpora, "opentelemetry-proto.jsonl.gz"), func(t *protoTree) error {
		last := before
		before = t
		if last == nil {
			return nil
		}
		for _, path := range sortedKeys(t.Files) {
			name := strings.TrimPrefix(path, t.Root)
			old, ok := last.Files[last.Root+name]
			if !ok || old == t.Files[path] {
				continue
			}
			e := Edit{
				Format: schema.Protobuf, Name: name + " " + t.Commit,
				Old: Source{Text: old, Docs: last.imports(name)}, New: Source{Text: t.Files[path], Docs: t.imports(name)},
			}
			if err := yield(&e); err != nil {
				return err
			}
		}
		return nil
	})
}

func sortedKeys(m map[string]string) []string {
	return slices.Sorted(func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	})
}

func (r *Replay) protoEdit(ctx context.Context, name string, older, newer *protobuf.Schema) error {
	for _, q := range []Question{
		{Name: name + ", old read by new", Writer: older, Reader: newer},
		{Name: name + ", new read by old", Writer: newer, Reader: older},
	} {
		w, reader := q.Writer.(*protobuf.Schema), q.Reader.(*protobuf.Schema)
		if namesOnly(w, reader) {
			q.Want = schema.Compatible
			r.NamesOnly++
		}
		a, err := Ask(ctx, &q)
		if err != nil {
			return err
		}
		r.Add(&q, &a)
		if a.Verdict == schema.Compatible {
			r.protoEvents(&q, w, reader)
		}
	}
	return nil
}

// protoEvents reads generated events of every message that both sides have.
func (r *Replay) protoEvents(q *Question, w, reader *protobuf.Schema) {
	for _, wm := range allMessages(w.Descriptor().Messages()) {
		rm := messageOf(reader, belowPackage(w, string(wm.FullName())))
		indexes, ok := w.MessageIndexes(string(wm.FullName()))
		if rm == nil || !ok {
			continue
		}
		for seed := range uint64(samples) {
			s, err := w.SampleOf(indexes, seed)
			if err != nil {
				continue
			}
			r.Events++
			if found, err := readProto(wm, rm, s.Binary); err != nil || len(found) > 0 {
				r.Fault(q.Name, fmt.Sprintf("said to be read: %s %s: %q %v", wm.FullName(), s.JSON, found, err))
			}
		}
	}
}
