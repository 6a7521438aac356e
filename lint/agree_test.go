package lint_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/instar-registry/instar/api"
	"github.com/instar-registry/instar/compat"
	"github.com/instar-registry/instar/internal/oracle"
	"github.com/instar-registry/instar/lint"
	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/format"
	"github.com/instar-registry/instar/store/memory"
)

// surface is the REST surface of a registry in memory.
func surface(t *testing.T) (h http.Handler, stop func()) {
	t.Helper()
	service := registry.Open(registry.Options{Log: memory.New(), Clock: time.Now, Exclusive: true, Settings: registry.DefaultSettings()})
	for range 5000 {
		if service.Status().Ready {
			break
		}
		time.Sleep(time.Millisecond)
	}
	h, err := api.New(api.Options{Service: service, Clock: time.Now, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	return h, func() { _ = service.Close(context.Background()) }
}

func call(t *testing.T, h http.Handler, method, path string, body, out any) int {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(method, path, strings.NewReader(string(text)))
	r.Header.Set("Content-Type", "application/vnd.schemaregistry.v1+json")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if out != nil && w.Code == http.StatusOK {
		if err := json.Unmarshal(w.Body.Bytes(), out); err != nil {
			t.Fatalf("%s: %v", w.Body, err)
		}
	}
	return w.Code
}

// formats are the names and file endings of the three formats.
var formats = map[string]string{"avro": "AVRO", "json": "JSON", "proto": "PROTOBUF"}

// revision is a pair of texts.
type revision struct{ name, format, old, now string }

// examples are the pairs of the rule catalogue.
func examples(t *testing.T) []revision {
	t.Helper()
	var out []revision
	for folder, format := range formats {
		dirs, err := filepath.Glob(filepath.Join("..", "compat", "testdata", "rules", folder, "*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, dir := range dirs {
			old, now := textIn(dir, "old"), textIn(dir, "new")
			if old != "" && now != "" {
				out = append(out, revision{filepath.Base(dir), format, old, now})
			}
		}
	}
	if len(out) < 200 {
		t.Fatalf("only %d examples were found", len(out))
	}
	return out
}

func textIn(dir, name string) string {
	for _, end := range []string{".avsc", ".json", ".proto"} {
		if body, err := os.ReadFile(filepath.Join(dir, name+end)); err == nil {
			return string(body)
		}
	}
	return ""
}

// published are the edits of the corpora in a folder that refer to nothing.
func published(t *testing.T, folder string) []revision {
	t.Helper()
	var out []revision
	for _, project := range oracle.Projects {
		before := len(out)
		err := oracle.Files{Repository: "..", Corpora: folder}.Edits(project, func(e *oracle.Edit) error {
			if len(e.Old.Docs)+len(e.New.Docs) == 0 {
				out = append(out, revision{e.Name, e.Format.String(), e.Old.Text, e.New.Text})
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %d edits without references", project, len(out)-before)
	}
	return out
}

// TestFindingsAreTheServers: for one pair, evcheck finds what the registry's
// compatibility endpoint does, byte for byte, and its verdict is the registry's.
// INSTAR_CORPORA names the folder of the corpora, whose edits without references are then asked about too.
func TestFindingsAreTheServers(t *testing.T) {
	pairs := examples(t)
	if folder := os.Getenv("INSTAR_CORPORA"); folder != "" {
		pairs = append(pairs, published(t, folder)...)
	}
	for _, level := range []compat.Level{compat.Backward, compat.FullTransitive} {
		asked, found := 0, 0
		for _, p := range pairs {
			n, ok := agree(t, level, &p)
			if ok {
				asked++
			}
			found += n
		}
		t.Logf("%s: %d pairs, %d findings", level, asked, found)
		if asked < 200 || found < asked {
			t.Errorf("%d of %d pairs were asked about, with %d findings", asked, len(pairs), found)
		}
	}
}

// agree asks both about one pair. It reports false where the registry takes one
// of the texts for no schema, or needs a reference that is not there.
//
// Each pair has a registry of its own: one that has judged a pair before answers
// with the places of the layout that it saw first.
func agree(t *testing.T, level compat.Level, p *revision) (int, bool) {
	t.Helper()
	h, stop := surface(t)
	defer stop()
	if code := call(t, h, "PUT", "/config", map[string]string{"compatibility": level.String()}, nil); code != http.StatusOK {
		t.Fatalf("the level was answered with %d", code)
	}
	subject, path := p.name, "/subjects/"+url.PathEscape(p.name)
	f, err := schema.ParseFormat(p.format)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := format.Parse(f, p.old, nil, schema.Options{Limits: schema.DefaultLimits()})
	if err != nil {
		return 0, false
	}
	// What a registry stores is the canonical text, so that is what both are given.
	old := parsed.Canonical()
	if call(t, h, "POST", path+"/versions", map[string]string{"schema": old, "schemaType": p.format}, nil) != http.StatusOK {
		return 0, false
	}
	var answer struct {
		Compatible bool `json:"is_compatible"`
		Findings   []json.RawMessage
	}
	if call(t, h, "POST", "/compatibility"+path+"/versions?explain=true&fixes=true", map[string]string{"schema": p.now, "schemaType": p.format}, &answer) != http.StatusOK {
		return 0, false
	}
	var want []string
	for _, f := range answer.Findings {
		want = append(want, string(f))
	}
	end := map[string]string{"AVRO": ".avsc", "JSON": ".schema.json", "PROTOBUF": ".proto"}[p.format]
	c, err := lint.ReadConfig(lint.ConfigFile, []byte("instar: evcheck/v1\nsources: [{match: '*"+end+"', subject: "+quoted(subject)+", level: "+level.String()+", history: files}]"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := lint.Compare(t.Context(), lint.Request{
		Head:   lint.NewMemoryTree("head", map[string]string{"1" + end: old, "2" + end: p.now}),
		Bases:  []lint.Base{{Tree: lint.NewMemoryTree("base", map[string]string{"1" + end: old})}},
		Config: c, Fixes: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for i := range r.Findings {
		if f := r.Findings[i].Engine; f != nil {
			if text := string(f.AppendJSON(nil, subject)); slices.Contains(want, text) || f.Class() != compat.ClassInfo && f.Class() != compat.ClassPolicy {
				got = append(got, text)
			}
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s %s, level %s: evcheck finds\n\t%s\nthe registry\n\t%s", p.format, p.name, level, strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
	if red := r.Summary.Errors > 0; red == answer.Compatible {
		t.Errorf("%s %s, level %s: evcheck is red: %v, the registry accepts: %v", p.format, p.name, level, red, answer.Compatible)
	}
	refused := slices.ContainsFunc(r.Subjects[0].Checks, func(c lint.Check) bool { return c.Required && c.Refused })
	if refused == answer.Compatible {
		t.Errorf("%s %s, level %s: evcheck refuses: %v, the registry accepts: %v", p.format, p.name, level, refused, answer.Compatible)
	}
	return len(want), true
}

// TestDroppedSeverityIsNoticed: with the severity of a rule taken away, evcheck is
// green where a registry refuses, which is what [agree] looks at.
func TestDroppedSeverityIsNoticed(t *testing.T) {
	noticed := map[string]bool{}
	for _, p := range examples(t) {
		end := map[string]string{"AVRO": ".avsc", "JSON": ".schema.json", "PROTOBUF": ".proto"}[p.format]
		compare := func(severities string) *lint.Report {
			c, err := lint.ReadConfig(lint.ConfigFile, []byte("instar: evcheck/v1\nsources: [{match: '*"+end+"', level: FULL}]\nseverity: {"+severities+"}"))
			if err != nil {
				t.Fatal(err)
			}
			r, err := lint.Compare(t.Context(), lint.Request{
				Head:   lint.NewMemoryTree("head", map[string]string{"a" + end: p.now}),
				Bases:  []lint.Base{{Tree: lint.NewMemoryTree("base", map[string]string{"a" + end: p.old})}},
				Config: c,
			})
			if err != nil {
				t.Fatal(err)
			}
			return &r
		}
		r := compare("")
		var rules []string
		for i := range r.Findings {
			if f := &r.Findings[i]; f.Severity == lint.SeverityError && !slices.Contains(rules, f.Rule) {
				rules = append(rules, f.Rule)
			}
		}
		if len(rules) != 1 || r.Subjects[0].State != lint.SubjectCompared {
			continue // another rule would keep it red
		}
		refuses := func(c lint.Check) bool { return c.Required && c.Refused }
		dropped := compare(rules[0] + ": warning")
		if !slices.ContainsFunc(r.Subjects[0].Checks, refuses) || !slices.ContainsFunc(dropped.Subjects[0].Checks, refuses) || dropped.Summary.Errors > 0 {
			t.Errorf("%s %s: %d errors without the severity of %s", p.format, p.name, dropped.Summary.Errors, rules[0])
		}
		noticed[rules[0]] = true
	}
	if len(noticed) < 100 {
		t.Errorf("only %d rules were tried", len(noticed))
	}
}

func quoted(s string) string {
	body, _ := json.Marshal(s) // a string always encodes
	return string(body)
}
