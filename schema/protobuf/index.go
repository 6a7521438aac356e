package protobuf

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/instar-registry/instar/schema"
)

// Message returns the message that an index path names: the position in the
// file, then the position among the nested messages, and so on. An empty path
// is the first message.
//
// Writers count positions in their descriptors, where the entry of a map field
// is a nested message too, and so do we. A path that would end at such an entry
// comes from a writer that counts without them, since no event is a map entry;
// then the entries are skipped.
func (s *Schema) Message(indexes []int) (protoreflect.MessageDescriptor, error) {
	if len(indexes) == 0 {
		indexes = []int{0}
	}
	if max := s.opts.Limits.MessageIndexes; len(indexes) > max {
		return nil, schema.OverLimit("message-indexes", int64(len(indexes)), int64(max), "the message index path is too long", schema.Position{})
	}
	if md := follow(s.file.Messages(), indexes, false); md != nil && !md.IsMapEntry() {
		return md, nil
	}
	if md := follow(s.file.Messages(), indexes, true); md != nil {
		return md, nil
	}
	return nil, &schema.Error{
		What: fmt.Sprintf("the message index path %v does not name a message of the schema", indexes),
		Hint: fmt.Sprintf("the file has %d top-level messages", s.file.Messages().Len()),
	}
}

func follow(level protoreflect.MessageDescriptors, indexes []int, skipEntries bool) protoreflect.MessageDescriptor {
	var md protoreflect.MessageDescriptor
	for _, i := range indexes {
		list := make([]protoreflect.MessageDescriptor, 0, level.Len())
		for j := range level.Len() {
			if m := level.Get(j); !skipEntries || !m.IsMapEntry() {
				list = append(list, m)
			}
		}
		if i < 0 || i >= len(list) {
			return nil
		}
		md = list[i]
		level = md.Messages()
	}
	return md
}

// MessageIndexes returns the index path of a message of the file, by full name.
func (s *Schema) MessageIndexes(fullName string) ([]int, bool) {
	d := s.file.FindDescriptorByName(protoreflect.FullName(fullName))
	md, ok := d.(protoreflect.MessageDescriptor)
	if !ok {
		return nil, false
	}
	var path []int
	for {
		path = append(path, md.Index())
		parent, ok := md.Parent().(protoreflect.MessageDescriptor)
		if !ok {
			break
		}
		md = parent
	}
	slices.Reverse(path)
	return path, true
}

// TopMessages lists the full names of the messages at the top of the file, in its
// order.
func (s *Schema) TopMessages() []string {
	list := s.file.Messages()
	out := make([]string, list.Len())
	for i := range out {
		out[i] = string(list.Get(i).FullName())
	}
	return out
}

// Messages lists the full names of all messages of the file that may be events,
// each before those that are declared in it.
func (s *Schema) Messages() []string {
	var out []string
	var visit func(list protoreflect.MessageDescriptors)
	visit = func(list protoreflect.MessageDescriptors) {
		for i := range list.Len() {
			if m := list.Get(i); !m.IsMapEntry() {
				out = append(out, string(m.FullName()))
				visit(m.Messages())
			}
		}
	}
	visit(s.file.Messages())
	return out
}
