package registry

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/instar-registry/instar/schema"
)

// stateReader reads with one sticky error; the digest was checked before, so an
// error here is a difference between releases.
type stateReader struct {
	data     []byte
	err      error
	contents []*Content
	names    map[string]string // of contexts, each once
	texts    []Hash            // of all versions

	// Most of a state are these; made many at a time, they cost less.
	madeContents slab[Content]
	madeEntries  slab[guidEntry]
	madeIDs      slab[ContextID]
	madeBindings slab[Binding]
	madeUses     slab[Use]
}

// slab makes values a thousand at a time.
type slab[T any] struct{ free []T }

// one returns a list of one zero value, which grows elsewhere.
func (s *slab[T]) one() []T {
	if len(s.free) == 0 {
		s.free = make([]T, 1024)
	}
	out := s.free[:1:1]
	s.free = s.free[1:]
	return out
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

// name reads the name of a context.
func (r *stateReader) name() string {
	b := r.bytes(r.count())
	if s, ok := r.names[string(b)]; ok {
		return s
	}
	s := string(b)
	r.names[s] = s
	return s
}

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
	r.countTexts(st)
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
	for range r.count() {
		k, u := r.str(), &Upcasters{}
		r.json(u)
		st.upcasters.Set(k, u)
		for _, x := range u.All {
			st.countText(x.Text, 1)
		}
	}
	return st
}

func (r *stateReader) readContents(st *State) {
	for range r.count() {
		c := &r.madeContents.one()[0]
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
		e := &r.madeEntries.one()[0]
		e.content = c
		for range r.count() {
			if e.ids == nil {
				e.ids = r.madeIDs.one()[:0]
			}
			e.ids = append(e.ids, ContextID{r.name(), r.int()})
		}
		if r.err != nil {
			return
		}
		r.contents = append(r.contents, c)
		st.guids.Load(string(c.GUID[:]), e)
	}
}

func (r *stateReader) context(st *State) {
	c := newContext(r.name())
	c.Listed, c.MaxID = r.bool(), r.int()
	for range r.count() {
		b := &r.madeBindings.one()[0]
		b.ID, b.At = r.int(), r.int()
		i := r.int()
		if r.err != nil || i < 0 || i >= int64(len(r.contents)) {
			r.fail("a content number is out of range")
			return
		}
		b.Content = r.contents[i]
		c.ids.Load(b.ID, b)
	}
	st.own[c] = true
	st.contexts.Set(c.Name, c)
}

func (r *stateReader) subject(st *State) {
	s := &Subject{Name: Name{r.name(), r.str()}}
	ctx := st.Context(s.Name.Context)
	n := r.count()
	if ctx == nil {
		r.fail("a subject lies in an unknown context")
		return
	}
	s.Versions = make([]Version, 0, n)
	for range n {
		v := Version{Number: int(r.int()), ID: r.int(), At: r.int(), Seq: r.int(), Deleted: r.bool()}
		if r.bool() {
			v.Inherited = &Inherited{}
			r.json(v.Inherited)
		}
		b, ok := ctx.ids.Get(v.ID)
		if !ok {
			r.fail(fmt.Sprintf("id %d is not bound", v.ID))
			return
		}
		v.Content = b.Content
		s.Versions = append(s.Versions, v)
		if b.Uses == nil {
			b.Uses = r.madeUses.one()[:0]
		}
		b.Uses = append(b.Uses, Use{s.Name.Subject, v.Number})
		r.texts = append(r.texts, v.Content.Text)
		for _, ref := range v.Content.References {
			target := In(s.Name.Context, ref.Subject).key()
			list, _ := st.referrer.Get(target)
			st.referrer.Set(target, append(list, Referrer{Target: ref.Version, Name: s.Name, Version: v.Number}))
		}
	}
	st.subjects.Load(s.Name.key(), s)
}

// countTexts counts the versions of each text, in the order in which a tree is
// built fastest.
func (r *stateReader) countTexts(st *State) {
	slices.SortFunc(r.texts, func(a, b Hash) int { return bytes.Compare(a[:], b[:]) })
	for from := 0; from < len(r.texts); {
		to := from + 1
		for to < len(r.texts) && r.texts[to] == r.texts[from] {
			to++
		}
		st.texts.Load(string(r.texts[from][:]), to-from)
		from = to
	}
	r.texts = nil
}
