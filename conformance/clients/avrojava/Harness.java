import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.HexFormat;
import java.util.Map;
import org.apache.avro.NameValidator;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaNormalization;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericFixed;
import org.apache.avro.generic.IndexedRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;

/**
 * Answers questions with Apache Avro: one JSON object a line on standard input, one on standard
 * output, in the same order.
 *
 * <pre>
 * {"text"}                        → {"strict", "canonical", "form", "crc64", "md5", "sha256"} or {"error"}
 * {"writer", "reader", "events"}  → {"incompatibilities": [{kind, path, message}], "thrown",
 *                                    "events": [{"written", "read" or "error"}]} or {"error"}
 * </pre>
 *
 * Events are hexadecimal; values come back in Avro's JSON encoding, as text. The harness only
 * passes on: it judges and repairs nothing.
 */
final class Harness {
  private static final ObjectMapper JSON = new ObjectMapper();

  public static void main(String[] args) throws Exception {
    // Recursive schemas and deep events need more stack than the main thread has.
    Thread worker = new Thread(null, Harness::serve, "harness", 256L << 20);
    worker.start();
    worker.join();
  }

  private static void serve() {
    try (BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        BufferedWriter out = new BufferedWriter(new OutputStreamWriter(System.out, StandardCharsets.UTF_8))) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        JsonNode question = JSON.readTree(line);
        out.write(JSON.writeValueAsString(question.has("text") ? text(question) : pair(question)));
        out.write('\n');
      }
    } catch (Exception e) {
      e.printStackTrace();
      System.exit(1);
    }
  }

  /** Parses as registries do that keep what they once took: names and defaults are not checked. */
  private static Schema lenient(String text) {
    return new Schema.Parser(NameValidator.NO_VALIDATION).setValidateDefaults(false).parse(text);
  }

  private static ObjectNode text(JsonNode question) {
    ObjectNode answer = JSON.createObjectNode();
    String text = question.get("text").textValue();
    try {
      new Schema.Parser().parse(text);
    } catch (Throwable e) {
      answer.put("strict", told(e));
    }
    try {
      Schema schema = lenient(text);
      answer.put("canonical", schema.toString());
      answer.put("form", SchemaNormalization.toParsingForm(schema));
      answer.put("crc64", fingerprint(schema, "CRC-64-AVRO"));
      answer.put("md5", fingerprint(schema, "MD5"));
      answer.put("sha256", fingerprint(schema, "SHA-256"));
    } catch (Throwable e) {
      answer.put("error", told(e));
    }
    return answer;
  }

  private static String fingerprint(Schema schema, String algorithm) throws Exception {
    return HexFormat.of().formatHex(SchemaNormalization.parsingFingerprint(algorithm, schema));
  }

  private static ObjectNode pair(JsonNode question) {
    ObjectNode answer = JSON.createObjectNode();
    Schema writer;
    Schema reader;
    try {
      writer = lenient(question.get("writer").textValue());
      reader = lenient(question.get("reader").textValue());
    } catch (Throwable e) {
      return answer.put("error", told(e));
    }
    ArrayNode found = answer.putArray("incompatibilities");
    try {
      var result = SchemaCompatibility.checkReaderWriterCompatibility(reader, writer).getResult();
      for (var i : result.getIncompatibilities()) {
        found.addObject().put("kind", i.getType().name()).put("path", i.getLocation()).put("message", i.getMessage());
      }
    } catch (Throwable e) {
      answer.put("thrown", told(e));
    }
    ArrayNode events = answer.putArray("events");
    for (JsonNode event : question.path("events")) {
      read(events.addObject(), writer, reader, HexFormat.of().parseHex(event.textValue()));
    }
    return answer;
  }

  /** Reads an event under its own schema, then under the reader's. */
  private static void read(ObjectNode answer, Schema writer, Schema reader, byte[] event) {
    try {
      answer.put("written", json(writer, writer, event));
      answer.put("read", json(writer, reader, event));
    } catch (Throwable e) {
      answer.put("error", told(e));
    }
  }

  private static String json(Schema writer, Schema reader, byte[] event) throws Exception {
    BinaryDecoder decoder = DecoderFactory.get().binaryDecoder(event, null);
    Object value = new GenericDatumReader<>(writer, reader).read(null, decoder);
    if (!decoder.isEnd()) {
      throw new IllegalStateException("bytes are left over");
    }
    return JSON.writeValueAsString(json(reader, value));
  }

  /** The value in Avro's JSON encoding; the library's own encoder leaves out empty records. */
  private static JsonNode json(Schema schema, Object value) {
    switch (schema.getType()) {
      case RECORD: {
        ObjectNode out = JSON.createObjectNode();
        for (Schema.Field f : schema.getFields()) {
          out.set(f.name(), json(f.schema(), ((IndexedRecord) value).get(f.pos())));
        }
        return out;
      }
      case MAP: {
        ObjectNode out = JSON.createObjectNode();
        ((Map<?, ?>) value).forEach((key, v) -> out.set(key.toString(), json(schema.getValueType(), v)));
        return out;
      }
      case ARRAY: {
        ArrayNode out = JSON.createArrayNode();
        ((Collection<?>) value).forEach(v -> out.add(json(schema.getElementType(), v)));
        return out;
      }
      case UNION: {
        Schema branch = schema.getTypes().get(GenericData.get().resolveUnion(schema, value));
        JsonNode inner = json(branch, value);
        return branch.getType() == Schema.Type.NULL ? inner : JSON.createObjectNode().set(branch.getFullName(), inner);
      }
      case BYTES:
        return JSON.getNodeFactory().textNode(new String(((ByteBuffer) value).array(), StandardCharsets.ISO_8859_1));
      case FIXED:
        return JSON.getNodeFactory().textNode(new String(((GenericFixed) value).bytes(), StandardCharsets.ISO_8859_1));
      case ENUM:
      case STRING:
        return JSON.getNodeFactory().textNode(value.toString());
      default:
        return JSON.valueToTree(value);
    }
  }

  private static String told(Throwable e) {
    return e.getClass().getSimpleName() + ": " + e.getMessage();
  }
}
