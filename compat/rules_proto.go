package compat

import "slices"

// protoCatalogue are the rules of Protobuf. Of a pair the first breaks BACKWARD.
func protoCatalogue() []Rule {
	return expand("proto", slices.Concat(protoFieldRows(), protoLabelRows(), protoEnumRows(), protoBothRows(), protoJSONRows(),
		protoPolicyRows(), protoSourceRows(), protoReservedRows(), protoInfoRows()))
}

// protoEdits is a pair of rules of class data on the wire.
func protoEdits(stem, element string, x, y half) row {
	return row{stem: stem, element: element, breaks: BreaksBackward, surfaces: "binary json", half: x, mirror: y}
}

// What several rows of Protobuf say alike.
const (
	protoTypeFix  = "restore-type new-field"
	protoRequired = "A required field must be in every message: a reader fails on one that lacks it."
)

func protoFieldRows() []row {
	return []row{
		protoEdits("field-type-{narrowed,widened}", "field",
			half{"Both types have the same form on the wire, and the new one holds fewer values: a large old number is cut and read as another. Nothing fails.", `field {field} was {oldType} and is {newType}, which cuts large values`, protoTypeFix, "retype", "FIELD_SCALAR_KIND_CHANGED"},
			half{"Both types have the same form on the wire, and the new one holds more values: consumers of the old schema cut a large new number and read another. Nothing fails.", `field {field} was {oldType} and is {newType}; readers of the old schema cut large values`, protoTypeFix, "retype", "FIELD_SCALAR_KIND_CHANGED"}),
		protoEdits("{int-to-bool,bool-to-int}", "field",
			half{"Every number other than 0 is read as true, so the new reader no longer knows which it was.", `field {field} was {oldType} and is {newType}, which reads every number but 0 as true`, protoTypeFix, "convert", "FIELD_SCALAR_KIND_CHANGED"},
			half{"Consumers of the old schema read every number other than 0 as true.", `field {field} was {oldType} and is {newType}; readers of the old schema see every number but 0 as true`, protoTypeFix, "convert", "FIELD_SCALAR_KIND_CHANGED"}),
		protoEdits("{int-to-enum,enum-to-int}", "field",
			half{"Old numbers need not be values of the enum, and large ones are cut. A closed enum hides an unknown number from the program.", `field {field} was {oldType} and is {newType}, which does not hold every number`, protoTypeFix, "retype mapEnum", "FIELD_SCALAR_KIND_CHANGED"},
			half{"New numbers need not be values of the old enum, and large ones are cut. A closed enum hides an unknown number from consumers of the old schema.", `field {field} was {oldType} and is {newType}; the enum of the old schema does not hold every number`, protoTypeFix, "retype mapEnum", "FIELD_SCALAR_KIND_CHANGED"}),
		protoEdits("{bytes-to-string,string-to-bytes}", "field",
			half{"Text must be UTF-8 and bytes need not be. The new reader fails on an old value that is not.", `field {field} was {oldType} and is {newType}, and old values need not be UTF-8`, protoTypeFix, "retype", "FIELD_SCALAR_KIND_CHANGED"},
			half{"New values need not be UTF-8, and consumers of the old schema fail on those.", `field {field} was {oldType} and is {newType}, and new values need not be UTF-8`, protoTypeFix, "retype", "FIELD_SCALAR_KIND_CHANGED"}),
		{
			stem: "{bytes-to-message,message-to-bytes}", element: "field", breaks: BreaksBoth, surfaces: "binary json",
			half:   half{"Bytes that are no encoded message make the new reader fail. Consumers of the old schema get the encoded form of a message instead of what they asked for.", `field {field} was {oldType} and is {newType}, and old bytes need not be a message`, protoTypeFix, "retype", "FIELD_KIND_CHANGED"},
			mirror: half{"Consumers of the old schema take the bytes for a message, and need not succeed. The new reader gets the encoded form of old messages instead of what it asks for.", `field {field} was {oldType} and is {newType}, and new bytes need not be a message`, protoTypeFix, "retype", "FIELD_KIND_CHANGED"},
		},
		protoEdits("required-field-{added,removed}", "field",
			half{protoRequired + " Old messages do not have the new one.", `the required field {field} is new, and old messages lack it`, "make-optional", "add", "REQUIRED_FIELD_ADDED"},
			half{protoRequired + " Consumers of the old schema miss it in every new message.", `the required field {field} is gone, and readers of the old schema need it`, "restore-field", "drop", "REQUIRED_FIELD_REMOVED"}),
		protoEdits("{repeated-to-map,map-to-repeated}", "field",
			half{"A map is a list of entries on the wire, but keys are unique: of two old entries with one key the last wins.", `field {field} was {oldType} and is a map, which keeps one entry for a key`, protoTypeFix, "toMap", "FIELD_KIND_CHANGED"},
			half{"A list may hold two entries with one key. Consumers of the old schema keep the last.", `field {field} was a map and is {newType}; readers of the old schema keep one entry for a key`, protoTypeFix, "toList", "FIELD_KIND_CHANGED"}),
		protoEdits("utf8-validation-{added,removed}", "field",
			half{"Text is checked to be UTF-8 now, as proto3 does, and old messages may hold text that is not. The new reader fails on those.", `the text of field {field} is checked to be UTF-8 now`, "keep-constraint", "retype", ""},
			half{"Text is no longer checked to be UTF-8. Consumers of the old schema fail on new text that is not.", `the text of field {field} is no longer checked to be UTF-8`, "keep-constraint", "retype", ""}),
		protoEdits("message-{removed,added}", "message",
			half{"A message that a frame may name is gone, so an event of it cannot be read. Where no frame names it, only generated code changes.", `message {message} is gone`, "restore-field", "no: the event has no successor; dropEvent says so", "MESSAGE_REMOVED"},
			half{"A message that a frame may name is new, and consumers of the old schema do not know it. Where no frame names it, only generated code changes.", `message {message} is new`, "no: consumers learn of a new message by the new schema", "no: there is no old event of it", "MESSAGE_ADDED"}),
	}
}

func protoLabelRows() []row {
	return []row{
		protoEdits("field-made-{singular,repeated}", "field",
			half{"Of several old values the new reader keeps the last, or merges them if they are messages; packed numbers are dropped altogether.", `field {field} was repeated and holds one value now`, "restore-type", "head", "FIELD_NUMERIC_LABEL_CHANGED FIELD_STRING_OR_BYTES_LABEL_CHANGED"},
			half{"Of several new values consumers of the old schema keep the last, or merge them if they are messages; packed numbers they drop altogether.", `field {field} held one value and is repeated now`, "restore-type new-field", "wrap", "FIELD_NUMERIC_LABEL_CHANGED FIELD_STRING_OR_BYTES_LABEL_CHANGED"}),
		protoEdits("field-made-{required,optional}", "field",
			half{protoRequired + " Old messages need not have it.", `field {field} is required now, and old messages need not have it`, "restore-type", "require", ""},
			half{protoRequired + " New messages need not have it, and consumers of the old schema fail on those.", `field {field} was required and need not be present any more`, "restore-type", "relax", ""}),
		protoEdits("fields-{grouped-into,ungrouped-from}-oneof", "oneof",
			half{"A oneof holds one of its fields. Of an old message that has several, the new reader keeps the last.", `fields of oneof {oneof} stood on their own; of an old message that has several the last is kept`, "restore-field", "mapBranch", "MULTIPLE_FIELDS_MOVED_TO_ONEOF"},
			half{"The fields may be set together now. Consumers of the old schema keep the last.", `the fields of oneof {oneof} stand on their own; readers of the old schema keep the last that is set`, "restore-field", "mapBranch", ""}),
		protoEdits("field-moved-{into,out-of}-oneof", "oneof",
			half{"An old message may have the field beside a member of the oneof. The new reader keeps the last of them.", `field {field} moved into oneof {oneof}; of an old message that has it beside a member the last is kept`, "restore-field", "mapBranch", "FIELD_MOVED_TO_EXISTING_ONEOF"},
			half{"A new message may have the field beside a member of the oneof. Consumers of the old schema keep the last of them.", `field {field} moved out of oneof {oneof}; readers of the old schema keep the last that is set`, "restore-field", "mapBranch", "ONEOF_FIELD_MOVED_TO_TOP_LEVEL"}),
	}
}

func protoEnumRows() []row {
	return []row{
		protoEdits("enum-{closed,opened}", "enum",
			half{"A closed enum hides numbers that it does not list: the field seems absent. An open one shows them.", `enum {enum} was open and is closed, so unlisted numbers seem absent`, "restore-type", "mapEnum", ""},
			half{"The new enum shows numbers that it does not list. To consumers of the old one the field seems absent.", `enum {enum} was closed and is open; to readers of the old schema unlisted numbers seem absent`, "restore-type", "mapEnum", ""}),
		protoEdits("enum-value-{removed,added}", "enum",
			half{"Old messages may hold a number that the new enum does not list. A closed enum hides it, JSON by name is refused; an open enum keeps the number, so no binary event breaks.", `the value {value} of enum {enum} is gone`, "keep-symbol reserve-number", "mapEnum", "ENUM_CONST_REMOVED"},
			half{"New messages may hold a number that the old enum does not list. A closed enum hides it, JSON by name is refused; an open enum keeps the number, so no binary event breaks.", `the value {value} of enum {enum} is new`, "restore-field", "mapEnum", "ENUM_CONST_ADDED"}),
	}
}

// protoBothRows are edits that break both directions.
func protoBothRows() []row {
	both := func(stem, element, why, says, fixes, up, kinds string) row {
		return row{stem: stem, element: element, breaks: BreaksBoth, surfaces: "binary json", half: half{why, says, fixes, up, kinds}}
	}
	return []row{
		both("field-type-changed", "field", "The two types have different forms on the wire. A reader takes the value for an unknown field, so it is lost without an error.", `field {field} was {oldType} and is {newType}`, protoTypeFix, "retype convert", "FIELD_KIND_CHANGED FIELD_SCALAR_KIND_CHANGED"),
		both("field-type-reinterpreted", "field", "The two types have the same form on the wire and mean other numbers: sint32 counts -1 as 1, fixed32 and float share nothing but their size. Every value is silently wrong.", `field {field} was {oldType} and is {newType}, which reads other numbers from the same bytes`, protoTypeFix, "retype", "FIELD_SCALAR_KIND_CHANGED"),
		both("field-number-changed", "field", "The number is what identifies a field on the wire. With another number the value is an unknown field to the other side, so it is lost without an error.", `field {field} had number {oldNumber} and has {newNumber}`, "restore-field", "rename", ""),
		both("field-message-type-changed", "field", "The field holds another message, and the two messages differ in their fields.", `field {field} was {oldType} and is {newType}`, protoTypeFix, "retype", "FIELD_NAMED_TYPE_CHANGED"),
		both("message-encoding-changed", "field", "Length-prefixed and delimited messages have different forms on the wire. A reader of the other takes the value for an unknown field.", `the encoding of field {field} was {oldEncoding} and is {newEncoding}`, "restore-type", "reversion", ""),
		both("field-default-changed", "field", "A field that is absent reads as its default, and the two schemas have different ones: the same message means two things.", `the default of field {field} was {oldDefault} and is {newDefault}`, "restore-type", "default", ""),
		both("enum-value-number-changed", "enum", "The number is what is written. With another number the name means another value to the other side.", `the number of {value} in enum {enum} was {oldNumber} and is {newNumber}`, "restore-field", "mapEnum", ""),
		both("enum-zero-changed", "enum", "The first value is what an absent field reads as. With another first value the same message means two things.", `the first value of enum {enum} was {oldValue} and is {newValue}`, "restore-field", "default", ""),
		both("field-moved-between-oneofs", "oneof", "A message may set the field beside a member of one oneof or of the other, and the readers keep different ones.", `field {field} moved from oneof {oldOneof} to {newOneof}`, "restore-field", "mapBranch", "FIELD_MOVED_TO_EXISTING_ONEOF"),
		both("message-set-changed", "message", "The message set wire format wraps each extension in a group. A reader of the other form finds none.", `message {message} changed whether it uses the message set wire format`, "restore-type", "reversion", ""),
		both("extension-number-changed", "extension", "The number is what identifies an extension on the wire. With another number the value is unknown to the other side.", `extension {extension} had number {oldNumber} and has {newNumber}`, "restore-field", "rename", ""),
		both("unexplained", "schema", "A message breaks, and no other rule names the edit that breaks it. The message is shown all the same; please report the pair of schemas, so that the edit gets a rule of its own.", `a message of the {writer} breaks at {path} under the {reader}`, "no: the edit is not known", "no: the edit is not known", ""),
	}
}
