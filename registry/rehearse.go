package registry

import (
	"context"
	"errors"

	"github.com/instar-registry/instar/schema"
)

// Rehearsal decides batches one after the other, each seeing the ones before,
// and writes nothing.
type Rehearsal struct {
	s    *Service
	st   *State
	text func(Hash) (string, bool, error)
}

// Rehearse begins at the newest state. text finds the bodies of texts that the
// batches bring; the rehearsal itself keeps none.
func (s *Service) Rehearse(text func(Hash) (string, bool, error)) *Rehearsal {
	return &Rehearsal{s: s, st: s.State().ForkAside(), text: text}
}

// Batch decides a batch and returns what [Service.Batch] would.
func (r *Rehearsal) Batch(ctx context.Context, b Batch) ([]any, error) {
	b.DryRun = false
	var d Decision
	env := r.s.env(ctx)
	extra := map[Hash]string{}
	env.Library = overlayLibrary{Library: env.Library, extra: extra}
	for {
		var err error
		d, err = Decide(r.st, env, b)
		var need *NeedTexts
		if !errors.As(err, &need) {
			if err != nil {
				return nil, err
			}
			break
		}
		if err := r.load(ctx, need.Hashes, extra); err != nil {
			return nil, err
		}
	}
	for _, c := range d.Changes {
		if err := r.st.Apply(c, r.st.head.Seq+1, env.Now); err != nil {
			return nil, &schema.Bug{Where: "Rehearse", Cause: err}
		}
		r.st.head.Seq++
	}
	return d.Result.([]any), nil
}

func (r *Rehearsal) load(ctx context.Context, hashes []Hash, extra map[Hash]string) error {
	for _, h := range hashes {
		body, ok, err := r.text(h)
		if err != nil {
			return err
		}
		if !ok {
			if body, err = r.s.Text(ctx, h); err != nil {
				return err
			}
		}
		extra[h] = body
	}
	return nil
}
