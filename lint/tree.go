package lint

import (
	"context"
	"crypto/sha1" //nolint:gosec // git names its objects so
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"slices"
	"strings"
)

// Tree is a set of files at one moment: a commit, the index, the working tree, a
// directory or an archive. It is safe for concurrent use.
type Tree interface {
	// Snap says which snapshot it is, for the head of a report.
	Snap() Snap
	// Files lists all files by path, in byte order, without directories.
	Files() []File
	// Read returns the content of a file of the list. A content that must not be
	// read, such as the target of a link, is a *FileError.
	Read(ctx context.Context, path string) ([]byte, error)
	// Close ends what the tree needs to be read.
	Close() error
}

// File is one file of a tree.
type File struct {
	// Path is relative to the root, with "/". It may hold any byte but NUL.
	Path string
	// ID names the content as git does; files of equal IDs are equal. It is empty
	// where it would have to be computed.
	ID string
	// Trouble says why the file cannot be read: a link out of the tree, a conflict
	// that is not resolved. Reading it gives this as an error.
	Trouble string
}

// FileError is a file that cannot be read as a schema, and what to do about it.
type FileError struct {
	Path, What, Hint string
	// Fatal says that what is missing makes the whole snapshot incomplete: an
	// object that was not fetched, in contrast to a file that is no text.
	Fatal bool
}

func (e *FileError) Error() string {
	s := e.Path + ": " + e.What
	if e.Hint != "" {
		s += "; " + e.Hint
	}
	return s
}

// InputError is a mistake in the use, or an input that cannot be read: evcheck
// ends with exit code 2.
type InputError struct {
	What, Hint string
	// Rule is the id of the rule about the repository that was broken, if any.
	Rule string
}

func (e *InputError) Error() string {
	s := e.What
	if e.Rule != "" {
		s = e.Rule + ": " + s
	}
	if e.Hint != "" {
		s += "; " + e.Hint
	}
	return s
}

// unusable builds an InputError.
func unusable(hint, format string, args ...any) *InputError {
	return &InputError{What: fmt.Sprintf(format, args...), Hint: hint}
}

// ContentID names a content as git names a blob, in a hash of the given number
// of hex digits: 64 for a SHA-256 repository, else SHA-1.
func ContentID(data []byte, digits int) string {
	head := fmt.Appendf(nil, "blob %d\x00", len(data))
	if digits == sha256.Size*2 {
		sum := sha256.Sum256(append(head, data...))
		return hex.EncodeToString(sum[:])
	}
	h := sha1.New() //nolint:gosec // see the import
	h.Write(head)
	h.Write(data)
	return hex.EncodeToString(h.Sum(nil))
}

// fileIndex finds files of a tree by path.
type fileIndex map[string]*File

func indexFiles(files []File) fileIndex {
	m := make(fileIndex, len(files))
	for i := range files {
		m[files[i].Path] = &files[i]
	}
	return m
}

// MemoryTree is a tree of texts at hand: what an editor holds, and tests.
type MemoryTree struct {
	snap  Snap
	files []File
	texts map[string][]byte
}

// NewMemoryTree returns a tree of the texts by path.
func NewMemoryTree(name string, texts map[string]string) *MemoryTree {
	t := &MemoryTree{snap: Snap{Name: name}, texts: map[string][]byte{}}
	for p, text := range texts {
		p = path.Clean(p)
		t.texts[p] = []byte(text)
		t.files = append(t.files, File{Path: p, ID: ContentID([]byte(text), 0)})
	}
	slices.SortFunc(t.files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return t
}

// Snap implements [Tree].
func (t *MemoryTree) Snap() Snap { return t.snap }

// Files implements [Tree].
func (t *MemoryTree) Files() []File { return t.files }

// Read implements [Tree].
func (t *MemoryTree) Read(_ context.Context, name string) ([]byte, error) {
	if text, ok := t.texts[name]; ok {
		return text, nil
	}
	return nil, &FileError{Path: name, What: "there is no such file"}
}

// Close implements [Tree].
func (t *MemoryTree) Close() error { return nil }
