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
		if k := f.shownBy(d.findings, joined, p.format, p.Direction); k >= 0 {
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

// shownBy finds the first event that shows what a refused difference says.
func (f *Finding) shownBy(found []Finding, joined []bool, format schema.Format, d Direction) int {
	if !f.Refused {
		return -1
	}
	rules := ConfluentRules(format, f.Kind, d)
	for k := range found {
		b := found[k].Break
		if !joined[k] && b != nil && b.Class == schema.ClassData && slices.Contains(rules, found[k].Kind) {
			return k
		}
	}
	return -1
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
