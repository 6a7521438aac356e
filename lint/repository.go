package lint

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/instar-registry/instar/compat"
	"github.com/instar-registry/instar/schema"
)

// repository judges what the configuration maps, and whether this change makes
// it weaker.
func (x *run) repository(ctx context.Context) error {
	x.emptySources()
	if err := x.unmapped(ctx); err != nil {
		return err
	}
	x.gate()
	return nil
}

// configFinding is a finding at a line of the configuration.
func (x *run) configFinding(rule, severity, file string, at schema.Position, path, message string) {
	f := simple(rule, severity, Location{File: file, Span: Span{Line: max(at.Line, 1), Column: max(at.Column, 1)}}, message, nil)
	f.Path = path
	f.Fingerprint = Identity{Rule: rule, OldPath: path, NewPath: path}.Fingerprint()
	x.repo = append(x.repo, f)
}

// emptySources reports entries of sources that match nothing on either side.
func (x *run) emptySources() {
	if len(x.Paths) > 0 {
		return
	}
	used := map[*Mapping]bool{}
	note := func(files []File) {
		for _, f := range files {
			for _, c := range x.Config.over(f.Path) {
				if m := c.own(f.Path); m != nil {
					used[m] = true
				}
			}
		}
	}
	note(x.Head.Files())
	for _, b := range x.Bases {
		note(b.Tree.Files())
	}
	for _, c := range append([]*Config{x.Config}, x.Config.nested...) {
		for i := range c.Sources {
			m := &c.Sources[i]
			if m.set != nil && !used[m] {
				pattern := strings.Join(m.Match, " ")
				x.configFinding("evcheck/empty-source", SeverityError, c.File, m.Place, pattern, fmt.Sprintf("no file of the head or a base matches %s", pattern))
			}
		}
	}
}

// unmapped reports files that look like schemas and are no subject, as long as
// there is a configuration that could map them.
func (x *run) unmapped(ctx context.Context) error {
	if x.Config.File == "" || len(x.Paths) > 0 {
		return nil
	}
	used := x.references()
	for _, f := range x.Head.Files() {
		if x.Config.mapping(f.Path) != nil || used[f.Path] || x.excluded(f.Path) || x.head.foreign(f.Path) {
			continue
		}
		if is, err := x.looksLikeSchema(ctx, f.Path); err != nil {
			return err
		} else if !is {
			continue
		}
		at := Location{File: f.Path, Span: top}
		g := simple("evcheck/unmapped-schema", SeverityWarning, at, "the file looks like a schema, and no entry of sources in "+x.Config.File+" matches it", nil)
		g.Path = f.Path
		g.Fingerprint = Identity{Rule: g.Rule, OldPath: f.Path, NewPath: f.Path}.Fingerprint()
		x.repo = append(x.repo, g)
	}
	return ctx.Err()
}

// looksLikeSchema reports whether a file is a schema by its name or, if it is
// JSON, by the dialect that it names.
func (x *run) looksLikeSchema(ctx context.Context, file string) (bool, error) {
	if formatByName(file) != 0 {
		return true, nil
	}
	if path.Ext(file) != ".json" {
		return false, nil
	}
	o, err := x.head.outline(ctx, file, 0)
	return err == nil && isDialect(o.dialect), err
}

// references are the files that lie in a directory of imports: they are known,
// and no subjects of their own.
func (x *run) references() map[string]bool {
	out := map[string]bool{}
	for _, root := range x.Config.roots() {
		if root == "." || root == "" {
			continue
		}
		for _, f := range x.Head.Files() {
			if under(f.Path, root) {
				out[f.Path] = true
			}
		}
	}
	return out
}

// excluded reports whether a pattern with "!" names the file: that is a decision.
func (x *run) excluded(file string) bool {
	for _, c := range x.Config.over(file) {
		for i := range c.Sources {
			if slices.ContainsFunc(c.Sources[i].match.unwanted, func(g *glob) bool { return g.match(file) }) {
				return true
			}
		}
	}
	return false
}

// gate reports what the head's configuration lets through that the base's would
// not.
func (x *run) gate() {
	if x.BaseConfig == nil {
		return
	}
	told := map[string]bool{}
	tell := func(at schema.Position, file, path, message string) {
		if !told[path] {
			told[path] = true
			x.configFinding("evcheck/gate-lowered", SeverityWarning, file, at, path, message)
		}
	}
	for i := range x.units {
		u := &x.units[i]
		was := x.BaseConfig.mapping(u.file)
		if was == nil {
			continue
		}
		where := strings.Join(u.mapping.Match, " ")
		if !covers(u.mapping.Level, was.Level) {
			tell(u.mapping.Place, x.Config.File, where+" level", fmt.Sprintf("this change lowers the level of %s from %s to %s", where, was.Level, u.mapping.Level))
		}
		if policyRank(u.mapping.Policy) < policyRank(was.Policy) {
			tell(u.mapping.Place, x.Config.File, where+" policy", fmt.Sprintf("this change lowers the policy of %s from %s to %s", where, was.Policy, u.mapping.Policy))
		}
		if unknownRank(u.mapping.Unknown) < unknownRank(was.Unknown) {
			tell(u.mapping.Place, x.Config.File, where+" unknown", fmt.Sprintf("this change lowers unknown of %s from %s to %s", where, was.Unknown, u.mapping.Unknown))
		}
	}
	x.gateSeverities(tell)
	for _, key := range x.BaseConfig.Lock {
		if !slices.Contains(x.Config.Lock, key) {
			tell(schema.Position{}, x.gateFile(), "lock "+key, "this change takes "+key+" off lock")
		}
	}
}

func (x *run) gateFile() string {
	if x.Config.File != "" {
		return x.Config.File
	}
	return x.BaseConfig.File
}

// gateSeverities reports rules that weigh less than in the base.
func (x *run) gateSeverities(tell func(at schema.Position, file, path, message string)) {
	if profileRank(x.Config.Profile) < profileRank(x.BaseConfig.Profile) {
		tell(schema.Position{}, x.gateFile(), "profile", fmt.Sprintf("this change lowers the profile from %s to %s", x.BaseConfig.Profile, x.Config.Profile))
	}
	files := map[string]bool{x.Config.File: true} // of which one may have an entry
	for _, c := range append(slices.Clone(x.Config.nested), x.BaseConfig.nested...) {
		files[c.File] = true
	}
	for _, file := range sortedKeys(files) {
		x.gateSeveritiesOf(file, tell)
	}
}

// lowered are the rules that one entry of a configuration lowers.
type lowered struct {
	rules []string
	worst string // what happens to the one that weighed most
	rank  int
	entry *SeverityRule
	file  string
}

// gateSeveritiesOf reports the rules that weigh less than in the base for the
// files below a configuration, by the entries that say so.
func (x *run) gateSeveritiesOf(file string, tell func(at schema.Position, file, path, message string)) {
	groups := map[string]*lowered{}
	for _, id := range RuleIDs() {
		severity := SeverityWarning
		if r := compat.RuleByID(id); r != nil {
			severity = r.Severity()
		} else if r := RuleByID(id); r != nil {
			severity = r.Severity
		}
		was, _, _ := x.BaseConfig.weight(file, id, severity)
		now, entry, by := x.Config.weight(file, id, severity)
		if SeverityRank(now) <= SeverityRank(was) {
			continue
		}
		key, in := id, x.gateFile() // an entry of the base is gone
		if entry != nil {
			key, in = entry.Pattern, by
		}
		g := groups[key]
		if g == nil {
			g = &lowered{rank: SeverityRank(was) + 1, entry: entry, file: in}
			groups[key] = g
		}
		if g.rules = append(g.rules, id); SeverityRank(was) < g.rank {
			g.rank, g.worst = SeverityRank(was), fmt.Sprintf("%s from %s to %s", id, was, now)
		}
	}
	for _, key := range sortedKeys(groups) {
		g := groups[key]
		var at schema.Position
		if g.entry != nil {
			at = g.entry.Place
		}
		message := "this change lowers " + g.worst
		if more := len(g.rules) - 1; more > 0 {
			message += fmt.Sprintf(", and %d more rules by %q", more, key)
		}
		tell(at, g.file, "severity "+key, message)
	}
}

// weight is what a rule weighs for the files below a configuration, with the
// entry that decides and the file that it stands in.
func (c *Config) weight(file, rule, otherwise string) (severity string, entry *SeverityRule, by string) {
	severity = otherwise
	for _, one := range c.over(file) {
		if e := one.severityRule(rule); e != nil {
			severity, entry, by = e.Severity, e, one.File
		}
	}
	return severity, entry, by
}

// covers reports whether a level asks for all that another one asks for.
func covers(level, other compat.Level) bool {
	directions := map[compat.Level]int{
		compat.None: 0, compat.Backward: 1, compat.BackwardTransitive: 1, compat.Forward: 2, compat.ForwardTransitive: 2, compat.Full: 3, compat.FullTransitive: 3,
	}
	return directions[level]&directions[other] == directions[other] && (level.Transitive() || !other.Transitive())
}

func policyRank(p compat.Policy) int {
	switch p {
	case compat.Lenient:
		return 0
	case compat.Declared:
		return 1
	}
	return 2
}

func unknownRank(u compat.OnUnknown) int {
	switch u {
	case compat.Allow:
		return 0
	case compat.Fallback:
		return 1
	}
	return 2
}

func profileRank(p string) int {
	return slices.Index([]string{ProfileReport, ProfileData, ProfileContract}, p)
}
