package upcast

import (
	"slices"
	"strings"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/overloads"

	"github.com/instar-registry/instar/internal/nearest"
	"github.com/instar-registry/instar/upcast/plan"
)

// simpleFunction is a function whose result has one type, whatever its arguments.
type simpleFunction struct {
	fn     *plan.Func
	result *plan.Type
}

// exprDecimal is the type of decimals that are computed: of any size.
var exprDecimal = &plan.Type{Kind: plan.Decimal, Logical: "decimal", Scale: -1}

// functions maps CEL's overloads to the functions of plans.
var functions = merged(numberFunctions(), textFunctions(), otherFunctions())

// specials are the overloads whose result depends on the types of the arguments,
// or that take a literal.
var specials map[string]func(*translator, ast.Expr, []ast.Expr) plan.Node

// The table refers to functions that refer to it.
func init() { specials = specialFunctions() }

func merged(tables ...map[string]simpleFunction) map[string]simpleFunction {
	out := map[string]simpleFunction{}
	for _, t := range tables {
		for id, f := range t {
			out[id] = f
		}
	}
	return out
}

func numberFunctions() map[string]simpleFunction {
	i, u, d := exprInt, exprUint, exprDouble
	return map[string]simpleFunction{
		overloads.AddInt64: {plan.IntAdd, i}, overloads.SubtractInt64: {plan.IntSub, i}, overloads.MultiplyInt64: {plan.IntMul, i},
		overloads.DivideInt64: {plan.IntDiv, i}, overloads.ModuloInt64: {plan.IntMod, i}, overloads.NegateInt64: {plan.IntNeg, i},
		overloads.AddUint64: {plan.UintAdd, u}, overloads.SubtractUint64: {plan.UintSub, u}, overloads.MultiplyUint64: {plan.UintMul, u},
		overloads.DivideUint64: {plan.UintDiv, u}, overloads.ModuloUint64: {plan.UintMod, u},
		overloads.AddDouble: {plan.FloatAdd, d}, overloads.SubtractDouble: {plan.FloatSub, d}, overloads.MultiplyDouble: {plan.FloatMul, d},
		overloads.DivideDouble: {plan.FloatDiv, d}, overloads.NegateDouble: {plan.FloatNeg, d},
		overloads.UintToInt: {plan.IntOfUint, i}, overloads.DoubleToInt: {plan.IntOfFloat, i}, overloads.StringToInt: {plan.IntOfText, i},
		overloads.TimestampToInt: {plan.IntOfTime, i}, overloads.DurationToInt: {plan.IntOfSpan, i},
		overloads.IntToUint: {plan.UintOfInt, u}, overloads.DoubleToUint: {plan.UintOfFloat, u}, overloads.StringToUint: {plan.UintOfText, u},
		overloads.IntToDouble: {plan.FloatOfInt, d}, overloads.UintToDouble: {plan.FloatOfUint, d}, overloads.StringToDouble: {plan.FloatOfText, d},
		"math_abs_int": {plan.IntAbs, i}, "math_sign_int": {plan.IntSign, i}, "min_int": {plan.IntMin, i}, "max_int": {plan.IntMax, i},
		"min_uint": {plan.UintMin, u}, "max_uint": {plan.UintMax, u}, "min_double": {plan.FloatMin, d}, "max_double": {plan.FloatMax, d},
		"math_abs_double": {plan.FloatAbs, d}, "math_sign_double": {plan.FloatSign, d}, "math_ceil_double": {plan.FloatCeil, d},
		"math_floor_double": {plan.FloatFloor, d}, "math_round_double": {plan.FloatRound, d}, "math_trunc_double": {plan.FloatTrunc, d},
		"add_decimal": {plan.DecAdd, exprDecimal}, "sub_decimal": {plan.DecSub, exprDecimal}, "mul_decimal": {plan.DecMul, exprDecimal},
		"scale_decimal": {plan.DecScale, i},
		"parse_int":     {plan.ParseInt, optionalOf(i)}, "parse_double": {plan.ParseFloat, optionalOf(d)},
	}
}

func textFunctions() map[string]simpleFunction {
	i, s, b, x := exprInt, exprString, plan.BoolType, exprBytes
	return map[string]simpleFunction{
		overloads.AddString: {plan.TextAdd, s}, overloads.AddBytes: {plan.BytesAdd, x},
		overloads.SizeString: {plan.TextSize, i}, overloads.SizeStringInst: {plan.TextSize, i},
		overloads.SizeBytes: {plan.BytesSize, i}, overloads.SizeBytesInst: {plan.BytesSize, i},
		overloads.ContainsString: {plan.TextContains, b}, overloads.StartsWithString: {plan.TextStarts, b}, overloads.EndsWithString: {plan.TextEnds, b},
		"string_index_of_string": {plan.TextIndex, i}, "string_index_of_string_int": {plan.TextIndexFrom, i},
		"string_last_index_of_string": {plan.TextLast, i}, "string_last_index_of_string_int": {plan.TextLastFrom, i},
		"string_lower_ascii": {plan.TextLower, s}, "string_upper_ascii": {plan.TextUpper, s}, "string_trim": {plan.TextTrim, s}, "string_reverse": {plan.TextReverse, s},
		"string_replace_string_string": {plan.TextReplace, s}, "string_replace_string_string_int": {plan.TextReplaceN, s},
		"string_split_string": {plan.TextSplit, exprTexts}, "string_split_string_int": {plan.TextSplitN, exprTexts},
		"string_substring_int": {plan.TextFrom, s}, "string_substring_int_int": {plan.TextCut, s},
		"list_join": {plan.TextJoin, s}, "list_join_string": {plan.TextJoinBy, s},
		overloads.IntToString: {plan.TextOfInt, s}, overloads.UintToString: {plan.TextOfUint, s}, overloads.DoubleToString: {plan.TextOfFloat, s},
		overloads.BoolToString: {plan.TextOfBool, s}, overloads.BytesToString: {plan.TextOfBytes, s},
		overloads.StringToBytes: {plan.TextBytes, x}, overloads.StringToBool: {plan.BoolOfText, b},
		"base64_encode_bytes": {plan.Base64, s}, "base64_decode_string": {plan.Base64Decode, x},
		"hex_encode": {plan.Hex, s}, "hex_decode": {plan.HexDecode, x}, "sha256_bytes": {plan.SHA256, x},
		"uuid5_string": {plan.UUID5, s}, "parse_uuid": {plan.ParseUUID, optionalOf(s)},
	}
}

func otherFunctions() map[string]simpleFunction {
	i, s, b := exprInt, exprString, plan.BoolType
	instant, span := plan.InstantType, plan.SpanType
	out := map[string]simpleFunction{
		overloads.LogicalNot: {plan.Not, b},
		overloads.SizeList:   {plan.ListSize, i}, overloads.SizeListInst: {plan.ListSize, i}, overloads.SizeMap: {plan.MapSize, i}, overloads.SizeMapInst: {plan.MapSize, i},
		overloads.InList:               {plan.ListHas, b},
		overloads.AddTimestampDuration: {plan.TimeAdd, instant}, overloads.SubtractTimestampDuration: {plan.TimeBack, instant},
		overloads.SubtractTimestampTimestamp: {plan.TimeBetween, span}, overloads.AddDurationDuration: {plan.SpanAdd, span}, overloads.SubtractDurationDuration: {plan.SpanSub, span},
		overloads.StringToTimestamp: {plan.TimeOfText, instant}, overloads.IntToTimestamp: {plan.TimeOfInt, instant}, overloads.StringToDuration: {plan.SpanOfText, span},
		overloads.TimestampToString: {plan.TextOfTime, s}, overloads.DurationToString: {plan.TextOfSpan, s},
		overloads.DurationToHours: {plan.SpanHours, i}, overloads.DurationToMinutes: {plan.SpanMinutes, i},
		overloads.DurationToSeconds: {plan.SpanSeconds, i}, overloads.DurationToMilliseconds: {plan.SpanMillis, i},
		"parse_timestamp": {plan.ParseTime, optionalOf(instant)},
	}
	for _, kind := range []string{"bool", "int64", "uint64", "double", "string", "bytes", "timestamp", "duration", "decimal"} {
		out["less_"+kind], out["less_equals_"+kind] = simpleFunction{plan.Less, b}, simpleFunction{plan.LessEq, b}
		out["greater_"+kind], out["greater_equals_"+kind] = simpleFunction{plan.More, b}, simpleFunction{plan.MoreEq, b}
	}
	return out
}

// functionNames are the functions that expressions may use, as they are written.
var functionNames = []string{
	"has", "all", "exists", "exists_one", "map", "filter", "optMap", "optFlatMap", "cel.bind",
	"int", "uint", "double", "string", "bytes", "bool", "timestamp", "duration",
	"size", "contains", "startsWith", "endsWith", "matches", "indexOf", "lastIndexOf", "substring", "replace", "split", "join", "trim",
	"lowerAscii", "upperAscii", "reverse", "slice", "sort", "distinct", "flatten",
	"math.abs", "math.min", "math.max", "math.ceil", "math.floor", "math.round", "math.trunc", "math.sign",
	"base64.encode", "base64.decode", "hex.encode", "hex.decode", "optional.of", "optional.none", "hasValue", "value", "or", "orValue", "isNull", "first", "last",
	"getFullYear", "getMonth", "getDayOfYear", "getDayOfMonth", "getDate", "getDayOfWeek", "getHours", "getMinutes", "getSeconds", "getMilliseconds",
	"parseInt", "parseDouble", "parseTimestamp", "parseUUID", "regex.extract", "sha256", "uuid5", "div", "scale",
}

// instead names what can be used instead of functions that CEL has elsewhere.
var instead = map[string]string{
	"charAt": "substring", "at": "substring", "format": "string(...) and +", "greatest": "math.max", "least": "math.min", "quote": "string(...) and +",
	"sqrt": "convert with factor where it is linear", "ofNonZeroValue": "a condition and optional.of", "extractAll": "regex.extract",
	"now": "a context input or meta.time", "concat": "+", "length": "size", "len": "size", "toLowerCase": "lowerAscii", "toUpperCase": "upperAscii",
	"raw": "sha256(bytes(...)) of what matters, as an expression does not see the event's bytes", "dyn": "values of one type", "type": "the branches of mapBranch",
}

// insteadOf is what can be used instead of a function that is not offered, or "".
func insteadOf(name string) string { return instead[name[strings.LastIndexByte(name, '.')+1:]] }

// nearestFunction is the offered function that comes nearest to another.
func nearestFunction(want string) string {
	if other := insteadOf(want); other != "" {
		return other
	}
	best, least := functionNames[0], 1<<30
	for _, k := range functionNames {
		d := nearest.Distance(strings.ToLower(want), strings.ToLower(k))
		if prefix := commonPrefix(want, k); d-2*prefix < least {
			best, least = k, d-2*prefix
		}
	}
	return best
}

func commonPrefix(a, b string) int {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}

// isFunction reports whether expressions may use a name as a function.
func isFunction(name string) bool { return slices.Contains(functionNames, name) }
