package compat

import (
	"slices"
	"strings"
)

// jsonNoBreak is why nothing has to be done about a change that breaks nothing.
const jsonNoBreak = no + "nothing breaks; keep or revert the edit as the team prefers"

// jsonCatalogue are the rules of JSON Schema. Of a pair the first breaks
// BACKWARD.
func jsonCatalogue() []Rule {
	return expand("json", slices.Concat(jsonKindRows(), jsonNumberRows(), jsonStringRows(), jsonRequiredRows(), jsonPropertyRows(),
		jsonRestRows(), jsonObjectRows(), jsonCountRows(), jsonItemRows(), jsonCombinatorRows(), jsonChangedRows(), jsonPolicyRows()))
}

// limit describes a keyword that is a bound.
type limit struct {
	name     string // "maximum"
	what     string // "number": what is held to the bound
	relation string // "at most"
	kinds    string // Confluent's, before "_ADDED"
	upper    bool
}

// rows makes the two rows of a bound: it comes or goes, it moves.
func (l limit) rows() []row {
	kind := func(ends string) string {
		var out []string
		for _, k := range strings.Fields(l.kinds) {
			out = append(out, k+ends)
		}
		return strings.Join(out, " ")
	}
	tighter, looser := "increased", "decreased"
	if l.upper {
		tighter, looser = looser, tighter
	}
	says := func(text string) string {
		return strings.NewReplacer("WHAT", l.what, "RELATION", l.relation).Replace(text)
	}
	return []row{
		{
			stem: l.name + "-{added,removed}", element: "bound", breaks: BreaksBackward, surfaces: "json",
			half: half{
				purpose: says("The new schema bounds the WHAT, which the old one did not. Old events beyond the bound fail validation."),
				message: says("the WHAT at {path} must be RELATION {new} now; old events know no such bound"),
				fixes:   "drop-constraint", upcaster: "narrow", confluent: kind("_ADDED"),
			},
			mirror: half{
				purpose: says("The new schema no longer bounds the WHAT. Consumers that validate with the old schema refuse new events beyond the old bound."),
				message: says("the WHAT at {path} had to be RELATION {old}; new events know no such bound"),
				fixes:   "keep-constraint", upcaster: "relax", confluent: kind("_REMOVED"),
			},
		},
		{
			stem: l.name + "-{" + tighter + "," + looser + "}", element: "bound", breaks: BreaksBackward, surfaces: "json",
			half: half{
				purpose: says("The new bound of the WHAT is tighter. Old events between the two bounds fail validation."),
				message: says("the WHAT at {path} had to be RELATION {old} and must be RELATION {new} now"),
				fixes:   "relax-bound", upcaster: "narrow", confluent: kind("_" + strings.ToUpper(tighter)),
			},
			mirror: half{
				purpose: says("The new bound of the WHAT is looser. Consumers that validate with the old schema refuse new events between the two bounds."),
				message: says("the WHAT at {path} had to be RELATION {old} and need only be RELATION {new} now"),
				fixes:   "relax-bound", upcaster: "relax", confluent: kind("_" + strings.ToUpper(looser)),
			},
		},
	}
}

func jsonKindRows() []row {
	return []row{
		jsonEdits("type-{narrowed,widened}", "type",
			"A type that old events may have is no longer allowed.", "the types at {path} were {old} and are only {new} now", "restore-type", "retype", "TYPE_NARROWED",
			"A type is allowed that the old schema refuses.", "the types at {path} were only {old} and are {new} now", "restore-type", "relax", "TYPE_EXTENDED"),
		jsonEdits("null-{removed,added}", "type",
			"Old events may hold null where the new schema no longer takes it.", "null is no longer allowed at {path}", "make-nullable", "require", "",
			"New events may hold null where the old schema does not take it.", "null is allowed at {path} now", "restore-type", "relax", ""),
		jsonEdits("enum-{added,removed}", "enum",
			"Only listed values are allowed now, and old events may hold others.", "only the values {new} are allowed at {path} now", "drop-constraint", "mapEnum", "",
			"Values are no longer limited to a list.", "only the values {old} were allowed at {path}", "keep-constraint", "relax", ""),
		jsonEdits("enum-value-{removed,added}", "enum",
			"A value that old events may hold is gone from the list.", "the values at {path} were {old} and are {new}", "keep-symbol", "mapEnum", "ENUM_ARRAY_NARROWED",
			"A value is listed that the old schema does not know.", "the values at {path} were {old} and are {new}", "restore-field", "mapEnum", "ENUM_ARRAY_EXTENDED"),
		jsonEdits("const-{added,removed}", "const",
			"Only one value is allowed now, and old events may hold others.", "only the value {new} is allowed at {path} now", "drop-constraint", "set", "",
			"Any value is allowed where there was one.", "only the value {old} was allowed at {path}", "keep-constraint", "relax", ""),
		jsonEdits("subschema-{forbidden,allowed}", "schema",
			"The place became false: no value is allowed there, and old events may have one.", "no value is allowed at {path} any more", "drop-constraint", "drop", "",
			"The place was false and takes values now.", "no value was allowed at {path} before", "keep-constraint", "relax", ""),
		jsonEdits("values-{removed,added}", "schema",
			"An event that the old schema accepts is refused by the new one, and no single keyword explains it. The event is the proof.", "an event of the old schema is refused by the new one at {path}", "restore-field", "narrow", "",
			"An event that the new schema accepts is refused by the old one, and no single keyword explains it. The event is the proof.", "an event of the new schema is refused by the old one at {path}", "restore-field", "relax", ""),
	}
}

// jsonEdits is a pair of rules of class data. To the purposes it adds who breaks.
func jsonEdits(stem, element, why, says, fixes, up, kinds, whyMirror, saysMirror, fixesMirror, upMirror, kindsMirror string) row {
	return row{
		stem: stem, element: element, breaks: BreaksBackward, surfaces: "json",
		half:   half{why + " Consumers of the new schema refuse such old events.", says, fixes, up, kinds},
		mirror: half{whyMirror + " Consumers that validate with the old schema refuse such new events.", saysMirror, fixesMirror, upMirror, kindsMirror},
	}
}

func jsonNumberRows() []row {
	rows := slices.Concat(
		limit{name: "maximum", what: "number", relation: "at most", kinds: "MAXIMUM EXCLUSIVE_MAXIMUM", upper: true}.rows(),
		limit{name: "minimum", what: "number", relation: "at least", kinds: "MINIMUM EXCLUSIVE_MINIMUM"}.rows(),
	)
	return append(rows,
		jsonEdits("multiple-of-{added,removed}", "bound",
			"Only multiples of a number are allowed now.", "the number at {path} must be a multiple of {new} now", "drop-constraint", "convert", "MULTIPLE_OF_ADDED",
			"Numbers need not be multiples any more.", "the number at {path} had to be a multiple of {old}", "keep-constraint", "relax", "MULTIPLE_OF_REMOVED"),
		jsonEdits("multiple-of-{tightened,relaxed}", "bound",
			"The new step is a multiple of the old one, so fewer numbers are allowed.", "the number at {path} had to be a multiple of {old} and must be one of {new} now", "relax-bound", "convert", "MULTIPLE_OF_EXPANDED",
			"The old step is a multiple of the new one, so more numbers are allowed.", "the number at {path} had to be a multiple of {old} and need only be one of {new}", "relax-bound", "relax", "MULTIPLE_OF_REDUCED"))
}

func jsonStringRows() []row {
	rows := slices.Concat(
		limit{name: "max-length", what: "length of the text", relation: "at most", kinds: "MAX_LENGTH", upper: true}.rows(),
		limit{name: "min-length", what: "length of the text", relation: "at least", kinds: "MIN_LENGTH"}.rows(),
	)
	return append(rows,
		jsonEdits("pattern-{added,removed}", "pattern",
			"Text must match a pattern now, and old events may hold text that does not.", "the text at {path} must match {new} now", "drop-constraint", "narrow", "PATTERN_ADDED",
			"Text need not match a pattern any more.", "the text at {path} had to match {old}", "keep-constraint", "relax", "PATTERN_REMOVED"),
		jsonEdits("pattern-{tightened,relaxed}", "pattern",
			"Everything that the new pattern matches was matched by the old one, but not the other way round.", "the text at {path} had to match {old} and must match {new}, which is stricter", "keep-constraint", "narrow", "PATTERN_CHANGED",
			"Everything that the old pattern matches is matched by the new one, but not the other way round.", "the text at {path} had to match {old} and must match {new}, which takes more", "keep-constraint", "relax", "PATTERN_CHANGED"),
		jsonEdits("format-{added,removed}", "format",
			"Text must be of a format now. Most validators take a format as a remark, so this breaks only where formats are asserted.", "the text at {path} must be {new} now", "drop-constraint", "narrow", "",
			"Text need not be of a format any more. Most validators take a format as a remark, so this breaks only where formats are asserted.", "the text at {path} had to be {old}", "keep-constraint", "relax", ""))
}
