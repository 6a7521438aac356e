package lint

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// configured compares under a configuration, on the first of January 2026.
func configured(t *testing.T, config string, old, now map[string]string, edit ...func(*Request)) Report {
	t.Helper()
	c, err := ReadConfig("evcheck.yaml", []byte("instar: evcheck/v1\n"+config))
	if err != nil {
		t.Fatal(err)
	}
	return against(t, old, now, append([]func(*Request){func(q *Request) {
		q.Config, q.Now = c, time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	}}, edit...)...)
}

// fates tells what became of each finding that is no note.
func fates(r *Report) []string {
	var out []string
	for i := range r.Findings {
		f := &r.Findings[i]
		if f.Severity == SeverityNote {
			continue
		}
		fate := f.Severity
		if f.Waived != nil {
			fate = "waived"
		}
		out = append(out, fmt.Sprintf("%s %s %s", fate, f.Rule, strings.Join(f.Subjects, ",")))
	}
	slices.Sort(out)
	return out
}

func wantFates(t *testing.T, what string, r *Report, want ...string) {
	t.Helper()
	if got := fates(r); !slices.Equal(got, want) {
		t.Errorf("%s: %q\nwant %q", what, got, want)
	}
}

const all = "sources: [{match: ['**/*.avsc', '**/*.proto', '**/*.schema.json', '**/address.json']}]\n"

func TestWaivers(t *testing.T) {
	now := edited(shop, "lib/money.avsc", `"long"}`, `"long"}, {"name": "currency", "type": "string"}`)
	const broken = "avro/field-added-without-default"
	both := "error " + broken + " lib/money.avsc,order.avsc"
	waiver := func(rest string) string { return all + "waivers: [{reason: agreed with billing, " + rest + "}]" }
	for _, c := range []struct {
		what, config string
		want         []string
	}{
		{"by rule", waiver("rule: " + broken + ", permanent: true"), []string{"waived " + broken + " lib/money.avsc,order.avsc"}},
		{"by pattern", waiver("rule: 'avro/*', until: 2026-06-01"), []string{"waived " + broken + " lib/money.avsc,order.avsc"}},
		{"one subject of two", waiver("rule: " + broken + ", subject: order.avsc, permanent: true"), []string{"error " + broken + " lib/money.avsc", "waived " + broken + " order.avsc"}},
		{"all subjects by pattern", waiver("rule: " + broken + ", subject: '**', permanent: true"), []string{"waived " + broken + " lib/money.avsc,order.avsc"}},
		{"by path", waiver("rule: " + broken + ", path: currency, permanent: true"), []string{"waived " + broken + " lib/money.avsc,order.avsc"}},
		{"another path", waiver("rule: " + broken + ", path: curr, permanent: true"), []string{both, "error evcheck/unused-waiver "}},
		{"another rule", waiver("rule: avro/type-changed, permanent: true"), []string{both, "error evcheck/unused-waiver "}},
		{"the last day", waiver("rule: " + broken + ", until: 2026-01-01"), []string{"waived " + broken + " lib/money.avsc,order.avsc", "warning evcheck/waiver-expires-soon "}},
		{"expired", waiver("rule: " + broken + ", until: 2025-12-31"), []string{both, "error evcheck/expired-waiver "}},
		{"too long", waiver("rule: " + broken + ", until: 2027-01-03"), []string{both, "error evcheck/waiver-without-reason "}},
		{"a year", waiver("rule: " + broken + ", until: 2027-01-02"), []string{"waived " + broken + " lib/money.avsc,order.avsc"}},
		{"no reason", all + "waivers: [{reason: why not, rule: " + broken + ", permanent: true}]", []string{both, "error evcheck/waiver-without-reason "}},
		{"not waivable", waiver("rule: "+broken+", permanent: true") + "\nwaivable: [policy]", []string{both, "error evcheck/unused-waiver "}},
	} {
		r := configured(t, c.config, shop, now)
		wantFates(t, c.what, &r, c.want...)
	}
	r := configured(t, all, shop, now)
	fp := r.Findings[slices.IndexFunc(r.Findings, func(f Finding) bool { return f.Rule == broken })].Fingerprint
	r = configured(t, waiver("fingerprint: '"+fp+"', permanent: true"), shop, now)
	wantFates(t, "by fingerprint", &r, "waived "+broken+" lib/money.avsc,order.avsc")
	if w := r.Waivers[0]; w.Matched != 1 || w.State != "used" || r.Summary.Waived != 1 || r.Summary.Verdict != VerdictPass {
		t.Errorf("%+v, %+v", w, r.Summary)
	}
}

// TestWaiversThatCameWithTheBase must not fail every later change.
func TestWaiversThatCameWithTheBase(t *testing.T) {
	config := all + "waivers: [{reason: agreed with billing, rule: avro/type-changed, permanent: true}]"
	base, err := ReadConfig("evcheck.yaml", []byte("instar: evcheck/v1\n"+config))
	if err != nil {
		t.Fatal(err)
	}
	r := configured(t, config, shop, shop, func(q *Request) { q.BaseConfig = base })
	wantFates(t, "old", &r, "warning evcheck/unused-waiver ")
	r = configured(t, config, shop, shop, func(q *Request) { q.Paths = []string{"order.avsc"} })
	wantFates(t, "not all was checked", &r)
}

func TestIgnores(t *testing.T) {
	const proto = `syntax = "proto3";
message Order {
  int64 id = 1;
  Line line = 2;
  message Line { int32 qty = 1; }
}
`
	for _, c := range []struct {
		what, now string
		want      []string
	}{
		{"none", strings.Replace(proto, "int64", "string", 1), []string{"error proto/field-type-changed order.proto"}},
		{"above", strings.Replace(proto, "  int64", "  // evcheck:ignore proto/field-type-changed -- agreed with billing\n  string", 1), []string{"waived proto/field-type-changed order.proto"}},
		{"behind", strings.Replace(proto, "int64 id = 1;", "string id = 1; // evcheck:ignore proto/field-type-changed -- agreed with billing", 1), []string{"waived proto/field-type-changed order.proto"}},
		{"on the message", strings.Replace(strings.Replace(proto, "int32", "string", 1), "message Order", "// evcheck:ignore proto/type-changed, proto/field-type-* -- agreed with billing\n// and more\nmessage Order", 1), []string{"error evcheck/ignore-without-reason ", "error proto/field-type-changed order.proto"}},
		{"by pattern", strings.Replace(strings.Replace(proto, "int32", "string", 1), "message Order", "// evcheck:ignore proto/field-number-changed, proto/field-type-* -- agreed with billing\n// and more\nmessage Order", 1), []string{"waived proto/field-type-changed order.proto"}},
		{"on another element", strings.Replace(strings.Replace(proto, "int64", "string", 1), "  Line line", "  // evcheck:ignore proto/field-type-changed -- agreed with billing\n  Line line", 1), []string{"error evcheck/unused-ignore ", "error proto/field-type-changed order.proto"}},
		{"no reason", strings.Replace(proto, "  int64", "  // evcheck:ignore proto/field-type-changed\n  string", 1), []string{"error evcheck/ignore-without-reason ", "error proto/field-type-changed order.proto"}},
	} {
		r := against(t, map[string]string{"order.proto": proto}, map[string]string{"order.proto": c.now})
		wantFates(t, c.what, &r, c.want...)
	}
}

func TestIgnoresInJSON(t *testing.T) {
	const avro = `{"type": "record", "name": "A", "fields": [{"name": "a", "type": "long"}, {"name": "b", "type": "long"}]}`
	marked := strings.Replace(avro, `{"name": "a", "type": "long"}`, `{"name": "a", "type": "int", "x-evcheck-ignore": ["avro/type-narrowed -- agreed with billing"]}`, 1)
	r := against(t, map[string]string{"a.avsc": avro}, map[string]string{"a.avsc": marked})
	wantFates(t, "avro", &r, "waived avro/type-narrowed a.avsc")
	r = against(t, map[string]string{"a.avsc": avro}, map[string]string{"a.avsc": strings.Replace(marked, `"b", "type": "long"`, `"b", "type": "int"`, 1)})
	wantFates(t, "avro, another field", &r, "error avro/type-narrowed a.avsc", "waived avro/type-narrowed a.avsc")
	r = against(t, map[string]string{"a.avsc": marked}, map[string]string{"a.avsc": strings.Replace(marked, `"long"`, `["long", "null"]`, 1)})
	wantFates(t, "avro, came with the base", &r, "warning evcheck/unused-ignore ")

	const js = `{"$schema": "http://json-schema.org/draft-07/schema#", "properties": {"a": {"type": ["string", "null"]}}}`
	now := strings.Replace(js, `{"type": ["string", "null"]}`, `{"$comment": "evcheck:ignore json/* -- agreed with billing", "type": "string"}`, 1)
	r = against(t, map[string]string{"a.schema.json": js}, map[string]string{"a.schema.json": now})
	wantFates(t, "json", &r, "waived json/null-removed a.schema.json")
}

func TestBaseline(t *testing.T) {
	now := edited(shop, "lib/money.avsc", `"long"`, `"string"`)
	r := against(t, shop, now)
	text := WriteBaseline(&r, nil, "2026-01-01")
	known, err := ReadBaseline(BaselineFile, []byte(text))
	if err != nil || len(known) == 0 {
		t.Fatal(known, err, text)
	}
	with := func(q *Request) { q.Baseline = known }
	r = against(t, shop, now, with)
	if r.Summary.Errors != 0 || r.Summary.Baselined != len(known) || r.Summary.Verdict != VerdictPass {
		t.Errorf("%+v", r.Summary)
	}
	if again := WriteBaseline(&r, known, "2026-02-02"); again != text {
		t.Errorf("the baseline is another one:\n%s\n%s", again, text)
	}
	r = against(t, shop, edited(now, "lib/card.proto", "int64", "string"), with)
	if r.Summary.Errors != 1 {
		t.Errorf("what is new does not count: %+v", r.Summary)
	}
	r = against(t, shop, shop, with)
	if len(r.Findings) != 0 || WriteBaseline(&r, known, "2026-02-02") == text {
		t.Errorf("what is gone stays: %+v", r.Findings)
	}
	for text, want := range map[string]string{"": "the version of the format", "instar: evcheck-baseline/v1\nfindings: [{}]": "fingerprint is missing", "instar: evcheck-baseline/v1\nfind: []": `one of findings, instar`} {
		if _, err := ReadBaseline("b.yaml", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
