package registry

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/instar-registry/instar/schema"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// node is a service on a log with short names for tests.
type node struct {
	*Service
	t   testing.TB
	log *memLog
}

func start(t testing.TB, log *memLog, edit ...func(*Options)) *node {
	t.Helper()
	opt := Options{Log: log, PollInterval: 5 * time.Millisecond}
	for _, e := range edit {
		e(&opt)
	}
	s := Open(opt)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := s.Close(ctx); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	deadline := time.Now().Add(5 * time.Second)
	for !s.Status().Ready {
		if s.Fatal() != nil || time.Now().After(deadline) {
			t.Fatalf("the node does not become ready: %+v", s.Status())
		}
		time.Sleep(time.Millisecond)
	}
	return &node{s, t, log}
}

var by = By{Actor: "test", Request: "r-1", Principal: "test"}

func avroRecord(fields ...string) string {
	return `{"type":"record","name":"R","fields":[` + strings.Join(fields, ",") + `]}`
}

const (
	fieldA  = `{"name":"a","type":"int"}`
	fieldB  = `{"name":"b","type":"string"}`
	fieldBD = `{"name":"b","type":"string","default":"x"}`
	fieldCD = `{"name":"c","type":"long","default":1}`
)

func (n *node) register(subject, text string, edit ...func(*Register)) (Registered, error) {
	cmd := Register{Name: ParseName(subject), Format: schema.Avro, Text: text}
	for _, e := range edit {
		e(&cmd)
	}
	return n.Register(context.Background(), by, cmd)
}

func (n *node) must(subject, text string, edit ...func(*Register)) Registered {
	n.t.Helper()
	out, err := n.register(subject, text, edit...)
	if err != nil {
		n.t.Fatalf("register %s: %v", subject, err)
	}
	return out
}

func wantCode(t *testing.T, err error, code Code, text string) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want a refusal", err)
	}
	if e.Code != code || !strings.Contains(e.Message, text) {
		t.Fatalf("got code %d %q, want code %d %q", e.Code, e.Message, code, text)
	}
}

func TestRegisterAndEvolve(t *testing.T) {
	n := start(t, newMemLog())
	v1 := n.must("orders", avroRecord(fieldA))
	if v1.ID != 1 || v1.Version != 1 || !v1.Created {
		t.Fatalf("first registration: %+v", v1)
	}
	again := n.must("orders", " "+avroRecord(fieldA))
	if again.Created || again.ID != 1 || again.Version != 1 {
		t.Errorf("registering the same again: %+v", again)
	}
	other := n.must("other", avroRecord(fieldA))
	if other.ID != 1 || other.Version != 1 || !other.Created {
		t.Errorf("same content in another subject: %+v", other)
	}
	v2 := n.must("orders", avroRecord(fieldA, fieldBD))
	if v2.ID != 2 || v2.Version != 2 {
		t.Errorf("second version: %+v", v2)
	}
	_, err := n.register("orders", avroRecord(fieldA, fieldBD, `{"name":"d","type":"int"}`))
	wantCode(t, err, Incompatible, `Schema being registered is incompatible with an earlier schema for subject "orders", details: [{errorType:'avro/field-added-without-default'`)
	_, err = n.register("orders", `{"type":"nope"}`)
	wantCode(t, err, InvalidSchema, "Invalid schema")
	_, err = n.register("__GLOBAL", avroRecord(fieldA))
	wantCode(t, err, InvalidSubject, "The specified subject '__GLOBAL' is not a valid.")
}

func TestContextsHaveTheirOwnIDs(t *testing.T) {
	n := start(t, newMemLog())
	n.must("a", avroRecord(fieldA))
	x := n.must(":.pay:a", avroRecord(fieldA, fieldBD))
	if x.ID != 1 {
		t.Errorf("first id of a context: %d", x.ID)
	}
	if got := n.State().Contexts(); !slices.Equal(got, []string{".", ".pay"}) {
		t.Errorf("contexts %v", got)
	}
	if err := n.DeleteContext(context.Background(), by, DeleteContext{Context: ".pay"}); err == nil {
		t.Error("a context with a subject was deleted")
	}
}

func TestDeleteAndUndelete(t *testing.T) {
	ctx := context.Background()
	n := start(t, newMemLog())
	n.must("s", avroRecord(fieldA))
	n.must("s", avroRecord(fieldA, fieldBD))
	name := ParseName("s")

	_, err := n.DeleteVersion(ctx, by, DeleteVersion{Name: name, Version: 1, Permanent: true})
	wantCode(t, err, VersionNotSoftDeleted, "Subject 's' Version 1 was not deleted first before being permanently deleted")
	if got, err := n.DeleteVersion(ctx, by, DeleteVersion{Name: name, Version: -1}); err != nil || got != 2 {
		t.Fatalf("delete latest: %d, %v", got, err)
	}
	_, err = n.DeleteVersion(ctx, by, DeleteVersion{Name: name, Version: 2})
	wantCode(t, err, VersionSoftDeleted, "Subject 's' Version 2 was soft deleted.Set permanent=true to delete permanently")
	if got, err := n.Undelete(ctx, by, Undelete{Name: name, Version: 2}); err != nil || !slices.Equal(got, []int{2}) {
		t.Fatalf("undelete: %v, %v", got, err)
	}
	_, err = n.Undelete(ctx, by, Undelete{Name: name, Version: 2})
	wantCode(t, err, NotSoftDeleted, "is not soft deleted")
	if got, err := n.DeleteSubject(ctx, by, DeleteSubject{Name: name}); err != nil || !slices.Equal(got, []int{1, 2}) {
		t.Fatalf("delete subject: %v, %v", got, err)
	}
	_, err = n.DeleteSubject(ctx, by, DeleteSubject{Name: name})
	wantCode(t, err, SubjectSoftDeleted, "Subject 's' was soft deleted.Set permanent=true to delete permanently")

	back := n.must("s", avroRecord(fieldA))
	if back.ID != 1 || back.Version != 3 {
		t.Errorf("deleted content came back as %+v, want id 1 version 3", back)
	}
	if n.State().Subject(name).Version(1) != nil {
		t.Error("the soft-deleted version with the same id should have been replaced")
	}
	if _, err := n.DeleteSubject(ctx, by, DeleteSubject{Name: name}); err != nil {
		t.Fatal(err)
	}
	if got, err := n.DeleteSubject(ctx, by, DeleteSubject{Name: name, Permanent: true}); err != nil || !slices.Equal(got, []int{2, 3}) {
		t.Fatalf("hard delete: %v, %v", got, err)
	}
	if b := n.State().Binding(".", 1); b == nil || len(b.Uses) != 0 {
		t.Errorf("the id must stay reserved without uses: %+v", b)
	}
	if len(n.log.texts) != 0 {
		t.Errorf("%d texts are kept that nothing needs", len(n.log.texts))
	}
	again := n.must("s", avroRecord(fieldA))
	if again.ID != 1 || again.Version != 1 {
		t.Errorf("revived content: %+v, want id 1 version 1", again)
	}
	fresh := n.must("s", avroRecord(fieldA, fieldCD))
	if fresh.ID != 3 {
		t.Errorf("a new content took id %d; ids are never given out again", fresh.ID)
	}
}

func TestReferences(t *testing.T) {
	ctx := context.Background()
	n := start(t, newMemLog())
	n.must("money", `{"type":"record","name":"Money","namespace":"a","fields":[{"name":"cents","type":"long"}]}`)
	refs := func(c *Register) { c.References = []schema.Reference{{Name: "a.Money", Subject: "money", Version: -1}} }
	n.must("order", `{"type":"record","name":"Order","fields":[{"name":"total","type":"a.Money"}]}`, refs)
	if got := n.State().Subject(ParseName("order")).Latest().Content.References[0].Version; got != 1 {
		t.Errorf("version -1 was stored as %d", got)
	}
	_, err := n.DeleteSubject(ctx, by, DeleteSubject{Name: ParseName("money")})
	wantCode(t, err, ReferenceExists, "One or more references exist to the schema {magic=1,keytype=SCHEMA,subject=money,version=1}.")
	_, err = n.register("x", `"a.B"`, func(c *Register) {
		c.References = []schema.Reference{{Name: "a.B", Subject: "nowhere", Version: 1}}
	})
	wantCode(t, err, InvalidSchema, `No schema reference found for subject "nowhere" and version 1`)
}

func TestModes(t *testing.T) {
	ctx := context.Background()
	n := start(t, newMemLog())
	n.must("s", avroRecord(fieldA))
	if _, err := n.SetMode(ctx, by, SetMode{Scope: ParseName("s"), Mode: "readonly"}); err != nil {
		t.Fatal(err)
	}
	if out := n.must("s", avroRecord(fieldA)); out.Created {
		t.Error("registering what is there must succeed in READONLY without a change")
	}
	_, err := n.register("s", avroRecord(fieldA, fieldBD))
	wantCode(t, err, NotPermitted, "Subject s in context . is in read-only mode")
	_, err = n.SetMode(ctx, by, SetMode{Scope: Name{Context: "."}, Mode: "IMPORT"})
	wantCode(t, err, NotPermitted, "Cannot import since found existing subjects")
	_, err = n.SetMode(ctx, by, SetMode{Scope: ParseName("s"), Mode: "SOMETIMES"})
	wantCode(t, err, InvalidMode, "Invalid mode")
	if _, err := n.SetMode(ctx, by, SetMode{Scope: ParseName("imp"), Mode: "IMPORT"}); err != nil {
		t.Fatal(err)
	}
	_, err = n.register("imp", avroRecord(fieldA))
	wantCode(t, err, NotPermitted, "is not in read-write mode")
	out := n.must("imp", avroRecord(fieldB), func(c *Register) { c.ID, c.Version = 77, 5 })
	if out.ID != 77 || out.Version != 5 {
		t.Errorf("import: %+v", out)
	}
	_, err = n.register("imp", avroRecord(fieldCD), func(c *Register) { c.ID, c.Version = 77, 6 })
	wantCode(t, err, NotPermitted, "Overwrite new schema with id 77 in context . is not permitted.")
	if out := n.must("imp", avroRecord(fieldB), func(c *Register) { c.ID, c.Version = 77, 5 }); out.Created {
		t.Error("a repeated import must change nothing")
	}
	_, err = n.register("s2", avroRecord(fieldA), func(c *Register) { c.ID = 9 })
	wantCode(t, err, NotPermitted, "is not in import mode")
}

func TestImportKeepsWhatItCannotRead(t *testing.T) {
	ctx := context.Background()
	n := start(t, newMemLog())
	if _, err := n.SetMode(ctx, by, SetMode{Scope: ParseName("h"), Mode: "IMPORT"}); err != nil {
		t.Fatal(err)
	}
	dangling := `{"type":"record","name":"R","fields":[{"name":"m","type":"gone.Money"}]}`
	out := n.must("h", dangling, func(c *Register) {
		c.ID, c.Version = 3, 1
		c.References = []schema.Reference{{Name: "gone.Money", Subject: "gone", Version: 1}}
	})
	if !strings.Contains(out.Unreadable, "gone.Money") {
		t.Errorf("the import does not say what it could not read: %+v", out)
	}
	if text, err := n.Text(ctx, out.Content.Text); err != nil || text != dangling {
		t.Errorf("stored %q, %v", text, err)
	}
	_, err := n.register("h", `{"type":"record","name":"D","fields":[`+strings.Repeat(`{"type":"array","items":`, 300), func(c *Register) { c.ID, c.Version = 4, 2 })
	wantCode(t, err, InvalidSchema, "")
	if _, err := n.SetMode(ctx, by, SetMode{Scope: ParseName("h"), Mode: "READWRITE"}); err != nil {
		t.Fatal(err)
	}
	_, err = n.register("h", avroRecord(fieldA))
	wantCode(t, err, Incompatible, "does not parse, so nothing can be said")
	if findings, err := n.Verify(ctx, true); err != nil || len(findings) != 0 {
		t.Errorf("verify: %v, %v", findings, err)
	}
}

func TestImportClearReleasesIDs(t *testing.T) {
	ctx := context.Background()
	n := start(t, newMemLog())
	n.must(":.c:s", avroRecord(fieldA))
	if _, err := n.DeleteSubject(ctx, by, DeleteSubject{Name: ParseName(":.c:s")}); err != nil {
		t.Fatal(err)
	}
	if _, err := n.SetMode(ctx, by, SetMode{Scope: Name{Context: ".c"}, Mode: "IMPORT"}); err != nil {
		t.Fatal(err)
	}
	if n.State().Subject(ParseName(":.c:s")) != nil || n.State().Binding(".c", 1) != nil {
		t.Error("soft-deleted leftovers and their ids should be gone")
	}
	out := n.must(":.c:t", avroRecord(fieldB), func(c *Register) { c.ID = 1 })
	if out.ID != 1 {
		t.Errorf("the free id was not bound: %+v", out)
	}
}

func TestConfigScopes(t *testing.T) {
	ctx := context.Background()
	n := start(t, newMemLog())
	set := func(scope Name, level string) {
		t.Helper()
		if _, err := n.SetConfig(ctx, by, SetConfig{Scope: scope, Patch: ConfigPatch{Set: Config{Compatibility: level}}}); err != nil {
			t.Fatal(err)
		}
	}
	level := func(name string) string { return n.State().InForce(ParseName(name), n.Settings()).Compatibility }
	if level("s") != "BACKWARD" {
		t.Errorf("default level %s", level("s"))
	}
	set(Name{Context: GlobalContext}, "none")
	set(Name{Context: "."}, "full")
	set(ParseName("s"), "forward_transitive")
	for name, want := range map[string]string{"s": "FORWARD_TRANSITIVE", "t": "FULL", ":.c:t": "NONE"} {
		if got := level(name); got != want {
			t.Errorf("%s is at %s, want %s", name, got, want)
		}
	}
	yes := true
	got, err := n.SetConfig(ctx, by, SetConfig{Scope: ParseName("s"), Patch: ConfigPatch{Set: Config{Normalize: &yes}}})
	if err != nil || got.Compatibility != "FORWARD_TRANSITIVE" || !*got.Normalize {
		t.Errorf("a patch must keep what it does not name: %+v, %v", got, err)
	}
	e := n.State().Effective(ParseName("s"), n.Settings())
	if e.Sources["normalize"] != "s" || e.Sources["policy"] != "server" {
		t.Errorf("sources: %v", e.Sources)
	}
	_, err = n.SetConfig(ctx, by, SetConfig{Scope: ParseName("s"), Patch: ConfigPatch{Set: Config{Compatibility: "sometimes"}}})
	wantCode(t, err, InvalidLevel, "Invalid compatibility level")
	_, err = n.DeleteConfig(ctx, by, DeleteConfig{Scope: ParseName("s"), IfMatch: `"stale"`})
	wantCode(t, err, PreconditionFailed, "has changed")
	if _, err := n.DeleteConfig(ctx, by, DeleteConfig{Scope: ParseName("s")}); err != nil || level("s") != "FULL" {
		t.Errorf("after deletion: %s, %v", level("s"), err)
	}

	quirk := n.Settings()
	quirk.ConfluentScope = true
	set(ParseName(":.c:q"), "full")
	if _, err := n.SetConfig(ctx, by, SetConfig{Scope: ParseName(":.c:q"), Patch: ConfigPatch{Set: Config{Normalize: &yes}, Clear: []string{"compatibility"}}}); err != nil {
		t.Fatal(err)
	}
	if got := n.State().InForce(ParseName(":.c:q"), quirk).Compatibility; got != "BACKWARD" {
		t.Errorf("with Confluent's scoping a subject entry without a level is at %s, want the server's BACKWARD", got)
	}
}

func TestRulesAndMetadata(t *testing.T) {
	n := start(t, newMemLog())
	owner := func(c *Register) {
		c.Metadata = &Metadata{Properties: map[string]string{"owner": "a"}}
		c.RuleSet = &RuleSet{Domain: []Rule{{Name: "r", Type: "CEL", Expr: "true", Mode: "WRITE"}}}
	}
	n.must("s", avroRecord(fieldA), owner)
	v2 := n.must("s", avroRecord(fieldA, fieldBD))
	c := n.State().Subject(ParseName("s")).Version(v2.Version).Content
	if c.Metadata == nil || c.Metadata.Properties["owner"] != "a" || len(c.RuleSet.Domain) != 1 {
		t.Errorf("metadata and rules were not carried over: %+v", c)
	}
	only := n.must("s", "", func(c *Register) { c.Metadata = &Metadata{Properties: map[string]string{"owner": "b"}} })
	if only.Version != 3 || only.Content.Text != c.Text {
		t.Errorf("metadata-only registration: %+v", only)
	}
	_, err := n.register("t", avroRecord(fieldA), func(c *Register) {
		c.RuleSet = &RuleSet{Migration: []Rule{{Name: "m", Type: "JSONATA", Mode: "WRITE"}}}
	})
	wantCode(t, err, InvalidRuleSet, `mode "WRITE" is not allowed here`)
	next := n.must("s", avroRecord(fieldA, fieldBD, fieldCD), func(c *Register) { c.Version = -1 })
	if got := next.Content.Metadata.Properties["confluent:version"]; got != "4" {
		t.Errorf("version -1 stamped %q", got)
	}
}

func TestNumbersAreNotReusedWhileAHigherOneExists(t *testing.T) {
	ctx := context.Background()
	n := start(t, newMemLog())
	n.must("s", avroRecord(fieldA))
	n.must("s", avroRecord(fieldA, fieldBD))
	for _, permanent := range []bool{false, true} {
		if _, err := n.DeleteVersion(ctx, by, DeleteVersion{ParseName("s"), 1, permanent}); err != nil {
			t.Fatal(err)
		}
	}
	if out := n.must("s", avroRecord(fieldA, fieldCD)); out.Version != 3 {
		t.Errorf("after the removal of version 1 of 2 the next one is %d, want 3", out.Version)
	}
}

func TestVersionIsCompareAndSet(t *testing.T) {
	n := start(t, newMemLog())
	n.must("s", avroRecord(fieldA))
	_, err := n.register("s", avroRecord(fieldA, fieldBD), func(c *Register) { c.Version = 5 })
	wantCode(t, err, InvalidSchema, "Version is not one more than previous version")
	if out := n.must("s", avroRecord(fieldA, fieldBD), func(c *Register) { c.Version = 2 }); out.Version != 2 {
		t.Errorf("%+v", out)
	}
}

func TestIdempotencyKeys(t *testing.T) {
	ctx := context.Background()
	n := start(t, newMemLog())
	n.must("s", avroRecord(fieldA))
	replayed := false
	keyed := By{Actor: "test", Request: "r", Principal: "p", Key: "k1", Strong: true, Replayed: &replayed}
	cmd := DeleteSubject{Name: ParseName("s")}
	if _, err := n.DeleteSubject(ctx, keyed, cmd); err != nil || replayed {
		t.Fatalf("first: %v, replayed %v", err, replayed)
	}
	got, err := n.DeleteSubject(ctx, keyed, cmd)
	if err != nil || !replayed || !slices.Equal(got, []int{1}) {
		t.Fatalf("repeat: %v, %v, replayed %v", got, err, replayed)
	}
	_, err = n.DeleteSubject(ctx, keyed, DeleteSubject{Name: ParseName("s"), Permanent: true})
	wantCode(t, err, KeyReused, "idempotency key")
	weak := keyed
	weak.Key, weak.Strong = "r-9", false
	if _, err := n.DeleteSubject(ctx, weak, DeleteSubject{Name: ParseName("s"), Permanent: true}); err != nil {
		t.Errorf("a reused request id is a new command: %v", err)
	}
}

func TestBatchIsAllOrNothing(t *testing.T) {
	ctx := context.Background()
	n := start(t, newMemLog())
	reg := func(subject, text string) Register {
		return Register{Name: ParseName(subject), Format: schema.Avro, Text: text}
	}
	_, err := n.Batch(ctx, by, Batch{Commands: []Command{reg("a", avroRecord(fieldA)), reg("b", `{"type":"nope"}`)}})
	var at *BatchError
	if !errors.As(err, &at) || at.Index != 1 || n.State().Seq() != 0 {
		t.Fatalf("got %v at sequence %d", err, n.State().Seq())
	}
	with := reg("b", `{"type":"record","name":"B","fields":[{"name":"r","type":"R"}]}`)
	with.References = []schema.Reference{{Name: "R", Subject: "a", Version: 1}}
	out, err := n.Batch(ctx, by, Batch{Commands: []Command{reg("a", avroRecord(fieldA)), with}})
	if err != nil || len(out) != 2 || out[1].(Registered).ID != 2 {
		t.Fatalf("got %v, %v", out, err)
	}
}

// TestRace registers pairs that fit the base but not each other over two nodes.
func TestRace(t *testing.T) {
	log := newMemLog()
	nodes := []*node{start(t, log), start(t, log)}
	for round := range 50 {
		subject := fmt.Sprintf("s%d", round)
		nodes[round%2].must(subject, avroRecord(fieldA))
		texts := []string{avroRecord(fieldA, fieldBD), avroRecord(fieldA, `{"name":"b","type":"int","default":0}`)}
		errs := make([]error, 2)
		var wg sync.WaitGroup
		for i := range 2 {
			wg.Go(func() { _, errs[i] = nodes[i].register(subject, texts[i]) })
		}
		wg.Wait()
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Fatalf("round %d: %v and %v; exactly one must be accepted", round, errs[0], errs[1])
		}
		wantCode(t, errors.Join(errs...), Incompatible, "{oldSchemaVersion: 2}")
	}
	for _, n := range nodes {
		findings, err := n.Verify(context.Background(), true)
		if err != nil || len(findings) != 0 {
			t.Errorf("verify: %v, %v", findings, err)
		}
	}
}

func TestReadBarrier(t *testing.T) {
	ctx := context.Background()
	log := newMemLog()
	slow := func(o *Options) { o.PollInterval = time.Hour }
	a, b := start(t, log, slow), start(t, log, slow)
	a.must("s", avroRecord(fieldA))
	find := func(st *State) error {
		if st.Subject(ParseName("s")) == nil {
			return subjectNotFound(ParseName("s"))
		}
		return nil
	}
	if err := b.View(ctx, find); err != nil {
		t.Fatalf("an acknowledged write is a miss on the other node: %v", err)
	}
	log.setFail(func(string) error { return ErrUnavailable })
	err := b.View(ctx, func(*State) error { return subjectNotFound(ParseName("t")) })
	wantCode(t, err, Unavailable, "not available")
	if err := b.View(ctx, find); err != nil {
		t.Errorf("known things are served while the store is away: %v", err)
	}
	_, err = a.register("s", avroRecord(fieldA, fieldBD))
	wantCode(t, err, Unavailable, "nothing was written")
	log.setFail(nil)
	a.must("s", avroRecord(fieldA, fieldBD))
	if err := b.WaitSeq(ctx, a.State().Seq()); err != nil {
		t.Error(err)
	}
}

func TestReplacedDatabaseStopsTheNode(t *testing.T) {
	log := newMemLog()
	n := start(t, log)
	n.must("s", avroRecord(fieldA))
	log.mu.Lock()
	log.records = nil
	log.mu.Unlock()
	deadline := time.Now().Add(5 * time.Second)
	for n.Fatal() == nil {
		if time.Now().After(deadline) {
			t.Fatal("the node goes on serving a log that went back")
		}
		time.Sleep(time.Millisecond)
	}
	_, err := n.register("t", avroRecord(fieldA))
	wantCode(t, err, Unavailable, "does not serve")
}

// TestWriterAsksForSnapshots holds that a node which only hears of its own
// writes saves snapshots all the same.
func TestWriterAsksForSnapshots(t *testing.T) {
	log := newMemLog()
	n := start(t, log, func(o *Options) { o.Log, o.PollInterval, o.SnapshotEvery = quietLog{log}, time.Hour, 3 })
	for i := range 4 {
		n.must(fmt.Sprintf("s%d", i), avroRecord(fieldA))
	}
	deadline := time.Now().Add(20 * time.Second)
	for {
		snap, err := log.LoadSnapshot(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if snap.Seq >= 3 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("four changes left no snapshot, with one due every three")
		}
		time.Sleep(time.Millisecond)
	}
}

// slowLog saves the first snapshot so slowly that only the end of the service
// ends it, or fails at once.
type slowLog struct {
	Log
	fail    error
	saving  chan struct{} // closed when the first snapshot begins
	counted atomic.Int64
}

func (l *slowLog) SaveSnapshot(ctx context.Context, s Snapshot) error {
	if l.counted.Add(1) > 1 {
		return l.Log.SaveSnapshot(ctx, s)
	}
	close(l.saving)
	if l.fail != nil {
		return l.fail
	}
	<-ctx.Done()
	return fmt.Errorf("save the snapshot: %w", ctx.Err())
}

// TestSnapshotCutOff: a snapshot that is cut off by the end of the service is no
// reason to warn, since the last one is saved then; one that fails is.
func TestSnapshotCutOff(t *testing.T) {
	for name, c := range map[string]struct {
		fail error
		warn string
	}{"cut off": {nil, ""}, "failed": {errors.New("disk full"), "disk full"}} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			log := newMemLog()
			slow := &slowLog{Log: log, fail: c.fail, saving: make(chan struct{})}
			n := start(t, log, func(o *Options) {
				o.Log, o.SnapshotEvery, o.Logger = slow, 1, slog.New(slog.NewTextHandler(&out, nil))
			})
			n.must("s", avroRecord(fieldA))
			<-slow.saving
			if err := n.Close(context.Background()); err != nil {
				t.Fatal(err)
			}
			if got := out.String(); strings.Contains(got, "snapshot failed") != (c.warn != "") || !strings.Contains(got, c.warn) {
				t.Errorf("the log says %q, want %q", got, c.warn)
			}
			if snap, err := log.LoadSnapshot(context.Background()); err != nil || snap.Seq != n.State().Seq() {
				t.Errorf("the last snapshot is at %d of %d (%v)", snap.Seq, n.State().Seq(), err)
			}
		})
	}
}

// quietLog never wakes anybody.
type quietLog struct{ Log }

func (quietLog) Wake() <-chan struct{} { return nil }

func TestSnapshotRoundTrip(t *testing.T) {
	ctx := context.Background()
	log := newMemLog()
	n := start(t, log)
	n.must("money", `{"type":"record","name":"Money","namespace":"a","fields":[{"name":"cents","type":"long"}]}`)
	n.must(":.c:s", avroRecord(fieldA), func(c *Register) { c.Metadata = &Metadata{} })
	n.must("order", `{"type":"record","name":"Order","fields":[{"name":"total","type":"a.Money"}]}`, func(c *Register) {
		c.References = []schema.Reference{{Name: "a.Money", Subject: "money", Version: 1}}
	})
	key := by
	key.Key = "k"
	if _, err := n.SetMode(ctx, key, SetMode{Scope: ParseName("x"), Mode: "IMPORT"}); err != nil {
		t.Fatal(err)
	}
	st := n.State()
	body := EncodeState(st)
	back, err := DecodeState(body)
	if err != nil {
		t.Fatal(err)
	}
	if back.Digest() != st.Digest() || back.Seq() != st.Seq() {
		t.Error("the state read back differs")
	}
	if len(back.Referrers(ParseName("money"), 1)) != 1 || len(back.Binding(".", 1).Uses) != 1 {
		t.Error("derived indexes were not rebuilt")
	}
	for _, i := range []int{0, len(body) / 2, len(body) - 1} {
		bad := slices.Clone(body)
		bad[i] ^= 1
		if _, err := DecodeState(bad); err == nil {
			t.Errorf("a snapshot with byte %d changed was accepted", i)
		}
	}
	if err := n.Close(ctx); err != nil {
		t.Fatal(err)
	}
	if log.snap.Seq != st.Seq() {
		t.Error("closing must leave a snapshot")
	}
	again := start(t, log)
	if again.State().Digest() != st.Digest() {
		t.Error("a node started from the snapshot has another state")
	}
}

// TestAcknowledgedMeansDurable holds that an answer never goes out before the
// transaction has ended, whatever its end is.
func TestAcknowledgedMeansDurable(t *testing.T) {
	log := newMemLog()
	n := start(t, log)
	n.must("s", avroRecord(fieldA))
	for op, want := range map[error]Code{ErrUnavailable: Unavailable, ErrUnknownOutcome: UnknownOutcome, ErrDiskFull: DiskFull} {
		log.setFail(func(at string) error {
			if at == "update" {
				return op
			}
			return nil
		})
		_, err := n.register("s", avroRecord(fieldA, fieldBD))
		wantCode(t, err, want, "")
	}
	log.setFail(nil)
	if out := n.must("s", avroRecord(fieldA, fieldBD)); !out.Created || out.Version != 2 {
		t.Errorf("after the store came back: %+v", out)
	}
}

// TestConfigChangeOnAnotherNodeCounts holds that a registration is decided under
// the configuration at the head, not under the one this node knows.
func TestConfigChangeOnAnotherNodeCounts(t *testing.T) {
	ctx := context.Background()
	log := newMemLog()
	slow := func(o *Options) { o.PollInterval = time.Hour }
	a, b := start(t, log, slow), start(t, log, slow)
	drainWakes := func() {
		// The small log shares one wake channel; neither node may hear of the
		// change before the write does.
		select {
		case <-log.wake:
		default:
		}
	}
	for i := range 20 {
		subject := fmt.Sprintf("s%d", i)
		scope := ParseName(subject)
		if _, err := a.SetConfig(ctx, by, SetConfig{Scope: scope, Patch: ConfigPatch{Set: Config{Compatibility: "NONE"}}}); err != nil {
			t.Fatal(err)
		}
		a.must(subject, avroRecord(fieldA))
		if err := b.Refresh(ctx); err != nil {
			t.Fatal(err)
		}
		if _, err := a.SetConfig(ctx, by, SetConfig{Scope: scope, Patch: ConfigPatch{Set: Config{Compatibility: "BACKWARD"}}}); err != nil {
			t.Fatal(err)
		}
		drainWakes()
		_, err := b.register(subject, avroRecord(fieldA, fieldB))
		wantCode(t, err, Incompatible, "")
	}
}

// overtakenLog lets something else happen between a decision and its write.
type overtakenLog struct {
	Log
	overtake func()
}

// Update is called by one writer at a time.
func (l *overtakenLog) Update(ctx context.Context, after Head, decide func([]Record, Head) (Append, error)) ([]Record, error) {
	if f := l.overtake; f != nil {
		l.overtake = nil
		f()
	}
	return l.Log.Update(ctx, after, decide)
}

// TestOvertakenRegistrationIsDecidedAgain holds that a version which another node
// writes after this node decided, and before it writes, counts: what was
// compatible with version 1 is refused by version 2.
func TestOvertakenRegistrationIsDecidedAgain(t *testing.T) {
	shared := newMemLog()
	slow := func(o *Options) { o.PollInterval = time.Hour }
	other := start(t, shared, slow)
	log := &overtakenLog{Log: shared}
	n := start(t, shared, slow, func(o *Options) { o.Log = log })
	other.must("s", avroRecord(fieldA))
	if err := n.Refresh(context.Background()); err != nil {
		t.Fatal(err)
	}
	log.overtake = func() { other.must("s", avroRecord(fieldA, fieldBD)) }
	_, err := n.register("s", avroRecord(fieldA, `{"name":"b","type":"int","default":0}`))
	wantCode(t, err, Incompatible, "{oldSchemaVersion: 2}")
	if log.overtake != nil {
		t.Error("nothing overtook the registration")
	}
}

// TestGapStopsTheNode holds that a follower notices a record that was lost.
func TestGapStopsTheNode(t *testing.T) {
	log := newMemLog()
	slow := func(o *Options) { o.PollInterval = time.Hour }
	n := start(t, log, slow)
	n.must("s", avroRecord(fieldA))
	n.must("s", avroRecord(fieldA, fieldBD))
	log.mu.Lock()
	log.records[1].Payload = strings.Replace(log.records[1].Payload, `"version":2`, `"version":3`, 1)
	log.mu.Unlock()
	other := Open(Options{Log: log, PollInterval: time.Hour})
	defer other.Close(context.Background()) //nolint:errcheck // it may not have become ready
	if _, err := VerifyChain(Head{}, []Record{log.records[1]}); err == nil {
		t.Error("a chain that begins in the middle was accepted")
	}
	log.mu.Lock()
	log.records = append(log.records, Chain(Head{Seq: 2, Hash: Hash{1}}, []Entry{{At: 1, Actor: "x", Request: "y", Kind: KindModeChanged, Payload: `{"v":1,"c":{"context":".","subject":"s","mode":"READONLY"}}`}})...)
	log.mu.Unlock()
	_ = n.Refresh(context.Background())
	if n.Fatal() == nil {
		t.Error("the node follows a log with a broken chain")
	}
}

// TestVerifyReadsTheGuardTables damages the tables beside the log and expects to
// be told.
func TestVerifyReadsTheGuardTables(t *testing.T) {
	log := newMemLog()
	n := start(t, log)
	n.must("s", avroRecord(fieldA))
	n.must("s", avroRecord(fieldA, fieldBD))
	for name, damage := range map[string]func() func(){
		"a version with another id": func() func() { log.versions["./s/2"] = 1; return func() { log.versions["./s/2"] = 2 } },
		"an id of other content": func() func() {
			was := log.ids["./1"]
			log.ids["./1"] = Hash{1}
			return func() { log.ids["./1"] = was }
		},
		"a missing version":  func() func() { delete(log.versions, "./s/1"); return func() { log.versions["./s/1"] = 1 } },
		"a version too many": func() func() { log.versions["./t/1"] = 1; return func() { delete(log.versions, "./t/1") } },
	} {
		log.mu.Lock()
		mend := damage()
		log.mu.Unlock()
		findings, err := n.Verify(context.Background(), false)
		if err != nil || len(findings) == 0 {
			t.Errorf("%s: verify found %v, %v", name, findings, err)
		}
		log.mu.Lock()
		mend()
		log.mu.Unlock()
	}
	if findings, err := n.Verify(context.Background(), true); err != nil || len(findings) != 0 {
		t.Errorf("mended: %v, %v", findings, err)
	}
}
