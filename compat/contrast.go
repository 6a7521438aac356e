package compat

import (
	"fmt"
	"slices"

	"github.com/instar-registry/instar/schema"
)

// policyDisagrees is the rule of an event that breaks what a syntactic policy
// accepts.
const policyDisagrees = "schema/policy-disagrees"

// contrast shows beside the verdict of a syntactic policy what events say: the
// event that makes a refusal true, that there is none, or the event that breaks
// although the policy accepts it.
func (p *Pair) contrast(d *decision, policy Policy) {
	p.Verdict = p.RuleVerdict
	if d.verdict == Compatible {
		for i := range p.Findings {
			p.Findings[i].Harmless = true
		}
		if p.RuleVerdict == Incompatible {
			p.Notes = append(slices.Clone(p.Notes), fmt.Sprintf("%s refuses this, but no event breaks: EXACT has proved that the data stays readable", policy))
		}
		return
	}
	joined := make([]bool, len(d.findings))
	for i := range p.Findings {
		f := &p.Findings[i]
		if !f.Refused {
			continue
		}
		k := sameEdit(d.findings, joined, &f.Difference, p.format, p.Direction)
		if k >= 0 && d.findings[k].Break.Class == schema.ClassData {
			joined[k] = true
			f.Break, f.Rule = d.findings[k].Break, d.findings[k].Kind
		}
	}
	for k := range d.findings {
		f := d.findings[k]
		if joined[k] || f.Break == nil {
			continue
		}
		if f.Break.Class == schema.ClassData {
			f = disagreement(&f, policy)
		}
		p.Findings = append(p.Findings, f)
	}
}

// disagreement turns an event that breaks into a warning about the policy that
// accepts it.
func disagreement(f *Finding, policy Policy) Finding {
	b := *f.Break
	b.Class = schema.ClassPolicy
	b.Params = append(slices.Clone(b.Params),
		schema.Param{Name: "policy", Value: policy.String()}, schema.Param{Name: "rule", Value: f.Kind})
	out := Finding{Difference: f.Difference, Break: &b, RefusedBy: []string{Exact.String()}}
	out.Kind = policyDisagrees
	out.Description = fmt.Sprintf("%s accepts this change, but an event breaks by the rule %s: %s", policy, f.Kind, f.Description)
	out.Strict, out.Lenient = false, false
	return out
}
