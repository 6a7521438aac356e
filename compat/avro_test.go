package compat

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/avro"

	"github.com/instar-registry/instar/internal/cputime"
)

func parseAvro(t testing.TB, text string) *avro.Schema {
	t.Helper()
	s, err := avro.Parse(text, nil, schema.Options{Limits: schema.DefaultLimits(), Lenient: true})
	if err != nil {
		t.Fatalf("%.300s: %v", text, err)
	}
	return s
}

// TestAvroAsJava compares with testdata/avro/java*.txt: per block a writer, a
// reader, and each incompatibility that Apache Avro 1.12.0 finds ("- kind path
// message") or what it throws ("! message"). java.txt was written by hand, case
// by case and in both directions; java-random.txt was drawn at random.
func TestAvroAsJava(t *testing.T) {
	for name, least := range map[string]int{"java.txt": 150, "java-random.txt": 100} {
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile("testdata/avro/" + name)
			if err != nil {
				t.Fatal(err)
			}
			blocks := strings.Split(strings.TrimSpace(string(data)), "\n\n")
			if len(blocks) < least {
				t.Fatalf("only %d blocks", len(blocks))
			}
			compareBlocks(t, blocks)
		})
	}
}

func compareBlocks(t *testing.T, blocks []string) {
	t.Helper()
	for _, block := range blocks {
		lines := strings.Split(block, "\n")
		writer, reader := lines[0][2:], lines[1][2:]
		want := strings.Join(lines[2:], "\n")
		var got []string
		for _, d := range avroDifferences(parseAvro(t, writer), parseAvro(t, reader)) {
			if d.Kind == "" {
				got = append(got, "! "+strings.TrimPrefix(d.Description, "Unexpected exception during compatibility check: "))
				continue
			}
			got = append(got, "- "+d.Kind+" "+d.Path+" "+d.Additional)
		}
		if strings.Join(got, "\n") != want {
			t.Errorf("%s\nread by %s\n got %s\nwant %s", writer, reader, strings.Join(got, "\n"), want)
		}
	}
}

// TestAvroBounds: schemas whose pairs of types multiply, or form a long chain,
// are refused in bounded time.
func TestAvroBounds(t *testing.T) {
	// grid has n types of one simple name, each holding two before it, so that
	// every reader type meets every writer type.
	grid := func(n int) string {
		var b strings.Builder
		b.WriteString(`{"type":"record","name":"R","fields":[`)
		for i := range n {
			if i > 0 {
				b.WriteByte(',')
			}
			inner := `"null"`
			if i > 2 {
				inner = fmt.Sprintf(`["n%d.T","n%d.T"]`, i-1, i/2)
			}
			fmt.Fprintf(&b, `{"name":"f%d","type":{"type":"record","name":"n%d.T","fields":[{"name":"x","type":%s}]}}`, i, i, inner)
		}
		b.WriteString(`]}`)
		return b.String()
	}
	cases := map[string]struct {
		writer, reader string
		refused        bool
	}{
		"some pairs": {grid(300), grid(301), false},
		"many pairs": {grid(5000), grid(5001), true},
	}
	for name, c := range cases {
		start := cputime.Used()
		d := avroDifferences(parseAvro(t, c.writer), parseAvro(t, c.reader))
		if took := cputime.Used() - start; took > 20*time.Second {
			t.Errorf("%s: took %v", name, took)
		}
		endless := len(d) == 1 && strings.HasPrefix(d[0].Description, "The schemas are too large to compare")
		if endless && !d[0].Strict {
			t.Errorf("%s: waved through", name)
		}
		if endless != c.refused {
			t.Errorf("%s: %d differences, endless %t", name, len(d), endless)
		}
	}
}

// FuzzAvro: the check is total, a schema reads itself, and FULL is BACKWARD and
// FORWARD.
func FuzzAvro(f *testing.F) {
	data, err := os.ReadFile("testdata/avro/java.txt")
	if err != nil {
		f.Fatal(err)
	}
	for _, block := range strings.Split(strings.TrimSpace(string(data)), "\n\n") {
		lines := strings.Split(block, "\n")
		f.Add(lines[0][2:], lines[1][2:])
	}
	opts := schema.Options{Limits: schema.DefaultLimits()}
	f.Fuzz(func(t *testing.T, a, b string) {
		x, err := avro.Parse(a, nil, opts)
		if err != nil {
			return
		}
		y, err := avro.Parse(b, nil, opts)
		if err != nil {
			return
		}
		refused := map[Level]bool{}
		for _, level := range []Level{Backward, Forward, Full} {
			r, err := Check(t.Context(), Request{Candidate: y, History: []Version{{Number: 1, Parsed: x}}, Level: level, Policy: Strict})
			if err != nil {
				t.Fatal(err)
			}
			refused[level] = r.Refused
			if (len(r.Messages()) > 0) != r.Refused {
				t.Fatalf("%s then %s: refused %t, messages %q", a, b, r.Refused, r.Messages())
			}
		}
		if refused[Full] != (refused[Backward] || refused[Forward]) {
			t.Fatalf("%s then %s: %v", a, b, refused)
		}
		mirror, err := Check(t.Context(), Request{Candidate: x, History: []Version{{Number: 1, Parsed: y}}, Level: Forward, Policy: Strict})
		if err != nil || mirror.Refused != refused[Backward] {
			t.Fatalf("%s then %s: no mirror (%v)", a, b, err)
		}
	})
}

// TestSelf holds every corpus schema to reading itself, with the exception that
// Java throws on a field whose alias is another field.
func TestSelf(t *testing.T) {
	data, err := os.ReadFile("testdata/avro/java.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(data), "\n") {
		if !strings.HasPrefix(line, "W ") {
			continue
		}
		s := parseAvro(t, line[2:])
		d := avroDifferences(s, parseAvro(t, line[2:]))
		own := strings.Contains(line, `"name": "a", "type": "int", "aliases": ["a"]`)
		if (len(d) > 0) != own {
			t.Errorf("%s: %+v", line, d)
		}
	}
}
