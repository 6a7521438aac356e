package registry

import (
	"bytes"
	"context"
	"slices"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/upcast"
)

// ImageDifference is an event that two revisions of a hop carry to different images.
type ImageDifference struct {
	// Event is of the older version, in the bytes of its format, and so are the
	// images of the newer one. Without an image, the end says what became of it.
	Event         []byte
	Before, After []byte
	BeforeEnd     string
	AfterEnd      string
}

// The search for differences looks at some generated events and shows few.
const (
	comparedEvents   = 64
	shownDifferences = 3
)

// Differences shows events that two revisions of a hop carry to different images.
// It looks at generated events only: that it finds none proves nothing.
func (s *Service) Differences(ctx context.Context, n Name, from, to int, before, after Hash) ([]ImageDifference, error) {
	var out []ImageDifference
	err := s.View(ctx, func(st *State) error {
		return s.withTexts(ctx, func(env *Env) error {
			var hops []*upcast.Hop
			for _, text := range []Hash{before, after} {
				h, err := st.hopOfText(env, n, from, to, text)
				if err != nil {
					return err
				}
				hops = append(hops, h)
			}
			source, err := st.parsed(env, n.Context, st.Subject(n).Version(from).Content)
			if err != nil {
				return err
			}
			out, err = differences(ctx, source, hops[:1], hops[1:])
			return err
		})
	})
	return out, err
}

// hopOfText proves a stored document between two versions.
func (st *State) hopOfText(env *Env, n Name, from, to int, text Hash) (*upcast.Hop, error) {
	body, ok := env.Library.Text(text)
	if !ok {
		return nil, &NeedTexts{Hashes: []Hash{text}}
	}
	doc, err := upcast.Parse(body)
	if err != nil {
		return nil, upcasterRefusal(err)
	}
	return st.hop(env, n, from, to, doc, "")
}

// differences compares two ways from one schema to another.
func differences(ctx context.Context, source schema.Parsed, before, after []*upcast.Hop) ([]ImageDifference, error) {
	var runners []*upcast.Runner
	for _, hops := range [][]*upcast.Hop{before, after} {
		r, err := runnerOf(hops)
		if r == nil || err != nil {
			return nil, err // it has no plan to compare
		}
		runners = append(runners, r)
	}
	var out []ImageDifference
	generate := source.Sample
	if v, ok := source.(interface {
		Varied(seed uint64) (schema.Sample, error)
	}); ok {
		generate = v.Varied
	}
	for seed := range uint64(comparedEvents) {
		sample, err := generate(seed)
		if err != nil {
			return out, nil //nolint:nilerr // a schema without events has no differences
		}
		d := ImageDifference{Event: sample.Binary}
		if source.Format() == schema.JSON {
			d.Event = sample.JSON
		}
		if slices.ContainsFunc(out, func(o ImageDifference) bool { return bytes.Equal(o.Event, d.Event) }) {
			continue
		}
		if d.Before, d.BeforeEnd, err = imageOf(ctx, runners[0], d.Event); err != nil {
			return out, err
		}
		if d.After, d.AfterEnd, err = imageOf(ctx, runners[1], d.Event); err != nil {
			return out, err
		}
		if bytes.Equal(d.Before, d.After) && d.BeforeEnd == d.AfterEnd {
			continue
		}
		if out = append(out, d); len(out) == shownDifferences {
			break
		}
	}
	return out, nil
}

// runnerOf carries out a way as plans do; nil if none does.
func runnerOf(hops []*upcast.Hop) (*upcast.Runner, error) {
	if len(hops) == 1 && hops[0].Verdict.Outcome == upcast.Tested {
		return upcast.NewTried(hops[0])
	}
	if slices.ContainsFunc(hops, func(h *upcast.Hop) bool { return h.Verdict.Outcome != upcast.Proved }) {
		return nil, nil
	}
	chain, err := upcast.Fuse(hops)
	if err != nil {
		return nil, err
	}
	return upcast.NewRunner(chain), nil
}

// imageOf carries an event; without one image it says what became of it.
func imageOf(ctx context.Context, r *upcast.Runner, event []byte) (image []byte, end string, err error) {
	parts, f, err := r.Carry(ctx, &upcast.Envelope{}, event, nil)
	switch {
	case err != nil:
		return nil, "", err
	case f != nil:
		return nil, f.Error(), nil
	case len(parts) != 1:
		return nil, "several events", nil
	}
	return parts[0].Event, "", nil
}
