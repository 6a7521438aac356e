package registry

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/instar-registry/instar/compat"
	"github.com/instar-registry/instar/internal/lru"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/format"
)

// shelf is the service's Library: bounded memories of what pure functions
// answered, and of texts that the log gave.
type shelf struct {
	limits  schema.Limits
	obs     Observer
	clock   func() time.Time
	texts   *lru.Cache[Hash, string]
	parsed  *lru.Cache[Hash, schema.Parsed]
	known   *lru.Cache[Hash, schema.Parsed] // by content identity
	shapes  *lru.Cache[Hash, *Shape]        // by content identity
	reports *lru.Cache[Hash, compat.Report]
	// submitted remembers what a request body came to, so that registering or
	// looking up known content needs no parse.
	submitted *lru.Cache[Hash, *Content]
}

// The budgets of the shelf: bytes for texts, parsed schemas and reports, entries
// for the rest.
const (
	textBudget      = 24 << 20
	parsedBudget    = 24 << 20
	knownBudget     = 32 << 20
	shapeBudget     = 100_000
	reportBudget    = 24 << 20
	submittedBudget = 20_000
)

func newShelf(l schema.Limits, obs Observer, clock func() time.Time) *shelf {
	return &shelf{
		limits: l, obs: obs, clock: clock,
		texts:     lru.New[Hash, string](textBudget),
		parsed:    lru.New[Hash, schema.Parsed](parsedBudget),
		known:     lru.New[Hash, schema.Parsed](knownBudget),
		shapes:    lru.New[Hash, *Shape](shapeBudget),
		reports:   lru.New[Hash, compat.Report](reportBudget),
		submitted: lru.New[Hash, *Content](submittedBudget),
	}
}

// Text implements Library.
func (s *shelf) Text(h Hash) (string, bool) { return s.texts.Get(h) }

func (s *shelf) keep(h Hash, body string) { s.texts.Put(h, body, len(body)+96) }

// Parse implements Library.
func (s *shelf) Parse(f schema.Format, text string, docs []schema.Document, lenient bool) (schema.Parsed, error) {
	key := parseKey(f, text, docs, lenient)
	if p, ok := s.parsed.Get(key); ok {
		s.obs.Cache("parsed", true)
		return p, nil
	}
	s.obs.Cache("parsed", false)
	p, err := format.Parse(f, text, docs, schema.Options{Limits: s.limits, Lenient: lenient})
	if err != nil {
		return nil, err
	}
	s.parsed.Put(key, p, p.Size()+256)
	return p, nil
}

// Recall implements Library.
func (s *shelf) Recall(identity Hash) Memory {
	var m Memory
	m.Parsed, _ = s.known.Get(identity)
	m.Shape, _ = s.shapes.Get(identity)
	return m
}

// Remember implements Library.
func (s *shelf) Remember(identity Hash, m Memory) {
	if m.Parsed != nil {
		s.known.Put(identity, m.Parsed, m.Parsed.Size()+256)
	}
	if m.Shape != nil {
		s.shapes.Put(identity, m.Shape, 1)
	}
}

func parseKey(f schema.Format, text string, docs []schema.Document, lenient bool) Hash {
	h := sha256.New()
	var n [8]byte
	put := func(s string) {
		binary.BigEndian.PutUint64(n[:], uint64(len(s)))
		h.Write(n[:])
		h.Write([]byte(s))
	}
	flag := byte(0)
	if lenient {
		flag = 1
	}
	h.Write([]byte{byte(f), flag})
	put(text)
	for _, d := range docs {
		put(d.Name)
		put(d.Text)
	}
	return Hash(h.Sum(nil))
}

// Check implements Library. Reports are remembered by everything they depend
// on: the parsed schemas are, by construction, one object per text.
func (s *shelf) Check(req compat.Request) (compat.Report, error) {
	key := checkKey(&req)
	if r, ok := s.reports.Get(key); ok {
		s.obs.Cache("verdict", true)
		return r, nil
	}
	s.obs.Cache("verdict", false)
	start := s.clock()
	r, err := compat.Check(context.Background(), req)
	if err != nil {
		return r, err
	}
	result := "compatible"
	if r.Refused {
		result = "incompatible"
	}
	s.obs.Checked(req.Candidate.Format().String(), req.Level.String(), req.Policy.String(), result, s.clock().Sub(start))
	s.reports.Put(key, r, r.Size())
	return r, nil
}

func checkKey(req *compat.Request) Hash {
	h := sha256.New()
	var n [8]byte
	put := func(s string) {
		binary.BigEndian.PutUint64(n[:], uint64(len(s)))
		h.Write(n[:])
		h.Write([]byte(s))
	}
	side := func(p schema.Parsed) {
		put(p.Format().String())
		put(p.Canonical())
		put(p.Inlined())
	}
	put(req.Level.String())
	put(req.Policy.String())
	put(fmt.Sprintf("%+v", req.Options))
	side(req.Candidate)
	for _, v := range req.History {
		binary.BigEndian.PutUint64(n[:], uint64(v.Number))
		h.Write(n[:])
		if v.Err != nil {
			put(v.Err.Error())
			continue
		}
		side(v.Parsed)
	}
	return Hash(h.Sum(nil))
}

// submittedKey identifies what a caller sent, before anything is parsed.
func submittedKey(context string, f schema.Format, text string, refs []schema.Reference, m *Metadata, r *RuleSet, normalize, importing bool) Hash {
	s := &frameSink{buf: make([]byte, 0, len(text)+64)}
	s.num(int(f))
	for _, flag := range []bool{normalize, importing} {
		if flag {
			s.mark()
		}
		s.num(0)
	}
	if len(refs) > 0 || m != nil || r != nil {
		c := &Content{References: refs, Metadata: m, RuleSet: r}
		s.str(context)
		c.shape(s)
		c.feed(s)
	}
	s.str(text)
	return sha256.Sum256(s.buf)
}
