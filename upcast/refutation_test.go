package upcast

import (
	"strings"
	"testing"

	"github.com/instar-registry/instar/schema"
)

// refutation is a document that must not be proved: for which obligation, with what
// in the message or the fix, and the least event that shows it; none if none is
// found.
type refutation struct {
	from, to            string
	steps               []string
	obligation, message string
	event               string
}

func avroParsed(t testing.TB, text string) schema.Parsed  { t.Helper(); return avroSchema(t, text) }
func jsonParsed(t testing.TB, text string) schema.Parsed  { t.Helper(); return jsonSchema(t, text) }
func protoParsed(t testing.TB, text string) schema.Parsed { t.Helper(); return protoSchema(t, text) }

// textField is an Avro field that holds a text.
func textField(name string) string { return `{"name":"` + name + `","type":"string"}` }

// holdRefutations holds each case to its verdict.
func holdRefutations(t *testing.T, parse func(testing.TB, string) schema.Parsed, cases map[string]refutation) {
	t.Helper()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			h, err := Verify(t.Context(), document(t, c.steps...), parse(t, c.from), parse(t, c.to))
			if err != nil {
				t.Fatal(err)
			}
			want := Refuted
			if c.event == "" {
				want = Tested
			}
			v := h.Verdict
			if v.Outcome != want || v.Problems[0].Obligation != c.obligation || !strings.Contains(v.Problems[0].Message+v.Problems[0].Fix, c.message) {
				t.Fatalf("got %s %+v, event %s", v.Outcome, v.Problems, v.Event)
			}
			if string(v.Event) != c.event {
				t.Errorf("the event is %s, want %s", v.Event, c.event)
			}
		})
	}
}

// holdMistakes holds steps that cannot mean anything to an error with a place: each
// with what it says.
func holdMistakes(t *testing.T, parse func(testing.TB, string) schema.Parsed, text string, cases map[string]string) {
	t.Helper()
	s := parse(t, text)
	for step, want := range cases {
		_, err := verifyText(t, step, s)
		line := "line 5"
		if strings.Contains(step, "\n") {
			line = "line "
		}
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), line) {
			t.Errorf("%s: got %v, want %q on %s", step, err, want, line)
		}
	}
}
