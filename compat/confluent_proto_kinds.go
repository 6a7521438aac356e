package compat

// The kinds of difference that Confluent's Protobuf rule knows.
const (
	protoPackageChanged          = "PACKAGE_CHANGED"
	protoMessageAdded            = "MESSAGE_ADDED"
	protoMessageRemoved          = "MESSAGE_REMOVED"
	protoMessageMoved            = "MESSAGE_MOVED"
	protoEnumAdded               = "ENUM_ADDED"
	protoEnumRemoved             = "ENUM_REMOVED"
	protoEnumConstAdded          = "ENUM_CONST_ADDED"
	protoEnumConstChanged        = "ENUM_CONST_CHANGED"
	protoEnumConstRemoved        = "ENUM_CONST_REMOVED"
	protoFieldAdded              = "FIELD_ADDED"
	protoFieldRemoved            = "FIELD_REMOVED"
	protoFieldNameChanged        = "FIELD_NAME_CHANGED"
	protoFieldKindChanged        = "FIELD_KIND_CHANGED"
	protoFieldScalarKindChanged  = "FIELD_SCALAR_KIND_CHANGED"
	protoFieldNamedTypeChanged   = "FIELD_NAMED_TYPE_CHANGED"
	protoFieldNumericLabel       = "FIELD_NUMERIC_LABEL_CHANGED"
	protoFieldStringLabel        = "FIELD_STRING_OR_BYTES_LABEL_CHANGED"
	protoRequiredFieldAdded      = "REQUIRED_FIELD_ADDED"
	protoRequiredFieldRemoved    = "REQUIRED_FIELD_REMOVED"
	protoOneofAdded              = "ONEOF_ADDED"
	protoOneofRemoved            = "ONEOF_REMOVED"
	protoOneofFieldAdded         = "ONEOF_FIELD_ADDED"
	protoOneofFieldRemoved       = "ONEOF_FIELD_REMOVED"
	protoOneofFieldMovedTopLevel = "ONEOF_FIELD_MOVED_TO_TOP_LEVEL"
	protoFieldsMovedToOneof      = "MULTIPLE_FIELDS_MOVED_TO_ONEOF"
	protoFieldMovedToOldOneof    = "FIELD_MOVED_TO_EXISTING_ONEOF"
)

// protoKind says what a kind means: whether the rule refuses it and how the
// sentence about it reads; the path stands between the two halves.
type protoKind struct {
	refused       bool
	before, after string
}

var protoKinds = map[string]protoKind{
	protoPackageChanged:          {true, "The Proto package at path ", " in the new schema does not match the package in the old schema"},
	protoMessageAdded:            {false, "The Proto message at path ", " in the new schema is not present in the old schema"},
	protoMessageRemoved:          {true, "The new schema is missing the Proto message at path ", " in the old schema"},
	protoMessageMoved:            {false, "The position of the Proto message at path ", " in the new schema does not match its position in the old schema"},
	protoEnumAdded:               {false, "The Proto enum at path ", " in the new schema is not present in the old schema"},
	protoEnumRemoved:             {false, "The new schema is missing the Proto enum at path ", " in the old schema"},
	protoEnumConstAdded:          {false, "The Proto enum constant at path ", " in the new schema is not present in the old schema"},
	protoEnumConstChanged:        {false, "The name of the Proto enum constant at path ", " in the new schema does not match its name in the old schema"},
	protoEnumConstRemoved:        {false, "The new schema is missing the Proto enum constant at path ", " in the old schema"},
	protoFieldAdded:              {false, "The Proto field at path ", " in the new schema is not present in the old schema"},
	protoFieldRemoved:            {false, "The new schema is missing the Proto field at path ", " in the old schema"},
	protoFieldNameChanged:        {false, "The name of a Proto field at path ", " in the new schema does not match its name in the old schema"},
	protoFieldKindChanged:        {true, "The kind of a Proto field at path ", " in the new schema does not match its kind in the old schema"},
	protoFieldScalarKindChanged:  {true, "The scalar kind of a Proto field at path ", " in the new schema does not match its scalar kind in the old schema"},
	protoFieldNamedTypeChanged:   {true, "The message type of a Proto field at path ", " in the new schema does not match its message type in the old schema"},
	protoFieldNumericLabel:       {true, "The label of a numeric Proto field at path ", " in the new schema does not match its label in the old schema"},
	protoFieldStringLabel:        {false, "The label of a string or bytes Proto field at path ", " in the new schema does not match its label in the old schema"},
	protoRequiredFieldAdded:      {true, "The required Proto field at path ", " in the new schema is not present in the old schema"},
	protoRequiredFieldRemoved:    {true, "The new schema is missing the required Proto field at path ", " in the old schema"},
	protoOneofAdded:              {false, "The Proto oneof at path ", " in the new schema is not present in the old schema"},
	protoOneofRemoved:            {false, "The new schema is missing the Proto oneof at path ", " in the old schema"},
	protoOneofFieldAdded:         {false, "The oneof of the Proto field at path ", " in the new schema does not hold the field in the old schema"},
	protoOneofFieldRemoved:       {true, "The new schema is missing the Proto oneof field at path ", " in the old schema"},
	protoOneofFieldMovedTopLevel: {false, "The Proto field at path ", " in the new schema is a member of a oneof in the old schema"},
	protoFieldsMovedToOneof:      {true, "The Proto oneof at path ", " in the new schema joins several fields that are outside of a oneof in the old schema"},
	protoFieldMovedToOldOneof:    {true, "The Proto oneof at path ", " in the new schema joins a field with members that it does not share a oneof with in the old schema"},
}
