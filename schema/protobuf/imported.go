package protobuf

import (
	"fmt"
	"strings"
	"sync"

	"github.com/bufbuild/protocompile/linker"
	"github.com/bufbuild/protocompile/parser"
	"github.com/bufbuild/protocompile/reporter"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
)

// imported is a file that a memo has, as the linker sees it. While the linker is
// at work it is closed: the linker would list every name of all files that are
// reached, for each schema anew, to find two that are the same. It may look up
// names; that none stands twice is found by [compiler.together].
type imported struct {
	linker.File
	closed bool
}

// linkFile links a file with what it imports.
func (c *compiler) linkFile(parsed parser.Result, deps linker.Files, h *reporter.Handler) (linker.Result, error) {
	if c.opts.Memo == nil {
		return linker.Link(parsed, deps, c.symbols, h)
	}
	all := make([]*imported, len(deps))
	seen := make(linker.Files, len(deps))
	for i, f := range deps {
		all[i] = &imported{f, true}
		seen[i] = all[i]
	}
	defer func() {
		for _, f := range all {
			f.closed = false
		}
	}()
	return linker.Link(parsed, seen, c.symbols, h)
}

// plain is the file itself.
func plain(f linker.File) linker.File {
	if i, ok := f.(*imported); ok {
		return i.File
	}
	return f
}

// emptyFile has no parts.
var emptyFile = sync.OnceValue(func() protoreflect.FileDescriptor {
	fd, err := protodesc.NewFile(&descriptorpb.FileDescriptorProto{Name: proto.String("empty.proto")}, nil)
	if err != nil {
		panic(err) // shielded; it names nothing that could be wrong
	}
	return fd
})

func (f *imported) parts() protoreflect.FileDescriptor {
	if f.closed {
		return emptyFile()
	}
	return f.File
}

// Messages implements [protoreflect.FileDescriptor], as the next ones do.
func (f *imported) Messages() protoreflect.MessageDescriptors { return f.parts().Messages() }

// Enums of the file.
func (f *imported) Enums() protoreflect.EnumDescriptors { return f.parts().Enums() }

// Extensions of the file.
func (f *imported) Extensions() protoreflect.ExtensionDescriptors { return f.parts().Extensions() }

// Services of the file.
func (f *imported) Services() protoreflect.ServiceDescriptors { return f.parts().Services() }

// Imports are the public ones while the file is closed: names are looked up there.
func (f *imported) Imports() protoreflect.FileImports {
	all := f.File.Imports()
	if !f.closed {
		return all
	}
	out := publicImports{FileImports: all}
	for i := range all.Len() {
		if next := all.Get(i); next.IsPublic {
			next.FileDescriptor = &imported{plain(f.FindImportByPath(next.Path())), true}
			out.list = append(out.list, next)
		}
	}
	return out
}

// publicImports are some of the imports of a file.
type publicImports struct {
	protoreflect.FileImports
	list []protoreflect.FileImport
}

// Len implements [protoreflect.FileImports].
func (p publicImports) Len() int { return len(p.list) }

// Get implements [protoreflect.FileImports].
func (p publicImports) Get(i int) protoreflect.FileImport { return p.list[i] }

// together reports an error if two files that a schema reaches, itself among them,
// have a name or the number of an extension in common, or if one has a name that
// is a package of another. It says no more: the linker tells where.
//
// Two full names of different files are the same only if what stands at the top of
// both files is, or if what stands at the top of one is a package of the other.
func (c *compiler) together(own protoreflect.FileDescriptor) error {
	if c.opts.Memo == nil {
		return nil
	}
	t := togetherness{packages: map[string]bool{}, names: map[protoreflect.FullName]bool{}, numbers: map[extensionNumber]bool{}}
	files := map[string]protoreflect.FileDescriptor{}
	collectFiles(own, files)
	for _, fd := range files {
		for pkg := string(fd.Package()); pkg != ""; pkg = pkg[:max(0, strings.LastIndexByte(pkg, '.'))] {
			t.packages[pkg] = true
		}
	}
	for _, fd := range files {
		t.file(fd)
	}
	if t.twice != "" {
		return fmt.Errorf("%s is there twice", t.twice)
	}
	return nil
}

// collectFiles lists a file and all that it reaches by path.
func collectFiles(fd protoreflect.FileDescriptor, files map[string]protoreflect.FileDescriptor) {
	if files[fd.Path()] != nil {
		return
	}
	files[fd.Path()] = fd
	for i := range fd.Imports().Len() {
		collectFiles(fd.Imports().Get(i).FileDescriptor, files)
	}
}

type extensionNumber struct {
	message protoreflect.FullName
	number  protoreflect.FieldNumber
}

// togetherness is what some files have.
type togetherness struct {
	packages map[string]bool
	names    map[protoreflect.FullName]bool
	numbers  map[extensionNumber]bool
	twice    protoreflect.FullName
}

func (t *togetherness) file(fd protoreflect.FileDescriptor) {
	for i := range fd.Enums().Len() {
		ed := fd.Enums().Get(i)
		t.name(ed)
		for k := range ed.Values().Len() { // which stand beside their enum
			t.name(ed.Values().Get(k))
		}
	}
	for i := range fd.Messages().Len() {
		t.name(fd.Messages().Get(i))
	}
	for i := range fd.Services().Len() {
		t.name(fd.Services().Get(i))
	}
	for i := range fd.Extensions().Len() {
		t.name(fd.Extensions().Get(i))
	}
	t.extensions(fd.Extensions(), fd.Messages())
}

func (t *togetherness) name(d protoreflect.Descriptor) {
	n := d.FullName()
	if t.names[n] || t.packages[string(n)] {
		t.twice = n
	}
	t.names[n] = true
}

func (t *togetherness) extensions(xds protoreflect.ExtensionDescriptors, mds protoreflect.MessageDescriptors) {
	for i := range xds.Len() {
		xd := xds.Get(i)
		key := extensionNumber{xd.ContainingMessage().FullName(), xd.Number()}
		if t.numbers[key] {
			t.twice = xd.FullName()
		}
		t.numbers[key] = true
	}
	for i := range mds.Len() {
		t.extensions(mds.Get(i).Extensions(), mds.Get(i).Messages())
	}
}
