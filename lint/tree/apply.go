package tree

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/client"
	"github.com/instar-registry/instar/lint"
	"github.com/instar-registry/instar/upcast"
)

// ApplyOptions say what may be done.
type ApplyOptions struct {
	// AllowLowering lets a level be set that asks for less.
	AllowLowering bool
}

// Done is what was done about one action.
type Done struct {
	Op      string `json:"op"`
	Subject string `json:"subject"`
	Version int    `json:"version,omitempty"`
	// From, To and Revision are those of an upcaster; with a version it is the
	// one that came with it.
	From     int    `json:"from,omitempty"`
	To       int    `json:"to,omitempty"`
	Revision int    `json:"revision,omitempty"`
	ID       int64  `json:"id,omitempty"`
	GUID     string `json:"guid,omitempty"`
	// Already says that it had been done before.
	Already bool `json:"already,omitempty"`
}

// StoppedError is a plan that was applied in part.
type StoppedError struct {
	Subject string
	Cause   error
	// Left are the subjects of the actions that were not tried.
	Left []string
}

func (e *StoppedError) Error() string {
	s := fmt.Sprintf("%s is refused: %v", e.Subject, e.Cause)
	if len(e.Left) > 0 {
		s += "; left are " + strings.Join(e.Left, ", ")
	}
	return s + "; apply goes on where it stopped when it is run again"
}

// Unwrap gives the refusal.
func (e *StoppedError) Unwrap() error { return e.Cause }

// ErrRefused says that a part of a plan would be refused.
var ErrRefused = errors.New("a part of the plan is refused; correct the schemas that it marks with ! and plan again")

// Apply does what a plan says, one request for each change, and stops at the
// first refusal. A subject that is not what the plan rests on is an
// [*lint.InputError] before anything is written; what was done by an earlier run
// is not done again.
func Apply(ctx context.Context, r *Registry, p *Plan, o ApplyOptions, tell func(Done)) error {
	a := applier{r: r, done: map[string]int{}, already: map[string]wire.Schema{}}
	if err := a.check(ctx, p, o); err != nil {
		return err
	}
	for i := range p.Actions {
		x := &p.Actions[i]
		done, err := a.do(ctx, x)
		if err != nil {
			stop := &StoppedError{Subject: x.Subject, Cause: err}
			for _, left := range p.Actions[i+1:] {
				if left.Op != OpUnchanged && (left.Op != OpMissing || left.Prune) {
					stop.Left = append(stop.Left, left.Subject)
				}
			}
			return stop
		}
		if done != nil {
			tell(*done)
		}
	}
	return nil
}

type applier struct {
	r *Registry
	// done are the versions of subjects in this plan, already those that an
	// earlier run registered.
	done    map[string]int
	already map[string]wire.Schema
}

// check holds the plan to the registry as it is now.
func (a *applier) check(ctx context.Context, p *Plan, o ApplyOptions) error {
	if p.Refused() {
		return ErrRefused
	}
	var moved []string
	for i := range p.Actions {
		x := &p.Actions[i]
		switch x.Op {
		case OpConfig:
			if x.Lowers && !o.AllowLowering {
				return &lint.InputError{
					What: fmt.Sprintf("the plan lowers the level of %s from %s to %s", x.Subject, x.Was.Level, x.Config.Level), Hint: "give --allow-lowering if that is meant",
				}
			}
		case OpUnchanged:
			a.done[x.Subject] = x.Version
		case OpUpcaster:
			ok, err := a.hopStands(ctx, x)
			if err != nil {
				return err
			}
			if !ok {
				moved = append(moved, fmt.Sprintf("the upcaster of %s from %d to %d", x.Subject, x.From, x.To))
			}
		case OpNew, OpVersion:
			ok, err := a.stands(ctx, x)
			if err != nil {
				return err
			}
			if !ok {
				moved = append(moved, x.Subject)
			}
		}
	}
	if len(moved) > 0 {
		return &lint.InputError{What: "the registry has moved since the plan was made: " + strings.Join(moved, ", "), Hint: "plan again"}
	}
	return nil
}

// stands reports whether a subject is what the plan rests on, or what it leads to.
func (a *applier) stands(ctx context.Context, x *Action) (bool, error) {
	latest, err := a.r.Client.Version(ctx, a.r.qualify(x.Subject), client.Latest, client.VersionQuery{})
	if err != nil && !errors.Is(err, client.ErrNotFound) {
		return false, fmt.Errorf("read the newest version of %s: %w", x.Subject, err)
	}
	if err == nil && latest.Version == x.Latest || err != nil && x.Latest == 0 {
		return true, nil
	}
	if err != nil {
		return false, nil
	}
	request := a.request(x)
	for i := range request.References {
		if request.References[i].Version == 0 {
			return false, nil // what it refers to is not registered, so it cannot be
		}
	}
	found, err := a.r.Client.Lookup(ctx, a.r.qualify(x.Subject), request, client.LookupOptions{})
	switch {
	case errors.Is(err, client.ErrNotFound):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("look %s up: %w", x.Subject, err)
	}
	a.already[x.Subject], a.done[x.Subject] = found, found.Version
	return found.Version == latest.Version, nil
}

// request is what is sent about a schema, with the versions of this run.
func (a *applier) request(x *Action) wire.RegisterRequest {
	out := a.r.request(x)
	for i, ref := range x.References {
		if ref.Version == 0 {
			out.References[i].Version = a.done[ref.Subject]
		}
	}
	return out
}

// hopStands reports whether the upcaster of a hop is what the plan rests on, or
// what it leads to.
func (a *applier) hopStands(ctx context.Context, x *Action) (bool, error) {
	doc, err := upcast.Parse(x.Document)
	if err != nil {
		return false, &lint.InputError{What: fmt.Sprintf("the upcaster of %s from %d to %d: %v", x.Subject, x.From, x.To, err), Hint: "plan again"}
	}
	have, err := a.r.Client.Upcasters(ctx, a.r.qualify(x.Subject), client.UpcasterFilter{From: x.From, To: x.To, State: "active"})
	if err != nil {
		return false, fmt.Errorf("list the upcasters of %s: %w", x.Subject, err)
	}
	revision := 0
	for i := range have {
		if have[i].Hash == doc.Hash() {
			return true, nil
		}
		revision = max(revision, have[i].Revision)
	}
	return revision == x.Replaces, nil
}

func (a *applier) do(ctx context.Context, x *Action) (*Done, error) {
	subject := a.r.qualify(x.Subject)
	switch x.Op {
	case OpConfig:
		set := wire.Config{Compatibility: x.Config.Level, CompatibilityPolicy: x.Config.Policy}
		if _, err := a.r.Client.SetConfig(ctx, subject, client.ConfigPatch{Set: set}); err != nil {
			return nil, err
		}
		return &Done{Op: x.Op, Subject: x.Subject}, nil
	case OpNew, OpVersion:
		if had, ok := a.already[x.Subject]; ok {
			return &Done{Op: x.Op, Subject: x.Subject, Version: had.Version, ID: had.ID, GUID: had.GUID, Already: true}, a.follow(ctx, x, had.Version)
		}
		made, err := a.r.Client.Register(ctx, subject, a.request(x), client.RegisterOptions{})
		if err != nil {
			return nil, err
		}
		version := made.Version
		if version == 0 { // a registry that answers the id alone
			found, err := a.r.Client.Lookup(ctx, subject, a.request(x), client.LookupOptions{})
			if err != nil {
				return nil, fmt.Errorf("look up what was registered: %w", err)
			}
			version = found.Version
		}
		a.done[x.Subject] = version
		done := &Done{Op: x.Op, Subject: x.Subject, Version: version, ID: made.ID, GUID: made.GUID}
		if u := made.Upcaster; u != nil {
			done.From, done.To, done.Revision = u.From, u.To, u.Revision
		}
		return done, nil
	case OpUpcaster:
		made, err := a.r.Client.AddUpcaster(ctx, subject, x.From, x.To, x.Document, client.AddUpcasterOptions{Supersedes: x.Replaces})
		if err != nil {
			return nil, err
		}
		return &Done{Op: x.Op, Subject: x.Subject, From: made.From, To: made.To, Revision: made.Revision, Already: !made.Created}, nil
	case OpMissing:
		if !x.Prune {
			return nil, nil
		}
		if _, err := a.r.Client.DeleteSubject(ctx, subject, false); err != nil && !errors.Is(err, client.ErrNotFound) {
			return nil, err
		}
		return &Done{Op: x.Op, Subject: x.Subject}, nil
	}
	return nil, nil
}

// follow sends the upcaster of a version that is there already, for somebody may
// have registered that without it.
func (a *applier) follow(ctx context.Context, x *Action, version int) error {
	if x.Upcaster == nil {
		return nil
	}
	doc, err := upcast.Between(string(x.Upcaster), x.Latest, version)
	if err != nil {
		return err
	}
	_, err = a.r.Client.AddUpcaster(ctx, a.r.qualify(x.Subject), x.Latest, version, doc.Canonical(), client.AddUpcasterOptions{})
	return err
}
