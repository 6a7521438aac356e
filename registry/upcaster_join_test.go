package registry

import (
	"strings"
	"testing"
)

// purge removes a version for good.
func (n *node) purge(o Name, version int) error {
	n.t.Helper()
	if _, err := n.DeleteVersion(n.t.Context(), by, DeleteVersion{Name: o, Version: version}); err != nil {
		n.t.Fatal(err)
	}
	_, err := n.DeleteVersion(n.t.Context(), by, DeleteVersion{Name: o, Version: version, Permanent: true})
	return err
}

// TestJoinedHops: removing a version for good makes one hop of the two around it,
// in the same change.
func TestJoinedHops(t *testing.T) {
	ctx := t.Context()
	log := newMemLog()
	n := bridgedOrders(t, log, "BACKWARD")
	o := ParseName("o")
	before, err := n.Way(ctx, o, 1, 3)
	if err != nil {
		t.Fatal(err)
	}
	const event = `{"id":"a","qty":2}`
	want := carried(t, before, orderV1, orderV3, event)
	if err := n.purge(o, 2); err != nil {
		t.Fatal(err)
	}
	after, err := n.Way(ctx, o, 1, 3)
	if err != nil || len(after.Hops) != 1 || after.Hops[0].Document == "" {
		t.Fatalf("%+v, %v", after, err)
	}
	if got := carried(t, after, orderV1, orderV3, event); got != want {
		t.Errorf("the event became %s, before %s", got, want)
	}
	if x := n.State().Upcasters(o).Active(1, 3); !x.Bridges || x.Since != 1 || x.Verdict != "PROVED" || !x.Total {
		t.Errorf("%+v", x)
	}
	if n.State().Upcasters(o).At(2) != nil {
		t.Error("a hop over the version is still active")
	}
	_, err = n.WithdrawUpcaster(ctx, by, WithdrawUpcaster{Name: o, From: 1, To: 3})
	wantCode(t, err, UpcasterBridges, "")
	if b := start(t, log); b.State().Digest() != n.State().Digest() {
		t.Error("another node has another state")
	}
	if findings, err := n.Verify(ctx, true); err != nil || len(findings) != 0 {
		t.Errorf("%v, %v", findings, err)
	}
}

// TestHopsThatDoNotJoin: where one hop cannot do what two did, the version stays.
func TestHopsThatDoNotJoin(t *testing.T) {
	record := func(fields ...string) string {
		return `{"type":"record","name":"R","fields":[` + strings.Join(fields, ",") + `]}`
	}
	const none = ""
	end := func(steps string) string { // steps may be followed by other keys
		if strings.HasSuffix(steps, `"none"`) {
			return "}"
		}
		return "]}"
	}
	for name, c := range map[string]struct {
		versions [3]string
		steps    [2]string
		want     string // in why it is refused; empty if it is not
		back     string // what an event goes back to, if it does
		event    string
	}{
		"renamed twice": {
			[3]string{record(`{"name":"a","type":"int"}`), record(`{"name":"b","type":"int"}`), record(`{"name":"c","type":"int"}`)},
			[2]string{`{"rename":{"from":"a","to":"b"}}`, `{"rename":{"from":"b","to":"c"}}`},
			none, `{"a":2}`, `{"c":2}`,
		},
		"both say how to go back": {
			[3]string{record(`{"name":"a","type":"int"}`), record(`{"name":"b","type":"int"}`), record(`{"name":"c","type":"int"}`)},
			[2]string{
				`{"rename":{"from":"a","to":"b"}}],"down":[{"rename":{"from":"b","to":"a"}},{"set":{"path":"a","value":7}}`,
				`{"rename":{"from":"b","to":"c"}}],"down":[{"rename":{"from":"c","to":"b"}}`,
			},
			none, `{"a":7}`, `{"c":2}`,
		},
		"one says how to go back, the other is derived": {
			[3]string{record(`{"name":"a","type":"int"}`), record(`{"name":"a","type":"int","doc":"d"}`), record(`{"name":"c","type":"int"}`)},
			[2]string{none, `{"rename":{"from":"a","to":"c"}}],"down":[{"rename":{"from":"c","to":"a"}},{"set":{"path":"a","value":9}}`},
			none, `{"a":9}`, `{"c":2}`,
		},
		"one says how to go back, the other leaves it to its steps": {
			[3]string{record(`{"name":"a","type":"int"}`), record(`{"name":"b","type":"int"}`), record(`{"name":"c","type":"int"}`)},
			[2]string{`{"rename":{"from":"a","to":"b"}}`, `{"rename":{"from":"b","to":"c"}}],"down":[{"rename":{"from":"c","to":"b"}}`},
			"the other leaves it to its steps", "", "",
		},
		"one parks what it loses": {
			[3]string{record(`{"name":"a","type":"int"}`, `{"name":"x","type":"int"}`), record(`{"name":"a","type":"int"}`), record(`{"name":"c","type":"int"}`)},
			[2]string{`{"drop":{"path":"x","park":true}}`, `{"rename":{"from":"a","to":"c"}}`},
			"parks values beside events", "", "",
		},
		"one has no way back": {
			[3]string{record(`{"name":"a","type":"int"}`), record(`{"name":"b","type":"int"}`), record(`{"name":"c","type":"int"}`)},
			[2]string{`{"rename":{"from":"a","to":"b"}}`, `{"rename":{"from":"b","to":"c"}}],"assume":["int64"],"down":"none"`},
			none, "", "",
		},
		"one context for both": {
			[3]string{record(`{"name":"a","type":"int"}`), record(`{"name":"a","type":"int"}`, `{"name":"b","type":"string"}`), record(`{"name":"c","type":"int"}`, `{"name":"b","type":"string"}`, `{"name":"d","type":"string"}`)},
			[2]string{
				`{"fromContext":{"path":"b","context":"t","else":{"value":"x"}}}],"context":{"t":{"type":"string","kind":"header","name":"h"}},"assume":["int64"`,
				`{"rename":{"from":"a","to":"c"}},{"fromContext":{"path":"d","context":"u","else":{"value":"y"}}}],"context":{"u":{"type":"string","kind":"header","name":"i"},"t":{"type":"string","kind":"header","name":"h"}},"assume":["int64"`,
			},
			none, "", "",
		},
		"two contexts of one name": {
			[3]string{record(`{"name":"a","type":"int"}`), record(`{"name":"b","type":"int"}`), record(`{"name":"c","type":"int"}`)},
			[2]string{
				`{"rename":{"from":"a","to":"b"}}],"context":{"t":{"type":"string","kind":"header","name":"h"}},"assume":["int64"`,
				`{"rename":{"from":"b","to":"c"}}],"context":{"t":{"type":"string","kind":"header","name":"i"}},"assume":["int64"`,
			},
			"both documents have a context input t", "", "",
		},
		"one of them derived": {
			[3]string{record(`{"name":"a","type":"int"}`), record(`{"name":"a","type":"long"}`), record(`{"name":"c","type":"long"}`)},
			[2]string{none, `{"rename":{"from":"a","to":"c"}}`},
			none, "", "",
		},
		"a default of the version between": {
			[3]string{record(), record(`{"name":"b","type":"int","default":7}`), record(`{"name":"c","type":"int"}`)},
			[2]string{none, `{"rename":{"from":"b","to":"c"}}`},
			"there is no b", "", "",
		},
		"an alias of the version between": {
			[3]string{
				record(`{"name":"a","type":"int"}`), record(`{"name":"b","type":"int","aliases":["a"]}`),
				record(`{"name":"b","type":"int","aliases":["a"]}`, `{"name":"x","type":"int"}`),
			},
			[2]string{none, `{"add":{"path":"x","value":1}}`},
			none, "", "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			n := start(t, newMemLog())
			o := ParseName("o")
			if _, err := n.SetConfig(t.Context(), by, SetConfig{Scope: o, Patch: ConfigPatch{Set: Config{Compatibility: "NONE"}}}); err != nil {
				t.Fatal(err)
			}
			for i, text := range c.versions {
				n.must("o", text)
				if i == 0 || c.steps[i-1] == "" {
					continue
				}
				doc := `{"instar":"upcast/v1","from":` + string(rune('0'+i)) + `,"to":` + string(rune('1'+i)) + `,"steps":[` + c.steps[i-1] + end(c.steps[i-1])
				if _, err := n.AddUpcaster(t.Context(), by, AddUpcaster{Name: o, From: i, To: i + 1, Text: doc}); err != nil {
					t.Fatal(err)
				}
			}
			err := n.purge(o, 2)
			if c.want == "" {
				if err != nil {
					t.Fatalf("%v: %s", err, err.(*Error).Why)
				}
				if w, err := n.Way(t.Context(), o, 1, 3); err != nil || len(w.Hops) != 1 {
					t.Errorf("%+v, %v", w, err)
				}
				if down, err := n.Way(t.Context(), o, 3, 1); c.back != "" && err != nil {
					t.Error(err)
				} else if c.back != "" {
					if got := carried(t, down, c.versions[2], c.versions[0], c.event); got != c.back {
						t.Errorf("back: %s, not %s", got, c.back)
					}
				}
				return
			}
			wantCode(t, err, UpcasterBridges, "by way of version 2")
			if why := err.(*Error).Why; !strings.Contains(why, c.want) {
				t.Errorf("because %s", why)
			}
			if n.State().Subject(o).Version(2) == nil {
				t.Error("the version is gone")
			}
		})
	}
}
