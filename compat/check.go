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
}

// Version is one registered version of the subject.
type Version struct {
	Number int
	Parsed schema.Parsed
	// Err says why the stored text does not parse; Parsed is nil then.
	Err error
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
}

// Check answers a request. An error is a cancelled context or a bug, never a
// verdict.
func Check(ctx context.Context, r Request) (Report, error) {
	report := Report{
		Level: r.Level, Policy: r.Policy, Engine: EngineVersion, Verdict: Compatible, Rule: Compatible,
		validateFields: r.Options.ValidateFields,
	}
	if int(r.Level) >= len(levelNames) || int(r.Policy) >= len(policyNames) {
		return Report{}, &schema.Bug{Where: "compat.Check", Cause: fmt.Sprintf("level %d, policy %d", r.Level, r.Policy)}
	}
	if r.Candidate == nil {
		return Report{}, &schema.Bug{Where: "compat.Check", Cause: "no candidate"}
	}
	if r.Level == None && !r.Options.BothDirections {
		return report, nil
	}
	history := r.History
	if !r.Level.Transitive() && len(history) > 1 {
		history = history[:1]
	}
	for i, v := range history {
		for _, d := range []Direction{NewToOld, OldToNew} {
			asked := (d == NewToOld && r.Level.forward()) || (d == OldToNew && r.Level.backward())
			if !asked && !r.Options.BothDirections {
				continue
			}
			if err := ctx.Err(); err != nil {
				return Report{}, err
			}
			p, err := checkPair(ctx, &r, v, d)
			if err != nil {
				return Report{}, err
			}
			p.index = i
			p.complete(r.Policy, asked)
			if asked {
				report.add(&p)
			}
			report.Pairs = append(report.Pairs, p)
		}
	}
	return report, nil
}

// Size estimates the bytes of memory that keeping the report costs, without the
// texts of the versions.
func (r *Report) Size() int {
	const report, pair, finding = 200, 250, 500
	n := report + pair*len(r.Pairs)
	for i := range r.Pairs {
		for k := range r.Pairs[i].Findings {
			f := &r.Pairs[i].Findings[k]
			n += finding + len(f.Description) + len(f.Additional)
			if f.Break != nil && f.Break.Witness != nil {
				n += len(f.Break.Witness.Value) + len(f.Break.Witness.Binary)
			}
		}
	}
	return n
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
	sides := map[Direction]Verdict{}
	for i := range r.Pairs {
		p := &r.Pairs[i]
		if known, ok := sides[p.Direction]; ok {
			sides[p.Direction] = worse(known, p.Verdict)
		} else {
			sides[p.Direction] = p.Verdict
		}
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

func checkPair(ctx context.Context, q *Request, v Version, d Direction) (Pair, error) {
	candidate, policy := q.Candidate, q.Policy
	p := Pair{Version: v.Number, Direction: d, Err: v.Err, format: candidate.Format()}
	if v.Parsed == nil {
		p.Reason = BaseInvalid
		return p, nil
	}
	p.old = v.Parsed.Canonical()
	writer, reader := v.Parsed, candidate
	if d == NewToOld {
		writer, reader = candidate, v.Parsed
	}
	differences, err := ruleDifferences(writer, reader)
	if err != nil {
		return Pair{}, err
	}
	p.RuleVerdict = Compatible
	p.Findings = make([]Finding, len(differences))
	for i, x := range differences {
		refused := x.Strict
		if policy == Lenient {
			refused = x.Lenient
		}
		p.Findings[i] = Finding{Difference: x, Refused: refused}
		if refused {
			p.RuleVerdict = Incompatible
		}
	}
	if policy.syntactic() {
		p.Verdict = p.RuleVerdict
		return p, nil
	}
	decided, err := exact(ctx, writer, reader, d, &question{Meaning: q.Options.Meaning, declared: policy == Declared, budget: q.Options.Budget})
	if err != nil {
		return Pair{}, err
	}
	p.settle(&decided)
	return p, nil
}

// settle takes over what the exact engine says. What it leaves open is settled
// by Confluent's rule, whose findings then stand.
func (p *Pair) settle(d *decision) {
	p.Verdict, p.Reason, p.Undecided, p.Notes = d.verdict, d.reason, d.undecided, d.notes
	if p.Verdict == Unknown {
		p.Unproven = true
		return
	}
	if d.findings == nil && p.Verdict == Incompatible {
		return // a pair of two formats, for which there is one sentence only
	}
	advisory := p.Findings
	joinRule(d.findings, advisory, p.format, p.Direction)
	p.Findings = d.findings
	if p.Verdict == Compatible {
		for _, f := range advisory {
			f.Refused = false
			p.Findings = append(p.Findings, f)
		}
	}
}
