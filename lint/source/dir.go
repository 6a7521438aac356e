package source

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/instar-registry/instar/lint"
)

// dirTree is a directory that need not belong to a repository.
type dirTree struct {
	snap  lint.Snap
	root  *os.Root
	files []lint.File
}

// maxDirFiles bounds what a walk lists, so that a wrong directory is an answer
// and not an hour.
const maxDirFiles = 1_000_000

// Directory returns the files below a directory. Directories whose name begins
// with a dot, such as .git, are left out.
func Directory(dir, name string) (lint.Tree, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, &lint.InputError{What: "the directory " + dir + " cannot be read: " + reason(err)}
	}
	t := &dirTree{snap: lint.Snap{Name: name}, root: root}
	err = fs.WalkDir(root.FS(), ".", func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && p != "." && strings.HasPrefix(d.Name(), "."):
			return fs.SkipDir
		case d.IsDir():
			return nil
		case len(t.files) == maxDirFiles:
			return &lint.InputError{What: dir + " has more than a million files", Hint: "name a directory further down"}
		}
		t.files = append(t.files, lint.File{Path: p})
		return nil
	})
	if err != nil {
		return nil, &lint.InputError{What: "the directory " + dir + " cannot be read: " + err.Error()}
	}
	slices.SortFunc(t.files, func(a, b lint.File) int { return strings.Compare(a.Path, b.Path) })
	return t, nil
}

// SingleFile returns a tree of one file.
func SingleFile(file, name string) (lint.Tree, error) {
	root, err := os.OpenRoot(filepath.Dir(file))
	if err != nil {
		return nil, &lint.InputError{What: file + " cannot be read: " + reason(err)}
	}
	if _, err := root.Stat(filepath.Base(file)); err != nil {
		return nil, &lint.InputError{What: file + " cannot be read: " + reason(err)}
	}
	return &dirTree{snap: lint.Snap{Name: name}, root: root, files: []lint.File{{Path: filepath.Base(file)}}}, nil
}

func reason(err error) string {
	if p, ok := err.(*fs.PathError); ok { //nolint:errorlint // straight from package os
		return p.Err.Error()
	}
	return err.Error()
}

// Snap implements [lint.Tree].
func (t *dirTree) Snap() lint.Snap { return t.snap }

// Files implements [lint.Tree].
func (t *dirTree) Files() []lint.File { return t.files }

// Read implements [lint.Tree].
func (t *dirTree) Read(ctx context.Context, name string) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return readRooted(t.root, name)
}

// Close implements [lint.Tree].
func (t *dirTree) Close() error { return t.root.Close() }
