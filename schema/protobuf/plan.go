package protobuf

import (
	"sync"
	"sync/atomic"

	"github.com/bufbuild/protocompile/protoutil"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/instar-registry/instar/schema"
)

// messagePlan is what the walker needs to know of a message. Plans of a schema
// form a graph that may be cyclic; they are immutable once published.
type messagePlan struct {
	mapEntry bool
	name     protoreflect.FullName
	dense    []*fieldPlan // by number, for the small numbers
	sparse   map[protowire.Number]*fieldPlan
	required []protowire.Number // bit i of the seen set is required[i]
}

// denseNumbers bounds the direct table of a plan.
const denseNumbers = 256

// fieldPlan is one field of a messagePlan.
type fieldPlan struct {
	name     string
	number   protowire.Number
	wire     protowire.Type
	repeated bool // list or map: each occurrence is an item
	packable bool // may also come packed
	utf8     bool // the bytes must be UTF-8
	bit      int  // index in required, or -1
	message  *messagePlan
}

// field returns the plan of a number, or nil.
func (m *messagePlan) field(n protowire.Number) *fieldPlan {
	if int(n) < len(m.dense) {
		return m.dense[n]
	}
	return m.sparse[n]
}

// planCache holds the plans of a schema that were needed so far, and the types
// that events may name.
type planCache struct {
	mu    sync.Mutex
	plans atomic.Pointer[map[protoreflect.FullName]*messagePlan]
	types atomic.Pointer[eventTypes]
}

// eventTypes are the messages and extensions that the schema and its imports
// define.
//
// They are built anew from the linked files: the linker's descriptors search
// their fields one by one, which an event could exploit.
type eventTypes struct {
	*dynamicpb.Types
	files      *protoregistry.Files
	extensions map[protoreflect.FullName][]protoreflect.ExtensionDescriptor
}

// eventTypes returns the types, building them once.
func (s *Schema) eventTypes() (*eventTypes, error) {
	if t := s.plans.types.Load(); t != nil {
		return t, nil
	}
	files := &protoregistry.Files{}
	if err := guarded("building event types", func() error { return rebuildAll(files, s.file) }); err != nil {
		return nil, &schema.Bug{Where: "building event types", Cause: err}
	}
	t := &eventTypes{files: files, Types: dynamicpb.NewTypes(files), extensions: extensionIndex(files)}
	s.plans.types.Store(t)
	return t, nil
}

// rebuildAll registers a file and its imports, dependencies first.
func rebuildAll(files *protoregistry.Files, fd protoreflect.FileDescriptor) error {
	if hasFile(files, fd.Path()) {
		return nil
	}
	for i := range fd.Imports().Len() {
		if err := rebuildAll(files, fd.Imports().Get(i).FileDescriptor); err != nil {
			return err
		}
	}
	if !alwaysBundled(fd.Path()) {
		rebuilt, err := protodesc.NewFile(ordinary(protoutil.ProtoFromFileDescriptor(fd)), files)
		if err != nil {
			return err
		}
		fd = rebuilt
	}
	return files.RegisterFile(fd)
}

// plan returns the plan of a message of the schema or its imports.
func (s *Schema) plan(md protoreflect.MessageDescriptor) (p *messagePlan, err error) {
	defer shield("planning a Protobuf walk", &err)
	if known := s.plans.plans.Load(); known != nil {
		if p := (*known)[md.FullName()]; p != nil {
			return p, nil
		}
	}
	types, err := s.eventTypes()
	if err != nil {
		return nil, err
	}
	s.plans.mu.Lock()
	defer s.plans.mu.Unlock()
	next := map[protoreflect.FullName]*messagePlan{}
	if known := s.plans.plans.Load(); known != nil {
		for name, p := range *known {
			next[name] = p
		}
	}
	p = (&planner{plans: next, types: types}).run(md)
	s.plans.plans.Store(&next)
	return p, nil
}

// planner builds plans with a work list: chains of message types may be long.
type planner struct {
	plans map[protoreflect.FullName]*messagePlan
	types *eventTypes
	todo  []protoreflect.MessageDescriptor
}

func (b *planner) run(root protoreflect.MessageDescriptor) *messagePlan {
	first := b.reserve(root)
	for len(b.todo) > 0 {
		md := b.todo[len(b.todo)-1]
		b.todo = b.todo[:len(b.todo)-1]
		b.fill(b.plans[md.FullName()], md)
	}
	return first
}

// reserve returns the plan of a message and sees to it that it gets filled.
func (b *planner) reserve(md protoreflect.MessageDescriptor) *messagePlan {
	if p := b.plans[md.FullName()]; p != nil {
		return p
	}
	p := &messagePlan{name: md.FullName(), mapEntry: md.IsMapEntry()}
	b.plans[md.FullName()] = p
	b.todo = append(b.todo, md)
	return p
}

func (b *planner) fill(p *messagePlan, md protoreflect.MessageDescriptor) {
	var fields []*fieldPlan
	for i := range md.Fields().Len() {
		fd := md.Fields().Get(i)
		f := b.field(fd)
		if fd.Cardinality() == protoreflect.Required || md.IsMapEntry() && fd.Number() == 2 && hasRequired(fd.Message()) {
			f.bit = len(p.required)
			p.required = append(p.required, f.number)
		}
		fields = append(fields, f)
	}
	for _, xd := range b.types.extensions[md.FullName()] {
		fields = append(fields, b.field(xd))
	}
	highest := protowire.Number(0)
	for _, f := range fields {
		if f.number < denseNumbers {
			highest = max(highest, f.number)
		}
	}
	p.dense = make([]*fieldPlan, highest+1)
	for _, f := range fields {
		if f.number <= highest {
			p.dense[f.number] = f
			continue
		}
		if p.sparse == nil {
			p.sparse = map[protowire.Number]*fieldPlan{}
		}
		p.sparse[f.number] = f
	}
}

// hasRequired reports whether an empty message lacks a required field.
func hasRequired(md protoreflect.MessageDescriptor) bool {
	return md != nil && md.RequiredNumbers().Len() > 0
}

func (b *planner) field(fd protoreflect.FieldDescriptor) *fieldPlan {
	f := &fieldPlan{
		name: fd.TextName(), number: fd.Number(), wire: wireType(fd.Kind()), bit: -1,
		repeated: fd.Cardinality() == protoreflect.Repeated,
	}
	f.packable = fd.IsList() && f.wire != protowire.BytesType && f.wire != protowire.StartGroupType
	f.utf8 = fd.Kind() == protoreflect.StringKind && verifiesUTF8(fd)
	if md := fd.Message(); md != nil {
		f.message = b.reserve(md)
	}
	return f
}

func wireType(k protoreflect.Kind) protowire.Type {
	switch k {
	case protoreflect.Fixed32Kind, protoreflect.Sfixed32Kind, protoreflect.FloatKind:
		return protowire.Fixed32Type
	case protoreflect.Fixed64Kind, protoreflect.Sfixed64Kind, protoreflect.DoubleKind:
		return protowire.Fixed64Type
	case protoreflect.StringKind, protoreflect.BytesKind, protoreflect.MessageKind:
		return protowire.BytesType
	case protoreflect.GroupKind:
		return protowire.StartGroupType
	default:
		return protowire.VarintType
	}
}

// verifiesUTF8 reports whether readers refuse strings that are not UTF-8.
func verifiesUTF8(fd protoreflect.FieldDescriptor) bool {
	if f, ok := fd.(interface{ EnforceUTF8() bool }); ok {
		return f.EnforceUTF8()
	}
	return fd.ParentFile().Syntax() != protoreflect.Proto2
}

// extensionIndex groups the extensions of all files by the message they extend.
func extensionIndex(files *protoregistry.Files) map[protoreflect.FullName][]protoreflect.ExtensionDescriptor {
	index := map[protoreflect.FullName][]protoreflect.ExtensionDescriptor{}
	var visit func(xds protoreflect.ExtensionDescriptors, mds protoreflect.MessageDescriptors)
	visit = func(xds protoreflect.ExtensionDescriptors, mds protoreflect.MessageDescriptors) {
		for i := range xds.Len() {
			name := xds.Get(i).ContainingMessage().FullName()
			index[name] = append(index[name], xds.Get(i))
		}
		for i := range mds.Len() {
			visit(mds.Get(i).Extensions(), mds.Get(i).Messages())
		}
	}
	files.RangeFiles(func(fd protoreflect.FileDescriptor) bool {
		visit(fd.Extensions(), fd.Messages())
		return true
	})
	return index
}
