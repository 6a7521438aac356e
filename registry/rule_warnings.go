package registry

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/instar-registry/instar/schema"
)

// RuleWarnings says what the author of a version's migration rules should know: which
// of them are stored and will not be carried out, or, where each could be, why they
// lead over no hop between the version and the one before it. A version that is not
// stored, as on a trial, has no hop.
func (s *Service) RuleWarnings(ctx context.Context, n Name, version int, rules *RuleSet) ([]string, error) {
	if out := rules.Warnings(); len(out) > 0 {
		return out, nil
	}
	var out []string
	err := s.View(ctx, func(st *State) error {
		subject := st.Subject(n)
		before := subject.Previous(version)
		if before == 0 || !subject.Version(version).ruled() {
			return nil
		}
		return s.withTexts(ctx, func(env *Env) error {
			var err error
			out, err = st.ruleWarnings(env, n, before, version)
			return err
		})
	})
	return out, err
}

// ruleWarnings are those of the hop between two versions, of which the newer has
// rules.
func (st *State) ruleWarnings(env *Env, n Name, from, to int) ([]string, error) {
	var out []string
	for _, ends := range [][2]int{{from, to}, {to, from}} {
		r, err := st.route(n, ends[0], ends[1])
		if err != nil {
			return nil, err
		}
		if r.documents[0] != nil {
			return []string{fmt.Sprintf("version %d has migration rules and an upcaster; the upcaster is carried out", to)}, nil
		}
		messages, err := r.starts(env)
		if err != nil {
			return nil, err
		}
		for _, m := range messages {
			x, err := r.ruled(env, 0, m)
			var no *Error
			switch {
			case errors.As(err, &no) && no.Code != Canceled && no.Code != Unavailable, err == nil && x == nil:
				continue // a message that is gone has no hop
			case err != nil:
				return nil, err
			}
			why := x.Hop.Gap()
			text := fmt.Sprintf("the hop from version %d to %d counts as a gap: %s", ends[0], ends[1], why)
			if why != "" && !slices.Contains(out, text) {
				out = append(out, text)
			}
		}
	}
	return out, nil
}

// starts are the messages whose events a route may begin with; one without a name in
// formats without messages.
func (r *route) starts(env *Env) ([]string, error) {
	p, err := r.st.parsed(env, r.names[0].Context, r.versions[0].Content)
	if err != nil {
		return nil, unreadable(r.versions[0], err)
	}
	return messagesOf(p), nil
}

// messagesOf are those of a Protobuf file; other formats have one type of events.
func messagesOf(p schema.Parsed) []string {
	if file, ok := p.(interface{ Messages() []string }); ok {
		return file.Messages()
	}
	return []string{""}
}
