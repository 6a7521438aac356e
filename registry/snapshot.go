package registry

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
)

// snapshotMagic names the encoding; another one is ignored by this release.
const snapshotMagic = "instar-state-8\n"

// EncodeState serialises a state for a fast start. Equal states give equal
// bytes, and the last 32 bytes are a SHA-256 over the rest. It is not compressed:
// most of it are hashes.
func EncodeState(st *State) []byte {
	w := &stateWriter{}
	w.buf.Grow(st.guids.Len() * 200)
	w.buf.WriteString(snapshotMagic)
	w.state(st)
	sum := sha256.Sum256(w.buf.Bytes())
	w.buf.Write(sum[:])
	return w.buf.Bytes()
}

// Digest identifies a state: equal sequences must have equal digests on every
// node.
func (st *State) Digest() Hash {
	w := &stateWriter{}
	w.buf.WriteString(snapshotMagic)
	w.state(st)
	return sha256.Sum256(w.buf.Bytes())
}

// DecodeState reads what [EncodeState] wrote. Damage is an error; the caller
// replays the log instead.
func DecodeState(body []byte) (*State, error) {
	if len(body) < len(snapshotMagic)+sha256.Size || string(body[:len(snapshotMagic)]) != snapshotMagic {
		return nil, errors.New("the snapshot has another format")
	}
	rest, want := body[:len(body)-sha256.Size], body[len(body)-sha256.Size:]
	if sum := sha256.Sum256(rest); !bytes.Equal(sum[:], want) {
		return nil, errors.New("the snapshot is damaged: its digest differs")
	}
	r := &stateReader{data: rest[len(snapshotMagic):], names: map[string]string{}}
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
	writeMap(w, st.upcasters, func(u *Upcasters) { w.json(u) })
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
		w.bool(v.Inherited != nil)
		if v.Inherited != nil {
			w.json(v.Inherited)
		}
	}
}
