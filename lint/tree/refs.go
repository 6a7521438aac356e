package tree

import (
	"context"
	"fmt"
	"path"

	"github.com/instar-registry/instar/client"
	"github.com/instar-registry/instar/lint"
)

// PullRefs reads the references that a configuration pins, and what they refer to
// themselves. The texts are by path, relative to the lock file; nothing is
// written. A version whose text is not the one that the old lock names is an
// [*lint.InputError]: versions do not change.
func PullRefs(ctx context.Context, refs []lint.Reference, old *lint.Lock, connect func(name string) (*Registry, error)) (*lint.Lock, map[string]string, error) {
	p := pinner{old: old, out: &lint.Lock{Instar: lint.LockFormat}, texts: map[string]string{}, names: map[string]*lint.LockedReference{}}
	for _, r := range refs {
		from, err := connect(r.Registry)
		if err != nil {
			return nil, nil, err
		}
		if err := p.pin(ctx, from, lint.LockedReference{Name: r.Name, Subject: r.Subject, Version: r.Version, Registry: r.Registry}); err != nil {
			return nil, nil, err
		}
	}
	return p.out, p.texts, nil
}

type pinner struct {
	old   *lint.Lock
	out   *lint.Lock
	texts map[string]string
	names map[string]*lint.LockedReference
}

// pin reads one version and what it refers to.
func (p *pinner) pin(ctx context.Context, from *Registry, r lint.LockedReference) error {
	if have := p.names[r.Name]; have != nil {
		if have.Subject == r.Subject && have.Version == r.Version && have.Registry == r.Registry {
			return nil
		}
		return &lint.InputError{What: fmt.Sprintf("%s is version %d of %s and version %d of %s", r.Name, have.Version, have.Subject, r.Version, r.Subject), Hint: "pin references that agree"}
	}
	if len(p.names) >= maxPulled {
		return fmt.Errorf("there are more than %d references", maxPulled)
	}
	v, err := from.Client.Version(ctx, from.qualify(r.Subject), r.Version, client.VersionQuery{Deleted: true})
	if err != nil {
		return fmt.Errorf("read version %d of %s: %w", r.Version, r.Subject, err)
	}
	if r.Type = v.SchemaType; r.Type == "" {
		r.Type = "AVRO"
	}
	r.SHA256 = lint.Hash(v.Schema)
	r.File = path.Join(lint.RefsDir, escape(r.Registry), clean(r.Subject, r.Version, r.Type))
	if err := p.changed(&r); err != nil {
		return err
	}
	p.names[r.Name] = &r
	p.texts[r.File] = v.Schema
	p.out.References = append(p.out.References, r)
	for _, ref := range v.References {
		inner := lint.LockedReference{Name: ref.Name, Subject: from.local(ref.Subject), Version: ref.Version, Registry: r.Registry}
		if err := p.pin(ctx, from, inner); err != nil {
			return err
		}
	}
	return nil
}

// changed refuses a version that has another text than it had.
func (p *pinner) changed(r *lint.LockedReference) error {
	for i := 0; p.old != nil && i < len(p.old.References); i++ {
		x := &p.old.References[i]
		if x.Subject == r.Subject && x.Version == r.Version && x.Registry == r.Registry && x.SHA256 != r.SHA256 {
			return &lint.InputError{
				What: fmt.Sprintf("version %d of %s is not the text that %s names", r.Version, r.Subject, lint.LockFile),
				Hint: "find out who changed it; to take the new one, delete it from " + lint.LockFile,
			}
		}
	}
	return nil
}
