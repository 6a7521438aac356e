package batch

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/instar-registry/instar/internal/reproducer"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/avro"
	"github.com/instar-registry/instar/upcast"
)

// Version is one version of a subject.
type Version struct {
	Number int
	Schema schema.Parsed
	// ID and References, with what the schema refers to, dependencies first, are for
	// reports of bugs.
	ID         int64
	References []schema.Document
	// Rules are the rule sets, as JSON, with the migration rules that lead here from
	// the version before: those of versions that were deleted for good in between,
	// the oldest first, and its own.
	Rules []string
}

// Subject is [Routes] from the versions of a subject and the documents of its
// active upcasters. Hops are proved when they are first needed.
type Subject struct {
	versions  []Version
	documents map[int]*upcast.Document  // by the version they lead from
	rules     map[int][]*upcast.RuleSet // by the version they lead to
	target    int
	identity  string

	mu     sync.Mutex
	hops   map[int]*subjectHop
	routes map[int]*Route
}

// NewSubject prepares the routes to a target version; 0 is the newest.
func NewSubject(versions []Version, documents []string, target int) (*Subject, error) {
	s := &Subject{
		versions: slices.Clone(versions), documents: map[int]*upcast.Document{}, rules: map[int][]*upcast.RuleSet{}, target: target,
		hops: map[int]*subjectHop{}, routes: map[int]*Route{},
	}
	slices.SortFunc(s.versions, func(a, b Version) int { return cmp.Compare(a.Number, b.Number) })
	if len(s.versions) == 0 {
		return nil, fmt.Errorf("the subject has no versions")
	}
	if target == 0 {
		s.target = s.versions[len(s.versions)-1].Number
	}
	if s.at(s.target) < 0 {
		return nil, fmt.Errorf("the subject has no version %d", s.target)
	}
	sum := sha256.New()
	fmt.Fprintf(sum, "%s to %d\n", upcast.ProverVersion, s.target) //nolint:errcheck // a hash takes everything
	for _, v := range s.versions {
		fmt.Fprintf(sum, "%d %q\n", v.Number, v.Schema.Inlined()) //nolint:errcheck // as above
		for _, text := range v.Rules {
			r, err := upcast.ParseRuleSet(text)
			if err != nil {
				return nil, fmt.Errorf("version %d: %w", v.Number, err)
			}
			s.rules[v.Number] = append(s.rules[v.Number], r)
			fmt.Fprintf(sum, "%q\n", text) //nolint:errcheck // as above
		}
	}
	for _, text := range documents {
		d, err := upcast.Parse(text)
		if err != nil {
			return nil, err
		}
		s.documents[d.From.Number] = d
		fmt.Fprintf(sum, "%q\n", text) //nolint:errcheck // as above
	}
	s.identity = "sha256:" + hex.EncodeToString(sum.Sum(nil))
	return s, nil
}

func (s *Subject) at(number int) int {
	return slices.IndexFunc(s.versions, func(v Version) bool { return v.Number == number })
}

// Target implements [Routes].
func (s *Subject) Target() (int, schema.Parsed) { return s.target, s.versions[s.at(s.target)].Schema }

// Identity implements [Routes].
func (s *Subject) Identity() string { return s.identity }

// Version implements [Routes].
func (s *Subject) Version(ctx context.Context, version int) (*Route, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.routes[version]; r != nil {
		return r, nil
	}
	r, err := s.route(ctx, version)
	if err == nil {
		s.routes[version] = r
	}
	return r, err
}

func (s *Subject) route(ctx context.Context, version int) (*Route, error) {
	at, end := s.at(version), s.at(s.target)
	switch {
	case at < 0:
		return nil, fmt.Errorf("the subject has no version %d; it has %s", version, s.numbers())
	case at > end:
		return nil, fmt.Errorf("version %d is newer than the target, version %d", version, s.target)
	}
	r := &Route{Version: version, Source: s.versions[at].Schema, Target: s.versions[end].Schema, Hops: []int{version}}
	var hops []*subjectHop
	for ; at < end; at++ {
		h, err := s.hop(ctx, at)
		if err != nil {
			return nil, err
		}
		hops = append(hops, h)
		r.Hops = append(r.Hops, s.versions[at+1].Number)
	}
	var err error
	if r.Legs, err = legsOf(hops); err != nil {
		return nil, err
	}
	r.Case = func() *reproducer.Case { return s.caseOf(r) }
	return r, nil
}

// caseOf is what a route was made of.
func (s *Subject) caseOf(r *Route) *reproducer.Case {
	c := &reproducer.Case{From: r.Version, To: s.target}
	for i, n := range r.Hops {
		v := &s.versions[s.at(n)]
		c.Versions = append(c.Versions, reproducer.Version{
			Place: reproducer.Place{Version: n}, ID: v.ID, Type: v.Schema.Format().String(), Schema: v.Schema.Canonical(), References: v.References,
		})
		if i == 0 {
			continue
		}
		h := reproducer.Hop{From: reproducer.Place{Version: r.Hops[i-1]}, To: reproducer.Place{Version: n}}
		if d := s.documents[h.From.Version]; d != nil {
			h.Hash, h.Document = d.Hash(), d.Canonical()
		} else {
			for _, text := range v.Rules {
				h.Rules = append(h.Rules, json.RawMessage(text))
			}
		}
		c.Hops = append(c.Hops, h)
	}
	runner := r.Runner()
	if runner == nil {
		c.NoPlan = "the way is not proved in one piece"
		return c
	}
	p, err := runner.Chain().Portable(upcast.PlanTitle{From: upcast.PlanEnd{Version: c.From}, To: upcast.PlanEnd{Version: c.To}})
	if err != nil {
		c.NoPlan = err.Error()
		return c
	}
	c.Plan, c.PlanHash = p.Text(), p.Hash()
	return c
}

// Schema implements [Routes]: the version whose text is the same, else the only
// one that the registry would call the same, else the only one with the same
// parsing canonical form and types.
func (s *Subject) Schema(ctx context.Context, text string) (*Route, error) {
	p, err := avro.Parse(text, nil, schema.Options{Limits: schema.DefaultLimits(), Lenient: true})
	if err != nil {
		return nil, fmt.Errorf("the schema in the file: %w", err)
	}
	for i, same := range []func(a, b schema.Parsed) bool{
		func(a, b schema.Parsed) bool { return a.Inlined() == b.Inlined() },
		func(a, b schema.Parsed) bool { return a.Normalised() == b.Normalised() },
		sameForm,
	} {
		var found []int
		for _, v := range s.versions {
			if same(p, v.Schema) {
				found = append(found, v.Number)
			}
		}
		switch {
		case len(found) > 1 && i > 0:
			return nil, fmt.Errorf("the schema in the file may be that of versions %v; say which one it is with --from", found)
		case len(found) > 0:
			// Versions with one text are one and the same: the newest is the
			// shortest way.
			return s.Version(ctx, found[len(found)-1])
		}
	}
	return nil, fmt.Errorf("no version of the subject has the schema in the file; it has %s; say which one it is with --from", s.numbers())
}

// sameForm compares Avro's parsing canonical forms.
func sameForm(a, b schema.Parsed) bool {
	x, y := a.Fingerprints(), b.Fingerprints()
	return len(x) > 0 && slices.Equal(x, y)
}

func (s *Subject) numbers() string {
	var out []string
	for _, v := range s.versions {
		out = append(out, fmt.Sprint(v.Number))
	}
	if len(out) > 12 {
		out = append(append(out[:5:5], "…"), out[len(out)-5:]...)
	}
	return "versions " + strings.Join(out, ", ")
}
