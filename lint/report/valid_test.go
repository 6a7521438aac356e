package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/instar-registry/instar/lint"
)

// jsonSchemas are the schemas of the formats that are JSON.
var jsonSchemas = map[string]string{
	"sarif":  "testdata/schemas/sarif-2.1.0.schema.json",
	"rdjson": "testdata/schemas/rdjson.schema.json",
	"gitlab": "testdata/schemas/gitlab-code-quality.schema.json",
}

func compile(t *testing.T, text []byte, pointer string) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("urn:schema", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("urn:schema" + pointer)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func valid(t *testing.T, s *jsonschema.Schema, text string) error {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(doc)
}

// TestValidJSON: every golden report is valid, and the schemas can say no.
func TestValidJSON(t *testing.T) {
	for f, file := range jsonSchemas {
		text, err := os.ReadFile(filepath.FromSlash(file))
		if err != nil {
			t.Fatal(err)
		}
		s := compile(t, text, "")
		for name, make := range reports {
			for _, o := range []Options{{Notes: true}, {DocsURL: "https://docs.example"}} {
				if err := valid(t, s, render(t, f, make(t), o)); err != nil {
					t.Errorf("%s as %s: %v", name, f, err)
				}
			}
		}
		got := render(t, f, sample(t), Options{})
		broken := regexp.MustCompile(`"(startLine|line|begin)": \d+`).ReplaceAllString(got, `"$1": "x"`)
		if broken == got || valid(t, s, broken) == nil {
			t.Errorf("the schema of %s accepts lines that are no numbers", f)
		}
	}
}

// TestValidReport: our own report is valid under the published schema, which
// knows every member.
func TestValidReport(t *testing.T) {
	s := compile(t, []byte(lint.ReportSchema), "")
	finding := compile(t, []byte(lint.ReportSchema), "#/$defs/finding")
	for name, make := range reports {
		r := make(t)
		if err := valid(t, s, render(t, "json", r, Options{})); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for line := range strings.Lines(render(t, "jsonl", r, Options{})) {
			if err := valid(t, finding, line); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	strict := compile(t, []byte(strings.ReplaceAll(lint.ReportSchema, `"type": "object",`, `"type": "object", "additionalProperties": false,`)), "")
	for name, make := range reports {
		if name == "hostile" {
			continue // its parameters have names that no schema lists
		}
		if err := valid(t, strict, render(t, "json", make(t), Options{})); err != nil {
			t.Errorf("a member is not in the schema: %v", err)
		}
	}
	for _, edit := range [][2]string{
		{`"instar": "evcheck-report/v1"`, `"instar": "evcheck-report/v2"`},
		{`"severity": "error"`, `"severity": "fatal"`},
		{`"complete": true`, `"complete": 1`},
		{`"fingerprint": "1:`, `"fingerprint": "x:`},
	} {
		good := render(t, "json", sample(t), Options{})
		bad := strings.Replace(good, edit[0], edit[1], 1)
		if bad == good || valid(t, s, bad) == nil {
			t.Errorf("the schema accepts %s", edit[1])
		}
	}
}

// shape is what a .shape file says of one element.
type shape struct {
	attributes, children map[string]string // name to type or count
	text                 bool
}

func shapes(t *testing.T, file string) map[string]shape {
	t.Helper()
	f, err := os.Open(filepath.FromSlash(file))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	out := map[string]shape{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		element, rest, _ := strings.Cut(lines.Text(), ":")
		parts := strings.Split(rest, "|")
		s := shape{attributes: map[string]string{}, children: map[string]string{}, text: strings.TrimSpace(parts[2]) == "text"}
		for _, a := range strings.Fields(parts[0]) {
			name, kind, _ := strings.Cut(a, ":")
			s.attributes[name] = kind
		}
		for _, c := range strings.Fields(parts[1]) {
			s.children[strings.TrimRight(c, "?*")] = c[len(c)-1:]
		}
		out[element] = s
	}
	return out
}

var kinds = map[string]*regexp.Regexp{
	"string": regexp.MustCompile(`^[^\x00-\x08\x0b\x0c\x0e-\x1f]*$`), "int": regexp.MustCompile(`^\d+$`), "decimal": regexp.MustCompile(`^\d+(\.\d+)?$`),
	"severity": regexp.MustCompile(`^(ignore|info|warning|error)$`),
}

// conforms checks a document against shapes.
func conforms(known map[string]shape, root, text string) error {
	d := xml.NewDecoder(strings.NewReader(text))
	type open struct {
		name string
		seen map[string]int
	}
	stack := []open{{"", map[string]int{}}}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch x := token.(type) {
		case xml.StartElement:
			parent := &stack[len(stack)-1]
			name := x.Name.Local
			parent.seen[name]++
			count, allowed := known[parent.name].children[name]
			if parent.name == "" {
				count, allowed = "?", name == root
			}
			if !allowed || count == "?" && parent.seen[name] > 1 {
				return fmt.Errorf("<%s> in <%s>", name, parent.name)
			}
			if err := known[name].check(x); err != nil {
				return err
			}
			stack = append(stack, open{name, map[string]int{}})
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		case xml.CharData:
			if in := stack[len(stack)-1].name; strings.TrimSpace(string(x)) != "" && !known[in].text {
				return fmt.Errorf("text in <%s>", in)
			}
		}
	}
}

func (s shape) check(x xml.StartElement) error {
	for name, kind := range s.attributes {
		i := slices.IndexFunc(x.Attr, func(a xml.Attr) bool { return a.Name.Local == name })
		switch {
		case i < 0 && !strings.HasSuffix(kind, "?"):
			return fmt.Errorf("<%s> has no %s", x.Name.Local, name)
		case i >= 0 && !kinds[strings.TrimSuffix(kind, "?")].MatchString(x.Attr[i].Value):
			return fmt.Errorf("<%s %s=%q> is no %s", x.Name.Local, name, x.Attr[i].Value, kind)
		}
	}
	for _, a := range x.Attr {
		if _, known := s.attributes[a.Name.Local]; !known {
			return fmt.Errorf("<%s> has %s", x.Name.Local, a.Name.Local)
		}
	}
	return nil
}

func TestValidXML(t *testing.T) {
	for f, root := range map[string]string{"junit": "testsuites", "checkstyle": "checkstyle"} {
		known := shapes(t, "testdata/schemas/"+f+".shape")
		for name, make := range reports {
			if err := conforms(known, root, render(t, f, make(t), Options{Notes: true})); err != nil {
				t.Errorf("%s as %s: %v", name, f, err)
			}
		}
		good := render(t, f, sample(t), Options{})
		for _, edit := range [][2]string{{` line="`, ` line="x`}, {`name="`, `nome="`}, {"</" + root, "<a/></" + root}, {"</" + root, "text</" + root}} {
			if bad := strings.Replace(good, edit[0], edit[1], 1); bad != good && conforms(known, root, bad) == nil {
				t.Errorf("%s: the shape accepts %s", f, edit[1])
			}
		}
	}
}

// TestJUnitCounts: the counts of the suites are those of their cases.
func TestJUnitCounts(t *testing.T) {
	var got junitSuites
	if err := xml.Unmarshal([]byte(render(t, "junit", waived(t), Options{})), &got); err != nil {
		t.Fatal(err)
	}
	if got.Failures != 0 || got.Skipped < 3 || got.Tests < 8 {
		t.Errorf("%d tests, %d failures, %d skipped", got.Tests, got.Failures, got.Skipped)
	}
	if err := xml.Unmarshal([]byte(render(t, "junit", incomplete(t), Options{})), &got); err != nil || got.Errors != 1 {
		t.Errorf("incomplete: %d errors, %v", got.Errors, err)
	}
}

// TestBounded: services cut what is too long; we cut it ourselves, at a border,
// and say so.
func TestBounded(t *testing.T) {
	r := sample(t)
	one := r.Findings[0]
	for i := range 6000 {
		f := one
		f.Path = fmt.Sprintf("field%d", i)
		f.Fingerprint = lint.Identity{Rule: f.Rule, NewPath: f.Path}.Fingerprint()
		r.Findings = append(r.Findings, f)
	}
	for i := range 10_000 {
		r.Subjects = append(r.Subjects, lint.Subject{Subject: fmt.Sprintf("subject-%d", i), State: lint.SubjectCompared})
	}
	lint.SortFindings(r.Findings)
	r.Count()
	for f, most := range map[string]int{"markdown": 65_536, "github-summary": 1 << 20} {
		got := render(t, f, r, Options{Notes: true})
		if len(got) > most || len(got) < most*8/10 {
			t.Errorf("%s has %d bytes of %d", f, len(got), most)
		}
		if !regexp.MustCompile(`\d+ findings more, none of them worse`).MatchString(got[len(got)-200:]) || !strings.Contains(got, "| and ") {
			t.Errorf("%s does not say that it was cut: %s", f, got[len(got)-200:])
		}
	}
	var log sarifLog
	if err := json.Unmarshal([]byte(render(t, "sarif", r, Options{})), &log); err != nil {
		t.Fatal(err)
	}
	run := log.Runs[0]
	if len(run.Results) != maxSARIFResults || !strings.Contains(run.Invocations[0].Notifications[0].Message.Text, "more findings") {
		t.Errorf("%d results, %+v", len(run.Results), run.Invocations)
	}
	for _, x := range run.Results {
		if x.Level != "error" {
			t.Errorf("a %s is among the worst", x.Level)
		}
	}
}
