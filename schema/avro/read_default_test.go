package avro

import (
	"testing"

	"github.com/instar-registry/instar/schema"
)

// TestReadDefaultBranch: of the branches of a union that take a default, one
// that would need the default itself is passed over, by the check, by the reader
// and by Contain alike.
func TestReadDefaultBranch(t *testing.T) {
	const writer = `{"type":"record","name":"R","fields":[]}`
	for name, c := range map[string]struct{ reader, want string }{
		"leans on itself": {
			`{"type":"record","name":"R","fields":[{"name":"h","type":["R",{"type":"record","name":"S","fields":[{"name":"a","type":"int"}]}],"default":{"a":1}}]}`,
			`{"h":{"S":{"a":1}}}`,
		},
		"leans on itself by another field": {
			`{"type":"record","name":"R","fields":[` +
				`{"name":"g","type":["null",{"type":"record","name":"T","fields":[{"name":"x","type":["R","string"],"default":"s"}]}],"default":{}},` +
				`{"name":"h","type":["R",{"type":"map","values":"int"}],"default":{}}]}`,
			`{"g":{"T":{"x":{"string":"s"}}},"h":{"map":{}}}`,
		},
		"a record further on": {
			`{"type":"record","name":"R","fields":[{"name":"h","type":["int",{"type":"record","name":"S","fields":[{"name":"a","type":["null","R"],"default":null}]}],"default":{}}]}`,
			`{"h":{"S":{"a":null}}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, r := mustParse(t, writer), mustParse(t, c.reader)
			if got := contain(t, w, r); got.Verdict != schema.Compatible {
				t.Errorf("the verdict is %s", brief(got))
			}
			reading, err := Read(w, r, nil)
			if err != nil || string(reading.JSON) != c.want || len(reading.Faults) > 0 {
				t.Errorf("got %s %+v %v, want %s", reading.JSON, reading.Faults, err, c.want)
			}
		})
	}
}

// TestReadSameText: a schema reads its own events field by field, even where an
// alias of one field is the name of another; so does the same text, parsed
// again. Any other text is resolved, and then the alias counts.
func TestReadSameText(t *testing.T) {
	const text = `{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"b","type":"int","aliases":["a"]}]}`
	event := []byte{2, 4}
	w := mustParse(t, text)
	for name, r := range map[string]*Schema{"itself": w, "parsed again": mustParse(t, text)} {
		reading, err := Read(w, r, event)
		if err != nil || string(reading.JSON) != `{"a":1,"b":2}` || contain(t, w, r).Verdict != schema.Compatible {
			t.Errorf("%s: %s %+v %v", name, reading.JSON, reading.Faults, err)
		}
	}
	other := mustParse(t, `{"type":"record","name":"R","doc":"other","fields":[{"name":"a","type":"int"},{"name":"b","type":"int","aliases":["a"]}]}`)
	reading, err := Read(w, other, event)
	if err != nil || reading.JSON != nil || len(reading.Faults) != 1 || contain(t, w, other).Verdict != schema.Incompatible {
		t.Errorf("another text: %s %+v %v", reading.JSON, reading.Faults, err)
	}
}
