package compat

import (
	"context"
	"fmt"
	"strings"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/avro"
)

// exactAvro asks whether every event of the writer is read under the reader,
// and names what breaks by the rules of the direction.
func exactAvro(ctx context.Context, writer, reader *avro.Schema, d Direction, budget schema.Budget) (decision, error) {
	c, err := avro.Contain(ctx, writer, reader, budget)
	if err != nil {
		return decision{}, err
	}
	out := decision{verdict: c.Verdict, undecided: c.Undecided, notes: c.Notes, more: c.More, steps: c.Steps}
	if len(c.Undecided) > 0 && c.Verdict == Unknown {
		out.reason = c.Undecided[0].Reason
	}
	for i := range c.Breaks {
		rule, ok := avroRules[c.Breaks[i].Kind]
		if !ok {
			// A witness is never dropped because no rule explains it.
			rule = [2]string{"avro/unexplained", "avro/unexplained"}
		}
		out.findings = append(out.findings, breakFinding(&c.Breaks[i], rule[d]))
	}
	return out, nil
}

// avroRules names each kind of difference by the edit from the old to the new
// schema: the first rule where the old side writes, the second where it reads.
var avroRules = map[string][2]string{
	avro.KindUnsatisfiable:      {"schema/became-unsatisfiable", "schema/became-satisfiable"},
	avro.KindFieldMissing:       {"avro/field-added-without-default", "avro/field-removed-without-default"},
	avro.KindFieldRenamed:       both("avro/field-renamed"),
	avro.KindFieldRenamedAlias:  {"avro/field-renamed-old-alias", "avro/field-renamed-new-alias"},
	avro.KindFieldAmbiguous:     both("avro/field-alias-ambiguous"),
	avro.KindTypeRenamed:        both("avro/type-renamed"),
	avro.KindTypeRenamedAlias:   {"avro/type-renamed-old-alias", "avro/type-renamed-new-alias"},
	avro.KindTypeNarrowed:       {"avro/type-narrowed", "avro/type-widened"},
	avro.KindTypeNarrowedLossy:  {"avro/type-narrowed-lossy", "avro/type-widened-lossy"},
	avro.KindTypeWidenedLossy:   {"avro/type-widened-lossy", "avro/type-narrowed-lossy"},
	avro.KindBytesToString:      {"avro/bytes-to-string", "avro/string-to-bytes"},
	avro.KindTypeChanged:        both("avro/type-changed"),
	avro.KindNullRefused:        {"avro/made-non-nullable", "avro/made-nullable"},
	avro.KindBranchMissing:      {"avro/union-branch-removed", "avro/union-branch-added"},
	avro.KindSymbolMissing:      {"avro/enum-symbol-removed", "avro/enum-symbol-added"},
	avro.KindFixedSize:          both("avro/fixed-size-changed"),
	avro.KindDecimalScale:       both("avro/decimal-scale-changed"),
	avro.KindDecimalPrecision:   {"avro/decimal-precision-decreased", "avro/decimal-precision-increased"},
	avro.KindLogicalChanged:     both("avro/logical-type-changed"),
	avro.KindLogicalRestricts:   {"avro/logical-type-added", "avro/logical-type-removed"},
	avro.KindUnionAmbiguous:     both("avro/union-match-ambiguous"),
	avro.KindSymbolDefaulted:    {"avro/enum-symbol-removed-defaulted", "avro/enum-symbol-added-defaulted"},
	avro.KindLogicalReaderOnly:  {"avro/logical-type-added", "avro/logical-type-removed"},
	avro.KindLogicalWriterOnly:  {"avro/logical-type-removed", "avro/logical-type-added"},
	avro.KindNamespaceDiffering: both("avro/namespace-changed"),
}

// both is a rule that is its own mirror.
func both(rule string) [2]string { return [2]string{rule, rule} }

// maxWitnessText is where a message cuts the witness and the path, in the
// characters that Java counts.
const maxWitnessText = 1024

// breakFinding turns a break into the finding of a rule. Its sentence calls the
// reader new and the writer old; Difference.Message turns that round where it
// is the other way.
func breakFinding(b *schema.Break, rule string) Finding {
	text := strings.NewReplacer("reader schema", "new schema", "writer schema", "old schema").Replace(b.Message)
	path, short := cutUTF16(b.Path, maxWitnessText)
	if short {
		path += "..."
	}
	text += fmt.Sprintf(" (at %s", path)
	witness := ""
	if w := b.Witness; w != nil {
		if w.Effect == schema.Misread {
			text += fmt.Sprintf("; %s is read as %s", w.Written, w.Read)
		}
		if witness, short = cutUTF16(string(w.Value), maxWitnessText); short {
			witness += "..."
		}
	}
	return Finding{
		Difference: Difference{Kind: rule, Path: b.Path, Description: text + ")", Additional: witness},
		Refused:    b.Class == schema.ClassData,
		Break:      b,
	}
}
