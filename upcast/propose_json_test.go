package upcast

import (
	"slices"
	"testing"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/jsonschema"
)

// TestProposeJSON: each break between the places of two JSON Schemas is answered
// by a step, and the draft as a whole is proved.
func TestProposeJSON(t *testing.T) {
	const object = `{"type":"object","properties":{`
	for name, c := range map[string]struct {
		old, new string
		steps    []string
	}{
		"a bound of a text": {
			object + `"m":{"type":"string","maxLength":9}},"required":["m"]}`, object + `"m":{"type":"string","maxLength":4}},"required":["m"]}`,
			[]string{`narrow: {path: "m", maxLength: 4, mode: truncate}`},
		},
		"a bound below what may be absent": {
			object + `"a":{"type":"object","properties":{"m":{"type":"string"}}}}}`, object + `"a":{"type":"object","properties":{"m":{"type":"string","maxLength":4}}}}}`,
			[]string{`narrow: {path: "a?.m?", maxLength: 4, mode: truncate}`},
		},
		"a bound of numbers": {
			object + `"n":{"type":"integer"}},"required":["n"]}`, object + `"n":{"type":"integer","minimum":3}},"required":["n"]}`,
			[]string{`narrow: {path: "n", min: 3, mode: clamp}`},
		},
		"another constant": {
			object + `"v":{"const":"1"}},"required":["v"]}`, object + `"v":{"const":"2"}},"required":["v"]}`, []string{`set: {path: "v", value: "2"}`},
		},
		"a property that must be there now": {
			object + `"v":{"type":"string"}}}`, object + `"v":{"type":"string"}},"required":["v"]}`, []string{`require: {path: "v", else: {value: ""}}`},
		},
		"a new property that must be there": {
			object + `},"additionalProperties":false}`, object + `"v":{"type":"integer"}},"required":["v"],"additionalProperties":false}`,
			[]string{`add: {path: "v", value: 0}`},
		},
		"a property that is not allowed any more": {
			object + `"v":{"type":"string"}},"additionalProperties":false}`, object + `},"additionalProperties":false}`, []string{`drop: {path: "v"}`},
		},
		"an object that was open": {
			object + `}}`, object + `},"additionalProperties":false}`, []string{`rest: {path: "$", mode: drop}`},
		},
		"another type in a list": {
			object + `"l":{"type":"array","items":{"type":"integer"}}},"required":["l"]}`,
			object + `"l":{"type":"array","items":{"type":"string"}}},"required":["l"]}`,
			[]string{`convert: {path: "l[]", expr: "string(this)", to: string, else: {value: ""}}`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			parse := func(text string) schema.Parsed {
				p, err := jsonschema.Parse(text, nil, schema.Options{Limits: schema.DefaultLimits()})
				if err != nil {
					t.Fatal(err)
				}
				return p
			}
			p, err := Propose(t.Context(), parse(c.old), parse(c.new))
			if err != nil {
				t.Fatal(err)
			}
			var steps []string
			for _, s := range p.Steps {
				steps = append(steps, s.Text)
			}
			if !slices.Equal(steps, c.steps) {
				t.Errorf("%q, want %q", steps, c.steps)
			}
			if p.Hop == nil || p.Hop.Verdict.Outcome != Proved {
				t.Errorf("the draft is not proved: %v %+v", p.Err, p.Hop)
			}
		})
	}
}
