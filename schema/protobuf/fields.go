package protobuf

import (
	"slices"
	"strings"

	"github.com/bufbuild/protocompile/ast"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/instar-registry/instar/schema"
)

// TopLevel lists the fields of the first message.
func (s *Schema) TopLevel() []string {
	if s.file.Messages().Len() == 0 {
		return nil
	}
	fds := s.file.Messages().Get(0).Fields()
	names := make([]string, fds.Len())
	for i := range names {
		names[i] = string(fds.Get(i).Name())
	}
	return names
}

// maxListedFields bounds the list of fields: a type used in many places is
// listed at each of them.
const maxListedFields = 20_000

// lister collects fields by walking from event messages into field types.
type lister struct {
	own   protoreflect.FileDescriptor
	src   *source
	tree  *ast.FileNode
	nodes map[string]ast.Node // full name to declaration, own file only
	tags  *tagReader
	open  []protoreflect.FullName
	named map[protoreflect.FullName]bool // messages listed so far
	out   []schema.Field
}

// maxListedDepth bounds how deep fields are followed into field types.
const maxListedDepth = 32

// Fields lists the messages of the file, each before its fields the first time
// it is met, and the fields of every event message. Paths start at the event; the
// paths of event messages other than the first are prefixed with the message's
// name and a colon. A recursive type is listed once per path.
func (s *Schema) Fields() []schema.Field {
	l := &lister{own: s.file, nodes: map[string]ast.Node{}, tags: newTagReader(s.file), named: map[protoreflect.FullName]bool{}}
	if src, err := prescan(s.text, s.opts); err == nil {
		if tree, err := parseText(ownFileName, src); err == nil {
			l.src, l.tree = src, tree
			f := buildFile(tree)
			l.index(f.pkg, f.messages)
		}
	}
	for i, md := range eventMessages(s.file) {
		prefix := ""
		if i > 0 {
			prefix = strings.TrimPrefix(string(md.FullName()), string(s.file.Package())+".") + ":"
		}
		l.message(md, prefix)
	}
	return l.out
}

// eventMessages returns the messages that an event may be: the first of the
// file and every message that no field uses.
func eventMessages(file protoreflect.FileDescriptor) []protoreflect.MessageDescriptor {
	var all []protoreflect.MessageDescriptor
	used := map[protoreflect.FullName]bool{}
	var visit func(mds protoreflect.MessageDescriptors)
	visit = func(mds protoreflect.MessageDescriptors) {
		for i := range mds.Len() {
			md := mds.Get(i)
			all = append(all, md)
			for j := range md.Fields().Len() {
				f := md.Fields().Get(j)
				if f.Message() != nil && f.Message().FullName() != md.FullName() {
					used[f.Message().FullName()] = true
				}
			}
			visit(md.Messages())
		}
	}
	visit(file.Messages())
	first := true
	return slices.DeleteFunc(all, func(md protoreflect.MessageDescriptor) bool {
		keep := first || !used[md.FullName()] && !md.IsMapEntry()
		first = false
		return !keep
	})
}

func (l *lister) index(scope string, messages []*messageElement) {
	for _, m := range messages {
		full := join(scope, m.name)
		l.nodes[full] = m.node
		lists := [][]*fieldElement{m.fields, m.groups}
		for _, o := range m.oneofs {
			lists = append(lists, o.fields, o.groups)
		}
		for _, fields := range lists {
			for _, f := range fields {
				name := f.name
				if f.body != nil {
					name = strings.ToLower(name)
					l.index(full, []*messageElement{f.body})
				}
				l.nodes[join(full, name)] = f.node
			}
		}
		l.index(full, m.messages)
	}
}

func (l *lister) message(md protoreflect.MessageDescriptor, prefix string) {
	l.record(md)
	if len(l.open) >= maxListedDepth || slices.Contains(l.open, md.FullName()) {
		return
	}
	l.open = append(l.open, md.FullName())
	defer func() { l.open = l.open[:len(l.open)-1] }()
	for i := range md.Fields().Len() {
		if len(l.out) >= maxListedFields {
			return
		}
		l.field(md.Fields().Get(i), prefix)
	}
}

// record lists a message of the file itself.
func (l *lister) record(md protoreflect.MessageDescriptor) {
	if l.named[md.FullName()] || md.ParentFile().Path() != l.own.Path() || len(l.out) >= maxListedFields {
		return
	}
	l.named[md.FullName()] = true
	f := schema.Field{
		Path: string(md.FullName()), Name: string(md.Name()), Type: "message",
		Entity: string(md.FullName()), Record: true, Tags: l.tags.message(md),
	}
	l.place(&f, string(md.FullName()))
	l.out = append(l.out, f)
}

// place adds the documentation and position of a declaration of the file.
func (l *lister) place(f *schema.Field, fullName string) {
	if node := l.nodes[fullName]; node != nil {
		info := l.tree.NodeInfo(node)
		f.Doc = docOf(info)
		f.Position = l.src.position(info.Start().Offset)
	}
}

func (l *lister) field(fd protoreflect.FieldDescriptor, prefix string) {
	f := schema.Field{Path: prefix + string(fd.Name()), Name: string(fd.Name()), Type: plainType(fd), Tags: l.tags.field(fd)}
	if fd.ParentFile().Path() == l.own.Path() {
		f.Entity = string(fd.FullName())
		l.place(&f, f.Entity)
	}
	inner, suffix := fd.Message(), "."
	switch {
	case fd.IsMap():
		f.Type, inner, suffix = "map", fd.MapValue().Message(), "{}."
	case fd.IsList():
		f.Type, suffix = "array", "[]."
	}
	l.out = append(l.out, f)
	if inner != nil && !strings.HasPrefix(string(inner.FullName()), "google.protobuf.") {
		l.message(inner, f.Path+suffix)
	}
}

func plainType(fd protoreflect.FieldDescriptor) string {
	return strings.TrimPrefix(typeName(fd), ".")
}

// docOf returns the text of the comment lines right above a declaration.
func docOf(info ast.NodeInfo) string {
	comments := info.LeadingComments()
	var lines []string
	for i := range comments.Len() {
		raw := comments.Index(i).RawText()
		raw = strings.TrimSuffix(strings.TrimPrefix(raw, "/*"), "*/")
		for _, line := range strings.Split(raw, "\n") {
			line = strings.TrimSpace(line)
			line = strings.TrimSpace(strings.TrimLeft(line, "/*"))
			if line != "" {
				lines = append(lines, line)
			}
		}
	}
	return strings.Join(lines, "\n")
}
