package lint

import (
	"context"
	"slices"
	"strings"
)

// overlay is a tree with other texts in the place of some files.
type overlay struct {
	Tree
	files []File
	texts map[string]string
}

// Overlay returns a tree that is another one but for some texts, so that an edit
// can be judged before it is written.
func Overlay(t Tree, texts map[string]string) Tree {
	o := &overlay{Tree: t, files: slices.Clone(t.Files()), texts: texts}
	known := map[string]bool{}
	digits := 0
	for i := range o.files {
		f := &o.files[i]
		digits = max(digits, len(f.ID))
		if text, ok := texts[f.Path]; ok {
			known[f.Path] = true
			*f = File{Path: f.Path, ID: ContentID([]byte(text), len(f.ID))}
		}
	}
	for path, text := range texts {
		if !known[path] {
			o.files = append(o.files, File{Path: path, ID: ContentID([]byte(text), digits)})
		}
	}
	slices.SortFunc(o.files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return o
}

// Files implements [Tree].
func (o *overlay) Files() []File { return o.files }

// Read implements [Tree].
func (o *overlay) Read(ctx context.Context, path string) ([]byte, error) {
	if text, ok := o.texts[path]; ok {
		return []byte(text), nil
	}
	return o.Tree.Read(ctx, path)
}
