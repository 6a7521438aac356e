package compat

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// TestJSONKinds has a pair for every kind that a pair of schemas can emit, read
// in both directions, and near misses that emit nothing.
func TestJSONKinds(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range jsonKindPairs() {
		forth := kindsOf(jsonDifferences(parseJSON(t, c.old), parseJSON(t, c.new)))
		if want := slices.Sorted(slices.Values(c.forth)); !slices.Equal(forth, want) {
			t.Errorf("%s → %s\n got %v\nwant %v", c.old, c.new, forth, want)
		}
		back := kindsOf(jsonDifferences(parseJSON(t, c.new), parseJSON(t, c.old)))
		if want := slices.Sorted(slices.Values(c.back)); !slices.Equal(back, want) {
			t.Errorf("%s → %s\n got %v\nwant %v", c.new, c.old, back, want)
		}
		for _, text := range []string{c.old, c.new} {
			if self := jsonDifferences(parseJSON(t, text), parseJSON(t, text)); len(self) != 0 {
				t.Errorf("%s differs from itself: %v", text, self)
			}
		}
		for _, k := range append(forth, back...) {
			kind, _, _ := strings.Cut(k, " ")
			seen[kind] = true
		}
	}
	for kind := range jsonKinds {
		if !seen[kind] && !strings.HasPrefix(kind, "RESERVED_") && kind != "PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL" {
			t.Errorf("no pair emits %s", kind)
		}
	}
}

type jsonKindPair struct {
	old, new    string
	forth, back []string
}

// bounded is a pair with a bound added, and one with it raised.
func bounded(kind, keyword, frame string) []jsonKindPair {
	at := " #/" + keyword
	with := func(v string) string { return strings.Replace(frame, "BOUND", `,"`+keyword+`":`+v, 1) }
	return []jsonKindPair{
		{strings.Replace(frame, "BOUND", "", 1), with("3"), []string{kind + "_ADDED" + at}, []string{kind + "_REMOVED" + at}},
		{with("3"), with("4"), []string{kind + "_INCREASED" + at}, []string{kind + "_DECREASED" + at}},
		{with("3"), with("3.0"), nil, nil},
	}
}

func jsonKindPairs() []jsonKindPair {
	var out []jsonKindPair
	out = append(out, bounded("MAX_LENGTH", "maxLength", `{"type":"string"BOUND}`)...)
	out = append(out, bounded("MIN_LENGTH", "minLength", `{"type":"string"BOUND}`)...)
	out = append(out, bounded("MAXIMUM", "maximum", `{"type":"number"BOUND}`)...)
	out = append(out, bounded("MINIMUM", "minimum", `{"type":"number"BOUND}`)...)
	out = append(out, bounded("EXCLUSIVE_MAXIMUM", "exclusiveMaximum", `{"type":"number"BOUND}`)...)
	out = append(out, bounded("EXCLUSIVE_MINIMUM", "exclusiveMinimum", `{"type":"number"BOUND}`)...)
	out = append(out, bounded("MAX_PROPERTIES", "maxProperties", `{"type":"object"BOUND}`)...)
	out = append(out, bounded("MIN_PROPERTIES", "minProperties", `{"type":"object"BOUND}`)...)
	out = append(out, bounded("MAX_ITEMS", "maxItems", `{"type":"array"BOUND}`)...)
	out = append(out, bounded("MIN_ITEMS", "minItems", `{"type":"array"BOUND}`)...)
	out = append(out, bounded("MAX_CONTAINS", "maxContains", `{`+d20+`,"type":"array","contains":true,"minContains":1BOUND}`)...)
	out = append(out, jsonValuePairs()...)
	out = append(out, jsonObjectPairs()...)
	out = append(out, jsonArrayPairs()...)
	return append(out, jsonCombinationPairs()...)
}

func jsonValuePairs() []jsonKindPair {
	is := func(kinds ...string) []string { return kinds }
	return []jsonKindPair{
		{`{"type":"string","$id":"a"}`, `{"type":"string","$id":"b"}`, is("ID_CHANGED #/id"), is("ID_CHANGED #/id")},
		{`{"type":"string","title":"a"}`, `{"type":"string"}`, is("TITLE_CHANGED #/title"), is("TITLE_CHANGED #/title")},
		{`{"type":"string","description":"a"}`, `{"type":"string","description":"b"}`, is("DESCRIPTION_CHANGED #/description"), is("DESCRIPTION_CHANGED #/description")},
		{`{"type":"string","default":"a"}`, `{"type":"string"}`, is("DEFAULT_CHANGED #/default"), is("DEFAULT_CHANGED #/default")},
		{`{"type":"string","pattern":"a"}`, `{"type":"string"}`, is("PATTERN_REMOVED #/pattern"), is("PATTERN_ADDED #/pattern")},
		{`{"type":"string","pattern":"a"}`, `{"type":"string","pattern":"b"}`, is("PATTERN_CHANGED #/pattern"), is("PATTERN_CHANGED #/pattern")},
		{`{"type":"integer"}`, `{"type":"number"}`, is("TYPE_EXTENDED #/"), is("TYPE_NARROWED #/")},
		{`{"type":"string"}`, `{"type":"boolean"}`, is("TYPE_CHANGED #/"), is("TYPE_CHANGED #/")},
		{`{"type":"string"}`, `{}`, nil, is("TYPE_CHANGED #/")},
		{`false`, `{"type":"string"}`, nil, is("TYPE_CHANGED #/")},
		{`true`, `{}`, nil, nil},
		{`{"type":"string","connect.type":"bytes"}`, `{"type":"number","connect.type":"bytes"}`, nil, nil},
		{`{"type":"number"}`, `{"type":"number","multipleOf":2}`, is("MULTIPLE_OF_ADDED #/multipleOf"), is("MULTIPLE_OF_REMOVED #/multipleOf")},
		{`{"type":"number","multipleOf":2}`, `{"type":"number","multipleOf":6}`, is("MULTIPLE_OF_EXPANDED #/multipleOf"), is("MULTIPLE_OF_REDUCED #/multipleOf")},
		{`{"type":"number","multipleOf":2}`, `{"type":"number","multipleOf":3}`, is("MULTIPLE_OF_CHANGED #/multipleOf"), is("MULTIPLE_OF_CHANGED #/multipleOf")},
		{`{"enum":[1,2]}`, `{"enum":[2,1,3]}`, is("ENUM_ARRAY_EXTENDED #/enum"), is("ENUM_ARRAY_NARROWED #/enum")},
		{`{"enum":[1,2]}`, `{"enum":[1,3]}`, is("ENUM_ARRAY_CHANGED #/enum"), is("ENUM_ARRAY_CHANGED #/enum")},
		{`{"enum":[{"a":1,"b":2}]}`, `{"enum":[{"b":2,"a":1}]}`, nil, nil},
		{`{"const":1}`, `{"const":2}`, is("ENUM_ARRAY_CHANGED #/const"), is("ENUM_ARRAY_CHANGED #/const")},
		{`{"not":{"type":"number"}}`, `{"not":{"type":"integer"}}`, is("NOT_TYPE_NARROWED #/not"), is("NOT_TYPE_EXTENDED #/not")},
	}
}

func jsonObjectPairs() []jsonKindPair {
	is := func(kinds ...string) []string { return kinds }
	model := func(kind, name string) string { return kind + "_CONTENT_MODEL #/properties/" + name }
	const closed = `,"additionalProperties":false`
	const strings = `,"additionalProperties":{"type":"string"}`
	none, one := `{"properties":{}`, `{"properties":{"a":{"type":"string"}}`
	needed, preset := `{"required":["a"],"properties":{"a":{"type":"string"}}`, `{"required":["a"],"properties":{"a":{"type":"string","default":""}}`
	return []jsonKindPair{
		{none + `}`, one + `}`, is(model("OPTIONAL_PROPERTY_ADDED_TO_OPEN", "a")), is(model("PROPERTY_REMOVED_FROM_OPEN", "a"))},
		{none + `}`, needed + `}`, is(model("REQUIRED_PROPERTY_ADDED_TO_OPEN", "a")), is(model("PROPERTY_REMOVED_FROM_OPEN", "a"))},
		{none + `}`, preset + `}`, is(model("REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_OPEN", "a")), is(model("PROPERTY_REMOVED_FROM_OPEN", "a"))},
		{none + `}`, `{"properties":{"a":{}}}`, is(model("PROPERTY_WITH_EMPTY_SCHEMA_ADDED_TO_OPEN", "a")), is(model("PROPERTY_REMOVED_FROM_OPEN", "a"))},
		{none + closed + `}`, one + closed + `}`, is(model("OPTIONAL_PROPERTY_ADDED_TO_UNOPEN", "a")), is(model("PROPERTY_REMOVED_FROM_CLOSED", "a"))},
		{none + closed + `}`, needed + closed + `}`, is(model("REQUIRED_PROPERTY_ADDED_TO_UNOPEN", "a")), is(model("PROPERTY_REMOVED_FROM_CLOSED", "a"))},
		{none + closed + `}`, preset + closed + `}`, is(model("REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_UNOPEN", "a")), is(model("PROPERTY_REMOVED_FROM_CLOSED", "a"))},
		{none + closed + `}`, `{"properties":{"a":false}` + closed + `}`, is(model("OPTIONAL_PROPERTY_ADDED_TO_UNOPEN", "a")), is(model("PROPERTY_WITH_FALSE_REMOVED_FROM_CLOSED", "a"))},
		{none + strings + `}`, one + strings + `}`, is(model("PROPERTY_ADDED_IS_COVERED_BY_PARTIALLY_OPEN", "a"), model("OPTIONAL_PROPERTY_ADDED_TO_UNOPEN", "a")), is(model("PROPERTY_REMOVED_IS_COVERED_BY_PARTIALLY_OPEN", "a"))},
		{none + strings + `}`, `{"properties":{"a":{"type":"number"}}` + strings + `}`, is(model("PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN", "a"), model("OPTIONAL_PROPERTY_ADDED_TO_UNOPEN", "a")), is(model("PROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN", "a"))},
		{one + `}`, needed + `}`, is("REQUIRED_ATTRIBUTE_ADDED #/required/a"), is("REQUIRED_ATTRIBUTE_REMOVED #/required/a")},
		{one + `}`, preset + `}`, is("REQUIRED_ATTRIBUTE_WITH_DEFAULT_ADDED #/required/a", "DEFAULT_CHANGED #/properties/a/default"), is("REQUIRED_ATTRIBUTE_REMOVED #/required/a", "DEFAULT_CHANGED #/properties/a/default")},
		{one + `}`, `{"properties":{"a":{"type":"string","maxLength":2}}}`, is("MAX_LENGTH_ADDED #/properties/a/maxLength"), is("MAX_LENGTH_REMOVED #/properties/a/maxLength")},
		{one + `}`, one + closed + `}`, is("ADDITIONAL_PROPERTIES_REMOVED #/additionalProperties"), is("ADDITIONAL_PROPERTIES_ADDED #/additionalProperties")},
		{one + `}`, one + strings + `}`, is("ADDITIONAL_PROPERTIES_NARROWED #/additionalProperties"), is("ADDITIONAL_PROPERTIES_EXTENDED #/additionalProperties")},
		{one + `}`, one + `,"additionalProperties":true}`, nil, nil},
		{`{` + d20 + `,"type":"object"}`, `{` + d20 + `,"type":"object","unevaluatedProperties":false}`, is("UNEVALUATED_PROPERTIES_REMOVED #/unevaluatedProperties"), is("UNEVALUATED_PROPERTIES_ADDED #/unevaluatedProperties")},
		{`{` + d20 + `,"type":"object"}`, `{` + d20 + `,"type":"object","unevaluatedProperties":{"type":"string"}}`, is("UNEVALUATED_PROPERTIES_NARROWED #/unevaluatedProperties"), is("UNEVALUATED_PROPERTIES_EXTENDED #/unevaluatedProperties")},
		{`{"type":"object"}`, `{"type":"object","dependencies":{"a":["b"]}}`, is("DEPENDENCY_ARRAY_ADDED #/dependencies/a"), is("DEPENDENCY_ARRAY_REMOVED #/dependencies/a")},
		{`{"dependencies":{"a":["b"]}}`, `{"dependencies":{"a":["b","c"]}}`, is("DEPENDENCY_ARRAY_EXTENDED #/dependencies/a"), is("DEPENDENCY_ARRAY_NARROWED #/dependencies/a")},
		{`{"dependencies":{"a":["b"]}}`, `{"dependencies":{"a":["c"]}}`, is("DEPENDENCY_ARRAY_CHANGED #/dependencies/a"), is("DEPENDENCY_ARRAY_CHANGED #/dependencies/a")},
		{`{"type":"object"}`, `{"type":"object","dependencies":{"a":{"required":["b"]}}}`, is("DEPENDENCY_SCHEMA_ADDED #/dependencies/a"), is("DEPENDENCY_SCHEMA_REMOVED #/dependencies/a")},
		{`{"type":"object","required":["b","a"]}`, `{"type":"object","required":["a","b"]}`, nil, nil},
	}
}

func jsonArrayPairs() []jsonKindPair {
	is := func(kinds ...string) []string { return kinds }
	model := func(kind string) string { return kind + "_CONTENT_MODEL #/items/1" }
	one, two := `{"items":[{"type":"string"}]`, `{"items":[{"type":"string"},{"type":"number"}]`
	const closed, numbers, strings = `,"additionalItems":false}`, `,"additionalItems":{"type":"number"}}`, `,"additionalItems":{"type":"string"}}`
	return []jsonKindPair{
		{`{"type":"array"}`, `{"type":"array","items":{"type":"string"}}`, is("SCHEMA_ADDED #/items"), is("SCHEMA_REMOVED #/items")},
		{`{"items":{"type":"integer"}}`, `{"items":{"type":"number"}}`, is("TYPE_EXTENDED #/items"), is("TYPE_NARROWED #/items")},
		{one + `}`, two + `}`, is(model("ITEM_ADDED_TO_OPEN")), is(model("ITEM_REMOVED_FROM_OPEN"))},
		{one + `}`, `{"items":[{"type":"string"},{}]}`, is(model("ITEM_WITH_EMPTY_SCHEMA_ADDED_TO_OPEN")), is(model("ITEM_REMOVED_FROM_OPEN"))},
		{one + closed, two + closed, is(model("ITEM_ADDED_TO_CLOSED")), is(model("ITEM_REMOVED_FROM_CLOSED"))},
		{one + closed, `{"items":[{"type":"string"},false]` + closed, is(model("ITEM_ADDED_TO_CLOSED")), is(model("ITEM_WITH_FALSE_REMOVED_FROM_CLOSED"))},
		{one + numbers, two + numbers, is(model("ITEM_ADDED_IS_COVERED_BY_PARTIALLY_OPEN")), is(model("ITEM_REMOVED_IS_COVERED_BY_PARTIALLY_OPEN"))},
		{one + strings, two + strings, is(model("ITEM_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN")), is(model("ITEM_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN"))},
		{one + `}`, one + closed, is("ADDITIONAL_ITEMS_REMOVED #/additionalItems"), is("ADDITIONAL_ITEMS_ADDED #/additionalItems")},
		{one + `}`, one + numbers, is("ADDITIONAL_ITEMS_NARROWED #/additionalItems"), is("ADDITIONAL_ITEMS_EXTENDED #/additionalItems")},
		{`{` + d20 + `,"type":"array"}`, `{` + d20 + `,"type":"array","unevaluatedItems":false}`, is("UNEVALUATED_ITEMS_REMOVED #/unevaluatedItems"), is("UNEVALUATED_ITEMS_ADDED #/unevaluatedItems")},
		{`{` + d20 + `,"type":"array"}`, `{` + d20 + `,"type":"array","unevaluatedItems":{"type":"string"}}`, is("UNEVALUATED_ITEMS_NARROWED #/unevaluatedItems"), is("UNEVALUATED_ITEMS_EXTENDED #/unevaluatedItems")},
		{`{` + d20 + `,"type":"array"}`, `{` + d20 + `,"type":"array","items":false}`, is("ADDITIONAL_ITEMS_REMOVED #/additionalItems"), is("ADDITIONAL_ITEMS_ADDED #/additionalItems")},
		{`{` + d20 + `,"prefixItems":[{"type":"string"}]}`, `{` + d20 + `,"prefixItems":[{"type":"string"}],"items":false}`, is("ADDITIONAL_ITEMS_REMOVED #/additionalItems"), is("ADDITIONAL_ITEMS_ADDED #/additionalItems")},
		{`{` + d20 + `,"type":"array"}`, `{` + d20 + `,"type":"array","contains":true}`, is("MIN_CONTAINS_ADDED #/minContains"), is("MIN_CONTAINS_REMOVED #/minContains")},
		{`{` + d20 + `,"contains":true}`, `{` + d20 + `,"contains":true,"minContains":2}`, is("MIN_CONTAINS_INCREASED #/minContains"), is("MIN_CONTAINS_DECREASED #/minContains")},
		{`{"type":"array"}`, `{"type":"array","uniqueItems":true}`, is("UNIQUE_ITEMS_ADDED #/uniqueItems"), is("UNIQUE_ITEMS_REMOVED #/uniqueItems")},
		{`{"type":"array"}`, `{"type":"array","uniqueItems":false}`, nil, nil},
	}
}

func jsonCombinationPairs() []jsonKindPair {
	is := func(kinds ...string) []string { return kinds }
	const str, num, boo = `{"type":"string"}`, `{"type":"number"}`, `{"type":"boolean"}`
	return []jsonKindPair{
		{`{"anyOf":[` + str + `]}`, `{"anyOf":[` + str + `,` + num + `]}`, is("SUM_TYPE_EXTENDED #/"), is("SUM_TYPE_NARROWED #/")},
		{`{"allOf":[` + str + `]}`, `{"allOf":[` + str + `,` + num + `]}`, is("PRODUCT_TYPE_EXTENDED #/"), is("PRODUCT_TYPE_NARROWED #/")},
		{`{"oneOf":[` + str + `,` + num + `]}`, `{"anyOf":[` + num + `,` + str + `]}`, is("COMBINED_TYPE_EXTENDED #/"), is("COMBINED_TYPE_CHANGED #/")},
		{`{"anyOf":[` + str + `,` + num + `]}`, `{"anyOf":[` + str + `,` + boo + `]}`, is("COMBINED_TYPE_SUBSCHEMAS_CHANGED #/"), is("COMBINED_TYPE_SUBSCHEMAS_CHANGED #/")},
		{str, `{"oneOf":[` + num + `,` + str + `]}`, is("SUM_TYPE_EXTENDED #/"), is("TYPE_CHANGED #/")},
		{str, `{"type":["string","null"]}`, is("SUM_TYPE_EXTENDED #/"), is("TYPE_CHANGED #/")},
		{str, `{"type":["string"]}`, nil, nil},
		{str, `{"allOf":[` + str + `]}`, nil, nil},
		{`{"allOf":[` + str + `,{"minLength":1}]}`, str, is("PRODUCT_TYPE_NARROWED #/"), is("TYPE_CHANGED #/")},
		{`{"anyOf":[` + str + `,` + str + `]}`, `{"anyOf":[` + str + `]}`, nil, nil},
		{`{"anyOf":[` + str + `,{"type":"integer"}]}`, `{"anyOf":[` + num + `,` + str + `]}`, is("TYPE_EXTENDED #/anyOf/1"), is("COMBINED_TYPE_SUBSCHEMAS_CHANGED #/")},
	}
}

// TestJSONPolicies: a branch may fit under LENIENT and not under STRICT.
func TestJSONPolicies(t *testing.T) {
	old := `{"anyOf":[{"type":"object","properties":{"a":{"type":"string"}}}]}`
	new := `{"anyOf":[{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}}},{"type":"null"}]}`
	strict, lenient := acceptedBy(jsonDifferences(parseJSON(t, old), parseJSON(t, new)))
	if strict || !lenient {
		t.Errorf("STRICT accepts = %t, LENIENT accepts = %t; want false and true", strict, lenient)
	}
}

// TestJSONRecursion: shapes that refer to themselves, to each other, and share
// branches end quickly.
func TestJSONRecursion(t *testing.T) {
	var doubling strings.Builder
	doubling.WriteString(`{"definitions":{"n00":{"type":"integer"}`)
	for i := 1; i < 18; i++ {
		prev := `{"$ref":"#/definitions/n` + itoa(i-1) + `"}`
		doubling.WriteString(`,"n` + itoa(i) + `":{"properties":{"a":` + prev + `,"b":` + prev + `}}`)
	}
	doubling.WriteString(`},"$ref":"#/definitions/n17"}`)
	text := doubling.String()
	changed := strings.Replace(text, `"integer"`, `"string"`, 1)
	if list := jsonDifferences(parseJSON(t, text), parseJSON(t, changed)); len(list) == 0 || len(list) > 2*maxJSONList {
		t.Errorf("%d differences", len(list))
	} else if strict, _ := acceptedBy(list); strict {
		t.Error("a changed type is accepted")
	}
	mutual := `{"definitions":{"a":{"type":"object","properties":{"b":{"$ref":"#/definitions/b"}}},"b":{"type":"object","properties":{"a":{"$ref":"#/definitions/a"},"v":{"type":"integer"}}}},"$ref":"#/definitions/a"}`
	if list := jsonDifferences(parseJSON(t, mutual), parseJSON(t, strings.Replace(mutual, "integer", "string", 1))); len(list) != 1 || list[0].Path != "#/properties/b/properties/v" {
		t.Errorf("got %v", list)
	}
	// The branch with the recursion must not fit just because it is open.
	recursive := func(leaf string) string {
		return `{"type":"object","properties":{"v":{"type":"` + leaf + `"},"next":{"anyOf":[{"type":"null"},{"$ref":"#"}]}}}`
	}
	if strict, _ := acceptedBy(jsonDifferences(parseJSON(t, recursive("integer")), parseJSON(t, recursive("string")))); strict {
		t.Error("a changed recursive schema is accepted")
	}
	if list := jsonDifferences(parseJSON(t, recursive("integer")), parseJSON(t, recursive("integer"))); len(list) != 0 {
		t.Errorf("differs from itself: %v", list)
	}
}

func itoa(i int) string { return string(rune('0'+i/10)) + string(rune('0'+i%10)) }

// TestJSONReordered: the order of keys says nothing.
func TestJSONReordered(t *testing.T) {
	keys := []string{`"type":"object"`, `"required":["a"]`, `"properties":{"a":{"type":"string"},"b":{"enum":[1,2]}}`, `"additionalProperties":false`, `"minProperties":1`}
	first := parseJSON(t, "{"+strings.Join(keys, ",")+"}")
	random := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		random.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
		if list := jsonDifferences(first, parseJSON(t, "{"+strings.Join(keys, ",")+"}")); len(list) != 0 {
			t.Errorf("%v: %v", keys, list)
		}
	}
}

func BenchmarkJSONDifferences(b *testing.B) {
	var text strings.Builder
	for i := range 50 {
		text.WriteString(`"p` + itoa(i) + `":{"type":["string","null"],"maxLength":10},`)
	}
	old := parseJSON(b, `{"type":"object","properties":{`+text.String()+`"z":{"type":"integer"}}}`)
	new := parseJSON(b, `{"type":"object","properties":{`+text.String()+`"z":{"type":"number"}}}`)
	for b.Loop() {
		if len(jsonDifferences(old, new)) != 1 {
			b.Fatal("one difference expected")
		}
	}
}
