package registry

import (
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/upcast"
)

// Ruled is what migration rules do on a hop.
type Ruled struct {
	// Hop carries them out; nil if none applies.
	Hop *upcast.RuleHop
	// Lifted is the same as proved steps, where the rules are known idioms.
	Lifted *upcast.Lifted
}

// rulesPlace is where the registry carries rules out.
const rulesPlace = "SERVER"

// migration gives the migration rules of a version to the package that carries
// them out; nil if it has none.
func (r *RuleSet) migration() *upcast.RuleSet {
	if r == nil || len(r.Migration) == 0 {
		return nil
	}
	out := &upcast.RuleSet{EnableAt: r.EnableAt}
	for i := range r.Migration {
		x := &r.Migration[i]
		out.Migration = append(out.Migration, upcast.MigrationRule{
			Name: x.Name, Kind: x.Kind, Mode: x.Mode, Type: x.Type, Expr: x.Expr,
			OnSuccess: x.OnSuccess, OnFailure: x.OnFailure, Params: x.Params, Disabled: x.Disabled,
		})
	}
	return out
}

// ruled finds what the rules of the newer version of a hop, and of the versions that
// were deleted for good before it, do to events of a message that go over it; nil if
// no rule applies. Their time and chance
// would make the answer to one request another one later, so a rule that asks for
// them is a gap.
func (r *route) ruled(env *Env, i int, message string) (*Ruled, error) {
	from, to := r.versions[i], r.versions[i+1]
	newer, direction := to, upcast.Upgrade
	if r.down[i] {
		newer, direction = from, upcast.Downgrade
	}
	sets := newer.migration()
	if len(sets) == 0 {
		return nil, nil
	}
	var parsed [2]schema.Parsed
	for j, v := range []*Version{from, to} {
		var err error
		if parsed[j], err = r.st.parsed(env, r.names[i].Context, v.Content); err != nil {
			return nil, unreadable(v, err)
		}
	}
	out, err := env.Library.Rules(sets, direction, message, parsed[0], parsed[1])
	if err != nil || out.Hop == nil {
		return nil, err
	}
	return out, nil
}

// idleRules adds to a gap that there are migration rules which do not apply.
func (r *route) idleRules(i int, gap *Error) *Error {
	newer, mode := r.versions[i+1], upcast.Upgrade
	if r.down[i] {
		newer, mode = r.versions[i], upcast.Downgrade
	}
	if r.documents[i] != nil || !newer.ruled() {
		return gap
	}
	return gap.because("%s; version %d has migration rules, but none that runs here for %s: see their mode, disabled, and enableAt of the rule set", gap.Why, newer.Number, mode)
}

// byRules makes a hop of rules: lifted to proved steps, or as they are. What
// cannot be carried out is a gap.
func (info *HopInfo) byRules(x *Ruled) (hop *upcast.Hop, rules *upcast.RuleHop, err error) {
	info.Rules = true
	if why := x.Hop.Gap(); why != "" {
		return nil, nil, fail(UpcasterGap, "There is no way from version %d to %d by migration rules: %s", info.From, info.To, why).
			because("change the rule, or register an upcaster for this hop, which is carried out instead")
	}
	if x.Lifted.Hop != nil {
		info.Verdict = x.Lifted.Hop.Verdict
		return x.Lifted.Hop, nil, nil
	}
	info.Verdict = upcast.Verdict{Outcome: upcast.Tested, Events: x.Lifted.Compared}
	info.Unproved = x.Lifted.Why
	return nil, x.Hop, nil
}
