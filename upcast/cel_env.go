package upcast

import (
	"strings"
	"sync"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	celref "cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/ext"

	"github.com/instar-registry/instar/upcast/plan"
)

// The limits of one expression.
const (
	maxExprNodes = 1000
	maxExprDepth = 32
	maxExprNest  = 2
	maxExprCost  = 1_000_000
	// unknownSize stands for the length of a list whose schema names none.
	unknownSize = 10_000
	// parserDepth bounds the parser itself, whose grammar takes several levels
	// for one of an expression.
	parserDepth = 4 * maxExprDepth
)

// baseEnv declares what every expression may name. It has no variables.
var baseEnv = sync.OnceValues(func() (*cel.Env, error) {
	text, number := cel.StringType, cel.DoubleType
	options := []cel.EnvOption{
		cel.OptionalTypes(), ext.Strings(ext.StringsVersion(3)), ext.Lists(ext.ListsVersion(2)), ext.Math(ext.MathVersion(1)),
		ext.Encoders(ext.EncodersVersion(0)), ext.Regex(), ext.Bindings(ext.BindingsVersion(0)),
		cel.ParserRecursionLimit(parserDepth), cel.ParserExpressionSizeLimit(maxExprBytes), cel.ParserErrorRecoveryLimit(4),
		cel.Function("math.min",
			cel.Overload("min_int", []*cel.Type{cel.IntType, cel.IntType}, cel.IntType),
			cel.Overload("min_uint", []*cel.Type{cel.UintType, cel.UintType}, cel.UintType),
			cel.Overload("min_double", []*cel.Type{number, number}, number)),
		cel.Function("math.max",
			cel.Overload("max_int", []*cel.Type{cel.IntType, cel.IntType}, cel.IntType),
			cel.Overload("max_uint", []*cel.Type{cel.UintType, cel.UintType}, cel.UintType),
			cel.Overload("max_double", []*cel.Type{number, number}, number)),
		cel.Function("parseInt", cel.Overload("parse_int", []*cel.Type{text}, cel.OptionalType(cel.IntType))),
		cel.Function("parseDouble", cel.Overload("parse_double", []*cel.Type{text}, cel.OptionalType(number))),
		cel.Function("parseTimestamp", cel.Overload("parse_timestamp", []*cel.Type{text}, cel.OptionalType(cel.TimestampType))),
		cel.Function("parseUUID", cel.Overload("parse_uuid", []*cel.Type{text}, cel.OptionalType(text))),
		cel.Function("hex.encode", cel.Overload("hex_encode", []*cel.Type{cel.BytesType}, text)),
		cel.Function("hex.decode", cel.Overload("hex_decode", []*cel.Type{text}, cel.BytesType)),
		cel.Function("sha256",
			cel.Overload("sha256_bytes", []*cel.Type{cel.BytesType}, cel.BytesType),
			cel.Overload("sha256_string", []*cel.Type{text}, cel.BytesType)),
		cel.Function("uuid5", cel.Overload("uuid5_string", []*cel.Type{text, text}, text)),
		cel.Function("isNull",
			cel.Overload("is_null", []*cel.Type{cel.OptionalType(cel.TypeParamType("T"))}, cel.BoolType),
			cel.MemberOverload("optional_is_null", []*cel.Type{cel.OptionalType(cel.TypeParamType("T"))}, cel.BoolType)),
	}
	return cel.NewEnv(append(options, decimalFunctions()...)...)
})

// decimalType is the type of decimals, which CEL has none of.
var decimalType = cel.OpaqueType("decimal")

func decimalFunctions() []cel.EnvOption {
	d := decimalType
	two := []*cel.Type{d, d}
	var out []cel.EnvOption
	for name, id := range map[string]string{"_+_": "add", "_-_": "sub", "_*_": "mul"} {
		out = append(out, cel.Function(name, cel.Overload(id+"_decimal", two, d)))
	}
	for name, id := range map[string]string{"_<_": "less", "_<=_": "less_equals", "_>_": "greater", "_>=_": "greater_equals"} {
		out = append(out, cel.Function(name, cel.Overload(id+"_decimal", two, cel.BoolType)))
	}
	return append(out,
		cel.Function("div", cel.Overload("div_decimal", []*cel.Type{d, d, cel.IntType, cel.StringType}, d)),
		cel.Function("scale", cel.Overload("scale_decimal", []*cel.Type{d}, cel.IntType)))
}

// celTypes gives plan types their place in CEL's type system, and is the provider
// of the fields of records.
type celTypes struct {
	names   map[*plan.Type]string
	records map[string]*plan.Type
	// missed is the record in which a field was looked for in vain.
	missed *plan.Type
	field  string
}

func newCelTypes() *celTypes {
	return &celTypes{names: map[*plan.Type]string{}, records: map[string]*plan.Type{}}
}

// of is the CEL type of a plan type. What cannot be computed on is opaque.
func (c *celTypes) of(t *plan.Type) *cel.Type {
	switch t.Kind {
	case plan.Null:
		return cel.NullType
	case plan.Bool:
		return cel.BoolType
	case plan.Int:
		if timestamps[t.Logical] {
			return cel.TimestampType
		}
		if t.Logical != "" {
			return cel.OpaqueType(t.Logical)
		}
		return cel.IntType
	case plan.Uint:
		return cel.UintType
	case plan.Float:
		return cel.DoubleType
	case plan.Decimal:
		return decimalType
	case plan.Bytes:
		return cel.BytesType
	case plan.String, plan.Enum:
		return cel.StringType
	case plan.Record:
		return cel.ObjectType(c.name(t))
	case plan.List:
		return cel.ListType(c.of(t.Elem))
	case plan.Map:
		return cel.MapType(cel.StringType, c.of(t.Elem))
	case plan.Union:
		return c.union(t)
	case plan.Time:
		return cel.TimestampType
	case plan.Duration:
		return cel.DurationType
	case plan.Never:
		return cel.OpaqueType("nothing")
	default:
		return cel.OpaqueType("json")
	}
}

// timestamps are the logical types that are points in time everywhere.
var timestamps = map[string]bool{"timestamp-millis": true, "timestamp-micros": true, "timestamp-nanos": true}

func (c *celTypes) union(t *plan.Type) *cel.Type {
	inner := cel.OpaqueType("union")
	null := false
	for _, b := range t.Branches {
		switch {
		case b.Type.Kind == plan.Null:
			null = true
		case len(t.Branches) <= 2:
			inner = c.of(b.Type)
		}
	}
	if !null && len(t.Branches) > 1 {
		return cel.OpaqueType("union")
	}
	return cel.OptionalType(inner)
}

// name makes a name of its own for each record, after the record's. CEL takes
// messages such as google.protobuf.Timestamp and Any for values of another kind;
// here they are messages like others.
func (c *celTypes) name(t *plan.Type) string {
	if name, ok := c.names[t]; ok {
		return name
	}
	name := t.Name
	switch {
	case name == "":
		name = "record"
	case strings.HasPrefix(name, "google.protobuf."):
		name = "message " + name
	}
	for c.records[name] != nil {
		name += "'"
	}
	c.names[t], c.records[name] = name, t
	return name
}

// EnumValue knows none: symbols are texts.
func (c *celTypes) EnumValue(name string) celref.Val { return types.NewErr("no enum %s", name) }

// FindIdent knows none.
func (c *celTypes) FindIdent(string) (celref.Val, bool) { return nil, false }

// FindStructType finds a record by the name it was given.
func (c *celTypes) FindStructType(name string) (*types.Type, bool) {
	if c.records[name] == nil {
		return nil, false
	}
	return types.NewTypeTypeWithParam(cel.ObjectType(name)), true
}

// FindStructFieldNames lists the fields of a record.
func (c *celTypes) FindStructFieldNames(name string) ([]string, bool) {
	t := c.records[name]
	if t == nil {
		return nil, false
	}
	out := make([]string, len(t.Fields))
	for i := range t.Fields {
		out[i] = t.Fields[i].Name
	}
	return out, true
}

// FindStructFieldType is the type of a field; one that may be absent is optional.
func (c *celTypes) FindStructFieldType(name, field string) (*types.FieldType, bool) {
	t := c.records[name]
	if t == nil || t.Field(field) < 0 {
		c.missed, c.field = t, field
		return nil, false
	}
	f := &t.Fields[t.Field(field)]
	x := c.of(f.Type)
	if f.Optional && !isOptional(x) {
		x = cel.OptionalType(x)
	}
	return &types.FieldType{Type: x}, true
}

// NewValue makes no records: an object source does.
func (c *celTypes) NewValue(name string, _ map[string]celref.Val) celref.Val {
	return types.NewErr("no record %s can be made in an expression", name)
}
