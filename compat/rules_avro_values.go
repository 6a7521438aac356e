package compat

func avroValueRows() []row {
	return []row{
		{
			stem: "enum-symbol-{removed,added}", element: "enum", breaks: BreaksBackward, surfaces: "binary",
			half: half{
				purpose:   "Old events may hold a symbol that the new enum lacks, and the enum has no default to read instead. The new reader fails on those.",
				message:   `the new schema lacks the symbol "{symbol}" of enum {enum} and has no default`,
				fixes:     "keep-symbol enum-default",
				upcaster:  "mapEnum",
				confluent: "MISSING_ENUM_SYMBOLS",
			},
			mirror: half{
				purpose:  "New events may hold a symbol that the old enum lacks. Consumers of the old schema fail on the first of them; had the enum had a default, they would read that.",
				message:  `consumers of the old schema do not know the new symbol "{symbol}" of enum {enum}, and it has no default there`,
				fixes:    "restore-field",
				upcaster: "mapEnum",
			},
		},
		{
			stem: "enum-symbol-{removed,added}-defaulted", element: "enum", class: ClassPolicy, breaks: BreaksBackward, surfaces: "binary meaning",
			half: half{
				purpose:  "A symbol is gone, and the new enum has a default. New readers read the default instead of the removed symbol: nothing fails, but what the event said is lost.",
				message:  `the new schema lacks the symbol "{symbol}" of enum {enum} and reads its default instead`,
				fixes:    "keep-symbol",
				upcaster: "mapEnum",
			},
			mirror: half{
				purpose:  "A symbol is new, and the old enum has a default. Consumers of the old schema read the default instead of the new symbol: nothing fails, but they do not see what the event says.",
				message:  `consumers of the old schema read the default of enum {enum} instead of the new symbol "{symbol}"`,
				fixes:    avroNoFix,
				upcaster: "mapEnum",
			},
		},
		{
			stem: "fixed-size-changed", element: "type", breaks: BreaksBoth, surfaces: "binary",
			half: half{
				purpose:   "A fixed is read byte by byte without a length, so another size is another type. Each side refuses the events of the other.",
				message:   `the size of the fixed at {path} was {oldSize} and is {newSize}`,
				fixes:     "restore-type new-field",
				upcaster:  "retype",
				confluent: "FIXED_SIZE_MISMATCH",
			},
		},
		{
			stem: "decimal-precision-{decreased,increased}", element: "logical type", breaks: BreaksBackward, surfaces: "binary meaning",
			half: half{
				purpose:  "Old events may hold a decimal of more digits than the new schema allows. Syntactic rules do not look at logical types and let it pass.",
				message:  `the decimal at {path} was {oldLogicalType} and is {newLogicalType}, which holds fewer digits`,
				fixes:    "restore-type new-field",
				upcaster: "narrow",
			},
			mirror: half{
				purpose:  "New events may hold a decimal of more digits than consumers of the old schema allow.",
				message:  `the decimal at {path} was {oldLogicalType} and is {newLogicalType}, which holds more digits than readers of the old schema take`,
				fixes:    "restore-type new-field",
				upcaster: "relax",
			},
		},
		{
			stem: "decimal-scale-changed", element: "logical type", breaks: BreaksBoth, surfaces: "meaning",
			half: half{
				purpose:  "A decimal is written as an integer without its scale, and read with the scale of the reader. With another scale 12.34 is silently read as 0.1234. Nothing fails and every amount is wrong, which is why syntactic rules miss it.",
				message:  `the decimal at {path} was {oldLogicalType} and is {newLogicalType}; each side reads the other's numbers shifted`,
				fixes:    "restore-type new-field",
				upcaster: "convert",
			},
		},
		{
			stem: "logical-type-changed", element: "logical type", breaks: BreaksBoth, surfaces: "meaning",
			half: half{
				purpose:  "The same bytes mean another thing: a time in milliseconds read as microseconds is off by a factor of a thousand. Nothing fails and every value is wrong.",
				message:  `the value at {path} was {oldLogicalType} and is {newLogicalType}, which reads another value from the same bytes`,
				fixes:    "restore-type new-field",
				upcaster: "retype",
			},
		},
		{
			stem: "unexplained", element: "schema", breaks: BreaksBoth, surfaces: "binary",
			half: half{
				purpose:  "An event breaks, and no other rule names the edit that breaks it. The event is shown all the same; please report the pair of schemas, so that the edit gets a rule of its own.",
				message:  `an event of the {writer} breaks at {path} under the {reader}`,
				fixes:    no + "the edit is not known",
				upcaster: no + "the edit is not known",
			},
		},
	}
}

func avroPolicyRows() []row {
	return []row{
		{
			stem: "logical-type-{added,removed}", element: "logical type", class: ClassPolicy, breaks: BreaksBackward, surfaces: "meaning source",
			half: half{
				purpose:  "Only the new schema says what a value means. The bytes stay readable; generated code gets another type. Where the annotation restricts values, as uuid does, old values that do not fit break, and the finding is one of data.",
				message:  `the value at {path} is called {newLogicalType} by the new schema only`,
				fixes:    "restore-type",
				upcaster: "retype",
			},
			mirror: half{
				purpose:  "Only the old schema says what a value means. The bytes stay readable; generated code gets another type. Where the annotation restricts values, as uuid does, new values that do not fit break consumers of the old schema, and the finding is one of data.",
				message:  `the value at {path} was called {oldLogicalType} by the old schema only`,
				fixes:    "restore-type",
				upcaster: "retype",
			},
		},
		{
			stem: "enum-default-{removed,added}", element: "enum", class: ClassPolicy, breaks: BreaksBackward, surfaces: "meaning",
			half: half{
				purpose: "Readers of the new schema no longer have a symbol to read instead of an unknown one: the next symbol that is added will break them.",
				message: `the default "{default}" of enum {enum} was removed`,
				fixes:   "enum-default", upcaster: avroNoUpcast,
			},
			mirror: half{
				purpose: "Readers of the new schema read the default instead of an unknown symbol. Readers of the old one still fail on unknown symbols.",
				message: `enum {enum} got the default "{default}"`,
				fixes:   avroNoFix, upcaster: avroNoUpcast,
			},
		},
		{
			stem: "enum-default-changed", element: "enum", class: ClassPolicy, breaks: BreaksBoth, surfaces: "meaning",
			half: half{
				purpose: "Readers of the two schemas read different symbols instead of one that neither knows.",
				message: `the default of enum {enum} was "{oldDefault}" and is "{newDefault}"`,
				fixes:   "enum-default", upcaster: avroNoUpcast,
			},
		},
		{
			stem: "field-default-{removed,added}", element: "field", class: ClassPolicy, breaks: BreaksBackward, surfaces: "meaning",
			half: half{
				purpose: "Both schemas have the field, so their events are readable. But the new schema no longer reads events of versions that lack the field.",
				message: `the field "{field}" no longer has a default`,
				fixes:   "add-default", upcaster: avroNoUpcast,
			},
			mirror: half{
				purpose: "Both schemas have the field. The new schema can also read events of versions that lack it, and the field may be removed later.",
				message: `the field "{field}" got a default`,
				fixes:   avroNoFix, upcaster: avroNoUpcast,
			},
		},
		{
			stem: "field-default-changed", element: "field", class: ClassPolicy, breaks: BreaksBoth, surfaces: "meaning",
			half: half{
				purpose: "Where an event lacks the field, readers of the two schemas see different values. Events of the two versions have it.",
				message: `the default of the field "{field}" was {oldDefault} and is {newDefault}`,
				fixes:   "add-default", upcaster: "default",
			},
		},
		{
			stem: "field-alias-{removed,added}", element: "field", class: ClassPolicy, breaks: BreaksBackward, surfaces: "binary",
			half: half{
				purpose: "The new schema no longer finds the field in events of versions that call it by the old name.",
				message: `the field "{field}" lost the alias "{alias}"`,
				fixes:   "keep-alias", upcaster: avroNoUpcast,
			},
			mirror: half{
				purpose: "The new schema also finds the field in events that call it by the other name.",
				message: `the field "{field}" got the alias "{alias}"`,
				fixes:   avroNoFix, upcaster: avroNoUpcast,
			},
		},
		{
			stem: "type-alias-{removed,added}", element: "type", class: ClassPolicy, breaks: BreaksBackward, surfaces: "binary",
			half: half{
				purpose: "The new schema no longer reads events of versions that call the type by the old name.",
				message: `{type} lost the alias {alias}`,
				fixes:   "keep-alias", upcaster: avroNoUpcast,
			},
			mirror: half{
				purpose: "The new schema also reads events that call the type by the other name.",
				message: `{type} got the alias {alias}`,
				fixes:   avroNoFix, upcaster: avroNoUpcast,
			},
		},
		{
			stem: "namespace-changed", element: "type", class: ClassPolicy, breaks: BreaksBoth, surfaces: "source",
			half: half{
				purpose: "Avro compares the last part of names, so data stays readable. Generated classes move to another package, and a union of two types with that last part may be read by some libraries only.",
				message: `{oldType} is now {newType}; the data stays readable`,
				fixes:   "keep-name keep-alias", upcaster: "renameType",
			},
		},
	}
}

// avroOrderRows are about order, which Avro's readers do not depend on.
func avroOrderRows() []row {
	return []row{
		{
			stem: "sort-order-changed", element: "field", class: ClassPolicy, breaks: BreaksBoth, surfaces: "meaning",
			half: half{
				purpose: "Events are read as before. Programs that sort or compare them in binary form, as MapReduce jobs do, get another order.",
				message: `the sort order of the field "{field}" was {oldOrder} and is {newOrder}`,
				fixes:   avroNoFix, upcaster: avroNoUpcast,
			},
		},
		{
			stem: "field-reordered", element: "field", class: ClassInfo, surfaces: "binary",
			half: half{
				purpose: "Fields stand in another order. Both sides decode with the writer's schema and match by name, so nothing changes. A reader that decodes without the writer's schema reads garbage.",
				message: `the fields of {record} stand in another order`,
				fixes:   avroNoFix, upcaster: avroNoUpcast,
			},
		},
		{
			stem: "union-branch-reordered", element: "branch", class: ClassInfo, surfaces: "binary",
			half: half{
				purpose: "The branches of a union stand in another order. The index that is written belongs to the writer's schema, so nothing changes as long as readers have it. A default must fit the first branch.",
				message: `the branches of the union at {path} stand in another order`,
				fixes:   avroNoFix, upcaster: avroNoUpcast,
			},
		},
		{
			stem: "enum-symbol-reordered", element: "enum", class: ClassInfo, surfaces: "binary",
			half: half{
				purpose: "The symbols of an enum stand in another order. Both sides match them by name, so nothing changes; the order in which events sort does.",
				message: `the symbols of enum {enum} stand in another order`,
				fixes:   avroNoFix, upcaster: avroNoUpcast,
			},
		},
	}
}
