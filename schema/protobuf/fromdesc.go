package protobuf

import (
	"encoding/base64"
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/instar-registry/instar/schema"
)

// descriptorRecursion bounds the nesting of an encoded descriptor: each level
// of messages takes one, option values the rest.
const descriptorRecursion = 100

// descriptorBytes decodes a schema that was sent as a base64 encoded
// FileDescriptorProto. No source text is mistaken for one: source needs
// characters that base64 does not have.
func descriptorBytes(text string) ([]byte, bool) {
	trimmed := strings.TrimSpace(text)
	if trimmed == "" || strings.ContainsAny(trimmed, ";\"'{}") {
		return nil, false
	}
	raw, err := base64.StdEncoding.DecodeString(trimmed)
	if err != nil || len(raw) == 0 {
		return nil, false
	}
	var fd descriptorpb.FileDescriptorProto
	if err := unmarshalDescriptor(raw, &fd, nil); err != nil {
		return nil, false
	}
	return raw, true
}

func unmarshalDescriptor(raw []byte, fd *descriptorpb.FileDescriptorProto, types *dynamicpb.Types) (err error) {
	defer shield("the Protobuf descriptor decoder", &err)
	u := proto.UnmarshalOptions{RecursionLimit: descriptorRecursion}
	if types != nil {
		u.Resolver = types
	}
	return u.Unmarshal(raw, fd)
}

// fileFromDescriptor turns an encoded FileDescriptorProto into elements. The
// declared documents are needed to read custom options.
func fileFromDescriptor(raw []byte, deps []schema.Document, opts schema.Options) (f *fileElement, err error) {
	defer shield("reading a Protobuf descriptor", &err)
	var fd descriptorpb.FileDescriptorProto
	if err := unmarshalDescriptor(raw, &fd, nil); err != nil {
		return nil, &schema.Error{What: "the schema is not a valid FileDescriptorProto: " + err.Error()}
	}
	if err := checkDescriptorNesting(fd.MessageType, 1, opts.Limits.ProtoNesting); err != nil {
		return nil, err
	}
	types, err := optionTypes(&fd, deps, opts)
	if err != nil {
		return nil, err
	}
	fd.Reset()
	if err := unmarshalDescriptor(raw, &fd, types); err != nil {
		return nil, &schema.Error{What: "the schema is not a valid FileDescriptorProto: " + err.Error()}
	}
	return (&descriptorReader{fd: &fd}).file()
}

func checkDescriptorNesting(list []*descriptorpb.DescriptorProto, depth, max int) error {
	if len(list) > 0 && depth > max {
		return schema.OverLimit("proto-nesting", int64(depth), int64(max), "messages are nested too deeply", schema.Position{})
	}
	for _, m := range list {
		if err := checkDescriptorNesting(m.NestedType, depth+1, max); err != nil {
			return err
		}
	}
	return nil
}

// optionTypes links the descriptor to find the extensions that its options use.
func optionTypes(fd *descriptorpb.FileDescriptorProto, deps []schema.Document, opts schema.Options) (*dynamicpb.Types, error) {
	files := &protoregistry.Files{}
	c := newCompiler(deps, opts)
	for _, path := range fd.Dependency {
		dep, err := c.resolve(path)
		if err != nil {
			return nil, err
		}
		if err := registerAll(files, dep); err != nil {
			return nil, &schema.Error{What: "the imports contradict each other: " + err.Error()}
		}
	}
	if fd.Name == nil || hasFile(files, fd.GetName()) {
		fd.Name = proto.String(ownFileName)
	}
	own, err := protodesc.NewFile(fd, files)
	if err != nil {
		return nil, &schema.Error{What: "the descriptor does not link: " + strings.TrimPrefix(err.Error(), "proto:\u00a0")}
	}
	if err := files.RegisterFile(own); err != nil {
		return nil, &schema.Error{What: "the descriptor contradicts its imports: " + err.Error()}
	}
	return dynamicpb.NewTypes(files), nil
}

func hasFile(files *protoregistry.Files, path string) bool {
	_, err := files.FindFileByPath(path)
	return err == nil
}

func registerAll(files *protoregistry.Files, fd protoreflect.FileDescriptor) error {
	if hasFile(files, fd.Path()) {
		return nil
	}
	for i := range fd.Imports().Len() {
		if err := registerAll(files, fd.Imports().Get(i).FileDescriptor); err != nil {
			return err
		}
	}
	return files.RegisterFile(fd)
}

// descriptorReader builds elements from a descriptor whose options are resolved.
type descriptorReader struct {
	fd  *descriptorpb.FileDescriptorProto
	err error
}

func (r *descriptorReader) file() (*fileElement, error) {
	f := &fileElement{pkg: r.fd.GetPackage(), options: r.options(r.fd.Options, "the file")}
	switch r.fd.GetSyntax() {
	case "", "proto2", "proto3":
		f.syntax = r.fd.GetSyntax()
	case "editions":
		f.edition = strings.TrimPrefix(r.fd.GetEdition().String(), "EDITION_")
	default:
		return nil, &schema.Error{What: fmt.Sprintf("syntax %q is not supported", r.fd.GetSyntax()), Hint: "use proto2, proto3 or editions"}
	}
	modifier := map[int]string{}
	for _, i := range r.fd.PublicDependency {
		modifier[int(i)] = "public"
	}
	for _, i := range r.fd.WeakDependency {
		modifier[int(i)] = "weak"
	}
	for i, path := range r.fd.Dependency {
		f.imports = append(f.imports, importElement{modifier: modifier[i], path: path})
	}
	f.extends = r.extends(r.fd.Extension, &r.fd.MessageType)
	for _, m := range r.fd.MessageType {
		f.messages = append(f.messages, r.message(m))
	}
	for _, e := range r.fd.EnumType {
		f.enums = append(f.enums, r.enum(e))
	}
	for _, s := range r.fd.Service {
		f.services = append(f.services, r.service(s))
	}
	return f, r.err
}

func (r *descriptorReader) message(d *descriptorpb.DescriptorProto) *messageElement {
	m := &messageElement{name: d.GetName(), options: r.options(d.Options, d.GetName())}
	for _, n := range d.ReservedRange {
		m.reserved = append(m.reserved, rangesElement{ranges: []numberRange{{start: int64(n.GetStart()), end: int64(n.GetEnd()) - 1}}})
	}
	for _, name := range d.ReservedName {
		m.reserved = append(m.reserved, rangesElement{names: []string{name}, idents: r.editions()})
	}
	for _, n := range d.ExtensionRange {
		m.extensions = append(m.extensions, rangesElement{
			ranges: []numberRange{{start: int64(n.GetStart()), end: int64(n.GetEnd()) - 1}}, options: r.options(n.Options, d.GetName()),
		})
	}
	for _, o := range d.OneofDecl {
		m.oneofs = append(m.oneofs, &oneofElement{name: o.GetName(), options: r.options(o.Options, o.GetName())})
	}
	nested := d.NestedType
	for _, f := range d.Field {
		e := r.field(f, &nested)
		switch {
		case f.OneofIndex != nil && !f.GetProto3Optional() && int(f.GetOneofIndex()) < len(m.oneofs) && f.GetOneofIndex() >= 0:
			e.label = ""
			o := m.oneofs[f.GetOneofIndex()]
			if e.body != nil {
				o.groups = append(o.groups, e)
			} else {
				o.fields = append(o.fields, e)
			}
		case e.body != nil:
			m.groups = append(m.groups, e)
		default:
			m.fields = append(m.fields, e)
		}
	}
	m.oneofs = declaredOneofs(m.oneofs)
	m.extends = r.extends(d.Extension, &nested)
	for _, n := range nested {
		m.messages = append(m.messages, r.message(n))
	}
	for _, e := range d.EnumType {
		m.enums = append(m.enums, r.enum(e))
	}
	return m
}

// declaredOneofs drops the oneofs that only stand for a proto3 optional field.
func declaredOneofs(list []*oneofElement) []*oneofElement {
	var out []*oneofElement
	for _, o := range list {
		if len(o.fields)+len(o.groups) > 0 {
			out = append(out, o)
		}
	}
	return out
}

func (r *descriptorReader) editions() bool { return r.fd.GetSyntax() == "editions" }

// field builds a field. The message of a group is taken out of nested.
func (r *descriptorReader) field(f *descriptorpb.FieldDescriptorProto, nested *[]*descriptorpb.DescriptorProto) *fieldElement {
	e := &fieldElement{name: f.GetName(), tag: int64(f.GetNumber()), label: r.label(f), options: r.options(f.Options, f.GetName())}
	if f.DefaultValue != nil {
		e.options = append(e.options, plainOption("default", defaultOf(f)))
	}
	if f.JsonName != nil && f.GetJsonName() != defaultJSONName(f.GetName()) && f.Extendee == nil {
		e.options = append(e.options, plainOption("json_name", stringOf(f.GetJsonName())))
	}
	if f.GetTypeName() == "" {
		e.typ = strings.ToLower(strings.TrimPrefix(f.GetType().String(), "TYPE_"))
		return e
	}
	e.typ = f.GetTypeName()
	if f.GetType() == descriptorpb.FieldDescriptorProto_TYPE_GROUP && !r.editions() {
		simple := e.typ[strings.LastIndexByte(e.typ, '.')+1:]
		for i, m := range *nested {
			if m.GetName() == simple {
				e.body, e.name, e.typ = r.message(m), simple, ""
				rest := append([]*descriptorpb.DescriptorProto{}, (*nested)[:i]...)
				*nested = append(rest, (*nested)[i+1:]...)
				break
			}
		}
	}
	return e
}

func (r *descriptorReader) label(f *descriptorpb.FieldDescriptorProto) string {
	switch f.GetLabel() {
	case descriptorpb.FieldDescriptorProto_LABEL_REPEATED:
		return "repeated"
	case descriptorpb.FieldDescriptorProto_LABEL_REQUIRED:
		return "required"
	}
	if f.GetProto3Optional() || r.fd.GetSyntax() == "" || r.fd.GetSyntax() == "proto2" {
		return "optional"
	}
	return ""
}

// defaultOf reads a descriptor's default, which is text for every type.
func defaultOf(f *descriptorpb.FieldDescriptorProto) optionValue {
	text := f.GetDefaultValue()
	switch f.GetType() {
	case descriptorpb.FieldDescriptorProto_TYPE_STRING:
		return stringOf(text)
	case descriptorpb.FieldDescriptorProto_TYPE_BYTES:
		return stringOf(unescapeBytes(text))
	case descriptorpb.FieldDescriptorProto_TYPE_BOOL, descriptorpb.FieldDescriptorProto_TYPE_ENUM:
		return identOf(text)
	default:
		return numberOf(text)
	}
}

// unescapeBytes reads the C escapes in which descriptors hold bytes defaults.
func unescapeBytes(s string) string {
	var b []byte
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b = append(b, s[i])
			continue
		}
		i++
		switch c := s[i]; {
		case c >= '0' && c <= '7':
			n, end := 0, min(i+3, len(s))
			for ; i < end && s[i] >= '0' && s[i] <= '7'; i++ {
				n = n*8 + int(s[i]-'0')
			}
			i--
			b = append(b, byte(n))
		default:
			if at := strings.IndexByte("abfnrtv", c); at >= 0 {
				c = "\a\b\f\n\r\t\v"[at]
			}
			b = append(b, c)
		}
	}
	return string(b)
}

// defaultJSONName is the JSON name of a field without json_name.
func defaultJSONName(name string) string {
	var b []byte
	upper := false
	for i := range len(name) {
		c := name[i]
		if c == '_' {
			upper = true
			continue
		}
		if upper && c >= 'a' && c <= 'z' {
			c -= 'a' - 'A'
		}
		b, upper = append(b, c), false
	}
	return string(b)
}

func (r *descriptorReader) extends(list []*descriptorpb.FieldDescriptorProto, nested *[]*descriptorpb.DescriptorProto) []*extendElement {
	var out []*extendElement
	for _, f := range list {
		if n := len(out); n == 0 || out[n-1].name != f.GetExtendee() {
			out = append(out, &extendElement{name: f.GetExtendee()})
		}
		last := out[len(out)-1]
		if e := r.field(f, nested); e.body != nil {
			last.groups = append(last.groups, e)
		} else {
			last.fields = append(last.fields, e)
		}
	}
	return out
}

func (r *descriptorReader) enum(d *descriptorpb.EnumDescriptorProto) *enumElement {
	e := &enumElement{name: d.GetName(), options: r.options(d.Options, d.GetName())}
	for _, n := range d.ReservedRange {
		e.reserved = append(e.reserved, rangesElement{ranges: []numberRange{{start: int64(n.GetStart()), end: int64(n.GetEnd())}}})
	}
	for _, name := range d.ReservedName {
		e.reserved = append(e.reserved, rangesElement{names: []string{name}, idents: r.editions()})
	}
	for _, v := range d.Value {
		e.values = append(e.values, enumValueElement{name: v.GetName(), number: int64(v.GetNumber()), options: r.options(v.Options, v.GetName())})
	}
	return e
}

func (r *descriptorReader) service(d *descriptorpb.ServiceDescriptorProto) *serviceElement {
	s := &serviceElement{name: d.GetName(), options: r.options(d.Options, d.GetName())}
	for _, m := range d.Method {
		s.rpcs = append(s.rpcs, rpcElement{
			name: m.GetName(), input: m.GetInputType(), output: m.GetOutputType(),
			streamsInput: m.GetClientStreaming(), streamsOutput: m.GetServerStreaming(),
			options: r.options(m.Options, m.GetName()),
		})
	}
	return s
}
