package registry

import (
	"context"
	"errors"
)

// Register asks for a new version of a subject; registering equal content
// answers what is there.
func (s *Service) Register(ctx context.Context, by By, cmd Register) (Registered, error) {
	plain := cmd.Version == 0 && cmd.ID == 0 && !cmd.hasTagEdits() && !cmd.Import && cmd.Upcaster == "" && cmd.Text != "" && !hasFloating(cmd.References)
	var key Hash
	if plain && s.available() == nil {
		st := s.State()
		key = s.submitted(st, cmd.Name, cmd.Format, cmd.Text, cmd.References, cmd.Metadata, cmd.RuleSet, cmd.Normalize)
		if c, ok := s.shelf.submitted.Get(key); ok {
			s.opt.Observer.Cache("submitted", true)
			st = s.latest(ctx, st)
			if v := s.quick(st, cmd.Name, c); v != nil {
				s.opt.Observer.Registered(cmd.Format.String(), "existing")
				return existing(cmd.Name, v).Result.(Registered), nil
			}
		} else {
			s.opt.Observer.Cache("submitted", false)
		}
	}
	cmd.Author = by.Principal
	out, err := run[Registered](ctx, s, by, cmd)
	if err == nil && out.Content == nil { // a recorded outcome
		if v := s.State().Subject(out.Name).Version(out.Version); v != nil {
			out.Content = v.Content
		}
	}
	s.opt.Observer.Registered(cmd.Format.String(), registrationResult(&cmd, &out, err))
	if err == nil && plain && !cmd.DryRun && out.Content != nil && out.Content.asSent(cmd.Metadata, cmd.RuleSet) {
		s.shelf.submitted.Put(key, out.Content, 1)
	}
	return out, err
}

// asSent reports whether a content has the metadata and rules that were sent with
// it. Others come from the newest version, and another one would give others, so
// nobody may remember them for the body.
func (c *Content) asSent(m *Metadata, r *RuleSet) bool {
	return sameMetadata(m, c.Metadata) && sameRuleSet(r, c.RuleSet)
}

// latest returns the state at the store's head, or the given one while the
// store is away: producers that register at their start must be able to start
// then, and what they are told is still true of the ids.
func (s *Service) latest(ctx context.Context, st *State) *State {
	if s.opt.Exclusive || s.Status().Degraded || s.Refresh(ctx) != nil {
		return st
	}
	return s.State()
}

// quick finds known content live in a subject whose configuration adds nothing
// to what was sent.
func (s *Service) quick(st *State, n Name, c *Content) *Version {
	subject := st.Subject(n)
	if subject == nil {
		return nil
	}
	eff := st.InForce(n, s.opt.Settings)
	if hasDefaults(&eff) {
		return nil
	}
	return subject.holding(c, false)
}

func registrationResult(cmd *Register, out *Registered, err error) string {
	var e *Error
	switch {
	case errors.As(err, &e) && e.Code == Incompatible:
		return "incompatible"
	case err != nil:
		return "invalid"
	case !out.Created:
		return "existing"
	case cmd.Force:
		return "forced"
	default:
		return "created"
	}
}

// DeleteVersion hides a version or removes a hidden one; it returns its number.
func (s *Service) DeleteVersion(ctx context.Context, by By, cmd DeleteVersion) (int, error) {
	return run[int](ctx, s, by, cmd)
}

// DeleteSubject hides or removes all versions; it returns their numbers.
func (s *Service) DeleteSubject(ctx context.Context, by By, cmd DeleteSubject) ([]int, error) {
	return run[[]int](ctx, s, by, cmd)
}

// Undelete brings hidden versions back; it returns their numbers.
func (s *Service) Undelete(ctx context.Context, by By, cmd Undelete) ([]int, error) {
	return run[[]int](ctx, s, by, cmd)
}

// SetConfig edits a configuration entry and returns the merged one.
func (s *Service) SetConfig(ctx context.Context, by By, cmd SetConfig) (Config, error) {
	return run[Config](ctx, s, by, cmd)
}

// DeleteConfig removes a configuration entry and returns it.
func (s *Service) DeleteConfig(ctx context.Context, by By, cmd DeleteConfig) (Config, error) {
	return run[Config](ctx, s, by, cmd)
}

// SetMode sets or clears a mode and returns it.
func (s *Service) SetMode(ctx context.Context, by By, cmd SetMode) (string, error) {
	return run[string](ctx, s, by, cmd)
}

// DeleteMode removes a mode and returns it; empty if there was none.
func (s *Service) DeleteMode(ctx context.Context, by By, cmd DeleteMode) (string, error) {
	return run[string](ctx, s, by, cmd)
}

// DeleteContext takes an empty context off the list.
func (s *Service) DeleteContext(ctx context.Context, by By, cmd DeleteContext) error {
	_, err := run[bool](ctx, s, by, cmd)
	return err
}

// CreateToken makes or rotates an API token.
func (s *Service) CreateToken(ctx context.Context, by By, cmd CreateToken) (Token, error) {
	return run[Token](ctx, s, by, cmd)
}

// RevokeToken makes a token invalid on every node.
func (s *Service) RevokeToken(ctx context.Context, by By, cmd RevokeToken) error {
	_, err := run[string](ctx, s, by, cmd)
	return err
}

// ChangeGrant gives or takes a role.
func (s *Service) ChangeGrant(ctx context.Context, by By, cmd ChangeGrant) error {
	_, err := run[Grant](ctx, s, by, cmd)
	return err
}

// Batch runs commands as one and returns their results in order. A refusal is a
// *BatchError that names the item.
func (s *Service) Batch(ctx context.Context, by By, cmd Batch) ([]any, error) {
	for i, c := range cmd.Commands {
		if r, ok := c.(Register); ok && r.Upcaster != "" {
			r.Author = by.Principal
			cmd.Commands[i] = r
		}
	}
	return run[[]any](ctx, s, by, cmd)
}
