package lint

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"sync"

	"github.com/instar-registry/instar/schema"
)

// outlines are the outlines of files by content, as the cache has them between
// runs. It is safe for concurrent use.
type outlines struct {
	mu    sync.Mutex
	known map[string]*knownOutline
	fresh bool
}

// knownOutline is an outline of an earlier run, which is read when it is asked
// for, or one of this run.
type knownOutline struct {
	wire []byte // nil if it is of this run
	read *outline
	used bool // in this run
}

// find returns the outline of a content, or nil.
func (o *outlines) find(id string) *outline {
	o.mu.Lock()
	defer o.mu.Unlock()
	k := o.known[id]
	if k == nil {
		return nil
	}
	if k.used = true; k.read == nil {
		k.read = readOutline(k.wire)
	}
	return k.read
}

// lacks reports whether none of the words stands in the outline of a content. It
// says false where that cannot be told without reading the text.
func (o *outlines) lacks(id string, words []word) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	k := o.known[id]
	if k == nil {
		return false
	}
	k.used = true
	return k.wire != nil && !slices.ContainsFunc(words, func(w word) bool { return bytes.Contains(k.wire, w.encoded) })
}

func (o *outlines) add(id string, found *outline) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.known[id], o.fresh = &knownOutline{read: found, used: true}, true
}

// outlineID names the outline of a file in the cache; empty if it has no name
// there.
func (s *side) outlineID(name string, format schema.Format) string {
	f := s.files[name]
	if s.shared == nil || f == nil || f.ID == "" || f.Trouble != "" {
		return ""
	}
	return f.ID + " " + format.String()
}

// wireOutline is an outline in the cache.
type wireOutline struct {
	Values  map[string]string `json:",omitempty"`
	Defines []string          `json:",omitempty"`
	Uses    []wireUse         `json:",omitempty"`
	Dialect string            `json:",omitempty"`
	Record  bool              `json:",omitempty"`
	Object  bool              `json:",omitempty"`
}

type wireUse struct {
	Name, Address  string
	Offset, Length int
}

// readOutline reads an outline of the cache; nil if it is none.
func readOutline(wire []byte) *outline {
	var w wireOutline
	if json.Unmarshal(wire, &w) != nil {
		return nil
	}
	o := &outline{values: w.Values, defines: w.Defines, dialect: w.Dialect, record: w.Record, object: w.Object}
	if o.values == nil {
		o.values = map[string]string{}
	}
	for _, u := range w.Uses {
		o.uses = append(o.uses, use{name: u.Name, address: u.Address, offset: u.Offset, length: u.Length})
	}
	return o
}

// write appends the outline as the cache has it.
func (k *knownOutline) write(b *bytes.Buffer) error {
	if k.wire != nil {
		b.Write(k.wire)
		return b.WriteByte('\n')
	}
	w := wireOutline{Values: k.read.values, Defines: k.read.defines, Dialect: k.read.dialect, Record: k.read.record, Object: k.read.object}
	for _, u := range k.read.uses {
		w.Uses = append(w.Uses, wireUse{u.name, u.address, u.offset, u.length})
	}
	return encodeLine(b, w)
}

// encodeLine writes a value as a line of JSON. Equal strings are equal bytes in
// it, and so are equal parts of strings.
func encodeLine(b *bytes.Buffer, v any) error {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// word is a text and how a string that holds it does so in the cache.
type word struct {
	text    string
	encoded []byte
}

func newWord(text string) word {
	var b bytes.Buffer
	if encodeLine(&b, text) != nil {
		return word{text: text}
	}
	return word{text, bytes.Trim(b.Bytes(), "\"\n")}
}

// outlineKey names the outlines of a repository: one value holds them all, for
// reading thousands of small ones would take longer than reading the texts.
func (x *run) outlineKey() string {
	sum := sha256.Sum256([]byte(outlineKind + "\x00" + x.Build + "\x00" + x.Scope))
	return hex.EncodeToString(sum[:])
}

// maxOutlines bounds what is read and kept of them, in bytes; beyond manyOutlines
// only those of this run's files are kept.
const (
	maxOutlines  = 64 << 20
	manyOutlines = 100_000
)

// loadOutlines finds where the outlines of earlier runs stand: a line for each,
// its name before a tab.
func (x *run) loadOutlines() {
	if x.Cache == nil {
		return
	}
	x.shared = &outlines{known: map[string]*knownOutline{}}
	x.head.shared = x.shared
	data := x.Cache.Load(x.outlineKey())
	if len(data) > maxOutlines {
		return
	}
	for line := range bytes.Lines(data) {
		id, wire, ok := bytes.Cut(bytes.TrimSuffix(line, []byte{'\n'}), []byte{'\t'})
		if !ok {
			clear(x.shared.known)
			return
		}
		x.shared.known[string(id)] = &knownOutline{wire: wire}
	}
}

// storeOutlines keeps the outlines of this run's files.
func (x *run) storeOutlines() {
	if x.shared == nil || !x.shared.fresh {
		return
	}
	var b bytes.Buffer
	ids := make([]string, 0, len(x.shared.known))
	for id, k := range x.shared.known {
		if len(x.shared.known) <= manyOutlines || k.used {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	for _, id := range ids {
		b.WriteString(id)
		b.WriteByte('\t')
		if err := x.shared.known[id].write(&b); err != nil || b.Len() > maxOutlines {
			return
		}
	}
	x.Cache.Store(x.outlineKey(), b.Bytes())
}
