package protobuf

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"

	"github.com/bufbuild/protocompile/linker"
)

// linked is a document as a memo keeps it. What was linked under strict rules is
// the same under lenient ones, but not the other way round.
type linked struct {
	file   linker.File
	strict bool
}

// document links a declared document, or takes it from the memo, which has it
// where a schema with the same document and the same imports was parsed before.
func (c *compiler) document(name, text string) (linker.File, error) {
	if c.opts.Memo == nil {
		return c.file(name, text)
	}
	if k := c.key(name); k != "" {
		if l, ok := recall[linked](c, "linked "+k); ok && (l.strict || c.opts.Lenient) && c.adopt(l.file) {
			return l.file, nil
		}
	}
	f, err := c.file(name, text)
	if err != nil {
		return nil, err
	}
	imports := make([]string, f.Imports().Len())
	for i := range imports {
		imports[i] = f.Imports().Get(i).Path()
	}
	c.opts.Memo.Put("imports "+digest(text), imports, linkedCost)
	delete(c.keys, name) // it can be told now
	if k := c.key(name); k != "" {
		c.opts.Memo.Put("linked "+k, linked{f, !c.opts.Lenient}, linkedCost+linkedFactor*len(text))
	}
	return f, nil
}

// adopt takes a document of the memo with all that it reaches for this schema. It
// reports false, and takes nothing, where this schema has another link of one of
// them: goroutines may link a document at the same time, and the memo may forget
// one that others were linked with. Both would be files with the same types.
func (c *compiler) adopt(f linker.File) bool {
	found := map[string]linker.File{}
	var visit func(f linker.File) bool
	visit = func(f linker.File) bool {
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

// key names a document with all that it reaches, by content; it is empty where
// the memo does not know yet what one of them imports, and in a cycle.
func (c *compiler) key(name string) string {
	if k, known := c.keys[name]; known {
		return k
	}
	text, declared := c.docs[name]
	if c.isBundled(name) {
		return "bundled " + name
	}
	if !declared {
		return ""
	}
	c.keys[name] = "" // also while its imports are asked for
	imports, ok := recall[[]string](c, "imports "+digest(text))
	if !ok {
		return ""
	}
	parts := []string{name, text}
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
