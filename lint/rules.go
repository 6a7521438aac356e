package lint

import (
	"github.com/instar-registry/instar/compat"
)

// Rule is a rule about the repository that is checked: how its files are mapped,
// what it waives, what it compares with. Rules about schemas are package compat's.
type Rule struct {
	// ID is "evcheck/<name>".
	ID       string
	Title    string
	Severity string
	// Purpose says what is wrong and why that matters, Remedy what to do.
	Purpose, Remedy string
	Since           string
}

// Help is the page of the rule, relative to the root of the repository.
func (r *Rule) Help() string { return "docs/rules/" + r.ID + ".md" }

// Rules returns the rules about repositories.
func Rules() []Rule { return repoRules }

// RuleByID returns a rule about repositories, or nil.
func RuleByID(id string) *Rule {
	for i := range repoRules {
		if repoRules[i].ID == id {
			return &repoRules[i]
		}
	}
	return nil
}

// KnownRule reports whether an id names a rule of either kind.
func KnownRule(id string) bool { return RuleByID(id) != nil || compat.RuleByID(id) != nil }

var repoRules = []Rule{
	{
		ID: "evcheck/nothing-compared", Title: "nothing was compared", Severity: SeverityError,
		Purpose: "No schema file was found, or a base could not be read. A check that compares nothing must not be green.",
		Remedy:  "Correct sources in evcheck.yaml, or name a base that can be read.",
	},
	{
		ID: "evcheck/base-is-head", Title: "the base is the head", Severity: SeverityError,
		Purpose: "In CI the commit to compare with is the one that is checked, so every change is missed.",
		Remedy:  "Compare with the target branch, or with the commit before the push: --against git:REF.",
	},
}
