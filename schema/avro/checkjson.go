package avro

import (
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
)

// jsonCheck holds a JSON value to Avro's JSON encoding. It follows the value,
// whose depth and size the JSON limits bound.
type jsonCheck struct {
	program    *program
	path       valuePath
	violations []schema.Violation
}

func (c *jsonCheck) wrong(v *jsonx.Value, what string) {
	if len(c.violations) < maxViolations {
		c.violations = append(c.violations, schema.Violation{Path: string(c.path), What: what, Offset: v.Offset})
	}
}

// writtenAs lists the kinds that have one JSON type.
var writtenAs = map[Kind]jsonx.Kind{
	Null: jsonx.Null, Boolean: jsonx.Bool, String: jsonx.String, Enum: jsonx.String,
	Array: jsonx.Array, Map: jsonx.Object, Record: jsonx.Object,
}

func (c *jsonCheck) value(o *op, v *jsonx.Value) {
	if want, ok := writtenAs[o.kind]; ok && v.Kind != want {
		c.wrong(v, fmt.Sprintf("%s is written as a JSON %s, not %s", o.node.TypeName(), want, v.Kind))
		return
	}
	switch o.kind {
	case Int, Long:
		if _, what := integerMismatch(o.node, v); what != "" {
			c.wrong(v, what)
		}
	case Float, Double:
		if _, what := floatMismatch(o.node, v); what != "" {
			c.wrong(v, what)
		}
	case Bytes, Fixed:
		c.bytes(o, v)
	case String:
		if o.node.Logical.Type == "uuid" && !isUUID(v.Text) {
			c.wrong(v, fmt.Sprintf("%q is no UUID", clip(v.Text)))
		}
	case Enum:
		if !slices.Contains(o.node.Symbols, v.Text) {
			c.wrong(v, fmt.Sprintf("%q is no symbol of %s", clip(v.Text), o.node.Name))
		}
	case Array:
		for i, item := range v.Items {
			outer := c.path.index(i)
			c.value(o.parts[0], item)
			c.path = c.path[:outer]
		}
	case Map:
		for i := range v.Members {
			outer := c.path.key(v.Members[i].Key)
			c.value(o.parts[0], v.Members[i].Value)
			c.path = c.path[:outer]
		}
	case Record:
		c.record(o, v)
	case Union:
		c.union(o, v)
	}
}

func (c *jsonCheck) bytes(o *op, v *jsonx.Value) {
	if _, what := bytesMismatch(o.node, v); what != "" {
		c.wrong(v, what)
		return
	}
	if o.digits == nil {
		return
	}
	b := make([]byte, 0, len(v.Text))
	for _, r := range v.Text {
		b = append(b, byte(r))
	}
	switch {
	case len(b) == 0:
		c.wrong(v, "a decimal of no bytes")
	case !fitsDigits(b, o.digits):
		c.wrong(v, fmt.Sprintf("a decimal of more than %d digits", o.node.Logical.Precision))
	}
}

func (c *jsonCheck) record(o *op, v *jsonx.Value) {
	values := fieldValues(v)
	for _, f := range o.node.Fields {
		outer := c.path.field(f.Name)
		value := values[f.Name]
		if value == nil {
			c.wrong(v, fmt.Sprintf("the field %q of %s is missing; the JSON encoding writes all fields", f.Name, o.node.Name))
		} else {
			delete(values, f.Name)
			c.value(&c.program.ops[f.Type.id], value)
		}
		c.path = c.path[:outer]
	}
	if len(values) == 0 {
		return
	}
	for i := range v.Members {
		if m := &v.Members[i]; values[m.Key] != nil {
			outer := c.path.field(clip(m.Key))
			c.wrong(m.Value, fmt.Sprintf("%s has no field %q", o.node.Name, clip(m.Key)))
			c.path = c.path[:outer]
		}
	}
}

func fieldValues(v *jsonx.Value) map[string]*jsonx.Value {
	values := make(map[string]*jsonx.Value, len(v.Members))
	for i := range v.Members {
		values[v.Members[i].Key] = v.Members[i].Value
	}
	return values
}

func (c *jsonCheck) union(o *op, v *jsonx.Value) {
	if v.Kind == jsonx.Null {
		for _, part := range o.parts {
			if part.kind == Null {
				return
			}
		}
		c.wrong(v, "the union has no null branch")
		return
	}
	if v.Kind != jsonx.Object || len(v.Members) != 1 {
		c.wrong(v, "a union value other than null is written {\"branch\": value}")
		return
	}
	name := v.Members[0].Key
	for _, part := range o.parts {
		if part.kind != Null && part.node.TypeName() == name {
			c.value(part, v.Members[0].Value)
			return
		}
	}
	c.wrong(v, fmt.Sprintf("the union has no branch %q%s", clip(name), hintBranch(o, name)))
}

func hintBranch(o *op, name string) string {
	for _, part := range o.parts {
		if part.node.Kind.IsNamed() && part.node.Unqualified() == unqualified(name) {
			return fmt.Sprintf("; write the full name %q", part.node.Name)
		}
	}
	return ""
}

// isUUID accepts the textual form of RFC 9562 in either case.
func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		switch {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return false
			}
		case c >= '0' && c <= '9', c|0x20 >= 'a' && c|0x20 <= 'f':
		default:
			return false
		}
	}
	return true
}

// clip shortens user text that goes into a message.
func clip(s string) string {
	if len(s) <= 100 {
		return s
	}
	s = s[:100]
	for !utf8.ValidString(s) {
		s = s[:len(s)-1]
	}
	return s + "…"
}
