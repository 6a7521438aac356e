package registry

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"

	"github.com/instar-registry/instar/compat"
	"github.com/instar-registry/instar/upcast"
)

// ConfigTag is the entity tag of a configuration entry; an absent entry has one
// too.
func ConfigTag(c *Config) string {
	body, err := json.Marshal(c)
	if err != nil {
		return "" // a Config always marshals
	}
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:8])
}

// ModeTag is the entity tag of a mode.
func ModeTag(mode string) string {
	sum := sha256.Sum256([]byte("mode " + mode))
	return hex.EncodeToString(sum[:8])
}

func matches(want, have string) *Error {
	if want == "" || want == "*" {
		return nil
	}
	for _, tag := range strings.Split(want, ",") {
		if strings.Trim(strings.TrimSpace(tag), `"`) == have {
			return nil
		}
	}
	return fail(PreconditionFailed, "The entry has changed: If-Match is %s, the entry has \"%s\"", want, have).
		because("read it again and repeat the change on what you find")
}

// checkScope validates the name of a configuration or mode scope.
func (d *decider) checkScope(n Name) *Error {
	if n.Subject == "" {
		return nil // a whole context, or everything
	}
	return n.check(false)
}

func (d *decider) setConfig(cmd SetConfig) (Decision, error) {
	if err := d.checkScope(cmd.Scope); err != nil {
		return Decision{}, err
	}
	old := d.st.Config(cmd.Scope)
	if err := matches(cmd.IfMatch, ConfigTag(old)); err != nil {
		return Decision{}, err
	}
	if err := d.checkConfig(&cmd.Patch.Set); err != nil {
		return Decision{}, err
	}
	if err := d.writable(cmd.Scope); err != nil {
		return Decision{}, err
	}
	next := cmd.Patch.apply(old)
	if old != nil && ConfigTag(old) == ConfigTag(&next) {
		return Decision{Result: next}, nil
	}
	change := ConfigChanged{Context: cmd.Scope.Context, Subject: cmd.Scope.Subject, Config: &next}
	return Decision{Changes: []Change{change}, Result: next}, nil
}

// checkConfig validates and upper-cases the values of a patch.
func (d *decider) checkConfig(c *Config) error {
	if c.Compatibility != "" {
		level, err := compat.ParseLevel(c.Compatibility)
		if err != nil {
			return fail(InvalidLevel, "Invalid compatibility level. Valid values are none, backward, forward, full, backward_transitive, forward_transitive, and full_transitive").from(err)
		}
		c.Compatibility = level.String()
	}
	if c.Policy != "" {
		policy, err := compat.ParsePolicy(c.Policy)
		if err != nil {
			return fail(InvalidLevel, "Invalid compatibility policy. Valid values are strict, lenient, exact, and declared").from(err)
		}
		c.Policy = policy.String()
	}
	if c.Unknown != "" {
		unknown, err := compat.ParseOnUnknown(c.Unknown)
		if err != nil {
			return fail(InvalidLevel, "Invalid compatibilityUnknown. Valid values are fallback, reject, and allow").from(err)
		}
		c.Unknown = unknown.String()
	}
	if c.UpcasterVerdict = strings.ToUpper(c.UpcasterVerdict); c.UpcasterVerdict != "" && c.UpcasterVerdict != string(upcast.Proved) && c.UpcasterVerdict != string(upcast.Tested) {
		return fail(InvalidLevel, "Invalid upcasterVerdict. Valid values are proved and tested")
	}
	if err := checkEncodings(c); err != nil {
		return err
	}
	if err := checkEventMessages(c.EventMessages); err != nil {
		return err
	}
	for _, r := range []*RuleSet{c.DefaultRuleSet, c.OverrideRuleSet} {
		if err := d.env.checkRuleSet(r); err != nil {
			return err
		}
	}
	return nil
}

func (d *decider) deleteConfig(cmd DeleteConfig) (Decision, error) {
	if err := d.checkScope(cmd.Scope); err != nil {
		return Decision{}, err
	}
	old := d.st.Config(cmd.Scope)
	if old == nil {
		if cmd.Scope.Subject != "" {
			return Decision{}, subjectNotFound(cmd.Scope)
		}
		return Decision{Result: Config{Compatibility: d.env.Settings.Compatibility}}, nil
	}
	if err := matches(cmd.IfMatch, ConfigTag(old)); err != nil {
		return Decision{}, err
	}
	if err := d.writable(cmd.Scope); err != nil {
		return Decision{}, err
	}
	return Decision{
		Changes: []Change{ConfigChanged{Context: cmd.Scope.Context, Subject: cmd.Scope.Subject}},
		Result:  *old,
	}, nil
}

func (d *decider) setMode(cmd SetMode) (Decision, error) {
	if err := d.checkScope(cmd.Scope); err != nil {
		return Decision{}, err
	}
	mode := strings.ToUpper(cmd.Mode)
	switch mode {
	case "", "READWRITE", "READONLY", "READONLY_OVERRIDE", "IMPORT":
	case "FORWARD":
		if cmd.Scope != (Name{Context: GlobalContext}) {
			return Decision{}, invalidMode().because("FORWARD can only be set on :.__GLOBAL:")
		}
	default:
		return Decision{}, invalidMode()
	}
	if !d.env.Settings.ModeMutable {
		return Decision{}, fail(NotPermitted, "Mode changes are not allowed")
	}
	old := d.st.Mode(cmd.Scope)
	if err := matches(cmd.IfMatch, ModeTag(old)); err != nil {
		return Decision{}, err
	}
	if old == mode {
		return Decision{Result: mode}, nil
	}
	var changes []Change
	if mode == "IMPORT" && !cmd.Force {
		cleared, err := d.clearForImport(cmd.Scope)
		if err != nil {
			return Decision{}, err
		}
		changes = cleared
	}
	changes = append(changes, ModeChanged{Context: cmd.Scope.Context, Subject: cmd.Scope.Subject, Mode: mode})
	return Decision{Changes: changes, Result: mode}, nil
}

func invalidMode() *Error {
	return fail(InvalidMode, "Invalid mode. Valid values are READWRITE, READONLY, IMPORT and FORWARD.")
}

// clearForImport removes soft-deleted leftovers of a scope and gives up the ids
// that nothing uses any more, so that an import can bind them anew.
func (d *decider) clearForImport(scope Name) ([]Change, error) {
	subjects := d.inScope(scope)
	leaving := map[Use]bool{}
	for _, s := range subjects {
		if s.Latest() != nil {
			return nil, fail(NotPermitted, "Cannot import since found existing subjects").
				because("the first one is '%s'", s.Name)
		}
		for _, v := range s.Versions {
			for _, r := range d.st.Referrers(s.Name, v.Number) {
				if !slices.ContainsFunc(subjects, func(o *Subject) bool { return o.Name == r.Name }) {
					return nil, d.unreferenced(s.Name, v.Number, false, true)
				}
			}
			leaving[Use{s.Name.key(), v.Number}] = true
		}
	}
	var out []Change
	for _, s := range subjects {
		c := SubjectPurged{Context: s.Name.Context, Subject: s.Name.Subject}
		for _, v := range s.Versions {
			c.Versions = append(c.Versions, v.Number)
		}
		out = append(out, c)
	}
	return append(out, d.released(scope, leaving)...), nil
}

// released lists, per context of the scope, the ids whose every use is leaving.
func (d *decider) released(scope Name, leaving map[Use]bool) []Change {
	var out []Change
	d.st.contexts.Scan(func(name string, c *Context) bool {
		if scope.Context != GlobalContext && name != scope.Context {
			return true
		}
		change := SubjectPurged{Context: name, Subject: scope.Subject}
		c.IDs(func(b *Binding) bool {
			for _, u := range b.Uses {
				if !leaving[Use{Name{name, u.Subject}.key(), u.Version}] {
					return true
				}
			}
			if scope.Subject == "" || len(b.Uses) > 0 {
				change.Released = append(change.Released, b.ID)
			}
			return true
		})
		if len(change.Released) > 0 {
			out = append(out, change)
		}
		return true
	})
	return out
}

// inScope lists the subjects that a mode scope covers.
func (d *decider) inScope(scope Name) []*Subject {
	if scope.Subject != "" {
		if s := d.st.Subject(scope); s != nil {
			return []*Subject{s}
		}
		return nil
	}
	var out []*Subject
	d.st.Subjects(Name{}, func(s *Subject) bool {
		if scope.Context == GlobalContext || s.Name.Context == scope.Context {
			out = append(out, s)
		}
		return true
	})
	return out
}

func (d *decider) deleteMode(cmd DeleteMode) (Decision, error) {
	if err := d.checkScope(cmd.Scope); err != nil {
		return Decision{}, err
	}
	if !d.env.Settings.ModeMutable {
		return Decision{}, fail(NotPermitted, "Mode changes are not allowed")
	}
	old := d.st.Mode(cmd.Scope)
	if old == "" && !cmd.Recursive {
		return Decision{}, subjectNotFound(cmd.Scope)
	}
	var changes []Change
	if old != "" {
		changes = append(changes, ModeChanged{Context: cmd.Scope.Context, Subject: cmd.Scope.Subject})
	}
	if cmd.Recursive && cmd.Scope.Subject == "" {
		d.st.ScopedModes(func(n Name, _ string) bool {
			if n != cmd.Scope && (cmd.Scope.Context == GlobalContext || n.Context == cmd.Scope.Context) {
				changes = append(changes, ModeChanged{Context: n.Context, Subject: n.Subject})
			}
			return true
		})
	}
	return Decision{Changes: changes, Result: old}, nil
}
