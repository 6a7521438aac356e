package protobuf

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"

	"github.com/bufbuild/protocompile/linker"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/instar-registry/instar/schema"
)

// linked is a document as a memo keeps it.
type linked struct {
	file linker.File
	kept bool // the store has it
}

// document links a declared document, or takes it from the memo or the store,
// which have it where a schema with the same document and the same imports was
// parsed before.
func (c *compiler) document(d schema.Document) (linker.File, error) {
	if c.opts.Memo == nil {
		return c.file(d.Name, d.Text)
	}
	if k := c.key(d.Name); k != "" {
		if l, ok := c.recalled(d, k); ok {
			return l.file, nil
		}
	}
	f, err := c.file(d.Name, d.Text)
	if err != nil || c.soft || declaresExtensions(f.Messages()) {
		return f, err // it is linked each time: strict parsing must refuse it
	}
	imports := make([]string, f.Imports().Len())
	for i := range imports {
		imports[i] = f.Imports().Get(i).Path()
	}
	c.opts.Memo.Put(c.importsKey(d), imports, linkedCost)
	delete(c.keys, d.Name) // it can be told now
	if k := c.key(d.Name); k != "" {
		c.remember(d, k, linked{file: f})
	}
	return f, nil
}

// recalled is a document of the memo or the store.
func (c *compiler) recalled(d schema.Document, k string) (linked, bool) {
	l, ok := recall[linked](c, "linked "+k)
	if ok && c.adopt(l.file) {
		c.keep(d, k, l)
		return l, true
	}
	if l, ok = c.stored(d, k); ok {
		c.remember(d, k, l)
	}
	return l, ok
}

// keep puts a document of the memo into the store with all that it was linked
// with, if that is asked for and not done yet.
func (c *compiler) keep(d schema.Document, k string, l linked) {
	if !c.opts.Keep || l.kept {
		return
	}
	imports, _ := c.importsOf(d)
	for _, path := range imports {
		next, declared := c.docs[path]
		if !declared || c.isBundled(path) {
			continue
		}
		if found, ok := recall[linked](c, "linked "+c.key(path)); ok && found.file == plain(l.file.FindImportByPath(path)) {
			c.keep(next, c.key(path), found)
		}
	}
	c.remember(d, k, l)
}

// remember puts a document into the memo and, if that is asked for, the store.
func (c *compiler) remember(d schema.Document, k string, l linked) {
	if c.opts.Keep && !l.kept {
		c.store(d, k, l)
		l.kept = true
	}
	c.opts.Memo.Put("linked "+k, l, linkedCost+linkedFactor*len(d.Text))
}

// declaresExtensions reports whether a message says which extensions it will have.
// The linker holds such declarations of all files together, for which a document
// must be linked each time.
func declaresExtensions(list protoreflect.MessageDescriptors) bool {
	for i := range list.Len() {
		md := list.Get(i)
		for k := range md.ExtensionRanges().Len() {
			if o, ok := md.ExtensionRangeOptions(k).(*descriptorpb.ExtensionRangeOptions); ok && len(o.GetDeclaration()) > 0 {
				return true
			}
		}
		if declaresExtensions(md.Messages()) {
			return true
		}
	}
	return false
}

// adopt takes a document of the memo with all that it reaches for this schema. It
// reports false, and takes nothing, where this schema has another link of one of
// them: goroutines may link a document at the same time, and the memo may forget
// one that others were linked with. Both would be files with the same types.
func (c *compiler) adopt(f linker.File) bool {
	found := map[string]linker.File{}
	var visit func(f linker.File) bool
	visit = func(f linker.File) bool {
		f = plain(f)
		if known := c.done[f.Path()]; known != nil {
			return known == f
		}
		if known := found[f.Path()]; known != nil {
			return known == f
		}
		found[f.Path()] = f
		imports := f.Imports()
		for i := range imports.Len() {
			if !visit(f.FindImportByPath(imports.Get(i).Path())) {
				return false
			}
		}
		return true
	}
	if !visit(f) {
		return false
	}
	maps.Copy(c.done, found)
	return true
}

// linkedCost is what a linked document takes beside what grows with its text.
const linkedCost = 1 << 10

// recall returns what the memo of a compiler has under a key.
func recall[T any](c *compiler, key string) (T, bool) {
	v, _ := c.opts.Memo.Get(key)
	out, ok := v.(T)
	return out, ok
}

func digest(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		_, _ = fmt.Fprintf(h, "%d:%s,", len(p), p)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// textSum names a text. The memo has it under the text itself, which is found
// faster than it is hashed.
type textSum string

func (c *compiler) sumOf(text string) string {
	if s, ok := recall[textSum](c, text); ok {
		return string(s)
	}
	s := digest(text)
	c.opts.Memo.Put(text, textSum(s), len(text))
	return s
}

func (c *compiler) importsKey(d schema.Document) string { return "imports " + c.sumOf(d.Text) }

// key names a document with all that it reaches, by content; it is empty where
// the memo does not know yet what one of them imports, and in a cycle.
func (c *compiler) key(name string) string {
	if k, known := c.keys[name]; known {
		return k
	}
	d, declared := c.docs[name]
	if c.isBundled(name) {
		return "bundled " + name
	}
	if !declared {
		return ""
	}
	c.keys[name] = "" // also while its imports are asked for
	imports, ok := c.importsOf(d)
	if !ok {
		return ""
	}
	parts := []string{name, c.sumOf(d.Text)}
	for _, path := range imports {
		k := c.key(path)
		if k == "" {
			return ""
		}
		parts = append(parts, k)
	}
	c.keys[name] = digest(parts...)
	return c.keys[name]
}
