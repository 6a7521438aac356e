package contain

import (
	"testing"

	"github.com/instar-registry/instar/schema/jsonschema"
)

// TestFormats: an asserted format is a constraint on strings, decided where its
// language is known and compared by name where it is not.
func TestFormats(t *testing.T) {
	for _, c := range []struct{ name, writer, reader, want string }{
		{"added", `{"type":"string"}`, `{"type":"string","format":"ipv4"}`, `format $ /format <  ""`},
		{"other kinds", `{"type":"integer"}`, `{"format":"ipv4"}`, "COMPATIBLE"},
		{"removed", `{"type":"string","format":"date-time"}`, `{"type":"string"}`, "COMPATIBLE"},
		{"length", `{"type":"string","format":"uuid"}`, `{"type":"string","minLength":36,"maxLength":36}`, "COMPATIBLE"},
		{"pattern", `{"type":"string","format":"date"}`, `{"type":"string","pattern":"^\\d{4}-\\d\\d-\\d\\d$"}`, "COMPATIBLE"},
		{
			"calendar", `{"type":"string","pattern":"^2023-02-(28|29)$"}`, `{"type":"string","format":"date"}`,
			`format $ /format <  "2023-02-29"`,
		},
		{"leap year", `{"type":"string","pattern":"^2024-02-(28|29)$"}`, `{"type":"string","format":"date"}`, "COMPATIBLE"},
		{"leap second", `{"enum":["23:59:60Z","22:59:60-01:00"]}`, `{"type":"string","format":"time"}`, "COMPATIBLE"},
		{"no leap second", `{"enum":["22:59:60Z"]}`, `{"type":"string","format":"time"}`, `format $ /format <  "22:59:60Z"`},
		{"unknown", `{"type":"string"}`, `{"type":"string","format":"licence-plate"}`, "COMPATIBLE"},
		{"not interpreted, equal", `{"type":"string","format":"uri","maxLength":5}`, `{"type":"string","format":"uri"}`, "COMPATIBLE"},
		{"not interpreted, added", `{"type":"string"}`, `{"type":"string","format":"uri"}`, "undecided keyword:format"},
		{"ipv6", `{"enum":["::","::1","1::8","::ffff:1.2.3.4","1:2:3:4:5:6:7:8"]}`, `{"format":"ipv6"}`, "COMPATIBLE"},
		{"not ipv6", `{"enum":["1::2::3"]}`, `{"format":"ipv6"}`, `format $ /format <  "1::2::3"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := ask(t, c.writer, c.reader, Options{AssertFormats: true})
			if s := summary(&got); s != c.want {
				t.Errorf("got\n%s\nwant\n%s", s, c.want)
			}
			got = ask(t, `{"type":"string"}`, c.reader, Options{})
			if f, _ := jsonschema.FormatOf("date"); f == nil || len(got.Undecided) > 0 {
				t.Errorf("as an annotation: %v", got.Undecided)
			}
		})
	}
}
