package avro

import (
	"fmt"
	"math/big"

	"github.com/instar-registry/instar/internal/jsonx"
)

// Logical is a logical type that is known and valid at its node; the zero
// value means none. As the specification demands, an unknown or invalid one is
// kept as a property and otherwise ignored.
type Logical struct {
	// Type is the name, such as "timestamp-millis".
	Type string
	// Precision and Scale belong to "decimal".
	Precision, Scale int
}

// logicalKinds lists where each logical type is valid.
var logicalKinds = map[string][]Kind{
	"decimal": {Bytes, Fixed}, "big-decimal": {Bytes}, "uuid": {String, Fixed}, "duration": {Fixed},
	"date": {Int}, "time-millis": {Int}, "time-micros": {Long},
	"timestamp-millis": {Long}, "timestamp-micros": {Long}, "timestamp-nanos": {Long},
	"local-timestamp-millis": {Long}, "local-timestamp-micros": {Long}, "local-timestamp-nanos": {Long},
}

// readLogical judges the node's logicalType. problem is empty if it is valid or
// absent; unknown says that nothing of that name is known.
func readLogical(n *Node) (l Logical, problem string, unknown bool) {
	v := n.Prop("logicalType")
	if v == nil {
		return Logical{}, "", false
	}
	if v.Kind != jsonx.String {
		return Logical{}, "logicalType is a " + v.Kind.String() + ", not a string", false
	}
	kinds, ok := logicalKinds[v.Text]
	if !ok {
		return Logical{}, "", true
	}
	fits := false
	for _, k := range kinds {
		fits = fits || k == n.Kind
	}
	if !fits {
		return Logical{}, fmt.Sprintf("logicalType %q cannot annotate a type of kind %s", v.Text, n.Kind), false
	}
	l = Logical{Type: v.Text}
	switch {
	case v.Text == "duration" && n.Size != 12:
		problem = fmt.Sprintf("logicalType \"duration\" needs a fixed of size 12, not %d", n.Size)
	case v.Text == "uuid" && n.Kind == Fixed && n.Size != 16:
		problem = fmt.Sprintf("logicalType \"uuid\" needs a fixed of size 16, not %d", n.Size)
	case v.Text == "decimal":
		problem = l.readDecimal(n)
	}
	if problem != "" {
		return Logical{}, problem, false
	}
	return l, "", false
}

func (l *Logical) readDecimal(n *Node) string {
	var ok bool
	if l.Precision, ok = smallInt(n.Prop("precision")); !ok || l.Precision < 1 {
		return "logicalType \"decimal\" needs a precision that is a positive integer"
	}
	if v := n.Prop("scale"); v != nil {
		if l.Scale, ok = smallInt(v); !ok || l.Scale < 0 {
			return "the scale of logicalType \"decimal\" must be a non-negative integer"
		}
	}
	if l.Scale > l.Precision {
		return fmt.Sprintf("the scale %d of logicalType \"decimal\" exceeds its precision %d", l.Scale, l.Precision)
	}
	if n.Kind == Fixed {
		if max := fixedDigits(n.Size); l.Precision > max {
			return fmt.Sprintf("a fixed of size %d holds at most %d digits, not the precision %d", n.Size, max, l.Precision)
		}
	}
	return ""
}

// fixedDigits is the number of decimal digits that every value of that many
// digits fits into size bytes of two's complement.
func fixedDigits(size int) int {
	if size <= 0 {
		return 0
	}
	if size > 512 { // beyond any precision limit; 8*512*log10(2) > 1200
		return 1 << 30
	}
	max := new(big.Int).Lsh(big.NewInt(1), uint(8*size-1))
	return len(max.Sub(max, big.NewInt(1)).String()) - 1
}

// smallInt reads a JSON integer that fits 31 bits.
func smallInt(v *jsonx.Value) (int, bool) {
	if v == nil || v.Kind != jsonx.Number {
		return 0, false
	}
	n, ok := integer(v.Text, 32)
	return int(n), ok
}
