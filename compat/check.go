package compat

import (
	"context"
	"fmt"

	"github.com/instar-registry/instar/schema"
)

// Request is a question: may Candidate follow History?
type Request struct {
	Candidate schema.Parsed
	// History are the live versions, newest first, already filtered by
	// compatibility group.
	History []Version
	Level   Level
	Policy  Policy
	Options Options
	// Memo, if there is one, remembers the answer about each pair. Key may name
	// the candidate in it; it is computed where it is zero.
	Memo Memo
	Key  SchemaKey
}

// Version is one registered version of the subject.
type Version struct {
	Number int
	Parsed schema.Parsed
	// Err says why the stored text does not parse; Parsed is nil then.
	Err error
	// Key may name the schema in a memo; see [Request.Key].
	Key SchemaKey
}

// Report is the answer to a Request.
type Report struct {
	// Refused says that the candidate may not be registered.
	Refused bool
	// Verdict sums up the pairs that the level asks for: Incompatible if one
	// is, else Unknown if one is, else Compatible.
	Verdict Verdict
	// Rule sums up the verdicts of Confluent's rule in the same way.
	Rule Verdict
	// Unproven says that Refused rests on Confluent's rule because the exact
	// engine did not decide a pair.
	Unproven bool
	// Pairs are in message order: newest version first, and NewToOld before
	// OldToNew where both are asked for.
	Pairs  []Pair
	Level  Level
	Policy Policy
	Engine string

	validateFields bool
	thorough       bool
}

// Check answers a request. An error is a cancelled context or a bug, never a
// verdict.
func Check(ctx context.Context, r Request) (Report, error) {
	report := Report{
		Level: r.Level, Policy: r.Policy, Engine: EngineVersion, Verdict: Compatible, Rule: Compatible,
		validateFields: r.Options.ValidateFields, thorough: r.Options.Thorough,
	}
	if int(r.Level) >= len(levelNames) || int(r.Policy) >= len(policyNames) {
		return Report{}, &schema.Bug{Where: "compat.Check", Cause: fmt.Sprintf("level %d, policy %d", r.Level, r.Policy)}
	}
	if r.Candidate == nil {
		return Report{}, &schema.Bug{Where: "compat.Check", Cause: "no candidate"}
	}
	both := r.Options.BothDirections || r.Options.Thorough
	if r.Level == None && !both {
		return report, nil
	}
	history := r.History
	if !r.Level.Transitive() && len(history) > 1 {
		history = history[:1]
	}
	for i := range history {
		for _, d := range []Direction{NewToOld, OldToNew} {
			asked := (d == NewToOld && r.Level.forward()) || (d == OldToNew && r.Level.backward())
			if !asked && !both {
				continue
			}
			if err := ctx.Err(); err != nil {
				return Report{}, err
			}
			p, err := checkPair(ctx, &r, &history[i], d)
			if err != nil {
				return Report{}, err
			}
			p.index, p.Required = i, asked
			p.complete(r.Policy, asked)
			if asked {
				report.add(&p)
			}
			report.Pairs = append(report.Pairs, p)
		}
	}
	return report, nil
}

// The answers of [Report.DeployFirst].
const (
	DeployAny       = "any"       // both sides understand each other
	DeployConsumers = "consumers" // new readers understand old events only
	DeployProducers = "producers" // old readers understand new events only
	DeployNone      = "none"      // neither: an upcaster, a new subject, or both
	DeployUnknown   = "unknown"   // a direction was not judged or not decided
)

// DeployFirst says which side of a running system may take the candidate first,
// read off the verdicts of both directions; see [Options.BothDirections].
func (r *Report) DeployFirst() string {
	if len(r.Pairs) == 0 && r.thorough {
		return DeployAny // there is nothing old
	}
	sides := map[Direction]Verdict{}
	for i := range r.Pairs {
		p := &r.Pairs[i]
		verdict := p.Verdict
		if p.Judged {
			verdict = p.Exact // what events do does not depend on the policy
		}
		if known, ok := sides[p.Direction]; ok {
			verdict = worse(known, verdict)
		}
		sides[p.Direction] = verdict
	}
	switch backward, forward := sides[OldToNew], sides[NewToOld]; {
	case backward == Unknown || forward == Unknown:
		return DeployUnknown
	case backward == Compatible && forward == Compatible:
		return DeployAny
	case backward == Compatible:
		return DeployConsumers
	case forward == Compatible:
		return DeployProducers
	default:
		return DeployNone
	}
}

// add lets a pair that the level asks for speak.
func (r *Report) add(p *Pair) {
	r.Verdict = worse(r.Verdict, p.Verdict)
	r.Rule = worse(r.Rule, p.RuleVerdict)
	r.Refused = r.Refused || p.refused()
	r.Unproven = r.Unproven || p.Unproven
}

func worse(a, b Verdict) Verdict {
	if a == Incompatible || b == Incompatible {
		return Incompatible
	}
	if a == Unknown || b == Unknown {
		return Unknown
	}
	return Compatible
}
