package schema

import "context"

// Options steer a parse.
type Options struct {
	Limits Limits
	// Lenient turns soft mistakes (see [Error.Soft]) into warnings: history
	// and imports must stay readable. Limits that guard memory or time never
	// soften.
	Lenient bool
	// Memo, if set, keeps what parsing one document gave for the next schema that
	// refers to it. Schemas that share one have the same limits. What is parsed
	// does not depend on it.
	Memo Memo
	// Store, if set beside Memo, has the same from earlier processes; Keep says that
	// what it lacks is put into it. What is parsed does not depend on it, as long as
	// it gives back what was put into it.
	Store Store
	Keep  bool
}

// Store keeps bytes by what they were made of; it may lose any of them. It is safe
// for concurrent use.
type Store interface {
	// Load returns what was stored under a key, or nil.
	Load(key string) []byte
	// Store keeps a value if it can.
	Store(key string, value []byte)
}

// Memo is a bounded store of values by what they were made of; it may forget any
// of them. It is safe for concurrent use.
type Memo interface {
	Get(key string) (any, bool)
	// Put keeps a value of about so many bytes, if it can.
	Put(key string, value any, bytes int)
}

// Parsed is a schema of one of the three formats. It is immutable and safe for
// concurrent use; the only implementations are *avro.Schema,
// *jsonschema.Schema and *protobuf.Schema, so a type switch over them is
// exhaustive.
type Parsed interface {
	Format() Format
	// Canonical is the text that the registry stores and serves. It is a
	// fixed point: parsing and printing it gives the same text.
	Canonical() string
	// Normalised is the text stored when normalisation is asked for. It is a
	// fixed point of parse-then-normalise.
	Normalised() string
	// Equivalence is a text that is equal for two schemas exactly when the
	// registry calls them the same (key order of JSON does not count, doc
	// does). Inlined is the same text after references were put in place, so a
	// candidate without references can equal one with them.
	Equivalence() string
	Inlined() string
	// Render gives another representation of the schema for the REST
	// parameter "format": Avro "resolved"; Protobuf "serialized",
	// "ignore_extensions". ok is false for a name the format does not know.
	Render(format string) (text string, ok bool, err error)
	// Fields lists every named part in document order: fields, properties, and
	// the records or messages themselves (Record is true, Path is the type's
	// name).
	Fields() []Field
	// TopLevel lists the names that an event has at its top: record fields,
	// properties, or the fields of the first message.
	TopLevel() []string
	// Warnings lists what a reader should know about the accepted text.
	Warnings() []Warning
	// Fingerprints lists the format's own hashes, in a fixed order.
	Fingerprints() []Fingerprint
	// Sample generates a valid event. The same seed gives the same event;
	// seed 0 gives the smallest useful one.
	Sample(seed uint64) (Sample, error)
	// Check validates one event. A non-nil error means that the event could
	// not be judged (limits, a pattern that cannot be evaluated); an invalid
	// event is a list of violations.
	Check(ctx context.Context, e Event) (Judgement, error)
	// EditTags returns the schema text with inline tags ("confluent:tags")
	// added and removed. A path that does not resolve is an *Error.
	EditTags(add, remove []TagEdit) (string, error)
	// Size estimates the memory that keeping the schema costs, in bytes.
	Size() int
}

// Field is a named part of a schema, as search and inspection show it.
type Field struct {
	// Path in events: "order.items[].sku".
	Path string
	// Name is the last segment of the path.
	Name string
	// Type is the type's name: a primitive, a named type's full name, or
	// "array", "map", "union".
	Type string
	// Logical is the Avro logical type or the JSON Schema format; empty if
	// there is none.
	Logical string
	// Entity is the path that tag edits use ("com.acme.Order.email"); Record
	// tells that it names a record or message rather than a field.
	Entity string
	Record bool
	// Tags are the inline tags.
	Tags []string
	Doc  string
	Position
}

// Fingerprint is a hash of a schema under a named algorithm, in lower-case hex.
type Fingerprint struct {
	Algorithm string // "CRC-64-AVRO", "MD5", "SHA-256"
	Hex       string
}

// Encoding says how an event is written.
type Encoding uint8

// EncodingJSON is JSON text; for Avro it is Avro's JSON encoding, for Protobuf
// its JSON mapping. EncodingBinary is the format's own bytes without any frame;
// JSON Schema events have no binary form besides their JSON text.
const (
	EncodingJSON Encoding = iota + 1
	EncodingBinary
)

// Event is one encoded event.
type Event struct {
	Encoding Encoding
	Bytes    []byte
	// Message is the index path of a Protobuf message in its file; nil means
	// the first message.
	Message []int
}

// Sample is a generated event in its encodings.
type Sample struct {
	JSON   []byte
	Binary []byte // nil for JSON Schema
}

// Judgement is the answer about one event.
type Judgement struct {
	Violations []Violation
	// Decoded is the event as JSON, if it could be decoded.
	Decoded []byte
}

// Violation says where an event breaks its schema. Offset is a byte position in
// the event, or -1.
type Violation struct {
	Path   string
	What   string
	Offset int
}

// TagEdit adds or removes tags at one place.
type TagEdit struct {
	// Path is an entity path of the REST surface, such as
	// "com.acme.Order.customer.email".
	Path string
	// Record is true when the path names a record or message rather than a
	// field.
	Record bool
	Tags   []string
}
