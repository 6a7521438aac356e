package fix

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/instar-registry/instar/compat"
	"github.com/instar-registry/instar/lint"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/format"
)

// pair is a schema of a file before and after a change.
type pair struct {
	file     string
	format   schema.Format
	old, new string
	docs     []schema.Document
}

func (p *pair) parse(text string) (schema.Parsed, error) {
	return format.Parse(p.format, text, p.docs, schema.Options{Limits: schema.DefaultLimits()})
}

// check gives the findings about a text in the place of the new one.
func (p *pair) check(ctx context.Context, text string, level compat.Level, repair bool) ([]lint.Finding, error) {
	older, err := p.parse(p.old)
	if err != nil {
		return nil, err
	}
	newer, err := p.parse(text)
	if err != nil {
		return nil, err
	}
	q := compat.Request{Candidate: newer, History: []compat.Version{{Number: 1, Parsed: older}}, Level: level, Options: compat.Options{BothDirections: true}}
	r, err := compat.Check(ctx, q)
	if err != nil {
		return nil, err
	}
	found := r.Findings()
	if repair {
		if err := compat.Repair(ctx, q, compat.Source{Text: text, Parse: func(_, text string) (schema.Parsed, error) { return p.parse(text) }}, found); err != nil {
			return nil, err
		}
	}
	var out []lint.Finding
	for i := range found {
		out = append(out, lint.FromCompat(&found[i], lint.Origin{
			Subject: p.file, Format: p.format, Base: "git:main",
			Old: &lint.Source{File: p.file, Format: p.format, Text: p.old}, New: &lint.Source{File: p.file, Format: p.format, Text: text},
		}))
	}
	lint.SortFindings(out)
	return out, nil
}

func (p *pair) again(level compat.Level) Recheck {
	return func(ctx context.Context, texts map[string]string) ([]lint.Finding, error) {
		if _, err := p.parse(texts[p.file]); err != nil { // as the linter reports it
			return []lint.Finding{{Rule: "schema/invalid", Severity: lint.SeverityError, Fingerprint: "1:0", Message: err.Error()}}, nil
		}
		return p.check(ctx, texts[p.file], level, false)
	}
}

func record(fields ...string) string {
	return "{\n  \"type\": \"record\", \"name\": \"R\",\n  \"fields\": [\n    " + strings.Join(fields, ",\n    ") + "\n  ]\n}\n"
}

const (
	fieldA = `{"name": "a", "type": "string"}`
	fieldB = `{"name": "b",   "type": "int"}`
	fieldC = `{"name": "c", "type": {"type": "enum", "name": "E", "symbols": ["X", "Y"]}}`
)

func avroPair() *pair {
	return &pair{file: "r.avsc", format: schema.Avro, old: record(fieldA), new: record(fieldA, fieldB, fieldC)}
}

func run(t *testing.T, p *pair, w Want) (Result, error) {
	t.Helper()
	found, err := p.check(t.Context(), p.new, compat.Backward, true)
	if err != nil {
		t.Fatal(err)
	}
	return Run(t.Context(), found, map[string]string{p.file: p.new}, w, p.again(compat.Backward))
}

func whys(r Result) string {
	var out []string
	for _, l := range r.Left {
		out = append(out, l.Finding.Path+": "+l.Why)
	}
	return strings.Join(out, "\n")
}

func TestRun(t *testing.T) {
	only := func(rule string) func(string) bool { return func(r string) bool { return r == rule } }
	withB, withC := strings.Replace(fieldB, "}", `,   "default": 7}`, 1), strings.TrimSuffix(fieldC, "}")+`, "default": "X"}`
	for name, c := range map[string]struct {
		want  Want
		after string // empty if nothing changes
		left  string
		err   string
	}{
		"nothing is safe": {
			left: "b: it asks for a value: give --set default=VALUE\nc: it asks for a value: give --set default=VALUE",
		},
		"as proposed": {
			want: Want{Proposed: true}, after: record(fieldA, strings.Replace(fieldB, "}", `,   "default": 0}`, 1), withC),
		},
		"one value that fits one only": {
			want: Want{Set: map[string]string{"default": "7"}}, after: record(fieldA, withB, fieldC), left: "c: it brings schema/invalid",
		},
		"a value that fits neither": {
			want: Want{Set: map[string]string{"default": "[]"}}, left: "b: it brings schema/invalid",
		},
		"chosen": {
			want: Want{Choose: 1, Proposed: true}, after: record(fieldA, strings.Replace(fieldB, "}", `,   "default": 0}`, 1), withC),
		},
		"chosen without its value": {
			want: Want{Choose: 1}, left: "b: it asks for a value: give --set default=VALUE, such as 0\nc: it asks for a value: give --set default=VALUE, such as \"X\"",
		},
		"chosen too high": {
			want: Want{Choose: 9}, left: "b: there are only 1 fixes\nc: there are only 1 fixes",
		},
		"no JSON": {
			want: Want{Set: map[string]string{"default": "EUR"}},
			left: "b: the value of default is no JSON",
		},
		"another rule":     {want: Want{Rule: only("avro/x"), Set: nil}},
		"a name not asked": {want: Want{Set: map[string]string{"symbol": "1"}}, err: "asked for is default"},
		"no such finding":  {want: Want{Finding: "0000000000000000"}, err: "no finding has the fingerprint"},
	} {
		t.Run(name, func(t *testing.T) {
			p := avroPair()
			r, err := run(t, p, c.want)
			if (err != nil) != (c.err != "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Fatal(err)
			}
			if got := r.After[p.file]; got != c.after {
				t.Errorf("got\n%s\nwant\n%s", got, c.after)
			}
			if got := whys(r); got != c.left && (c.left == "" || !strings.HasPrefix(got, c.left)) {
				t.Errorf("left:\n%s\nwant\n%s", got, c.left)
			}
		})
	}
}

func TestRunByFingerprint(t *testing.T) {
	p := avroPair()
	found, err := p.check(t.Context(), p.new, compat.Backward, true)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(found, func(f lint.Finding) bool { return f.Path == "c" })
	r, err := run(t, p, Want{Finding: lint.ShortFingerprint(found[i].Fingerprint)[:8], Set: map[string]string{"default": `"Y"`}})
	if err != nil || len(r.Applied) != 1 || !strings.Contains(r.After[p.file], `"default": "Y"`) || strings.Contains(r.After[p.file], `"default": 0`) {
		t.Errorf("%+v, %v", r, err)
	}
	if !strings.Contains(r.After[p.file], fieldB) {
		t.Error("the layout of another field changed")
	}
}

// TestWaivedIsLeftAlone: what somebody waived is not repaired.
func TestWaivedIsLeftAlone(t *testing.T) {
	p := avroPair()
	found, err := p.check(t.Context(), p.new, compat.Backward, true)
	if err != nil {
		t.Fatal(err)
	}
	for i := range found {
		found[i].Waived = &lint.Waived{Kind: lint.WaiverConfig}
	}
	r, err := Run(t.Context(), found, map[string]string{p.file: p.new}, Want{Proposed: true}, p.again(compat.Backward))
	if err != nil || len(r.Applied)+len(r.Left) != 0 {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestOneEditForBothDirections: findings of one edit share their fix.
func TestOneEditForBothDirections(t *testing.T) {
	p := &pair{file: "a.json", format: schema.JSON, old: `{"properties": {"a": {"type": "string"}}}`, new: `{"properties": {"a": {"type":  "integer"}}}`}
	found, err := p.check(t.Context(), p.new, compat.Full, true)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Run(t.Context(), found, map[string]string{p.file: p.new}, Want{Choose: 1}, p.again(compat.Full))
	if err != nil || len(r.Applied) != 2 || r.After[p.file] != `{"properties": {"a": {"type":  "string"}}}` {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestOverlap: of two fixes of one place the first is applied.
func TestOverlap(t *testing.T) {
	f := func(id, insert string) lint.Finding {
		return lint.Finding{
			Rule: id, Severity: lint.SeverityError, Fingerprint: id, Path: id,
			Fixes: []lint.Fix{{Safe: true, Edits: []lint.Edit{{File: "a", Offset: 1, Delete: 1, Insert: insert}}}},
		}
	}
	found := []lint.Finding{f("1", "x"), f("2", "y")}
	none := func(context.Context, map[string]string) ([]lint.Finding, error) { return nil, nil }
	r, err := Run(t.Context(), found, map[string]string{"a": "abc"}, Want{}, none)
	if err != nil || r.After["a"] != "axc" || whys(r) != "2: it overlaps another fix; run again" {
		t.Errorf("%+v, %v", r, err)
	}
	bad := func(context.Context, map[string]string) ([]lint.Finding, error) {
		return []lint.Finding{{Rule: "new", Severity: lint.SeverityError, Fingerprint: "9", Message: "worse"}}, nil
	}
	r, err = Run(t.Context(), found[:1], map[string]string{"a": "abc"}, Want{}, bad)
	if err != nil || len(r.After) != 0 || whys(r) != "1: it brings new: worse" {
		t.Errorf("%+v, %v", r, err)
	}
	broken := errors.New("broken")
	if _, err := Run(t.Context(), found, map[string]string{"a": "abc"}, Want{}, func(context.Context, map[string]string) ([]lint.Finding, error) { return nil, broken }); !errors.Is(err, broken) {
		t.Error(err)
	}
	if r, err := Run(t.Context(), found, map[string]string{"b": "abc"}, Want{}, none); err != nil || !strings.Contains(whys(r), "a was not read") {
		t.Errorf("%+v, %v", r, err)
	}
	if r, err := Run(t.Context(), found, map[string]string{"a": ""}, Want{}, none); err != nil || !strings.Contains(whys(r), "does not fit the text") {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	put := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	a, b := put("x/a.avsc", "old a", 0o640), put("b.avsc", "old b", 0o600)
	r := &Result{Before: map[string]string{"x/a.avsc": "old a", "b.avsc": "old b"}, After: map[string]string{"x/a.avsc": "new a", "b.avsc": "new b"}}
	if err := Write(dir, r); err != nil {
		t.Fatal(err)
	}
	expect := func(path, want string) {
		t.Helper()
		if got, err := os.ReadFile(path); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", path, got, err)
		}
	}
	expect(a, "new a")
	expect(b, "new b")
	if info, err := os.Stat(a); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("the mode is %v, %v", info.Mode(), err)
	}
	put("b.avsc", Mark+"new b", 0o600)
	if err := Write(dir, &Result{Before: map[string]string{"b.avsc": "new b"}, After: map[string]string{"b.avsc": "newer b"}}); err != nil {
		t.Error(err)
	}
	expect(b, Mark+"newer b")
	var changed *Changed
	put("b.avsc", "edited meanwhile", 0o600)
	r = &Result{Before: map[string]string{"x/a.avsc": "new a", "b.avsc": "new b"}, After: map[string]string{"x/a.avsc": "newer a", "b.avsc": "newer b"}}
	if err := Write(dir, r); !errors.As(err, &changed) || changed.File != "b.avsc" {
		t.Errorf("%v", err)
	}
	expect(a, "new a")
	outside := filepath.Join(t.TempDir(), "out")
	if err := os.WriteFile(outside, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"link", "../" + filepath.Base(filepath.Dir(outside)) + "/out", "missing"} {
		if err := Write(dir, &Result{Before: map[string]string{name: "secret"}, After: map[string]string{name: "stolen"}}); err == nil {
			t.Errorf("%s was written", name)
		}
	}
	expect(outside, "secret")
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 3 {
		t.Errorf("%v, %v", left, err)
	}
}

// TestPatchIsApplied: the patch and the files written are the same change.
func TestPatchIsApplied(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Fatal("this test needs git: ", err)
	}
	p := avroPair()
	r, err := run(t, p, Want{Proposed: true})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{p.file: p.new, "p": r.Patch()} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c := exec.Command("git", "apply", "p") //nolint:noctx // ends by itself
	c.Dir, c.Env = dir, append(os.Environ(), "GIT_CEILING_DIRECTORIES="+filepath.Dir(dir))
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s\n%s", err, out, r.Patch())
	}
	if got, err := os.ReadFile(filepath.Join(dir, p.file)); err != nil || string(got) != r.After[p.file] {
		t.Errorf("got %s, %v", got, err)
	}
}
