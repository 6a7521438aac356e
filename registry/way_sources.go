package registry

import (
	"context"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/upcast"
)

// WaySources are the texts that a way was made of.
type WaySources struct {
	Hops     []HopSource // as those of the way
	Versions []VersionSource
}

// HopSource is what a hop was made of; one without a document and without rules is
// derived.
type HopSource struct {
	HopInfo
	Text string // of the document
	// Parts are where the document sends parts of events, by how it names the place.
	Parts map[upcast.Target]Target
	// RuleSets are those of the newer version, where migration rules are carried out.
	RuleSets []*RuleSet
}

// VersionSource is a schema with everything that it refers to, dependencies first.
type VersionSource struct {
	Target
	ID         int64
	Format     schema.Format
	Text       string
	References []schema.Document
}

// Ends are the version that the way begins at, with the message that its events are
// of in a Protobuf file, and the one that it leads to.
func (w *Way) Ends() (from, to Stop) {
	return w.start, Stop{Target{w.at.end, w.title.To.Version}, w.message}
}

// WaySources gives the texts that a way was made of, so that it can be made again where
// there is no registry.
func (s *Service) WaySources(ctx context.Context, w *Way) (*WaySources, error) {
	var out *WaySources
	err := s.View(ctx, func(st *State) error {
		return s.withTexts(ctx, func(env *Env) error {
			r := sourceReader{st: st, env: env, out: &WaySources{}, seen: map[Target]bool{}}
			out = r.out
			return r.read(w)
		})
	})
	return out, err
}

// sourceReader reads the texts of a way.
type sourceReader struct {
	st   *State
	env  *Env
	out  *WaySources
	seen map[Target]bool
}

func (r *sourceReader) read(w *Way) error {
	if err := r.version(w.start.Target); err != nil {
		return err
	}
	for i := range w.Hops {
		if err := r.hop(&w.Hops[i]); err != nil {
			return err
		}
	}
	return nil
}

func (r *sourceReader) hop(info *HopInfo) error {
	h := HopSource{HopInfo: *info}
	from, to := Target{info.Source, info.From}, Target{info.Target, info.To}
	switch {
	case info.Rules:
		newer := to
		if info.Down {
			newer = from
		}
		v, err := r.find(newer)
		if err != nil {
			return err
		}
		if v.Inherited != nil {
			h.RuleSets = append(h.RuleSets, v.Inherited.Rules...)
		}
		h.RuleSets = append(h.RuleSets, v.Content.RuleSet)
	case info.Document != "":
		if err := r.document(&h); err != nil {
			return err
		}
	}
	r.out.Hops = append(r.out.Hops, h)
	for _, t := range h.Parts {
		if err := r.version(t); err != nil {
			return err
		}
	}
	if err := r.version(from); err != nil {
		return err
	}
	return r.version(to)
}

// document finds the document of a hop by its hash: it may be superseded by now.
func (r *sourceReader) document(h *HopSource) error {
	owner := h.Source
	if h.Down {
		owner = h.Target
	}
	all := r.st.Upcasters(owner).All
	for i := range all {
		x := &all[i]
		if x.Document != h.Document {
			continue
		}
		var ok bool
		if h.Text, ok = r.env.Library.Text(x.Text); !ok {
			return &NeedTexts{Hashes: []Hash{x.Text}}
		}
		doc, err := upcast.Parse(h.Text)
		if err != nil {
			return upcasterRefusal(err)
		}
		h.Parts = map[upcast.Target]Target{}
		for _, t := range doc.Targets() {
			h.Parts[t] = Target{In(owner.Context, t.Subject), t.Version.Number}
		}
		return nil
	}
	return fail(UpcasterNotFound, "The document %s of subject '%s' is not there any more", h.Document, owner)
}

func (r *sourceReader) find(t Target) (*Version, error) {
	if v := r.st.Subject(t.Name).Version(t.Version); v != nil {
		return v, nil
	}
	return nil, versionNotFound(t.Version) // deleted for good meanwhile
}

func (r *sourceReader) version(t Target) error {
	if r.seen[t] {
		return nil
	}
	v, err := r.find(t)
	if err != nil {
		return err
	}
	text, ok := r.env.Library.Text(v.Content.Text)
	if !ok {
		return &NeedTexts{Hashes: []Hash{v.Content.Text}}
	}
	docs, err := r.st.documents(r.env, t.Name.Context, v.Content.References, true)
	if err != nil {
		return err
	}
	r.seen[t] = true
	r.out.Versions = append(r.out.Versions, VersionSource{Target: t, ID: v.ID, Format: v.Content.Format, Text: text, References: docs})
	return nil
}
