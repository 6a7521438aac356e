package conformance

import (
	"fmt"
	"slices"
	"strings"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/avro"
)

// javaWhere is the answer on which we and Java disagree.
type javaWhere string

const (
	javaTextRefused   javaWhere = "Java refuses a text that we take"
	javaTextTaken     javaWhere = "Java takes a text that we refuse"
	javaStrictRefused javaWhere = "Java refuses a new text that we take"
	javaStrictTaken   javaWhere = "Java takes a new text that we refuse"
	javaRefuses       javaWhere = "Java's checker refuses a pair, we prove it readable"
	javaAccepts       javaWhere = "Java's checker accepts a pair, we show an event that breaks"
	javaOwnValue      javaWhere = "Java reads an event otherwise under its own schema"
	javaReads         javaWhere = "Java reads an event that we refuse"
	javaFails         javaWhere = "Java fails on an event that we read"
	javaValue         javaWhere = "Java reads another value"
	javaMisreads      javaWhere = "Java and we read another value than was written; only we say so"
)

// disagreement is one difference between an answer of ours and Java's.
type disagreement struct {
	text  string    // the schema in question, or
	pair  *avroPair // the pair
	java  *javaAnswer
	where javaWhere
	// cause is what Java says, or our reason where Java sees none.
	cause, detail string
}

func (d *disagreement) String() string {
	if d.pair == nil {
		return fmt.Sprintf("%s: %s %s\n  text   %s", d.where, d.cause, d.detail, d.text)
	}
	return fmt.Sprintf("%s: %s: %s %s\n  writer %s\n  reader %s", d.pair.name, d.where, d.cause, d.detail, d.pair.writer.Canonical(), d.pair.reader.Canonical())
}

// knownDifference explains disagreements. All disagreements must be explained,
// and every row must explain one: a row that no longer occurs is deleted.
type knownDifference struct {
	where javaWhere
	// cause is part of the disagreement's cause.
	cause  string
	reason string
	// also, where present, must hold too.
	also func(*disagreement) bool
}

func (k *knownDifference) explains(d *disagreement) bool {
	return d.where == k.where && strings.Contains(d.cause, k.cause) && (k.also == nil || k.also(d))
}

// Reasons that several rows share.
const (
	annotations  = "Java's rule looks at no logical type; the value would mean something else, or be none"
	laxDefaults  = "Java does not look whether a default is a symbol of its enum, or bytes, or fills its fixed, and its checker not whether it fits at all"
	firstLooking = "Java writes a union's default as the first branch whose JSON type is roughly that of the default, which may be the wrong one; the schema is legal since 1.12"
	recordNames  = "Java's reader does not compare the names of records, its checker does"
	aliasRewrite = "Java's reader renames the writer's fields by the reader's aliases everywhere before it reads, even in records that the event does not hold"
	bigNumbers   = "Java fails on a number beyond 64 bits in an attribute that Avro does not know; the number is legal JSON and kept as it is"
)

// javaDifferences are all known differences from Apache Avro for Java. The rule
// of the policy STRICT has none.
var javaDifferences = []knownDifference{
	{where: javaTextRefused, cause: "Can't set a property to null", reason: bigNumbers, also: bigNumber},
	{where: javaTextRefused, cause: "datum", reason: bigNumbers, also: bigNumber},
	{
		where: javaTextRefused, cause: "Undefined schema: ",
		reason: "Java 1.12.1 does not look for a name without dots outside all namespaces; 1.12.0 does, and prints such names itself",
	},

	{where: javaStrictTaken, cause: "is no symbol of", reason: laxDefaults},
	{where: javaStrictTaken, cause: "bytes do not fill", reason: laxDefaults},
	{where: javaStrictTaken, cause: "is no byte", reason: laxDefaults},
	{where: javaStrictTaken, cause: "logicalType", reason: "Java ignores an annotation that cannot hold; we say so while the schema is new"},
	{where: javaStrictTaken, cause: "occurs twice", reason: "Java keeps the last of two JSON keys; what the author meant is unknown"},
	{where: javaStrictRefused, cause: "Schema fields not set yet", reason: "Java cannot check a default that holds a record still being read; the schema is legal"},

	{
		where: javaRefuses, also: func(d *disagreement) bool { return uninhabited(d.pair.writer) },
		reason: "no event holds the type in question, since it needs itself or an empty union; Java does not look",
	},
	{
		where: javaRefuses, cause: "matches multiple fields in writer record schema", also: aliasOfItself,
		reason: "Java's checker counts a field twice whose alias is its own name; its reader does not",
	},
	{
		where: javaRefuses, cause: "matches multiple fields in writer record schema", also: sameText,
		reason: "Java's checker refuses a schema against itself if a field's alias is another field; its reader uses no alias then",
	},
	{
		where: javaRefuses, cause: "matches multiple fields in writer record schema", also: branches,
		reason: "Java's checker throws while it tries a record of another name in the reader's union, and does not try the next",
	},

	{where: javaAccepts, cause: avro.KindBytesToString, reason: "bytes that are no UTF-8 become another text in Java; we show them as refused"},
	{where: javaAccepts, cause: avro.KindTypeWidenedLossy, reason: "the promotion rounds; the specification allows it, the value changes silently"},
	{where: javaAccepts, cause: avro.KindDecimalScale, reason: annotations},
	{where: javaAccepts, cause: avro.KindDecimalPrecision, reason: annotations},
	{where: javaAccepts, cause: avro.KindLogicalChanged, reason: annotations},
	{where: javaAccepts, cause: avro.KindLogicalRestricts, reason: annotations},
	{where: javaAccepts, cause: avro.KindUnionAmbiguous, reason: "Java takes the exact branch; a reader by the letter of the specification takes the first that matches, and reads another value"},
	{
		where: javaAccepts, cause: avro.KindFieldMissing, reason: laxDefaults,
		also: func(d *disagreement) bool { return strings.Contains(d.detail, "its default does not fit") },
	},

	{where: javaReads, cause: "is no UTF-8", reason: "Java replaces what is no UTF-8, so the text is not what was written"},
	{where: javaReads, cause: "is no UUID", reason: annotations},
	{where: javaReads, cause: "a decimal of more than", reason: annotations},
	{where: javaReads, cause: "its default does not fit: ", reason: laxDefaults},
	{where: javaReads, cause: "and not an alias of it", reason: recordNames, also: func(d *disagreement) bool { return strings.HasPrefix(d.cause, "record ") }},
	{where: javaReads, cause: "no branch of the reader's union takes record", reason: recordNames},
	{
		where: javaReads, cause: "matches several fields of the event", also: equalButAliases,
		reason: "Java's reader uses no alias if the schemas differ in nothing else; its checker refuses the pair, as we do",
	},
	{
		where: javaReads, cause: "matches several fields of the event", also: namespaceDiffers,
		reason: "Java's reader uses the aliases of a record's fields only if the full names of the records are equal; its checker refuses the pair, as we do",
	},

	{where: javaFails, cause: "Duplicate field", reason: aliasRewrite, also: thrownOnAlias},
	{where: javaFails, cause: "Invalid default for field", reason: "Java's reader checks all defaults anew if the reader has an alias; one of a stored schema does not fit", also: softDefaults},
	{where: javaFails, cause: "Not an array", reason: "Java fails on the default of an array inside a union; the schema is legal", also: unionDefault},
	{where: javaFails, cause: "Non-numeric default value", reason: firstLooking, also: unionDefault},
	{where: javaFails, cause: "StackOverflowError", reason: firstLooking, also: unionDefault},
	{where: javaFails, cause: "enum value 'null' is not", reason: firstLooking, also: unionDefault},
	{
		where: javaFails, cause: "expecting union", reason: "Java's reader compares full names of enums and fixeds inside unions, its checker the last part; the specification speaks of the last part",
		also: namespaceDiffers,
	},

	{where: javaValue, reason: firstLooking, also: unionDefault},

	{where: javaMisreads, cause: avro.KindTypeWidenedLossy, reason: "the promotion rounds; the specification allows it, the value changes silently"},
	{where: javaMisreads, cause: avro.KindDecimalScale, reason: annotations},
	{where: javaMisreads, cause: avro.KindLogicalChanged, reason: annotations},
}

func namespaceDiffers(d *disagreement) bool {
	return slices.ContainsFunc(d.pair.exact.Breaks, func(b schema.Break) bool { return b.Kind == avro.KindNamespaceDiffering })
}

func sameText(d *disagreement) bool {
	return d.pair.writer.Canonical() == d.pair.reader.Canonical()
}

func branches(d *disagreement) bool {
	return slices.ContainsFunc(avroTypes(d.pair.reader.Root), func(n *avro.Node) bool { return len(n.Branches) > 1 })
}

func bigNumber(d *disagreement) bool {
	texts := d.text
	if d.pair != nil {
		texts = d.pair.writer.Canonical() + d.pair.reader.Canonical()
	}
	return strings.Contains(texts, bigInteger)
}

// thrownOnAlias: Java's checker refuses the pair for the same reason.
func thrownOnAlias(d *disagreement) bool {
	return strings.Contains(d.java.Thrown, "matches multiple fields")
}

// softDefaults: one of the schemas is taken only because it is stored.
func softDefaults(d *disagreement) bool {
	for _, s := range []*avro.Schema{d.pair.writer, d.pair.reader} {
		_, err := avro.Parse(s.Canonical(), nil, schema.Options{Limits: schema.DefaultLimits()})
		if err != nil && strings.Contains(err.Error(), "default") {
			return true
		}
	}
	return false
}

func equalButAliases(d *disagreement) bool {
	w, r := d.pair.writer.Fingerprints(), d.pair.reader.Fingerprints()
	return slices.Equal(w, r) // of the Parsing Canonical Form, which drops aliases
}

// avroTypes lists the types of a schema, each once.
func avroTypes(root *avro.Node) []*avro.Node {
	var out []*avro.Node
	seen := map[*avro.Node]bool{}
	var walk func(n *avro.Node)
	walk = func(n *avro.Node) {
		if n == nil || seen[n] {
			return
		}
		seen[n] = true
		out = append(out, n)
		walk(n.Items)
		for _, b := range n.Branches {
			walk(b)
		}
		for _, f := range n.Fields {
			walk(f.Type)
		}
	}
	walk(root)
	return out
}

func aliasOfItself(d *disagreement) bool {
	return slices.ContainsFunc(avroTypes(d.pair.reader.Root), func(n *avro.Node) bool {
		return slices.ContainsFunc(n.Fields, func(f *avro.Field) bool { return slices.Contains(f.Aliases, f.Name) })
	})
}

// unionDefault reports whether a default of the reader gives a value to a union
// that is not alone at the top of its field's first branch.
func unionDefault(d *disagreement) bool {
	return slices.ContainsFunc(avroTypes(d.pair.reader.Root), func(n *avro.Node) bool {
		return slices.ContainsFunc(n.Fields, func(f *avro.Field) bool {
			return f.Default != nil && slices.ContainsFunc(avroTypes(f.Type), func(n *avro.Node) bool { return n.Kind == avro.Union })
		})
	})
}

// uninhabited reports whether a type of the schema has no value at all.
func uninhabited(s *avro.Schema) bool {
	types := avroTypes(s.Root)
	finite := map[*avro.Node]bool{}
	for changed := true; changed; {
		changed = false
		for _, n := range types {
			if !finite[n] && isFinite(n, finite) {
				finite[n], changed = true, true
			}
		}
	}
	return len(finite) < len(types)
}

// isFinite reports whether a type has a value, given those that are known to.
func isFinite(n *avro.Node, finite map[*avro.Node]bool) bool {
	switch n.Kind {
	case avro.Union:
		return slices.ContainsFunc(n.Branches, func(b *avro.Node) bool { return finite[b] })
	case avro.Record:
		return !slices.ContainsFunc(n.Fields, func(f *avro.Field) bool { return !finite[f.Type] })
	case avro.Enum:
		return len(n.Symbols) > 0
	default:
		return true
	}
}
