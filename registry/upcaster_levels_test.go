package registry

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/instar-registry/instar/schema"
)

// leveled is a subject under a level and a policy, which its first versions were not
// held to.
type leveled struct {
	*node
	name Name
}

func level(t *testing.T, n *node, subject, level, policy string, versions ...string) leveled {
	t.Helper()
	s := leveled{n, ParseName(subject)}
	for _, c := range []Config{{Compatibility: "NONE"}, {Compatibility: level, Policy: policy}} {
		if _, err := n.SetConfig(t.Context(), by, SetConfig{Scope: s.name, Patch: ConfigPatch{Set: c}}); err != nil {
			t.Fatal(err)
		}
		for _, text := range versions {
			n.must(subject, text)
		}
		versions = nil
	}
	return s
}

// register says what becomes of a candidate: in, or the refusal.
func (s leveled) register(t *testing.T, text, upcaster string, partial bool) string {
	t.Helper()
	_, err := s.Register(t.Context(), by, Register{Name: s.name, Format: schema.Avro, Text: text, Upcaster: upcaster, AcceptPartial: partial})
	var refused *Error
	switch {
	case err == nil:
		return "in"
	case !errors.As(err, &refused):
		t.Fatal(err)
	case refused.Code == Incompatible:
		return "incompatible"
	case refused.Code == UpcasterBelowVerdict:
		return "below"
	case refused.Code == UpcasterGap:
		return "gap"
	}
	return err.Error()
}

var policies = []string{"STRICT", "LENIENT", "EXACT", "DECLARED"}

func oneField(name string) string {
	return `{"type":"record","name":"Order","fields":[{"name":"` + name + `","type":"int"}]}`
}

func renaming1(from, to, more string) string {
	return fmt.Sprintf(`{"steps":[{"rename":{"from":%q,"to":%q}}]%s}`, from, to, more)
}

// TestBridgesByLevel: what each level needs of the document that comes with a break
// in both directions is the same under every policy.
func TestBridgesByLevel(t *testing.T) {
	n := start(t, newMemLog())
	for _, c := range []struct{ level, none, up, both, partial, accepted string }{
		{"NONE", "in", "in", "in", "in", "in"},
		{"BACKWARD", "incompatible", "in", "in", "below", "in"},
		{"FORWARD", "incompatible", "below", "in", "in", "in"},
		{"FULL", "incompatible", "below", "in", "below", "in"},
		{"BACKWARD_TRANSITIVE", "incompatible", "in", "in", "below", "in"},
		{"FORWARD_TRANSITIVE", "incompatible", "below", "in", "in", "in"},
		{"FULL_TRANSITIVE", "incompatible", "below", "in", "below", "in"},
	} {
		const dead = `{"steps":[{"rename":{"from":"a","to":"b"}},{"narrow":{"path":"b","min":0,"mode":"else","else":"deadLetter"}}]}`
		for _, policy := range policies {
			for i, try := range []struct {
				upcaster, want string
				partial        bool
			}{
				{"", c.none, false},
				{renaming1("a", "b", `,"down":"none"`), c.up, false},
				{renaming1("a", "b", ""), c.both, false},
				{dead, c.partial, false},
				{dead, c.accepted, true},
			} {
				s := level(t, n, fmt.Sprintf("%s-%s-%d", c.level, policy, i), c.level, policy, oneField("a"))
				if got := s.register(t, oneField("b"), try.upcaster, try.partial); got != try.want {
					t.Errorf("%s, %s: %s: %s, want %s", c.level, policy, try.upcaster, got, try.want)
				}
				x := s.State().Upcasters(s.name).Into(2)
				if bridges := x != nil && x.Bridges; bridges != (try.want == "in" && c.level != "NONE") {
					t.Errorf("%s, %s: %s: bridges is %t", c.level, policy, try.upcaster, bridges)
				}
				if v := s.State().Subject(s.name).Version(2); v != nil && x != nil && x.Partial != (try.partial && c.level != "NONE" && !strings.HasPrefix(c.level, "FORWARD")) {
					t.Errorf("%s, %s: %s: partial is %t", c.level, policy, try.upcaster, x.Partial)
				}
			}
		}
	}
}

// TestBridgesOfTransitiveLevels: the whole way from every version in scope is needed,
// in the direction of the level, and a gap names its hop.
func TestBridgesOfTransitiveLevels(t *testing.T) {
	n := start(t, newMemLog())
	last := renaming1("b", "c", "")
	for _, policy := range policies {
		for _, c := range []struct{ level, hop, want string }{
			{"BACKWARD", "", "in"},
			{"FULL", "", "in"},
			{"BACKWARD_TRANSITIVE", "", "gap"},
			{"FORWARD_TRANSITIVE", "", "gap"},
			{"FULL_TRANSITIVE", "", "gap"},
			{"BACKWARD_TRANSITIVE", "down: none\n", "in"},
			{"FORWARD_TRANSITIVE", "down: none\n", "below"},
			{"FULL_TRANSITIVE", "down: none\n", "below"},
			{"FULL_TRANSITIVE", "down: derived\n", "in"},
		} {
			s := level(t, n, fmt.Sprintf("t-%s-%s-%d", policy, c.level, len(c.hop)), c.level, policy, oneField("a"), oneField("b"))
			if c.hop != "" {
				document := "instar: upcast/v1\nfrom: 1\nto: 2\nsteps:\n  - rename: {from: a, to: b}\n" + c.hop
				if _, err := s.AddUpcaster(t.Context(), by, AddUpcaster{Name: s.name, From: 1, To: 2, Text: document}); err != nil {
					t.Fatal(err)
				}
			}
			if got := s.register(t, oneField("c"), last, false); got != c.want {
				t.Errorf("%s, %s over %q: %s, want %s", c.level, policy, c.hop, got, c.want)
			}
			if c.want == "gap" {
				_, err := s.Register(t.Context(), by, Register{Name: s.name, Format: schema.Avro, Text: oneField("c"), Upcaster: last})
				wantCode(t, err, UpcasterGap, "from version 1 to 2")
			}
		}
	}
}

// TestDerivedHopsDoNotBridge: int becomes long, so that old events reach the new
// version without a document and new ones do not come back. Under FULL that is a
// break, and the plain request gets the plain answer.
func TestDerivedHopsDoNotBridge(t *testing.T) {
	n := start(t, newMemLog())
	wide := `{"type":"record","name":"Order","fields":[{"name":"a","type":"long"}]}`
	for _, policy := range policies {
		s := level(t, n, policy, "NONE", policy, oneField("a"), wide)
		if c, err := s.Coverage(t.Context(), s.name, 0); err != nil || !c.Versions[0].To.Reachable || c.Versions[0].Back.Reachable {
			t.Errorf("%s: %+v, %v", policy, c, err)
		}
		s = level(t, n, "full-"+policy, "FULL", policy, oneField("a"))
		if got := s.register(t, wide, "", false); got != "incompatible" {
			t.Errorf("%s: %s", policy, got)
		}
	}
}
