package upcast

import (
	"slices"
	"testing"

	"github.com/instar-registry/instar/schema"
)

// TestSplitJSON: the images of each output of splitEvent are proved to be events of
// its own schema, the elements of a list with what their schema says of them, and
// refuted by an event where they are not.
func TestSplitJSON(t *testing.T) {
	const items = `"items":{"type":"array","items":{"type":"object","properties":{"n":{"type":"integer","minimum":1,"maximum":9}},"required":["n"],"additionalProperties":false}}`
	const line = `"items":{"type":"object","properties":{"n":{"type":"integer","minimum":1,"maximum":9}},"required":["n"],"additionalProperties":false}`
	from := jsonSchema(t, textID+`|`+items)
	for name, c := range map[string]struct {
		head, line string
		steps      string
		event      string
	}{
		"proved":            {textID, textID + `|` + line, "drop: {path: items}", ""},
		"a member too many": {textID, textID + `|` + line, "reversion: {}", `{"id":"","items":[]}`},
		"a narrower bound": {
			textID, textID + `|"items":{"type":"object","properties":{"n":{"type":"integer","maximum":8}}}`, "drop: {path: items}", `{"id":"","items":[{"n":9}]}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			targets := map[string]schema.Parsed{"head": jsonSchema(t, c.head), "line": jsonSchema(t, c.line)}
			d := document(t, `splitEvent: {outputs: [{name: head, to: {subject: head, version: 1}, steps: [{`+c.steps+`}]}, {name: line, to: {subject: line, version: 1}, forEach: "items[]", steps: []}]}`)
			h, err := VerifyWith(t.Context(), d, from, from, Options{Targets: func(to Target) (schema.Parsed, error) { return targets[to.Subject], nil }})
			if err != nil {
				t.Fatal(err)
			}
			v := h.Verdict
			if want := map[bool]Outcome{true: Proved, false: Refuted}[c.event == ""]; v.Outcome != want || string(v.Event) != c.event {
				t.Errorf("got %s %+v, event %s", v.Outcome, v.Problems, v.Event)
			}
			if c.event != "" && !slices.ContainsFunc(v.Problems, func(p Problem) bool { return p.Obligation == "O5" || p.Obligation == "O6" }) {
				t.Errorf("the problems are %+v", v.Problems)
			}
		})
	}
}
