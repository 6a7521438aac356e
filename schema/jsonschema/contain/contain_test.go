package contain

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/instar-registry/instar/schema"
)

// summary writes an answer as one line a break.
func summary(c *schema.Containment) string {
	var lines []string
	for _, b := range c.Breaks {
		lines = append(lines, fmt.Sprintf("%s %s %s < %s %s", b.Kind, b.Path, b.Reader.Pointer, b.Writer.Pointer, b.Witness.Value))
	}
	for _, u := range c.Undecided {
		lines = append(lines, "undecided "+string(u.Reason))
	}
	if c.More {
		lines = append(lines, "more")
	}
	if len(lines) == 0 {
		return c.Verdict.String()
	}
	return strings.Join(lines, "\n")
}

func ask(t testing.TB, writer, reader string, o Options) schema.Containment {
	t.Helper()
	c, err := Schemas(context.Background(), parse(t, writer), parse(t, reader), o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestBreaks: all breaks are found, each at its keyword and with the least
// event.
func TestBreaks(t *testing.T) {
	for _, c := range []struct{ name, writer, reader, want string }{
		{
			"two types", `{"properties":{"a":{"type":"integer"},"b":{"type":"string"}}}`,
			`{"properties":{"a":{"type":"string"},"b":{"type":"integer"}}}`,
			`type a /properties/a/type < /properties/a/type {"a":0}
type b /properties/b/type < /properties/b/type {"b":""}`,
		},
		{
			"required", `{"type":"object"}`, `{"type":"object","required":["x","y"]}`,
			"required x /required <  {}\nrequired y /required <  {}",
		},
		{
			"closed", `{"type":"object","properties":{"a":true,"b":true,"c":true},"additionalProperties":false}`,
			`{"type":"object","properties":{"a":true},"additionalProperties":false}`,
			`additionalProperties b /additionalProperties < /additionalProperties {"b":0}
additionalProperties c /additionalProperties < /additionalProperties {"c":0}`,
		},
		{
			"behind references", `{"properties":{"l":{"type":"array","items":{"$ref":"#/definitions/x"}}},"definitions":{"x":{"properties":{"n":{"maximum":9}}}}}`,
			`{"properties":{"l":{"type":"array","items":{"allOf":[{"$ref":"#/definitions/x"}]}}},"definitions":{"x":{"properties":{"n":{"maximum":7}}}}}`,
			`maximum l[].n /definitions/x/properties/n/maximum < /definitions/x/properties/n/maximum {"l":[{"n":8}]}`,
		},
		{
			"forbidden", `{"properties":{"a":true}}`, `{"properties":{"a":false}}`,
			`false a /properties/a <  {"a":0}`,
		},
		{
			"additional schema", `{"additionalProperties":{"type":"integer"}}`, `{"additionalProperties":{"type":"string"}}`,
			`type ${} /additionalProperties/type < /additionalProperties/type {"":0}`,
		},
		{"equal", `{"type":["null","string"]}`, `{"anyOf":[{"type":"string"},{"const":null}]}`, "COMPATIBLE"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := ask(t, c.writer, c.reader, Options{})
			if s := summary(&got); s != c.want {
				t.Errorf("got\n%s\nwant\n%s", s, c.want)
			}
		})
	}
}
