package compat

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema/avro"
)

// avroDifferences is the rule of STRICT and LENIENT for Avro: the syntactic
// check of Apache Avro's Java library, all problems in its order. Logical
// types, decimals, writer aliases, namespaces and docs are not compared.
func avroDifferences(writer, reader *avro.Schema) []Difference {
	c := &avroRule{memo: map[avroPair][]Difference{}}
	c.location = append(c.location, "")
	result := c.pair(reader.Root, writer.Root)
	switch {
	case c.endless:
		return []Difference{{Description: fmt.Sprintf("The schemas are too large to compare: more than %d pairs of types or %d levels", maxAvroPairs, maxAvroDepth), Strict: true, Lenient: true}}
	case c.thrown != "":
		return []Difference{{Description: "Unexpected exception during compatibility check: " + c.thrown, Strict: true, Lenient: true}}
	}
	return result
}

// maxAvroPairs and maxAvroDepth bound a comparison: two schemas of 10,000 types
// that name each other as aliases have 10^8 pairs. What is not compared is
// refused, never waved through.
const (
	maxAvroPairs = 200_000
	maxAvroDepth = 2_000
)

type avroPair struct{ reader, writer *avro.Node }

type avroRule struct {
	// memo holds the differences of judged pairs; a pair that is being judged has
	// none yet, which counts as compatible.
	memo map[avroPair][]Difference
	// location is the way from the root of the pair in hand.
	location []string
	// steps counts judged pairs, depth those that are open; endless is set when
	// a bound is met, and ends the check.
	steps, depth int
	endless      bool
	// thrown is the message of what Java throws; it ends the check.
	thrown string
}

// maxDifferences bounds the list of one pair.
const maxDifferences = 1000

func (c *avroRule) add(out []Difference, kind, additional, description string) []Difference {
	return c.merge(out, []Difference{{Kind: kind, Path: c.path(), Description: description, Additional: additional, Strict: true, Lenient: true}})
}

func (c *avroRule) merge(out, more []Difference) []Difference {
	if room := maxDifferences - len(out); len(more) > room {
		more = more[:room]
	}
	return append(out, more...)
}

func (c *avroRule) path() string {
	if len(c.location) <= 1 {
		return "/"
	}
	var b strings.Builder
	for _, segment := range c.location[1:] {
		b.WriteString(jsonx.Pointer("", segment))
	}
	return b.String()
}

// at judges a pair one step further down.
func (c *avroRule) at(segment string, reader, writer *avro.Node) []Difference {
	if reader.Kind == writer.Kind && reader.Kind.IsPrimitive() {
		return nil
	}
	c.location = append(c.location, segment)
	defer func() { c.location = c.location[:len(c.location)-1] }()
	return c.pair(reader, writer)
}

// fromRoot judges a pair as Java does for the branches of a reader union: the
// location starts anew, and shows when the pair is met again outside.
func (c *avroRule) fromRoot(reader, writer *avro.Node) []Difference {
	if reader.Kind == writer.Kind && reader.Kind.IsPrimitive() {
		return nil
	}
	saved := c.location
	c.location = []string{""}
	defer func() { c.location = saved }()
	return c.pair(reader, writer)
}

func (c *avroRule) pair(reader, writer *avro.Node) []Difference {
	if c.thrown != "" || c.endless {
		return nil
	}
	if reader.Kind == writer.Kind && reader.Kind.IsPrimitive() {
		return nil
	}
	if !reader.Kind.IsNamed() && !writer.Kind.IsNamed() {
		// Neither can be met again outside the pair that holds both.
		return c.judge(reader, writer)
	}
	key := avroPair{reader, writer}
	if known, ok := c.memo[key]; ok {
		return known
	}
	c.memo[key] = nil
	result := c.judge(reader, writer)
	c.memo[key] = result
	return result
}

func (c *avroRule) judge(reader, writer *avro.Node) []Difference {
	c.steps++
	c.depth++
	defer func() { c.depth-- }()
	if c.steps > maxAvroPairs || c.depth > maxAvroDepth {
		c.endless = true
		return nil
	}
	if reader.Kind != writer.Kind {
		return c.kinds(reader, writer)
	}
	switch reader.Kind {
	case avro.Array:
		return c.at("items", reader.Items, writer.Items)
	case avro.Map:
		return c.at("values", reader.Items, writer.Items)
	case avro.Fixed:
		out := c.names(nil, reader, writer)
		if reader.Size != writer.Size {
			c.location = append(c.location, "size")
			out = c.add(out, "FIXED_SIZE_MISMATCH", fmt.Sprintf("expected: %d, found: %d", writer.Size, reader.Size),
				"The size of FIXED type field at path '"+c.path()+"' in the %s schema does not match with the %s schema")
			c.location = c.location[:len(c.location)-1]
		}
		return out
	case avro.Enum:
		return c.symbols(c.names(nil, reader, writer), reader, writer)
	case avro.Record:
		return c.fields(c.names(nil, reader, writer), reader, writer)
	default:
		return c.unions(reader, writer)
	}
}

func (c *avroRule) names(out []Difference, reader, writer *avro.Node) []Difference {
	if reader.Unqualified() == writer.Unqualified() || slices.Contains(reader.Aliases, writer.Name) {
		return out
	}
	c.location = append(c.location, "name")
	defer func() { c.location = c.location[:len(c.location)-1] }()
	return c.add(out, "NAME_MISMATCH", "expected: "+writer.Name, "The name of the schema has changed (path '"+c.path()+"')")
}

func (c *avroRule) symbols(out []Difference, reader, writer *avro.Node) []Difference {
	if slices.Equal(reader.Symbols, writer.Symbols) {
		return out
	}
	has := make(map[string]bool, len(reader.Symbols))
	for _, s := range reader.Symbols {
		has[s] = true
	}
	var missing []string
	for _, s := range writer.Symbols {
		if !has[s] {
			missing = append(missing, s)
		}
	}
	if len(missing) == 0 || (reader.HasDefault && has[reader.Default]) {
		return out
	}
	slices.SortFunc(missing, jsonx.CompareUTF16)
	list := "[" + strings.Join(missing, ", ") + "]"
	c.location = append(c.location, "symbols")
	defer func() { c.location = c.location[:len(c.location)-1] }()
	return c.add(out, "MISSING_ENUM_SYMBOLS", list,
		"The %s schema is missing enum symbols '"+list+"' at path '"+c.path()+"' in the %s schema")
}

func (c *avroRule) fields(out []Difference, reader, writer *avro.Node) []Difference {
	byName := fieldIndex{fields: writer.Fields}
	c.location = append(c.location, "fields")
	defer func() { c.location = c.location[:len(c.location)-1] }()
	for i, f := range reader.Fields {
		match, ambiguous := writerField(&byName, f, i)
		if ambiguous {
			c.thrown = fmt.Sprintf("Reader record field %s type:%s pos:%d matches multiple fields in writer record schema %s",
				f.Name, strings.ToUpper(f.Type.Kind.String()), i, avro.Print(writer))
			return nil
		}
		if match == nil && f.Default != nil {
			continue
		}
		c.location = append(c.location, strconv.Itoa(i))
		switch {
		case match != nil:
			out = c.merge(out, c.at("type", f.Type, match.Type))
		case f.Type.Kind == avro.Enum && f.Type.HasDefault:
			// Java looks for the enum's default here and compares the enum
			// with the whole writer record, which never fits.
			out = c.merge(out, c.at("type", f.Type, writer))
		default:
			out = c.add(out, "READER_FIELD_MISSING_DEFAULT_VALUE", f.Name,
				"The field '"+f.Name+"' at path '"+c.path()+"' in the %s schema has no default value and is missing in the %s schema")
		}
		c.location = c.location[:len(c.location)-1]
		if c.thrown != "" {
			return nil
		}
	}
	return out
}

// writerField finds what the i-th reader field reads: by name and by every
// alias; more than one hit is what Java throws on.
func writerField(writer *fieldIndex, f *avro.Field, i int) (match *avro.Field, ambiguous bool) {
	hits := 0
	if w := writer.find(f.Name, i); w != nil {
		match, hits = w, 1
	}
	for _, alias := range f.Aliases {
		if w := writer.find(alias, i); w != nil {
			match = w
			hits++
		}
	}
	return match, hits > 1
}

// fieldIndex finds fields by name. Versions mostly keep the order of fields, so
// it looks at the same place and its neighbours first, and builds a map only
// when that fails in a large record.
type fieldIndex struct {
	fields []*avro.Field
	byName map[string]*avro.Field
}

func (x *fieldIndex) find(name string, near int) *avro.Field {
	if x.byName != nil {
		return x.byName[name]
	}
	for i := max(near-1, 0); i < len(x.fields) && i <= near+1; i++ {
		if x.fields[i].Name == name {
			return x.fields[i]
		}
	}
	if len(x.fields) > 24 {
		x.byName = make(map[string]*avro.Field, len(x.fields))
		for _, f := range x.fields {
			x.byName[f.Name] = f
		}
		return x.byName[name]
	}
	for _, f := range x.fields {
		if f.Name == name {
			return f
		}
	}
	return nil
}

// unions judges a writer union against a reader union: each writer branch on
// its own, the inner reasons hidden.
func (c *avroRule) unions(reader, writer *avro.Node) []Difference {
	var out []Difference
	for i, branch := range writer.Branches {
		if len(c.fromRoot(reader, branch)) > 0 {
			c.location = append(c.location, strconv.Itoa(i))
			out = c.missingBranch(out, branch)
			c.location = c.location[:len(c.location)-1]
		}
	}
	return out
}

func (c *avroRule) missingBranch(out []Difference, writer *avro.Node) []Difference {
	return c.add(out, "MISSING_UNION_BRANCH", "reader union lacking writer type: "+strings.ToUpper(writer.Kind.String()),
		"The %s schema is missing a type inside a union field at path '"+c.path()+"' in the %s schema")
}

// promotions lists what Avro reads across kinds, by reader.
var promotions = map[avro.Kind][]avro.Kind{
	avro.Long:   {avro.Int},
	avro.Float:  {avro.Int, avro.Long},
	avro.Double: {avro.Int, avro.Long, avro.Float},
	avro.Bytes:  {avro.String},
	avro.String: {avro.Bytes},
}

// kinds judges a pair of different kinds.
func (c *avroRule) kinds(reader, writer *avro.Node) []Difference {
	if writer.Kind == avro.Union {
		var out []Difference
		for i, branch := range writer.Branches {
			out = c.merge(out, c.at(strconv.Itoa(i), reader, branch))
		}
		return out
	}
	if reader.Kind == avro.Union {
		for _, branch := range reader.Branches {
			if len(c.fromRoot(branch, writer)) == 0 {
				return nil
			}
		}
		return c.missingBranch(nil, writer)
	}
	if slices.Contains(promotions[reader.Kind], writer.Kind) {
		return nil
	}
	return c.add(nil, "TYPE_MISMATCH",
		fmt.Sprintf("reader type: %s not compatible with writer type: %s", strings.ToUpper(reader.Kind.String()), strings.ToUpper(writer.Kind.String())),
		"The type (path '"+c.path()+"') of a field in the %s schema does not match with the %s schema")
}
