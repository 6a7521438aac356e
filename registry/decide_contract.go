package registry

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/upcast"
)

// fill runs step 5: what the request leaves out comes from the newest live
// version and from the configuration. It reports whether the command changed.
func (d *decider) fill(cmd *Register, eff *Config) (bool, error) {
	newest := d.st.Subject(cmd.Name).Latest()
	changed := false
	if cmd.Text == "" {
		if newest == nil {
			return false, fail(InvalidSchema, "Empty schema")
		}
		body, ok := d.env.Library.Text(newest.Content.Text)
		if !ok {
			return false, &NeedTexts{Hashes: []Hash{newest.Content.Text}}
		}
		cmd.Text, cmd.Format, cmd.References = body, newest.Content.Format, newest.Content.References
		changed = true
	}
	edited, err := d.editTags(cmd, newest)
	if err != nil {
		return false, err
	}
	metadata, rules := cmd.Metadata, cmd.RuleSet
	if newest != nil {
		if metadata == nil {
			metadata = newest.Content.Metadata
		}
		if rules == nil {
			rules = newest.Content.RuleSet
		}
	}
	if cmd.RulesToMerge != nil || len(cmd.RulesToRemove) > 0 {
		rules = removeRules(MergeRuleSets(rules, cmd.RulesToMerge), cmd.RulesToRemove)
	}
	metadata = MergeMetadata(MergeMetadata(eff.DefaultMetadata, metadata), eff.OverrideMetadata)
	rules = MergeRuleSets(MergeRuleSets(eff.DefaultRuleSet, rules), eff.OverrideRuleSet)
	if err := d.env.checkRuleSet(rules); err != nil {
		return false, err
	}
	if cmd.Version != 0 || hasVersion(metadata) {
		metadata = stamp(metadata, d.st.Subject(cmd.Name).Highest()+1)
	}
	if metadata != cmd.Metadata || rules != cmd.RuleSet {
		cmd.Metadata, cmd.RuleSet = metadata, rules
		changed = true
	}
	return changed || edited, nil
}

func hasVersion(m *Metadata) bool {
	if m == nil {
		return false
	}
	_, ok := m.Properties[versionProperty]
	return ok
}

// editTags writes the tag edits of the command, and the tags that the newest
// version has on fields the candidate shares, into the text.
func (d *decider) editTags(cmd *Register, newest *Version) (bool, error) {
	add := cmd.TagsToAdd
	if cmd.PropagateTags && newest != nil {
		inherited, err := d.inheritedTags(cmd, newest)
		if err != nil {
			return false, err
		}
		add = append(inherited, add...)
	}
	if len(add) == 0 && len(cmd.TagsToRemove) == 0 {
		return false, nil
	}
	c, err := d.candidate(cmd, false)
	if err != nil {
		return false, refusalOrNeed(err)
	}
	text, err := c.parsed.EditTags(add, cmd.TagsToRemove)
	if err != nil {
		return false, refusal(err)
	}
	cmd.Text = text
	return true, nil
}

func refusalOrNeed(err error) error {
	if isNeed(err) {
		return err
	}
	return refusal(err)
}

func (d *decider) inheritedTags(cmd *Register, newest *Version) ([]schema.TagEdit, error) {
	old, err := d.st.parsed(d.env, cmd.Name.Context, newest.Content)
	if err != nil {
		if isNeed(err) {
			return nil, err
		}
		return nil, nil // an unreadable old version has no tags to give
	}
	c, err := d.candidate(cmd, false)
	if err != nil {
		return nil, refusalOrNeed(err)
	}
	known := map[string]bool{}
	for _, f := range c.parsed.Fields() {
		known[f.Entity] = true
	}
	var out []schema.TagEdit
	for _, f := range old.Fields() {
		if len(f.Tags) > 0 && f.Entity != "" && known[f.Entity] {
			out = append(out, schema.TagEdit{Path: f.Entity, Record: f.Record, Tags: f.Tags})
		}
	}
	return out, nil
}

func removeRules(r *RuleSet, names []string) *RuleSet {
	if r == nil || len(names) == 0 {
		return r
	}
	keep := func(list []Rule) []Rule {
		return slices.DeleteFunc(slices.Clone(list), func(rule Rule) bool { return slices.Contains(names, rule.Name) })
	}
	return &RuleSet{Migration: keep(r.Migration), Domain: keep(r.Domain), Encoding: keep(r.Encoding), EnableAt: r.EnableAt}
}

// sameMetadata compares, ignoring a version property that only one side has.
func sameMetadata(a, b *Metadata) bool {
	if hasVersion(a) != hasVersion(b) {
		a, b = withoutVersion(a), withoutVersion(b)
	}
	if a == nil || b == nil {
		return a == b
	}
	return maps.Equal(a.Properties, b.Properties) && slices.Equal(sorted(a.Sensitive), sorted(b.Sensitive)) &&
		maps.EqualFunc(a.Tags, b.Tags, func(x, y []string) bool { return slices.Equal(sorted(x), sorted(y)) })
}

func withoutVersion(m *Metadata) *Metadata {
	if !hasVersion(m) {
		return m
	}
	out := *m
	out.Properties = maps.Clone(m.Properties)
	delete(out.Properties, versionProperty)
	if len(out.Properties) == 0 && len(out.Tags) == 0 && len(out.Sensitive) == 0 {
		return nil
	}
	return &out
}

func sameRuleSet(a, b *RuleSet) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.EnableAt == b.EnableAt && sameRules(a.Migration, b.Migration) && sameRules(a.Domain, b.Domain) && sameRules(a.Encoding, b.Encoding)
}

func sameRules(a, b []Rule) bool {
	return slices.EqualFunc(a, b, func(x, y Rule) bool {
		return x.Name == y.Name && x.Doc == y.Doc && orElse(x.Kind, "TRANSFORM") == orElse(y.Kind, "TRANSFORM") &&
			orElse(x.Mode, "WRITEREAD") == orElse(y.Mode, "WRITEREAD") && x.Type == y.Type &&
			slices.Equal(sorted(x.Tags), sorted(y.Tags)) && maps.Equal(x.Params, y.Params) && x.Expr == y.Expr &&
			x.OnSuccess == y.OnSuccess && x.OnFailure == y.OnFailure && x.Disabled == y.Disabled
	})
}

// checkMetadata refuses metadata over the limits.
func (env *Env) checkMetadata(m *Metadata) error {
	if m == nil {
		return nil
	}
	if n, max := len(m.Tags)+len(m.Properties), env.Settings.MaxMetadataEntries; n > max {
		return fail(InvalidSchema, "Invalid schema, details: the metadata has %d entries; the limit metadata-entries is %d", n, max)
	}
	return nil
}

var ruleName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]{0,255}$`)

// checkRuleSet refuses rules that no client could execute.
func (env *Env) checkRuleSet(r *RuleSet) error {
	if r == nil {
		return nil
	}
	bad := func(format string, args ...any) error {
		return fail(InvalidRuleSet, "Invalid rule set: %s", fmt.Sprintf(format, args...))
	}
	if n := len(r.Migration) + len(r.Domain) + len(r.Encoding); n > env.Settings.MaxRules {
		return bad("it has %d rules; the limit rules is %d", n, env.Settings.MaxRules)
	}
	switch r.EnableAt {
	case "", "ALL", "CLIENT", "GATEWAY", "SERVER", "NONE":
	default:
		return bad("enableAt %q is unknown; ALL, CLIENT, GATEWAY, SERVER and NONE are known", r.EnableAt)
	}
	seen := map[string]bool{}
	lists := []struct {
		name  string
		rules []Rule
		modes []string
	}{
		{"migrationRules", r.Migration, []string{"UPGRADE", "DOWNGRADE", "UPDOWN"}},
		{"domainRules", r.Domain, []string{"WRITE", "READ", "WRITEREAD"}},
		{"encodingRules", r.Encoding, []string{"WRITE", "READ", "WRITEREAD"}},
	}
	for _, l := range lists {
		for i := range l.rules {
			rule := &l.rules[i]
			if seen[rule.Name] {
				return bad("the name %q is used twice (%s[%d])", rule.Name, l.name, i)
			}
			seen[rule.Name] = true
			if why := env.ruleProblem(rule, l.modes); why != "" {
				return bad("%s[%d] (%q): %s", l.name, i, rule.Name, why)
			}
			if l.name != "migrationRules" {
				continue
			}
			// A language that is not known here may be known to a client; a text that
			// its language cannot read is of use to nobody.
			if _, err := upcast.CheckRule(&upcast.MigrationRule{Name: rule.Name, Kind: rule.Kind, Type: rule.Type, Expr: rule.Expr}); err != nil {
				return bad("%s[%d] (%q): the expression cannot be read: %s", l.name, i, rule.Name, err)
			}
		}
	}
	return nil
}

// Warnings say which migration rules of a rule set are stored and will not be carried
// out here, and what else their authors should know.
func (r *RuleSet) Warnings() []string {
	var out []string
	if r == nil {
		return nil
	}
	for i := range r.Migration {
		rule := &r.Migration[i]
		if rule.Disabled {
			continue
		}
		warnings, err := upcast.CheckRule(&upcast.MigrationRule{Name: rule.Name, Kind: rule.Kind, Type: rule.Type, Expr: rule.Expr})
		if err != nil { // stored before it was looked at, or imported
			out = append(out, fmt.Sprintf("rule %q cannot be read, its hop counts as a gap: %s", rule.Name, err))
		}
		if shape := rule.Params["instar.shape"]; shape != "" && shape != "java" {
			out = append(out, fmt.Sprintf("rule %q is written for events in the shape %q; only java is carried out: its hop counts as a gap", rule.Name, shape))
		}
		for _, w := range warnings {
			what := w.What
			if !strings.Contains(what, "gap") {
				what += "; its hop counts as a gap here"
			}
			out = append(out, what)
		}
	}
	return out
}

func (env *Env) ruleProblem(r *Rule, modes []string) string {
	mode := orElse(r.Mode, "WRITEREAD")
	switch {
	case !ruleName.MatchString(r.Name):
		return "a name has 1 to 256 characters, starts with a letter or _ and goes on with letters, digits, _ or -"
	case r.Type == "":
		return "type is required"
	case r.Kind != "" && r.Kind != "TRANSFORM" && r.Kind != "CONDITION":
		return fmt.Sprintf("kind %q is unknown; TRANSFORM and CONDITION are known", r.Kind)
	case !slices.Contains(modes, mode):
		return fmt.Sprintf("mode %q is not allowed here; %s are", mode, strings.Join(modes, ", "))
	case len(r.Expr) > env.Settings.MaxRuleExpressionSize:
		return fmt.Sprintf("expr has %d bytes; the limit rule-expression is %d", len(r.Expr), env.Settings.MaxRuleExpressionSize)
	case mode != "WRITEREAD" && mode != "UPDOWN" && strings.Contains(r.OnSuccess+r.OnFailure, ","):
		return "a pair of actions needs mode WRITEREAD or UPDOWN"
	}
	return ""
}
