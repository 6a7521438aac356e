package api

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/client"
	"github.com/instar-registry/instar/internal/archive"
	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/upcast"
)

// bridgedHouse holds a subject of three versions with a chain, one hop of which
// was superseded, and a withdrawn revision.
func bridgedHouse(t *testing.T) *house {
	t.Helper()
	h := openHouse(t, nil)
	record := func(fields ...string) wire.RegisterRequest { return avro("R", fields...) }
	h.register(":.pay:s", record("a"))
	if _, err := h.admin.SetConfig(bg, ":.pay:s", client.ConfigPatch{Set: wire.Config{Compatibility: "NONE"}}); err != nil {
		t.Fatal(err)
	}
	h.register(":.pay:s", record("b"))
	h.register(":.pay:s", record("b", "c"))
	h.register(":.pay:s", record("b", "c"))
	add := func(from, to int, document string, o client.AddUpcasterOptions) {
		t.Helper()
		out, err := h.admin.AddUpcaster(bg, ":.pay:s", from, to, document, o)
		must(t, out, err)
	}
	add(1, 2, "instar: upcast/v1\nfrom: 1\nto: 2\nsteps:\n  - rename: {from: a, to: b} # kept as it was sent\n", client.AddUpcasterOptions{})
	add(2, 3, "{\"instar\":\"upcast/v1\",\"from\":2,\"to\":3,\"steps\":[{\"add\":{\"path\":\"c\",\"value\":1}}]}", client.AddUpcasterOptions{})
	add(2, 3, "{\"instar\":\"upcast/v1\",\"from\":2,\"to\":3,\"steps\":[{\"add\":{\"path\":\"c\",\"value\":2}}]}", client.AddUpcasterOptions{Supersedes: 1})
	n, err := h.admin.WithdrawUpcaster(bg, ":.pay:s", 2, 3, false)
	must(t, n, err)
	add(2, 3, "{\"instar\":\"upcast/v1\",\"from\":2,\"to\":3,\"steps\":[{\"add\":{\"path\":\"c\",\"value\":3}}]}", client.AddUpcasterOptions{})
	add(2, 3, "{\"instar\":\"upcast/v1\",\"from\":2,\"to\":3,\"steps\":[{\"drop\":{\"path\":\"b\"}}]}", client.AddUpcasterOptions{Draft: true})
	return h
}

func carriedEvent(t *testing.T, h *house, subject, from, event string) string {
	t.Helper()
	out, err := h.admin.Upcast(bg, wire.UpcastRequest{Subject: subject, From: from, Event: []byte(event)})
	if err != nil {
		return err.Error()
	}
	return string(out.Events[0].Event)
}

// TestArchivesCarryRenamedSubjects: an upcaster into another subject, to a version
// with a lower number, is exported, taken over and carried out.
func TestArchivesCarryRenamedSubjects(t *testing.T) {
	from, to := openHouse(t, nil), openHouse(t, nil)
	if _, err := from.admin.SetConfig(bg, ":.pay:old", client.ConfigPatch{Set: wire.Config{Compatibility: "NONE"}}); err != nil {
		t.Fatal(err)
	}
	from.register(":.pay:old", avro("R", "a"))
	from.register(":.pay:old", avro("R", "b"))
	from.register(":.pay:new", avro("N", "c"))
	document := `{"instar":"upcast/v1","from":2,"to":{"subject":"new","version":1},"steps":[{"rename":{"from":"b","to":"c"}},{"renameType":{"to":{"subject":"new","version":1}}}]}`
	added, err := from.admin.AddUpcaster(bg, ":.pay:old", 2, 1, document, client.AddUpcasterOptions{})
	must(t, added, err)
	exported := from.export(client.ExportQuery{})
	r, err := to.admin.Import(bg, bytes.NewReader(exported), client.ImportOptions{})
	if must(t, r, err); r.Upcasters != 1 || len(r.Differences) != 0 {
		t.Errorf("import %+v", r)
	}
	if again := to.export(client.ExportQuery{}); !bytes.Contains(again, []byte(`"away":true`)) {
		t.Errorf("exported again:\n%s", again)
	}
	event := carriedEvent(t, from, ":.pay:old", "2", `{"b":1}`)
	if got := carriedEvent(t, to, ":.pay:old", "2", `{"b":1}`); got != event || got != `{"c":1}` {
		t.Errorf("the event became %s, where it comes from %s", got, event)
	}
	if _, err := from.admin.DeleteSubject(bg, ":.pay:new", false); err != nil {
		t.Fatal(err)
	}
	if live := from.export(client.ExportQuery{WithoutDeleted: true}); bytes.Contains(live, []byte(`"t":"upcaster"`)) {
		t.Errorf("an upcaster to a deleted version is exported without it:\n%s", live)
	}
}

func TestArchivesCarryUpcasters(t *testing.T) {
	from := bridgedHouse(t)
	to := openHouse(t, nil)
	exported := from.export(client.ExportQuery{})
	if n := strings.Count(string(exported), `"t":"upcaster"`); n != 5 || !strings.Contains(string(exported), `"upcasters":5`) {
		t.Fatalf("%d revisions are exported:\n%s", n, exported)
	}
	seq := to.service.State().Seq()
	dry, err := to.admin.Import(bg, bytes.NewReader(exported), client.ImportOptions{DryRun: true})
	if must(t, dry, err); dry.Upcasters != 5 || dry.Created != 3 || len(dry.Differences) != 0 || to.service.State().Seq() != seq {
		t.Errorf("dry run %+v", dry)
	}
	r, err := to.admin.Import(bg, bytes.NewReader(exported), client.ImportOptions{})
	if must(t, r, err); r.Upcasters != 5 || r.Created != 3 || len(r.Differences) != 0 {
		t.Errorf("import %+v", r)
	}
	if got, want := body(to.export(client.ExportQuery{})), body(exported); got != want {
		t.Errorf("the copy differs:\n%s\nwant\n%s", got, want)
	}
	for _, h := range []*house{from, to} {
		if got := carriedEvent(t, h, ":.pay:s", "1", `{"a":7}`); got != `{"b":7,"c":3}` {
			t.Errorf("the event became %s", got)
		}
		if findings, err := h.service.Verify(bg, true); err != nil || len(findings) != 0 {
			t.Errorf("verify: %v %v", findings, err)
		}
	}
	seq = to.service.State().Seq()
	again, err := to.admin.Import(bg, bytes.NewReader(exported), client.ImportOptions{})
	if must(t, again, err); to.service.State().Seq() != seq || len(again.Differences) != 0 {
		t.Errorf("a second import is not without effect: %+v", again)
	}
	mapped, err := to.admin.Import(bg, bytes.NewReader(exported), client.ImportOptions{ContextMap: map[string]string{".pay": ".old"}})
	if must(t, mapped, err); carriedEvent(t, to, ":.old:s", "1", `{"a":7}`) != `{"b":7,"c":3}` {
		t.Errorf("mapped %+v", mapped)
	}
}

// TestExportLeavesOutWhatLeadsNowhere: without a soft-deleted version the hops
// around it are left out too.
func TestExportLeavesOutWhatLeadsNowhere(t *testing.T) {
	h := bridgedHouse(t)
	n, err := h.admin.DeleteVersion(bg, ":.pay:s", 3, false)
	must(t, n, err)
	live := string(h.export(client.ExportQuery{WithoutDeleted: true}))
	if strings.Count(live, `"t":"upcaster"`) != 1 || !strings.Contains(live, `"from":1,"to":2,`) {
		t.Errorf("%s", live)
	}
	if whole := string(h.export(client.ExportQuery{})); strings.Count(whole, `"t":"upcaster"`) != 5 {
		t.Errorf("%s", whole)
	}
}

// altered writes an archive anew with other upcasters, or texts of theirs.
func altered(t *testing.T, in []byte, edit func(u *archive.UpcasterLine, text func(body string) string)) []byte {
	t.Helper()
	var out bytes.Buffer
	r := must2r(t)(archive.NewReader(bytes.NewReader(in), archive.DefaultLimits()))
	w, err := archive.NewWriter(&out, r.Header())
	must(t, w, err)
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for {
		l, err := r.Next()
		switch {
		case errors.Is(err, io.EOF):
			ok(w.Close())
			return out.Bytes()
		case err != nil:
			t.Fatal(err)
		case l.Text != nil:
			_, err = w.Text(l.Text.Body)
		case l.Version != nil:
			err = w.Version(*l.Version)
		case l.Config != nil:
			err = w.Config(*l.Config)
		case l.Upcaster != nil:
			edit(l.Upcaster, func(body string) string {
				hash, err := w.Text(body)
				ok(err)
				return hash
			})
			err = w.Upcaster(*l.Upcaster)
		}
		ok(err)
	}
}

// TestImportsProveAgain: what an archive claims is compared with what the prover
// says, in a dry run too; nothing is refused, and nothing wrong is carried out.
func TestImportsProveAgain(t *testing.T) {
	exported := bridgedHouse(t).export(client.ExportQuery{})
	for _, c := range []struct {
		name  string
		edit  func(u *archive.UpcasterLine, text func(string) string)
		want  string
		event string
	}{
		{"another verdict", func(u *archive.UpcasterLine, _ func(string) string) {
			if u.Revision == 3 {
				u.Class, u.Prover = "iso", "0"
			}
		}, "prover 1 says PROVED, lossy-down, total; in the archive prover 0 said PROVED, iso, total", `{"b":7,"c":3}`},
		{"another hash", func(u *archive.UpcasterLine, _ func(string) string) {
			if u.From == 1 {
				u.Document = "sha256:00"
			}
		}, "not sha256:00", `{"b":7,"c":3}`},
		{"a document that is refuted", func(u *archive.UpcasterLine, text func(string) string) {
			if u.From == 1 {
				doc := `{"instar":"upcast/v1","from":1,"to":2,"steps":[{"copy":{"from":"a","to":"b"}}]}`
				u.Text, u.Document = text(doc), documentHash(t, doc)
			}
		}, "prover 1 says REFUTED, total; in the archive prover 1 said PROVED, iso, total", "no proved way from version 1 to 2"},
		{"no document", func(u *archive.UpcasterLine, text func(string) string) {
			if u.From == 1 {
				u.Text = text(`steps: [`)
			}
		}, "the document cannot be read", "the stored document cannot be read"},
		{"a version that is not there", func(u *archive.UpcasterLine, _ func(string) string) {
			if u.Revision == 2 {
				u.From, u.To = 7, 8
			}
		}, "a version that it leads from or to does not exist here", `{"b":7,"c":3}`},
		{"versions apart", func(u *archive.UpcasterLine, text func(string) string) {
			if u.Revision == 2 {
				doc := `{"instar":"upcast/v1","from":1,"to":3,"steps":[{"rename":{"from":"a","to":"b"}},{"add":{"path":"c","value":2}}]}`
				u.From, u.State, u.Revision, u.Text = 1, "active", 1, text(doc)
				u.Document = documentHash(t, doc)
			}
		}, "no plan uses it: version 2 lies between its versions", `{"b":7,"c":3}`},
	} {
		data := altered(t, exported, c.edit)
		to := openHouse(t, nil)
		for _, dry := range []bool{true, false} {
			r, err := to.admin.Import(bg, bytes.NewReader(data), client.ImportOptions{DryRun: dry})
			if must(t, r, err); len(r.Differences) != 1 || !strings.Contains(r.Differences[0].Message, c.want) || r.Differences[0].Subject != ":.pay:s" {
				t.Errorf("%s, dry run %v: %+v", c.name, dry, r)
			}
		}
		if got := carriedEvent(t, to, ":.pay:s", "1", `{"a":7}`); !strings.Contains(got, c.event) {
			t.Errorf("%s: the event became %s", c.name, got)
		}
	}
	// The same revision with another document is a conflict, found before the
	// first write.
	to := openHouse(t, nil)
	r, err := to.admin.Import(bg, bytes.NewReader(exported), client.ImportOptions{})
	must(t, r, err)
	seq := to.service.State().Seq()
	_, err = to.admin.Import(bg, bytes.NewReader(altered(t, exported, func(u *archive.UpcasterLine, text func(string) string) {
		if u.From == 1 {
			u.Text = text("other")
		}
	})), client.ImportOptions{})
	refused(t, "another document", err, 409, 40960)
	if to.service.State().Seq() != seq {
		t.Error("something was written")
	}
}

func documentHash(t *testing.T, text string) string {
	t.Helper()
	doc, err := upcast.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return doc.Hash()
}

// TestArchivesCarryInheritedRules: the migration rules of a version that was deleted
// for good go into the archive with the version that inherited them.
func TestArchivesCarryInheritedRules(t *testing.T) {
	from, to := openHouse(t, nil), openHouse(t, nil)
	n := registry.ParseName("r")
	by := registry.By{Actor: "test", Request: "r"}
	if _, err := from.service.SetConfig(bg, by, registry.SetConfig{Scope: n, Patch: registry.ConfigPatch{Set: registry.Config{Compatibility: "NONE"}}}); err != nil {
		t.Fatal(err)
	}
	for i, field := range []string{"a", "b", "c"} {
		cmd := registry.Register{Name: n, Format: schema.Avro, Text: avro("R", field).Schema}
		if i > 0 {
			old := string(rune('a' + i - 1))
			cmd.RuleSet = &registry.RuleSet{Migration: []registry.Rule{{
				Name: field, Kind: "TRANSFORM", Type: "JSONATA", Mode: "UPGRADE", Expr: "{'" + field + "': " + old + "}",
			}}}
		}
		if _, err := from.service.Register(bg, by, cmd); err != nil {
			t.Fatal(err)
		}
	}
	for _, permanent := range []bool{false, true} {
		if _, err := from.service.DeleteVersion(bg, by, registry.DeleteVersion{Name: n, Version: 2, Permanent: permanent}); err != nil {
			t.Fatal(err)
		}
	}
	exported := from.export(client.ExportQuery{})
	r, err := to.admin.Import(bg, bytes.NewReader(exported), client.ImportOptions{})
	if must(t, r, err); r.Created != 2 {
		t.Errorf("%+v", r)
	}
	if got, want := body(to.export(client.ExportQuery{})), body(exported); got != want || !strings.Contains(want, `"inherited":{"rules":[`) {
		t.Errorf("the copy differs:\n%s\nwant\n%s", got, want)
	}
	for _, h := range []*house{from, to} {
		if got := carriedEvent(t, h, "r", "1", `{"a":7}`); got != `{"c":7}` {
			t.Errorf("the event became %s", got)
		}
	}
}
