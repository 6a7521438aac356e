package report

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	eastasian "golang.org/x/text/width"

	"github.com/instar-registry/instar/compat"
	"github.com/instar-registry/instar/lint"
)

// nasty are names that a schema or a file system may hold.
var nasty = []string{
	"a\nb", "a\r\nb", "100%0Aoff", "a::error file=x::pwned", "quote\"'quote", "]]>", "<!-- x --><script>alert(1)</script>",
	"**bold** [x](https://evil.example) @team #12 | `code` ``` ~~~", "\x1b[31mred\x1b[0m", "\u202egnp.exe", "\u200bzero", "\u2066x\u2069",
	"\x00nul\x07bell", "broken \xff\xfe utf8", "寸法\u0301é", "\uFFFE", "$(rm -rf x)", "`id`", "https://evil.example/www.x.example", "\u2028sep\u2029", "",
}

// hostile has every nasty name in every member that comes from outside.
func hostile(*testing.T) *lint.Report {
	r := lint.NewReport("0.0.0")
	r.Tool.Engine, r.Complete = "engine", true
	r.Base = []lint.Snap{{Name: "git:" + nasty[3], Commit: "a1b2c3d", Notes: []string{nasty[0], nasty[7]}}}
	r.Head = lint.Snap{Name: nasty[8], Notes: []string{nasty[9]}}
	r.Summary.Remarks = []string{nasty[2]}
	severities := []string{lint.SeverityError, lint.SeverityWarning, lint.SeverityNote}
	for i, n := range nasty {
		class := []string{compat.ClassData, compat.ClassPolicy, compat.ClassRepo, compat.ClassUndecided, compat.ClassInfo}[i%5]
		f := lint.Finding{
			Rule: "avro/field-added-without-default", Class: class, Severity: severities[i%3], Direction: "backward", Required: true, Proof: compat.ProofWitness,
			Fingerprint: lint.Identity{Rule: "x", Subject: n}.Fingerprint(), Subject: n, Subjects: []string{n, nasty[0]}, Format: "AVRO", Path: n, Pointer: "/" + n, Element: n,
			New:     &lint.Location{File: n, Span: lint.Span{Line: 1, Column: 2, EndLine: 1, EndColumn: 3}, Snippet: "x" + n},
			Old:     &lint.Location{File: n, Commit: n, Span: lint.Span{Line: 7, Column: 1, EndLine: 9, EndColumn: 1}, Snippet: n},
			Against: []lint.Against{{Base: n, Versions: []int{1, 2, 3, 7}}}, Params: map[string]string{n: n}, Message: n, Affected: []string{},
			DeployFirst: "none", Bug: n, Help: "docs/rules/" + n,
			Fixes: []lint.Fix{{
				ID: n, Title: n, Asks: []string{"default"}, Proposed: map[string]string{"default": n}, Patch: "--- a\n+++ b\n+" + n + "\n",
				Edits: []lint.Edit{{File: n, Insert: n, Span: lint.Span{Line: 1, Column: 1, EndLine: 1, EndColumn: 1}}},
			}},
		}
		value, _ := json.Marshal(map[string]string{n: n})
		f.Witness = &lint.Witness{Effect: "refused", Writer: lint.Party(n), Reader: "head", Value: value, Encoding: "AVRO", Bytes: []byte(n), Written: n, Read: n, Origin: "generated"}
		if i%2 == 0 {
			f.Witness.ReaderError = n
		}
		if i%4 == 3 {
			f.Waived = &lint.Waived{Kind: lint.WaiverConfig, Reason: n, By: n, Until: n, File: n}
		}
		r.Findings = append(r.Findings, f)
		r.Subjects = append(r.Subjects, lint.Subject{
			Subject: n, Format: "AVRO", File: n, State: lint.SubjectCompared, Level: n, Policy: n, DeployFirst: n,
			Checks: []lint.Check{{Direction: "backward", Required: true, Base: n, Version: "1", Verdict: "INCOMPATIBLE", Refused: true, Findings: []string{f.Fingerprint}}},
		})
	}
	lint.SortFindings(r.Findings)
	r.Count()
	return &r
}

// TestHostileNames: what a name holds changes neither the terminal nor the
// structure of an output.
func TestHostileNames(t *testing.T) {
	r := hostile(t)
	o := Options{Notes: true}
	for _, f := range Formats() {
		got := render(t, f, r, o)
		if f == "json" || f == "jsonl" {
			continue // exact, in the escapes of JSON; TestPure reads it back
		}
		if !utf8.ValidString(got) {
			t.Errorf("%s is not UTF-8", f)
		}
		allowed := ""
		switch f {
		case "sarif", "rdjson", "gitlab", "junit", "checkstyle", "text", "oneline", "github", "markdown", "github-summary", "github-output":
			allowed = "\n"
		}
		if f == "sarif" || f == "rdjson" {
			continue // the snippet and the text that a fix puts in are exact; see TestHostileJSON
		}
		for _, c := range got {
			if (unicode.IsControl(c) || unicode.In(c, unicode.Cf, unicode.Zl, unicode.Zp)) && !strings.ContainsRune(allowed, c) {
				t.Errorf("%s holds %U", f, c)
				break
			}
		}
	}
}

func TestHostileGitHub(t *testing.T) {
	got := render(t, "github", hostile(t), Options{Notes: true})
	command := regexp.MustCompile(`^::(error|warning|notice) (file=[^,:]*,line=\d+(,endLine=\d+)?(,col=\d+,endColumn=\d+)?,)?title=[^,:]*::[^\n]*\n$`)
	lines := 0
	for line := range strings.Lines(got) {
		lines++
		if !command.MatchString(line) {
			t.Errorf("not a command: %q", line)
		}
	}
	if want := len(nasty) + len(nasty)/4*-1 + 4; lines != want {
		t.Errorf("%d lines, want %d", lines, want)
	}
	if !strings.Contains(got, "100%250Aoff") || strings.Contains(got, "\n::error file=x::pwned") {
		t.Error("a name became a command")
	}
}

// TestHostileXML: the documents are well-formed, with as many elements as there
// are findings.
func TestHostileXML(t *testing.T) {
	for f, element := range map[string]string{"junit": "testcase", "checkstyle": "error"} {
		d := xml.NewDecoder(strings.NewReader(render(t, f, hostile(t), Options{Notes: true})))
		n := 0
		for {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", f, err)
			}
			if e, ok := token.(xml.StartElement); ok && e.Name.Local == element {
				n++
			}
		}
		want := len(nasty)
		if f == "checkstyle" {
			want -= len(nasty) / 4 // waived
		}
		if n != want {
			t.Errorf("%s has %d of %s, want %d", f, n, element, want)
		}
	}
}

// TestHostileMarkdown: no name becomes a link, a mention, an element or a cell.
func TestHostileMarkdown(t *testing.T) {
	for _, f := range []string{"markdown", "github-summary"} {
		got := render(t, f, hostile(t), Options{Notes: true})
		outside := strings.ReplaceAll(withoutCode(got), `\]`, "") // an escaped bracket ends no link
		for _, bad := range []string{"<script", "](http", "https://", "@team", "#12", "**bold**", "www.x.example"} {
			if strings.Contains(outside, bad) {
				t.Errorf("%s holds %q outside of code", f, bad)
			}
		}
		for line := range strings.Lines(got) {
			if strings.HasPrefix(line, "| ") && !strings.HasPrefix(line, "| Subject") {
				if bars := strings.Count(strings.ReplaceAll(line, `\|`, ""), "|"); bars != 8 {
					t.Errorf("%s: a row has %d bars: %s", f, bars, line)
				}
			}
		}
	}
}

// withoutCode drops blocks and spans of code as CommonMark reads them.
func withoutCode(text string) string {
	var b strings.Builder
	fence := ""
	for line := range strings.Lines(text) {
		bare := strings.TrimSpace(line)
		switch {
		case fence != "":
			if strings.TrimRight(bare, "`") == "" && len(bare) >= len(fence) {
				fence = ""
			}
		case strings.HasPrefix(bare, "```") && !strings.Contains(strings.TrimLeft(bare, "`"), "`"):
			fence = bare[:len(bare)-len(strings.TrimLeft(bare, "`"))]
		default:
			b.WriteString(withoutSpans(line))
		}
	}
	return b.String()
}

func withoutSpans(line string) string {
	var b strings.Builder
	for {
		start := strings.IndexByte(line, '`')
		for start > 0 && line[start-1] == '\\' {
			next := strings.IndexByte(line[start+1:], '`')
			if next < 0 {
				start = -1
				break
			}
			start += 1 + next
		}
		if start < 0 {
			return b.String() + line
		}
		b.WriteString(line[:start])
		rest := strings.TrimLeft(line[start:], "`")
		n := len(line) - start - len(rest)
		end := -1
		for i := 0; i < len(rest); {
			if rest[i] != '`' {
				i++
				continue
			}
			k := i
			for k < len(rest) && rest[k] == '`' {
				k++
			}
			if k-i == n {
				end = k
				break
			}
			i = k
		}
		if end < 0 {
			return b.String() + line[start:]
		}
		line = rest[end:]
	}
}

func TestVisible(t *testing.T) {
	for in, want := range map[string]string{
		"plain é 寸": "plain é 寸", "a\nb\tc\r": `a\nb\tc\r`, "\x1b[31m": `\x1b[31m`, "\u202e": `\u202e`, "\U000e0001": `\U000e0001`,
		"\xff": `\xff`, "\uFFFD": "\uFFFD", "\x7f": `\x7f`, "\u0085": `\x85`, "\u3164": `\u3164`,
	} {
		if got := visible(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// TestColumns: the table of wide characters is that of Unicode, for letters, and
// errs on no side for ASCII.
func TestColumns(t *testing.T) {
	wrong := 0
	for r := rune(' '); r <= 0xffff; r++ {
		if !unicode.IsLetter(r) || unicode.In(r, unicode.Mn, unicode.Me) {
			continue
		}
		kind := eastasian.LookupRune(r).Kind()
		isWide := kind == eastasian.EastAsianWide || kind == eastasian.EastAsianFullwidth
		if isWide != (columns(r) == 2) && !unicode.Is(wide, r) {
			wrong++
			t.Errorf("%U: %d columns", r, columns(r))
		}
		if wrong > 5 {
			t.FailNow()
		}
	}
	for r, n := range map[rune]int{'a': 1, '寸': 2, '\u0301': 0, '🦋': 2, 'é': 1, 'ｆ': 2, '한': 2, '-': 1} {
		if columns(r) != n {
			t.Errorf("%c: %d columns, want %d", r, columns(r), n)
		}
	}
}

func TestShellQuote(t *testing.T) {
	for in, want := range map[string]string{"abc": "abc", "": "''", `""`: `'""'`, "it's": `'it'\''s'`, "$(x)": "'$(x)'", "a b": "'a b'"} {
		if got := shellQuote(in); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

func TestRelativeURI(t *testing.T) {
	for in, want := range map[string]string{"a/b.avsc": "a/b.avsc", "a b/%é": "a%20b/%25%C3%A9", "c:x": "c%3Ax", "\xff\n": "%FF%0A", "[x]?#": "%5Bx%5D%3F%23"} {
		if got := relativeURI(in); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}
