package registry

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/instar-registry/instar/compat"
	"github.com/instar-registry/instar/schema"
)

// lastRegistered decodes the newest registration of the log.
func lastRegistered(t *testing.T, log *memLog) VersionRegistered {
	t.Helper()
	for _, r := range slices.Backward(log.records) {
		c, _, err := DecodeChange(r)
		if err != nil {
			t.Fatal(err)
		}
		if v, ok := c.(VersionRegistered); ok {
			return v
		}
	}
	t.Fatal("nothing is registered")
	return VersionRegistered{}
}

// hurried is a node whose engine may take one step, so that it decides nothing.
func hurried(t *testing.T, log *memLog) *node {
	return start(t, log, func(o *Options) {
		o.Settings = DefaultSettings()
		o.Settings.CompatSteps = 1
	})
}

func (n *node) configure(scope Name, set Config) {
	n.t.Helper()
	if _, err := n.SetConfig(context.Background(), by, SetConfig{Scope: scope, Patch: ConfigPatch{Set: set}}); err != nil {
		n.t.Fatal(err)
	}
}

// TestUndecidedRegistrations: what compatibilityUnknown says decides about what
// the engine does not, scope by scope, and the change says that nothing was
// proved.
func TestUndecidedRegistrations(t *testing.T) {
	for _, c := range []struct {
		name      string
		configure func(*node)
		good, bad bool // whether what STRICT accepts, and refuses, is let in
		recorded  string
	}{
		{"server default", func(*node) {}, true, false, ""},
		{"globally", func(n *node) { n.configure(Name{Context: GlobalContext}, Config{Unknown: "reject"}) }, false, false, "reject"},
		{"in the context", func(n *node) {
			n.configure(Name{Context: GlobalContext}, Config{Unknown: "reject"})
			n.configure(Name{Context: DefaultContext}, Config{Unknown: "ALLOW"})
		}, true, true, "allow"},
		{"for the subject", func(n *node) {
			n.configure(Name{Context: DefaultContext}, Config{Unknown: "allow"})
			n.configure(ParseName("s"), Config{Unknown: "fallback"})
		}, true, false, "fallback"},
	} {
		t.Run(c.name, func(t *testing.T) {
			log := newMemLog()
			n := hurried(t, log)
			c.configure(n)
			n.must("s", avroRecord(fieldA))
			_, err := n.register("s", avroRecord(fieldA, fieldBD))
			if (err == nil) != c.good {
				t.Fatalf("what STRICT accepts: %v", err)
			}
			if err == nil {
				v := lastRegistered(t, log)
				if v.Verdict != "UNKNOWN" || !v.Unproven || v.Engine != compat.EngineVersion || v.Unknown != c.recorded {
					t.Errorf("recorded %+v", v)
				}
			} else {
				wantCode(t, err, Incompatible, "schema/undecided")
			}
			_, err = n.register("s", avroRecord(fieldA, fieldBD, `{"name":"z","type":"string"}`))
			if (err == nil) != c.bad {
				t.Errorf("what STRICT refuses: %v", err)
			}
		})
	}
}

// TestProvedRegistrations are recorded as proved, with what was said to the
// engine.
func TestProvedRegistrations(t *testing.T) {
	log := newMemLog()
	n := start(t, log)
	yes := true
	n.configure(ParseName("s"), Config{AssertFormats: &yes, Encodings: []string{"JSON", "binary"}, EventMessages: []string{"a.B"}, Unknown: "reject"})
	n.must("s", avroRecord(fieldA))
	n.must("s", avroRecord(fieldA, fieldBD))
	v := lastRegistered(t, log)
	if v.Verdict != "COMPATIBLE" || v.Unproven || !v.AssertFormats || !slices.Equal(v.Encodings, []string{"binary", "json"}) || !slices.Equal(v.EventMessages, []string{"a.B"}) {
		t.Errorf("recorded %+v", v)
	}
}

// TestVerifyAsksTheSameQuestion: what was let in under another configuration is
// no drift.
func TestVerifyAsksTheSameQuestion(t *testing.T) {
	log := newMemLog()
	n := hurried(t, log)
	n.configure(ParseName("s"), Config{Unknown: "allow"})
	n.must("s", avroRecord(fieldA))
	n.must("s", avroRecord(fieldA, fieldB))
	n.configure(ParseName("s"), Config{Unknown: "reject"})
	findings, err := n.Verify(context.Background(), true)
	if err != nil || len(findings) != 0 {
		t.Errorf("%+v, %v", findings, err)
	}
}

func TestConfigOfEventsIsChecked(t *testing.T) {
	n := start(t, newMemLog())
	set := func(c Config) error {
		_, err := n.SetConfig(context.Background(), by, SetConfig{Scope: ParseName("s"), Patch: ConfigPatch{Set: c}})
		return err
	}
	wantCode(t, set(Config{Unknown: "guess"}), InvalidLevel, "fallback, reject, and allow")
	wantCode(t, set(Config{Encodings: []string{"binary", "avro"}}), InvalidLevel, "binary and json")
	wantCode(t, set(Config{Encodings: []string{"json"}}), InvalidLevel, "binary must be listed")
	for _, name := range []string{"", ".", "a..b", "a.b.", "1a", "a-b", "ä", strings.Repeat("a", 2000)} {
		wantCode(t, set(Config{EventMessages: []string{"a.B", name}}), InvalidLevel, "full names of Protobuf messages")
	}
	wantCode(t, set(Config{EventMessages: slices.Repeat([]string{"a.B"}, 1001)}), OverLimit, "1001 names are listed; the limit is 1000")
	if err := set(Config{EventMessages: []string{"_a1.B_", "C"}, Encodings: []string{"binary", "Binary"}}); err != nil {
		t.Fatal(err)
	}
	if c := n.State().Config(ParseName("s")); !slices.Equal(c.Encodings, []string{"binary"}) {
		t.Errorf("encodings %q", c.Encodings)
	}
}

// TestRefusalsExplainWhenAsked: a refused registration that asks for it knows
// both directions, and is the same command.
func TestRefusalsExplainWhenAsked(t *testing.T) {
	n := start(t, newMemLog())
	n.must("s", avroRecord(fieldA))
	for explain, pairs := range map[bool]int{false: 1, true: 2} {
		_, err := n.register("s", avroRecord(fieldA, fieldB), func(c *Register) { c.Explain = explain })
		wantCode(t, err, Incompatible, "field-added-without-default")
		var e *Error
		if e, _ = err.(*Error); e == nil {
			t.Fatalf("%T", err)
		}
		j := e.Report.(*Judgement)
		if len(j.Pairs) != pairs || j.Name != ParseName("s") {
			t.Errorf("explain %v: %d pairs about %s", explain, len(j.Pairs), j.Name)
		}
	}
	a, err := digest(Register{Name: ParseName("s"), Format: schema.Avro, Text: "x"})
	if err != nil {
		t.Fatal(err)
	}
	if b, err := digest(Register{Name: ParseName("s"), Format: schema.Avro, Text: "x", Explain: true}); err != nil || a != b {
		t.Errorf("the wish for an explanation makes another command: %v", err)
	}
}
