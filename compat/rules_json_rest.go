package compat

import "strings"

func jsonCombinatorRows() []row {
	return []row{
		jsonEdits("all-of-branch-{added,removed}", "branch",
			"Values must satisfy a further schema, and old events need not.", `values at {path} must satisfy a further branch of allOf`, "keep-branch", "narrow", "PRODUCT_TYPE_EXTENDED",
			"Values must satisfy one schema fewer.", `values at {path} must satisfy one branch of allOf fewer`, "keep-branch", "relax", "PRODUCT_TYPE_NARROWED"),
		jsonEdits("any-of-branch-{removed,added}", "branch",
			"A choice that old events may have taken is gone.", `values at {path} may no longer be what a branch of anyOf allowed`, "keep-branch", "mapBranch", "SUM_TYPE_NARROWED",
			"There is a choice that the old schema does not know.", `values at {path} may be what a new branch of anyOf allows`, "keep-branch", "mapBranch", "SUM_TYPE_EXTENDED COMBINED_TYPE_EXTENDED"),
		jsonEdits("one-of-branch-{removed,added}", "branch",
			"A choice that old events may have taken is gone.", `values at {path} may no longer be what a branch of oneOf allowed`, "keep-branch", "mapBranch", "SUM_TYPE_NARROWED",
			"There is a choice that the old schema does not know.", `values at {path} may be what a new branch of oneOf allows`, "keep-branch", "mapBranch", "SUM_TYPE_EXTENDED"),
		jsonEdits("one-of-overlap-{added,removed}", "branch",
			"Exactly one branch of oneOf must match, and a value that matched one matches two now, because a branch was added or widened. Adding a choice so refuses old events.", `a value at {path} matches two branches of oneOf now`, "restore-field", "mapBranch", "",
			"A value that matched two branches of oneOf, and was refused, matches one now.", `a value at {path} matched two branches of oneOf before`, "restore-field", "mapBranch", ""),
		jsonEdits("not-{added,removed}", "not",
			"Values that match a schema are refused now.", `values at {path} that match a schema are refused now`, "drop-constraint", "narrow", "",
			"Values that match a schema are no longer refused.", `values at {path} that match a schema were refused`, "keep-constraint", "relax", ""),
		jsonEdits("not-{widened,narrowed}", "not",
			"The schema under not takes more, so more values are refused.", `more values at {path} are refused by not`, "keep-constraint", "narrow", "NOT_TYPE_EXTENDED",
			"The schema under not takes less, so fewer values are refused.", `fewer values at {path} are refused by not`, "keep-constraint", "relax", "NOT_TYPE_NARROWED"),
		jsonEdits("conditional-{added,removed}", "conditional",
			"Values that satisfy a condition must satisfy a further schema now.", `values at {path} are held to a condition now`, "drop-constraint", "narrow", "",
			"Values that satisfy a condition need not satisfy a further schema any more.", `values at {path} were held to a condition`, "keep-constraint", "relax", ""),
	}
}

// jsonChangedRows are edits after which each side accepts events that the other
// refuses.
func jsonChangedRows() []row {
	self := func(stem, element, what, says, fixes, up, kinds string) row {
		return row{
			stem: stem, element: element, breaks: BreaksBoth, surfaces: "json",
			half: half{what + " Each side accepts events that the other refuses.", says, fixes, up, kinds},
		}
	}
	differ := func(stem, element, what, fixes, up, kinds string) row {
		return self(stem, element, strings.ToUpper(what[:1])+what[1:]+" differs, and neither takes all that the other takes.", what+` at {path} differs`, fixes, up, kinds)
	}
	return []row{
		self("type-changed", "type", "The old and the new types are not the same, and neither list holds the other.", `the type at {path} was {old} and is {new}`, "restore-type widen", "retype", "TYPE_CHANGED"),
		self("const-changed", "const", "The one allowed value is another.", `the only value at {path} was {old} and is {new}`, "restore-field widen", "mapEnum", ""),
		self("enum-changed", "enum", "Values left the list and others joined it.", `the values at {path} were {old} and are {new}`, "keep-symbol", "mapEnum", "ENUM_ARRAY_CHANGED"),
		self("multiple-of-changed", "bound", "Neither step is a multiple of the other.", `the number at {path} had to be a multiple of {old} and must be one of {new}`, "relax-bound", "convert", "MULTIPLE_OF_CHANGED"),
		self("pattern-changed", "pattern", "Each pattern matches text that the other does not.", `the text at {path} had to match {old} and must match {new}`, "keep-constraint", "narrow", "PATTERN_CHANGED"),
		self("format-changed", "format", "The format is another. Most validators take a format as a remark, so this breaks only where formats are asserted.", `the text at {path} had to be {old} and must be {new}`, "keep-constraint", "retype", ""),
		differ("additional-properties-changed", "object", "what undeclared properties must be", "keep-constraint", "rest", ""),
		differ("unevaluated-properties-changed", "object", "what unevaluated properties must be", "keep-constraint", "rest", ""),
		differ("unevaluated-items-changed", "array", "what unevaluated items must be", "keep-constraint", "each", ""),
		differ("property-names-changed", "object", "what property names must be", "keep-constraint", "rest", ""),
		self("property-renamed", "property", "A required property vanished and another with the same schema took its place.", `the required property "{oldProperty}" vanished and "{newProperty}" took its place`, "restore-field", "rename", ""),
		self("dependent-required-changed", "property", "Other properties must be there if one is.", `where "{property}" is present, {new} must be too; it was {old}`, "keep-constraint", "add require", "DEPENDENCY_ARRAY_CHANGED"),
		differ("contains-changed", "array", "what some item must be", "keep-constraint", "set", ""),
		self("combinator-changed", "combinator", "The branches of a combinator, or the combinator itself, differ.", `the branches that values at {path} must satisfy differ`, "keep-constraint", "mapBranch", "COMBINED_TYPE_CHANGED COMBINED_TYPE_SUBSCHEMAS_CHANGED"),
		differ("not-changed", "not", "what not refuses", "keep-constraint", "narrow", ""),
		self("conditional-changed", "conditional", "The condition, or what follows from it, differs.", `the condition that values at {path} are held to differs`, "keep-constraint", "narrow", ""),
		self("dialect-changed", "schema", "The schema names another draft, in which a keyword of it means something else.", `the draft was {old} and is {new}, in which the schema takes other values at {path}`, "restore-field", "narrow", ""),
	}
}

func jsonPolicyRows() []row {
	policy := func(stem, element, surfaces string, h, mirror half) row {
		return row{stem: stem, element: element, class: ClassPolicy, breaks: BreaksBackward, surfaces: surfaces, half: h, mirror: mirror}
	}
	reserved := no + "the author decides whether the name stays reserved"
	return []row{
		policy("default-{removed,added}", "annotation", "meaning",
			half{"A default is gone. Validators never look at it; programs that fill defaults in will leave the value out.", "the default {old} at {path} is gone", "keep-constraint", "default", ""},
			half{"A default is new. Validators never look at it; programs that fill defaults in will.", "the default at {path} is {new} now", jsonNoBreak, avroNoUpcast, ""}),
		policy("reserved-property-{removed,added}", "property", "source",
			half{"A name is no longer reserved, so somebody may give it another meaning while old events still hold it.", `the property name "{property}" is no longer reserved`, "reserve-name", avroNoUpcast, "RESERVED_PROPERTY_REMOVED"},
			half{"A name is reserved now, so that nobody gives it another meaning.", `the property name "{property}" is reserved now`, jsonNoBreak, avroNoUpcast, ""}),
		policy("reserved-property-{used,freed}", "property", "source",
			half{"A reserved name is used by a property. Old events may hold something else under it.", `the property "{property}" uses a reserved name`, reserved, "rename", "RESERVED_PROPERTY_CONFLICTS_WITH_PROPERTY"},
			half{"A property that used a reserved name is gone.", `no property uses the reserved name "{property}" any more`, jsonNoBreak, avroNoUpcast, ""}),
		{stem: "default-changed", element: "annotation", class: ClassPolicy, breaks: BreaksBoth, surfaces: "meaning", half: half{
			"The default is another. Validators never look at it; programs that fill defaults in give the same event two meanings.", "the default at {path} was {old} and is {new}", "keep-constraint", "default", "DEFAULT_CHANGED",
		}},
		{stem: "id-changed", element: "annotation", class: ClassPolicy, breaks: BreaksBoth, surfaces: "source", half: half{
			"The schema's address is another. Events are judged as before; documents that refer to the old address do not find it.", "the identifier at {path} was {old} and is {new}", "keep-constraint", avroNoUpcast, "ID_CHANGED",
		}},
		{stem: "content-changed", element: "annotation", class: ClassPolicy, breaks: BreaksBoth, surfaces: "meaning", half: half{
			"What the text contains, by contentEncoding, contentMediaType or contentSchema, is said differently. Validators do not look inside; programs that decode the text may read it otherwise.", "what the text at {path} contains was {old} and is {new}", "keep-constraint", "retype", "",
		}},
		{stem: "ref-target-changed", element: "reference", class: ClassInfo, surfaces: "source", half: half{
			"The same words refer to another place. What that means for events is reported by the rules about values.", "the reference at {path} was {old} and is {new}", jsonNoBreak, avroNoUpcast, "",
		}},
	}
}
