package registry

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/instar-registry/instar/schema"
)

func TestACraftedTwinIsRefused(t *testing.T) {
	n := start(t, newMemLog())
	with := func(key, value string) func(*Register) {
		return func(c *Register) { c.Metadata = &Metadata{Properties: map[string]string{key: value}} }
	}
	n.must("s", avroRecord(fieldA), with("ab", "c"))
	_, err := n.register("victim", avroRecord(fieldA), with("a", "bc"))
	wantCode(t, err, InvalidSchema, "different content has this GUID")
}

const money = `{"type":"record","name":"Money","namespace":"a","fields":[{"name":"cents","type":"long"}]}`

func ref(name, subject string, version int) schema.Reference {
	return schema.Reference{Name: name, Subject: subject, Version: version}
}

func withRefs(refs ...schema.Reference) func(*Register) {
	return func(c *Register) { c.References = refs }
}

func TestTwoTargetsForOneName(t *testing.T) {
	other := strings.Replace(money, "long", "int", 1)
	order := `{"type":"record","name":"Order","fields":[{"name":"total","type":"a.Money"}]}`
	both := withRefs(ref("a.Money", "money", 1), ref("a.Money", "other", 1))

	n := start(t, newMemLog())
	n.must("money", money)
	n.must("other", other)
	n.must("order", order, both)

	strict := DefaultSettings()
	strict.ReferenceStrict = true
	m := start(t, newMemLog(), func(o *Options) { o.Settings = strict })
	m.must("money", money)
	m.must("other", other)
	_, err := m.register("order", order, both)
	wantCode(t, err, InvalidSchema, `the reference name "a.Money" stands for two different schemas`)
}

func TestReferenceBounds(t *testing.T) {
	small := DefaultSettings()
	small.MaxReferences, small.MaxReferencesAll, small.MaxReferenceBytes = 2, 3, 600
	n := start(t, newMemLog(), func(o *Options) { o.Settings = small })
	record := func(i int, uses ...int) string {
		var fields []string
		for _, u := range uses {
			fields = append(fields, fmt.Sprintf(`{"name":"f%d","type":"R%d"}`, u, u))
		}
		return fmt.Sprintf(`{"type":"record","name":"R%d","fields":[%s]}`, i, strings.Join(fields, ","))
	}
	to := func(ids ...int) func(*Register) {
		var refs []schema.Reference
		for _, i := range ids {
			refs = append(refs, ref(fmt.Sprintf("R%d", i), fmt.Sprintf("r%d", i), 1))
		}
		return withRefs(refs...)
	}
	n.must("r0", record(0))
	n.must("r1", record(1, 0), to(0))
	n.must("r2", record(2, 1, 0), to(1, 0)) // a diamond: R0 counts once
	n.must("r3", record(3, 2), to(2))
	_, err := n.register("r4", record(4, 3), to(3))
	wantCode(t, err, InvalidSchema, "references-all is 3, found 4")
	_, err = n.register("r5", record(5), to(0, 1, 2))
	wantCode(t, err, InvalidSchema, "references is 2, found 3")
	n.must("big", fmt.Sprintf(`{"type":"record","name":"Big","doc":%q,"fields":[]}`, strings.Repeat("x", 700)))
	_, err = n.register("r6", record(6), withRefs(ref("Big", "big", 1)))
	wantCode(t, err, OverLimit, "reference-bytes is 600")
}

func TestCyclesAcrossSubjects(t *testing.T) {
	ctx := context.Background()
	n := start(t, newMemLog())
	for _, s := range []string{"a", "b"} {
		if _, err := n.SetMode(ctx, by, SetMode{Scope: ParseName(s), Mode: "IMPORT"}); err != nil {
			t.Fatal(err)
		}
	}
	text := func(own, other string) string {
		return fmt.Sprintf(`{"type":"record","name":"%s","fields":[{"name":"o","type":["null","%s"]}]}`, own, other)
	}
	n.must("a", text("A", "B"), func(c *Register) { c.ID, c.Version, c.References = 1, 1, []schema.Reference{ref("B", "b", 1)} })
	n.must("b", text("B", "A"), func(c *Register) { c.ID, c.Version, c.References = 2, 1, []schema.Reference{ref("A", "a", 1)} })
	_, err := n.register("c", `{"type":"record","name":"C","fields":[{"name":"a","type":"A"}]}`, withRefs(ref("A", "a", 1)))
	wantCode(t, err, InvalidSchema, "form a cycle")
}

func TestNormaliseByConfiguration(t *testing.T) {
	ctx := context.Background()
	n := start(t, newMemLog())
	text := `{"type":"object","properties":{"b":{"type":"string"},"a":{"type":"integer"}}}`
	asJSON := func(c *Register) { c.Format = schema.JSON }
	plain := n.must("plain", text, asJSON)
	yes := true
	if _, err := n.SetConfig(ctx, by, SetConfig{Scope: ParseName("s"), Patch: ConfigPatch{Set: Config{Normalize: &yes}}}); err != nil {
		t.Fatal(err)
	}
	stored := func(r Registered) string {
		body, err := n.Text(ctx, r.Content.Text)
		if err != nil {
			t.Fatal(err)
		}
		return body
	}
	byConfig := n.must("s", text, asJSON)
	byFlag := n.must("t", text, asJSON, func(c *Register) { c.Normalize = true })
	if stored(plain) != text || stored(byConfig) == text || stored(byConfig) != stored(byFlag) || byConfig.ID != byFlag.ID {
		t.Errorf("plain %s, by configuration %s, by flag %s", stored(plain), stored(byConfig), stored(byFlag))
	}
	again := n.must("s", stored(byFlag), asJSON)
	if again.Created || again.Version != 1 {
		t.Errorf("the normalised text registers again as %+v", again)
	}
}

func TestAnImportKeepsTheSourcesTextAndGUID(t *testing.T) {
	ctx := context.Background()
	n := start(t, newMemLog())
	if _, err := n.SetMode(ctx, by, SetMode{Scope: ParseName("s"), Mode: "IMPORT"}); err != nil {
		t.Fatal(err)
	}
	source := `{ "type" : "record", "name":"R","fields":[] }`
	guid, _ := ParseGUID("00112233445566778899aabbccddeeff")
	out := n.must("s", source, func(c *Register) { c.ID, c.Version, c.SourceGUID = 1, 1, &guid })
	body, err := n.Text(ctx, out.Content.Text)
	if err != nil || body != source || out.GUID != guid {
		t.Errorf("stored %q as %s, %v", body, out.GUID, err)
	}
	if c, ids := n.State().ByGUID(guid); c == nil || !slices.Equal(ids, []ContextID{{".", 1}}) {
		t.Errorf("the GUID resolves to %v", ids)
	}
}

func TestReferrersInsideTheSubjectDoNotBlockIt(t *testing.T) {
	ctx := context.Background()
	n := start(t, newMemLog())
	if _, err := n.SetConfig(ctx, by, SetConfig{Scope: ParseName("s"), Patch: ConfigPatch{Set: Config{Compatibility: "NONE"}}}); err != nil {
		t.Fatal(err)
	}
	n.must("s", money)
	n.must("s", `{"type":"record","name":"Order","fields":[{"name":"total","type":"a.Money"}]}`, withRefs(ref("a.Money", "s", 1)))
	_, err := n.DeleteVersion(ctx, by, DeleteVersion{Name: ParseName("s"), Version: 1})
	wantCode(t, err, ReferenceExists, "subject=s,version=1")
	for _, permanent := range []bool{false, true} {
		if got, err := n.DeleteSubject(ctx, by, DeleteSubject{Name: ParseName("s"), Permanent: permanent}); err != nil || len(got) != 2 {
			t.Fatalf("permanent %v: %v, %v", permanent, got, err)
		}
	}
	if n.State().Config(ParseName("s")) != nil {
		t.Error("the subject's configuration should go with its last version")
	}
}

func TestReadOnlyAndImportForDeletesAndConfig(t *testing.T) {
	ctx := context.Background()
	n := start(t, newMemLog())
	name := ParseName("s")
	n.must("s", avroRecord(fieldA))
	mode := func(m string) {
		t.Helper()
		if _, err := n.SetMode(ctx, by, SetMode{Scope: name, Mode: m, Force: true}); err != nil {
			t.Fatal(err)
		}
	}
	set := SetConfig{Scope: name, Patch: ConfigPatch{Set: Config{Compatibility: "FULL"}}}
	mode("READONLY")
	_, err := n.DeleteVersion(ctx, by, DeleteVersion{Name: name, Version: 1})
	wantCode(t, err, NotPermitted, "read-only mode")
	_, err = n.DeleteSubject(ctx, by, DeleteSubject{Name: name})
	wantCode(t, err, NotPermitted, "read-only mode")
	_, err = n.SetConfig(ctx, by, set)
	wantCode(t, err, NotPermitted, "read-only mode")
	mode("IMPORT")
	if _, err := n.SetConfig(ctx, by, set); err != nil {
		t.Errorf("configuration in IMPORT: %v", err)
	}
	if _, err := n.DeleteSubject(ctx, by, DeleteSubject{Name: name}); err != nil {
		t.Errorf("delete in IMPORT: %v", err)
	}
}

// TestTheClockMayJump holds that nothing but times depends on the wall clock: a
// history under a clock that jumps by days, backwards too, gives the state that
// a steady clock gives, times apart.
func TestTheClockMayJump(t *testing.T) {
	ctx := context.Background()
	history := func(clock func() time.Time) *State {
		n := start(t, newMemLog(), func(o *Options) { o.Clock = clock })
		for i := range 40 {
			subject := fmt.Sprintf("s%d", i%4)
			_, _ = n.register(subject, someTexts[i%len(someTexts)])
			if i%7 == 6 {
				_, _ = n.DeleteSubject(ctx, by, DeleteSubject{Name: ParseName(subject), Permanent: i%2 == 0})
			}
		}
		if findings, err := n.Verify(ctx, true); err != nil || len(findings) != 0 {
			t.Errorf("verify: %v, %v", findings, err)
		}
		return n.State()
	}
	base := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	random := rand.New(rand.NewPCG(1, 2))
	var mu sync.Mutex // the service asks from several goroutines
	jumping := history(func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return base.Add(time.Duration(random.IntN(48)-24) * time.Hour)
	})
	steady := history(func() time.Time { return base })
	strip := func(st *State) string {
		var out []string
		st.Subjects(Name{}, func(s *Subject) bool {
			for _, v := range s.Versions {
				out = append(out, fmt.Sprintf("%s %d %d %v %d %s", s.Name, v.Number, v.ID, v.Deleted, v.Seq, v.Content.GUID))
			}
			return true
		})
		return strings.Join(out, "\n")
	}
	if strip(jumping) != strip(steady) || strip(steady) == "" {
		t.Errorf("jumping:\n%s\nsteady:\n%s", strip(jumping), strip(steady))
	}
}

// TestAnUnknownKindStopsTheNode holds that an older node never skips what it
// cannot understand.
func TestAnUnknownKindStopsTheNode(t *testing.T) {
	log := newMemLog()
	n := start(t, log)
	n.must("s", avroRecord(fieldA))
	log.mu.Lock()
	log.records = append(log.records, Chain(log.head(), []Entry{{At: 1, Actor: "x", Request: "y", Kind: "moon.risen", Payload: `{"v":1,"c":{}}`}})...)
	log.mu.Unlock()
	if err := n.Refresh(context.Background()); err == nil {
		t.Error("the refresh succeeded")
	}
	if n.Fatal() == nil || !strings.Contains(n.Fatal().Error(), `"moon.risen"`) || !strings.Contains(n.Fatal().Error(), "upgrade this node") {
		t.Errorf("the node goes on: %v", n.Fatal())
	}
}
