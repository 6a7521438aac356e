package registry

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/instar-registry/instar/schema"
)

// snapshotMagic names the encoding; another one is ignored by this release.
const snapshotMagic = "instar-state-3\n"

// EncodeState serialises a state for a fast start. Equal states give equal
// bytes, and the last 32 bytes are a SHA-256 over the rest.
func EncodeState(st *State) []byte {
	w := &stateWriter{}
	w.buf.WriteString(snapshotMagic)
	w.state(st)
	var out bytes.Buffer
	out.WriteString(snapshotMagic)
	z, err := flate.NewWriter(&out, flate.BestSpeed)
	if err != nil {
		panic(err) // the level is a constant
	}
	_, _ = z.Write(w.buf.Bytes()[len(snapshotMagic):]) // a bytes.Buffer does not fail
	_ = z.Close()
	sum := sha256.Sum256(w.buf.Bytes())
	return append(out.Bytes(), sum[:]...)
}

// Digest identifies a state: equal sequences must have equal digests on every
// node.
func (st *State) Digest() Hash {
	w := &stateWriter{}
	w.buf.WriteString(snapshotMagic)
	w.state(st)
	return sha256.Sum256(w.buf.Bytes())
}

// maxSnapshot bounds what a snapshot may unpack to.
const maxSnapshot = 4 << 30

// DecodeState reads what [EncodeState] wrote. Damage is an error; the caller
// replays the log instead.
func DecodeState(body []byte) (*State, error) {
	if len(body) < len(snapshotMagic)+sha256.Size || string(body[:len(snapshotMagic)]) != snapshotMagic {
		return nil, errors.New("the snapshot has another format")
	}
	packed, want := body[len(snapshotMagic):len(body)-sha256.Size], body[len(body)-sha256.Size:]
	raw, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), maxSnapshot))
	if err != nil {
		return nil, fmt.Errorf("the snapshot cannot be unpacked: %w", err)
	}
	h := sha256.New()
	h.Write([]byte(snapshotMagic))
	h.Write(raw)
	if !bytes.Equal(h.Sum(nil), want) {
		return nil, errors.New("the snapshot is damaged: its digest differs")
	}
	r := &stateReader{data: raw}
	st := r.state()
	if r.err != nil {
		return nil, r.err
	}
	if len(r.data) != 0 {
		return nil, errors.New("the snapshot has bytes after its end")
	}
	return st, nil
}

type stateWriter struct {
	buf      bytes.Buffer
	scratch  [binary.MaxVarintLen64]byte
	contents map[*Content]int
}

func (w *stateWriter) int(n int64) {
	w.buf.Write(w.scratch[:binary.PutVarint(w.scratch[:], n)])
}

func (w *stateWriter) str(s string) {
	w.int(int64(len(s)))
	w.buf.WriteString(s)
}

func (w *stateWriter) bool(b bool) {
	if b {
		w.int(1)
		return
	}
	w.int(0)
}

// json writes values that are small and rare, such as configurations.
func (w *stateWriter) json(v any) {
	body, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("state holds a value that does not marshal: %v", err))
	}
	w.str(string(body))
}

func (w *stateWriter) state(st *State) {
	w.int(st.head.Seq)
	w.int(st.head.Epoch)
	w.buf.Write(st.head.Hash[:])
	w.json(st.counters)
	w.writeContents(st)
	w.int(int64(st.contexts.Len()))
	st.contexts.Scan(func(_ string, c *Context) bool {
		w.context(c)
		return true
	})
	w.int(int64(st.subjects.Len()))
	st.subjects.Scan(func(_ string, s *Subject) bool {
		w.subject(s)
		return true
	})
	writeMap(w, st.configs, func(c *Config) { w.json(c) })
	writeMap(w, st.modes, w.str)
	writeMap(w, st.tokens, func(t *Token) { w.json(t) })
	writeMap(w, st.grants, func(g *Grant) { w.json(g) })
	writeMap(w, st.receipts, func(r *receipt) {
		w.int(r.seq)
		w.bool(r.strong)
		w.str(r.digest)
		w.str(string(r.outcome))
	})
}

type scanner[V any] interface {
	Len() int
	Scan(func(string, V) bool)
}

func writeMap[V any](w *stateWriter, m scanner[V], put func(V)) {
	w.int(int64(m.Len()))
	m.Scan(func(k string, v V) bool {
		w.str(k)
		put(v)
		return true
	})
}

// writeContents writes every content once, in the order of the GUID index; the
// rest of the snapshot names them by number.
func (w *stateWriter) writeContents(st *State) {
	w.contents = make(map[*Content]int, st.guids.Len())
	w.int(int64(st.guids.Len()))
	st.guids.Scan(func(_ string, e *guidEntry) bool {
		c := e.content
		w.contents[c] = len(w.contents)
		w.buf.Write(c.GUID[:])
		w.buf.Write(c.Identity[:])
		w.buf.Write(c.Text[:])
		w.int(int64(c.Format))
		w.int(int64(len(c.References)))
		for _, r := range c.References {
			w.str(r.Name)
			w.str(r.Subject)
			w.int(int64(r.Version))
		}
		w.bool(c.Metadata != nil)
		if c.Metadata != nil {
			w.json(c.Metadata)
		}
		w.bool(c.RuleSet != nil)
		if c.RuleSet != nil {
			w.json(c.RuleSet)
		}
		w.int(int64(len(e.ids)))
		for _, id := range e.ids {
			w.str(id.Context)
			w.int(id.ID)
		}
		return true
	})
}

func (w *stateWriter) context(c *Context) {
	w.str(c.Name)
	w.bool(c.Listed)
	w.int(c.MaxID)
	w.int(int64(c.ids.Len()))
	c.ids.Scan(func(id int64, b *Binding) bool {
		w.int(id)
		w.int(b.At)
		w.int(int64(w.contents[b.Content]))
		return true
	})
}

func (w *stateWriter) subject(s *Subject) {
	w.str(s.Name.Context)
	w.str(s.Name.Subject)
	w.int(int64(len(s.Versions)))
	for _, v := range s.Versions {
		w.int(int64(v.Number))
		w.int(v.ID)
		w.int(v.At)
		w.int(v.Seq)
		w.bool(v.Deleted)
	}
}

// stateReader reads with one sticky error; the digest was checked before, so an
// error here is a difference between releases.
type stateReader struct {
	data     []byte
	err      error
	contents []*Content
}

func (r *stateReader) fail(what string) {
	if r.err == nil {
		r.err = errors.New("the snapshot does not make sense: " + what)
	}
	r.data = nil
}

func (r *stateReader) int() int64 {
	n, size := binary.Varint(r.data)
	if size <= 0 {
		r.fail("a number is cut short")
		return 0
	}
	r.data = r.data[size:]
	return n
}

// count reads a length, bounded by what is left, so that damage cannot allocate.
func (r *stateReader) count() int {
	n := r.int()
	if n < 0 || n > int64(len(r.data)) {
		r.fail("a length is out of range")
		return 0
	}
	return int(n)
}

func (r *stateReader) bytes(n int) []byte {
	if n > len(r.data) {
		r.fail("bytes are missing")
		return make([]byte, n)
	}
	out := r.data[:n]
	r.data = r.data[n:]
	return out
}

func (r *stateReader) str() string { return string(r.bytes(r.count())) }
func (r *stateReader) bool() bool  { return r.int() == 1 }

func (r *stateReader) json(v any) {
	if err := json.Unmarshal(r.bytes(r.count()), v); err != nil && r.err == nil {
		r.fail(err.Error())
	}
}

func (r *stateReader) state() *State {
	st := NewState()
	st.head.Seq, st.head.Epoch = r.int(), r.int()
	copy(st.head.Hash[:], r.bytes(len(st.head.Hash)))
	r.json(&st.counters)
	r.readContents(st)
	for range r.count() {
		r.context(st)
	}
	for range r.count() {
		r.subject(st)
	}
	for range r.count() {
		k, c := r.str(), &Config{}
		r.json(c)
		st.configs.Set(k, c)
	}
	for range r.count() {
		st.modes.Set(r.str(), r.str())
	}
	for range r.count() {
		k, t := r.str(), &Token{}
		r.json(t)
		st.tokens.Set(k, t)
	}
	for range r.count() {
		k, g := r.str(), &Grant{}
		r.json(g)
		st.grants.Set(k, g)
	}
	for range r.count() {
		k := r.str()
		rec := &receipt{seq: r.int(), strong: r.bool(), digest: r.str(), outcome: json.RawMessage(r.str())}
		st.receipts.Set(k, rec)
		st.order.Set(rec.seq, k)
	}
	return st
}

func (r *stateReader) readContents(st *State) {
	for range r.count() {
		c := &Content{}
		copy(c.GUID[:], r.bytes(len(c.GUID)))
		copy(c.Identity[:], r.bytes(len(c.Identity)))
		copy(c.Text[:], r.bytes(len(c.Text)))
		c.Format = schema.Format(r.int())
		for range r.count() {
			c.References = append(c.References, schema.Reference{Name: r.str(), Subject: r.str(), Version: int(r.int())})
		}
		if r.bool() {
			c.Metadata = &Metadata{}
			r.json(c.Metadata)
		}
		if r.bool() {
			c.RuleSet = &RuleSet{}
			r.json(c.RuleSet)
		}
		e := &guidEntry{content: c}
		for range r.count() {
			e.ids = append(e.ids, ContextID{r.str(), r.int()})
		}
		if r.err != nil {
			return
		}
		r.contents = append(r.contents, c)
		st.guids.Set(string(c.GUID[:]), e)
	}
}

func (r *stateReader) context(st *State) {
	c := newContext(r.str())
	c.Listed, c.MaxID = r.bool(), r.int()
	for range r.count() {
		b := &Binding{ID: r.int(), At: r.int()}
		i := r.int()
		if r.err != nil || i < 0 || i >= int64(len(r.contents)) {
			r.fail("a content number is out of range")
			return
		}
		b.Content = r.contents[i]
		c.ids.Set(b.ID, b)
		key := string(b.Content.Identity[:])
		if low, ok := c.byContent.Get(key); !ok || b.ID < low {
			c.byContent.Set(key, b.ID)
		}
	}
	st.own[c] = true
	st.contexts.Set(c.Name, c)
}

func (r *stateReader) subject(st *State) {
	s := &Subject{Name: Name{r.str(), r.str()}}
	ctx := st.Context(s.Name.Context)
	n := r.count()
	if ctx == nil {
		r.fail("a subject lies in an unknown context")
		return
	}
	s.Versions = make([]Version, 0, n)
	for range n {
		v := Version{Number: int(r.int()), ID: r.int(), At: r.int(), Seq: r.int(), Deleted: r.bool()}
		b, ok := ctx.ids.Get(v.ID)
		if !ok {
			r.fail(fmt.Sprintf("id %d is not bound", v.ID))
			return
		}
		v.Content = b.Content
		s.Versions = append(s.Versions, v)
		b.Uses = append(b.Uses, Use{s.Name.Subject, v.Number})
		st.countText(v.Content.Text, 1)
		for _, ref := range v.Content.References {
			target := In(s.Name.Context, ref.Subject).key()
			list, _ := st.referrer.Get(target)
			st.referrer.Set(target, append(list, Referrer{Target: ref.Version, Name: s.Name, Version: v.Number}))
		}
	}
	st.subjects.Set(s.Name.key(), s)
}
