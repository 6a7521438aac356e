package protobuf

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/instar-registry/instar/schema"
)

// file reads what a file declares besides messages and enums.
func (b *programBuilder) file(p *program) {
	for i := range b.own.Imports().Len() {
		d := b.own.Imports().Get(i)
		imported := importElement{path: d.Path()}
		if d.IsPublic {
			imported.modifier = "public"
		}
		p.imports = append(p.imports, imported)
	}
	if o, ok := b.own.Options().(*descriptorpb.FileOptions); ok && o != nil {
		p.options = setOptions(o, "features")
	}
	for i := range b.own.Services().Len() {
		sd := b.own.Services().Get(i)
		service := &serviceType{name: string(sd.Name())}
		for k := range sd.Methods().Len() {
			md := sd.Methods().Get(k)
			service.rpcs = append(service.rpcs, rpcType{name: string(md.Name()), signature: "(" + stream(md.IsStreamingClient()) + b.relative(md.Input()) +
				") returns (" + stream(md.IsStreamingServer()) + b.relative(md.Output()) + ")"})
		}
		p.services = append(p.services, service)
	}
	b.declared(p, b.own.Extensions())
	for _, m := range p.messages {
		if md, ok := b.own.(interface {
			FindDescriptorByName(protoreflect.FullName) protoreflect.Descriptor
		}).FindDescriptorByName(m.name).(protoreflect.MessageDescriptor); ok {
			b.declared(p, md.Extensions())
		}
	}
}

func stream(is bool) string {
	if is {
		return "stream "
	}
	return ""
}

// declared lists the extensions of one scope of the file.
func (b *programBuilder) declared(p *program, xds protoreflect.ExtensionDescriptors) {
	for i := range xds.Len() {
		f := b.field(xds.Get(i))
		f.parent = b.messages[xds.Get(i).ContainingMessage().FullName()]
		if f.parent == nil { // of a message that no event holds
			f.parent = &messageType{full: string(xds.Get(i).ContainingMessage().FullName())}
		}
		p.extensions = append(p.extensions, f)
	}
}

// shape tells messages apart by their own fields.
func (m *messageType) shape() string {
	var b strings.Builder
	for _, f := range m.fields {
		fmt.Fprintf(&b, "%d %s %d %v %v %v;", f.number, f.name, f.kind, f.list, f.mapped, f.required)
	}
	return b.String()
}

func (e *enumType) shape() string {
	var b strings.Builder
	for _, v := range e.values {
		fmt.Fprintf(&b, "%d %q;", v.number, v.names)
	}
	return b.String()
}

// sameShape reports whether two messages have the same structure throughout.
func (j *pairJudge) sameShape(w, r *messageType, seen map[[2]*messageType]bool) bool {
	type pair = [2]*messageType
	todo := []pair{{w, r}}
	for len(todo) > 0 {
		p := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if seen[p] {
			continue
		}
		seen[p] = true
		if !j.step(len(p[0].fields)+1) || p[0].shape() != p[1].shape() {
			return false
		}
		for i, f := range p[0].fields {
			other := p[1].fields[i]
			if f.enum != nil && f.enum.shape() != other.enum.shape() {
				return false
			}
			if f.message != nil {
				todo = append(todo, pair{f.message, other.message})
			}
		}
	}
	return true
}

// pairTypes finds the types of the writer that have another name in the reader:
// one side lacks the name and the structures are equal. A message without
// fields equals too many others.
func (j *pairJudge) pairTypes() {
	j.renames = map[string]string{}
	free := map[string][]*messageType{}
	for _, r := range j.reader.messages {
		if j.writer.byName[r.rel] == nil && len(r.fields) > 0 {
			free[r.shape()] = append(free[r.shape()], r)
		}
	}
	for _, w := range j.writer.messages {
		if len(free) == 0 || !j.step(1) {
			break
		}
		if j.reader.byName[w.rel] != nil || len(w.fields) == 0 {
			continue
		}
		list := free[w.shape()]
		i := slices.IndexFunc(list, func(r *messageType) bool { return j.sameShape(w, r, map[[2]*messageType]bool{}) })
		if i >= 0 {
			j.renames[w.rel] = list[i].rel
			free[w.shape()] = slices.Delete(slices.Clone(list), i, i+1)
		}
	}
	enums := map[string][]*enumType{}
	for _, r := range j.reader.enums {
		if j.writer.enumByName[r.rel] == nil {
			enums[r.shape()] = append(enums[r.shape()], r)
		}
	}
	for _, w := range j.writer.enums {
		if len(enums) == 0 || !j.step(1) {
			break
		}
		if list := enums[w.shape()]; j.reader.enumByName[w.rel] == nil && len(list) > 0 {
			j.renames[w.rel], enums[w.shape()] = list[0].rel, list[1:]
		}
	}
}

// counterpart is the reader's message that a message of the writer became.
func (j *pairJudge) counterpart(w *messageType) *messageType {
	if r := j.reader.byName[w.rel]; r != nil {
		return r
	}
	return j.reader.byName[j.renames[w.rel]]
}

// files judges what two files say besides their messages.
func (j *pairJudge) files() []problem {
	j.problems = nil
	tell := func(kind string, class schema.Class, name, other string) {
		j.found(problem{kind: kind, class: class, surface: SurfaceSource, name: name, other: other})
	}
	w, r := j.writer, j.reader
	if w.pkg != r.pkg {
		tell(KindPackage, schema.ClassPolicy, w.pkg, r.pkg)
	}
	if w.syntax != r.syntax {
		class := schema.ClassPolicy
		if strings.Contains(w.syntax+r.syntax, "edition") {
			class = schema.ClassInfo // features are compared one by one
		}
		tell(KindSyntax, class, w.syntax, r.syntax)
	}
	for _, name := range otherOptions(w.options, r.options) {
		tell(KindFileOption, schema.ClassPolicy, name, "")
	}
	path := func(i importElement) string { return i.path }
	oneSided(w.imports, r.imports, path, func(i importElement, writer bool) {
		switch {
		case i.modifier == "public" && writer:
			tell(KindPublicWriterOnly, schema.ClassPolicy, i.path, "")
		case i.modifier == "public":
			tell(KindPublicReaderOnly, schema.ClassInfo, i.path, "")
		case writer:
			tell(KindImportWriterOnly, schema.ClassInfo, i.path, "")
		default:
			tell(KindImportReaderOnly, schema.ClassInfo, i.path, "")
		}
	})
	sided := func(gone, gained string) func(string, bool) {
		return func(name string, writer bool) {
			if writer {
				tell(gone, schema.ClassPolicy, name, "")
			} else {
				tell(gained, schema.ClassInfo, name, "")
			}
		}
	}
	extension := func(f *fieldType) string { return fmt.Sprintf("%s %d %s", f.parent.full, f.number, f.name) }
	told := sided(KindExtensionWriterOnly, KindExtensionReaderOnly)
	oneSided(w.extensions, r.extensions, extension, func(f *fieldType, writer bool) { told(f.name, writer) })
	enum := func(e *enumType) string {
		if to, ok := j.renames[e.rel]; ok {
			return to
		}
		return e.rel
	}
	toldEnum := sided(KindEnumWriterOnly, KindEnumReaderOnly)
	oneSided(w.enums, r.enums, enum, func(e *enumType, writer bool) { toldEnum(e.rel, writer) })
	for _, e := range w.enums {
		if to, ok := j.renames[e.rel]; ok {
			tell(KindEnumRenamed, schema.ClassPolicy, e.rel, to)
		}
	}
	j.services(tell, sided)
	return j.problems
}

// oneSided finds what has no counterpart of the same key.
func oneSided[T any](w, r []T, key func(T) string, tell func(x T, writer bool)) {
	keys := func(list []T) map[string]bool {
		out := make(map[string]bool, len(list))
		for _, x := range list {
			out[key(x)] = true
		}
		return out
	}
	writer, reader := keys(w), keys(r)
	for _, x := range w {
		if !reader[key(x)] {
			tell(x, true)
		}
	}
	for _, x := range r {
		if !writer[key(x)] {
			tell(x, false)
		}
	}
}

func (j *pairJudge) services(tell func(kind string, class schema.Class, name, other string), sided func(gone, gained string) func(string, bool)) {
	w, r := j.writer.services, j.reader.services
	told := sided(KindServiceWriterOnly, KindServiceReaderOnly)
	oneSided(w, r, func(s *serviceType) string { return s.name }, func(s *serviceType, writer bool) { told(s.name, writer) })
	for _, a := range w {
		i := slices.IndexFunc(r, func(b *serviceType) bool { return a.name == b.name })
		if i < 0 {
			continue
		}
		rpc := sided(KindRPCWriterOnly, KindRPCReaderOnly)
		oneSided(a.rpcs, r[i].rpcs, func(m rpcType) string { return m.name }, func(m rpcType, writer bool) { rpc(a.name+"."+m.name, writer) })
		for _, m := range a.rpcs {
			for _, other := range r[i].rpcs {
				if m.name == other.name && m.signature != other.signature {
					tell(KindRPCSignature, schema.ClassPolicy, a.name+"."+m.name, m.signature+"\n"+other.signature)
				}
			}
		}
	}
}
