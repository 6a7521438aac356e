package compat

// Difference is one difference between a writer and a reader schema that a
// Confluent rule names.
type Difference struct {
	// Kind is Confluent's name of the difference, such as
	// READER_FIELD_MISSING_DEFAULT_VALUE or FIELD_KIND_CHANGED.
	Kind string
	// Path is where it was found, in the notation of the rule's format:
	// "/fields/1" (Avro), "#/properties/a" (JSON Schema and Protobuf).
	Path string
	// Description is the sentence that Confluent's message shows.
	// Either it calls the reader "new schema" and the writer "old schema", or
	// both "%s schema", the reader first; [Difference.Message] puts in what they
	// are in the direction at hand.
	Description string
	// Additional is Avro's additionalInfo; empty for the other formats.
	Additional string
	// Strict and Lenient tell whether the policy refuses this kind.
	Strict, Lenient bool
}
