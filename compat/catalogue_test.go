package compat

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/instar-registry/instar/schema"
)

// TestCatalogueSize: the first set is complete.
func TestCatalogueSize(t *testing.T) {
	count := map[string]int{}
	for _, r := range Rules() {
		count[r.Format()]++
	}
	for format, want := range map[string]int{"schema": 25, "avro": 50, "json": 155, "proto": 92} {
		if count[format] != want {
			t.Errorf("%s has %d rules, want %d", format, count[format], want)
		}
	}
}

var (
	ruleID     = regexp.MustCompile(`^(schema|avro|json|proto)/[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
	sentence   = regexp.MustCompile(`^[A-Z].*[.]$`)
	knownFixes = []FixKind{
		FixAddDefault, FixRestoreField, FixRestoreType, FixMakeNullable, FixMakeOptional, FixKeepAlias, FixKeepName, FixKeepJSONName,
		FixReserveNumber, FixReserveName, FixKeepSymbol, FixEnumDefault, FixKeepBranch, FixWiden, FixNewField, FixRelaxBound,
		FixDropConstraint, FixKeepConstraint, FixOpenObject, FixNewSubject, FixKeepNumbers, FixRestoreMessage, FixUpcaster,
	}
	// The operations of upcaster documents.
	knownOps = strings.Fields(`add drop rename move copy set convert retype mapEnum mapBranch split merge nest flatten wrap head filter
		toMap toList each inType require relax narrow default rest fromContext renameType dropEvent splitEvent reversion meta rekey erase transcode`)
)

// TestRulesAreComplete: each row says everything that a reader is promised.
func TestRulesAreComplete(t *testing.T) {
	for _, r := range Rules() {
		if !ruleID.MatchString(r.ID) {
			t.Errorf("%q is no id", r.ID)
		}
		if RuleByID(r.ID) == nil || RuleByID(r.ID).ID != r.ID {
			t.Errorf("%s is listed twice", r.ID)
		}
		if r.Title == "" || r.Element == "" || len(r.Surfaces) == 0 || r.Since == "" || !sentence.MatchString(r.Purpose) || len(r.Purpose) < 40 {
			t.Errorf("%s lacks a title, element, surface, release or purpose: %+v", r.ID, r)
		}
		if r.Message == "" || sentence.MatchString(r.Message) {
			t.Errorf("%s: message %q", r.ID, r.Message)
		}
		for _, p := range r.Params {
			if !strings.Contains(r.Message, "{"+p+"}") {
				t.Errorf("%s: the message does not name %s", r.ID, p)
			}
		}
		if (len(r.Fixes) == 0) != (r.NoFix != "") {
			t.Errorf("%s: needs a fix or the reason for none: %v %q", r.ID, r.Fixes, r.NoFix)
		}
		if (len(r.Upcaster) == 0) != (r.NoUpcaster != "") {
			t.Errorf("%s: needs an upcaster operation or the reason for none: %v %q", r.ID, r.Upcaster, r.NoUpcaster)
		}
		for _, f := range r.Fixes {
			if !slices.Contains(knownFixes, f) {
				t.Errorf("%s: unknown fix %s", r.ID, f)
			}
		}
		for _, op := range r.Upcaster {
			if !slices.Contains(knownOps, op) {
				t.Errorf("%s: unknown operation %s", r.ID, op)
			}
		}
		if !slices.Contains([]RuleClass{ClassData, ClassPolicy, ClassInfo, ClassUndecided}, r.Class) {
			t.Errorf("%s: class %q", r.ID, r.Class)
		}
		if r.Class == ClassData && r.Breaks == BreaksNothing {
			t.Errorf("%s breaks data in no direction", r.ID)
		}
	}
}

// TestMirrors: each rule has a mirror that has it as its mirror and breaks the
// other direction, or a reason for none.
func TestMirrors(t *testing.T) {
	for _, r := range Rules() {
		if (r.Mirror == "") != (r.NoMirror != "") {
			t.Errorf("%s: needs a mirror or the reason for none", r.ID)
		}
		if r.Mirror == "" {
			continue
		}
		m := RuleByID(r.Mirror)
		if m == nil || m.Mirror != r.ID || m.Class != r.Class || m.Breaks != r.Breaks.mirrored() || m.Element != r.Element {
			t.Errorf("%s: mirror %s does not answer: %+v", r.ID, r.Mirror, m)
		}
		if r.Mirror == r.ID && (r.Breaks == BreaksBackward || r.Breaks == BreaksForward) {
			t.Errorf("%s is its own mirror and breaks one direction", r.ID)
		}
	}
}

// TestConfluentKindsHaveRules: whatever a syntactic rule of Confluent reports is
// named by a row, in both directions.
func TestConfluentKindsHaveRules(t *testing.T) {
	kinds := map[schema.Format][]string{
		schema.Avro: {
			"NAME_MISMATCH", "FIXED_SIZE_MISMATCH", "MISSING_ENUM_SYMBOLS", "READER_FIELD_MISSING_DEFAULT_VALUE",
			"TYPE_MISMATCH", "MISSING_UNION_BRANCH",
		},
	}
	for k := range jsonKinds {
		kinds[schema.JSON] = append(kinds[schema.JSON], k)
	}
	for k := range protoKinds {
		kinds[schema.Protobuf] = append(kinds[schema.Protobuf], k)
	}
	if len(kinds[schema.JSON]) != 132 || len(kinds[schema.Protobuf]) != 26 {
		t.Errorf("%d and %d kinds", len(kinds[schema.JSON]), len(kinds[schema.Protobuf]))
	}
	for format, list := range kinds {
		for _, kind := range list {
			backward, forward := RuleByID(ConfluentRule(format, kind, OldToNew)), RuleByID(ConfluentRule(format, kind, NewToOld))
			if backward == nil || forward == nil || backward.Mirror != forward.ID {
				t.Errorf("%s %s has no rule", format, kind)
				continue
			}
			if !slices.Contains(backward.Confluent, kind) {
				t.Errorf("%s %s: %s does not list it", format, kind, backward.ID)
			}
		}
	}
	for _, r := range Rules() {
		for _, kind := range r.Confluent {
			known := slices.ContainsFunc([]schema.Format{schema.Avro, schema.JSON, schema.Protobuf}, func(f schema.Format) bool {
				return slices.Contains(kinds[f], kind)
			})
			if !known {
				t.Errorf("%s names the unknown kind %s", r.ID, kind)
			}
		}
	}
}

// TestRefusedKindsBreak: a kind that Confluent's rule refuses is named by a rule
// that speaks of the direction in which it refuses.
func TestRefusedKindsBreak(t *testing.T) {
	for kind, k := range jsonKinds {
		r := RuleByID(ConfluentRule(schema.JSON, kind, OldToNew))
		if r != nil && k.refuses(true) && !r.Breaks.In(OldToNew) {
			t.Errorf("%s is refused, and %s breaks %s", kind, r.ID, r.Breaks)
		}
	}
	for kind, k := range protoKinds {
		r := RuleByID(ConfluentRule(schema.Protobuf, kind, OldToNew))
		if kind == "REQUIRED_FIELD_REMOVED" {
			continue // Confluent's rule refuses it in both directions; it breaks readers of the old schema only
		}
		if r != nil && k.refused && !r.Breaks.In(OldToNew) {
			t.Errorf("%s is refused, and %s breaks %s", kind, r.ID, r.Breaks)
		}
	}
}

// TestDeployOrder is read off the directions that break.
func TestDeployOrder(t *testing.T) {
	for id, want := range map[string]string{
		"avro/field-added": DeployAny, "avro/field-added-without-default": DeployProducers,
		"avro/field-removed-without-default": DeployConsumers, "avro/type-changed": DeployNone,
	} {
		if got := RuleByID(id).Breaks.DeployFirst(); got != want {
			t.Errorf("%s: %s, want %s", id, got, want)
		}
	}
}
