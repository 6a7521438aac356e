package conformance

// The schemas that every client registers: three versions of an order in each
// format. v2 may follow v1 under BACKWARD; bad may not follow v1 or v2.

const (
	avroV1 = `{"type":"record","name":"Order","namespace":"shop","fields":[{"name":"id","type":"string"}]}`
	avroV2 = `{"type":"record","name":"Order","namespace":"shop","fields":[{"name":"id","type":"string"},{"name":"note","type":["null","string"],"default":null}]}`
	// avroBad has a field without a default, which no old event holds.
	avroBad = `{"type":"record","name":"Order","namespace":"shop","fields":[{"name":"id","type":"string"},{"name":"total","type":"long"}]}`
	// avroItem is what avroWithItem refers to.
	avroItem     = `{"type":"record","name":"Item","namespace":"shop","fields":[{"name":"sku","type":"string"}]}`
	avroWithItem = `{"type":"record","name":"Basket","namespace":"shop","fields":[{"name":"items","type":{"type":"array","items":"shop.Item"}}]}`

	// The objects are closed, so that the policies agree on every step.
	jsonV1  = `{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","properties":{"id":{"type":"string"}},"required":["id"],"additionalProperties":false}`
	jsonV2  = `{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","properties":{"id":{"type":"string"},"note":{"type":"string"}},"required":["id"],"additionalProperties":false}`
	jsonBad = `{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","properties":{"id":{"type":"integer"}},"required":["id"],"additionalProperties":false}`
	// jsonItem is what jsonWithItem refers to.
	jsonItem     = `{"$schema":"http://json-schema.org/draft-07/schema#","$id":"item.json","type":"object","properties":{"sku":{"type":"string"}},"required":["sku"],"additionalProperties":false}`
	jsonWithItem = `{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","properties":{"items":{"type":"array","items":{"$ref":"item.json"}}},"additionalProperties":false}`

	protoV1  = "syntax = \"proto3\";\npackage shop;\n\nmessage Order {\n  string id = 1;\n}\n"
	protoV2  = "syntax = \"proto3\";\npackage shop;\n\nmessage Order {\n  string id = 1;\n  string note = 2;\n}\n"
	protoBad = "syntax = \"proto3\";\npackage shop;\n\nmessage Order {\n  double id = 1;\n}\n"
	// protoItem is what protoWithItem imports.
	protoItem     = "syntax = \"proto3\";\npackage shop;\n\nmessage Item {\n  string sku = 1;\n}\n"
	protoWithItem = "syntax = \"proto3\";\npackage shop;\n\nimport \"item.proto\";\n\nmessage Basket {\n  repeated .shop.Item items = 1;\n}\n"
)

// sample is the set of one format.
type sample struct {
	format          string // AVRO, JSON, PROTOBUF
	v1, v2, bad     string
	item, with, ref string // with refers to item under the name ref
}

func samples() []sample {
	return []sample{
		{"AVRO", avroV1, avroV2, avroBad, avroItem, avroWithItem, "shop.Item"},
		{"JSON", jsonV1, jsonV2, jsonBad, jsonItem, jsonWithItem, "item.json"},
		{"PROTOBUF", protoV1, protoV2, protoBad, protoItem, protoWithItem, "item.proto"},
	}
}
