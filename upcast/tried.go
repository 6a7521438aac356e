package upcast

import (
	"slices"

	"github.com/instar-registry/instar/schema"
)

// NewTried makes a runner of one hop that is tested and not proved. It carries
// events on values, never over bytes alone, and holds each image to its whole
// schema: one that is no event of it is a failure of code [FailOutput], where a
// proved hop would have a bug. Such a hop is fused with no other.
func NewTried(h *Hop) (*Runner, error) {
	if h.Verdict.Outcome != Tested {
		return nil, &schema.Bug{Where: "upcast.NewTried", Cause: "the hop is " + string(h.Verdict.Outcome)}
	}
	if h.parks {
		e := &Error{Code: NotYet}
		e.Problem.What, e.Problem.Hint = "a document that parks what it loses is carried out only where it is proved", "see what is open in its verdict, or remove park"
		return nil, e
	}
	alone := segment{root: h.Root, source: h.Source, from: h.from, to: h.to, hop: h, hops: []*Hop{h}}
	return &Runner{chain: &Chain{Hops: []*Hop{h}, Target: h.Target, segments: []segment{alone}}, tried: true}, nil
}

// assumesDeclared reports whether a hop takes for granted that events of JSON have
// no undeclared members. An event that has some shows in its image at the latest.
func (c *Chain) assumesDeclared() bool {
	return slices.ContainsFunc(c.Hops, func(h *Hop) bool { return slices.Contains(h.assume, "declared") })
}

// Chain is what the runner carries out.
func (r *Runner) Chain() *Chain { return r.chain }

// unfit is an image that its schema does not take: a failure of what was only
// tried, and a bug of ours where it was proved, unless it is too large.
func unfit(tried bool, err error) (*Failure, error) {
	if breaksLimit(err) {
		return &Failure{Code: FailLimit, Reason: "the image is too large: " + err.Error()}, nil
	}
	if !tried {
		return nil, &schema.Bug{Where: "upcast.Carry", Cause: err}
	}
	return failedBy(err, FailOutput, "what the steps give is no event of the target version: ")
}
