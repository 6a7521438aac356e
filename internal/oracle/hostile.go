package oracle

import (
	"fmt"
	"strings"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/jsonschema"
)

// Hostile are pairs that make a careless engine slow, large or wrong, with what
// is known of the answer.
func Hostile() []Hard {
	repeat := func(n int, sep string, f func(i int) string) string {
		list := make([]string, n)
		for i := range list {
			list[i] = f(i)
		}
		return strings.Join(list, sep)
	}
	// doubling has 2^n ways from the root to the leaf, in n definitions.
	doubling := func(n int, keyword, leaf string) string {
		defs := repeat(n, ",", func(i int) string {
			next := fmt.Sprintf(`{"$ref":"#/definitions/d%d"}`, i+1)
			return fmt.Sprintf(`"d%d":{%q:[%s,%s]}`, i, keyword, next, next)
		})
		return fmt.Sprintf(`{"definitions":{%s,"d%d":%s},"$ref":"#/definitions/d0"}`, defs, n, leaf)
	}
	nested := func(n int, leaf string) string {
		return strings.Repeat(`{"items":`, n) + leaf + strings.Repeat("}", n)
	}
	wide := func(n int, of string) string {
		return `{"type":"object","properties":{` + repeat(n, ",", func(i int) string { return fmt.Sprintf(`"p%d":%s`, i, of) }) + `},"additionalProperties":false}`
	}
	branches := func(n int, keyword string, f func(i int) string) string {
		return fmt.Sprintf(`{%q:[%s]}`, keyword, repeat(n, ",", f))
	}
	tagged := func(n, last int) string {
		return branches(n, "oneOf", func(i int) string {
			return fmt.Sprintf(`{"type":"object","required":["tag"],"properties":{"tag":{"const":"t%d"},"v":{"maximum":%d}}}`, i, min(i, last))
		})
	}
	out := []Hard{
		{"doubling allOf", doubling(16, "allOf", `{"type":"integer"}`), doubling(15, "anyOf", `{"type":"number"}`), accepts},
		{"doubling anyOf, narrowed", doubling(16, "anyOf", `{"type":"number"}`), doubling(15, "allOf", `{"type":"integer"}`), refuses},
		{"deep arrays", nested(60, `{"type":"integer"}`), nested(60, `{"type":"number"}`), accepts},
		{"deep arrays, narrowed", nested(40, `{"type":"number"}`), nested(40, `{"type":"integer"}`), refuses},
		{"five hundred properties", wide(500, `{"type":"integer"}`), wide(501, `{"type":"number"}`), accepts},
		{"five hundred properties, narrowed", wide(500, `{"type":"number"}`), wide(500, `{"type":"integer"}`), refuses},
		{"a hundred tags", tagged(100, 100), tagged(101, 101), accepts},
		{"a hundred tags, one narrowed", tagged(100, 100), tagged(100, 98), refuses},
		{
			"independent choices",
			branches(14, "allOf", func(i int) string { return fmt.Sprintf(`{"anyOf":[{"required":["a%d"]},{"required":["b%d"]}]}`, i, i) }),
			branches(14, "allOf", func(i int) string { return fmt.Sprintf(`{"anyOf":[{"required":["b%d"]},{"required":["a%d"]}]}`, i, i) }), accepts,
		},
		{
			"pigeons", // thirteen different integers of twelve
			`{"type":"array","uniqueItems":true,"minItems":13,"items":{"type":"integer","minimum":1,"maximum":12}}`, `false`, accepts,
		},
		{"classic pattern", `{"type":"string","pattern":"^(a|b)*a(a|b){12}$"}`, `{"type":"string","pattern":"^(a|b)*(a|b){13}$"}`, accepts},
		{"classic pattern, narrowed", `{"type":"string","pattern":"^(a|b)*a(a|b){12}$"}`, `{"type":"string","pattern":"^(a|b)*a(a|b){13}$"}`, refuses},
		{"exponential automaton", `{"type":"string","pattern":"^[ab]*$"}`, `{"type":"string","pattern":"(a|b)*a(a|b){60}c"}`, refuses},
		{"large multiples", `{"type":"integer","multipleOf":999999999989}`, `{"type":"integer","multipleOf":999999999961}`, refuses},
		{
			"many multiples",
			`{"type":"integer","minimum":1}`,
			branches(12, "allOf", func(i int) string {
				return fmt.Sprintf(`{"not":{"multipleOf":%d}}`, []int{2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37}[i])
			}), refuses,
		},
		{"long array", `{"type":"array","minItems":100000}`, `{"type":"array","maxItems":99999}`, silent},
		{"long string", `{"type":"string","minLength":1000000}`, `{"type":"string","maxLength":999999}`, silent},
		{"many members", `{"type":"object","minProperties":70000}`, `false`, silent},
		{
			"two thousand values",
			`{"enum":[` + repeat(2000, ",", func(i int) string { return fmt.Sprintf(`"v%d"`, i) }) + `]}`,
			`{"enum":[` + repeat(2000, ",", func(i int) string { return fmt.Sprintf(`"v%d"`, 2000-i) }) + `]}`, refuses,
		},
		{
			"overlapping names",
			`{"type":"object","patternProperties":{` + repeat(10, ",", func(i int) string { return fmt.Sprintf(`"%c":{"minimum":%d}`, 'a'+i, i) }) + `}}`,
			`{"type":"object","patternProperties":{` + repeat(10, ",", func(i int) string { return fmt.Sprintf(`"%c":{"minimum":%d}`, 'a'+i, min(i, 8)) }) + `}}`, accepts,
		},
		{
			"mutual recursion",
			`{"definitions":{"a":{"properties":{"n":{"$ref":"#/definitions/b"}}},"b":{"properties":{"n":{"$ref":"#/definitions/a"}}}},"$ref":"#/definitions/a"}`,
			`{"properties":{"n":{"$ref":"#"}}}`, accepts,
		},
		{
			"tree that needs two of itself",
			`{"type":"object","required":["l","r"],"properties":{"l":{"$ref":"#"},"r":{"anyOf":[{"$ref":"#"},{"type":"null"}]}}}`, `{"type":"string"}`, accepts,
		},
		{"nots", strings.Repeat(`{"not":`, 60) + `{"type":"integer"}` + strings.Repeat(`}`, 60), `{"type":"number"}`, accepts},
		{
			"overlapping oneOf",
			branches(20, "oneOf", func(i int) string { return fmt.Sprintf(`{"minimum":%d}`, i) }),
			branches(20, "anyOf", func(i int) string { return fmt.Sprintf(`{"minimum":%d}`, i) }), accepts,
		},
	}
	return out
}

// Hard is a pair with its answer, silent if it is not known.
type Hard struct {
	Name           string
	Writer, Reader string
	Want           schema.Verdict
}

// Question parses the pair in draft 7.
func (h *Hard) Question() (Question, error) {
	q := Question{Name: h.Name, Want: h.Want}
	w, err := jsonschema.Parse(withDialect(h.Writer, jsonschema.Draft7), nil, options)
	if err != nil {
		return q, fmt.Errorf("%s: %w", h.Name, err)
	}
	r, err := jsonschema.Parse(withDialect(h.Reader, jsonschema.Draft7), nil, options)
	if err != nil {
		return q, fmt.Errorf("%s: %w", h.Name, err)
	}
	q.Writer, q.Reader = w, r
	return q, nil
}
