package compat

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// DeployOrder says in one sentence what an answer of [Report.DeployFirst] asks
// of whoever rolls the change out.
func DeployOrder(answer string) string {
	switch answer {
	case DeployAny:
		return "either side may go first: old and new understand each other"
	case DeployConsumers:
		return "all consumers first, then producers: the new schema reads old events, the old schema does not read all new ones"
	case DeployProducers:
		return "producers first: the old schema reads new events; consumers follow when no old event is left, or with an upcaster"
	case DeployNone:
		return "neither side may go first: migrate by an upcaster, use a new subject, or write both"
	default:
		return "not known: a direction was not asked about or not decided"
	}
}

// Summary says in one sentence what the check came to and why.
func (r *Report) Summary() string {
	under := fmt.Sprintf("%s at %s", r.Policy, r.Level)
	asked := slices.DeleteFunc(slices.Clone(r.Pairs), func(p Pair) bool { return !p.Required })
	if len(asked) == 0 {
		if r.Level == None {
			return "Accepted: the level NONE asks nothing"
		}
		return "Accepted: there is no version to compare with"
	}
	if r.Refused {
		return "Refused by " + under + ": " + refusalReason(asked, r.Policy)
	}
	return "Accepted by " + under + ": " + acceptance(asked, r.Policy)
}

func refusalReason(pairs []Pair, policy Policy) string {
	var bad []Pair
	for i := range pairs {
		if pairs[i].refused() {
			bad = append(bad, pairs[i])
		}
	}
	p := &bad[0]
	switch {
	case p.Reason == BaseInvalid:
		return "the text of " + versionsOf(bad) + " does not parse any more"
	case p.Verdict == Unknown && p.onUnknown == Reject:
		return "the pair with " + versionsOf(bad) + " is not decided (" + p.why() + "), and compatibilityUnknown is reject"
	case p.Verdict == Unknown:
		return "the pair with " + versionsOf(bad) + " is not decided (" + p.why() + "), and the rule of STRICT refuses it"
	case !policy.syntactic():
		return "events break against " + versionsOf(bad)
	case p.Judged && p.Exact == Compatible:
		return "its rule names differences from " + versionsOf(bad) + ", but no event breaks"
	case p.Judged && p.Exact == Incompatible:
		return "its rule names differences from " + versionsOf(bad) + ", and events break"
	default:
		return "its rule names differences from " + versionsOf(bad)
	}
}

func acceptance(pairs []Pair, policy Policy) string {
	var unproven, disagree []Pair
	for i := range pairs {
		if pairs[i].Unproven {
			unproven = append(unproven, pairs[i])
		}
		if policy.syntactic() && pairs[i].Judged && pairs[i].Exact == Incompatible {
			disagree = append(disagree, pairs[i])
		}
	}
	switch {
	case len(disagree) > 0:
		return "its rule minds nothing, but events break against " + versionsOf(disagree)
	case len(unproven) > 0 && unproven[0].onUnknown == Allow:
		return "not proved against " + versionsOf(unproven) + " (" + unproven[0].why() + "), and compatibilityUnknown is allow"
	case len(unproven) > 0:
		return "not proved against " + versionsOf(unproven) + " (" + unproven[0].why() + "), and the rule of STRICT accepts it"
	case policy.syntactic():
		return "its rule minds nothing against " + versionsOf(pairs)
	default:
		return "proved for every event of " + versionsOf(pairs)
	}
}

// why is the reason for which a pair is not decided.
func (p *Pair) why() string {
	if p.Reason == "" && len(p.Undecided) > 0 {
		return string(p.Undecided[0].Reason)
	}
	return string(p.Reason)
}

// versionsOf names the versions of pairs in ascending order.
func versionsOf(pairs []Pair) string {
	var numbers []int
	for i := range pairs {
		numbers = append(numbers, pairs[i].Version)
	}
	if !slices.ContainsFunc(numbers, func(n int) bool { return n != 0 }) {
		return "the old schema"
	}
	return VersionText(numbers)
}

// VersionText names version numbers, which may be in any order and stand twice:
// "version 3", "versions 1 to 3, 7", and "" where there is none.
func VersionText(numbers []int) string {
	numbers = slices.Compact(slices.Sorted(slices.Values(numbers)))
	switch len(numbers) {
	case 0:
		return ""
	case 1:
		return "version " + strconv.Itoa(numbers[0])
	}
	var runs []string
	for i := 0; i < len(numbers); {
		k := i
		for k+1 < len(numbers) && numbers[k+1] == numbers[k]+1 {
			k++
		}
		run := strconv.Itoa(numbers[i])
		if k > i {
			run += " to " + strconv.Itoa(numbers[k])
		}
		runs = append(runs, run)
		i = k + 1
	}
	return "versions " + strings.Join(runs, ", ")
}
