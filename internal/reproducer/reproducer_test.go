package reproducer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/format"
	"github.com/instar-registry/instar/upcast"
)

func folder(t *testing.T) (*Folder, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	return NewFolder(filepath.Join(t.TempDir(), "a [b]*", "reproducers"), "1.2.3", slog.New(slog.NewTextHandler(&log, nil))), &log
}

func some(context.Context) (*Case, error) {
	c := &Case{Subject: "o", From: 1, To: 2}
	c.Holds(&upcast.Envelope{ID: "e1"}, []byte{1, 2})
	return c, nil
}

func files(t *testing.T, f *Folder) []string {
	t.Helper()
	list, err := os.ReadDir(f.Path())
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	var out []string
	for _, e := range list {
		out = append(out, e.Name())
	}
	return out
}

// TestFolder: one file for each plan and reason, whatever a reason says of the event;
// it is for its user alone, and says what made it.
func TestFolder(t *testing.T) {
	f, log := folder(t)
	name := f.Keep("sha256:a", `maximum: got 677,389, want 5 (at /b)`, some)
	f.Wait(t.Context())
	again := f.Keep("sha256:a", `maximum: got 12, want 5 (at /b)`, func(context.Context) (*Case, error) { panic("made twice") })
	if name == "" || name != again || log.Len() > 0 {
		t.Fatalf("%q, %q, %s", name, again, log)
	}
	for _, other := range [][2]string{{"sha256:b", "maximum: got 12, want 5 (at /b)"}, {"sha256:a", "maximum: got 12, want 5 (at /c)"}} {
		if f.Keep(other[0], other[1], some) == name {
			t.Errorf("%v is in the same file", other)
		}
	}
	f.Wait(t.Context())
	if got := files(t, f); len(got) != 3 {
		t.Errorf("%v", got)
	}
	path := filepath.Join(f.Path(), name)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if info, err := os.Stat(f.Path()); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	c, err := Read(path)
	if err != nil || c.Code != 50050 || c.Reason != "maximum: got 677,389, want 5 (at /b)" || c.Program != "1.2.3" || c.Prover != upcast.ProverVersion || c.Time.IsZero() || !bytes.Equal(c.Event.Base64, []byte{1, 2}) || c.Event.ID != "e1" {
		t.Errorf("%+v, %v", c, err)
	}
	// Another run finds what is there.
	if NewFolder(f.path, "", f.logger).Keep("sha256:a", "maximum: got 1, want 5 (at /b)", nil) != name {
		t.Error("the file is not known to the next run")
	}
}

// TestFolderIsBounded: no more than twenty files, those of earlier runs included, and
// the log says so.
func TestFolderIsBounded(t *testing.T) {
	f, log := folder(t)
	for i := range 15 {
		f.Keep(fmt.Sprint("plan", i), "", some)
		f.Wait(t.Context())
	}
	f = NewFolder(f.path, "", f.logger)
	for i := range 10 {
		name := f.Keep(fmt.Sprint("more", i), "", some)
		f.Wait(t.Context())
		if (name == "") != (i >= 5) {
			t.Errorf("%d: %q", i, name)
		}
	}
	if got := files(t, f); len(got) != maxFiles {
		t.Errorf("%d files", len(got))
	}
	if !strings.Contains(log.String(), "the folder holds 20") {
		t.Errorf("the log says %s", log)
	}
}

// TestFolderDoesNotWait: who keeps does not wait for the disk, and no more than two
// files are written at once.
func TestFolderDoesNotWait(t *testing.T) {
	f, log := folder(t)
	stuck := make(chan struct{})
	slow := func(ctx context.Context) (*Case, error) {
		<-stuck
		return some(ctx)
	}
	if f.Keep("a", "", slow) == "" || f.Keep("b", "", slow) == "" {
		t.Error("not kept")
	}
	if name := f.Keep("c", "", slow); name != "" || !strings.Contains(log.String(), "2 are being written") {
		t.Errorf("%q, %s", name, log)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	f.Wait(ctx) // does not wait for ever
	close(stuck)
	f.Wait(t.Context())
	if len(files(t, f)) != 2 || f.Keep("c", "", some) == "" {
		t.Error("not kept afterwards")
	}
	f.Wait(t.Context())
}

// TestFolderThatCannotBeWritten: the log says why, and the next event is tried again.
func TestFolderThatCannotBeWritten(t *testing.T) {
	f, log := folder(t)
	parent := filepath.Dir(f.path)
	if err := os.WriteFile(parent, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	name := f.Keep("a", "", some)
	f.Wait(t.Context())
	if !strings.Contains(log.String(), "reproducer not kept") || !strings.Contains(log.String(), name) {
		t.Errorf("%q, %s", name, log)
	}
	f.Keep("b", "", func(context.Context) (*Case, error) { return nil, errors.New("version 2 not found") })
	f.Wait(t.Context())
	f.Keep("c", "", func(context.Context) (*Case, error) { panic("no case") })
	f.Wait(t.Context())
	if !strings.Contains(log.String(), "no case") || !strings.Contains(log.String(), "version 2 not found") {
		t.Errorf("%s", log)
	}
	if err := os.Remove(parent); err != nil {
		t.Fatal(err)
	}
	if again := f.Keep("a", "", some); again != name {
		t.Errorf("%q", again)
	}
	f.Wait(t.Context())
	if len(files(t, f)) != 1 {
		t.Error("not kept")
	}
	var off *Folder
	if off.Keep("a", "", some) != "" || off.Path() != "" {
		t.Error("kept where nothing is to be kept")
	}
	off.Wait(t.Context())
}

const rename = `{"instar":"upcast/v1","subject":"o","from":1,"to":2,"steps":[{"rename":{"from":"a","to":"b"}}]}`

// TestWhatIsLeftOut: an event over the bound, and one of which a document erases
// something, also deep inside.
func TestWhatIsLeftOut(t *testing.T) {
	hop := func(document string) *Case { return &Case{Hops: []Hop{{Document: document}}} }
	erasing := []string{
		strings.Replace(rename, `{"rename"`, `{"erase":{"paths":["a"],"with":"tombstone"}},{"rename"`, 1),
		strings.Replace(rename, `{"rename"`, `{"each":{"path":"l[]","steps":[{"erase":{"paths":["a"],"with":"tombstone"}}]}},{"rename"`, 1),
		`{"instar":"upcast/v2"}`,
	}
	for _, document := range erasing {
		c := hop(document)
		if c.Holds(nil, []byte("x")); c.Event != nil || !strings.Contains(c.LeftOut, "erases") {
			t.Errorf("%s: %+v", document, c)
		}
	}
	c := hop(rename)
	if c.Holds(nil, make([]byte, MaxEvent)); c.Event == nil || c.LeftOut != "" {
		t.Error("an event of the bound is left out")
	}
	c = hop("")
	if c.Holds(nil, make([]byte, MaxEvent+1)); c.Event != nil || !strings.Contains(c.LeftOut, "1048577 bytes") {
		t.Errorf("%+v", c.LeftOut)
	}
	if _, err := Replay(t.Context(), c); err == nil || !strings.Contains(err.Error(), "1048577 bytes") {
		t.Error(err)
	}
	big := &Case{NoPlan: strings.Repeat("x", MaxFile)}
	path := filepath.Join(t.TempDir(), "x.json")
	if err := Write(path, big); err == nil || !strings.Contains(err.Error(), "kept at most") {
		t.Error(err)
	}
	for text, want := range map[string]string{"{": "is no reproducer", `{"format":"x"}`: `its format is "x"`} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

const (
	older   = `{"type":"object","properties":{"a":{"type":"integer"}},"required":["a"],"additionalProperties":false}`
	younger = `{"type":"object","properties":{"b":{"type":"integer"}},"required":["b"],"additionalProperties":false}`
	newest  = `{"type":"object","properties":{"b":{"type":"integer"},"c":{"type":"integer","default":1}},"required":["b"],"additionalProperties":false}`
)

// TestReplay: what a file holds is enough to carry its event again, by documents that
// are proved anew and by the plan of then.
func TestReplay(t *testing.T) {
	at := func(n int) Place { return Place{"o", n} }
	c := &Case{Subject: "o", From: 1, To: 3, Prover: "0", Hops: []Hop{{From: at(1), To: at(2), Document: rename}, {From: at(2), To: at(3)}}}
	var parsed []schema.Parsed
	for i, text := range []string{older, younger, newest} {
		p, err := format.Parse(schema.JSON, text, nil, schema.Options{Limits: schema.DefaultLimits()})
		if err != nil {
			t.Fatal(err)
		}
		parsed = append(parsed, p)
		c.Versions = append(c.Versions, Version{Place: at(i + 1), Type: "JSON", Schema: text})
	}
	d, err := upcast.Parse(rename)
	if err != nil {
		t.Fatal(err)
	}
	up, err := upcast.Verify(t.Context(), d, parsed[0], parsed[1])
	if err != nil {
		t.Fatal(err)
	}
	derived, err := upcast.Derive(t.Context(), parsed[1], parsed[2])
	if err != nil {
		t.Fatal(err)
	}
	chain, err := upcast.Fuse([]*upcast.Hop{up, derived})
	if err != nil {
		t.Fatal(err)
	}
	p, err := chain.Portable(upcast.PlanTitle{})
	if err != nil {
		t.Fatal(err)
	}
	c.Plan, c.PlanHash = p.Text(), p.Hash()
	c.Holds(nil, []byte(`{"a":677389}`))
	path := filepath.Join(t.TempDir(), "x.json")
	if err := Write(path, c); err != nil {
		t.Fatal(err)
	}
	shown := func(change func(*Case)) *Shown {
		t.Helper()
		c, err := Read(path)
		if err != nil {
			t.Fatal(err)
		}
		change(c)
		out, err := Replay(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	if out := shown(func(*Case) {}); out.Bug() || out.NoPlan != "" || out.NoDocuments != "" {
		t.Errorf("%+v", out)
	}
	// The prover of today knows better, and the plan of then does what it did.
	out := shown(func(c *Case) {
		c.Versions[1].Schema = strings.Replace(younger, `"b":{`, `"b":{"maximum":5,`, 1)
		c.Versions[2].Schema = strings.Replace(newest, `"b":{`, `"b":{"maximum":5,`, 1)
	})
	if !out.Bug() || !strings.Contains(out.ByPlan, "version 3 of o") || !strings.Contains(out.NoDocuments, "REFUTED") {
		t.Errorf("%+v", out)
	}
	if out := shown(func(c *Case) { c.Plan = nil; c.NoPlan = "a split" }); out.Bug() || out.NoPlan != "a split" {
		t.Errorf("%+v", out)
	}
	// An event that is none of its version shows nothing.
	other, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	other.Event.Base64 = []byte(`{"a":"x"}`)
	if out, err := Replay(t.Context(), other); err == nil || !strings.Contains(err.Error(), "none of its version") {
		t.Errorf("%+v, %v", out, err)
	}
	if out := shown(func(c *Case) { c.Versions = c.Versions[:2] }); !strings.Contains(out.NoDocuments, "version 3 of o are not in the file") {
		t.Errorf("%+v", out)
	}
	// The way back.
	out = shown(func(c *Case) {
		c.From, c.To, c.Plan, c.Hops = 2, 1, nil, []Hop{{From: at(2), To: at(1), Down: true, Document: rename}}
		c.Event.Base64 = []byte(`{"b":1}`)
	})
	if out.Bug() || out.NoDocuments != "" {
		t.Errorf("%+v", out)
	}
}
