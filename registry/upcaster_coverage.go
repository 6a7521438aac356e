package registry

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/instar-registry/instar/upcast"
)

// Coverage says how the versions of a subject lead to one of them.
type Coverage struct {
	Target int
	// Hops are the ways up between neighbours, in order; a gap is none.
	Hops     []HopInfo
	Versions []Reach
	// Others are versions of other subjects that documents lead from and to, as far
	// as there is a way in one direction at least.
	Others []Reach
}

// Reach says whether events of a version can become events of the target, and back.
type Reach struct {
	// Name is the subject; that of the target for its own versions.
	Name    Name
	Version int
	Deleted bool
	// BridgedBy is the document because of which the version was let in.
	BridgedBy string
	// To leads to the target, Back from it to the version.
	To, Back Path
}

// Path is what is known of a way of several hops.
type Path struct {
	Reachable bool
	Verdict   upcast.Outcome
	Class     upcast.Class
	Total     bool
	// Gap is why there is no way: that of the hop next to the target. Witness is an
	// event of the older version of that hop that has no image, as JSON, if one is
	// known.
	Gap     string
	Witness []byte
}

// then goes on by one hop.
func (p Path) then(h *HopInfo) Path {
	if !p.Reachable {
		return p
	}
	p.Class, p.Total = joined(p.Class, h.Verdict.Class), p.Total && h.Verdict.Total
	if h.Verdict.Outcome != upcast.Proved {
		p.Verdict = h.Verdict.Outcome
	}
	return p
}

// joined is the class of two ways, one after the other.
func joined(a, b upcast.Class) upcast.Class {
	up, down := losesUp(a) || losesUp(b), losesDown(a) || losesDown(b)
	switch {
	case a == upcast.OneWay || b == upcast.OneWay:
		return upcast.OneWay
	case up && down:
		return upcast.Lossy
	case up:
		return upcast.LossyUp
	case down:
		return upcast.LossyDown
	default:
		return upcast.Iso
	}
}

// What is not known to lose nothing loses.
func losesUp(c upcast.Class) bool   { return c == upcast.LossyUp || c == upcast.Lossy || c == "" }
func losesDown(c upcast.Class) bool { return c == upcast.LossyDown || c == upcast.Lossy || c == "" }

// Coverage says of each version of a subject whether its events reach a target
// version, and back; 0 is the newest live one. Every hop is looked at once.
func (s *Service) Coverage(ctx context.Context, n Name, target int) (*Coverage, error) {
	var out *Coverage
	err := s.View(ctx, func(st *State) error {
		subject := st.Subject(n)
		if subject == nil {
			return subjectNotFound(n)
		}
		at := target
		if latest := subject.Latest(); at == 0 && latest != nil {
			at = latest.Number
		}
		if subject.Version(at) == nil {
			return versionNotFound(max(at, -1))
		}
		return s.withTexts(ctx, func(env *Env) error {
			var err error
			out, err = st.coverage(env, subject, at)
			return err
		})
	})
	return out, err
}

// step is the hop between two neighbours in one direction, or why there is none.
type step struct {
	info    HopInfo
	gap     string
	witness []byte
}

// steps are the hops of a route, gaps included.
func (r *route) steps(env *Env) ([]step, error) {
	out := make([]step, len(r.documents))
	for i := range out {
		info := HopInfo{From: r.versions[i].Number, To: r.versions[i+1].Number, Source: r.names[i], Target: r.names[i+1], Down: r.down[i]}
		at, err := r.first(env, i)
		var h *upcast.Hop
		if err == nil {
			info, h, _, err = r.hop(env, i, at)
		}
		var gap *Error
		switch {
		case errors.As(err, &gap) && gap.Code != Canceled && gap.Code != Unavailable:
			out[i].gap = gap.Message
			var refuted *VerdictError
			if errors.As(gap.Cause, &refuted) {
				out[i].witness = refuted.Verdict.Event
			}
		case err != nil:
			return nil, err
		}
		if out[i].gap == "" && h != nil && elsewhere(r.names[i], h) {
			out[i].gap = fmt.Sprintf("The upcaster from version %d to %d makes events of other subjects", info.From, info.To)
		}
		out[i].info = info
	}
	return out, nil
}

// elsewhere reports whether a hop makes several events of one of which none stays in
// the subject.
func elsewhere(n Name, h *upcast.Hop) bool {
	all := h.Outputs()
	return len(all) > 0 && !slices.ContainsFunc(all, func(t upcast.Target) bool { return In(n.Context, t.Subject) == n })
}

func (st *State) coverage(env *Env, s *Subject, target int) (*Coverage, error) {
	n, err := st.neighbours(env, s)
	if err != nil {
		return nil, err
	}
	out := n.coverage(st, target)
	out.Others, err = st.others(env, out)
	return out, err
}

// neighbours are the hops between all neighbours of a subject: up[i] leads from its
// version i to the next, down[i] back.
type neighbours struct {
	subject  *Subject
	up, down []step
}

func (st *State) neighbours(env *Env, s *Subject) (*neighbours, error) {
	first, last := s.Versions[0].Number, s.Highest()
	rise, err := st.route(s.Name, first, last)
	if err != nil {
		return nil, err
	}
	up, err := rise.steps(env)
	if err != nil {
		return nil, err
	}
	fall, err := st.route(s.Name, last, first)
	if err != nil {
		return nil, err
	}
	down, err := fall.steps(env)
	if err != nil {
		return nil, err
	}
	slices.Reverse(down)
	return &neighbours{s, up, down}, nil
}

func (n *neighbours) coverage(st *State, target int) *Coverage {
	s, up, down := n.subject, n.up, n.down
	out := &Coverage{Target: target, Versions: make([]Reach, len(s.Versions))}
	for i := range up {
		if up[i].gap == "" {
			out.Hops = append(out.Hops, up[i].info)
		}
	}
	at := slices.IndexFunc(s.Versions, func(v Version) bool { return v.Number == target })
	documents := st.Upcasters(s.Name)
	for i := range out.Versions {
		v := &s.Versions[i]
		out.Versions[i] = Reach{Name: s.Name, Version: v.Number, Deleted: v.Deleted}
		if x := documents.Into(v.Number); x != nil && x.Bridges {
			out.Versions[i].BridgedBy = x.Document
		}
	}
	here := Path{Reachable: true, Verdict: upcast.Proved, Class: upcast.Iso, Total: true}
	out.Versions[at].To, out.Versions[at].Back = here, here
	for i := at - 1; i >= 0; i-- {
		v, next := &out.Versions[i], &out.Versions[i+1]
		v.To, v.Back = next.To.over(&up[i]), next.Back.over(&down[i])
	}
	for i := at + 1; i < len(out.Versions); i++ {
		v, next := &out.Versions[i], &out.Versions[i-1]
		v.To, v.Back = next.To.over(&down[i-1]), next.Back.over(&up[i-1])
	}
	return out
}

// over goes on by a hop that may be a gap.
func (p Path) over(s *step) Path {
	if p.Reachable && s.gap != "" {
		return Path{Gap: s.gap, Witness: s.witness}
	}
	return p.then(&s.info)
}
