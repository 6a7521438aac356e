package upcast

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/instar-registry/instar/schema/jsonschema"
	"github.com/instar-registry/instar/upcast/plan"
)

// TestCasesJSON: what a schema says of several members at once holds of them under
// their new names, and of nothing else.
func TestCasesJSON(t *testing.T) {
	const two = `{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{"k":{"enum":["x","y"]},"%[1]s":{"type":"integer"},"u":{"type":"string"}},"required":["k"],%[2]s,"additionalProperties":false}`
	schemaOf := func(name, said string) *jsonschema.Schema {
		return jsonSchema(t, fmt.Sprintf(two, name, strings.ReplaceAll(said, "@", name)))
	}
	const isX = `{"properties":{"k":{"const":"x"}}}`
	said := map[string]string{
		"if and then":        `"if":` + isX + `,"then":{"required":["@"]}`,
		"if and else":        `"if":` + isX + `,"else":{"required":["@"]}`,
		"oneOf":              `"oneOf":[{"required":["@"]},{"required":["u"]}]`,
		"anyOf":              `"anyOf":[{"required":["@"]},{"required":["u"]}]`,
		"not":                `"not":{"required":["@","u"]}`,
		"dependent names":    `"dependentRequired":{"u":["@"]}`,
		"a dependent schema": `"dependentSchemas":{"@":{"properties":{"k":{"const":"x"}}}}`,
		"deeper":             `"allOf":[{"anyOf":[{"not":` + isX + `},{"allOf":[{"required":["@"]},{"properties":{"@":{"minimum":3}}}]}]}]`,
		"by reference":       `"allOf":[{"$ref":"#/$defs/c"}],"$defs":{"c":{"if":` + isX + `,"then":{"required":["@"]}}}`,
	}
	for name, text := range said {
		for step, want := range map[string]Outcome{"rename: {from: v, to: w}": Proved, "default: {path: u, was: {value: q}}": Proved} {
			to := "w"
			if !strings.Contains(step, "rename") {
				to = "v"
			}
			if name == "oneOf" || name == "not" || name == "dependent names" {
				if to == "v" {
					want = Refuted // u is always there then
				}
			}
			h, err := Verify(t.Context(), document(t, step), schemaOf("v", text), schemaOf(to, text))
			if err != nil || h.Verdict.Outcome != want {
				t.Errorf("%s, %s: %v %+v, want %s", name, step, err, h, want)
			}
		}
		// The values of k are not those of the source.
		h, err := Verify(t.Context(), document(t, "mapEnum: {path: k, map: {x: y, y: x}}"), schemaOf("v", text), schemaOf("v", text))
		speaks := strings.Contains(text, `"k"`)
		if err != nil || (h.Verdict.Outcome == Proved) == speaks {
			t.Errorf("%s: x and y are exchanged: %v %+v", name, err, h)
		}
	}
}

// TestRandomCasesJSON makes small schemas that speak of several members at once,
// and holds the verdict to all events of a small domain.
func TestRandomCasesJSON(t *testing.T) {
	counts := map[Outcome]int{}
	undecided := 0
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 5))
		text := constraintOf(r, 3)
		names := map[string]string{"a": "d"}
		steps := []string{"rename: {from: a, to: d}"}
		switch r.IntN(4) {
		case 0:
			steps, names["b"] = append(steps, "drop: {path: b}"), ""
		case 1:
			steps = append(steps, "require: {path: c, else: {value: 1}}")
		case 2:
			steps, names["c"] = append(steps, "rename: {from: c, to: e}"), "e"
		}
		said := text
		if r.IntN(3) == 0 {
			said = constraintOf(r, 2)
		}
		from := jsonSchema(t, casesSchema(text, "a", "b", "c"))
		to := jsonSchema(t, casesSchema(renamedIn(said, names), "d", "b", "c", "e"))
		h, err := Verify(t.Context(), document(t, steps...), from, to)
		story := fmt.Sprintf("%s\n%s\n%s", from.Canonical(), strings.Join(steps, "\n"), to.Canonical())
		var mistake *Error
		if errors.As(err, &mistake) {
			continue // what is always there is required
		}
		if err != nil {
			t.Fatalf("%v: %s", err, story)
		}
		counts[h.Verdict.Outcome]++
		bad := refusedOf(t, h, story)
		switch {
		case h.Verdict.Outcome == Proved && bad != "":
			t.Fatalf("%s is proved to have an image: %s", bad, story)
		case h.Verdict.Outcome == Refuted && bad == "":
			t.Fatalf("every event has an image, and %s refutes it: %s", h.Verdict.Event, story)
		case h.Verdict.Outcome == Tested:
			undecided++
		}
	}
	t.Logf("%v", counts)
	if undecided > 20 || counts[Proved] < 40 || counts[Refuted] < 40 {
		t.Errorf("too few are decided, or they are all alike: %v", counts)
	}
}

// refusedOf is an event of a small domain that has no image, or "".
func refusedOf(t *testing.T, h *Hop, story string) string {
	t.Helper()
	p := plan.NewJSONPlan(h.Root, h.Source, plan.DefaultEventLimits())
	from, to := h.from.(*jsonCodec), h.to.(*jsonCodec)
	for n := range 27 {
		var members []string
		for i, name := range []string{"a", "b", "c"} {
			if v := n / []int{1, 3, 9}[i] % 3; v < 2 {
				members = append(members, fmt.Sprintf(`"%s":%d`, name, v))
			}
		}
		event := []byte("{" + strings.Join(members, ",") + "}")
		if from.valid(event) != nil {
			continue
		}
		out, f := p.Apply(nil, event, nil)
		if f != nil && h.Verdict.Outcome == Proved {
			t.Fatalf("%s ends with %v: %s", event, f, story)
		}
		if f != nil || to.valid(out) != nil {
			return string(event)
		}
	}
	return ""
}

func casesSchema(constraint string, names ...string) string {
	members := make([]string, len(names))
	for i, n := range names {
		members[i] = `"` + n + `":{"enum":[0,1]}`
	}
	return `{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{` + strings.Join(members, ",") + `},"additionalProperties":false,"allOf":[` + constraint + `]}`
}

// constraintOf is a schema that speaks of the members a, b and c.
func constraintOf(r *rand.Rand, depth int) string {
	name := func() string { return string('a' + rune(r.IntN(3))) }
	if depth == 0 {
		if r.IntN(2) == 0 {
			return `{"required":["` + name() + `"]}`
		}
		return fmt.Sprintf(`{"properties":{"%s":{"const":%d}}}`, name(), r.IntN(2))
	}
	sub := func() string { return constraintOf(r, r.IntN(depth)) }
	switch r.IntN(8) {
	case 0:
		return `{"allOf":[` + sub() + `,` + sub() + `]}`
	case 1:
		return `{"anyOf":[` + sub() + `,` + sub() + `]}`
	case 2:
		return `{"oneOf":[` + sub() + `,` + sub() + `]}`
	case 3:
		return `{"not":` + sub() + `}`
	case 4:
		return `{"if":` + sub() + `,"then":` + sub() + `,"else":` + sub() + `}`
	case 5:
		return `{"dependentSchemas":{"` + name() + `":` + sub() + `}}`
	case 6:
		return `{"dependentRequired":{"` + name() + `":["` + name() + `"]}}`
	default:
		return constraintOf(r, 0)
	}
}

// renamedIn writes a constraint with other names; one that is "" gets a name that
// the target has not.
func renamedIn(text string, names map[string]string) string {
	for old, now := range names {
		if now == "" {
			continue
		}
		text = strings.ReplaceAll(text, `"`+old+`"`, `"`+now+`"`)
	}
	return text
}
