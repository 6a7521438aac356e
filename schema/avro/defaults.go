package avro

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/instar-registry/instar/internal/jsonx"
)

// checkDefault holds a field's default to the field's type, deeply. Any branch
// of a union may match, as Avro 1.12 allows.
func (p *parser) checkDefault(f *Field) error {
	c := &defaultCheck{failed: map[nodeValue]bool{}}
	at, what := c.field(f)
	if c.steps > maxDefaultSteps {
		return p.over("default-steps", f.Default.Offset, c.steps, maxDefaultSteps,
			fmt.Sprintf("the default of field %q takes too long to check", f.Name))
	}
	if what == "" {
		return nil
	}
	return p.soft(f.Default.Offset, at,
		fmt.Sprintf("the default of field %q does not fit its type: %s", f.Name, what), "correct the default or the type")
}

// maxDefaultSteps bounds one check. A union of records may try each branch on
// the same value; remembering failures keeps that from growing exponentially.
const maxDefaultSteps = 1_000_000

type nodeValue struct {
	node  *Node
	value *jsonx.Value
}

type defaultCheck struct {
	steps  int
	failed map[nodeValue]bool // records that a value is no value of
	fields map[*Field]bool    // true while a field's default is being checked, then false if it fits
}

// field checks a field's own default, on which the one in hand may lean: a
// record's default may leave out fields that have one.
func (c *defaultCheck) field(f *Field) (at, what string) {
	open, known := c.fields[f]
	if open {
		return "", fmt.Sprintf("the default of %q needs itself without end", f.Name)
	}
	if known {
		return "", ""
	}
	if c.fields == nil {
		c.fields = map[*Field]bool{}
	}
	c.fields[f] = true
	at, what = c.mismatch(f.Type, f.Default)
	if what == "" {
		c.fields[f] = false
	} else {
		// Elsewhere, with other fields in hand, it may fit.
		delete(c.fields, f)
	}
	return at, what
}

// mismatch says where below v, as a JSON Pointer, and why v is no value of n;
// what is empty if it is one.
// The recursion follows v, which the JSON depth limit bounds.
func (c *defaultCheck) mismatch(n *Node, v *jsonx.Value) (at, what string) {
	if c.steps++; c.steps > maxDefaultSteps {
		return "", "the check takes too long"
	}
	want := func(kind jsonx.Kind) (string, string) {
		if v.Kind == kind {
			return "", ""
		}
		return "", fmt.Sprintf("%s wants a JSON %s, not %s", n.Kind, kind, v.Kind)
	}
	switch n.Kind {
	case Null:
		return want(jsonx.Null)
	case Boolean:
		return want(jsonx.Bool)
	case String:
		return want(jsonx.String)
	case Int, Long:
		return integerMismatch(n, v)
	case Float, Double:
		return floatMismatch(n, v)
	case Bytes, Fixed:
		return bytesMismatch(n, v)
	case Enum:
		if v.Kind != jsonx.String {
			return want(jsonx.String)
		}
		if !slices.Contains(n.Symbols, v.Text) {
			return "", fmt.Sprintf("%q is no symbol of %s", v.Text, n.Name)
		}
		return "", ""
	case Array:
		if v.Kind != jsonx.Array {
			return want(jsonx.Array)
		}
		for i, item := range v.Items {
			if at, what := c.mismatch(n.Items, item); what != "" {
				return "/" + strconv.Itoa(i) + at, what
			}
		}
		return "", ""
	case Map:
		if v.Kind != jsonx.Object {
			return want(jsonx.Object)
		}
		for i := range v.Members {
			if at, what := c.mismatch(n.Items, v.Members[i].Value); what != "" {
				return jsonx.Pointer("", v.Members[i].Key) + at, what
			}
		}
		return "", ""
	case Union:
		return c.union(n, v)
	default:
		return c.record(n, v)
	}
}

func integerMismatch(n *Node, v *jsonx.Value) (string, string) {
	if v.Kind != jsonx.Number {
		return "", fmt.Sprintf("%s wants a JSON number, not %s", n.Kind, v.Kind)
	}
	bits := 64
	if n.Kind == Int {
		bits = 32
	}
	if _, ok := integer(v.Text, bits); !ok {
		return "", fmt.Sprintf("%s is no %s", v.Text, n.Kind)
	}
	return "", ""
}

func floatMismatch(n *Node, v *jsonx.Value) (string, string) {
	if v.Kind == jsonx.Number {
		return "", ""
	}
	// The print of a number beyond the range of a double.
	if v.Kind == jsonx.String && (v.Text == "NaN" || v.Text == "Infinity" || v.Text == "-Infinity") {
		return "", ""
	}
	return "", fmt.Sprintf("%s wants a JSON number, not %s", n.Kind, v.Kind)
}

func bytesMismatch(n *Node, v *jsonx.Value) (string, string) {
	if v.Kind != jsonx.String {
		return "", fmt.Sprintf("%s wants a JSON string, not %s", n.Kind, v.Kind)
	}
	for _, r := range v.Text {
		if r > 0xff {
			return "", fmt.Sprintf("the character %q is no byte: bytes are written as U+0000 to U+00FF", r)
		}
	}
	if size := utf8.RuneCountInString(v.Text); n.Kind == Fixed && size != n.Size {
		return "", fmt.Sprintf("%d bytes do not fill %s of size %d", size, n.Name, n.Size)
	}
	return "", ""
}

func (c *defaultCheck) union(n *Node, v *jsonx.Value) (string, string) {
	if len(n.Branches) == 0 {
		return "", "the empty union has no value"
	}
	// Of the reasons, the one that is not about the JSON type tells most.
	bestAt, best := "", ""
	for _, b := range n.Branches {
		at, what := c.mismatch(b, v)
		if what == "" {
			return "", ""
		}
		if best == "" || strings.Contains(best, " wants a JSON ") && !strings.Contains(what, " wants a JSON ") {
			bestAt, best = at, what
		}
	}
	if len(n.Branches) > 1 {
		best = "no branch of the union takes it; the nearest: " + best
	}
	return bestAt, best
}

func (c *defaultCheck) record(n *Node, v *jsonx.Value) (at, what string) {
	if v.Kind != jsonx.Object {
		return "", fmt.Sprintf("record %s wants a JSON object, not %s", n.Name, v.Kind)
	}
	pair := nodeValue{n, v}
	if c.failed[pair] {
		return "", fmt.Sprintf("it is no record %s", n.Name)
	}
	defer func() {
		if what != "" {
			c.failed[pair] = true
		}
	}()
	for _, f := range n.Fields {
		value := v.Get(f.Name)
		if value == nil {
			if f.Default == nil {
				return "", fmt.Sprintf("the field %q of %s is missing and has no default", f.Name, n.Name)
			}
			if _, what := c.field(f); what != "" {
				return "", fmt.Sprintf("the field %q of %s is left to its default: %s", f.Name, n.Name, what)
			}
			continue
		}
		if at, what := c.mismatch(f.Type, value); what != "" {
			return jsonx.Pointer("", f.Name) + at, what
		}
	}
	return "", ""
}

// textualNumber turns the default of a float or double field that is written as
// a string into the number it spells, as the Java library does when it parses
// (and only there: not inside unions, lists or records).
func (p *parser) textualNumber(f *Field) error {
	if f.Default == nil || f.Default.Kind != jsonx.String || f.Type == nil || (f.Type.Kind != Float && f.Type.Kind != Double) {
		return nil
	}
	number, ok := javaDouble(f.Default.Text)
	if !ok {
		return p.fail(f.Default.Offset, fmt.Sprintf("the default of field %q does not fit its type: %q is no number", f.Name, clip(f.Default.Text)), "write a JSON number")
	}
	v := *f.Default
	if math.IsInf(number, 0) || math.IsNaN(number) {
		v.Text = map[bool]string{true: "Infinity", false: "-Infinity"}[number > 0]
		if math.IsNaN(number) {
			v.Text = "NaN"
		}
	} else {
		v.Kind, v.Text = jsonx.Number, string(appendDouble(nil, number, 64))
	}
	f.Default = &v
	return nil
}

// javaDouble reads what Java's Double.valueOf reads: surrounding blanks, a sign,
// NaN, Infinity, decimal and hexadecimal digits, a type suffix.
func javaDouble(s string) (float64, bool) {
	s = strings.TrimFunc(s, func(r rune) bool { return r <= ' ' })
	digits := strings.TrimLeft(s, "+-")
	if len(s)-len(digits) > 1 {
		return 0, false
	}
	switch {
	case digits == "NaN":
		return math.NaN(), true
	case digits == "Infinity":
		return math.Inf(map[bool]int{true: -1, false: 1}[s[0] == '-']), true
	case len(s) > 1 && strings.ContainsRune("fFdD", rune(s[len(s)-1])):
		s = s[:len(s)-1]
	}
	hex := strings.HasPrefix(digits, "0x") || strings.HasPrefix(digits, "0X")
	if !hex && strings.Trim(digits, "0123456789.eE+-fFdD") != "" || strings.Contains(s, "_") || len(s) > 1000 {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, false
	}
	return f, true
}

// integer reads a JSON number that is written as an integer and fits so many
// bits.
func integer(text string, bits int) (int64, bool) {
	n, err := strconv.ParseInt(text, 10, bits)
	return n, err == nil
}
