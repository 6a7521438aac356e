package protobuf

import (
	"encoding/json"
	"errors"
	"slices"

	"github.com/bufbuild/protocompile/linker"
	"github.com/bufbuild/protocompile/parser"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/instar-registry/instar/schema"
)

// storedLayout is a part of all keys: change it with what the values hold.
const storedLayout = "protobuf/2 "

// importsOf returns what a document imports, if the memo or the store knows.
func (c *compiler) importsOf(d schema.Document) ([]string, bool) {
	key := c.importsKey(d)
	if imports, ok := recall[[]string](c, key); ok || c.opts.Store == nil {
		return imports, ok
	}
	raw := c.opts.Store.Load(storedLayout + key)
	var imports []string
	if raw == nil || json.Unmarshal(raw, &imports) != nil {
		return nil, false
	}
	c.opts.Memo.Put(key, imports, linkedCost)
	return imports, true
}

// store keeps a linked document between processes: its descriptor, with options
// that are read and names that are resolved. One that would not come back as it is
// is not kept: its custom options may be declared where only the compiler looks.
func (c *compiler) store(d schema.Document, key string, l linked) {
	res, ok := l.file.(linker.Result)
	imports, known := c.importsOf(d)
	if c.opts.Store == nil || !ok || !known {
		return
	}
	_ = guarded("storing a linked document", func() error {
		raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(res.FileDescriptorProto())
		if err != nil {
			return err
		}
		var deps linker.Files
		for _, path := range imports {
			deps = append(deps, res.FindImportByPath(path))
		}
		again, err := readStored(raw, deps)
		if err != nil || !proto.Equal(again, res.FileDescriptorProto()) {
			return err
		}
		list, err := json.Marshal(imports)
		if err != nil {
			return err
		}
		c.opts.Store.Store(storedLayout+"linked "+key, raw)
		c.opts.Store.Store(storedLayout+c.importsKey(d), list)
		return nil
	}) // what cannot be kept is linked again
}

// stored links a document of the store with what it imports. It has passed all
// checks when it was stored, but those that depend on what it stands beside: one
// that does not go together with it is linked from its text, which tells why.
func (c *compiler) stored(d schema.Document, key string) (l linked, ok bool) {
	if c.opts.Store == nil {
		return linked{}, false
	}
	raw := c.opts.Store.Load(storedLayout + "linked " + key)
	if len(raw) == 0 {
		return linked{}, false
	}
	err := guarded("linking a stored document", func() error {
		imports, _ := c.importsOf(d)
		var deps linker.Files
		for _, path := range imports {
			f, err := c.resolve(path)
			if err != nil {
				return err
			}
			deps = append(deps, f)
		}
		fd, err := readStored(raw, deps)
		if err != nil || fd.GetName() != d.Name || !slices.Equal(fd.GetDependency(), imports) {
			return errors.Join(err, errForeign)
		}
		res, err := c.linkFile(parser.ResultWithoutAST(fd), deps, newHandler(nil))
		l = linked{file: res, kept: true}
		return err
	})
	return l, err == nil
}

// errForeign is what makes a value no document of its key.
var errForeign = errors.New("the value is not that of its key")

// readStored reads the descriptor of a stored document.
func readStored(raw []byte, deps linker.Files) (*descriptorpb.FileDescriptorProto, error) {
	fd := &descriptorpb.FileDescriptorProto{}
	return fd, proto.UnmarshalOptions{RecursionLimit: descriptorRecursion, Resolver: optionResolver(deps)}.Unmarshal(raw, fd)
}

// optionResolver finds the custom options that the files of a list, and what they
// import, declare.
type optionResolver linker.Files

// FindExtensionByName implements the resolver of the Protobuf runtime.
func (r optionResolver) FindExtensionByName(field protoreflect.FullName) (protoreflect.ExtensionType, error) {
	for _, f := range r {
		if xt, err := linker.ResolverFromFile(f).FindExtensionByName(field); err == nil {
			return xt, nil
		}
	}
	return nil, protoregistry.NotFound
}

// FindExtensionByNumber implements the resolver of the Protobuf runtime.
func (r optionResolver) FindExtensionByNumber(message protoreflect.FullName, field protoreflect.FieldNumber) (protoreflect.ExtensionType, error) {
	for _, f := range r {
		if xt, err := linker.ResolverFromFile(f).FindExtensionByNumber(message, field); err == nil {
			return xt, nil
		}
	}
	return nil, protoregistry.NotFound
}
