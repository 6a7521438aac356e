package api

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/client"
	"github.com/instar-registry/instar/internal/archive"
)

// furnish fills a registry with something of everything.
func furnish(t *testing.T, h *house) {
	t.Helper()
	h.register("a", avro("A", "x"))
	h.register("b", wire.RegisterRequest{
		Schema:     `{"type":"record","name":"B","fields":[{"name":"a","type":"A"}]}`,
		References: []wire.Reference{{Name: "A", Subject: "a", Version: 1}},
		Metadata:   &wire.Metadata{Properties: map[string]string{"owner": "t"}},
		RuleSet:    &wire.RuleSet{DomainRules: []wire.Rule{{Name: "r", Kind: "CONDITION", Mode: "WRITE", Type: "CEL", Expr: "message.a.x > 0"}}},
	})
	h.register("a", avro("A", "x", "y"))
	h.register(":.pay:p", avro("P"))
	h.register(":.pay:gone", avro("G"))
	if _, err := h.admin.DeleteSubject(bg, ":.pay:gone", false); err != nil {
		t.Fatal(err)
	}
	if _, err := h.admin.SetConfig(bg, "a", client.ConfigPatch{Set: wire.Config{Compatibility: "FULL"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.admin.SetConfig(bg, ":.pay:", client.ConfigPatch{Set: wire.Config{CompatibilityPolicy: "STRICT"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.admin.SetMode(bg, "b", "READONLY", false); err != nil {
		t.Fatal(err)
	}
}

func (h *house) export(q client.ExportQuery) []byte {
	h.t.Helper()
	var b bytes.Buffer
	if err := h.admin.Export(bg, q, &b); err != nil {
		h.t.Fatal(err)
	}
	return b.Bytes()
}

// body drops the first and last line, which name sequence and checksum.
func body(exported []byte) string {
	lines := strings.Split(strings.TrimSpace(string(exported)), "\n")
	return strings.Join(lines[1:len(lines)-1], "\n")
}

func TestExportAndImportIntoAnotherRegistry(t *testing.T) {
	from, to := openHouse(t, nil), openHouse(t, func(o *Options) { o.Instar.ImportDir = t.TempDir() })
	furnish(t, from)
	exported := from.export(client.ExportQuery{})

	dry, err := to.admin.Import(bg, bytes.NewReader(exported), client.ImportOptions{DryRun: true})
	must(t, dry, err)
	if !dry.DryRun || dry.Created != 5 || to.service.State().Seq() != 2 {
		t.Errorf("dry run %+v at %d", dry, to.service.State().Seq())
	}
	r, err := to.admin.Import(bg, bytes.NewReader(exported), client.ImportOptions{})
	must(t, r, err)
	if r.Created != 5 || r.Skipped != 0 || r.Configs != 2 || r.Modes != 1 || r.Dangling != 0 || len(r.Differences) != 0 {
		t.Errorf("import %+v", r)
	}
	if got, want := body(to.export(client.ExportQuery{})), body(exported); got != want {
		t.Errorf("the copy differs:\n%s\nwant\n%s", got, want)
	}

	seq := to.service.State().Seq()
	r, err = to.admin.Import(bg, bytes.NewReader(exported), client.ImportOptions{})
	must(t, r, err)
	if r.Created != 0 || r.Skipped != 5 || to.service.State().Seq() != seq {
		t.Errorf("a second import is not without effect: %+v at %d, before %d", r, to.service.State().Seq(), seq)
	}
	if left, err := os.ReadDir(to.api.opt.Instar.ImportDir); err != nil || len(left) != 0 {
		t.Errorf("staged files are left: %v %v", left, err)
	}
	// Ids go on after the imported ones.
	if n := to.register("new", avro("N")); n.ID != 4 {
		t.Errorf("the next id is %d", n.ID)
	}
}

func TestImportRefusesBeforeTheFirstWrite(t *testing.T) {
	from := openHouse(t, nil)
	furnish(t, from)
	exported := from.export(client.ExportQuery{})
	to := openHouse(t, nil)
	other := to.register("z", avro("Z")) // takes the id 1
	seq := to.service.State().Seq()
	try := func(what string, c *client.Client, data []byte, o client.ImportOptions, status, code int) {
		t.Helper()
		_, err := c.Import(bg, bytes.NewReader(data), o)
		refused(t, what, err, status, code)
		if to.service.State().Seq() != seq {
			t.Fatalf("%s: something was written", what)
		}
	}
	try("id taken", to.admin, exported, client.ImportOptions{}, 409, 40960)
	try("cut", to.admin, exported[:len(exported)-30], client.ImportOptions{}, 422, 42262)
	try("altered", to.admin, bytes.Replace(exported, []byte(`"subject":"b"`), []byte(`"subject":"c"`), 1), client.ImportOptions{}, 422, 42262)
	try("bad line", to.admin, bytes.Replace(exported, []byte(`"t":"version"`), []byte(`"t":"verzion"`), 1), client.ImportOptions{}, 422, 42261)
	try("empty", to.admin, nil, client.ImportOptions{}, 422, 42262)
	try("bad map", to.admin, exported, client.ImportOptions{ContextMap: map[string]string{"a:b": "c"}}, 400, 400)
	steward := to.as("steward", nil, [2]string{"steward", ":*:*"})
	seq = to.service.State().Seq()
	try("no migrator", steward, exported, client.ImportOptions{}, 403, 403)
	narrow := to.as("narrow", nil, [2]string{"migrator", ":.x:*"})
	seq = to.service.State().Seq()
	try("outside the pattern", narrow, exported, client.ImportOptions{}, 403, 403)

	// Mapped to contexts of its own, the same archive fits beside what is there.
	migrator := to.as("migrator", nil, [2]string{"migrator", ":.old*:*"})
	r, err := migrator.Import(bg, bytes.NewReader(exported), client.ImportOptions{ContextMap: map[string]string{".": ".old", ".pay": ".oldpay"}})
	if must(t, r, err); r.Created != 5 {
		t.Errorf("mapped %+v", r)
	}
	got, err := to.admin.Version(bg, ":.old:b", 1, client.VersionQuery{})
	if must(t, got, err); got.ID != 2 || got.GUID == "" {
		t.Errorf("mapped version %+v", got)
	}
	if s, err := to.admin.SchemaByID(bg, "", other.ID); err != nil || s.Schema != other.Schema {
		t.Errorf("id 1 now is %+v %v", s, err)
	}
}

func TestImportSkipsIdentical(t *testing.T) {
	from, to := openHouse(t, nil), openHouse(t, nil)
	from.register("a", avro("A", "x"))
	from.register("a", avro("A", "x", "y"))
	exported := from.export(client.ExportQuery{})
	// The target holds the second version's schema as its first.
	if _, err := to.admin.SetMode(bg, "a", "IMPORT", false); err != nil {
		t.Fatal(err)
	}
	second := avro("A", "x", "y")
	second.ID, second.Version = 2, 7
	if _, err := to.admin.Register(bg, "a", second, client.RegisterOptions{}); err != nil {
		t.Fatal(err)
	}
	r, err := to.admin.Import(bg, bytes.NewReader(exported), client.ImportOptions{SkipIdentical: true})
	must(t, r, err)
	if r.Created != 1 || r.Skipped != 1 || len(r.Differences) != 1 || !strings.Contains(r.Differences[0].Message, "version 7") {
		t.Errorf("%+v", r)
	}
}

// textsFirst writes an archive anew with all texts before all else, which no
// export does but the format allows.
func textsFirst(t *testing.T, in []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	var lines []archive.Line
	r := must2r(t)(archive.NewReader(bytes.NewReader(in), archive.DefaultLimits()))
	for {
		l, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		lines = append(lines, must(t, l, err))
	}
	w, err := archive.NewWriter(&out, r.Header())
	must(t, w, err)
	for _, l := range lines {
		if l.Text != nil {
			hash, err := w.Text(l.Text.Body)
			must(t, hash, err)
		}
	}
	for _, l := range lines {
		if l.Version != nil {
			if err := w.Version(*l.Version); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func must2r(t *testing.T) func(*archive.Reader, error) *archive.Reader {
	return func(r *archive.Reader, err error) *archive.Reader { t.Helper(); return must(t, r, err) }
}

func TestImportInSeveralBatches(t *testing.T) {
	from, to := openHouse(t, nil), openHouse(t, nil)
	const versions = 2*importBatch + 100
	for i := range versions {
		from.register("s", avro("R", fmt.Sprintf("f%d", i)))
	}
	exported := from.export(client.ExportQuery{})
	seq := to.service.State().Seq()
	r, err := to.admin.Import(bg, bytes.NewReader(textsFirst(t, exported)), client.ImportOptions{})
	must(t, r, err)
	if r.Created != versions || body(to.export(client.ExportQuery{})) != body(exported) {
		t.Errorf("%d of %d versions came over: %+v", r.Created, versions, r)
	}
	if to.service.State().Seq() != seq+versions {
		t.Errorf("%d changes", to.service.State().Seq()-seq)
	}
}

// TestExportCompressed: who accepts gzip gets it, with the same archive inside
// and an end; who does not gets the archive as it is. Go's transport asks for
// gzip by itself, so every other export of these tests is compressed too.
func TestExportCompressed(t *testing.T) {
	s := newServer(t, nil)
	for i := range 50 {
		s.post(fmt.Sprintf("/subjects/s%d/versions", i), `{"schema":"\"string\""}`)
	}
	plain := s.get("/export")
	for accept, want := range map[string]string{"gzip": "gzip", "br, gzip;q=0.5": "gzip", "identity": "", "gzip;q=0": "", "": ""} {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			a := s.send(method + " /export\nAccept-Encoding: " + accept)
			if a.status != http.StatusOK || a.header.Get("Content-Encoding") != want || !strings.Contains(a.header.Get("Vary"), "Accept-Encoding") {
				t.Fatalf("%s, Accept-Encoding %q: %d %v", method, accept, a.status, a.header)
			}
			if method == http.MethodHead {
				if a.body != "" {
					t.Errorf("HEAD has a body of %d bytes", len(a.body))
				}
				continue
			}
			got := io.Reader(strings.NewReader(a.body))
			if want != "" {
				z, err := gzip.NewReader(got)
				if err != nil {
					t.Fatal(err)
				}
				got = z
			}
			text, err := io.ReadAll(got)
			if err != nil || string(text) != plain || (want != "") != (len(a.body) < len(plain)/2) {
				t.Errorf("Accept-Encoding %q: %d bytes of %d, %v", accept, len(a.body), len(plain), err)
			}
		}
	}
}

func TestExportSelects(t *testing.T) {
	h := openHouse(t, nil)
	furnish(t, h)
	pay := string(h.export(client.ExportQuery{Context: ".pay"}))
	if strings.Contains(pay, `"context":"."`) || !strings.Contains(pay, `"subject":"gone"`) || !strings.Contains(pay, `STRICT`) {
		t.Errorf("context .pay:\n%s", pay)
	}
	live := string(h.export(client.ExportQuery{Context: ".pay", WithoutDeleted: true, WithoutConfig: true}))
	if strings.Contains(live, "gone") || strings.Contains(live, "STRICT") {
		t.Errorf("live without config:\n%s", live)
	}
	var b bytes.Buffer
	part := h.as("part", nil, [2]string{"admin", ":.pay:*"})
	if err := part.Export(bg, client.ExportQuery{Context: ".pay"}, &b); err != nil {
		t.Error(err)
	}
	refused(t, "everything by the admin of a context", part.Export(bg, client.ExportQuery{}, &b), 403, 403)
	refused(t, "by a viewer", h.as("v", nil, [2]string{"viewer", ":*:*"}).Export(bg, client.ExportQuery{}, &b), 403, 403)
}

// TestImportShowsNothingHidden: a reference or an alias makes its target
// readable, so it takes the right to read the target.
func TestImportShowsNothingHidden(t *testing.T) {
	from, to := openHouse(t, nil), openHouse(t, nil)
	for _, h := range []*house{from, to} {
		h.register("secret", avro("A", "x"))
	}
	from.register(":.x:b", wire.RegisterRequest{
		Schema:     `{"type":"record","name":"B","fields":[{"name":"a","type":"A"}]}`,
		References: []wire.Reference{{Name: "A", Subject: ":.:secret", Version: 1}},
	})
	referring := from.export(client.ExportQuery{Context: ".x", WithoutConfig: true})
	if _, err := from.admin.SetConfig(bg, ":.x:c", client.ConfigPatch{Set: wire.Config{Alias: ":.:secret"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := from.admin.DeleteSubject(bg, ":.x:b", false); err != nil {
		t.Fatal(err)
	}
	aliasing := from.export(client.ExportQuery{Context: ".x", WithoutDeleted: true})
	migrator := to.as("m", nil, [2]string{"migrator", ":.x:*"})
	for what, exported := range map[string][]byte{"a reference": referring, "an alias": aliasing} {
		_, err := migrator.Import(bg, bytes.NewReader(exported), client.ImportOptions{})
		refused(t, what, err, 403, 403)
		r, err := to.admin.Import(bg, bytes.NewReader(exported), client.ImportOptions{DryRun: true})
		must(t, r, err)
	}
}
