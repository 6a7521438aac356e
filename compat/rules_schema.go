package compat

// schemaRules are the rules that hold for every format.
func schemaRules() []Rule {
	return expand("schema", append(schemaEdits(), schemaStates()...))
}

const noData = no + "the data is the same"

func schemaEdits() []row {
	return []row{
		{
			stem: "became-{unsatisfiable,satisfiable}", element: "schema", breaks: BreaksBackward, surfaces: "binary json",
			half: half{
				purpose:  "No event can satisfy the new schema, so it reads nothing at all. A record that requires itself and a property that must be two types at once are the usual reasons.",
				message:  `no event satisfies the new schema, so no event of the old schema is readable`,
				fixes:    no + "the contradiction is the author's to resolve; the old text is the way back",
				upcaster: no + "no event of the new version exists",
			},
			mirror: half{
				purpose:  "No event could satisfy the old schema; the new one takes some. Consumers of the old schema refuse each of them.",
				message:  `no event satisfies the old schema, so its consumers read none of the new events`,
				fixes:    no + "there is nothing to keep; the old version cannot have any consumer that works",
				upcaster: no + "no event of the old version exists",
			},
		},
		{
			stem: "format-changed", element: "schema", breaks: BreaksBoth, surfaces: "binary",
			half: half{
				purpose: "The new schema is of another schema language, and no reader of one reads the bytes of the other.",
				message: `the schema was {oldFormat} and is {newFormat}`,
				fixes:   "new-subject", upcaster: "transcode",
			},
		},
		{
			stem: "subject-{removed,added}", element: "subject", class: ClassPolicy, breaks: BreaksBackward, surfaces: "source",
			half: half{
				purpose: "The tree no longer has a schema for the subject. Events of it stay where they are, and nothing says how to read them.",
				message: `the subject {subject} is gone`,
				fixes:   "restore-field", upcaster: no + "there is no new version to migrate to",
			},
			mirror: half{
				purpose: "The tree has a schema for a subject that was not there before; there is nothing to compare it with.",
				message: `the subject {subject} is new`,
				fixes:   no + "nothing breaks", upcaster: no + "there is no old version to migrate from",
			},
		},
		{
			stem: "rules-changed", element: "rule set", class: ClassPolicy, breaks: BreaksBoth, surfaces: "meaning",
			half: half{
				purpose: "The domain, migration or encoding rules that travel with the schema differ. The schema reads the same events; clients that run the rules may treat them differently.",
				message: `the rules that travel with the schema differ`,
				fixes:   no + "whether the rules agree is not decided here", upcaster: noData,
			},
		},
		{
			stem: "deprecated-{added,removed}", element: "annotation", class: ClassInfo, surfaces: "source",
			half: half{
				purpose: "Something is marked as deprecated. No event changes; readers of the schema are asked to stop using it.",
				message: `{element} is deprecated now`,
				fixes:   no + "nothing breaks", upcaster: noData,
			},
			mirror: half{
				purpose: "Something is no longer marked as deprecated.",
				message: `{element} is no longer deprecated`,
				fixes:   no + "nothing breaks", upcaster: noData,
			},
		},
		{
			stem: "reference-{added,removed}", element: "reference", class: ClassInfo, surfaces: "source",
			half: half{
				purpose: "The schema takes a type from another document now. What that means for events is reported by the rules about types.",
				message: `the schema refers to {reference} now`,
				fixes:   no + "nothing breaks", upcaster: noData,
			},
			mirror: half{
				purpose: "The schema no longer takes a type from another document. What that means for events is reported by the rules about types.",
				message: `the schema no longer refers to {reference}`,
				fixes:   no + "nothing breaks", upcaster: noData,
			},
		},
		info("subject-moved", "subject", "The file of the subject has another place or name; its text is what it was.", `the subject {subject} moved`),
		info("text-only", "schema", "The text differs in white space, key order or spelling only. It is the same schema and no new version is needed.", `the text differs, the schema does not`),
		{
			stem: "doc-changed", element: "annotation", class: ClassInfo, surfaces: "source",
			half: half{
				purpose:  "Documentation differs: doc, title, description or a comment. No reader looks at it.",
				message:  `the documentation of {element} differs`,
				fixes:    no + "nothing breaks",
				upcaster: noData, confluent: "TITLE_CHANGED DESCRIPTION_CHANGED",
			},
		},
		info("annotation-changed", "annotation", "An attribute that the schema language gives no meaning to differs. Tools of your own may read it.", `the attribute {attribute} of {element} differs`),
		info("metadata-changed", "metadata", "The metadata that travels with the schema differs. Events are read as before.", `the metadata differs`),
		info("reference-version-changed", "reference", "A reference is pinned to another version of its subject. What that means for events is reported by the rules about types.", `the reference {reference} names another version`),
		info("bridged", "upcaster", "An event breaks, and a proved upcaster carries every old event over the edit, so the change is accepted.", `an upcaster bridges the change`),
	}
}

// schemaStates are about a text or an answer, not about an edit.
func schemaStates() []row {
	const (
		notEdit = "it is not an edit, so there is no reverse"
		asked   = no + "the text has to be put right by its author"
	)
	return []row{
		alone("invalid", "schema", ClassPolicy, notEdit, half{
			purpose: "The new text is no valid schema. Nothing can be said about its events before it parses.", message: `the schema does not parse: {error}`, fixes: asked, upcaster: noData,
		}),
		alone("reference-unresolved", "reference", ClassPolicy, notEdit, half{
			purpose: "A reference names a subject, version or file that is not there, or a type that it does not define.", message: `{reference} does not resolve`, fixes: asked, upcaster: noData,
		}),
		alone("reference-cycle", "reference", ClassPolicy, notEdit, half{
			purpose: "Documents refer to each other in a circle, so none can be read first.", message: `the references form a circle: {cycle}`, fixes: asked, upcaster: noData,
		}),
		alone("limit-exceeded", "schema", ClassPolicy, notEdit, half{
			purpose: "The schema is larger or deeper than this server agrees to work with; see the limits of the configuration.", message: `limit {limit} is {max}, found {found}`, fixes: asked, upcaster: noData,
		}),
		alone("sample-unreadable", "sample", ClassPolicy, notEdit, half{
			purpose: "An event that is kept beside the schema as an example is not read under it.", message: `the sample {sample} is not readable: {error}`, fixes: asked, upcaster: noData,
		}),
		alone("base-invalid", "schema", ClassPolicy, "it is about the old text, which is not edited", half{
			purpose: "The old text does not parse any more, or a reference of it is gone, so the new one cannot be compared with it.", message: `the old schema does not parse: {error}`, fixes: no + "registered versions do not change; soft-delete the version if nothing uses it", upcaster: noData,
		}),
		alone("policy-disagrees", "schema", ClassPolicy, "it is about two answers, not about an edit", half{
			purpose: "The syntactic rule of STRICT or LENIENT accepts the change, and an event shows that it breaks. The rule is what decides under those policies; the event is what consumers will meet.", message: `the rule of {policy} accepts the change, but an event breaks: {rule}`, fixes: no + "see the rule that the event breaks", upcaster: no + "see the rule that the event breaks",
		}),
		alone("undecided", "schema", ClassUndecided, "it is about the answer, not about an edit", half{
			purpose: "Neither a proof nor an event that breaks was found within the budget, or the schemas use a part of the language that is not decided. Under EXACT the syntactic rule then decides, and the answer is marked as unproven.", message: `not decided: {reason}`, fixes: no + "it is not known whether something breaks", upcaster: no + "it is not known whether something breaks",
		}),
	}
}

// info is a row about a compatible change that is its own mirror.
func info(stem, element, purpose, message string) row {
	return row{stem: stem, element: element, class: ClassInfo, surfaces: "source", half: half{
		purpose: purpose, message: message, fixes: no + "nothing breaks", upcaster: no + "the data is the same",
	}}
}

// alone is a row without a mirror.
func alone(stem, element string, class RuleClass, why string, h half) row {
	return row{stem: stem, element: element, class: class, surfaces: "source", alone: why, half: h}
}
