package lint

import (
	"errors"
	"strings"
	"testing"

	"github.com/instar-registry/instar/schema"
)

// FuzzConfig: no text makes a configuration panic, a mistake has its place in the
// file, and what is taken can be shown and compared with.
func FuzzConfig(f *testing.F) {
	for _, s := range []string{
		whole, "instar: evcheck/v1\n", "instar: evcheck/v1\nsources: [{match: '**', subject: '{re:x'}]", "instar: evcheck/v1\nseverity: {'*/*': off, schema/invalid: off}",
		"instar: evcheck/v1\nsources: [{match: ['!a', '[', '{a,b}'], pathPattern: '(?P<version>.*', history: {tags: '['}}]", "instar: 1", "[]", "a: &b 1", "\xff",
		"instar: evcheck/v1\nwaivers: [{rule: 'a*', reason: x, until: 2026-99-99}]\nlimits: {files: 99999999999999999999}",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ReadConfig("a/evcheck.yaml", []byte(text))
		var bad *ConfigError
		switch {
		case errors.As(err, &bad):
			for _, p := range bad.Problems {
				if p.What == "" || p.Line < 0 || p.Line > 2+strings.Count(text, "\n")+strings.Count(text, "\r") {
					t.Errorf("%q: the problem %q at line %d", text, p.What, p.Line)
				}
			}
		case err != nil:
			t.Errorf("%q: %T %v", text, err, err)
		default:
			if len(c.Values()) < 10 {
				t.Errorf("%q: values are missing: %v", text, c.Values())
			}
			for _, file := range []string{"a/x.avsc", "b.proto", "a/-"} {
				if m := c.mapping(file); m != nil {
					_ = m.options()
				}
			}
			for _, id := range RuleIDs()[:20] {
				if c.ruleSeverity(id, SeverityNote) == "" {
					t.Errorf("%q: %s weighs nothing", text, id)
				}
			}
		}
	})
}

// FuzzIgnores: marks lie in the text that they were read from, in every format.
func FuzzIgnores(f *testing.F) {
	for _, s := range []string{
		"message A { // evcheck:ignore proto/field-renamed -- agreed with billing\n}", "/* evcheck:ignore x */ // evcheck:ignore", "//evcheck:ignore a,b -- c\n// d\nmessage B { string s = 1; }",
		`{"x-evcheck-ignore": ["avro/x -- because", 1, null], "fields": [{"x-evcheck-ignore": "a -- b"}]}`, `{"$comment": "evcheck:ignore json/x -- y", "properties": {"a/b": {"$comment": "evcheck:ignore"}}}`,
		"a: 1 # evcheck:ignore x -- y\n", "\"//\" // evcheck:ignore",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, format := range []schema.Format{schema.Avro, schema.JSON, schema.Protobuf} {
			for _, i := range readIgnores("f", format, text, nil) {
				lines := 1 + strings.Count(text, "\n")
				if i.at.Line < 1 || i.at.Line > lines || i.at.Column < 1 || i.from < 0 || i.from > i.to || i.to > len(text) {
					t.Errorf("%s %q: a mark at %v from %d to %d", format, text, i.at, i.from, i.to)
				}
				if g := i.faulty(); g == nil && (len(i.rules) == 0 || len([]rune(i.reason)) < minReason) {
					t.Errorf("%s %q: %v -- %q is taken", format, text, i.rules, i.reason)
				}
			}
		}
	})
}
