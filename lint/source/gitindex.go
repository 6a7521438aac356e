package source

import (
	"bytes"
	"context"
	"crypto/sha1" //nolint:gosec // it is what git names objects by
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"strconv"
	"strings"
)

// staged is what the index holds, in its order, with the names that git would give
// to its directories as tree objects. A tree of that name needs no reading: the
// commits that are compared differ in few files, and are listed by the index.
type staged struct {
	files []stagedFile
	dirs  map[string]stagedDir // by path with a slash at its end; the root is ""
	hash  func() hash.Hash
}

type stagedFile struct{ mode, path, id string }

// stagedDir is a part of the files.
type stagedDir struct {
	id       string
	from, to int
}

// maxDirDepth bounds how deep directories are followed, maxTreeReads how many are
// read one by one; git lists what is beyond.
const (
	maxDirDepth  = 100
	maxTreeReads = 64
)

// stagedOf reads the index out of what ls-files prints; nil if it has conflicts.
func stagedOf(out []byte, digits int) *staged {
	s := &staged{dirs: map[string]stagedDir{}, hash: sha1.New}
	if digits == 64 {
		s.hash = sha256.New
	}
	last := ""
	for line := range bytes.SplitSeq(out, []byte{0}) {
		tag, rest, _ := strings.Cut(string(line), " ")
		if tag != "H" && tag != "S" {
			if tag == "M" {
				return nil
			}
			continue // of the working tree
		}
		head, name, ok := strings.Cut(rest, "\t")
		parts := strings.Fields(head)
		if !ok || len(parts) != 3 || len(parts[1]) != digits || name <= last || badName(name) != "" {
			return nil
		}
		s.files, last = append(s.files, stagedFile{parts[0], name, parts[1]}), name
	}
	if _, ok := s.dir("", 0, 0); !ok {
		return nil
	}
	return s
}

// dir names the directory that begins at a file, and those in it.
func (s *staged) dir(path string, from, depth int) (stagedDir, bool) {
	var body []byte
	i := from
	for i < len(s.files) && strings.HasPrefix(s.files[i].path, path) {
		f := s.files[i]
		name, _, inner := strings.Cut(f.path[len(path):], "/")
		mode, id, next := f.mode, f.id, i+1
		if inner {
			if depth == maxDirDepth {
				return stagedDir{}, false
			}
			d, ok := s.dir(path+name+"/", i, depth+1)
			if !ok {
				return stagedDir{}, false
			}
			mode, id, next = modeTree, d.id, d.to
		}
		raw, err := hex.DecodeString(id)
		if err != nil {
			return stagedDir{}, false
		}
		body = append(append(body, mode+" "+name+"\x00"...), raw...)
		i = next
	}
	h := s.hash()
	h.Write([]byte("tree " + strconv.Itoa(len(body)) + "\x00"))
	h.Write(body)
	d := stagedDir{hex.EncodeToString(h.Sum(nil)), from, i}
	s.dirs[path] = d
	return d, true
}

// modeTree is that of a directory inside of a tree object.
const modeTree = "40000"

// likeStaged lists a commit by the index and the trees that differ from it. It
// reports false, and lists nothing, where git has to: what is wrong with a tree, or
// missing from the clone, is git's to say.
func (t *gitTree) likeStaged(ctx context.Context) (bool, error) {
	if t.repo.staged == nil || t.prefix != "" {
		return false, nil
	}
	l := lister{t: t, left: maxTreeReads}
	ok, err := l.list(ctx, "", t.snap.Commit+"^{tree}", 0)
	if err != nil || !ok {
		return false, err
	}
	for _, f := range l.files {
		t.add(f.path, entry{mode: f.mode, id: f.id}, "")
	}
	return true, nil
}

// lister lists one commit.
type lister struct {
	t     *gitTree
	left  int
	files []stagedFile
}

// list lists a directory by the name of its tree.
func (l *lister) list(ctx context.Context, path, tree string, depth int) (bool, error) {
	index := l.t.repo.staged
	same := func(id string) bool {
		d, known := index.dirs[path]
		if known && d.id == id {
			l.files = append(l.files, index.files[d.from:d.to]...)
			return true
		}
		return false
	}
	if same(tree) {
		return true, nil
	}
	if l.left--; l.left < 0 || depth > maxDirDepth {
		return false, nil
	}
	got, err := l.t.repo.objects.exchange(ctx, tree)
	if _, missing := err.(*objectError); missing { //nolint:errorlint // never wrapped
		return false, nil
	}
	if err != nil || got.kind != "tree" || int64(len(got.data)) != got.size {
		return false, err
	}
	if path == "" && same(got.id) {
		return true, nil
	}
	for rest := got.data; len(rest) > 0; {
		var f stagedFile
		var ok bool
		if f, rest, ok = nextOf(rest, l.t.repo.Digits/2); !ok {
			return false, nil
		}
		f.path = path + f.path
		if f.mode != modeTree {
			l.files = append(l.files, f)
			continue
		}
		if ok, err := l.list(ctx, f.path+"/", f.id, depth+1); err != nil || !ok {
			return false, err
		}
	}
	return true, nil
}

// nextOf takes the first entry off a tree object: a mode, a name and the bytes of
// an id. It reports false for one that git would not write.
func nextOf(data []byte, bytesOfID int) (f stagedFile, rest []byte, ok bool) {
	head, rest, ok := bytes.Cut(data, []byte{0})
	mode, name, spaced := strings.Cut(string(head), " ")
	if !ok || !spaced || len(rest) < bytesOfID || strings.Contains(name, "/") || badName(name) != "" {
		return f, nil, false
	}
	switch mode {
	case modeTree, "100644", "100755", modeLink, modeSubmodule:
		return stagedFile{mode, name, hex.EncodeToString(rest[:bytesOfID])}, rest[bytesOfID:], true
	}
	return f, nil, false
}
