package compat

// What several rows of Avro say alike.
const (
	avroNoUpcast = no + "nothing in the data changes"
	avroNoFix    = no + "nothing breaks; keep or revert the edit as the team prefers"
)

// avroCatalogue are the rules of Avro. Of a pair the first breaks BACKWARD.
func avroCatalogue() []Rule {
	rows := append(avroFieldRows(), avroTypeRows()...)
	rows = append(append(rows, avroUnionRows()...), avroValueRows()...)
	rows = append(append(rows, avroPolicyRows()...), avroOrderRows()...)
	return expand("avro", rows)
}

func avroFieldRows() []row {
	return []row{
		{
			stem: "field-{added,removed}-without-default", element: "field", breaks: BreaksBackward, surfaces: "binary",
			half: half{
				purpose:   "A reader of the new schema finds no value for the field in an old event, and no default to take instead, so it fails on every old event of that record.",
				message:   `the new schema needs the field "{field}", which old events lack, and it has no default`,
				fixes:     "add-default upcaster",
				upcaster:  "add",
				confluent: "READER_FIELD_MISSING_DEFAULT_VALUE",
			},
			mirror: half{
				purpose:  "Consumers that still run the old schema need the field, and new events no longer carry it. They fail on the first new event.",
				message:  `the old schema needs the field "{field}", which new events lack, and it has no default there`,
				fixes:    "restore-field",
				upcaster: "drop",
			},
		},
		{
			stem: "field-renamed-{old,new}-alias", element: "field", breaks: BreaksBackward, surfaces: "binary",
			half: half{
				purpose:  "The new name of the field is an alias in the old schema only. Avro reads by the aliases of the reader, so the new reader does not find the field in old events.",
				message:  `the field "{field}" of the new schema is an alias in the old one, but only aliases of the reader count; old events have "{oldField}"`,
				fixes:    "keep-alias add-default",
				upcaster: "rename",
			},
			mirror: half{
				purpose:  "The old name is kept as an alias in the new schema, so the new reader understands old events. Consumers of the old schema know nothing of the new name and fail on new events.",
				message:  `consumers of the old schema need the field "{field}", which new events call "{newField}"; the alias helps readers of the new schema only`,
				fixes:    "keep-name",
				upcaster: "rename",
			},
		},
		{
			stem: "field-renamed", element: "field", breaks: BreaksBoth, surfaces: "binary",
			half: half{
				purpose:  "A field vanished and another of the same type, without a default, took its place. Avro matches fields by name, so each side misses the field that it needs.",
				message:  `the {reader} needs the field "{field}"; the {writer} has another of the same type in its place, and no alias says that they are one`,
				fixes:    "keep-alias keep-name",
				upcaster: "rename",
			},
		},
		{
			stem: "field-alias-ambiguous", element: "field", breaks: BreaksBoth, surfaces: "binary",
			half: half{
				purpose:  "A field of the reader matches two fields of the writer: one by its name and one by an alias. The Java library throws, other libraries take either one.",
				message:  `the field "{field}" of the {reader} matches several fields of the {writer}, by name and by alias`,
				fixes:    no + "only the author knows which field is meant; remove the alias or the other field",
				upcaster: "rename drop",
			},
		},
		{
			stem: "field-{added,removed}", element: "field", class: ClassInfo, surfaces: "binary",
			half: half{
				purpose:  "A field with a default was added. New readers fill the default into old events, old readers skip the field in new ones.",
				message:  `the new schema adds the field "{field}" with a default`,
				fixes:    avroNoFix,
				upcaster: "add",
			},
			mirror: half{
				purpose:  "A field with a default was removed. New readers skip it in old events, old readers fill the default into new ones.",
				message:  `the new schema removes the field "{field}", which has a default`,
				fixes:    avroNoFix,
				upcaster: "drop",
			},
		},
	}
}

func avroTypeRows() []row {
	return []row{
		{
			stem: "type-{narrowed,widened}", element: "type", breaks: BreaksBackward, surfaces: "binary",
			half: half{
				purpose:   "The new type is the smaller one: Avro promotes int to long, never long to int. The new reader refuses every old event that has the value.",
				message:   `the type at {path} was {oldType} and is {newType}, which does not read it`,
				fixes:     "restore-type new-field",
				upcaster:  "retype convert",
				confluent: "TYPE_MISMATCH",
			},
			mirror: half{
				purpose:  "The new type is the larger one. New readers promote old values exactly; consumers of the old schema refuse new events.",
				message:  `the type at {path} was {oldType} and is {newType}, which readers of the old schema do not take`,
				fixes:    "restore-type new-field",
				upcaster: "retype",
			},
		},
		{
			stem: "type-{narrowed,widened}-lossy", element: "type", breaks: BreaksBoth, surfaces: "binary meaning",
			half: half{
				purpose:   "Avro reads the new, smaller type as the old one and rounds large values; the other way it refuses. So old events fail under the new schema, and new events with large values are silently read as other numbers under the old one.",
				message:   `the type at {path} was {oldType} and is {newType}; one way is refused and the other rounds large values`,
				fixes:     "restore-type new-field",
				upcaster:  "retype convert",
				confluent: "TYPE_MISMATCH",
			},
			mirror: half{
				purpose:  "Avro reads the old type as the new one and rounds large values, so an old event is silently read as another number. Consumers of the old schema refuse new events.",
				message:  `the type at {path} was {oldType} and is {newType}; large values are rounded one way and refused the other`,
				fixes:    "restore-type new-field",
				upcaster: "retype convert",
			},
		},
		{
			stem: "type-changed", element: "type", breaks: BreaksBoth, surfaces: "binary",
			half: half{
				purpose:   "The old and the new type have nothing in common that Avro could read one as the other. Each side refuses the events of the other.",
				message:   `the type at {path} was {oldType} and is {newType}`,
				fixes:     "restore-type widen new-field",
				upcaster:  "retype convert",
				confluent: "TYPE_MISMATCH",
			},
		},
		{
			stem: "type-renamed", element: "type", breaks: BreaksBoth, surfaces: "binary",
			half: half{
				purpose:   "A record, enum or fixed has another name. Avro compares the last part of names and the aliases of the reader, and refuses everything else, even if the fields are equal.",
				message:   `the type at {path} was {oldType} and is {newType}, and no alias says that they are the same`,
				fixes:     "keep-alias keep-name",
				upcaster:  "renameType",
				confluent: "NAME_MISMATCH",
			},
		},
		{
			stem: "type-renamed-{old,new}-alias", element: "type", breaks: BreaksBackward, surfaces: "binary",
			half: half{
				purpose:  "The new name is an alias in the old schema only. Avro reads by the aliases of the reader, so the new reader refuses old events.",
				message:  `the type at {path} was {oldType} and is {newType}; the alias stands in the old schema, where readers of the new one do not look`,
				fixes:    "keep-alias keep-name",
				upcaster: "renameType",
			},
			mirror: half{
				purpose:  "The old name is kept as an alias in the new schema, so new readers understand old events. Consumers of the old schema refuse new ones.",
				message:  `the type at {path} was {oldType} and is {newType}; the alias helps readers of the new schema only`,
				fixes:    "keep-name",
				upcaster: "renameType",
			},
		},
		{
			stem: "{bytes-to-string,string-to-bytes}", element: "type", breaks: BreaksBackward, surfaces: "binary",
			half: half{
				purpose:  "Text must be UTF-8 and bytes need not be. The new reader fails on an old value that is not, such as the single byte ff.",
				message:  `the type at {path} was {oldType} and is {newType}, and old values need not be UTF-8`,
				fixes:    "restore-type new-field",
				upcaster: "retype",
			},
			mirror: half{
				purpose:  "New readers take the UTF-8 bytes of old text. New values need not be UTF-8, and consumers of the old schema fail on those.",
				message:  `the type at {path} was {oldType} and is {newType}, and new values need not be UTF-8`,
				fixes:    "restore-type new-field",
				upcaster: "retype",
			},
		},
	}
}

func avroUnionRows() []row {
	return []row{
		{
			stem: "made-{non-nullable,nullable}", element: "type", breaks: BreaksBackward, surfaces: "binary",
			half: half{
				purpose:   "Old events may hold null where the new schema takes none, and the new reader fails on those.",
				message:   `the new schema takes no null at {path}, where old events may have it`,
				fixes:     "make-nullable upcaster",
				upcaster:  "require",
				confluent: "TYPE_MISMATCH MISSING_UNION_BRANCH",
			},
			mirror: half{
				purpose:  "New events may hold null where the old schema takes none. Consumers of the old schema fail on the first null.",
				message:  `new events may have null at {path}, which the old schema does not take`,
				fixes:    "restore-type new-field",
				upcaster: "relax",
			},
		},
		{
			stem: "union-branch-{removed,added}", element: "branch", breaks: BreaksBackward, surfaces: "binary",
			half: half{
				purpose:   "A type that old events may have is gone from the union, and the new reader fails on those.",
				message:   `the new schema takes no {oldType} at {path}, where old events may have it`,
				fixes:     "keep-branch",
				upcaster:  "mapBranch",
				confluent: "MISSING_UNION_BRANCH",
			},
			mirror: half{
				purpose:  "New events may have a type that the old union does not know. Consumers of the old schema fail on the first of them.",
				message:  `new events may have {newType} at {path}, which the old schema does not take`,
				fixes:    "restore-type new-field",
				upcaster: "mapBranch",
			},
		},
		{
			stem: "union-match-ambiguous", element: "branch", breaks: BreaksBoth, surfaces: "binary meaning",
			half: half{
				purpose:  "A value fits two branches of the reader's union. The Java library takes the exact type, the specification's words give the first that matches, and the two read different values.",
				message:  `a value at {path} is read as {firstMatch} by a reader that takes the first match of the union in the {reader}, and as its own type by one that takes the best`,
				fixes:    no + "the order of the branches decides what is read; put the exact type first",
				upcaster: "mapBranch",
			},
		},
	}
}
