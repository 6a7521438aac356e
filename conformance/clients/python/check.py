"""Walks the surface of confluent-kafka-python's registry client and serdes.

Usage: check.py URL < samples.json

Prints one line for each check, "ok NAME" or "not ok NAME: REASON", and ends
with 1 if any failed. The caller turns the lines into tests.
"""

import json
import sys
import uuid

from confluent_kafka.schema_registry import (
    ConfigCompatibilityLevel,
    Schema,
    SchemaReference,
    SchemaRegistryClient,
    ServerConfig,
    header_schema_id_serializer,
)
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.error import SchemaRegistryError
from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer
from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer, ProtobufSerializer
from confluent_kafka.schema_registry.schema_registry_client import (
    Metadata,
    MetadataProperties,
    Rule,
    RuleKind,
    RuleMode,
    RuleSet,
)
from confluent_kafka.serialization import MessageField, SerializationContext
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

URL = sys.argv[1]
SAMPLES = json.load(sys.stdin)
CHECKS = []


def check(name):
    """Registers a function under the name of its line."""

    def keep(run):
        CHECKS.append((name, run))
        return run

    return keep


def client():
    """A client with empty caches, so that answers come from the registry."""
    return SchemaRegistryClient({"url": URL})


def equal(got, want, what):
    if got != want:
        raise AssertionError(f"{what} is {got!r}, not {want!r}")


def refused(status, code, text, call, *args, **kwargs):
    try:
        got = call(*args, **kwargs)
    except SchemaRegistryError as e:
        if (e.http_status_code, e.error_code) != (status, code) or text not in e.error_message:
            raise AssertionError(f"the error is {e.http_status_code}/{e.error_code} {e.error_message!r}, not {status}/{code} with {text!r}") from e
        return
    raise AssertionError(f"{call.__name__}{args} answered {got!r} instead of {code}")


def evolve(s):
    """Registers, evolves, refuses, looks up and refers to one format."""
    c, kind, subject = client(), s["format"], "py/" + s["format"]
    first = c.register_schema_full_response(subject, Schema(s["v1"], kind))
    equal(first.version, 1, "the first version")
    second = c.register_schema(subject, Schema(s["v2"], kind), normalize_schemas=True)
    refused(409, 409, f'Schema being registered is incompatible with an earlier schema for subject "{subject}", details: [', c.register_schema, subject, Schema(s["bad"], kind))
    refused(422, 42201, "Invalid schema", c.register_schema, subject, Schema("{ no schema", kind))

    fresh = client()
    equal(fresh.get_schema(first.schema_id).schema_str, s["v1"], "the text by id")
    equal(fresh.get_schema(first.schema_id).schema_type, kind, "the type by id")
    equal(fresh.get_schema_by_guid(first.guid).schema_str, s["v1"], "the text by GUID")
    equal(fresh.get_subjects_by_schema_id(first.schema_id), [subject], "the subjects of the id")
    equal([(v.subject, v.version) for v in fresh.get_schema_versions(first.schema_id)], [(subject, 1)], "the versions of the id")
    found = fresh.lookup_schema(subject, Schema(s["v2"], kind))
    equal((found.schema_id, found.version), (second, 2), "the lookup")
    latest = fresh.get_latest_version(subject)
    equal((latest.schema_id, latest.version, latest.subject), (second, 2, subject), "latest")
    equal(fresh.get_version(subject, 1).schema_id, first.schema_id, "version 1")
    equal(fresh.get_versions(subject), [1, 2], "the versions")
    equal(subject in fresh.get_subjects(subject_prefix="py/"), True, "the list")
    equal(fresh.test_compatibility(subject, Schema(s["bad"], kind)), False, "the check of the bad version")
    equal(fresh.test_compatibility(subject, Schema(s["v2"], kind), version=1), True, "the check against version 1")
    equal(fresh.test_compatibility_all_versions(subject, Schema(s["bad"], kind)), False, "the check against all")
    refused(404, 40403, "Schema not found", fresh.lookup_schema, subject, Schema(s["item"], kind))
    refused(404, 40402, "Version 9 not found.", fresh.get_version, subject, 9)
    refused(404, 40401, "Subject 'absent' not found.", fresh.get_versions, "absent")
    refused(404, 40403, "Schema 4711 not found", fresh.get_schema, 4711)

    item, basket = "py-item-" + kind, "py-basket-" + kind
    c.register_schema(item, Schema(s["item"], kind))
    with_item = Schema(s["with"], kind, [SchemaReference(s["ref"], item, 1)])
    made = c.register_schema(basket, with_item)
    equal([(r.name, r.subject, r.version) for r in fresh.get_schema(made).references], [(s["ref"], item, 1)], "the references")
    equal(fresh.get_referenced_by(item, 1), [made], "referencedby")
    refused(422, 42206, "One or more references exist to the schema {magic=1,keytype=SCHEMA,subject=" + item + ",version=1}.", c.delete_version, item, 1)


for _s in SAMPLES:
    check("format " + _s["format"])(lambda s=_s: evolve(s))


@check("contract")
def contract():
    c, text = client(), SAMPLES[0]["v1"]
    rules = RuleSet(None, [Rule("has_id", None, RuleKind.CONDITION, RuleMode.WRITE, "CEL", [], None, "message.id != ''", None, None, False)])
    c.register_schema("py-contract", Schema(text, "AVRO"))
    c.register_schema("py-contract", Schema(text, "AVRO", [], Metadata(None, MetadataProperties({"owner": "shop"}), None), rules))
    got = client().get_latest_with_metadata("py-contract", {"owner": "shop"})
    equal(got.version, 2, "the version with the metadata")
    equal(got.schema.rule_set.domain_rules[0].expr, "message.id != ''", "the rule")
    first = client().get_version("py-contract", 1)
    equal((first.schema.metadata, first.schema.rule_set), (None, None), "the contract nobody sent")
    refused(404, 40403, "Schema not found", client().get_latest_with_metadata, "py-contract", {"owner": "nobody"})


@check("config")
def config():
    c = client()
    equal(c.get_compatibility(), "BACKWARD", "the global level")
    refused(404, 40408, "Subject 'py-config' does not have subject-level compatibility configured", c.get_compatibility, "py-config")
    for level in ("NONE", "BACKWARD", "BACKWARD_TRANSITIVE", "FORWARD", "FORWARD_TRANSITIVE", "FULL", "FULL_TRANSITIVE"):
        c.set_compatibility("py-config", level)
        equal(c.get_compatibility("py-config"), level, "the level")
    c.set_config("py-config", ServerConfig(compatibility=ConfigCompatibilityLevel.FORWARD, compatibility_group="major"))
    got = c.get_config("py-config")
    equal((got.compatibility_level, got.compatibility_group), (ConfigCompatibilityLevel.FORWARD, "major"), "the config")
    equal(c.delete_config("py-config").compatibility_level, ConfigCompatibilityLevel.FORWARD, "the deleted config")
    refused(404, 40408, "py-config", c.get_config, "py-config")
    refused(422, 42203, "Invalid compatibility level.", c.set_compatibility, "py-config", "SIDEWAYS")


@check("mode")
def mode():
    c, text = client(), SAMPLES[0]["v1"]
    equal(c.get_global_mode(), "READWRITE", "the global mode")
    refused(404, 40409, "Subject 'py-mode' does not have subject-level mode configured", c.get_mode, "py-mode")
    equal(c.update_mode("py-mode", "READONLY"), "READONLY", "the answer to a mode")
    equal(c.get_mode("py-mode"), "READONLY", "the mode")
    refused(422, 42205, "Subject py-mode in context . is in read-only mode", c.register_schema, "py-mode", Schema(text, "AVRO"))
    equal(c.delete_mode("py-mode"), "READONLY", "the deleted mode")
    c.register_schema("py-mode", Schema(text, "AVRO"))
    refused(422, 42205, "Cannot import since found existing subjects", c.update_mode, "py-mode", "IMPORT")


@check("delete")
def delete():
    c, subject = client(), "py-delete"
    for text in (SAMPLES[1]["v1"], SAMPLES[1]["v2"]):
        c.register_schema(subject, Schema(text, "JSON"))
    refused(404, 40405, f"Subject '{subject}' was not deleted first before being permanently deleted", c.delete_subject, subject, permanent=True)
    refused(404, 40407, f"Subject '{subject}' Version 1 was not deleted first before being permanently deleted", c.delete_version, subject, 1, permanent=True)
    equal(c.delete_version(subject, 1), 1, "the deleted version")
    refused(404, 40406, f"Subject '{subject}' Version 1 was soft deleted.Set permanent=true to delete permanently", c.delete_version, subject, 1)
    refused(404, 40402, "Version 1 not found.", client().get_version, subject, 1)
    equal(client().get_version(subject, 1, deleted=True).version, 1, "the hidden version")
    equal(c.get_versions(subject, deleted=True), [1, 2], "the versions with deleted ones")
    equal(c.delete_subject(subject), [2], "the deleted subject")
    equal(subject in c.get_subjects(), False, "whether the subject is listed")
    equal(subject in c.get_subjects(deleted=True), True, "whether the deleted subject is listed")
    refused(404, 40404, f"Subject '{subject}' was soft deleted.Set permanent=true to delete permanently", c.delete_subject, subject)
    equal(c.delete_subject(subject, permanent=True), [1, 2], "the purged subject")
    refused(404, 40401, f"Subject '{subject}' not found.", c.delete_subject, subject)


@check("contexts")
def contexts():
    c = client()
    c.register_schema(":.py:bill", Schema(SAMPLES[0]["v1"], "AVRO"))
    equal(c.get_contexts(), [".", ".py"], "the contexts")
    equal(client().get_latest_version(":.py:bill").subject, ":.py:bill", "the qualified subject")


def round_trip(serializer, deserializer, event, topic, header=False):
    """Serialises with one client, deserialises with another."""
    headers = []
    ctx = SerializationContext(topic, MessageField.VALUE, headers)
    data = serializer(event, ctx)
    if header:
        equal((headers[0][0], len(headers[0][1]), headers[0][1][0]), ("__value_schema_id", 17, 1), "the header")
        uuid.UUID(bytes=headers[0][1][1:])
    else:
        equal(data[0], 0, "the magic byte")
    equal(deserializer(data, ctx), event, "the event")


@check("serde avro")
def serde_avro():
    schema = SAMPLES[0]["v2"]
    for header in (False, True):
        conf = {"schema.id.serializer": header_schema_id_serializer} if header else {}
        ser = AvroSerializer(client(), schema, conf=conf)
        de = AvroDeserializer(client())
        round_trip(ser, de, {"id": "longer than the frame, which this client wants to see", "note": None}, "py-avro", header)


@check("serde avro with references")
def serde_avro_references():
    s = SAMPLES[0]
    schema = Schema(s["with"], "AVRO", [SchemaReference(s["ref"], "py-item-AVRO", 1)])
    ser = AvroSerializer(client(), schema)
    de = AvroDeserializer(client())
    round_trip(ser, de, {"items": [{"sku": "x"}]}, "py-avro-with")


@check("serde json")
def serde_json():
    ser = JSONSerializer(Schema(SAMPLES[1]["v2"], "JSON"), client())
    de = JSONDeserializer(None, schema_registry_client=client())
    round_trip(ser, de, {"id": "a", "note": "n"}, "py-json")


@check("serde protobuf")
def serde_protobuf():
    # The serializer sends the descriptor as base64; the deserializer asks for
    # format=serialized.
    file = descriptor_pb2.FileDescriptorProto(name="py_order.proto", package="pyshop", syntax="proto3")
    message = file.message_type.add(name="PyOrder")
    message.field.add(name="id", number=1, type=9, label=1, json_name="id")
    message.field.add(name="lines", number=2, type=5, label=3, json_name="lines")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    order = message_factory.GetMessageClass(pool.FindMessageTypeByName("pyshop.PyOrder"))
    ser = ProtobufSerializer(order, client(), {"use.deprecated.format": False})
    de = ProtobufDeserializer(order, {"use.deprecated.format": False}, client())
    round_trip(ser, de, order(id="a", lines=[1, 2]), "py-proto")
    stored = client().get_latest_version("py-proto-value").schema.schema_str
    equal("message PyOrder {" in stored, True, "whether the stored text is source")


def main():
    failed = 0
    for name, run in CHECKS:
        try:
            run()
            print("ok", name, flush=True)
        except Exception as e:  # noqa: BLE001 - every failure is a line
            failed += 1
            print(f"not ok {name}: {type(e).__name__}: {e}".replace("\n", " "), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
