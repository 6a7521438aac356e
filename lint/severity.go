package lint

import (
	"slices"
	"strings"

	"github.com/instar-registry/instar/compat"
)

// severity sets what a finding weighs under the configuration; off is returned
// for what is hidden.
func (c *Config) severity(f *Finding) string {
	if f.bridged() {
		return SeverityNote
	}
	s := f.Severity
	if c.Profile == ProfileContract && f.Class == compat.ClassPolicy && f.Severity == SeverityWarning {
		s = SeverityError
	}
	file := ""
	if f.New != nil {
		file = f.New.File
	}
	// What breaks events in a direction that nobody asked for stays a note,
	// whatever the rule weighs.
	if f.Class != compat.ClassData || f.Required {
		for _, one := range c.over(file) {
			s = one.ruleSeverity(f.Rule, s)
		}
	}
	if c.Profile == ProfileReport && s == SeverityError {
		s = SeverityWarning
	}
	return s
}

// ruleSeverity is what one file says about a rule: an exact id beats a pattern,
// and a later pattern an earlier one.
func (c *Config) ruleSeverity(rule, otherwise string) string {
	if x := c.severityRule(rule); x != nil {
		return x.Severity
	}
	return otherwise
}

// severityRule is the entry of one file that decides about a rule; nil if none
// does.
func (c *Config) severityRule(rule string) *SeverityRule {
	if r := compat.RuleByID(rule); r != nil {
		rule = r.ID
	}
	var found *SeverityRule
	exact := false
	for i := range c.Severity {
		x := &c.Severity[i]
		id := x.Pattern
		if r := compat.RuleByID(id); r != nil {
			id = r.ID // a former id
		}
		switch {
		case id == rule:
			found, exact = x, true
		case x.Severity == SeverityOff && slices.Contains(uncompared, rule):
		case !exact && strings.ContainsAny(id, "*?[") && ruleMatches(id, rule):
			found = x
		}
	}
	return found
}

// uncompared are the rules about a subject of the head that was not compared. To
// hide them would make a run green that saw nothing, so none can be off.
var uncompared = []string{"schema/invalid", "schema/reference-unresolved", "schema/reference-cycle", "schema/limit-exceeded"}

// weigh sets the severities of all findings and drops what is off.
func (x *run) weigh(found []Finding) []Finding {
	out := found[:0]
	for i := range found {
		s := x.Config.severity(&found[i])
		if s == SeverityOff {
			continue
		}
		found[i].Severity = s
		out = append(out, found[i])
	}
	return out
}
