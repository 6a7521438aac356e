package lint_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/compat"
	"github.com/instar-registry/instar/internal/oracle"
	"github.com/instar-registry/instar/lint"
	"github.com/instar-registry/instar/lint/source"
	"github.com/instar-registry/instar/lint/tree"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/format"
)

// history is a registry and a tree that changes beside it.
type history struct {
	tb      rapid.TB
	surface http.Handler
	base    string // its address
	terms   map[string]any
	// versions are the newest versions of what is a reference of something.
	versions map[string]int
	// groups are the newest compatibility groups by path; nil if there are none.
	groups map[string]int
	config *lint.Config

	asked, refused, findings int
}

// newHistory starts a registry with terms of its own.
func newHistory(t *testing.T, tb rapid.TB, terms map[string]any) (h *history, stop func()) {
	t.Helper()
	handler, closeLog := surface(t)
	server := httptest.NewServer(handler)
	h = &history{tb: tb, surface: handler, base: server.URL, terms: terms, versions: map[string]int{}, config: lint.DefaultConfig()}
	h.call("PUT", "/config", terms, nil)
	return h, func() { server.Close(); closeLog() }
}

// call asks the registry something and returns the status and the body.
func (h *history) call(method, path string, body any, header map[string]string) (int, []byte) {
	h.tb.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		h.tb.Fatal(err)
	}
	r := httptest.NewRequest(method, path, strings.NewReader(string(text)))
	r.Header.Set("Content-Type", wire.TypeV1)
	for k, v := range header {
		r.Header.Set(k, v)
	}
	w := httptest.NewRecorder()
	h.surface.ServeHTTP(w, r)
	if w.Code >= 500 {
		h.tb.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
	}
	return w.Code, w.Body.Bytes()
}

// answer is what both kinds of questions are answered with.
type answer struct {
	Compatible bool `json:"is_compatible"`
	Findings   []json.RawMessage
}

func (h *history) decode(body []byte) answer {
	h.tb.Helper()
	var a answer
	if err := json.Unmarshal(body, &a); err != nil {
		h.tb.Fatalf("%s: %v", body, err)
	}
	return a
}

// step holds evcheck and the registry to one answer about every schema of a tree,
// and then registers it. What the registry refuses is forced on it, so that the
// history has breaks in it.
func (h *history) step(texts map[string]string) {
	h.tb.Helper()
	entries, err := tree.Entries(context.Background(), lint.NewMemoryTree("head", texts), h.config, nil)
	if err != nil {
		h.tb.Fatal(err)
	}
	for i := range entries {
		h.entry(texts, &entries[i])
	}
}

func (h *history) entry(texts map[string]string, e *tree.Entry) {
	h.tb.Helper()
	body := map[string]any{"schema": e.Text, "schemaType": e.Format.String()}
	var refs []wire.Reference
	for _, u := range e.Uses {
		refs = append(refs, wire.Reference{Name: u.Name, Subject: u.File, Version: h.versions[u.File]})
	}
	if refs != nil {
		body["references"] = refs
	}
	at := "/subjects/" + url.PathEscape(e.Subject) + "/versions"
	state, refused, found := h.evcheck(texts, e.Subject, len(refs) == 0)
	_, registered := h.versions[e.Subject]
	switch {
	case !registered:
		h.own(at, body)
	case state != lint.SubjectUnchanged: // a version that exists is taken whatever a check says
		// The registry edits the text that it was sent and no other one.
		code, said := h.call("POST", "/compatibility"+at+"?explain=true&fixes="+fmt.Sprint(len(refs) == 0), h.grouped(at, body), nil)
		if code != http.StatusOK {
			h.tb.Fatalf("%s: %d %s", e.Subject, code, said)
		}
		a := h.decode(said)
		h.asked, h.findings = h.asked+1, h.findings+len(a.Findings)
		if a.Compatible == refused {
			h.tb.Errorf("%s: the registry accepts: %v, evcheck refuses: %v\n%s\n%s", e.Subject, a.Compatible, refused, e.Text, said)
		}
		if h.terms["normalize"] != true { // places are those of another text then
			h.sameFindings(e, found, a.Findings)
		}
	}
	code, said := h.call("POST", at, body, map[string]string{"Accept": wire.TypeInstar})
	if (code == http.StatusConflict) != refused || code != http.StatusConflict && code != http.StatusOK {
		h.tb.Fatalf("%s: evcheck refuses: %v, registering is answered with %d %s\n%s", e.Subject, refused, code, said, e.Text)
	}
	if code == http.StatusConflict {
		h.refused++
		_, plain := h.call("POST", "/compatibility"+at+"?explain=true", h.grouped(at, body), nil)
		if got, want := texted(h.decode(said).Findings), texted(h.decode(plain).Findings); !slices.Equal(got, want) {
			h.tb.Errorf("%s is refused with\n\t%s\nand the check finds\n\t%s", e.Subject, strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
		}
		said = h.force(at, body)
	}
	var r struct {
		Version int
		Schema  string
	}
	if err := json.Unmarshal(said, &r); err != nil || r.Version == 0 || r.Schema == "" {
		h.tb.Fatalf("%s: %s: %v", e.Subject, said, err)
	}
	h.versions[e.Subject] = r.Version
	if h.terms["normalize"] != true {
		// The order of members tells no JSON Schemas apart: an earlier version
		// may be this one, and places are those of its text.
		texts[e.Subject] = r.Schema
	}
}

// force registers what was refused: in a compatibility group of its own where
// there are groups, and else while nothing is asked for.
func (h *history) force(at string, body map[string]any) []byte {
	h.tb.Helper()
	if h.groups != nil {
		h.groups[at]++
		h.own(at, body)
	} else {
		h.call("PUT", "/config", map[string]any{"compatibility": "NONE"}, nil)
		defer h.call("PUT", "/config", h.terms, nil)
	}
	code, said := h.call("POST", at, body, map[string]string{"Accept": wire.TypeInstar})
	if code != http.StatusOK {
		h.tb.Fatalf("what was refused cannot be registered: %d %s", code, said)
	}
	return said
}

// own puts a schema into the newest compatibility group.
func (h *history) own(at string, body map[string]any) {
	if h.groups != nil {
		body["metadata"] = map[string]any{"properties": map[string]string{"major": fmt.Sprint(h.groups[at])}}
	}
}

// grouped is a body with the metadata that a registration without any takes from
// the newest version; a check takes them as they are sent.
func (h *history) grouped(at string, body map[string]any) map[string]any {
	body = maps.Clone(body)
	h.own(at, body)
	return body
}

// evcheck asks evcheck about one subject of a tree, with the registry as base.
func (h *history) evcheck(texts map[string]string, subject string, fixes bool) (state string, refused bool, found []*compat.Finding) {
	h.tb.Helper()
	ctx := context.Background()
	o := &source.Opener{Dir: ".", Environ: []string{}}
	bases, err := o.Bases(ctx, []string{"registry:" + h.base})
	if err != nil {
		h.tb.Fatal(err)
	}
	r, err := lint.Compare(ctx, lint.Request{
		Head: lint.NewMemoryTree("head", texts), Bases: bases, Config: h.config, Subject: subject, Fixes: fixes, Jobs: 1, FailOn: lint.SeverityError,
		Verdict: lint.VerdictBoth,
	})
	if err != nil {
		h.tb.Fatal(err)
	}
	if len(r.Subjects) != 1 || r.Subjects[0].State == lint.SubjectInvalid {
		h.tb.Fatalf("%s: %+v %+v", subject, r.Subjects, r.Findings)
	}
	if len(r.Summary.Remarks) > 0 {
		h.tb.Errorf("%s: %q", subject, r.Summary.Remarks)
	}
	for i := range r.Findings {
		if f := r.Findings[i].Engine; f != nil {
			found = append(found, f)
		}
	}
	refused = slices.ContainsFunc(r.Subjects[0].Checks, func(c lint.Check) bool { return c.Required && c.Refused })
	if fails := r.Summary.Verdict == lint.VerdictFail; fails != refused {
		h.tb.Errorf("%s: the verdict of the run is %s, and a check is refused: %v", subject, r.Summary.Verdict, refused)
	}
	return r.Subjects[0].State, refused, found
}

// sameFindings compares findings byte for byte. Remarks on what no event minds
// are evcheck's alone.
func (h *history) sameFindings(e *tree.Entry, found []*compat.Finding, answered []json.RawMessage) {
	h.tb.Helper()
	want := texted(h.merged(found, answered, e.Subject))
	var got []string
	for _, f := range found {
		text := string(f.AppendJSON(nil, e.Subject))
		if slices.Contains(want, text) || f.Class() != compat.ClassInfo && f.Class() != compat.ClassPolicy {
			got = append(got, text)
		}
	}
	if slices.Sort(got); !slices.Equal(got, want) {
		without := func(list, other []string) string {
			list = slices.DeleteFunc(slices.Clone(list), func(f string) bool { return slices.Contains(other, f) })
			return strings.Join(list, "\n\t")
		}
		h.tb.Errorf("%s: evcheck alone finds\n\t%s\nthe registry alone\n\t%s\nfor %s", e.Subject, without(got, want), without(want, got), e.Text)
	}
}

// merged leaves out what evcheck tells with another finding: of one edit in a
// file that an event reaches on several ways, it tells one. The ways may call the
// file by several names, in several directories.
func (h *history) merged(found []*compat.Finding, answered []json.RawMessage, subject string) []json.RawMessage {
	h.tb.Helper()
	edit := func(text []byte) string {
		var f struct {
			Rule, Class, Direction string
			Pointer, Params        json.RawMessage
			Positions              map[string]struct {
				Document     string
				Line, Column int
			}
		}
		if err := json.Unmarshal(text, &f); err != nil {
			h.tb.Fatal(err)
		}
		if f.Positions == nil {
			return string(text)
		}
		for side, p := range f.Positions {
			p.Document = path.Base(p.Document)
			f.Positions[side] = p
		}
		return fmt.Sprintf("%s %s %s %s %v %s", f.Rule, f.Class, f.Direction, f.Pointer, f.Positions, f.Params)
	}
	told := map[string][]string{}
	for _, f := range found {
		text := f.AppendJSON(nil, subject)
		told[edit(text)] = append(told[edit(text)], string(text))
	}
	return slices.DeleteFunc(slices.Clone(answered), func(text json.RawMessage) bool {
		same := told[edit(text)]
		return len(same) > 0 && !slices.Contains(same, string(text))
	})
}

func texted(list []json.RawMessage) []string {
	out := make([]string, len(list))
	for i, f := range list {
		out[i] = string(f)
	}
	slices.Sort(out)
	return out
}

// canonical are the texts of a model as a registry stores them, so that places
// are the same.
func canonical(tb rapid.TB, f schema.Format, texts map[string]string) map[string]string {
	out := map[string]string{}
	var docs []schema.Document
	for _, name := range []string{"colour", "money", "order"} { // what uses another one comes later
		file := name + map[schema.Format]string{schema.Avro: ".avsc", schema.JSON: ".schema.json", schema.Protobuf: ".proto"}[f]
		p, err := format.Parse(f, texts[file], docs, schema.Options{Limits: schema.DefaultLimits()})
		if err != nil {
			tb.Fatalf("%s: %v\n%s", file, err, texts[file])
		}
		out[file] = p.Canonical()
		if f == schema.Avro {
			file = "acme." + strings.ToUpper(name[:1]) + name[1:]
		}
		docs = append(docs, schema.Document{Name: file, Text: p.Canonical()})
	}
	return out
}

// TestRandomHistoriesAgree: whatever is registered in whatever order, under every
// level and policy, with references, compatibility groups and normalisation,
// evcheck refuses what the registry refuses and finds what it finds, byte for
// byte, and a refusal carries the findings of the check.
//
// INSTAR_AGREE_HISTORIES is the number of histories.
func TestRandomHistoriesAgree(t *testing.T) {
	histories := os.Getenv("INSTAR_AGREE_HISTORIES")
	if histories == "" {
		histories = "50"
	}
	for name, value := range map[string]string{"rapid.checks": histories, "rapid.nofailfile": "true"} {
		f := flag.Lookup(name)
		before := f.Value.String()
		if err := flag.Set(name, value); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = flag.Set(name, before) }) // it was that before
	}
	asked, refused, findings := 0, 0, 0
	rapid.Check(t, func(r *rapid.T) {
		f, err := schema.ParseFormat(rapid.SampledFrom([]string{"AVRO", "JSON", "PROTOBUF"}).Draw(r, "format"))
		if err != nil {
			r.Fatal(err)
		}
		terms := map[string]any{
			"compatibility":       rapid.SampledFrom([]string{"BACKWARD", "FORWARD", "FULL", "BACKWARD_TRANSITIVE", "FORWARD_TRANSITIVE", "FULL_TRANSITIVE"}).Draw(r, "level"),
			"compatibilityPolicy": rapid.SampledFrom([]string{"EXACT", "EXACT", "EXACT", "DECLARED", "STRICT", "LENIENT"}).Draw(r, "policy"),
			"normalize":           rapid.IntRange(0, 4).Draw(r, "normalize") == 0,
		}
		grouped := rapid.IntRange(0, 3).Draw(r, "grouped") == 0
		if grouped {
			terms["compatibilityGroup"] = "major"
		}
		h, stop := newHistory(t, r, terms)
		defer stop()
		if grouped {
			h.groups = map[string]int{}
		}
		m := firstModel(r)
		h.step(canonical(r, f, m.files(f.String())))
		for range rapid.IntRange(1, 3).Draw(r, "steps") {
			for range rapid.IntRange(1, 2).Draw(r, "edits") {
				m = m.edit(r)
			}
			h.step(canonical(r, f, m.files(f.String())))
		}
		asked, refused, findings = asked+h.asked, refused+h.refused, findings+h.findings
	})
	t.Logf("%d questions, %d refusals, %d findings", asked, refused, findings)
	if refused < 15 || findings < refused || asked < 60 {
		t.Errorf("%d questions, %d refusals, %d findings: too few to tell", asked, refused, findings)
	}
}

// TestHistoriesWithReferencesAgree does the same for published edits of schemas
// that refer to others. INSTAR_CORPORA names the folder of the corpora, all of
// whose edits are then asked about.
func TestHistoriesWithReferencesAgree(t *testing.T) {
	files := oracle.Files{Repository: "..", Corpora: os.Getenv("INSTAR_CORPORA")}
	// Some of the files that others refer to do not say what they are.
	anyJSON, err := lint.ReadConfig(lint.ConfigFile, []byte("instar: evcheck/v1\nsources: [{match: '**/*.json', format: JSON}]"))
	if err != nil {
		t.Fatal(err)
	}
	asked, findings := 0, 0
	for _, project := range oracle.Projects {
		edits := 0
		err := files.Edits(project, func(e *oracle.Edit) error {
			if len(e.Old.Docs)+len(e.New.Docs) == 0 || files.Corpora == "" && edits == 15 {
				return nil
			}
			edits++
			h, stop := newHistory(t, t, map[string]any{"compatibility": "FULL_TRANSITIVE"})
			defer stop()
			if e.Format == schema.JSON {
				h.config = anyJSON
			}
			old, now := editTree(e.Format, &e.Old), editTree(e.Format, &e.New)
			if old == nil || now == nil {
				return nil
			}
			h.step(old)
			h.step(now)
			asked, findings = asked+h.asked, findings+h.findings
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %d edits with references", project, edits)
	}
	if t.Logf("%d questions, %d findings", asked, findings); asked < 20 || findings < 10 {
		t.Errorf("%d questions with %d findings are too few to tell", asked, findings)
	}
}

// editTree is a side of an edit as a tree of texts that a registry would store;
// nil if one of them is no schema.
func editTree(f schema.Format, s *oracle.Source) map[string]string {
	end := map[schema.Format]string{schema.Avro: ".avsc", schema.JSON: ".schema.json", schema.Protobuf: ".proto"}[f]
	out := map[string]string{}
	put := func(file, text string) bool {
		p, err := format.Parse(f, text, s.Docs, schema.Options{Limits: schema.DefaultLimits()})
		if err == nil {
			out[file] = p.Canonical()
		}
		return err == nil
	}
	top := "the-subject" + end
	if !put(top, s.Text) {
		return nil
	}
	files := map[string]string{} // by name
	if f == schema.JSON {
		beside(s, top, s.Text, files)
	}
	for i, d := range s.Docs {
		file := files[d.Name]
		switch {
		case file != "":
		case strings.Contains(d.Name, ":") || !strings.HasSuffix(d.Name, end): // found by its identifier
			file = fmt.Sprintf("referenced/%d%s", i, end)
		default:
			file = path.Clean(d.Name)
		}
		if !put(file, d.Text) {
			return nil
		}
	}
	return out
}

var relative = regexp.MustCompile(`"\$ref"\s*:\s*"([^":#/][^":#]*\.json)`)

// beside lays the documents that JSON Schemas name by relative references where
// those lead from their users.
func beside(s *oracle.Source, file, text string, files map[string]string) {
	for _, m := range relative.FindAllStringSubmatch(text, -1) {
		i := slices.IndexFunc(s.Docs, func(d schema.Document) bool { return d.Name == m[1] })
		if i < 0 || files[m[1]] != "" {
			continue
		}
		files[m[1]] = path.Join("/", path.Dir(file), m[1])[1:]
		beside(s, files[m[1]], s.Docs[i].Text, files)
	}
}

// TestEarlierOrderAgrees: a JSON Schema that comes back to an earlier version with
// its members in another order is that version, and what refers to it is told of
// the same places.
func TestEarlierOrderAgrees(t *testing.T) {
	object := func(properties string) string { return `{"type":"object","properties":{` + properties + `}}` }
	const f3, f4 = `"f3":{"type":"string"}`, `"f4":{"type":"integer"}`
	h, stop := newHistory(t, t, map[string]any{"compatibility": "BACKWARD"})
	defer stop()
	for i, money := range []string{f4 + "," + f3, f3, f3 + "," + f4} {
		order := fmt.Sprintf(`"total":{"$ref":"money.schema.json"},"n%d":{"type":"string"}`, i)
		h.step(map[string]string{"money.schema.json": object(money), "order.schema.json": object(order)})
	}
	if h.versions["money.schema.json"] != 1 || h.findings == 0 || h.refused == 0 {
		t.Errorf("money is version %d, with %d findings and %d refusals", h.versions["money.schema.json"], h.findings, h.refused)
	}
}

// TestNamesOfDocumentsAgree: a document that is reached by way of others has one
// name on both sides, whatever addresses the files make of it.
func TestNamesOfDocumentsAgree(t *testing.T) {
	object := func(id, property, ref string) string {
		if id != "" {
			id = `"$id":"` + id + `",`
		}
		return `{` + id + `"type":"object","properties":{"` + property + `":{"$ref":"` + ref + `"}},"additionalProperties":false}`
	}
	for name, files := range map[string][3][2]string{
		"an identifier that is not the path": {
			{"top.schema.json", object("top", "job", "common/job.schema.json")},
			{"common/job.schema.json", object("job.schema.json", "step", "step.schema.json")},
			{"common/step.schema.json", `{"$id":"common/step.schema.json",`},
		},
		"siblings in a directory": {
			{"top.schema.json", object("", "job", "common/job.schema.json")},
			{"common/job.schema.json", object("", "step", "step.schema.json")},
			{"common/step.schema.json", `{`},
		},
		"a directory beside": {
			{"top.schema.json", object("", "job", "jobs/now/job.schema.json")},
			{"jobs/now/job.schema.json", object("", "step", "../steps/step.schema.json")},
			{"jobs/steps/step.schema.json", `{`},
		},
		"an address at the top": {
			{"top.schema.json", object("https://acme.example/top.schema.json", "job", "common/job.schema.json")},
			{"common/job.schema.json", object("", "step", "step.schema.json")},
			{"common/step.schema.json", `{`},
		},
		"addresses everywhere": {
			{"top.schema.json", object("https://acme.example/top.schema.json", "job", "common/job.schema.json")},
			{"common/job.schema.json", object("https://acme.example/common/job.schema.json", "step", "step.schema.json")},
			{"common/step.schema.json", `{"$id":"https://acme.example/common/step.schema.json",`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			h, stop := newHistory(t, t, map[string]any{"compatibility": "FULL_TRANSITIVE"})
			defer stop()
			for _, kind := range []string{"integer", "number", "string"} {
				texts := map[string]string{}
				for _, f := range files {
					texts[f[0]] = f[1]
				}
				texts[files[2][0]] += `"type":"` + kind + `"}`
				h.step(texts)
			}
			if h.refused != 6 || h.findings < 6 {
				t.Errorf("%d refusals with %d findings; each of three schemas breaks twice", h.refused, h.findings)
			}
		})
	}
}
