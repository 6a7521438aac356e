package upcast

import (
	"fmt"
	"strings"
	"testing"

	"github.com/instar-registry/instar/schema"
)

// mistakes are steps that mean nothing over a schema, each with a part of what is
// said about it. Lines of the document besides its steps may follow a step.
type mistakes struct {
	name  string
	parse func(testing.TB, string) schema.Parsed
	text  string
	steps map[string]string
}

// allMistakes are the tables of mistakes.
var allMistakes = []mistakes{
	{"document", avroParsed, mistaken, documentMistakes},
	{"keys", avroParsed, keyed, keyMistakes},
	{"expressions", avroParsed, spoken, addsOf(expressionMistakes)},
	{"kinds", avroParsed, strings.Join([]string{id, qty, nick, lines, attrs, oldState, address, textField("zip"), pay, several, decimals}, ","), map[string]string{
		"drop: {path: pay.no}":                                                                                             "name the branch, as in pay<o.Card>",
		"drop: {path: 'id[].x'}":                                                                                           "id is no list but string",
		"drop: {path: 'id{}.x'}":                                                                                           "id is no map but string",
		"set: {path: 'several?', value: 1}":                                                                                "several is of several types",
		"set: {path: 'pay<Cheque>.no', value: x}":                                                                          "pay has no branch Cheque",
		"toMap: {path: id, key: k, value: v}":                                                                              "id is no list",
		"toMap: {path: lines, key: n, value: sku}":                                                                         "n of lines is int, and keys are texts",
		"toList: {path: attrs, key: k, value: k}":                                                                          "key and value have one name",
		"narrow: {path: nick, maxLength: 3, mode: truncate}":                                                               "write nick? to narrow the string",
		"retype: {path: nick, to: bytes, via: utf8}":                                                                       "write nick? to change the string",
		"flatten: {path: address}":                                                                                         "zip exists beside address",
		"copy: {from: 'lines[].sku', to: x}":                                                                               "lines[] has many values",
		"copy: {from: 'pay<Card>.no', to: x}":                                                                              "is there in one branch only",
		"copy: {from: 'address?.zip', to: x}":                                                                              "address is never null",
		"mapBranch: {path: id, map: {A: B}}":                                                                               "id is no union",
		"mapBranch: {path: pay, map: {Cheque: Card}}":                                                                      "pay has no branch Cheque",
		"convert: {path: qty, factor: 2, to: int33}":                                                                       "is no type of numbers",
		"merge: {paths: [id, qty], to: x, separator: ' '}":                                                                 "qty is no text but int",
		"filter: {path: id, where: 'true'}":                                                                                "id is no list or map",
		"filter: {path: lines, where: 'this.n'}":                                                                           "must be true or false",
		"split: {path: qty, separator: '-', into: [a, b], else: deadLetter}":                                               "qty is no text",
		"split: {path: id, pattern: '(', into: {a: x}}":                                                                    "not RE2",
		"split: {path: id, pattern: '^(?P<a>.)$', into: {b: x}, else: deadLetter}":                                         "no group b",
		"mapEnum: {path: state, map: {NEW: NEW, PAID: PAID, SHIPPED: SHIPPED}, choose: {NW: \"'NEW'\"}}":                   "state has no symbol NW",
		"mapEnum: {path: state, map: {PAID: PAID, SHIPPED: SHIPPED}, choose: {NEW: owner.id}}":                             "the symbols that it may give are not known",
		"{rename: {from: id, to: key}, class: one-way}":                                                                    "the step rename is iso",
		"mapEnum: {path: state, map: {NEW: A, PAID: A, SHIPPED: A}, choose: {NEW: \"'A'\"}}":                               "NEW is both in map and in choose",
		"mapEnum: {path: state, map: {NEW: A, PAID: B, SHIPPED: B}, down: {C: PAID}}":                                      "down maps C, which no symbol becomes",
		"mapEnum: {path: state, map: {NEW: A, PAID: B, SHIPPED: B}, down: {B: PAYED}}":                                     "did you mean PAID?",
		"mapBranch: {path: pay, map: {Card: Card, o.Card: Cash}}":                                                          "Card and o.Card are one branch of pay",
		"meta: {set: {h: {expr: event.qty}}}":                                                                              "the header h would be int",
		"erase: {paths: [state], with: tombstone}":                                                                         "no value that tells nothing",
		"erase: {paths: [id], with: hash, salt: s}\ncontext: {s: {type: int64, kind: lookup, key: event.id}}":              "the salt s is long",
		"erase: {paths: [qty], with: hash, salt: s}\ncontext: {s: {type: string, kind: header, name: h}}":                  "texts and bytes are hashed",
		"each: {path: 'lines[]', steps: [{splitEvent: {outputs: [{name: a, to: {subject: s, version: 1}}]}}]}":             "not a part of it",
		"splitEvent: {outputs: [{name: a, to: {subject: s, version: 1}}]}\n  - reversion: {}":                              "not the last step",
		"splitEvent: {outputs: [{name: a, forEach: lines, to: {subject: s, version: 1}}]}":                                 "write it as items[]",
		"splitEvent: {outputs: [{name: a, forEach: 'attrs[]', to: {subject: s, version: 1}}]}":                             "attrs is no list",
		"fromContext: {path: x, context: c, else: deadLetter}\ncontext: {c: {type: string, kind: lookup, key: event.qty}}": "a key is a text",
	}},
	{"more expressions", avroParsed, spoken + "," + decimals, addsOf(map[string]string{
		"regex.extract(owner.id, '(a)(b)')":      "more than one group",
		"owner.lines.distinct()":                 "not compared",
		"div(owner.dec, owner.dec, 2, owner.id)": "the way to round is no literal",
		"null":                                   "null has no type of its own",
		doubledExpression():                      "takes too much work to prove",
		"[?owner.nick]":                          "optional elements are not offered",
	})},
	{"proto", protoParsed, `message M { oneof pay { string card = 1; int32 cash = 2; } repeated I l = 3; message I { optional string k = 1; int32 v = 2; } }`, map[string]string{
		"drop: {path: card}":                 "it is a member of pay: write pay<card>",
		"toMap: {path: l, key: k, value: v}": "k of the elements of l may be absent",
		"rest: {path: $, mode: into, to: x}": "what is unknown in $ has no names",
	}},
}

const (
	pay      = `{"name":"pay","type":[{"type":"record","name":"Card","fields":[{"name":"no","type":"string"}]},{"type":"record","name":"Cash","fields":[]}]}`
	several  = `{"name":"several","type":["null","int","string"]}`
	decimals = `{"name":"dec","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}}`
)

// TestMistakes holds steps that mean nothing to an error with a place.
func TestMistakes(t *testing.T) {
	for _, m := range allMistakes {
		holdMistakes(t, m.parse, m.text, m.steps)
	}
}

// mistakenCases are the mistakes, and documents that take too much work.
func mistakenCases() []namedCase {
	var out []namedCase
	for _, m := range allMistakes {
		for _, step := range sortedKeys(m.steps) {
			out = append(out, namedCase{m.name + ": " + step, func(t *testing.T) (*Hop, error) {
				t.Helper()
				return verifyText(t, step, m.parse(t, m.text))
			}})
		}
	}
	doubling := []string{}
	for i := range 16 {
		doubling = append(doubling, fmt.Sprintf("copy: {from: r%d, to: s%d}", i, i), fmt.Sprintf("nest: {paths: [r%d, s%d], under: r%d}", i, i, i+1))
	}
	record := `{"name":"r0","type":{"type":"record","name":"R","fields":[{"name":"x","type":"int"}]}}`
	for _, c := range []struct {
		name, from, to string
		steps          []string
	}{
		{"a tree that doubles", record, record, doubling},
		{"ten thousand fields, each renamed often", wide("f", 10_000), wide("f", 10_000), wideRenames(330)},
		{"a default of defaults", id, id + "," + nestedDefaults(20), nil},
	} {
		out = append(out, namedCase{c.name, func(t *testing.T) (*Hop, error) {
			t.Helper()
			return Verify(t.Context(), document(t, c.steps...), avroSchema(t, c.from), avroSchema(t, c.to))
		}})
	}
	for _, name := range sortedKeys(parkMistakes) {
		c := parkMistakes[name]
		out = append(out, namedCase{name, func(t *testing.T) (*Hop, error) {
			t.Helper()
			return c.try(t)
		}})
	}
	return out
}

// doubledExpression is an expression whose parts stand in it half a million times.
func doubledExpression() string {
	text := "x18"
	for i := 18; i > 0; i-- {
		text = fmt.Sprintf("cel.bind(x%d, x%d + x%d, %s)", i, i-1, i-1, text)
	}
	return "cel.bind(x0, 7 / owner.qty, " + text + ")"
}
