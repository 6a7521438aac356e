package compat

import (
	"context"
	"slices"

	"github.com/instar-registry/instar/schema"
)

// Pair is the answer about one old version in one direction.
type Pair struct {
	// Version is the number of the old version; 0 if it has none, as a file.
	Version   int
	Direction Direction
	// Required says that the level asks for the direction.
	Required bool
	// Verdict is the answer under the policy of the check.
	Verdict Verdict
	// Reason says why Verdict, or Exact, is Unknown.
	Reason Reason
	// RuleVerdict is the answer of Confluent's rule: LENIENT under that policy,
	// STRICT under every other.
	RuleVerdict Verdict
	// Exact is the answer of the exact engine if Judged says that it was asked.
	Exact  Verdict
	Judged bool
	// Unproven says that the exact engine did not decide the pair, so that
	// [Options.Unknown] did.
	Unproven bool
	// Findings are all differences, refused or not, in the order of whoever
	// decided the pair. Where the exact engine accepts what Confluent's rule
	// refuses, that rule's differences follow for information; where a syntactic
	// policy accepts what breaks events, "schema/policy-disagrees" does.
	Findings []Finding
	// Undecided are the questions that the exact engine left open; one of them
	// is an internal error if its Bug is set. Notes are remarks.
	Undecided []schema.Undecided
	Notes     []string
	// Assumptions are what the verdict rests on besides the schemas: "declared"
	// under that policy, for JSON Schema.
	Assumptions []string
	// More says that there are more breaks than are listed.
	More bool
	// Steps is what the exact engine used of its budget.
	Steps int
	// Err is the mistake that keeps the old version from being parsed.
	Err error

	format    schema.Format // of the candidate
	index     int           // of the version in the history
	old       string        // canonical text for the message list
	onUnknown OnUnknown
}

// AssumeDeclared is the assumption of the policy DECLARED.
const AssumeDeclared = "declared"

// Format is the schema language of the candidate.
func (p *Pair) Format() schema.Format { return p.format }

// Question is what was left open, with the sides called old and new.
func (p *Pair) Question(u *schema.Undecided) string { return undecidedText(u, p.Direction) }

// refused reports whether the pair speaks against the candidate.
func (p *Pair) refused() bool {
	if p.Verdict != Unknown {
		return p.Verdict == Incompatible
	}
	switch p.onUnknown {
	case Reject:
		return true
	case Allow:
		return false
	default:
		return p.RuleVerdict != Compatible
	}
}

// Refused reports whether the pair speaks against the candidate, whether or not
// the level asks for its direction.
func (p *Pair) Refused() bool { return p.refused() }

// checkPair answers about one version and one direction, from memory if it was
// asked before.
func checkPair(ctx context.Context, q *Request, v *Version, d Direction) (Pair, error) {
	if v.Parsed == nil {
		p := Pair{Direction: d, Reason: BaseInvalid, Err: v.Err, format: q.Candidate.Format()}
		return p.under(q, v), nil
	}
	key, remembers := q.key(v, d)
	if remembers {
		if p, ok := q.Memo.Recall(key); ok {
			return p.under(q, v), nil
		}
	}
	p, err := judge(ctx, q, v.Parsed, d)
	if err != nil {
		return Pair{}, err
	}
	if remembers {
		q.Memo.Remember(key, p)
	}
	return p.under(q, v), nil
}

// under puts a judged pair into the request at hand: everything that is not
// part of its key.
func (p Pair) under(q *Request, v *Version) Pair {
	p.Version, p.onUnknown = v.Number, q.Options.Unknown
	p.Findings = slices.Clone(p.Findings)
	p.Unproven = p.Verdict == Unknown && (!q.Policy.syntactic() || p.onUnknown == Allow)
	if p.Verdict == Unknown && p.onUnknown == Allow {
		for i := range p.Findings {
			p.Findings[i].Refused = false
		}
	}
	return p
}

// judge asks Confluent's rule and, unless a syntactic policy decides alone, the
// exact engine.
func judge(ctx context.Context, q *Request, old schema.Parsed, d Direction) (Pair, error) {
	p := Pair{Direction: d, format: q.Candidate.Format(), old: old.Canonical()}
	writer, reader := old, q.Candidate
	if d == NewToOld {
		writer, reader = reader, writer
	}
	if q.Policy.syntactic() || !q.Options.Budget.First { // else nobody asks for the rule's opinion
		differences, err := ruleDifferences(writer, reader)
		if err != nil {
			return Pair{}, err
		}
		p.byRule(differences, q.Policy)
	}
	if q.Policy.syntactic() && !q.Options.Thorough {
		p.Verdict = p.RuleVerdict
		return p, nil
	}
	decided, err := exact(ctx, writer, reader, d, &question{
		Meaning: q.Options.Meaning, declared: q.Policy == Declared, budget: q.Options.Budget,
	})
	if err != nil {
		return Pair{}, err
	}
	p.Judged, p.Exact, p.Reason = true, decided.verdict, decided.reason
	p.Undecided, p.Notes, p.More, p.Steps = decided.undecided, decided.notes, decided.more, decided.steps
	p.Assumptions = decided.assumptions
	if q.Policy == Declared && p.format == schema.JSON && p.Assumptions == nil {
		p.Assumptions = []string{AssumeDeclared}
	}
	if q.Policy.syntactic() {
		p.contrast(&decided, q.Policy)
	} else {
		p.settle(&decided)
	}
	if q.Options.Budget.First {
		p.brief()
	}
	return p, nil
}

// brief keeps the first break only, which is all that was asked for.
func (p *Pair) brief() {
	first := slices.IndexFunc(p.Findings, func(f Finding) bool {
		return f.Refused && f.Break != nil && f.Break.Class == schema.ClassData
	})
	if first >= 0 {
		p.Findings = []Finding{p.Findings[first]}
	} else if p.Verdict == Compatible {
		p.Findings = nil
	}
}

// byRule takes over what Confluent's rule says.
func (p *Pair) byRule(differences []Difference, policy Policy) {
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
}

// settle takes over what the exact engine says. What it leaves open is settled
// by Confluent's rule, whose findings then stand.
func (p *Pair) settle(d *decision) {
	p.Verdict = d.verdict
	if p.Verdict == Unknown {
		return
	}
	if d.findings == nil && p.Verdict == Incompatible {
		return // a pair of two formats, for which there is one sentence only
	}
	advisory := p.Findings
	joinRule(d.findings, advisory, p.format, p.Direction)
	p.Findings = slices.Clone(d.findings)
	if p.Verdict == Compatible {
		for _, f := range advisory {
			f.Refused, f.Harmless = false, true
			p.Findings = append(p.Findings, f)
		}
	}
}
