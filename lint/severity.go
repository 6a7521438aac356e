package lint

import (
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
	s := otherwise
	if r := compat.RuleByID(rule); r != nil {
		rule = r.ID
	}
	exact := false
	for _, x := range c.Severity {
		id := x.Pattern
		if r := compat.RuleByID(id); r != nil {
			id = r.ID // a former id
		}
		switch {
		case id == rule:
			s, exact = x.Severity, true
		case !exact && strings.ContainsAny(id, "*?[") && ruleMatches(id, rule):
			s = x.Severity
		}
	}
	return s
}

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
