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
	c := &avroRule{memo: map[avroPair]*[]Difference{}}
	c.location = append(c.location, "")
	result := c.pair(reader.Root, writer.Root)
	if c.thrown != "" {
		return []Difference{{Description: "Unexpected exception during compatibility check: " + c.thrown, Strict: true, Lenient: true}}
	}
	return result
}

type avroPair struct{ reader, writer *avro.Node }

type avroRule struct {
	// memo holds the differences of judged pairs; a nil entry is a pair that is
	// being judged, which counts as compatible.
	memo map[avroPair]*[]Difference
	// location is the way from the root of the pair in hand.
	location []string
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
	var s string
	for _, segment := range c.location[1:] {
		s = jsonx.Pointer(s, segment)
	}
	return s
}

// at judges a pair one step further down.
func (c *avroRule) at(segment string, reader, writer *avro.Node) []Difference {
	c.location = append(c.location, segment)
	defer func() { c.location = c.location[:len(c.location)-1] }()
	return c.pair(reader, writer)
}

// fromRoot judges a pair as Java does for the branches of a reader union: the
// location starts anew, and shows when the pair is met again outside.
func (c *avroRule) fromRoot(reader, writer *avro.Node) []Difference {
	saved := c.location
	c.location = []string{""}
	defer func() { c.location = saved }()
	return c.pair(reader, writer)
}

func (c *avroRule) pair(reader, writer *avro.Node) []Difference {
	if c.thrown != "" {
		return nil
	}
	key := avroPair{reader, writer}
	if known, ok := c.memo[key]; ok {
		if known == nil {
			return nil
		}
		return *known
	}
	if reader.Kind == writer.Kind && reader.Kind.IsPrimitive() {
		return nil
	}
	c.memo[key] = nil
	result := c.judge(reader, writer)
	c.memo[key] = &result
	return result
}

func (c *avroRule) judge(reader, writer *avro.Node) []Difference {
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
	byName := make(map[string]*avro.Field, len(writer.Fields))
	for _, f := range writer.Fields {
		byName[f.Name] = f
	}
	c.location = append(c.location, "fields")
	defer func() { c.location = c.location[:len(c.location)-1] }()
	for i, f := range reader.Fields {
		match, ambiguous := writerField(byName, f)
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

// writerField finds what a reader field reads: by name and by every alias; more
// than one hit is what Java throws on.
func writerField(byName map[string]*avro.Field, f *avro.Field) (match *avro.Field, ambiguous bool) {
	hits := 0
	if w := byName[f.Name]; w != nil {
		match, hits = w, 1
	}
	for _, alias := range f.Aliases {
		if w := byName[alias]; w != nil {
			match = w
			hits++
		}
	}
	return match, hits > 1
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
