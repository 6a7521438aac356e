package registry

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/instar-registry/instar/schema"
)

// Config is one configuration entry, own to a scope: a nil or empty property is
// not set there and comes from the next wider scope.
type Config struct {
	Compatibility   string `json:"compatibility,omitempty"`
	Policy          string `json:"policy,omitempty"`
	Group           string `json:"group,omitempty"`
	Unknown         string `json:"unknown,omitempty"`
	Normalize       *bool  `json:"normalize,omitempty"`
	ValidateFields  *bool  `json:"validateFields,omitempty"`
	ValidateNew     *bool  `json:"validateNew,omitempty"`
	ValidateRules   *bool  `json:"validateRules,omitempty"`
	Alias           string `json:"alias,omitempty"`
	AliasForDeks    string `json:"aliasForDeks,omitempty"`
	UpcasterVerdict string `json:"upcasterVerdict,omitempty"`
	// UpcasterGroups refuses a version of another compatibility group than the one
	// before it unless events have a proved way to it.
	UpcasterGroups *bool `json:"requireUpcasterAcrossGroups,omitempty"`
	// What the subject says about its events; see [compat.Meaning].
	AssertFormats    *bool     `json:"assertFormats,omitempty"`
	Encodings        []string  `json:"encodings,omitempty"`
	EventMessages    []string  `json:"eventMessages,omitempty"`
	DefaultMetadata  *Metadata `json:"defaultMetadata,omitempty"`
	OverrideMetadata *Metadata `json:"overrideMetadata,omitempty"`
	DefaultRuleSet   *RuleSet  `json:"defaultRuleSet,omitempty"`
	OverrideRuleSet  *RuleSet  `json:"overrideRuleSet,omitempty"`
}

// ConfigPatch edits an entry: Set holds the properties to set, Clear the
// configuration names ("compatibility", "normalize", "alias" …) to unset.
type ConfigPatch struct {
	Set   Config
	Clear []string
}

// apply returns old with the patch on top.
func (p ConfigPatch) apply(old *Config) Config {
	var out Config
	if old != nil {
		out = *old
	}
	overlay(&out, &p.Set)
	for _, name := range p.Clear {
		clearProperty(&out, name)
	}
	return out
}

// overlay copies the properties that src sets over dst.
func overlay(dst, src *Config) {
	setString(&dst.Compatibility, src.Compatibility)
	setString(&dst.Policy, src.Policy)
	setString(&dst.Group, src.Group)
	setString(&dst.Unknown, src.Unknown)
	setString(&dst.Alias, src.Alias)
	setString(&dst.AliasForDeks, src.AliasForDeks)
	setString(&dst.UpcasterVerdict, src.UpcasterVerdict)
	setPointer(&dst.Normalize, src.Normalize)
	setPointer(&dst.ValidateFields, src.ValidateFields)
	setPointer(&dst.ValidateNew, src.ValidateNew)
	setPointer(&dst.ValidateRules, src.ValidateRules)
	setPointer(&dst.AssertFormats, src.AssertFormats)
	setPointer(&dst.UpcasterGroups, src.UpcasterGroups)
	setList(&dst.Encodings, src.Encodings)
	setList(&dst.EventMessages, src.EventMessages)
	setPointer(&dst.DefaultMetadata, src.DefaultMetadata)
	setPointer(&dst.OverrideMetadata, src.OverrideMetadata)
	setPointer(&dst.DefaultRuleSet, src.DefaultRuleSet)
	setPointer(&dst.OverrideRuleSet, src.OverrideRuleSet)
}

func setString(dst *string, src string) {
	if src != "" {
		*dst = src
	}
}

func setList(dst *[]string, src []string) {
	if len(src) > 0 {
		*dst = src
	}
}

func setPointer[T any](dst **T, src *T) {
	if src != nil {
		*dst = src
	}
}

// clearProperty unsets one property by its name on the REST surface.
func clearProperty(c *Config, name string) {
	switch name {
	case "compatibility", "compatibilityLevel":
		c.Compatibility = ""
	case "compatibilityPolicy":
		c.Policy = ""
	case "compatibilityGroup":
		c.Group = ""
	case "compatibilityUnknown":
		c.Unknown = ""
	case "normalize":
		c.Normalize = nil
	case "validateFields":
		c.ValidateFields = nil
	case "validateNewSchemas":
		c.ValidateNew = nil
	case "validateRules":
		c.ValidateRules = nil
	case "alias":
		c.Alias = ""
	case "aliasForDeks":
		c.AliasForDeks = ""
	case "upcasterVerdict":
		c.UpcasterVerdict = ""
	case "requireUpcasterAcrossGroups":
		c.UpcasterGroups = nil
	case "assertFormats":
		c.AssertFormats = nil
	case "encodings":
		c.Encodings = nil
	case "eventMessages":
		c.EventMessages = nil
	case "defaultMetadata":
		c.DefaultMetadata = nil
	case "overrideMetadata":
		c.OverrideMetadata = nil
	case "defaultRuleSet":
		c.DefaultRuleSet = nil
	case "overrideRuleSet":
		c.OverrideRuleSet = nil
	}
}

// Settings are the server's own defaults below every scope, and the switches
// that decide how scopes combine.
type Settings struct {
	Compatibility         string
	Policy                string
	Normalize             bool
	ValidateNew           bool
	RejectEmptySubject    bool
	ReferenceStrict       bool
	ModeMutable           bool
	ConfluentScope        bool
	MaxReferences         int
	MaxReferencesAll      int
	MaxReferenceBytes     int
	MaxSchemaBytes        int
	MaxMetadataEntries    int
	MaxRules              int
	MaxRuleExpressionSize int
	CompatSteps           int // of the exact engine, per pair of versions
}

// DefaultSettings are the settings of an unconfigured server.
func DefaultSettings() Settings {
	return Settings{
		Compatibility: "BACKWARD", Policy: "EXACT", ValidateNew: true, ModeMutable: true,
		MaxReferences: 100, MaxReferencesAll: 1000, MaxReferenceBytes: 4 << 20, MaxSchemaBytes: 1 << 20,
		MaxMetadataEntries: 1000, MaxRules: 500, MaxRuleExpressionSize: 4 << 10, CompatSteps: schema.DefaultSteps,
	}
}

// Scope is the place a configuration value came from.
type Scope string

// Effective is the configuration in force for a subject, with the source of
// each property that has one: a scope as [Name.String] writes it, ":.__GLOBAL:",
// "" for the global entry, or "server".
type Effective struct {
	Config
	Sources map[string]Scope
}

// scopes lists the entries that rule a name, narrowest first.
func (st *State) scopes(n Name) []Name {
	global := Name{Context: GlobalContext}
	if n.Context == GlobalContext {
		return []Name{global}
	}
	context := Name{Context: n.Context}
	if n.Subject == "" {
		return []Name{context, global}
	}
	return []Name{n, context, global}
}

// InForce returns the configuration in force for a name. Aliases are the name's
// own only.
func (st *State) InForce(n Name, s Settings) Config {
	out := s.base()
	if st.configs.Len() == 0 {
		return out
	}
	for _, layer := range st.layers(n, s) {
		layer.put(&out)
	}
	return out
}

// Effective is [State.InForce] with the source of every property.
func (st *State) Effective(n Name, s Settings) Effective {
	e := Effective{Config: s.base(), Sources: map[string]Scope{}}
	e.mark(&e.Config, "server")
	for _, layer := range st.layers(n, s) {
		layer.put(&e.Config)
		if layer.level {
			e.mark(&Config{Compatibility: layer.Compatibility}, "server")
			continue
		}
		e.mark(&layer.Config, Scope(layer.scope.String()))
	}
	return e
}

// base is the entry below every scope.
func (s *Settings) base() Config {
	return Config{Compatibility: s.Compatibility, Policy: s.Policy, Normalize: shared(s.Normalize), ValidateNew: shared(s.ValidateNew)}
}

var yes, no = true, false

// shared returns a pointer that nobody may write through.
func shared(b bool) *bool {
	if b {
		return &yes
	}
	return &no
}

// layer is one entry on the way to a configuration in force.
type layer struct {
	Config
	scope Name
	level bool // only the level counts, and it comes from the server
}

func (l *layer) put(dst *Config) { overlay(dst, &l.Config) }

// layers lists the entries that rule a name, widest first.
//
// With ConfluentScope, a subject's entry without a level takes the server's
// level, and its other gaps are filled from the default context.
func (st *State) layers(n Name, s Settings) []layer {
	scopes := st.scopes(n)
	quirk := s.ConfluentScope && n.Subject != "" && st.Config(n) != nil
	if quirk {
		scopes = []Name{n, {Context: DefaultContext}, {Context: GlobalContext}}
	}
	out := make([]layer, 0, len(scopes)+1)
	for _, scope := range slices.Backward(scopes) {
		own := st.Config(scope)
		if scope == n && quirk {
			out = append(out, layer{Config: Config{Compatibility: s.Compatibility}, scope: scope, level: true})
		}
		if own == nil {
			continue
		}
		l := layer{Config: *own, scope: scope}
		if scope != n {
			l.Alias, l.AliasForDeks = "", ""
		}
		out = append(out, l)
	}
	return out
}

// mark notes the source of every property that c sets.
func (e *Effective) mark(c *Config, from Scope) {
	body, err := json.Marshal(c)
	if err != nil {
		return // a Config always marshals; Sources is advisory
	}
	var set map[string]json.RawMessage
	if json.Unmarshal(body, &set) == nil {
		for name := range set {
			e.Sources[name] = from
		}
	}
}

// isTrue reads an optional switch.
func isTrue(b *bool) bool { return b != nil && *b }

// MergeMetadata puts right over left: maps by key, sensitive names united. Nil
// stays nil when both are.
func MergeMetadata(left, right *Metadata) *Metadata {
	if left == nil {
		return right
	}
	if right == nil {
		return left
	}
	out := &Metadata{Tags: mergeMaps(left.Tags, right.Tags), Properties: mergeMaps(left.Properties, right.Properties)}
	names := slices.Concat(left.Sensitive, right.Sensitive)
	slices.Sort(names)
	out.Sensitive = slices.Compact(names)
	return out
}

func mergeMaps[V any](left, right map[string]V) map[string]V {
	if len(left) == 0 {
		return right
	}
	out := maps.Clone(left)
	maps.Copy(out, right)
	return out
}

// MergeRuleSets puts right over left: a rule of right replaces the one of the
// same name and moves to the end.
func MergeRuleSets(left, right *RuleSet) *RuleSet {
	if left == nil {
		return right
	}
	if right == nil {
		return left
	}
	return &RuleSet{
		Migration: mergeRules(left.Migration, right.Migration),
		Domain:    mergeRules(left.Domain, right.Domain),
		Encoding:  mergeRules(left.Encoding, right.Encoding),
		EnableAt:  orElse(right.EnableAt, left.EnableAt),
	}
}

func mergeRules(left, right []Rule) []Rule {
	if len(left) == 0 {
		return right
	}
	var out []Rule
	for _, r := range left {
		if !slices.ContainsFunc(right, func(o Rule) bool { return o.Name == r.Name }) {
			out = append(out, r)
		}
	}
	return append(out, right...)
}
