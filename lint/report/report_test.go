package report

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/instar-registry/instar/compat"
	"github.com/instar-registry/instar/lint"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/format"
)

var update = flag.Bool("update", false, "write testdata/golden anew")

const (
	avroOld  = "{\n  \"type\": \"record\", \"name\": \"Order\",\n  \"fields\": [\n    {\"name\": \"id\", \"type\": \"string\"},\n    {\"name\": \"qty\", \"type\": \"int\"}\n  ]\n}\n"
	avroNew  = "{\n  \"type\": \"record\", \"name\": \"Order\",\n  \"fields\": [\n    {\"name\": \"id\", \"type\": \"string\"},\n    {\"name\": \"qty\", \"type\": \"int\"},\n    {\n      \"name\": \"currency\", \"type\": \"string\"\n    }\n  ]\n}\n"
	jsonOld  = "{\n  \"type\": \"object\",\n  \"properties\": {\n\t\"größe\": {\"type\": \"string\", \"description\": \"寸法\"},\n    \"n\": {\"type\": \"integer\"}\n  }\n}\n"
	jsonNew  = "{\n  \"type\": \"object\",\n  \"properties\": {\n\t\"größe\": {\"description\": \"寸法\", \"type\": \"integer\"},\n    \"n\": {\"type\": \"integer\"}\n  }\n}\n"
	protoOld = "syntax = \"proto3\";\npackage shop;\nmessage Order {\n  string id = 1;\n  int32 qty = 2;\n}\n"
	protoNew = "syntax = \"proto3\";\npackage shop;\nmessage Order {\n  string id = 1;\n  sint32 qty = 2;\n}\n"
)

// pair is one pair of schemas of a sample report.
type pair struct {
	subject, file, old, new string
	format                  schema.Format
	level                   compat.Level
	version                 int
	commit                  string
}

func pairs() []pair {
	return []pair{
		{"orders-value", "events/order.avsc", avroOld, avroNew, schema.Avro, compat.Backward, 3, ""},
		{"sizes-value", "events/größe.schema.json", jsonOld, jsonNew, schema.JSON, compat.Full, 0, "a1b2c3d4e5f60718293a4b5c6d7e8f9012345678"},
		{"shop/order.proto", "proto/order.proto", protoOld, protoNew, schema.Protobuf, compat.Backward, 0, "a1b2c3d4e5f60718293a4b5c6d7e8f9012345678"},
	}
}

// sample is a report of real findings, made as the linter makes it.
func sample(t *testing.T) *lint.Report {
	t.Helper()
	r := lint.NewReport("1.2.3")
	r.Tool.Engine = "engine"
	r.Complete = true
	r.Base = []lint.Snap{{Name: "git:origin/main", Commit: "a1b2c3d4e5f60718293a4b5c6d7e8f9012345678", Notes: []string{"the clone is shallow"}}, {Name: "registry:prod"}}
	r.Head = lint.Snap{Name: "worktree"}
	for _, p := range pairs() {
		addPair(t, &r, p)
	}
	r.Subjects = append(r.Subjects, lint.Subject{Subject: "same-value", State: lint.SubjectUnchanged}, lint.Subject{Subject: "new-value", State: lint.SubjectFirst, File: "events/new.avsc"})
	r.Findings = append(r.Findings, lint.Finding{
		Rule: "evcheck/unmapped-schema", Class: compat.ClassRepo, Severity: lint.SeverityWarning, Fingerprint: "1:0123456789abcdef",
		Subjects: []string{}, Message: "no source maps this file", New: &lint.Location{File: "misc/x.avsc", Span: lint.Span{Line: 1, Column: 1}}, Against: []lint.Against{}, Affected: []string{},
	})
	lint.SortFindings(r.Findings)
	r.Count()
	return &r
}

func addPair(t *testing.T, r *lint.Report, p pair) {
	t.Helper()
	parse := func(text string) (schema.Parsed, error) {
		return format.Parse(p.format, text, nil, schema.Options{Limits: schema.DefaultLimits()})
	}
	older, err1 := parse(p.old)
	newer, err2 := parse(p.new)
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	q := compat.Request{Candidate: newer, History: []compat.Version{{Number: p.version, Parsed: older}}, Level: p.level, Options: compat.Options{BothDirections: true}}
	answer, err := compat.Check(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	found := answer.Findings()
	if err := compat.Repair(context.Background(), q, compat.Source{Text: p.new, Parse: func(_, text string) (schema.Parsed, error) { return parse(text) }}, found); err != nil {
		t.Fatal(err)
	}
	base := "git:origin/main"
	if p.version > 0 {
		base = "registry:prod"
	}
	s := lint.Subject{
		Subject: p.subject, Format: p.format.String(), File: p.file, State: lint.SubjectCompared, Level: p.level.String(), Policy: "EXACT", DeployFirst: answer.DeployFirst(),
	}
	for i := range answer.Pairs {
		a := &answer.Pairs[i]
		c := lint.Check{Direction: a.Direction.String(), Required: a.Required, Base: base, Version: lint.VersionParty(a.Version, ""), Verdict: a.Verdict.String(), Refused: a.Refused()}
		for k := range found {
			if found[k].Direction == a.Direction {
				c.Findings = append(c.Findings, found[k].Fingerprint(p.subject))
			}
		}
		s.Checks = append(s.Checks, c)
	}
	r.Subjects = append(r.Subjects, s)
	for i := range found {
		r.Findings = append(r.Findings, lint.FromCompat(&found[i], lint.Origin{
			Subject: p.subject, Format: p.format, Base: base,
			Old: &lint.Source{File: p.file, Commit: p.commit, Version: p.version, Format: p.format, Text: p.old},
			New: &lint.Source{File: p.file, Format: p.format, Text: p.new},
		}))
	}
}

// waived is the sample with a finding of each kind of waiver.
func waived(t *testing.T) *lint.Report {
	r := sample(t)
	kinds := []lint.Waived{
		{Kind: lint.WaiverConfig, Reason: "billing agreed, ORD-123", By: "ada", Until: "2027-03-31", File: "evcheck.yaml", Line: 12},
		{Kind: lint.WaiverInline, Reason: "agreed with billing", Permanent: true, File: "proto/order.proto", Line: 5},
		{Kind: lint.WaiverBaseline, File: "evcheck.baseline.yaml", Line: 3},
	}
	n := 0
	for i := range r.Findings {
		if r.Findings[i].Severity == lint.SeverityError {
			r.Findings[i].Waived = &kinds[n%len(kinds)]
			n++
		}
	}
	if n < len(kinds) {
		t.Fatalf("only %d errors to waive", n)
	}
	r.Count()
	return r
}

func incomplete(t *testing.T) *lint.Report {
	r := sample(t)
	r.Complete, r.Summary.Reason = false, "the base git:origin/main cannot be read: fetch it"
	r.Findings[0].Class, r.Findings[0].Proof, r.Findings[0].Witness = compat.ClassUndecided, compat.ProofUndecided, nil
	r.Timing = &lint.Timing{TotalMillis: 12, Slowest: []lint.PairTiming{{Subject: "orders-value", Base: "registry:prod", Version: "3", Millis: 7}}}
	r.Count()
	return r
}

func empty(*testing.T) *lint.Report {
	r := lint.NewReport("dev")
	r.Tool.Engine, r.Complete = "engine", true
	r.Head = lint.Snap{Name: "staged"}
	r.Count()
	return &r
}

// reports are the reports that every format is written of.
var reports = map[string]func(*testing.T) *lint.Report{"sample": sample, "waived": waived, "incomplete": incomplete, "empty": empty, "hostile": hostile}

func render(t *testing.T, name string, r *lint.Report, o Options) string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, name, r, o); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return b.String()
}

func TestGolden(t *testing.T) {
	o := Options{Notes: true, DocsURL: "https://docs.example/instar"}
	for name, make := range reports {
		r := make(t)
		for _, f := range Formats() {
			got := render(t, f, r, o)
			file := filepath.Join("testdata", "golden", name+"."+f)
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s differs; run the test with -update and look at the difference. Got\n%s", file, got)
			}
		}
	}
}

// TestPure: a format is a function of the JSON report and nothing else.
func TestPure(t *testing.T) {
	for name, make := range reports {
		first := reread(t, make(t)) // JSON holds no broken UTF-8
		second := reread(t, first)
		for _, f := range Formats() {
			for _, o := range []Options{{}, {Notes: true, Color: true, DocsURL: "https://x.example"}} {
				if a, b := render(t, f, first, o), render(t, f, second, o); a != b {
					t.Errorf("%s as %s differs after it was read from JSON:\n%s\nwas\n%s", name, f, b, a)
				}
			}
		}
	}
}

func reread(t *testing.T, r *lint.Report) *lint.Report {
	t.Helper()
	back, err := lint.ReadReport(strings.NewReader(render(t, "json", r, Options{})))
	if err != nil {
		t.Fatal(err)
	}
	return &back
}

// TestNotesAreHidden: without --notes people see no notes, and are told of them.
func TestNotesAreHidden(t *testing.T) {
	r := sample(t)
	if r.Summary.Notes == 0 {
		t.Fatal("the sample has no notes")
	}
	for _, f := range []string{"text", "oneline", "github", "rdjson", "checkstyle", "markdown"} {
		if with, without := render(t, f, r, Options{Notes: true}), render(t, f, r, Options{}); len(without) >= len(with) {
			t.Errorf("%s: notes are not hidden", f)
		}
	}
	if got := render(t, "text", r, Options{}); !strings.Contains(got, "hidden (--notes)") {
		t.Error(got)
	}
}

// TestWaivedDoNotFail: a waived finding is in every report that can hold one and
// fails in none.
func TestWaivedDoNotFail(t *testing.T) {
	r := waived(t)
	for f, want := range map[string][]string{
		"text":       {"waived error[", "billing agreed, ORD-123, by ada, until 2027-03-31", "in the baseline"},
		"sarif":      {`"kind": "inSource"`, `"kind": "external"`, `"justification": "agreed with billing, permanently"`},
		"junit":      {"<skipped message=", "(waived: billing agreed, ORD-123, by ada, until 2027-03-31)"},
		"markdown":   {"### waived error", `until 2027-03-31`},
		"json":       {`"reason": "billing agreed, ORD-123"`},
		"gitlab":     nil,
		"github":     nil,
		"oneline":    nil,
		"rdjson":     nil,
		"checkstyle": nil,
	} {
		got := render(t, f, r, Options{})
		for _, w := range want {
			if !strings.Contains(got, w) {
				t.Errorf("%s: no %q in\n%s", f, w, got)
			}
		}
		for _, bad := range []string{"<failure", `"severity": "critical"`, "::error", `"ERROR"`, `severity="error"`} {
			if f != "json" && f != "sarif" && strings.Contains(got, bad) {
				t.Errorf("%s: a waived finding fails: %s", f, bad)
			}
		}
	}
}

func TestUnknownFormat(t *testing.T) {
	err := Write(&bytes.Buffer{}, "sariff", sample(t), Options{})
	if err == nil || !strings.Contains(err.Error(), "sarif, github") {
		t.Error(err)
	}
	if Known("sariff") || !Known("sarif") || About("sarif") == "" || About("x") != "" || !slices.Contains(Formats(), "jsonl") {
		t.Error("what is known is not")
	}
}

// TestSorted: annotations come worst first, as services show the first ones only.
func TestSorted(t *testing.T) {
	last := 0
	for line := range strings.Lines(render(t, "github", sample(t), Options{Notes: true})) {
		if strings.HasPrefix(line, "::notice title=evcheck::") {
			continue
		}
		rank := slices.IndexFunc([]string{"::error ", "::warning ", "::notice "}, func(p string) bool { return strings.HasPrefix(line, p) })
		if rank < last {
			t.Errorf("%s comes late", line)
		}
		last = rank
	}
}
