package compat

import (
	"context"
	"fmt"
	"slices"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/format"
)

// The levels and policies that a [Verdicts] answers for, in its order. The
// transitive levels ask the same of more versions, and NONE asks nothing.
var (
	DiffLevels   = [...]Level{Backward, Forward, Full}
	DiffPolicies = [...]Policy{Strict, Lenient, Exact, Declared}
)

// Verdicts are the answers under each level and policy: by index of DiffLevels
// and DiffPolicies.
type Verdicts [len(DiffLevels)][len(DiffPolicies)]Verdict

// At returns the answer under a level and a policy.
func (v *Verdicts) At(l Level, p Policy) Verdict {
	i, k := slices.Index(DiffLevels[:], l), slices.Index(DiffPolicies[:], p)
	if i < 0 || k < 0 {
		return Unknown
	}
	return v[i][k]
}

// set notes an answer in one direction; the one under FULL follows.
func (v *Verdicts) set(d Direction, p Policy, verdict Verdict) {
	k := slices.Index(DiffPolicies[:], p)
	v[d][k] = verdict // OldToNew is BACKWARD, NewToOld is FORWARD
	v[2][k] = worse(v[0][k], v[1][k])
}

// SafeLevel is the strongest level that accepts under a policy: FULL, BACKWARD,
// FORWARD or NONE.
func (v *Verdicts) SafeLevel(p Policy) Level {
	for _, l := range []Level{Full, Backward, Forward} {
		if v.At(l, p) == Compatible {
			return l
		}
	}
	return None
}

// Delta is what lies between two schemas.
type Delta struct {
	// Same says that the registry calls the two the same.
	Same    bool
	Changes []Change
	// Verdicts are those of the pair as a whole.
	Verdicts Verdicts
	// Pairs are the answers of the exact engine, OldToNew first.
	Pairs  [2]Pair
	Engine string
}

// Change is one edit that leads from the old to the new schema.
type Change struct {
	// Rule is the row of the catalogue that names the edit.
	Rule string
	// Kinds are Confluent's names of it, one for each direction that has one.
	Kinds []string
	// Class is the heavier one of the two directions.
	Class RuleClass
	// Path is the place in an event.
	Path     string
	Old, New Side
	// Verdicts are those of the edit alone.
	Verdicts Verdicts
	// Findings are the edit as each direction sees it, with the event that
	// breaks.
	Findings []Finding
	// Message is one sentence, and Hint says what to do about the edit.
	Message, Hint string

	pointers []string // without the root
}

// Side is the place of a change in one of the schemas. Text is what stands
// there, cut at a KiB; it is empty where nothing does.
type Side struct {
	schema.Place
	Text   string
	Absent bool
}

// Diff lists every change between two schemas: what breaks events in either
// direction, what Confluent's rule names, and what neither minds.
//
// The number of the old version, if it has one, is what findings tell.
func Diff(ctx context.Context, old Version, newer schema.Parsed, o Options) (Delta, error) {
	older := old.Parsed
	if older == nil || newer == nil {
		return Delta{}, &schema.Bug{Where: "compat.Diff", Cause: "a schema is missing"}
	}
	out := Delta{Engine: EngineVersion, Same: older.Format() == newer.Format() && format.SameInlined(older, newer)}
	c := collector{version: old.Number, older: older, newer: newer, out: &out}
	for _, d := range []Direction{OldToNew, NewToOld} {
		if err := c.direction(ctx, d, &o); err != nil {
			return Delta{}, err
		}
	}
	for _, f := range Remarks(older, newer, o.Meaning) {
		c.remark(f)
	}
	c.structure()
	for i := range out.Changes {
		c.finish(&out.Changes[i])
	}
	slices.SortStableFunc(out.Changes, func(a, b Change) int { return heft(&a) - heft(&b) })
	return out, nil
}

// heft orders changes: what breaks first.
func heft(c *Change) int {
	return slices.Index([]string{ClassData, ClassUndecided, ClassPolicy, ClassInfo}, c.Class)
}

// DeployFirst says which side may take the change first; see
// [Report.DeployFirst].
func (x *Delta) DeployFirst() string {
	r := Report{Pairs: x.Pairs[:]}
	return r.DeployFirst()
}

// Help names the page of the rule; empty where there is none.
func (c *Change) Help() string {
	if r := RuleByID(c.Rule); r != nil {
		return r.Help()
	}
	return ""
}

// Summary says in one sentence what the changes come to.
func (x *Delta) Summary() string {
	switch n, breaking := len(x.Changes), x.Breaking(); {
	case n == 0:
		return "no change"
	case x.Verdicts.At(Full, Exact) == Unknown && breaking == 0:
		return fmt.Sprintf("%s, not decided: neither a proof nor an event that breaks was found", counted(n))
	case breaking == 0:
		return fmt.Sprintf("%s, and no event breaks in either direction", counted(n))
	default:
		back, forth := x.Verdicts.At(Backward, Exact), x.Verdicts.At(Forward, Exact)
		which := fmt.Sprintf("%d of which break events", breaking)
		if breaking == n {
			which = "all of which break events"
		}
		if n == 1 {
			which = "which breaks events"
		}
		return fmt.Sprintf("%s, %s: the new schema %s old events, the old schema %s new events", counted(n), which, reads(back), reads(forth))
	}
}

func counted(n int) string {
	if n == 1 {
		return "1 change"
	}
	return fmt.Sprintf("%d changes", n)
}

func reads(v Verdict) string {
	switch v {
	case Compatible:
		return "reads all"
	case Incompatible:
		return "does not read all"
	default:
		return "may not read all"
	}
}

// Breaking counts the changes that break events in some direction.
func (x *Delta) Breaking() int {
	n := 0
	for i := range x.Changes {
		if x.Changes[i].Class == ClassData {
			n++
		}
	}
	return n
}
