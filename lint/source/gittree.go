package source

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/instar-registry/instar/lint"
)

// The modes of git's entries that are no plain files.
const (
	modeLink      = "120000"
	modeSubmodule = "160000"
)

// entry is a file as git lists it.
type entry struct {
	mode, id string
	disk     bool // its content stands in the working tree
	gone     bool // it was removed from there
	twice    bool // the tree has another one of this name, which git itself never writes
}

// gitTree is a commit, the index or the working tree.
type gitTree struct {
	repo    *Repository
	snap    lint.Snap
	files   []lint.File
	entries map[string]entry
	root    *os.Root // of the working tree, if files are read from it
	prefix  string   // the subdirectory that is the tree
}

// Commit returns the tree of a commit, or of a subdirectory of it.
func (r *Repository) Commit(ctx context.Context, snap lint.Snap, subdir string) (lint.Tree, error) {
	t := r.tree(snap)
	t.prefix = prefixOf(subdir)
	if listed, err := t.likeStaged(ctx); err != nil || listed {
		return t.sorted(), err
	}
	out, err := r.git.run(ctx, "ls-tree", "-r", "-z", "--full-tree", snap.Commit)
	if err != nil {
		return nil, r.missingTree(err)
	}
	if err := t.committed(out); err != nil {
		return nil, err
	}
	if dir := strings.TrimSuffix(t.prefix, "/"); dir != "" && len(t.files) == 0 {
		// As an empty tree it would make every subject a first version.
		return nil, &lint.InputError{What: snap.Name + ": there is no directory " + dir + " in " + short(snap.Commit), Hint: "write git:REF:DIR with a directory of that commit"}
	}
	return t.sorted(), nil
}

// prefixOf is what the names of files in a subdirectory begin with.
func prefixOf(subdir string) string {
	if p := strings.Trim(path.Clean("/"+subdir), "/"); p != "" {
		return p + "/"
	}
	return ""
}

// committed reads what ls-tree prints.
func (t *gitTree) committed(out []byte) error {
	for line := range bytes.SplitSeq(out, []byte{0}) {
		head, name, ok := strings.Cut(string(line), "\t")
		parts := strings.Fields(head)
		if !ok || len(parts) != 3 {
			if len(line) == 0 {
				continue // the end of the list
			}
			return fmt.Errorf("git ls-tree answers %q", line)
		}
		t.add(name, entry{mode: parts[0], id: parts[2]}, "")
	}
	return nil
}

// missingTree explains a listing that lacks objects.
func (r *Repository) missingTree(err error) error {
	var failed *gitError
	if errors.As(err, &failed) {
		return &lint.InputError{What: "the files of a commit cannot be listed: " + failed.Error(), Hint: "objects are missing from this clone: git fetch --refetch"}
	}
	return err
}

func (r *Repository) tree(snap lint.Snap) *gitTree {
	return &gitTree{repo: r, snap: snap, entries: map[string]entry{}}
}

// Staged returns the index: what the next commit will hold.
func (r *Repository) Staged(ctx context.Context) (lint.Tree, error) { return r.index(ctx, false) }

// Worktree returns the files as they lie in the working tree. Files that are not
// there because of a sparse checkout are those of the index; what is ignored is
// left out.
func (r *Repository) Worktree(ctx context.Context) (lint.Tree, error) { return r.index(ctx, true) }

func (r *Repository) index(ctx context.Context, worktree bool) (lint.Tree, error) {
	if r.Root == "" {
		return nil, &lint.InputError{What: "this repository has no working tree", Hint: "say which commit to look at: --head git:REF"}
	}
	args := []string{"ls-files", "-z", "-t", "-s", "-c"}
	var settings []string
	t := r.tree(lint.Snap{Name: "staged"})
	if worktree {
		args = append(args, "-o", "-m", "-d", "--exclude-standard")
		t.snap.Name = "worktree"
		root, err := os.OpenRoot(r.Root)
		if err != nil {
			return nil, &lint.InputError{What: err.Error()}
		}
		t.root = root
		if settings, err = r.unfiltered(ctx); err != nil {
			return nil, errors.Join(err, root.Close())
		}
	}
	out, err := r.git.run(ctx, append(settings, args...)...)
	if err != nil {
		return nil, errors.Join(err, t.Close())
	}
	if err := t.listed(out, worktree); err != nil {
		return nil, errors.Join(err, t.Close())
	}
	r.staged = stagedOf(out, r.Digits)
	return t.sorted(), nil
}

// listed reads what ls-files prints.
func (t *gitTree) listed(out []byte, worktree bool) error {
	for line := range bytes.SplitSeq(out, []byte{0}) {
		if err := t.indexed(string(line), worktree); err != nil {
			return err
		}
	}
	t.files = slices.DeleteFunc(t.files, func(f lint.File) bool { return t.entries[f.Path].gone })
	for i := range t.files {
		if t.entries[t.files[i].Path].id == "" {
			t.files[i].ID = ""
		}
	}
	return nil
}

// indexed reads one line of ls-files: a tag, for what the index holds its mode,
// object and stage, and the path. A file that was changed or removed is listed
// once more, with that tag.
func (t *gitTree) indexed(line string, worktree bool) error {
	if line == "" {
		return nil
	}
	tag, rest, ok := strings.Cut(line, " ")
	if tag == "?" {
		if !strings.HasSuffix(rest, "/") { // a repository inside
			t.add(rest, entry{disk: true}, "")
		}
		return nil
	}
	head, name, tabbed := strings.Cut(rest, "\t")
	parts := strings.Fields(head)
	if !ok || !tabbed || len(parts) != 3 {
		return fmt.Errorf("git ls-files answers %q", line)
	}
	switch tag {
	case "C", "K": // the working tree holds another content
		e := t.entries[name]
		e.id, e.disk = "", true
		t.entries[name] = e
	case "R":
		e := t.entries[name]
		e.gone = true
		t.entries[name] = e
	default:
		trouble := ""
		if parts[2] != "0" {
			trouble = "the file has a merge conflict; resolve it and git add it"
			if _, again := t.entries[name]; again {
				return nil
			}
		}
		t.add(name, entry{mode: parts[0], id: parts[1], disk: worktree && tag != "S"}, trouble)
	}
	return nil
}

func (t *gitTree) add(name string, e entry, trouble string) {
	name, ok := strings.CutPrefix(name, t.prefix)
	if !ok {
		return
	}
	if e.mode == modeSubmodule {
		t.snap.Notes = append(t.snap.Notes, "submodule "+name+" is not entered")
		return
	}
	if trouble == "" {
		trouble = badName(name)
	}
	f := lint.File{Path: name, ID: e.id, Trouble: trouble}
	if e.mode == modeLink {
		f.ID = "" // the content is that of the target
	}
	if was, again := t.entries[name]; again {
		was.twice = true // nobody could say which of them is meant
		t.entries[name] = was
		return
	}
	t.entries[name] = e
	t.files = append(t.files, f)
}

// badName says what is wrong with a name that git would not check out; objects
// that are written by hand may hold it.
func badName(name string) string {
	for part := range strings.SplitSeq(name, "/") {
		switch {
		case part == "" || part == "." || part == "..":
			return "the name is no path inside of a tree; git fsck tells more"
		case strings.EqualFold(part, ".git"):
			return "the name leads into a repository; git fsck tells more"
		}
	}
	return ""
}

func (t *gitTree) sorted() *gitTree {
	slices.SortFunc(t.files, func(a, b lint.File) int { return strings.Compare(a.Path, b.Path) })
	for i := range t.files {
		if f := &t.files[i]; t.entries[f.Path].twice {
			f.ID, f.Trouble = "", "the tree has two files of this name; git fsck tells more"
		}
	}
	return t
}

// Snap implements [lint.Tree].
func (t *gitTree) Snap() lint.Snap { return t.snap }

// Files implements [lint.Tree].
func (t *gitTree) Files() []lint.File { return t.files }

// Read implements [lint.Tree].
func (t *gitTree) Read(ctx context.Context, name string) ([]byte, error) {
	e, ok := t.entries[name]
	if !ok {
		return nil, &lint.FileError{Path: name, What: "there is no such file"}
	}
	if e.disk {
		return readRooted(t.root, name)
	}
	for range maxLinks {
		data, err := t.repo.objects.content(ctx, name, e.id)
		if err != nil || e.mode != modeLink {
			return data, err
		}
		target := path.Join(path.Dir(name), string(data))
		if e, ok = t.entries[target]; !ok || path.IsAbs(string(data)) {
			return nil, outside(name, string(data))
		}
		name = target
	}
	return nil, &lint.FileError{Path: name, What: "the links lead in a circle"}
}

// maxLinks is how many links in a row are followed.
const maxLinks = 16

func outside(name, target string) error {
	return &lint.FileError{Path: name, What: fmt.Sprintf("the link leads to %q, which is not a file of the tree", target), Hint: "links are followed inside the tree only"}
}

// Close implements [lint.Tree].
func (t *gitTree) Close() error {
	if t.root == nil {
		return nil
	}
	return t.root.Close()
}

// readRooted reads a file below a root, following no link out of it.
func readRooted(root *os.Root, name string) ([]byte, error) {
	info, err := root.Stat(name) // before it is opened: a pipe would wait for a writer
	switch {
	case err != nil:
		return nil, unreadable(name, err)
	case !info.Mode().IsRegular():
		return nil, &lint.FileError{Path: name, What: "this is not a regular file"}
	case info.Size() > MaxFileBytes:
		return nil, tooLarge(name, info.Size())
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, unreadable(name, err)
	}
	defer func() { _ = f.Close() }() // read only
	data := make([]byte, 0, info.Size()+bytes.MinRead)
	buf := bytes.NewBuffer(data)
	if _, err := buf.ReadFrom(io.LimitReader(f, MaxFileBytes+1)); err != nil {
		return nil, unreadable(name, err)
	}
	if buf.Len() > MaxFileBytes { // it grew
		return nil, tooLarge(name, int64(buf.Len()))
	}
	return buf.Bytes(), nil
}

// unreadable says why a file cannot be opened, without the machine's paths.
func unreadable(name string, err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	return &lint.FileError{Path: name, What: "the file cannot be read: " + err.Error()}
}
