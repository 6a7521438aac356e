package lint

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/instar-registry/instar/internal/lru"
	"github.com/instar-registry/instar/schema"
)

// bom is the mark that some editors put before UTF-8.
const bom = "\uFEFF"

// side is a snapshot with what was read of it. It is safe for concurrent use.
type side struct {
	tree   Tree
	files  fileIndex
	config *Config

	mu       sync.Mutex
	texts    map[string]*text
	outlines map[string]*outline
	pulled   []string          // directories of copies
	locked   *Lock             // the pinned references; nil until they are read
	names    map[string]string // Avro full name or JSON $id to file; nil until asked for
	shared   *outlines         // those of earlier runs; nil without a cache
	memo     schema.Memo       // of what parsing gave; nil for one schema only
	store    *parsedStore      // of what parsing gave in earlier runs; nil without a cache
	keeps    bool              // put what the store lacks there
	bytes    int64
}

func newSide(tree Tree, c *Config) *side {
	return &side{tree: tree, files: indexFiles(tree.Files()), pulled: pulledDirs(tree.Files()), config: c, texts: map[string]*text{}, outlines: map[string]*outline{}}
}

// memoBytes bounds what the schemas of a run share.
const memoBytes = 64 << 20

func newMemo() schema.Memo { return lru.New[string, any](memoBytes) }

// side is a base of this run, which shares what the others know. What it parses
// is kept for the next run, which has the same base more often than the same head.
func (x *run) side(tree Tree) *side {
	s := newSide(tree, x.Config)
	s.shared, s.memo, s.store, s.keeps = x.shared, x.head.memo, x.head.store, true
	return s
}

// text is a file as a schema text.
type text struct {
	file string
	body string // without the mark of UTF-8
	mark int    // the length of that mark
	err  error  // a *FileError
	// yaml is what body was made of; nil if that is the file itself.
	yaml *Source

	once sync.Once
	hash string // see sum
}

// text reads a file once. What is wrong with the file alone is in the text; an
// error is one of the whole snapshot.
func (s *side) text(ctx context.Context, name string) (*text, error) {
	s.mu.Lock()
	t := s.texts[name]
	s.mu.Unlock()
	if t != nil {
		return t, nil
	}
	f := s.files[name]
	if f == nil {
		return &text{file: name, err: &FileError{Path: name, What: "there is no such file"}}, nil
	}
	if f.Trouble != "" {
		return s.keep(&text{file: name, err: &FileError{Path: name, What: f.Trouble}})
	}
	data, err := s.tree.Read(ctx, name)
	var bad *FileError
	switch {
	case errors.As(err, &bad) && !bad.Fatal:
		return s.keep(&text{file: name, err: bad})
	case err != nil:
		return nil, err
	}
	return s.keep(newText(name, data, s.config.Limits.FileBytes))
}

func (s *side) keep(t *text) (*text, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old := s.texts[t.file]; old != nil {
		return old, nil
	}
	s.texts[t.file] = t
	s.bytes += int64(len(t.body))
	if limit := s.config.Limits.TotalBytes; s.bytes > limit {
		return nil, unusable("raise limits.total-bytes or match fewer files", "the schema files of %s have more bytes than limits.total-bytes, %d, with %s", s.tree.Snap().Name, limit, t.file)
	}
	return t, nil
}

// lfsPointer begins a file whose content is kept elsewhere.
const lfsPointer = "version https://git-lfs.github.com/spec/"

// newText judges a content as a text.
func newText(name string, data []byte, limit int) *text {
	t := &text{file: name}
	fail := func(what, hint string) *text {
		t.err = &FileError{Path: name, What: what, Hint: hint}
		return t
	}
	switch {
	case len(data) > limit:
		return fail(fmt.Sprintf("the file has %d bytes, limits.file-bytes is %d", len(data), limit), "")
	case bytes.HasPrefix(data, []byte{0xFF, 0xFE}) || bytes.HasPrefix(data, []byte{0xFE, 0xFF}):
		return fail("the file is UTF-16", "save it as UTF-8: iconv -f UTF-16 -t UTF-8")
	case bytes.HasPrefix(data, []byte(lfsPointer)):
		return fail("the file is a pointer of Git LFS, not its content", "run: git lfs pull; in CI check out with LFS")
	case bytes.Contains(data, []byte{0}):
		return fail("the file is binary: it has a NUL", "")
	case !utf8.Valid(data):
		at := 1 + bytes.Count(data[:invalidAt(data)], []byte{'\n'})
		return fail(fmt.Sprintf("the file is not UTF-8 (line %d)", at), "save it as UTF-8")
	}
	if line := conflict(data); line > 0 {
		return fail(fmt.Sprintf("the file has the marks of a merge conflict (line %d)", line), "resolve it and git add it")
	}
	t.body = string(data)
	if rest, ok := strings.CutPrefix(t.body, bom); ok {
		t.body, t.mark = rest, len(bom)
	}
	if isYAML(name) {
		t.fromYAML(limit)
	}
	return t
}

// editable reports whether offsets of the body are those of the file.
func (t *text) editable() bool { return t.mark == 0 }

func invalidAt(data []byte) int {
	for i := 0; i < len(data); {
		r, n := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return len(data)
}

// conflict returns the line on which a merge conflict begins, or 0.
func conflict(data []byte) int {
	mark := []byte("<<<<<<< ")
	at := bytes.Index(data, mark)
	if at < 0 || at > 0 && data[at-1] != '\n' || !bytes.Contains(data, []byte("\n>>>>>>> ")) {
		return 0
	}
	return 1 + bytes.Count(data[:at], []byte{'\n'})
}

// same reports whether a file has one content on both sides.
func same(ctx context.Context, head, base *side, name, oldName string) (bool, error) {
	h, b := head.files[name], base.files[oldName]
	if h.Trouble != "" || b.Trouble != "" {
		return false, nil
	}
	if h.ID != "" && len(h.ID) == len(b.ID) {
		return h.ID == b.ID, nil
	}
	x, err := head.text(ctx, name)
	if err != nil {
		return false, err
	}
	if h.ID == "" && b.ID != "" && x.err == nil && ContentID([]byte(bom[:x.mark]+x.body), len(b.ID)) == b.ID {
		return true, nil
	}
	y, err := base.text(ctx, oldName)
	if err != nil {
		return false, err
	}
	return x.err == nil && y.err == nil && x.body == y.body, nil
}
