package registry

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/instar-registry/instar/compat"
	"github.com/instar-registry/instar/internal/lru"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/format"
	"github.com/instar-registry/instar/upcast"
)

// shelf is what the service's libraries share: bounded memories of what pure
// functions answered, and of texts that the log gave.
type shelf struct {
	limits schema.Limits
	obs    Observer
	clock  func() time.Time
	texts  *lru.Cache[Hash, string]
	parsed *lru.Cache[Hash, schema.Parsed]
	known  *lru.Cache[Hash, schema.Parsed] // by content identity
	shapes *lru.Cache[Hash, *Shape]        // by content identity
	pairs  *lru.Cache[compat.PairKey, compat.Pair]
	// submitted remembers what a request body came to, so that registering or
	// looking up known content needs no parse.
	submitted *lru.Cache[Hash, *Content]
	missed    *lru.Cache[missKey, int64]    // at which sequence a lookup found nothing
	hops      *lru.Cache[Hash, *upcast.Hop] // by document and schemas
	ruled     *lru.Cache[Hash, *Ruled]      // by rules, direction and schemas
	ways      *lru.Cache[Hash, *Way]        // by route
	written   *lru.Cache[Hash, string]      // hash of the plan, by route
	plans     *lru.Cache[string, planned]   // by the hash of the plan
}

// inquiry is the Library of one request: what it asks ends with it.
type inquiry struct {
	*shelf
	ctx context.Context //nolint:containedctx // lives as long as the request
}

// during returns the library of one request.
func (s *shelf) during(ctx context.Context) Library { return inquiry{s, ctx} }

// The budgets of the shelf: bytes for texts and parsed schemas, nodes of their
// trees for hops and ways, entries for the rest.
const (
	textBudget      = 24 << 20
	parsedBudget    = 24 << 20
	knownBudget     = 32 << 20
	shapeBudget     = 100_000
	submittedBudget = 20_000
	missedBudget    = 4_000
	hopBudget       = 200_000
	wayBudget       = 400_000
	ruledBudget     = 200_000 // bytes of expressions, and nodes
	planBudget      = 50_000  // a plan by its hash takes some 300 bytes
	// pairBudget is a number of pairs; one with findings counts for more.
	pairBudget = 10_000
	pairUnit   = 4800 // bytes
)

func newShelf(l schema.Limits, obs Observer, clock func() time.Time) *shelf {
	return &shelf{
		limits: l, obs: obs, clock: clock,
		texts:     lru.New[Hash, string](textBudget),
		parsed:    lru.New[Hash, schema.Parsed](parsedBudget),
		known:     lru.New[Hash, schema.Parsed](knownBudget),
		shapes:    lru.New[Hash, *Shape](shapeBudget),
		pairs:     lru.New[compat.PairKey, compat.Pair](pairBudget),
		submitted: lru.New[Hash, *Content](submittedBudget),
		missed:    lru.New[missKey, int64](missedBudget),
		hops:      lru.New[Hash, *upcast.Hop](hopBudget),
		ruled:     lru.New[Hash, *Ruled](ruledBudget),
		ways:      lru.New[Hash, *Way](wayBudget),
		written:   lru.New[Hash, string](planBudget),
		plans:     lru.New[string, planned](planBudget),
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

// Check implements Library. The answer about each pair of versions is
// remembered, so that a check asks anew about what it has not seen only.
func (q inquiry) Check(req compat.Request) (compat.Report, error) {
	req.Memo = verdicts{q.shelf}
	start := q.clock()
	r, err := compat.Check(q.ctx, req)
	if err != nil {
		return r, q.ended(err)
	}
	result := "compatible"
	if r.Refused {
		result = "incompatible"
	}
	q.obs.Checked(req.Candidate.Format().String(), req.Level.String(), req.Policy.String(), result, q.clock().Sub(start))
	return r, nil
}

// Prove implements Library. A hop without a document is derived.
func (q inquiry) Prove(d *upcast.Document, from, to schema.Parsed, targets map[upcast.Target]schema.Parsed) (*upcast.Hop, error) {
	if d == nil {
		return q.Derive("", from, to)
	}
	a, b := compat.KeyOf(from), compat.KeyOf(to)
	whole := slices.Concat([]byte(upcast.ProverVersion+d.Hash()+"\x00"), []byte{byte(a.Format), byte(b.Format)}, a.Text[:], b.Text[:])
	if len(targets) > 0 {
		for _, t := range d.Targets() {
			k := compat.KeyOf(targets[t])
			whole = append(append(whole, byte(k.Format)), k.Text[:]...)
		}
	}
	return q.hop(sha256.Sum256(whole), func() (*upcast.Hop, error) {
		return upcast.VerifyWith(q.ctx, d, from, to, optionsWith(targets))
	})
}

// Derive implements Library.
func (q inquiry) Derive(message string, from, to schema.Parsed) (*upcast.Hop, error) {
	a, b := compat.KeyOf(from), compat.KeyOf(to)
	key := slices.Concat([]byte(upcast.ProverVersion+"\x00"+message+"\x00"), []byte{byte(a.Format), byte(b.Format)}, a.Text[:], b.Text[:])
	return q.hop(sha256.Sum256(key), func() (*upcast.Hop, error) { return upcast.DeriveOf(q.ctx, message, from, to) })
}

// hop proves a hop unless it is known.
func (q inquiry) hop(key Hash, prove func() (*upcast.Hop, error)) (*upcast.Hop, error) {
	if h, ok := q.hops.Get(key); ok {
		q.obs.Cache("hop", true)
		return h, nil
	}
	q.obs.Cache("hop", false)
	if err := q.ctx.Err(); err != nil {
		return nil, q.ended(err)
	}
	h, err := prove()
	if err == nil {
		q.hops.Put(key, h, h.Size())
	}
	return h, q.ended(err)
}

// optionsWith gives the prover the schemas that a document leads to.
func optionsWith(targets map[upcast.Target]schema.Parsed) upcast.Options {
	return upcast.Options{Targets: func(t upcast.Target) (schema.Parsed, error) {
		if p := targets[t]; p != nil {
			return p, nil
		}
		return nil, fail(InvalidUpcaster, "The document leads to version %s of subject '%s', which is not known here", t.Version, t.Subject)
	}}
}

// Rules implements Library.
func (q inquiry) Rules(sets []*upcast.RuleSet, d upcast.Direction, message string, from, to schema.Parsed) (*Ruled, error) {
	text, err := json.Marshal(sets)
	if err != nil {
		return nil, &schema.Bug{Where: "rules", Cause: err}
	}
	a, b := compat.KeyOf(from), compat.KeyOf(to)
	key := sha256.Sum256(slices.Concat([]byte(upcast.ProverVersion), []byte{byte(d), byte(a.Format), byte(b.Format)}, a.Text[:], b.Text[:], []byte(message), text))
	if x, ok := q.ruled.Get(key); ok {
		q.obs.Cache("rules", true)
		return x, nil
	}
	q.obs.Cache("rules", false)
	out := &Ruled{}
	if out.Hop, err = upcast.NewRuleHop(sets, d, from, to, upcast.RuleOptions{Place: rulesPlace, Message: message}); err != nil {
		return nil, err
	}
	size := len(text)
	if out.Hop != nil && out.Hop.Gap() == "" {
		if out.Lifted, err = upcast.Lift(q.ctx, out.Hop, from, to); err != nil {
			return nil, q.ended(err)
		}
		if out.Lifted.Hop != nil {
			size += out.Lifted.Hop.Size()
		}
	}
	q.ruled.Put(key, out, size)
	return out, nil
}

// ended turns the end of the request into a refusal: a verdict is never a weaker
// one because time ran out.
func (q inquiry) ended(err error) error {
	switch {
	case err == nil || q.ctx.Err() == nil || !errors.Is(err, q.ctx.Err()):
		return err
	case errors.Is(err, context.DeadlineExceeded):
		return fail(Unavailable, "The request's time ended before the schemas were judged; nothing was written").from(err)
	default:
		return fail(Canceled, "The request was cancelled").from(err)
	}
}

// Way implements Library.
func (s *shelf) Way(route Hash) *Way {
	w, ok := s.ways.Get(route)
	s.obs.Cache("way", ok)
	return w
}

// KeepWay implements Library.
func (s *shelf) KeepWay(route Hash, w *Way) {
	s.obs.PlanBuilt()
	s.ways.Put(route, w, w.Size())
}

// verdicts is the memory of pairs: registration, checks, differences and
// matrices share it.
type verdicts struct{ *shelf }

// Recall implements compat.Memo. Whoever asks for the first break only is served
// by the answer with all of them too.
func (m verdicts) Recall(k compat.PairKey) (compat.Pair, bool) {
	p, ok := m.pairs.Get(k)
	if !ok && k.First {
		k.First = false
		p, ok = m.pairs.Get(k)
	}
	m.obs.Cache("verdict", ok)
	return p, ok
}

// Remember implements compat.Memo.
func (m verdicts) Remember(k compat.PairKey, p compat.Pair) {
	m.pairs.Put(k, p, max(1, p.Size()/pairUnit))
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
