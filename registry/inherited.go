package registry

import "github.com/instar-registry/instar/upcast"

// Inherited is what versions leave to the next one when they are deleted for good:
// migration rules, which go on leading over their place. The oldest come first. It
// is immutable.
type Inherited struct {
	Rules []*RuleSet `json:"rules"`
}

// with is what a version inherits when the one before it is gone, and all that this
// one had inherited itself.
func (i *Inherited) with(gone *Version) *Inherited {
	out := &Inherited{}
	if gone.Inherited != nil {
		out.Rules = append(out.Rules, gone.Inherited.Rules...)
	}
	if gone.Content.RuleSet.migration() != nil {
		out.Rules = append(out.Rules, gone.Content.RuleSet)
	}
	if i != nil {
		out.Rules = append(out.Rules, i.Rules...)
	}
	if len(out.Rules) == 0 {
		return nil
	}
	return out
}

// migration lists the rules that lead to a version: those of the versions that were
// deleted for good before it, the oldest first, and its own.
func (v *Version) migration() []*upcast.RuleSet {
	var out []*upcast.RuleSet
	if v.Inherited != nil {
		for _, r := range v.Inherited.Rules {
			out = append(out, r.migration())
		}
	}
	if own := v.Content.RuleSet.migration(); own != nil {
		out = append(out, own)
	}
	return out
}

// RulesUp lists the rule sets whose migration rules the registry carries out on the
// way up to a version: those of versions that were deleted for good before it, the
// oldest first, and its own.
func (v *Version) RulesUp() []*RuleSet {
	var all, out []*RuleSet
	if v.Inherited != nil {
		all = append(all, v.Inherited.Rules...)
	}
	for _, r := range append(all, v.Content.RuleSet) {
		if m := r.migration(); m.EnabledAt(rulesPlace) && len(m.For(upcast.Upgrade)) > 0 {
			out = append(out, r)
		}
	}
	return out
}

// ruled reports whether rules lead to a version, whichever way they are enabled.
func (v *Version) ruled() bool { return v != nil && len(v.migration()) > 0 }
