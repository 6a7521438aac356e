package schema

// Limits bound what a parser, validator or walker may be given. Every field is
// a configuration key "limits.<name>" (kebab case of the field name); a value of
// zero is never "unlimited".
type Limits struct {
	SchemaBytes    int // text of one schema
	ReferenceBytes int // text of a schema and all its references
	References     int // direct references
	ReferencesAll  int // transitive references
	JSONDepth      int // nesting of a JSON schema text
	JSONNodes      int // values in a JSON schema text
	NumberDigits   int // digits of a number
	NumberExponent int // absolute value of a decimal exponent
	Nesting        int // schema nesting, Avro and JSON Schema
	ProtoNesting   int // message nesting, Protobuf
	Fields         int // fields of one record or message
	Symbols        int // symbols of one enum
	Branches       int // branches of one union
	Messages       int // messages of one Protobuf file
	SchemaNodes    int // schema nodes in all
	NameBytes      int // a name
	DocBytes       int // a doc text or a custom property's value
	EnumValues     int // members of a JSON Schema enum
	EnumBytes      int // text of one enum or const
	Patterns       int // pattern keywords of one schema
	PatternBytes   int // one pattern
	FixedBytes     int // size of an Avro fixed
	DecimalDigits  int // precision of an Avro decimal
	ValidatorSteps int // cost bound of JSON Schema validation

	EventBytes     int // one event, decoded
	EventDepth     int // nesting of an event
	EventItems     int // items of all arrays and maps of an event
	EventZeroItems int // items that take no bytes
	EventNodes     int // JSON values of an event
	MessageIndexes int // message indexes in a Protobuf frame
}

// DefaultLimits returns the limits in force when nothing is configured.
func DefaultLimits() Limits {
	return Limits{
		SchemaBytes: 1 << 20, ReferenceBytes: 4 << 20, References: 100, ReferencesAll: 1000,
		JSONDepth: 256, JSONNodes: 100_000, NumberDigits: 400, NumberExponent: 400,
		Nesting: 64, ProtoNesting: 32, Fields: 10_000, Symbols: 20_000, Branches: 1_000,
		Messages: 10_000, SchemaNodes: 200_000, NameBytes: 1024, DocBytes: 64 << 10,
		EnumValues: 20_000, EnumBytes: 256 << 10, Patterns: 1_000, PatternBytes: 4 << 10,
		FixedBytes: 1 << 20, DecimalDigits: 1_000, ValidatorSteps: 1_000_000,
		EventBytes: 10 << 20, EventDepth: 64, EventItems: 1_000_000, EventZeroItems: 10_000,
		EventNodes: 1_000_000, MessageIndexes: 64,
	}
}
