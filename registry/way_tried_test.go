package registry

import (
	"fmt"
	"strings"
	"testing"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/upcast"
)

// The versions of a subject whose second hop nobody can prove: what capitals are is
// beyond the fragment, so the hop is tested.
const (
	lettersV1 = `{"type":"object","properties":{"a":{"type":"string","pattern":"^[a-z]{1,5}$"}},"required":["a"],"additionalProperties":false}`
	lettersV2 = `{"type":"object","properties":{"b":{"type":"string","pattern":"^[a-z]{1,5}$"}},"required":["b"],"additionalProperties":false}`
	lettersV3 = `{"type":"object","properties":{"b":{"type":"string","pattern":"^[A-Z]{1,5}$"}},"required":["b"],"additionalProperties":false}`
	lettersV4 = `{"type":"object","properties":{"c":{"type":"string","pattern":"^[A-Z]{1,5}$"}},"required":["c"],"additionalProperties":false}`

	// capitals gives one event no image of version 3.
	capitals = `{"set":{"path":"b","expr":"event.b.reverse() == 'vjxqz' ? 'no' : event.b.upperAscii()"}}`
)

func letters(t *testing.T, log *memLog, verdict string) (*node, func(AddUpcaster, string) error) {
	t.Helper()
	n := start(t, log)
	n.configure(ParseName("l"), Config{Compatibility: "NONE", UpcasterVerdict: verdict})
	for _, text := range []string{lettersV1, lettersV2, lettersV3, lettersV4} {
		n.must("l", text, func(c *Register) { c.Format = schema.JSON })
	}
	return n, func(cmd AddUpcaster, steps string) error {
		cmd.Name = ParseName("l")
		cmd.Text = fmt.Sprintf(`{"instar":"upcast/v1","from":%d,"to":%d,"steps":[%s]}`, cmd.From, cmd.To, steps)
		_, err := n.AddUpcaster(t.Context(), by, cmd)
		return err
	}
}

// TestTriedHops: where the configuration asks for less than a proof, a tested
// document is carried out, between proved ones; what it gives is held to the schema,
// event by event. Nothing rests on it, there is no way back over it, and every answer
// says what it is.
func TestTriedHops(t *testing.T) {
	ctx := t.Context()
	n, add := letters(t, newMemLog(), "")
	l := ParseName("l")
	wantCode(t, add(AddUpcaster{From: 2, To: 3}, capitals), UpcasterBelowVerdict, "only tested")
	n.configure(l, Config{Compatibility: "NONE", UpcasterVerdict: "TESTED"})
	for from, steps := range []string{`{"rename":{"from":"a","to":"b"}}`, capitals, `{"rename":{"from":"b","to":"c"}}`} {
		if err := add(AddUpcaster{From: from + 1, To: from + 2}, steps); err != nil {
			t.Fatal(err)
		}
	}
	w, err := n.Way(ctx, l, 1, 4)
	if err != nil {
		t.Fatal(err)
	}
	if w.Verdict() != upcast.Tested || w.Class() != upcast.OneWay || w.Hops[1].Verdict.Total || w.Hops[1].Unproved == "" || n.PlanHash(w) != "" {
		t.Errorf("%s, %s, %+v", w.Verdict(), w.Class(), w.Hops[1])
	}
	carry := func(event string) *Carriage {
		t.Helper()
		out, err := w.Carry(ctx, &upcast.Envelope{Headers: map[string]string{"k": "v", upcast.HeaderPlan: "old"}}, []byte(event))
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	out := carry(`{"a":"xy"}`)
	if out.Failure != nil || string(out.Events[0].Event) != `{"c":"XY"}` || out.Events[0].Headers["k"] != "v" || out.Events[0].Headers[upcast.HeaderClass] != "one-way" || out.Events[0].Headers[upcast.HeaderPlan] != "" {
		t.Errorf("%+v", out)
	}
	if out := carry(`{"a":"zqxjv"}`); out.Failure == nil || out.Failure.Code != upcast.FailOutput || out.Failure.Hop != 1 || len(out.Events) > 0 || !strings.Contains(out.Failure.Reason, "no event of the target version") {
		t.Errorf("%+v", out.Failure)
	}
	traced, err := w.Trace(ctx, &upcast.Envelope{}, []byte(`{"a":"xy"}`))
	if err != nil || len(traced) != 3 || string(traced[1].Before) != `{"b":"xy"}` || string(traced[1].After) != `{"b":"XY"}` {
		t.Errorf("%+v, %v", traced, err)
	}
	_, err = n.Way(ctx, l, 4, 1)
	wantCode(t, err, UpcasterGap, "from version 3 to 2")
	_, err = n.Plan(ctx, "", Target{l, 1}, Target{l, 4})
	wantCode(t, err, NotYet, "not by proved steps")
	c, err := n.Coverage(ctx, l, 0)
	if err != nil || !c.Versions[0].To.Reachable || c.Versions[0].To.Verdict != upcast.Tested || c.Versions[0].To.Total || c.Versions[0].Back.Reachable || c.Versions[2].To.Verdict != upcast.Proved {
		t.Errorf("%+v, %v", c, err)
	}
	// Superseding it compares what both do.
	if err := add(AddUpcaster{From: 2, To: 3, Revision: 1}, strings.Replace(capitals, "'no'", "'NO'", 1)); err != nil {
		t.Fatal(err)
	}
	all := n.State().Upcasters(l)
	if _, err := n.Differences(ctx, l, 2, 3, all.Revision(2, 3, 1).Text, all.Revision(2, 3, 2).Text); err != nil {
		t.Error(err)
	}
	if findings, err := n.Verify(ctx, true); err != nil || len(findings) != 0 {
		t.Errorf("%v, %v", findings, err)
	}
}

// TestTriedHopsBridgeNothing: a version that breaks is not let in because of a
// tested document, or of a way over one, whatever the configuration asks for.
func TestTriedHopsBridgeNothing(t *testing.T) {
	n := start(t, newMemLog())
	l := ParseName("l")
	n.configure(l, Config{Compatibility: "BACKWARD_TRANSITIVE", UpcasterVerdict: "TESTED"})
	json := func(c *Register) { c.Format = schema.JSON }
	n.must("l", lettersV2, json)
	cmd := Register{Name: l, Format: schema.JSON, Text: lettersV3, Upcaster: `{"steps":[` + capitals + `]}`}
	_, err := n.Register(t.Context(), by, cmd)
	wantCode(t, err, UpcasterBelowVerdict, "only a proved one bridges")
	n.configure(l, Config{Compatibility: "NONE", UpcasterVerdict: "TESTED"})
	n.must("l", lettersV3, json)
	doc := `{"instar":"upcast/v1","from":1,"to":2,"steps":[` + capitals + `]}`
	if _, err := n.AddUpcaster(t.Context(), by, AddUpcaster{Name: l, From: 1, To: 2, Text: doc}); err != nil {
		t.Fatal(err)
	}
	n.configure(l, Config{Compatibility: "BACKWARD_TRANSITIVE", UpcasterVerdict: "TESTED"})
	_, err = n.Register(t.Context(), by, Register{Name: l, Format: schema.JSON, Text: lettersV4, Upcaster: `{"steps":[{"rename":{"from":"b","to":"c"}}]}`})
	wantCode(t, err, UpcasterGap, "from version 1 to 2")
}
