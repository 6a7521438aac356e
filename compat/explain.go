package compat

import (
	"slices"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/avro"
	"github.com/instar-registry/instar/schema/format"
	"github.com/instar-registry/instar/schema/jsonschema"
)

// maxRemarks bounds the list of remarks.
const maxRemarks = 1000

// Remarks lists what differs between an old and a new schema without breaking an
// event, and is not found by the exact engine because no event shows it:
// defaults, aliases, order, documentation, annotations. Each is there once,
// in the direction that its rule speaks of. The engine of Protobuf compares
// whole files, so it reports all of these itself. What is an annotation under
// the meaning that the subject gives its events is a remark, too.
func Remarks(older, newer schema.Parsed, meaning Meaning) []Finding {
	r := remarks{formats: !meaning.AssertFormats}
	switch o := older.(type) {
	case *avro.Schema:
		if n, ok := newer.(*avro.Schema); ok {
			r.avro(o, n)
		}
	case *jsonschema.Schema:
		if n, ok := newer.(*jsonschema.Schema); ok {
			r.json(o, n)
		}
	}
	if len(r.found) == 0 && older.Format() == newer.Format() && older.Canonical() != newer.Canonical() && format.SameInlined(older, newer) {
		r.note("schema/text-only", "$", schema.Place{}, schema.Place{})
	}
	return r.found
}

// remarks collects remarks.
type remarks struct {
	formats bool // the "format" of JSON Schema is an annotation
	found   []Finding
}

// note adds a remark about the edit from the old to the new place; params are
// names and values by turns.
func (r *remarks) note(rule, path string, older, newer schema.Place, params ...string) {
	row := RuleByID(rule)
	if row == nil || len(r.found) >= maxRemarks {
		return
	}
	b := &schema.Break{Kind: rule, Class: schema.Class(row.Class), Path: path, Writer: older, Reader: newer}
	for i := 0; i+1 < len(params); i += 2 {
		value, short := cutUTF16(params[i+1], maxWitnessText)
		if short {
			value += "..."
		}
		b.Params = append(b.Params, schema.Param{Name: params[i], Value: value})
	}
	f := Finding{
		Difference: Difference{Kind: rule, Path: path, Description: row.Title},
		Rule:       rule, Break: b,
	}
	if row.Breaks == BreaksForward {
		f.Direction = NewToOld
		b.Writer, b.Reader = newer, older
	}
	r.found = append(r.found, f)
}

// came notes what the old side alone has and what the new side alone has.
func came[T comparable](older, newer []T, gone, added func(T)) {
	for _, x := range older {
		if !slices.Contains(newer, x) {
			gone(x)
		}
	}
	for _, x := range newer {
		if !slices.Contains(older, x) {
			added(x)
		}
	}
}

// reordered reports whether what two lists share stands in another order.
func reordered[T comparable](older, newer []T) bool {
	index := make(map[T]int, len(newer))
	for i, x := range newer {
		index[x] = i
	}
	last := -1
	for _, x := range older {
		if i, ok := index[x]; ok {
			if i < last {
				return true
			}
			last = i
		}
	}
	return false
}

// formatFinding is the finding about a pair of two formats: any event shows it.
// Its kind stays empty, as Confluent has none for it.
func formatFinding(writer, reader schema.Parsed) []Finding {
	sample, err := writer.Sample(0)
	if err != nil {
		return nil // then the sentence of the syntactic rule has to do
	}
	return []Finding{{
		Difference: Difference{Description: formatChanged, Strict: true, Lenient: true},
		Refused:    true,
		Break: &schema.Break{
			Kind: "format", Class: schema.ClassData, Effect: schema.Refused, Path: "$",
			Params: []schema.Param{{Name: "writerFormat", Value: writer.Format().String()}, {Name: "readerFormat", Value: reader.Format().String()}},
			Witness: &schema.Witness{
				Value: sample.JSON, Binary: sample.Binary, Effect: schema.Refused,
				Written: "an event in " + writer.Format().String(), Read: "the reader is for " + reader.Format().String(),
			},
		},
	}}
}
