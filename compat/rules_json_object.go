package compat

import (
	"slices"
	"strings"
)

func jsonRequiredRows() []row {
	return []row{
		jsonEdits("required-{added,removed}", "property",
			"A property is required that old events need not have.", `the property "{property}" is required now`, "make-optional", "add require", "REQUIRED_ATTRIBUTE_ADDED REQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL REQUIRED_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL",
			"A property is no longer required.", `the property "{property}" was required and is optional now`, "keep-constraint", "relax", "REQUIRED_ATTRIBUTE_REMOVED"),
		jsonEdits("required-{added,removed}-with-default", "property",
			"A property with a default is required that old events need not have. Validators do not fill defaults in, so the default does not help.", `the property "{property}" is required now; its default is not filled in by validators`, "make-optional", "add require", "REQUIRED_ATTRIBUTE_WITH_DEFAULT_ADDED REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_OPEN_CONTENT_MODEL",
			"A property with a default is no longer required. Validators do not fill defaults in.", `the property "{property}", which has a default, was required and is optional now`, "keep-constraint", "relax", ""),
		jsonEdits("dependent-required-{added,removed}", "property",
			"If one property is there, others must be there too, which old events need not obey.", `where "{property}" is present, {new} must be too now`, "drop-constraint", "add require", "DEPENDENCY_ARRAY_ADDED",
			"If one property is there, others need not be there any more.", `where "{property}" is present, {old} need not be any more`, "keep-constraint", "relax", "DEPENDENCY_ARRAY_REMOVED"),
		jsonEdits("dependent-required-{tightened,relaxed}", "property",
			"More properties must be there if one is.", `where "{property}" is present, {new} must be too; it was {old}`, "keep-constraint", "add require", "DEPENDENCY_ARRAY_EXTENDED",
			"Fewer properties must be there if one is.", `where "{property}" is present, {new} must be too; it was {old}`, "keep-constraint", "relax", "DEPENDENCY_ARRAY_NARROWED"),
		jsonEdits("dependent-schema-{added,removed}", "property",
			"If one property is there, the object must satisfy a further schema.", `where "{property}" is present, the object must satisfy a schema now`, "drop-constraint", "narrow", "DEPENDENCY_SCHEMA_ADDED",
			"If one property is there, the object need not satisfy a further schema any more.", `where "{property}" is present, the object had to satisfy a schema`, "keep-constraint", "relax", "DEPENDENCY_SCHEMA_REMOVED"),
	}
}

// The kinds of Confluent about properties and items say in which content model
// something came or went.
func models(kinds string) string {
	out := strings.Fields(kinds)
	for i := range out {
		out[i] += "_CONTENT_MODEL"
	}
	return strings.Join(out, " ")
}

func jsonPropertyRows() []row {
	return []row{
		jsonEdits("property-{added,removed}-open", "property",
			"The old schema does not mention the property and is open, so an old event may hold anything under that name. The new schema says what it must be. Where writers emit declared properties only, the policy DECLARED accepts this; a closed object (`additionalProperties: false`) takes new properties without a break.",
			`the new schema says what "{property}" must be; old events may hold anything there, as the old schema is open`, "open-object", "retype rest",
			models("OPTIONAL_PROPERTY_ADDED_TO_OPEN PROPERTY_ADDED_TO_OPEN"),
			"The new schema no longer mentions the property and is open, so a new event may hold anything under that name. The old schema says what it must be. Where writers emit declared properties only, the policy DECLARED accepts this; a closed object (`additionalProperties: false`) takes new properties without a break.",
			`the old schema says what "{property}" must be; new events may hold anything there, as the new schema is open`, "restore-field", "drop rest",
			models("PROPERTY_REMOVED_FROM_OPEN")),
		jsonEdits("property-{removed,added}-closed", "property",
			"The property is gone and the new schema takes no undeclared ones, so an old event that has it is refused.",
			`the property "{property}" is gone, and the new schema takes no undeclared properties`, "restore-field", "drop",
			models("PROPERTY_REMOVED_FROM_CLOSED PROPERTY_WITH_FALSE_REMOVED_FROM_CLOSED"),
			"The property is new and the old schema takes no undeclared ones, so a new event that has it is refused.",
			`the property "{property}" is new, and the old schema takes no undeclared properties`, "restore-field", "add",
			models("OPTIONAL_PROPERTY_ADDED_TO_UNOPEN REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_UNOPEN")),
		jsonEdits("property-{added,removed}-partly-open", "property",
			"The old schema holds undeclared properties to a schema that takes more than the new property does.",
			`the new schema says what "{property}" must be, and the old one takes more there`, "restore-field", "retype",
			models("PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN PROPERTY_ADDED_IS_COVERED_BY_PARTIALLY_OPEN"),
			"The new schema holds undeclared properties to a schema that takes more than the old property does.",
			`the old schema says what "{property}" must be, and the new one takes more there`, "restore-field", "drop",
			models("PROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN PROPERTY_REMOVED_IS_COVERED_BY_PARTIALLY_OPEN")),
		{
			stem: "property-{added,removed}-unconstrained", element: "property", class: ClassInfo, surfaces: "json",
			half: half{
				purpose: "A property was declared that takes whatever an undeclared one took. No event is judged otherwise.", message: `the new schema declares "{property}" without saying what it must be`,
				fixes: jsonNoBreak, upcaster: avroNoUpcast, confluent: models("PROPERTY_WITH_EMPTY_SCHEMA_ADDED_TO_OPEN"),
			},
			mirror: half{
				purpose: "A property is no longer declared that took whatever an undeclared one takes. No event is judged otherwise.", message: `the new schema no longer declares "{property}", which took anything`,
				fixes: jsonNoBreak, upcaster: avroNoUpcast,
			},
		},
	}
}

// jsonRestRows are about properties that are not declared.
func jsonRestRows() []row {
	rest := func(name, undeclared, kind string) []row {
		return []row{
			jsonEdits(name+"-{closed,opened}", "object",
				"Properties that "+undeclared+" are refused now, and old events may have some.", `properties that `+undeclared+` are refused now`, "open-object", "rest", kind+"_REMOVED",
				"Properties that "+undeclared+" are taken now, and were refused.", `properties that `+undeclared+` are taken now`, "keep-constraint", "rest", kind+"_ADDED"),
			jsonEdits(name+"-{narrowed,widened}", "object",
				"Properties that "+undeclared+" must satisfy a stricter schema.", `properties that `+undeclared+` must satisfy a stricter schema`, "open-object", "rest", kind+"_NARROWED",
				"Properties that "+undeclared+" need only satisfy a looser schema.", `properties that `+undeclared+` need only satisfy a looser schema`, "keep-constraint", "rest", kind+"_EXTENDED"),
		}
	}
	return slices.Concat(
		rest("additional-properties", "are not declared", "ADDITIONAL_PROPERTIES"),
		rest("unevaluated-properties", "nothing else has looked at", "UNEVALUATED_PROPERTIES"),
	)
}

func jsonObjectRows() []row {
	rows := []row{
		jsonEdits("pattern-property-{added,removed}", "property",
			"Properties whose names match a pattern must satisfy a schema now, and old events may hold anything there.", `properties matching {property} must satisfy a schema now`, "drop-constraint", "rest", "",
			"Properties whose names match a pattern need not satisfy a schema any more.", `properties matching {property} had to satisfy a schema`, "keep-constraint", "rest", ""),
		jsonEdits("property-names-{added,removed}", "object",
			"Property names must satisfy a schema now.", `property names must satisfy a schema now`, "drop-constraint", "rest", "",
			"Property names need not satisfy a schema any more.", `property names had to satisfy a schema`, "keep-constraint", "rest", ""),
		jsonEdits("property-names-{narrowed,widened}", "object",
			"Fewer property names are allowed.", `property names must satisfy a stricter schema`, "keep-constraint", "rest", "",
			"More property names are allowed.", `property names need only satisfy a looser schema`, "keep-constraint", "rest", ""),
	}
	return slices.Concat(rows,
		limit{name: "max-properties", what: "number of properties", relation: "at most", kinds: "MAX_PROPERTIES", upper: true}.rows(),
		limit{name: "min-properties", what: "number of properties", relation: "at least", kinds: "MIN_PROPERTIES"}.rows(),
	)
}

func jsonCountRows() []row {
	rows := slices.Concat(
		limit{name: "max-items", what: "number of items", relation: "at most", kinds: "MAX_ITEMS", upper: true}.rows(),
		limit{name: "min-items", what: "number of items", relation: "at least", kinds: "MIN_ITEMS"}.rows(),
		limit{name: "max-contains", what: "number of matching items", relation: "at most", kinds: "MAX_CONTAINS", upper: true}.rows(),
		limit{name: "min-contains", what: "number of matching items", relation: "at least", kinds: "MIN_CONTAINS"}.rows(),
	)
	return append(rows,
		jsonEdits("unique-items-{added,removed}", "array",
			"Items must differ from each other now, and old events may repeat some.", `the items at {path} must differ from each other now`, "drop-constraint", "filter", "UNIQUE_ITEMS_ADDED",
			"Items may repeat.", `the items at {path} had to differ from each other`, "keep-constraint", "relax", "UNIQUE_ITEMS_REMOVED"),
		jsonEdits("contains-{added,removed}", "array",
			"The array must hold an item of some kind now, and old events need not have one.", `the array at {path} must contain an item of some kind now`, "drop-constraint", "set", "",
			"The array need not hold an item of some kind any more.", `the array at {path} had to contain an item of some kind`, "keep-constraint", "relax", ""),
		jsonEdits("contains-{narrowed,widened}", "array",
			"The item that the array must hold has to satisfy a stricter schema.", `the item that {path} must contain has to satisfy a stricter schema`, "keep-constraint", "set", "",
			"The item that the array must hold need only satisfy a looser schema.", `the item that {path} must contain need only satisfy a looser schema`, "keep-constraint", "relax", ""))
}

func jsonItemRows() []row {
	rows := []row{
		jsonEdits("prefix-item-{added,removed}-open", "item",
			"The old schema says nothing about the item and takes further ones, so old events may hold anything there. The new schema says what it must be.", `the new schema says what an item at {path} must be, and old events may hold more there`, "restore-field", "retype",
			models("ITEM_ADDED_TO_OPEN ITEM_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN ITEM_ADDED_IS_COVERED_BY_PARTIALLY_OPEN ITEM_WITH_EMPTY_SCHEMA_ADDED_TO_OPEN"),
			"The new schema says nothing about the item and takes further ones, so new events may hold anything there. The old schema says what it must be.", `the old schema says what an item at {path} must be, and new events may hold more there`, "restore-field", "drop",
			models("ITEM_REMOVED_FROM_OPEN ITEM_REMOVED_IS_COVERED_BY_PARTIALLY_OPEN")),
		jsonEdits("prefix-item-{removed,added}-closed", "item",
			"The array may be shorter only: an item is gone, and the new schema takes no further ones.", `an item of {path} is gone, and the new schema takes no further items`, "restore-field", "drop",
			models("ITEM_REMOVED_FROM_CLOSED ITEM_WITH_FALSE_REMOVED_FROM_CLOSED ITEM_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN"),
			"An item is new, and the old schema takes no further ones.", `an item of {path} is new, and the old schema takes no further items`, "restore-field", "add",
			models("ITEM_ADDED_TO_CLOSED")),
	}
	rest := func(name, which, kinds string) []row {
		end := func(s string) string {
			var out []string
			for _, k := range strings.Fields(kinds) {
				out = append(out, k+s)
			}
			return strings.Join(out, " ")
		}
		narrowed, widened := end("_NARROWED"), end("_EXTENDED")
		if name == "items" {
			narrowed, widened = narrowed+" SCHEMA_ADDED", widened+" SCHEMA_REMOVED"
		}
		return []row{
			jsonEdits(name+"-{closed,opened}", "array",
				"Items "+which+" are refused now, and old events may have some.", `the array at {path} takes no items any more `+which, "drop-constraint", "filter", end("_REMOVED"),
				"Items "+which+" are taken now, and were refused.", `the array at {path} takes items now `+which, "keep-constraint", "relax", end("_ADDED")),
			jsonEdits(name+"-{narrowed,widened}", "array",
				"Items "+which+" must satisfy a stricter schema.", `items at {path} must satisfy a stricter schema`, "drop-constraint", "each", narrowed,
				"Items "+which+" need only satisfy a looser schema.", `items at {path} need only satisfy a looser schema`, "keep-constraint", "relax", widened),
		}
	}
	return slices.Concat(rows, rest("items", "beyond those that have a schema of their own", "ADDITIONAL_ITEMS"),
		rest("unevaluated-items", "that nothing else has looked at", "UNEVALUATED_ITEMS"))
}
