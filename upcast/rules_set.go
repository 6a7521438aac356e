package upcast

import (
	"fmt"
	"slices"
	"strings"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/upcast/jsonata"
)

// MigrationRule is one of a schema's migration rules, as Confluent's registry
// defines them.
type MigrationRule struct {
	Name string
	// Kind is TRANSFORM (also if empty) or CONDITION.
	Kind string
	// Mode is UPGRADE, DOWNGRADE or UPDOWN.
	Mode string
	// Type names the language: JSONATA, or CEL for conditions.
	Type string
	Expr string
	// OnSuccess and OnFailure are NONE, ERROR or DLQ; of a rule in mode UPDOWN
	// also a pair with a comma, for the way up and the way down.
	OnSuccess, OnFailure string
	Params               map[string]string
	Disabled             bool
}

// RuleSet is what a version has of migration rules.
type RuleSet struct {
	Migration []MigrationRule
	// EnableAt is ALL (also if empty), CLIENT, SERVER, GATEWAY or NONE.
	EnableAt string
}

// Direction is the way that an event goes between two versions.
type Direction uint8

// The two directions.
const (
	Upgrade Direction = iota
	Downgrade
)

// String is the name as a rule's mode.
func (d Direction) String() string { return [...]string{"UPGRADE", "DOWNGRADE"}[d] }

// ParseRuleSet reads a rule set as the registry stores it. Domain and encoding
// rules are none of a migration's business and are passed over.
func ParseRuleSet(text string) (*RuleSet, error) {
	l := schema.DefaultLimits()
	root, err := jsonx.Parse(text, jsonx.Limits{Bytes: l.SchemaBytes, Depth: l.JSONDepth, Nodes: l.JSONNodes, Digits: l.NumberDigits, Exponent: l.NumberExponent})
	if err != nil {
		return nil, err
	}
	r := ruleReader{text: text}
	out := &RuleSet{EnableAt: r.string(root, "enableAt", "")}
	for i, item := range r.list(root, "migrationRules", "") {
		at := fmt.Sprintf("/migrationRules/%d", i)
		if item.Kind != jsonx.Object {
			r.fail(item, at, "is no object")
			break
		}
		rule := MigrationRule{Params: map[string]string{}}
		for key, field := range map[string]*string{
			"name": &rule.Name, "kind": &rule.Kind, "mode": &rule.Mode, "type": &rule.Type, "expr": &rule.Expr,
			"onSuccess": &rule.OnSuccess, "onFailure": &rule.OnFailure,
		} {
			*field = r.string(item, key, at)
		}
		if v := item.Get("disabled"); v != nil {
			rule.Disabled = v.Kind == jsonx.Bool && v.Bool
		}
		if params := item.Get("params"); params != nil {
			for _, m := range params.Members {
				rule.Params[m.Key] = r.string(params, m.Key, at+"/params")
			}
		}
		out.Migration = append(out.Migration, rule)
	}
	return out, r.err
}

// ruleReader remembers the first mistake.
type ruleReader struct {
	text string
	err  error
}

func (r *ruleReader) fail(v *jsonx.Value, path, what string) {
	if r.err == nil {
		r.err = &schema.Error{What: fmt.Sprintf("%s of the rule set %s", path, what), Path: path, Position: jsonx.PositionOf(r.text, v.Offset)}
	}
}

func (r *ruleReader) string(o *jsonx.Value, key, path string) string {
	v := o.Get(key)
	if v == nil || v.Kind == jsonx.Null {
		return ""
	}
	if v.Kind != jsonx.String {
		r.fail(v, jsonx.Pointer(path, key), "is no text")
	}
	return v.Text
}

func (r *ruleReader) list(o *jsonx.Value, key, path string) []*jsonx.Value {
	v := o.Get(key)
	if v == nil || v.Kind == jsonx.Null {
		return nil
	}
	if v.Kind != jsonx.Array {
		r.fail(v, jsonx.Pointer(path, key), "is no list")
	}
	return v.Items
}

// EnabledAt reports whether the rules are carried out at a place: CLIENT or
// SERVER.
func (s *RuleSet) EnabledAt(place string) bool {
	return s != nil && (s.EnableAt == "" || s.EnableAt == "ALL" || s.EnableAt == place)
}

// For gives the rules of a version that apply on the way to or from the version
// before it, in the order in which they run: as written going up, the last
// first going down. Disabled rules are not among them.
func (s *RuleSet) For(d Direction) []MigrationRule {
	if s == nil {
		return nil
	}
	var out []MigrationRule
	for _, r := range s.Migration {
		if !r.Disabled && (r.Mode == "UPDOWN" || r.Mode == d.String()) {
			out = append(out, r)
		}
	}
	if d == Downgrade {
		slices.Reverse(out)
	}
	return out
}

// The actions of a rule.
const (
	actionNone  = "NONE"
	actionError = "ERROR"
	actionDLQ   = "DLQ"
)

// action is the action for a direction, or a reason why there is none.
func (r *MigrationRule) action(d Direction, text, otherwise string) (action, why string) {
	if up, down, ok := strings.Cut(text, ","); ok && r.Mode == "UPDOWN" {
		text = [...]string{up, down}[d]
	}
	switch text = strings.TrimSpace(text); text {
	case "":
		return otherwise, ""
	case actionNone, actionError, actionDLQ:
		return text, ""
	}
	return "", fmt.Sprintf("rule %q has the action %q, and NONE, ERROR and DLQ are known", r.Name, text)
}

// CheckRule says what is wrong with the expression of a rule, and what its author
// should know. An expression that cannot be read is an error; a type or a
// function that is not known is a warning, because others may know it. Whether a
// condition in CEL fits the events is found out where their versions are at hand.
func CheckRule(r *MigrationRule) ([]schema.Warning, error) {
	if r.Type == ruleCEL {
		if err := checkCondition(r.Expr); err != nil {
			return nil, err
		}
	}
	if r.Type == ruleCEL && r.Kind == "CONDITION" {
		return nil, nil
	}
	if r.Type != ruleJSONata {
		return []schema.Warning{{What: fmt.Sprintf("rule %q is of type %q, which is not carried out: its hop counts as a gap", r.Name, r.Type)}}, nil
	}
	e, err := jsonata.Parse(r.Expr, jsonata.Limits{})
	if err != nil {
		return nil, err
	}
	out := e.Warnings()
	for i := range out {
		out[i].What = fmt.Sprintf("rule %q: %s", r.Name, out[i].What)
	}
	return out, nil
}

// The languages of rules.
const (
	ruleJSONata = "JSONATA"
	ruleCEL     = "CEL"
)
