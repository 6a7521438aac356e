package source

import (
	"context"
	"errors"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/instar-registry/instar/lint"
)

// Opener opens snapshots by name.
type Opener struct {
	// Dir is the directory of the caller, Environ its environment.
	Dir     string
	Environ []string
	// Exact compares with the tip of a base, not with the merge base. Fetch
	// allows git to fetch a base.
	Exact, Fetch bool
	// Offline refuses bases that are registries. Registries are those of the
	// configuration.
	Offline    bool
	Registries map[string]lint.Registry

	// Repo is the repository around Dir; nil if there is none. Root is the top of
	// the tree that paths are relative to.
	Repo *Repository
	Root string

	headCommit string
	open       []lint.Tree
}

// Find looks for the repository around the directory.
func (o *Opener) Find(ctx context.Context) error {
	var err error
	if o.Repo, err = (&Git{Dir: o.Dir, Environ: o.Environ}).Open(ctx); err != nil {
		return err
	}
	o.Root = o.Dir
	if o.Repo != nil && o.Repo.Root != "" {
		o.Root = o.Repo.Root
	}
	return nil
}

// Close closes every tree that was opened, and the repository.
func (o *Opener) Close() error {
	var err error
	for _, t := range o.open {
		err = errors.Join(err, t.Close())
	}
	o.open = nil
	if o.Repo != nil {
		err = errors.Join(err, o.Repo.Close())
	}
	return err
}

// Relative turns a path of the caller into one of the tree.
func (o *Opener) Relative(p string) (string, error) {
	if !filepath.IsAbs(p) {
		p = filepath.Join(o.Dir, p)
	}
	root, err := filepath.EvalSymlinks(o.Root)
	if err != nil {
		return "", &lint.InputError{What: err.Error()}
	}
	if real, err := filepath.EvalSymlinks(p); err == nil {
		p = real
	}
	rel, err := filepath.Rel(root, p)
	if err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return "", &lint.InputError{What: p + " lies outside of the tree that is checked", Hint: "run evcheck in it"}
	}
	return filepath.ToSlash(rel), nil
}

// kinds are the words before the colon of a snapshot's name.
var kinds = []string{"worktree", "staged", "git", "dir", "archive", "registry", "file"}

// spec is a name of a snapshot, read.
type spec struct {
	name       string // as given
	kind, rest string
}

// read takes a name apart; a bare word is a reference or a path, and refused if
// it could be both.
func (o *Opener) read(ctx context.Context, name string) (spec, error) {
	kind, rest, _ := strings.Cut(name, ":")
	if slices.Contains(kinds, kind) && (rest != "" || kind == "worktree" || kind == "staged" || kind == "registry") {
		return spec{name, kind, rest}, nil
	}
	info, err := os.Stat(filepath.Join(o.Dir, name))
	if filepath.IsAbs(name) {
		info, err = os.Stat(name)
	}
	isRef := false
	if o.Repo != nil {
		_, e := o.Repo.Resolve(ctx, name)
		isRef = e == nil
	}
	switch {
	case err == nil && isRef:
		return spec{}, &lint.InputError{What: "\"" + name + "\" is both a git reference and a path", Hint: "write git:" + name + " or dir:" + name}
	case isRef:
		return spec{name, "git", name}, nil
	case err == nil && info.IsDir():
		return spec{name, "dir", name}, nil
	case err == nil && isArchive(name):
		return spec{name, "archive", name}, nil
	case err == nil:
		return spec{name, "file", name}, nil
	case o.Repo != nil:
		return spec{name, "git", name}, nil // resolving it says what to do
	}
	return spec{}, &lint.InputError{What: "there is no snapshot \"" + name + "\"", Hint: "name one as git:REF, dir:PATH, archive:FILE, registry:NAME or file:PATH"}
}

// Head opens the snapshot that is checked; the working tree by default.
func (o *Opener) Head(ctx context.Context, name string) (lint.Tree, error) {
	if name == "" {
		name = "worktree"
	}
	s, err := o.read(ctx, name)
	if err != nil {
		return nil, err
	}
	if o.Repo != nil {
		if o.headCommit, err = o.Repo.Head(ctx); err != nil {
			return nil, err
		}
	}
	switch s.kind {
	case "registry":
		return nil, &lint.InputError{What: "a registry cannot be the head", Hint: "compare a tree with it: --against " + name}
	case "worktree":
		if o.Repo == nil {
			return o.keep(Directory(o.Root, "worktree"))
		}
		return o.keep(o.Repo.Worktree(ctx))
	case "git":
		ref, subdir, _ := strings.Cut(s.rest, ":")
		p, err := o.resolve(ctx, ref)
		if err != nil {
			return nil, err
		}
		o.headCommit = p.Commit
		return o.keep(o.Repo.Commit(ctx, snapOf(s.name, ref, p), subdir))
	}
	return o.other(ctx, s)
}

func (o *Opener) keep(t lint.Tree, err error) (lint.Tree, error) {
	if err != nil {
		return nil, err
	}
	o.open = append(o.open, t)
	return t, nil
}

func (o *Opener) resolve(ctx context.Context, ref string) (Point, error) {
	if o.Repo == nil {
		return Point{}, &lint.InputError{What: "this is not a git repository, so there is no " + ref, Hint: "compare with a directory: --against dir:PATH"}
	}
	return o.Repo.Resolve(ctx, ref)
}

func snapOf(name, asked string, p Point) lint.Snap {
	s := lint.Snap{Name: name, Commit: p.Commit, Notes: p.Notes}
	if p.Ref != asked {
		s.Ref = p.Ref
	}
	return s
}

// other opens what does not depend on git's history.
func (o *Opener) other(ctx context.Context, s spec) (lint.Tree, error) {
	full := s.rest
	if !filepath.IsAbs(full) {
		full = filepath.Join(o.Dir, full)
	}
	switch s.kind {
	case "staged":
		if o.Repo == nil {
			return nil, &lint.InputError{What: "this is not a git repository, so nothing is staged"}
		}
		return o.keep(o.Repo.Staged(ctx))
	case "dir":
		return o.keep(Directory(full, s.name))
	case "archive":
		return o.keep(Archive(full, s.name))
	case "file":
		return o.keep(SingleFile(full, s.name))
	}
	return nil, &lint.InputError{What: "\"" + s.name + "\" cannot be read here"}
}

// Bases opens what the head is compared with; without names, what CI says or the
// default branch.
func (o *Opener) Bases(ctx context.Context, names []string) ([]lint.Base, error) {
	if len(names) == 0 {
		var err error
		if names, err = o.defaultBases(ctx); err != nil {
			return nil, err
		}
	}
	var out []lint.Base
	for _, name := range names {
		s, err := o.read(ctx, name)
		if err != nil {
			return nil, err
		}
		b, err := o.base(ctx, s)
		if err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return out, nil
}

// File opens the tree around a name that stands for one file: a path, or
// git:REF:PATH. Without such a file the path is empty.
func (o *Opener) File(ctx context.Context, name string) (lint.Tree, string, error) {
	s, err := o.read(ctx, name)
	if err != nil {
		return nil, "", err
	}
	switch s.kind {
	case "file":
		file, err := o.Relative(s.rest)
		if err != nil {
			t, err := o.other(ctx, s) // it lies elsewhere
			return t, path.Base(filepath.ToSlash(s.rest)), err
		}
		t, err := o.Head(ctx, "worktree")
		return t, file, err
	case "git":
		ref, file, _ := strings.Cut(s.rest, ":")
		if file = path.Clean(file); file == "." {
			return nil, "", nil
		}
		p, err := o.resolve(ctx, ref)
		if err != nil {
			return nil, "", err
		}
		t, err := o.keep(o.Repo.Commit(ctx, snapOf(s.name, ref, p), ""))
		if err == nil && slices.ContainsFunc(t.Files(), func(f lint.File) bool { return f.Path == file }) {
			return t, file, nil
		}
		return nil, "", err
	}
	return nil, "", nil
}

func (o *Opener) base(ctx context.Context, s spec) (lint.Base, error) {
	if s.kind == "registry" {
		return o.registry(s)
	}
	if s.kind == "dir" {
		full := s.rest
		if !filepath.IsAbs(full) {
			full = filepath.Join(o.Dir, full)
		}
		t, err := pulled(full, s.name)
		if err != nil {
			return lint.Base{}, err
		}
		if t != nil {
			_, err = o.keep(t, nil)
			return lint.Base{Tree: t}, err
		}
	}
	if s.kind != "git" {
		t, err := o.other(ctx, s)
		return lint.Base{Tree: t}, err
	}
	ref, subdir, _ := strings.Cut(s.rest, ":")
	if o.Repo == nil {
		_, err := o.resolve(ctx, ref)
		return lint.Base{}, err
	}
	if o.Fetch {
		head := o.headCommit
		if o.Exact {
			head = ""
		}
		if err := o.Repo.Fetch(ctx, ref, head); err != nil {
			return lint.Base{}, err
		}
	}
	p, err := o.Repo.Base(ctx, ref, o.headCommit, o.Exact)
	if err != nil {
		return lint.Base{}, err
	}
	if p.Commit == "" {
		return lint.Base{Tree: empty{snapOf(s.name, ref, p)}}, nil
	}
	t, err := o.keep(o.Repo.Commit(ctx, snapOf(s.name, ref, p), subdir))
	return lint.Base{Tree: t, Earlier: o.Earlier(p.Commit)}, err
}

// empty is a tree without files: that of a repository without commits.
type empty struct{ snap lint.Snap }

func (e empty) Snap() lint.Snap  { return e.snap }
func (empty) Files() []lint.File { return nil }
func (empty) Read(_ context.Context, p string) ([]byte, error) {
	return nil, &lint.FileError{Path: p, What: "there is no such file"}
}
func (empty) Close() error { return nil }
