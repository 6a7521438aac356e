package compat

import (
	"slices"
	"sync"
)

// Rule is one row of the catalogue: a named edit from an old to a new schema,
// what it does to the two sides of a running system, and what to do about it.
// The engine decides whether an event breaks; the rule only names the edit.
// Ids never change their meaning; a renamed rule keeps its old id in Former.
type Rule struct {
	// ID is "<format>/<element>-<participle>[-<condition>]".
	ID string
	// Title is the edit in a few words.
	Title string
	Class RuleClass
	// Breaks are the directions in which the edit breaks events, or may surprise
	// where Class is not data.
	Breaks Breaks
	// Mirror is the rule of the reverse edit: where this one breaks one
	// direction, its mirror breaks the other. It is the rule itself where both
	// edits have one name, and empty with the reason in NoMirror.
	Mirror, NoMirror string
	// Element is what is edited: field, enum, property, schema.
	Element string
	// Surfaces are where it matters: binary, json, source, meaning.
	Surfaces []string
	// Message is the sentence of a finding, with {name} for each of Params.
	// {path}, {reader} and {writer} stand for the place in the event and for the
	// sides ("new schema", "old schema") and are not listed.
	Message string
	Params  []string
	// Fixes are the kinds of edits of the new schema that remove the finding;
	// if there are none, NoFix says why.
	Fixes []FixKind
	NoFix string
	// Upcaster lists the migration operations that carry old events over the
	// edit; if there are none, NoUpcaster says why.
	Upcaster   []string
	NoUpcaster string
	// Confluent lists the kinds of difference that the syntactic rules of STRICT
	// and LENIENT report for this edit.
	Confluent []string
	// Since is the release that brought the rule.
	Since string
	// Former are ids under which the rule was known.
	Former []string
	// Purpose says what the edit does, to whom, and why that matters.
	Purpose string
}

// RuleClass says how much what a rule names weighs. Besides the classes of
// package schema there are ClassUndecided and ClassRepo.
type RuleClass = string

// The classes of rules.
const (
	// ClassData: an event exists that the other side refuses, misreads, loses or
	// takes for a default.
	ClassData RuleClass = "data"
	// ClassPolicy: no event breaks, but names, generated code, reservations or a
	// rule of STRICT or LENIENT do.
	ClassPolicy RuleClass = "policy"
	// ClassInfo: a compatible change.
	ClassInfo RuleClass = "info"
	// ClassUndecided: neither a proof nor an event was found.
	ClassUndecided RuleClass = "undecided"
	// ClassRepo: about the repository that is checked, not about a schema.
	ClassRepo RuleClass = "repo"
)

// Severity is what a finding of a class weighs by default where the level asks
// for its direction: "error", "warning" or "note".
func (r *Rule) Severity() string {
	switch r.Class {
	case ClassData:
		return "error"
	case ClassInfo:
		return "note"
	}
	if s, ok := severities[r.ID]; ok {
		return s
	}
	return "warning"
}

// severities are the rules whose severity does not follow from their class.
var severities = map[string]string{
	"schema/invalid": "error", "schema/reference-unresolved": "error", "schema/reference-cycle": "error",
	"schema/limit-exceeded": "error", "schema/sample-unreadable": "error",
}

// Breaks says which directions an edit breaks.
type Breaks uint8

// The directions that may break.
const (
	BreaksNothing  Breaks = 0
	BreaksBackward Breaks = 1 // new readers meet old events
	BreaksForward  Breaks = 2 // old readers meet new events
	BreaksBoth     Breaks = BreaksBackward | BreaksForward
)

// String returns "none", "backward", "forward" or "both".
func (b Breaks) String() string {
	return [...]string{"none", "backward", "forward", "both"}[b&BreaksBoth]
}

// In reports whether the edit breaks a direction.
func (b Breaks) In(d Direction) bool { return b&(1<<d) != 0 }

func (b Breaks) mirrored() Breaks { return b>>1 | b<<1&BreaksForward }

// DeployFirst is the order in which the two sides of a running system may take
// the edit, one of the Deploy constants.
func (b Breaks) DeployFirst() string {
	return [...]string{DeployAny, DeployProducers, DeployConsumers, DeployNone}[b&BreaksBoth]
}

// Format is the part of the id before the slash: schema, avro, json, proto.
func (r *Rule) Format() string {
	for i := range r.ID {
		if r.ID[i] == '/' {
			return r.ID[:i]
		}
	}
	return r.ID
}

// Name is the part of the id after the slash.
func (r *Rule) Name() string { return r.ID[len(r.Format())+1:] }

// Help is the page of the rule, relative to the root of the repository.
func (r *Rule) Help() string { return "docs/rules/" + r.ID + ".md" }

// Rules returns the catalogue, ordered by format and then as the tables stand.
// The rows are shared and must not be changed.
func Rules() []Rule { return catalogue() }

// RuleByID returns a row, or nil. Former ids lead to the row as well.
func RuleByID(id string) *Rule {
	if i, ok := catalogueIndex()[id]; ok {
		return &catalogue()[i]
	}
	return nil
}

// catalogue is made when a rule is first asked for: programs start without it.
var catalogue = sync.OnceValue(func() []Rule {
	return slices.Concat(schemaRules(), avroCatalogue(), jsonCatalogue(), protoCatalogue())
})

var catalogueIndex = sync.OnceValue(func() map[string]int {
	rules := catalogue()
	index := make(map[string]int, len(rules))
	for i := range rules {
		index[rules[i].ID] = i
		for _, former := range rules[i].Former {
			index[former] = i
		}
	}
	return index
})
