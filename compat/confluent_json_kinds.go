package compat

import "strings"

// jsonPolicy says which policies refuse a kind of difference.
type jsonPolicy uint8

const (
	jsonAllowed jsonPolicy = iota // by both
	jsonLenient                   // by LENIENT only
	jsonRefused                   // by neither
)

// jsonKind is one of the kinds of difference that Confluent's JSON Schema rule
// knows: who refuses it, and the sentence about it. In a sentence the reader is
// named first; PATH stands for the place.
type jsonKind struct {
	policy   jsonPolicy
	sentence string
}

// The sentences that several kinds share.
const (
	jsonSaysAdded     = "The keyword at path 'PATH' in the %s schema is not present in the %s schema"
	jsonSaysRemoved   = "The %s schema is missing the keyword at path 'PATH' which is present in the %s schema"
	jsonSaysDecreased = "The value at path 'PATH' in the %s schema is less than its value in the %s schema"
	jsonSaysIncreased = "The value at path 'PATH' in the %s schema is more than its value in the %s schema"
	jsonSaysChanged   = "The value at path 'PATH' is different between the %s schema and the %s schema"
	jsonSaysFewer     = "An array or combined type at path 'PATH' has fewer elements in the %s schema than the %s schema"
	jsonSaysMore      = "An array or combined type at path 'PATH' has more elements in the %s schema than the %s schema"
	jsonSaysType      = "A type at path 'PATH' is different between the %s schema and the %s schema"
	jsonSaysReserved  = "The %s schema has reserved properties at path 'PATH' that do not agree with the %s schema"
)

// jsonKinds are the 132 kinds.
var jsonKinds = func() map[string]jsonKind {
	kinds := map[string]jsonKind{}
	add := func(p jsonPolicy, sentence string, names ...string) {
		for _, n := range names {
			kinds[n] = jsonKind{p, sentence}
		}
	}
	add(jsonAllowed, jsonSaysChanged, "ID_CHANGED", "DESCRIPTION_CHANGED", "TITLE_CHANGED", "DEFAULT_CHANGED")
	add(jsonAllowed, jsonSaysRemoved, "SCHEMA_REMOVED")
	add(jsonRefused, jsonSaysAdded, "SCHEMA_ADDED")
	add(jsonAllowed, jsonSaysType, "TYPE_EXTENDED", "COMBINED_TYPE_EXTENDED", "NOT_TYPE_NARROWED")
	add(jsonRefused, jsonSaysType, "TYPE_NARROWED", "TYPE_CHANGED", "COMBINED_TYPE_CHANGED", "COMBINED_TYPE_SUBSCHEMAS_CHANGED", "NOT_TYPE_EXTENDED")
	for _, upper := range []string{"MAX_LENGTH", "MAXIMUM", "EXCLUSIVE_MAXIMUM", "MAX_PROPERTIES", "MAX_ITEMS", "MAX_CONTAINS"} {
		bound(add, upper, "DECREASED", jsonSaysDecreased, "INCREASED", jsonSaysIncreased)
	}
	for _, lower := range []string{"MIN_LENGTH", "MINIMUM", "EXCLUSIVE_MINIMUM", "MIN_PROPERTIES", "MIN_ITEMS", "MIN_CONTAINS"} {
		bound(add, lower, "INCREASED", jsonSaysIncreased, "DECREASED", jsonSaysDecreased)
	}
	bound(add, "MULTIPLE_OF", "EXPANDED", jsonSaysIncreased, "REDUCED", jsonSaysDecreased)
	add(jsonRefused, jsonSaysChanged, "MULTIPLE_OF_CHANGED", "PATTERN_CHANGED")
	add(jsonAllowed, jsonSaysRemoved, "PATTERN_REMOVED", "UNIQUE_ITEMS_REMOVED", "REQUIRED_ATTRIBUTE_REMOVED", "DEPENDENCY_ARRAY_REMOVED", "DEPENDENCY_SCHEMA_REMOVED")
	add(jsonRefused, jsonSaysAdded, "PATTERN_ADDED", "UNIQUE_ITEMS_ADDED", "REQUIRED_ATTRIBUTE_ADDED", "DEPENDENCY_ARRAY_ADDED", "DEPENDENCY_SCHEMA_ADDED")
	add(jsonAllowed, jsonSaysAdded, "REQUIRED_ATTRIBUTE_WITH_DEFAULT_ADDED")
	add(jsonAllowed, jsonSaysFewer, "DEPENDENCY_ARRAY_NARROWED", "PRODUCT_TYPE_NARROWED")
	add(jsonAllowed, jsonSaysMore, "ENUM_ARRAY_EXTENDED", "SUM_TYPE_EXTENDED")
	add(jsonRefused, jsonSaysMore, "DEPENDENCY_ARRAY_EXTENDED", "PRODUCT_TYPE_EXTENDED")
	add(jsonRefused, jsonSaysFewer, "ENUM_ARRAY_NARROWED", "SUM_TYPE_NARROWED")
	add(jsonRefused, jsonSaysChanged, "DEPENDENCY_ARRAY_CHANGED", "ENUM_ARRAY_CHANGED")
	jsonRest(add)
	jsonContent(add)
	add(jsonRefused, jsonSaysReserved, "RESERVED_PROPERTY_REMOVED", "RESERVED_PROPERTY_CONFLICTS_WITH_PROPERTY")
	return kinds
}()

type jsonKindAdder func(p jsonPolicy, sentence string, names ...string)

// bound adds the four kinds of a bound; tighter is refused, looser allowed.
func bound(add jsonKindAdder, name, tighter, tighterSays, looser, looserSays string) {
	add(jsonRefused, jsonSaysAdded, name+"_ADDED")
	add(jsonRefused, tighterSays, name+"_"+tighter)
	add(jsonAllowed, jsonSaysRemoved, name+"_REMOVED")
	add(jsonAllowed, looserSays, name+"_"+looser)
}

// jsonRest adds the kinds about what is not listed by name or position.
func jsonRest(add jsonKindAdder) {
	for _, rest := range []string{"ADDITIONAL", "UNEVALUATED"} {
		for part, tighter := range map[string]jsonPolicy{"_PROPERTIES": jsonLenient, "_ITEMS": jsonRefused} {
			add(jsonAllowed, jsonSaysAdded, rest+part+"_ADDED")
			add(jsonAllowed, jsonSaysType, rest+part+"_EXTENDED")
			add(tighter, jsonSaysRemoved, rest+part+"_REMOVED")
			add(tighter, jsonSaysType, rest+part+"_NARROWED")
		}
	}
}

// jsonContent adds the kinds about a property or item that one side lacks.
func jsonContent(add jsonKindAdder) {
	const (
		model      = "_CONTENT_MODEL"
		added      = " at path 'PATH' which is missing in the %s schema"
		covered    = "The %s schema has a property or item" + added + " and is covered by its partially open content model"
		notCovered = "The %s schema has a property or item" + added + " and is not covered by its partially open content model"
		lost       = "A property or item is missing in the %s schema but present at path 'PATH' in the %s schema and is"
		closed     = "The %s schema has a closed content model and is missing a property or item present at path 'PATH' in the %s schema"
		opened     = "The %s schema has an open content model and is missing a property or item present at path 'PATH' in the %s schema"
	)
	has := func(model, what string) string {
		return "The %s schema has " + model + " content model and has " + what + added
	}
	add(jsonAllowed, has("an open", "a property or item with an empty schema"), "PROPERTY_WITH_EMPTY_SCHEMA_ADDED_TO_OPEN"+model, "ITEM_WITH_EMPTY_SCHEMA_ADDED_TO_OPEN"+model)
	add(jsonAllowed, has("an unopen", "an optional property"), "OPTIONAL_PROPERTY_ADDED_TO_UNOPEN"+model)
	add(jsonAllowed, has("an unopen", "a required property with a default"), "REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_UNOPEN"+model)
	add(jsonAllowed, covered, "PROPERTY_ADDED_IS_COVERED_BY_PARTIALLY_OPEN"+model, "ITEM_ADDED_IS_COVERED_BY_PARTIALLY_OPEN"+model)
	add(jsonLenient, has("an open", "an optional property"), "OPTIONAL_PROPERTY_ADDED_TO_OPEN"+model)
	add(jsonLenient, has("an open", "a required property with a default"), "REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_OPEN"+model)
	add(jsonLenient, notCovered, "PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN"+model)
	add(jsonRefused, has("an open", "a required property"), "REQUIRED_PROPERTY_ADDED_TO_OPEN"+model)
	add(jsonRefused, has("an unopen", "a required property"), "REQUIRED_PROPERTY_ADDED_TO_UNOPEN"+model)
	add(jsonRefused, has("an open", "a property or item"), "PROPERTY_ADDED_TO_OPEN"+model, "ITEM_ADDED_TO_OPEN"+model)
	add(jsonRefused, notCovered, "ITEM_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN"+model)
	add(jsonAllowed, has("a closed", "an item"), "ITEM_ADDED_TO_CLOSED"+model)

	add(jsonAllowed, opened, "PROPERTY_REMOVED_FROM_OPEN"+model, "ITEM_REMOVED_FROM_OPEN"+model)
	add(jsonAllowed, closed, "PROPERTY_WITH_FALSE_REMOVED_FROM_CLOSED"+model, "ITEM_WITH_FALSE_REMOVED_FROM_CLOSED"+model)
	add(jsonAllowed, lost+" covered by its partially open content model", "PROPERTY_REMOVED_IS_COVERED_BY_PARTIALLY_OPEN"+model, "ITEM_REMOVED_IS_COVERED_BY_PARTIALLY_OPEN"+model)
	add(jsonLenient, closed, "PROPERTY_REMOVED_FROM_CLOSED"+model)
	add(jsonLenient, lost+" not covered by its partially open content model", "PROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN"+model)
	add(jsonRefused, closed, "ITEM_REMOVED_FROM_CLOSED"+model)
	add(jsonRefused, lost+" not covered by its partially open content model", "ITEM_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN"+model)
}

// refuses reports whether a policy refuses the kind.
func (k jsonKind) refuses(lenient bool) bool {
	return k.policy == jsonRefused || (k.policy == jsonLenient && !lenient)
}

// describe puts the place into the sentence.
func (k jsonKind) describe(path string) string { return strings.ReplaceAll(k.sentence, "PATH", path) }
