package compat

import "slices"

// What several rows say alike.
const (
	protoNoData  = no + "numbers carry the data, so nothing in it changes"
	protoNoBreak = no + "nothing breaks; keep or revert the edit as the team prefers"
)

// protoJSONRows break events only where they travel as JSON.
func protoJSONRows() []row {
	self := func(stem, element, why, says, fixes, up, kinds string) row {
		return row{
			stem: stem, element: element, breaks: BreaksBoth, surfaces: "json source",
			half: half{why + " In binary the data stays readable.", says, fixes, up, kinds},
		}
	}
	return []row{
		self("field-renamed", "field", "JSON and generated code know a field by its name. The other side does not find the value under the new one.", `field {number} was called {oldName} and is called {newName}`, "keep-json-name keep-name", "rename", "FIELD_NAME_CHANGED"),
		self("json-name-changed", "field", "JSON knows a field by its json_name. The other side does not find the value under the new one.", `the JSON name of field {field} was {oldName} and is {newName}`, "keep-json-name", "rename", ""),
		self("field-json-form-changed", "field", "The value has another form in JSON: 64-bit numbers are strings, bytes are base64.", `the JSON form of field {field} was {oldForm} and is {newForm}`, "restore-type", "retype", ""),
		self("enum-value-renamed", "enum", "JSON and generated code know an enum value by its name. The other side does not know the new one.", `the value {number} of enum {enum} was called {oldName} and is called {newName}`, "keep-symbol keep-name", "mapEnum", "ENUM_CONST_CHANGED"),
		self("json-format-changed", "message", "The feature that says how strictly JSON is held to the schema differs.", `the JSON format of {message} was {oldFormat} and is {newFormat}`, "keep-constraint", "reversion", ""),
	}
}

// protoPolicy is a pair of rules about names and code: no event breaks.
func protoPolicy(stem, element string, x, y half) row {
	for _, h := range []*half{&x, &y} {
		if h.upcaster == "" {
			h.upcaster = protoNoData
		}
		if h.fixes == "" {
			h.fixes = protoNoBreak
		}
	}
	return row{stem: stem, element: element, class: ClassPolicy, breaks: BreaksBackward, surfaces: "source", half: x, mirror: y}
}

func protoPolicyRows() []row {
	return []row{
		protoPolicy("reserved-number-{removed,added}", "reservation",
			half{"A number may be used again, while old messages hold something else under it.", `number {number} of {message} is no longer reserved`, "reserve-number", "", ""},
			half{"A number can no longer be used by mistake.", `number {number} of {message} is reserved now`, "", "", ""}),
		protoPolicy("reserved-name-{removed,added}", "reservation",
			half{"A name may be used again, while old JSON holds something else under it.", `name {name} of {message} is no longer reserved`, "reserve-name", "", ""},
			half{"A name can no longer be used by mistake.", `name {name} of {message} is reserved now`, "", "", ""}),
		protoPolicy("presence-{removed,added}", "field",
			half{"The new schema no longer tells an absent value from a default one. The bytes stay readable; a zero that was written is not told from none.", `field {field} no longer has presence`, "restore-type", "relax", ""},
			half{"The new schema tells an absent value from a default one. Consumers of the old schema do not.", `field {field} has presence now`, "", "require", ""}),
		protoPolicy("oneof-{removed,added}", "oneof",
			half{"The fields of a oneof are gone with it, or stand on their own; what that means for messages is reported at the fields.", `oneof {oneof} is gone`, "restore-field", "", "ONEOF_REMOVED"},
			half{"A oneof is new; what that means for messages is reported at its fields.", `oneof {oneof} is new`, "", "", "ONEOF_ADDED"}),
		protoPolicy("oneof-field-{removed,added}", "oneof",
			half{"A member of a oneof is gone. Old messages that chose it seem to have chosen nothing.", `field {field} of oneof {oneof} is gone`, "restore-field reserve-number", "mapBranch", "ONEOF_FIELD_REMOVED"},
			half{"A oneof has a new member. To consumers of the old schema a message that chose it seems to have chosen nothing.", `oneof {oneof} has the new field {field}`, "", "mapBranch", "ONEOF_FIELD_ADDED"}),
		protoPolicy("enum-{removed,added}", "enum",
			half{"An enum that no field uses any more is gone. Generated code that names it does not compile.", `enum {enum} is gone`, "restore-field", "", "ENUM_REMOVED"},
			half{"An enum is new. Nothing that was there refers to it.", `enum {enum} is new`, "", "", "ENUM_ADDED"}),
		protoPolicy("extension-{removed,added}", "extension",
			half{"An extension is gone; its values are unknown fields to the new schema.", `extension {extension} is gone`, "restore-field", "drop", ""},
			half{"An extension is new; its values are unknown fields to the old schema.", `extension {extension} is new`, "", "add", ""}),
		protoPolicy("extension-range-{removed,added}", "extension",
			half{"Numbers are no longer open to extensions; files that extend the message do not compile.", `numbers {range} of {message} are no longer open to extensions`, "restore-field", "", ""},
			half{"Numbers are open to extensions now. Files may extend the message with fields of those numbers.", `numbers {range} of {message} are open to extensions now`, "", "", ""}),
		protoPolicy("public-import-{removed,added}", "import",
			half{"Files that import this one no longer see what the public import gave them.", `the public import of {import} is gone`, "restore-field", "", ""},
			half{"Files that import this one see what the public import brings along.", `{import} is imported publicly now`, "", "", ""}),
		protoPolicy("service-{removed,added}", "service",
			half{"A service is gone. No event is concerned; clients of the service are.", `service {service} is gone`, "restore-field", "", ""},
			half{"A service is new. No event is concerned, and no client calls it yet.", `service {service} is new`, "", "", ""}),
		protoPolicy("rpc-{removed,added}", "service",
			half{"A method is gone. No event is concerned; clients of the service are.", `method {rpc} of service {service} is gone`, "restore-field", "", ""},
			half{"A method is new. No event is concerned, and no client calls it yet.", `method {rpc} of service {service} is new`, "", "", ""}),
	}
}

// protoSourceRows are about names: messages read as before, code does not
// compile as before.
func protoSourceRows() []row {
	self := func(stem, element, why, says, fixes, kinds string) row {
		return row{
			stem: stem, element: element, class: ClassPolicy, breaks: BreaksBoth, surfaces: "source",
			half: half{why + " The data stays readable.", says, fixes, protoNoData, kinds},
		}
	}
	return []row{
		self("package-changed", "package", "Messages, services and generated code have other full names.", `the package was {oldPackage} and is {newPackage}`, "keep-name", "PACKAGE_CHANGED"),
		self("message-renamed", "message", "Numbers carry the data, so messages of another name with the same fields read the same. Generated code does not compile, and Any holds the old name.", `message {oldName} is called {newName}`, "keep-name", ""),
		self("enum-renamed", "enum", "Numbers carry the data. Generated code that names the enum does not compile.", `enum {oldName} is called {newName}`, "keep-name", ""),
		self("oneof-renamed", "oneof", "A oneof has no name on the wire. Generated code that names it does not compile.", `oneof {oldName} is called {newName}`, "keep-name", ""),
		self("field-type-renamed", "field", "The field holds a message of another name whose fields agree.", `field {field} was {oldType} and is {newType}, which has the same fields`, "restore-type", "FIELD_NAMED_TYPE_CHANGED"),
		self("syntax-changed", "file", "The file has another syntax or edition. What follows for presence, enums and packing is reported at the fields.", `the syntax was {oldSyntax} and is {newSyntax}`, "restore-type", ""),
		self("file-option-changed", "file", "An option of the file differs. Most options steer generated code only.", `the file option {option} was {old} and is {new}`, "restore-type", ""),
		self("field-option-changed", "field", "An option of a field differs. What an option means on the wire is reported by rules of its own.", `the option {option} of {field} was {old} and is {new}`, "restore-type", ""),
		self("rpc-signature-changed", "service", "A method takes or gives other messages. No event is concerned; clients of the service are.", `method {rpc} of service {service} was {old} and is {new}`, "restore-type", ""),
	}
}

// protoReservedRows are about what should have been reserved.
func protoReservedRows() []row {
	free := func(stem, what, says, fixes string) row {
		r := alone(stem, "reservation", ClassPolicy, "reserving is asked of removals only", half{what, says, fixes, protoNoData, ""})
		r.breaks = BreaksBackward
		return r
	}
	return []row{
		free("field-number-unreserved", "A field was removed and its number may be given to another field, which would read old values as its own.", `field {field} is gone, and its number {number} is not reserved`, "reserve-number"),
		free("field-name-unreserved", "A field was removed and its name may be given to another field, which would read old JSON as its own.", `field {field} is gone, and its name is not reserved`, "reserve-name"),
		free("enum-number-unreserved", "An enum value was removed and its number may be given to another value.", `the value {value} of enum {enum} is gone, and its number {number} is not reserved`, "reserve-number"),
		free("enum-name-unreserved", "An enum value was removed and its name may be given to another number.", `the value {value} of enum {enum} is gone, and its name is not reserved`, "reserve-name"),
		free("reserved-number-used", "A number that the old schema reserved is used. Somebody reserved it because old messages hold something else under it.", `{name} uses number {number}, which was reserved`, no+"only the author knows a free number; take the next one"),
		free("reserved-name-used", "A name that the old schema reserved is used. Somebody reserved it because old JSON holds something else under it.", `{name} was reserved and is used`, no+"only the author knows a free name"),
	}
}

func protoInfoRows() []row {
	infoPair := func(stem, element string, x, y half) row {
		r := protoPolicy(stem, element, x, y)
		r.class, r.breaks, r.surfaces = ClassInfo, BreaksNothing, "binary"
		return r
	}
	self := func(stem, element, why, says, kinds string) row {
		return row{stem: stem, element: element, class: ClassInfo, surfaces: "binary", half: half{why, says, protoNoBreak, protoNoData, kinds}}
	}
	return slices.Concat([]row{
		infoPair("field-{added,removed}", "field",
			half{"A field is new. Old messages lack it and read as its default; readers of the old schema keep it as an unknown field.", `field {field} is new`, "", "add", "FIELD_ADDED"},
			half{"A field is gone. Readers of the new schema keep it as an unknown field; reserve its number, so that no other field takes it.", `field {field} is gone`, "", "drop", "FIELD_REMOVED"}),
		infoPair("import-{added,removed}", "import",
			half{"The file imports another one now. What it takes from there is reported where it is used.", `{import} is imported now`, "", "", ""},
			half{"The file no longer imports another one. What it took from there is reported where it was used.", `{import} is no longer imported`, "", "", ""}),
		infoPair("enum-alias-{added,removed}", "enum",
			half{"A value of an enum has a second name now. The number is what is written, so messages read the same.", `{value} is a second name of number {number} in enum {enum}`, "", "", ""},
			half{"A value of an enum lost a second name. The number is what is written, so messages read the same.", `{value} is no longer a second name of number {number} in enum {enum}`, "", "", ""}),
		self("packed-changed", "field", "Numbers are packed into one field or written one by one. Every reader takes both.", `field {field} changed whether it is packed`, ""),
		self("message-moved", "message", "A message stands elsewhere in the file. Where an index names it in the frame, the index differs.", `message {message} stands elsewhere`, "MESSAGE_MOVED"),
	})
}
