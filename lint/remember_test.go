package lint_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/instar-registry/instar/compat"
	"github.com/instar-registry/instar/lint"
	"github.com/instar-registry/instar/schema"
)

// memoryCache is a cache that counts.
type memoryCache struct {
	mu           sync.Mutex
	entries      map[string][]byte
	hits, misses int
}

func (c *memoryCache) Load(key string) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	if v, ok := c.entries[key]; ok {
		c.hits++
		return v
	}
	c.misses++
	return nil
}

func (c *memoryCache) Store(key string, value []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.entries[key] = value
}

func (c *memoryCache) reset() { c.hits, c.misses = 0, 0 }

// estate is every n-th pair of the rule catalogue in one tree, before and after.
func estate(t *testing.T, n int) (base, head map[string]string) {
	t.Helper()
	base, head = map[string]string{}, map[string]string{}
	for i, p := range examples(t) {
		if i%n != 0 {
			continue
		}
		end := map[string]string{"AVRO": ".avsc", "JSON": ".schema.json", "PROTOBUF": ".proto"}[p.format]
		name := fmt.Sprintf("%s/%s%s", p.format, p.name, end)
		base[name], head[name] = p.old, p.now
	}
	base["shared/money.proto"] = "syntax = \"proto3\";\npackage shared;\nmessage Money { int64 units = 1; string currency = 2; }\n"
	head["shared/money.proto"] = "syntax = \"proto3\";\npackage shared;\nmessage Money { string units = 1; string currency = 2; }\n"
	for i := range 5 {
		text := fmt.Sprintf("syntax = \"proto3\";\npackage users%d;\nimport \"shared/money.proto\";\n// evcheck:ignore proto/* -- a mark that this test wrote\nmessage Order { shared.Money total = 1; }\n", i)
		name := fmt.Sprintf("users/order%d.proto", i)
		base[name], head[name] = text, text
	}
	return base, head
}

func reportOf(t *testing.T, q lint.Request) string {
	t.Helper()
	r, err := lint.Compare(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	out, err := r.AppendJSON(nil)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// TestCacheChangesNothing: without a cache, with an empty one, with a full one,
// with one worker and with sixteen the report is the same, byte for byte.
func TestCacheChangesNothing(t *testing.T) {
	base, head := estate(t, 3)
	c, other := &memoryCache{entries: map[string][]byte{}}, &memoryCache{entries: map[string][]byte{}}
	request := func(jobs int, cache lint.Cache) lint.Request {
		return lint.Request{
			Head: lint.NewMemoryTree("head", head), Bases: []lint.Base{{Tree: lint.NewMemoryTree("base", base)}},
			Config: lint.DefaultConfig(), Jobs: jobs, Cache: cache, Fixes: true,
		}
	}
	want := reportOf(t, request(1, nil))
	if n := strings.Count(want, `"rule":`); n < 60 {
		t.Fatalf("the report has %d findings only", n)
	}
	for _, step := range []struct {
		name     string
		jobs     int
		cache    lint.Cache
		someHits bool
	}{
		{"16 workers", 16, nil, false},
		{"cold", 1, c, false},
		{"warm", 1, c, true},
		{"warm, 16 workers", 16, c, true},
		{"cold, 16 workers", 16, other, false}, // which may find what another one has stored
		{"warm after 16 workers", 1, other, true},
	} {
		c.reset()
		if got := reportOf(t, request(step.jobs, step.cache)); got != want {
			t.Errorf("%s: the report differs:\n%s", step.name, firstDifference(got, want))
		}
		if step.someHits && step.cache == c && (c.misses > 0 || c.hits < len(head)/2) {
			t.Errorf("%s: %d hits, %d misses for %d files", step.name, c.hits, c.misses, len(head))
		}
		if step.cache == c && !step.someHits && c.hits > 0 {
			t.Errorf("%s: %d hits", step.name, c.hits)
		}
	}
	q := request(4, c)
	q.VerifyCache = true
	if got := reportOf(t, q); got != want {
		t.Error("the report differs where the cache is held to fresh results")
	}
}

func firstDifference(got, want string) string {
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("line %d: %s\nwant     %s", i+1, a[i], b[i])
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(a), len(b))
}

// TestCacheKnowsWhatCounts changes one thing that a result depends on: the cache
// does not answer then. What decides after it, waivers and severities, it does
// not ask about.
func TestCacheKnowsWhatCounts(t *testing.T) {
	base := map[string]string{
		"a.proto":     "syntax = \"proto3\";\nimport \"b.proto\";\nmessage A { B b = 1; }\n",
		"b.proto":     "syntax = \"proto3\";\nmessage B { string x = 1; }\n",
		ConfigForTest: "",
	}
	head := map[string]string{}
	for k, v := range base {
		head[k] = v
	}
	head["a.proto"] = strings.Replace(base["a.proto"], "B b = 1;", "B b = 1; string c = 2;", 1)
	const config = "instar: evcheck/v1\nsources: [{match: '*.proto', subject: '{name}', level: BACKWARD, policy: EXACT}]\n"
	backward := compat.Full
	for _, step := range []struct {
		name   string
		change func(q *lint.Request, head, base map[string]string, config *string)
		hit    bool
	}{
		{"nothing", func(*lint.Request, map[string]string, map[string]string, *string) {}, true},
		{"a severity", func(_ *lint.Request, _, _ map[string]string, c *string) {
			*c += "severity: {proto/field-added: error}\n"
		}, true},
		{"the head", func(_ *lint.Request, h, _ map[string]string, _ *string) { h["a.proto"] += "\n" }, false},
		{"the base", func(_ *lint.Request, _, b map[string]string, _ *string) { b["a.proto"] += "\n" }, false},
		{"what both import", func(_ *lint.Request, h, b map[string]string, _ *string) { h["b.proto"] += "\n"; b["b.proto"] += "\n" }, false},
		{"the level", func(_ *lint.Request, _, _ map[string]string, c *string) {
			*c = strings.Replace(*c, "level: BACKWARD", "level: FULL", 1)
		}, false},
		{"the level by a flag", func(q *lint.Request, _, _ map[string]string, _ *string) { q.Level = &backward }, false},
		{"the policy", func(_ *lint.Request, _, _ map[string]string, c *string) {
			*c = strings.Replace(*c, "policy: EXACT", "policy: STRICT", 1)
		}, false},
		{"the encodings", func(_ *lint.Request, _, _ map[string]string, c *string) {
			*c = strings.Replace(*c, "policy:", "encodings: [binary, json], policy:", 1)
		}, false},
		{"the subject", func(_ *lint.Request, _, _ map[string]string, c *string) {
			*c = strings.Replace(*c, "'{name}'", "'x-{name}'", 1)
		}, false},
		{"the program", func(q *lint.Request, _, _ map[string]string, _ *string) { q.Build = "2" }, false},
		{"fixes", func(q *lint.Request, _, _ map[string]string, _ *string) { q.Fixes = false }, false},
	} {
		c := &memoryCache{entries: map[string][]byte{}}
		run := func(change bool) {
			h, b, text := clone(head), clone(base), config
			q := lint.Request{Cache: c, Build: "1", Fixes: true, Jobs: 1}
			if change {
				step.change(&q, h, b, &text)
			}
			var err error
			if q.Config, err = lint.ReadConfig(lint.ConfigFile, []byte(text)); err != nil {
				t.Fatal(err)
			}
			q.Head, q.Bases = lint.NewMemoryTree("head", h), []lint.Base{{Tree: lint.NewMemoryTree("base", b)}}
			reportOf(t, q)
		}
		run(false)
		before := len(c.entries)
		c.reset()
		run(true)
		if hit := c.misses == 0; hit != step.hit && (c.hits > 1) != step.hit {
			t.Errorf("%s: %d hits and %d misses, %d entries and then %d", step.name, c.hits, c.misses, before, len(c.entries))
		}
	}
}

// ConfigForTest is a file that is no schema.
const ConfigForTest = "README.md"

func clone(m map[string]string) map[string]string {
	out := map[string]string{}
	for k, v := range m {
		out[k] = v
	}
	return out
}

// TestCacheIsHeldToFreshResults: a forged result is found where that is asked
// for, and is a mistake of the program, not a verdict.
func TestCacheIsHeldToFreshResults(t *testing.T) {
	base, head := estate(t, 12)
	c := &memoryCache{entries: map[string][]byte{}}
	q := lint.Request{
		Head: lint.NewMemoryTree("head", head), Bases: []lint.Base{{Tree: lint.NewMemoryTree("base", base)}}, Config: lint.DefaultConfig(), Cache: c,
	}
	reportOf(t, q)
	forged := 0
	for k, v := range c.entries {
		if text := strings.Replace(string(v), `"verdict":"INCOMPATIBLE"`, `"verdict":"COMPATIBLE"`, 1); text != string(v) {
			c.entries[k] = []byte(text)
			forged++
		}
	}
	if forged == 0 {
		t.Fatal("no result could be forged")
	}
	q.VerifyCache = true
	_, err := lint.Compare(t.Context(), q)
	var bug *schema.Bug
	if !errors.As(err, &bug) {
		t.Errorf("the forged results give %v", err)
	}
}

// TestDamagedEntriesAreMisses: whatever a cache answers, the report is the same.
func TestDamagedEntriesAreMisses(t *testing.T) {
	base, head := estate(t, 12)
	c := &memoryCache{entries: map[string][]byte{}}
	q := lint.Request{
		Head: lint.NewMemoryTree("head", head), Bases: []lint.Base{{Tree: lint.NewMemoryTree("base", base)}}, Config: lint.DefaultConfig(), Cache: c,
	}
	want := reportOf(t, q)
	for _, bad := range []string{"", "x", "{", "null", `{"Subject":1}`, `{"Old":99}`, `{"Unknown":true}`, "[]", `{"ID":"a"} {`} {
		for k := range c.entries {
			c.entries[k] = []byte(bad)
		}
		if got := reportOf(t, q); got != want {
			t.Errorf("entries of %q change the report:\n%s", bad, firstDifference(got, want))
		}
	}
}

// TestWarmFindsWhoUses: a run that knows all outlines from an earlier one finds
// the users of a file that changed, whatever the file is called.
func TestWarmFindsWhoUses(t *testing.T) {
	for _, name := range []string{"money.proto", "ü&<\u2028>.proto", `a "b".proto`, "\u0085\t.schema.json", "m%41\x7f.schema.json"} {
		base := map[string]string{"unrelated.avsc": `{"type":"record","name":"R","fields":[]}`}
		edit := func(text string) string { return strings.Replace(text, "string", "bytes", 1) }
		if strings.HasSuffix(name, ".proto") {
			quoted := strings.ReplaceAll(name, `"`, `\"`)
			base[name] = "syntax = \"proto3\";\nmessage Money { string x = 1; }\n"
			base["user.proto"] = "syntax = \"proto3\";\nimport \"" + quoted + "\";\nmessage Order { Money m = 1; }\n"
		} else {
			base[name] = `{"type":"string"}`
			base["user.schema.json"] = `{"properties":{"x":{"$ref":` + quoted(name) + `}}}`
			edit = func(string) string { return `{"type":"integer"}` }
		}
		c := &memoryCache{entries: map[string][]byte{}}
		run := func(head map[string]string, cache lint.Cache) string {
			return reportOf(t, lint.Request{
				Head: lint.NewMemoryTree("head", head), Bases: []lint.Base{{Tree: lint.NewMemoryTree("base", base)}},
				Config: lint.DefaultConfig(), Jobs: 1, Cache: cache,
			})
		}
		head := clone(base)
		head["unrelated.avsc"] = `{"type":"record","name":"R","fields":[{"name":"a","type":"int","default":0}]}`
		run(head, c)
		head[name] = edit(base[name])
		want := run(head, nil)
		if got := run(head, c); got != want {
			t.Errorf("%q: the report differs:\n%s", name, firstDifference(got, want))
		}
		if n := strings.Count(want, `"state": "compared"`); n != 3 {
			t.Errorf("%q: %d subjects are compared", name, n)
		}
	}
}

// TestDocumentsOfEarlierRuns: after another edit of a file that others use, what it
// imports and what it was before is not parsed again, and the report is the same.
func TestDocumentsOfEarlierRuns(t *testing.T) {
	base := map[string]string{
		"a.proto": "syntax = \"proto3\";\npackage a;\nmessage A { string x = 1; }\n",
		"b.proto": "syntax = \"proto3\";\npackage b;\nimport \"a.proto\";\nmessage B { a.A a = 1; string x = 2; }\n",
		"c.proto": "syntax = \"proto3\";\npackage c;\nimport \"b.proto\";\nmessage C { b.B b = 1; }\n",
		"d.proto": "syntax = \"proto3\";\npackage d;\nimport \"c.proto\";\nmessage D { c.C c = 1; }\n",
	}
	c := &memoryCache{entries: map[string][]byte{}}
	request := func(edit string, cache lint.Cache) lint.Request {
		head := clone(base)
		head["b.proto"] = strings.Replace(base["b.proto"], "string x = 2", edit, 1)
		return lint.Request{
			Head: lint.NewMemoryTree("head", head), Bases: []lint.Base{{Tree: lint.NewMemoryTree("base", base)}},
			Config: lint.DefaultConfig(), Jobs: 1, Cache: cache, Fixes: true,
		}
	}
	reportOf(t, request("bytes x = 2", c))
	parsed := 0
	isDocument := func(v []byte) bool { return len(v) > 0 && v[0] == '\n' }
	for _, v := range c.entries {
		if isDocument(v) {
			parsed++
		}
	}
	if parsed != 3 { // a, b and c; d is imported by nothing
		t.Errorf("%d documents of the base are kept", parsed)
	}
	c.reset()
	if got, want := reportOf(t, request("int32 y = 3", c)), reportOf(t, request("int32 y = 3", nil)); got != want {
		t.Errorf("the report differs:\n%s", firstDifference(got, want))
	}
	if c.hits < 1+2*parsed { // the outlines; each document and its imports
		t.Errorf("%d hits", c.hits)
	}
	for k, v := range c.entries {
		if isDocument(v) {
			c.entries[k] = append(v[:len(v):len(v)], v...) // the same twice is another document
		}
	}
	q := request("sint32 y = 3", c)
	q.VerifyCache = true
	_, err := lint.Compare(t.Context(), q)
	var bug *schema.Bug
	if !errors.As(err, &bug) {
		t.Errorf("the forged documents give %v", err)
	}
}
