package conformance

import (
	"encoding/binary"
	"strconv"
	"strings"
	"testing"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"
	"github.com/confluentinc/confluent-kafka-go/v2/schemaregistry"
	_ "github.com/confluentinc/confluent-kafka-go/v2/schemaregistry/rules/cel" // executes CEL rules
	"github.com/confluentinc/confluent-kafka-go/v2/schemaregistry/serde"
	"github.com/confluentinc/confluent-kafka-go/v2/schemaregistry/serde/avrov2"
	"github.com/confluentinc/confluent-kafka-go/v2/schemaregistry/serde/jsonschema"
	"github.com/confluentinc/confluent-kafka-go/v2/schemaregistry/serde/protobuf"
	pb "github.com/confluentinc/confluent-kafka-go/v2/schemaregistry/test"
	"google.golang.org/protobuf/proto"
)

func itoa(n int) string { return strconv.Itoa(n) }

// order is the event that the Avro and JSON Schema serializers derive a schema
// from.
type order struct {
	ID    string `avro:"id" json:"id"`
	Count int64  `avro:"count" json:"count"`
}

// TestConfluentGoSerdes sends events through Confluent's serializers and
// deserializers, which register, look up and fetch schemas by themselves. Each
// side has a client of its own, so the schema travels over the registry.
func TestConfluentGoSerdes(t *testing.T) {
	onEachDeployment(t, func(t *testing.T, url string) {
		t.Run("avro", func(t *testing.T) { avroRoundTrip(t, url, false) })
		t.Run("avro with GUID header", func(t *testing.T) { avroRoundTrip(t, url, true) })
		t.Run("avro with rule", func(t *testing.T) { avroRule(t, url) })
		t.Run("json", func(t *testing.T) { jsonRoundTrip(t, url) })
		t.Run("protobuf", func(t *testing.T) { protobufRoundTrip(t, url) })
	})
}

func framed(t *testing.T, b []byte) {
	t.Helper()
	if len(b) < 6 || b[0] != 0 || binary.BigEndian.Uint32(b[1:5]) == 0 {
		t.Errorf("the event % x has no frame with a schema id", b)
	}
}

func avroRoundTrip(t *testing.T, url string, header bool) {
	c := newConfluent(t, url)
	ser, err := avrov2.NewSerializer(c.cl, serde.ValueSerde, avrov2.NewSerializerConfig())
	c.must(err)
	if header {
		ser.SchemaIDSerializer = serde.HeaderSchemaIDSerializer
	}
	deser, err := avrov2.NewDeserializer(newConfluent(t, url).cl, serde.ValueSerde, avrov2.NewDeserializerConfig())
	c.must(err)
	want := order{"a", 3}
	headers, b, err := ser.SerializeWithHeaders("avro-orders", &want)
	c.must(err)
	if header {
		if len(headers) != 1 || headers[0].Key != "__value_schema_id" || len(headers[0].Value) != 17 || headers[0].Value[0] != 1 {
			t.Errorf("the headers are %v", headers)
		}
	} else {
		framed(t, b)
	}
	var got order
	c.must(deser.DeserializeWithHeadersInto("avro-orders", headers, b, &got))
	if got != want {
		t.Errorf("%+v came back as %+v", want, got)
	}
}

// avroRule has a condition executed that only the registry holds.
func avroRule(t *testing.T, url string) {
	c := newConfluent(t, url)
	conf := avrov2.NewSerializerConfig()
	conf.AutoRegisterSchemas, conf.UseLatestVersion = false, true
	ser, err := avrov2.NewSerializer(c.cl, serde.ValueSerde, conf)
	c.must(err)
	_, err = c.cl.Register("ruled-value", schemaregistry.SchemaInfo{
		Schema:     `{"type":"record","name":"order","fields":[{"name":"id","type":"string"},{"name":"count","type":"long"}]}`,
		SchemaType: "AVRO",
		RuleSet: &schemaregistry.RuleSet{DomainRules: []schemaregistry.Rule{{
			Name: "has_id", Kind: "CONDITION", Mode: "WRITE", Type: "CEL", Expr: "message.ID != ''", // this client knows the Go name of the field
		}}},
	}, false)
	c.must(err)
	_, err = ser.Serialize("ruled", &order{"a", 3})
	c.must(err)
	_, err = ser.Serialize("ruled", &order{"", 3})
	if err == nil || !strings.Contains(err.Error(), "Expr failed") {
		t.Errorf("the rule from the registry let an empty id pass: %v", err)
	}
}

func jsonRoundTrip(t *testing.T, url string) {
	c := newConfluent(t, url)
	conf := jsonschema.NewSerializerConfig()
	conf.EnableValidation = true
	ser, err := jsonschema.NewSerializer(c.cl, serde.ValueSerde, conf)
	c.must(err)
	deser, err := jsonschema.NewDeserializer(newConfluent(t, url).cl, serde.ValueSerde, jsonschema.NewDeserializerConfig())
	c.must(err)
	want := order{"a", 3}
	b, err := ser.Serialize("json-orders", &want)
	c.must(err)
	framed(t, b)
	var got order
	c.must(deser.DeserializeInto("json-orders", b, &got))
	if got != want {
		t.Errorf("%+v came back as %+v", want, got)
	}
}

// protobufRoundTrip registers a file with three levels of imports, which the
// serializer registers one by one and refers to.
func protobufRoundTrip(t *testing.T, url string) {
	c := newConfluent(t, url)
	ser, err := protobuf.NewSerializer(c.cl, serde.ValueSerde, protobuf.NewSerializerConfig())
	c.must(err)
	deser, err := protobuf.NewDeserializer(newConfluent(t, url).cl, serde.ValueSerde, protobuf.NewDeserializerConfig())
	c.must(err)
	for _, want := range []proto.Message{
		&pb.Author{Name: "K", Id: 3, Works: []string{"a"}},
		&pb.DependencyMessage{IsActive: true, TestMesssage: &pb.TestMessage{TestString: "x", TestInt64: 7}},
		&pb.NestedMessage_InnerMessage{Id: "inner"},
	} {
		c.must(deser.ProtoRegistry.RegisterMessage(want.ProtoReflect().Type()))
		topic := "proto-" + string(want.ProtoReflect().Descriptor().Name())
		var headers []kafka.Header
		headers, b, err := ser.SerializeWithHeaders(topic, want)
		c.must(err)
		framed(t, b)
		got, err := deser.DeserializeWithHeaders(topic, headers, b)
		c.must(err)
		if !proto.Equal(got.(proto.Message), want) {
			t.Errorf("%v came back as %v", want, got)
		}
	}
}
