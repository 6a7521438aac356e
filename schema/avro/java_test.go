package avro

import (
	"fmt"
	"math/bits"
	"os"
	"strings"
	"testing"

	"github.com/instar-registry/instar/schema"
)

// lenient is how history is parsed.
var lenient = schema.Options{Limits: schema.DefaultLimits(), Lenient: true}

// strict is how a new schema is parsed.
var strict = schema.Options{Limits: schema.DefaultLimits()}

func mustParse(t testing.TB, text string, deps ...schema.Document) *Schema {
	t.Helper()
	s, err := Parse(text, deps, strict)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return s
}

// deliberate lists where we differ from Java on purpose.
var deliberate = map[string]string{
	`["null",{"type":"R"},{"type":"record","name":"R","fields":[]}]`:                                                                                       "a use before the definition works in unions too, but a branch twice is refused by both",
	`{"type":"record","name":"n.R","fields":[{"name":"a","type":{"type":"fixed","name":".E","size":2}},{"name":"b","type":".E"},{"name":"c","type":"E"}]}`: "a leading dot means no namespace wherever a name stands",
	`{"type":"enum","name":"E","symbols":[5]}`:                                                                                                             "a symbol that is no string becomes null in Java and cannot be read back",
}

// TestPrintsAsJava compares with testdata/java/print.txt: per block the text,
// then what Apache Avro 1.12.0 prints for it (parsed without validation of
// names and defaults), its Parsing Canonical Form and CRC-64-AVRO, or REFUSED.
func TestPrintsAsJava(t *testing.T) {
	data, err := os.ReadFile("testdata/java/print.txt")
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(strings.TrimSpace(string(data)), "\n\n")
	if len(blocks) < 80 {
		t.Fatalf("only %d blocks", len(blocks))
	}
	for _, block := range blocks {
		lines := strings.Split(block, "\n")
		in, want := lines[0], lines[1]
		if deliberate[in] != "" {
			continue
		}
		s, err := Parse(in, nil, lenient)
		if want == "REFUSED" {
			if err == nil {
				t.Errorf("%s: accepted as %s, Java refuses", in, s.Canonical())
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		if s.Canonical() != want {
			t.Errorf("%s:\n got %s\nwant %s", in, s.Canonical(), want)
		}
		if got := string(parsingCanonicalForm(s.Root)); got != lines[2] {
			t.Errorf("%s: canonical form\n got %s\nwant %s", in, got, lines[2])
		}
		// Java shows the number, we show the bytes as the specification
		// transmits them, least significant first.
		if got := fmt.Sprintf("%016x", rabin([]byte(lines[2]))); got != lines[3] {
			t.Errorf("%s: fingerprint %s, want %s", in, got, lines[3])
		}
		if got := s.Fingerprints()[0].Hex; got != fmt.Sprintf("%016x", bits.ReverseBytes64(rabin([]byte(lines[2])))) {
			t.Errorf("%s: shown fingerprint %s", in, got)
		}
		checkFixedPoints(t, s, lenient)
	}
}

// checkFixedPoints holds the texts of s to the promises of schema.Parsed.
func checkFixedPoints(t testing.TB, s *Schema, opts schema.Options, deps ...schema.Document) {
	t.Helper()
	again, err := Parse(s.Canonical(), deps, opts)
	if err != nil {
		t.Errorf("%s does not parse again: %v", s.Canonical(), err)
		return
	}
	if again.Canonical() != s.Canonical() {
		t.Errorf("no fixed point: %s, then %s", s.Canonical(), again.Canonical())
	}
	if again.Equivalence() != s.Equivalence() || again.Inlined() != s.Inlined() {
		t.Errorf("%s: the canonical text is not equivalent", s.Canonical())
	}
	n, err := Parse(s.Normalised(), deps, opts)
	if err != nil {
		t.Errorf("normalised %s does not parse: %v", s.Normalised(), err)
		return
	}
	if n.Normalised() != s.Normalised() || n.Canonical() != s.Normalised() {
		t.Errorf("normalised is no fixed point:\n%s\n%s\n%s", s.Normalised(), n.Normalised(), n.Canonical())
	}
}
