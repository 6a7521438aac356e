package compat

import (
	"context"

	"github.com/instar-registry/instar/schema/protobuf"
)

// exactProto asks whether every event of the writer is read under the reader,
// and names what differs by the rules of the direction.
func exactProto(ctx context.Context, writer, reader *protobuf.Schema, d Direction, q *question) (decision, error) {
	c, err := protobuf.Contain(ctx, writer, reader, protobuf.ContainOptions{JSON: q.JSON, EventMessages: q.EventMessages, Budget: q.budget})
	if err != nil {
		return decision{}, err
	}
	out := decision{verdict: c.Verdict, undecided: c.Undecided, notes: c.Notes, more: c.More, steps: c.Steps}
	if len(c.Undecided) > 0 && c.Verdict == Unknown {
		out.reason = c.Undecided[0].Reason
	}
	for i := range c.Breaks {
		rule, ok := protoRules[c.Breaks[i].Kind]
		if !ok {
			// A witness is never dropped because no rule explains it.
			rule = both("proto/unexplained")
		}
		if rule[d] != "" {
			out.findings = append(out.findings, breakFinding(&c.Breaks[i], rule[d]))
		}
	}
	return out, nil
}

// protoRules names each kind of difference by the edit from the old to the new
// schema: the first rule where the old side writes, the second where it reads.
// Reserving is asked of removals only, so some edits have no rule in the other
// direction.
var protoRules = map[string][2]string{
	protobuf.KindTypeNarrowed:    {"proto/field-type-narrowed", "proto/field-type-widened"},
	protobuf.KindTypeChanged:     both("proto/field-type-changed"),
	protobuf.KindReinterpreted:   both("proto/field-type-reinterpreted"),
	protobuf.KindIntToBool:       {"proto/int-to-bool", "proto/bool-to-int"},
	protobuf.KindIntToEnum:       {"proto/int-to-enum", "proto/enum-to-int"},
	protobuf.KindEnumToInt:       {"proto/enum-to-int", "proto/int-to-enum"},
	protobuf.KindBytesToString:   {"proto/bytes-to-string", "proto/string-to-bytes"},
	protobuf.KindBytesToMessage:  {"proto/bytes-to-message", "proto/message-to-bytes"},
	protobuf.KindMessageToBytes:  {"proto/message-to-bytes", "proto/bytes-to-message"},
	protobuf.KindMadeSingular:    {"proto/field-made-singular", "proto/field-made-repeated"},
	protobuf.KindMadeRequired:    {"proto/field-made-required", "proto/field-made-optional"},
	protobuf.KindRequiredAdded:   {"proto/required-field-added", "proto/required-field-removed"},
	protobuf.KindFieldsGrouped:   {"proto/fields-grouped-into-oneof", "proto/fields-ungrouped-from-oneof"},
	protobuf.KindMovedIntoOneof:  {"proto/field-moved-into-oneof", "proto/field-moved-out-of-oneof"},
	protobuf.KindMovedBetween:    both("proto/field-moved-between-oneofs"),
	protobuf.KindRepeatedToMap:   {"proto/repeated-to-map", "proto/map-to-repeated"},
	protobuf.KindEnumClosed:      {"proto/enum-closed", "proto/enum-opened"},
	protobuf.KindValueMissing:    {"proto/enum-value-removed", "proto/enum-value-added"},
	protobuf.KindValueExtra:      {"proto/enum-value-added", "proto/enum-value-removed"},
	protobuf.KindValueNumber:     both("proto/enum-value-number-changed"),
	protobuf.KindEnumZero:        both("proto/enum-zero-changed"),
	protobuf.KindUTF8Added:       {"proto/utf8-validation-added", "proto/utf8-validation-removed"},
	protobuf.KindMessageMissing:  {"proto/message-removed", "proto/message-added"},
	protobuf.KindMessageExtra:    {"proto/message-added", "proto/message-removed"},
	protobuf.KindMessageType:     both("proto/field-message-type-changed"),
	protobuf.KindMessageEncoding: both("proto/message-encoding-changed"),
	protobuf.KindMessageSet:      both("proto/message-set-changed"),
	protobuf.KindFieldNumber:     both("proto/field-number-changed"),
	protobuf.KindExtensionNumber: both("proto/extension-number-changed"),
	protobuf.KindDefault:         both("proto/field-default-changed"),

	protobuf.KindFieldRenamed: both("proto/field-renamed"),
	protobuf.KindJSONName:     both("proto/json-name-changed"),
	protobuf.KindJSONForm:     both("proto/field-json-form-changed"),
	protobuf.KindValueRenamed: both("proto/enum-value-renamed"),
	protobuf.KindJSONFormat:   both("proto/json-format-changed"),

	protobuf.KindPresenceLost:   {"proto/presence-removed", "proto/presence-added"},
	protobuf.KindPresenceGained: {"proto/presence-added", "proto/presence-removed"},
	protobuf.KindTypeRenamed:    both("proto/field-type-renamed"),
	protobuf.KindMessageRenamed: both("proto/message-renamed"),
	protobuf.KindEnumRenamed:    both("proto/enum-renamed"),
	protobuf.KindOneofRenamed:   both("proto/oneof-renamed"),
	protobuf.KindPackage:        both("proto/package-changed"),
	protobuf.KindSyntax:         both("proto/syntax-changed"),
	protobuf.KindFileOption:     both("proto/file-option-changed"),
	protobuf.KindFieldOption:    both("proto/field-option-changed"),
	protobuf.KindRPCSignature:   both("proto/rpc-signature-changed"),

	protobuf.KindReservedNumberWriterOnly: {"proto/reserved-number-removed", "proto/reserved-number-added"},
	protobuf.KindReservedNumberReaderOnly: {"proto/reserved-number-added", "proto/reserved-number-removed"},
	protobuf.KindReservedNameWriterOnly:   {"proto/reserved-name-removed", "proto/reserved-name-added"},
	protobuf.KindReservedNameReaderOnly:   {"proto/reserved-name-added", "proto/reserved-name-removed"},
	protobuf.KindOneofWriterOnly:          {"proto/oneof-removed", "proto/oneof-added"},
	protobuf.KindOneofReaderOnly:          {"proto/oneof-added", "proto/oneof-removed"},
	protobuf.KindMemberWriterOnly:         {"proto/oneof-field-removed", "proto/oneof-field-added"},
	protobuf.KindMemberReaderOnly:         {"proto/oneof-field-added", "proto/oneof-field-removed"},
	protobuf.KindEnumWriterOnly:           {"proto/enum-removed", "proto/enum-added"},
	protobuf.KindEnumReaderOnly:           {"proto/enum-added", "proto/enum-removed"},
	protobuf.KindExtensionWriterOnly:      {"proto/extension-removed", "proto/extension-added"},
	protobuf.KindExtensionReaderOnly:      {"proto/extension-added", "proto/extension-removed"},
	protobuf.KindRangeWriterOnly:          {"proto/extension-range-removed", "proto/extension-range-added"},
	protobuf.KindRangeReaderOnly:          {"proto/extension-range-added", "proto/extension-range-removed"},
	protobuf.KindPublicWriterOnly:         {"proto/public-import-removed", "proto/public-import-added"},
	protobuf.KindPublicReaderOnly:         {"proto/public-import-added", "proto/public-import-removed"},
	protobuf.KindServiceWriterOnly:        {"proto/service-removed", "proto/service-added"},
	protobuf.KindServiceReaderOnly:        {"proto/service-added", "proto/service-removed"},
	protobuf.KindRPCWriterOnly:            {"proto/rpc-removed", "proto/rpc-added"},
	protobuf.KindRPCReaderOnly:            {"proto/rpc-added", "proto/rpc-removed"},
	protobuf.KindImportWriterOnly:         {"proto/import-removed", "proto/import-added"},
	protobuf.KindImportReaderOnly:         {"proto/import-added", "proto/import-removed"},
	protobuf.KindAliasWriterOnly:          {"proto/enum-alias-removed", "proto/enum-alias-added"},
	protobuf.KindAliasReaderOnly:          {"proto/enum-alias-added", "proto/enum-alias-removed"},
	protobuf.KindFieldWriterOnly:          {"proto/field-removed", "proto/field-added"},
	protobuf.KindFieldReaderOnly:          {"proto/field-added", "proto/field-removed"},
	protobuf.KindDeprecatedWriterOnly:     {"schema/deprecated-removed", "schema/deprecated-added"},
	protobuf.KindDeprecatedReaderOnly:     {"schema/deprecated-added", "schema/deprecated-removed"},
	protobuf.KindPacked:                   both("proto/packed-changed"),
	protobuf.KindMessageMoved:             both("proto/message-moved"),

	protobuf.KindNumberUnreserved: {"proto/field-number-unreserved", ""},
	protobuf.KindNameUnreserved:   {"proto/field-name-unreserved", ""},
	protobuf.KindValueUnreserved:  {"proto/enum-number-unreserved", ""},
	protobuf.KindSymbolUnreserved: {"proto/enum-name-unreserved", ""},
	protobuf.KindNumberUsed:       {"proto/reserved-number-used", ""},
	protobuf.KindNameUsed:         {"proto/reserved-name-used", ""},
}
