package protobuf

// The kinds of differences that [Contain] finds, in the direction from writer
// to reader; package compat names them by the edit from old to new. Where a
// kind ends in WriterOnly, the reader lacks something that the writer has, which
// users of the older side may miss; ReaderOnly is its mirror and no more than
// news.
const (
	// Data: an event breaks on the binary surface.
	KindTypeNarrowed     = "type-narrowed"          // the reader's range is smaller, the other way is exact
	KindTypeChanged      = "type-changed"           // the bytes mean another type, or nothing
	KindReinterpreted    = "type-reinterpreted"     // the same bytes are another number
	KindIntToBool        = "int-to-bool"            // every number but zero becomes true
	KindIntToEnum        = "int-to-enum"            // numbers beyond the reader's enum
	KindEnumToInt        = "enum-to-int"            // numbers beyond the reader's integer
	KindBytesToString    = "bytes-to-string"        // bytes need not be UTF-8
	KindBytesToMessage   = "bytes-to-message"       // bytes need not be an encoded message
	KindMessageToBytes   = "message-to-bytes"       // an encoded message is read as bytes
	KindMadeSingular     = "made-singular"          // of many elements the reader has one
	KindMadeRequired     = "made-required"          // the writer may leave out what the reader requires
	KindRequiredAdded    = "required-added"         // the writer lacks what the reader requires
	KindFieldsGrouped    = "fields-grouped"         // fields of the writer exclude each other in the reader
	KindMovedIntoOneof   = "moved-into-oneof"       // the same, with members of one oneof of the writer
	KindMovedBetween     = "moved-between-oneofs"   // the same, with members of several oneofs
	KindRepeatedToMap    = "repeated-to-map"        // elements with one key become one entry
	KindEnumClosed       = "enum-closed"            // the reader drops numbers that it does not list
	KindValueMissing     = "enum-value-missing"     // of class policy where the reader's enum is open
	KindValueNumber      = "enum-value-number"      // a symbol has another number
	KindEnumZero         = "enum-zero"              // first values differ, so absent fields do
	KindUTF8Added        = "utf8-validation-added"  // the reader refuses text that is not UTF-8
	KindMessageMissing   = "message-missing"        // of class policy where no frame may name the message
	KindMessageType      = "message-type-changed"   // another message type, whose structure breaks events
	KindMessageEncoding  = "message-encoding"       // delimited and length-prefixed messages
	KindMessageSet       = "message-set"            // only one side uses the message set format
	KindFieldNumber      = "field-number-changed"   // a name has another number
	KindExtensionNumber  = "extension-number"       // the same, of an extension
	KindDefault          = "default-changed"        // absent fields read as other values
	KindFieldRenamed     = "field-renamed"          // data on the JSON surface only
	KindJSONName         = "json-name-changed"      // data on the JSON surface only
	KindJSONForm         = "json-form-changed"      // data on the JSON surface only
	KindValueRenamed     = "enum-value-renamed"     // data on the JSON surface only
	KindJSONFormat       = "json-format-changed"    // of class policy: how strictly JSON names are kept apart
	KindPresenceLost     = "presence-lost"          // policy: zero and absent become one
	KindPresenceGained   = "presence-gained"        // info
	KindTypeRenamed      = "type-renamed"           // policy: another name, equal or harmless structure
	KindMessageRenamed   = "message-renamed"        // policy
	KindEnumRenamed      = "enum-renamed"           // policy
	KindOneofRenamed     = "oneof-renamed"          // policy
	KindPackage          = "package-changed"        // policy
	KindSyntax           = "syntax-changed"         // policy, info for editions
	KindFileOption       = "file-option-changed"    // policy
	KindFieldOption      = "field-option-changed"   // policy
	KindRPCSignature     = "rpc-signature-changed"  // policy
	KindMessageExtra     = "message-reader-only"    // info
	KindFieldWriterOnly  = "field-writer-only"      // info
	KindFieldReaderOnly  = "field-reader-only"      // info
	KindValueExtra       = "enum-value-reader-only" // info
	KindPacked           = "packed-changed"         // info
	KindMessageMoved     = "message-moved"          // info
	KindNumberUnreserved = "number-unreserved"      // policy: a field is gone and its number free
	KindNameUnreserved   = "name-unreserved"        // policy: a field is gone and its name free
	KindValueUnreserved  = "enum-number-unreserved" // policy: a value is gone and its number free
	KindSymbolUnreserved = "enum-name-unreserved"   // policy: a value is gone and its name free
	KindNumberUsed       = "reserved-number-used"   // policy: the reader uses what the writer reserves
	KindNameUsed         = "reserved-name-used"     // policy: the same, of a name

	KindReservedNumberWriterOnly = "reserved-number-writer-only"
	KindReservedNumberReaderOnly = "reserved-number-reader-only"
	KindReservedNameWriterOnly   = "reserved-name-writer-only"
	KindReservedNameReaderOnly   = "reserved-name-reader-only"
	KindOneofWriterOnly          = "oneof-writer-only"
	KindOneofReaderOnly          = "oneof-reader-only"
	KindMemberWriterOnly         = "oneof-field-writer-only"
	KindMemberReaderOnly         = "oneof-field-reader-only"
	KindEnumWriterOnly           = "enum-writer-only"
	KindEnumReaderOnly           = "enum-reader-only"
	KindExtensionWriterOnly      = "extension-writer-only"
	KindExtensionReaderOnly      = "extension-reader-only"
	KindRangeWriterOnly          = "extension-range-writer-only"
	KindRangeReaderOnly          = "extension-range-reader-only"
	KindPublicWriterOnly         = "public-import-writer-only"
	KindPublicReaderOnly         = "public-import-reader-only"
	KindServiceWriterOnly        = "service-writer-only"
	KindServiceReaderOnly        = "service-reader-only"
	KindRPCWriterOnly            = "rpc-writer-only"
	KindRPCReaderOnly            = "rpc-reader-only"
	KindImportWriterOnly         = "import-writer-only" // info
	KindImportReaderOnly         = "import-reader-only" // info
	KindAliasWriterOnly          = "enum-alias-writer-only"
	KindAliasReaderOnly          = "enum-alias-reader-only"
	KindDeprecatedWriterOnly     = "deprecated-writer-only" // info
	KindDeprecatedReaderOnly     = "deprecated-reader-only" // info
)

// The surfaces of a difference: the bytes of events, their JSON form, and what
// only people and generated code see.
const (
	SurfaceBinary = "binary"
	SurfaceJSON   = "json"
	SurfaceSource = "source"
)
