package jsonschema

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/instar-registry/instar/schema"

	"github.com/instar-registry/instar/internal/cputime"
)

// within fails if f takes longer than hostile input may.
func within(t *testing.T, name string, f func()) {
	t.Helper()
	start := cputime.Used()
	f()
	if took := cputime.Used() - start; took > 100*time.Millisecond*slack {
		t.Errorf("%s took %v", name, took)
	}
}

// slack allows for machines that are busy with other tests.
const slack = 3

// doublingChain is a schema of n levels that each refer twice to the next.
func doublingChain(n int) string {
	var b strings.Builder
	b.WriteString(`{"definitions":{"n0":{"type":"integer"}`)
	for i := 1; i <= n; i++ {
		fmt.Fprintf(&b, `,"n%d":{"anyOf":[{"$ref":"#/definitions/n%d"},{"$ref":"#/definitions/n%d"}]}`, i, i-1, i-1)
	}
	fmt.Fprintf(&b, `},"$ref":"#/definitions/n%d"}`, n)
	return b.String()
}

func TestHostileSchemas(t *testing.T) {
	deep := func(n int, open, close string) string {
		return strings.Repeat(open, n) + "true" + strings.Repeat(close, n)
	}
	cases := []struct{ name, text, want string }{
		{"self reference", `{"$ref":"#"}`, "# → #"},
		{"loop through allOf", `{"allOf":[{"$ref":"#"}]}`, "# → #/allOf/0 → #"},
		{"loop through definitions", `{"$ref":"#/definitions/a","definitions":{"a":{"$ref":"#/definitions/b"},"b":{"not":{"$ref":"#/definitions/a"}}}}`, "#/definitions/a → #/definitions/b → #/definitions/b/not → #/definitions/a"},
		{"loop through an anchor", `{"$schema":"https://json-schema.org/draft/2020-12/schema","$ref":"#a","$defs":{"x":{"$anchor":"a","if":{"$ref":"#a"}}}}`, "circle"},
		{"loop through dynamicRef", `{"$schema":"https://json-schema.org/draft/2020-12/schema","$dynamicAnchor":"a","anyOf":[{"$dynamicRef":"#a"}]}`, "circle"},
		{"loop through recursiveRef", `{"$schema":"https://json-schema.org/draft/2019-09/schema","$recursiveAnchor":true,"oneOf":[{"$recursiveRef":"#"}]}`, "circle"},
		{"loop through dependencies", `{"dependencies":{"a":{"$ref":"#"}}}`, "circle"},
		{"nested objects", deep(100_000, `{"not":`, `}`), "limit json-depth"},
		{"nested schemas", deep(70, `{"not":`, `}`), "limit nesting is 64, found 65"},
		{"nested arrays", strings.Repeat("[", 100_000), "limit json-depth"},
		{"doubling chain of 27", doublingChain(27), "limit validator-steps"},
		{"doubling chain of 60", doublingChain(60), "limit validator-steps"},
		{"http", `{"$ref":"http://example.com/a.json"}`, "names nothing that is known"},
		{"https", `{"$ref":"https://example.com/a.json#/x"}`, "names nothing that is known"},
		{"file", `{"$ref":"file:///etc/passwd"}`, "names nothing that is known"},
		{"ftp", `{"$ref":"ftp://example.com/a"}`, "names nothing that is known"},
		{"jar", `{"$ref":"jar:file:/a.jar!/b"}`, "names nothing that is known"},
		{"network path", `{"$ref":"//example.com/a"}`, "names nothing that is known"},
		{"relative", `{"$ref":"../../../etc/passwd"}`, "names nothing that is known"},
		{"percent-encoded", `{"$ref":"%66ile:///etc/passwd"}`, "names nothing that is known"},
		{"metadata service", `{"$ref":"http://169.254.169.254/latest/meta-data"}`, "names nothing that is known"},
		{"meta-schema of no draft", `{"$ref":"http://json-schema.org/../../etc/passwd"}`, "names nothing that is known"},
		{"malformed percent-encoding", `{"$ref":"#/%zz"}`, "malformed percent-encoding"},
		{"dangling pointer", `{"$ref":"#/definitions/none"}`, "no schema at that place"},
		{"dangling anchor", `{"$ref":"#none"}`, `no anchor "none"`},
		{"pointer to data", `{"enum":["a"],"$ref":"#/enum/0"}`, "no schema at that place"},
		{"2M digits", `{"maximum":` + strings.Repeat("9", 900_000) + `}`, "limit number-digits"},
		{"huge exponent", `{"maximum":1e1000000000}`, "limit number-exponent"},
		{"too long", `{"title":"` + strings.Repeat("a", 1<<20) + `"}`, "limit schema-bytes"},
		{"broken pattern", `{"pattern":"("}`, "is no regular expression"},
		{"long pattern", `{"pattern":"` + strings.Repeat("a", 5_000) + `"}`, "limit pattern-bytes"},
		{"many enum values", `{"enum":[` + strings.Repeat("1,", 20_000) + `1]}`, "limit enum-values is 20000, found 20001"},
		{"long name", `{"properties":{"` + strings.Repeat("a", 1_025) + `":true}}`, "limit name-bytes"},
		{"required is a boolean", `{"properties":{"a":{"required":true}}}`, "required must be a list of strings (at /properties/a/required, line 1, column 32)"},
		{"unknown type", `{"type":"strnig"}`, "type must be array, boolean"},
		{"number", `3`, "a JSON Schema is an object, true or false, found number"},
		{"duplicate key", `{"type":"object","type":"array"}`, "occurs twice"},
		{"chain of references", refChain(1_200), "limit ref-chain"},
		{"same identifier", `{"definitions":{"a":{"$id":"http://e.com/a"},"b":{"$id":"http://e.com/a"}}}`, "two schemas have the identifier"},
	}
	for _, c := range cases {
		within(t, c.name, func() {
			_, err := Parse(c.text, nil, defaults)
			var e *schema.Error
			if !errors.As(err, &e) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: got %v, want %q", c.name, clip(fmt.Sprint(err)), c.want)
			}
		})
	}
}

func refChain(n int) string {
	var b strings.Builder
	b.WriteString(`{"definitions":{"n0":true`)
	for i := 1; i <= n; i++ {
		fmt.Fprintf(&b, `,"n%d":{"$ref":"#/definitions/n%d"}`, i, i-1)
	}
	return b.String() + `}}`
}

// TestLooksHostile: what must not be refused.
func TestLooksHostile(t *testing.T) {
	for name, text := range map[string]string{
		"reference in data":        `{"enum":[{"$ref":"http://example.com"}],"default":{"$ref":"#/none"}}`,
		"property called $ref":     `{"properties":{"$ref":{"type":"string"}}}`,
		"recursion through items":  `{"items":{"$ref":"#"}}`,
		"reference to meta-schema": `{"$ref":"http://json-schema.org/draft-07/schema#"}`,
		"doubling chain of 10":     doublingChain(10),
		"nested quantifiers":       `{"pattern":"^(a+)+$"}`,
		"id in an enum":            `{"enum":[{"$id":"http://e.com/a"},{"$id":"http://e.com/a"}]}`,
		"siblings of a reference":  `{"$ref":"#/definitions/a","type":3,"definitions":{"a":true}}`,
		"empty list of items":      `{"items":[]}`,
	} {
		if _, err := Parse(text, nil, defaults); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func check(t *testing.T, text, event string) (schema.Judgement, error) {
	t.Helper()
	s, err := Parse(text, nil, defaults)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return s.Check(context.Background(), schema.Event{Encoding: schema.EncodingJSON, Bytes: []byte(event)})
}

// TestUnsupportedPatterns: what RE2 lacks is stored with a warning, and an
// event that needs it is not judged.
func TestUnsupportedPatterns(t *testing.T) {
	for _, pattern := range []string{`(?<=a)b`, `(?!a)b`, `(a)\\1`, `a{99999999}`, `(?:a{1000}){1000}`, `((a{200}){200}){200}`, `\\k<x>`} {
		text := `{"properties":{"a":{"pattern":"` + pattern + `"}}}`
		within(t, pattern, func() {
			s, err := Parse(text, nil, defaults)
			if err != nil {
				t.Errorf("%s: %v", pattern, err)
				return
			}
			if w := s.Warnings(); len(w) != 2 || !strings.Contains(w[1].What, "cannot be evaluated") {
				t.Errorf("%s: warnings %v", pattern, w)
			}
			if _, err := check(t, text, `{"a":"b"}`); err == nil || !strings.Contains(err.Error(), "pattern") {
				t.Errorf("%s: judged without the pattern (%v)", pattern, err)
			}
			if j, err := check(t, text, `{"a":3,"b":"b"}`); err != nil || len(j.Violations) != 0 {
				t.Errorf("%s: an event that does not need it: %v %v", pattern, j.Violations, err)
			}
		})
	}
	if _, err := check(t, `{"patternProperties":{"(?=a)":true}}`, `{"x":1}`); err == nil {
		t.Error("a property name was judged without its pattern")
	}
}

func TestHostileEvents(t *testing.T) {
	tree := `{"definitions":{"n":{"anyOf":[{"items":{"$ref":"#/definitions/n"}},{"items":{"$ref":"#/definitions/n"}}]}},"$ref":"#/definitions/n"}`
	cases := []struct{ name, schema, event, want string }{
		{"nested event", `{}`, strings.Repeat("[", 100_000), "limit json-depth"},
		{"doubling per level", tree, strings.Repeat("[", 40) + strings.Repeat("]", 40), "limit validator-steps"},
		{"many digits", `{"multipleOf":0.1}`, strings.Repeat("9", 1_000_000), "limit number-digits"},
		{"huge exponent", `{"multipleOf":0.1}`, `1e10000000`, "limit number-exponent"},
		{"trailing data", `{}`, `{} {}`, "after the end"},
		{"duplicate key", `{}`, `{"a":1,"a":2}`, "occurs twice"},
		{"not a number", `{}`, `NaN`, "unexpected"},
		{"wide schema, wide event", `{"items":{"allOf":[` + strings.Repeat(`{"type":"array"},`, 999) + `true]}}`, "[" + strings.Repeat("[],", 9_999) + "[]]", "limit validator-steps"},
	}
	for _, c := range cases {
		within(t, c.name, func() {
			_, err := check(t, c.schema, c.event)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: got %v, want %q", c.name, err, c.want)
			}
		})
	}
	within(t, "nested quantifiers", func() {
		if j, err := check(t, `{"pattern":"^(a+)+$"}`, `"`+strings.Repeat("a", 100_000)+`!"`); err != nil || len(j.Violations) != 1 {
			t.Errorf("%v %v", j, err)
		}
	})
}

// TestCancelled: a cancelled check is an error, never a verdict.
func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	s, err := Parse(`{"items":{"$ref":"#"}}`, nil, defaults)
	if err != nil {
		t.Fatal(err)
	}
	event := "[" + strings.Repeat("[],", 5_000) + "[]]"
	if _, err := s.Check(ctx, schema.Event{Encoding: schema.EncodingJSON, Bytes: []byte(event)}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// TestLenient: history stays readable, with warnings; limits that guard memory
// and time do not soften.
func TestLenient(t *testing.T) {
	lenient := schema.Options{Limits: schema.DefaultLimits(), Lenient: true}
	text := `{"type":"object","required":true,"properties":{"a":{"type":"nope"},"b":{"$ref":"http://e.com/x"},"c":{"pattern":"("}}}`
	s, err := Parse(text, nil, lenient)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Warnings()) != 5 {
		t.Errorf("warnings: %v", s.Warnings())
	}
	for event, judged := range map[string]bool{`{"a":1}`: true, `{"b":1}`: false, `{"c":"x"}`: false, `{"c":1}`: true} {
		_, err := s.Check(context.Background(), schema.Event{Encoding: schema.EncodingJSON, Bytes: []byte(event)})
		if (err == nil) != judged {
			t.Errorf("%s: judged = %t, want %t (%v)", event, err == nil, judged, err)
		}
	}
	for _, text := range []string{`{"$ref":"#"}`, strings.Repeat(`{"not":`, 300), `{"maximum":1e999}`} {
		if _, err := Parse(text, nil, lenient); err == nil {
			t.Errorf("%s is accepted", clip(text))
		}
	}
	s, err = Parse(doublingChain(40), nil, lenient)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Check(context.Background(), schema.Event{Encoding: schema.EncodingJSON, Bytes: []byte(`"a"`)}); err == nil {
		t.Error("a doubling chain was given to the validator")
	}
}
