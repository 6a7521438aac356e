package upcast

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/instar-registry/instar/upcast/plan"
)

// retype changes how a value is represented. Source and target type and the codec
// between them choose the functions.
func (b *builder) retype(x plan.Node, op *Retype) plan.Node {
	to := op.toType
	if to == nil {
		if to = valueType(op.To); to == nil {
			return b.wrong(fmt.Sprintf("%q is no type of values", op.To), knownTypes)
		}
	}
	return b.spread(x, func(x plan.Node) plan.Node {
		t, _ := b.types.Of(x)
		switch inner, nullable := t.Nullable(); {
		case t.Kind == plan.Never:
			return x
		case nullable && b.fused:
			return b.whereThere(x, func(y plan.Node) plan.Node { return b.retype(y, op) })
		case nullable:
			return b.wrong(fmt.Sprintf("%s may be null", op.Path), fmt.Sprintf("write %s? to change the %s where it is there", op.Path, inner))
		}
		out := represent(x, t, to, op)
		if out == nil {
			return b.wrong(fmt.Sprintf("%s is %s, which does not become %s%s", op.Path, t, to, via(op.Via)), "see the table of retype for the codecs between two types")
		}
		return b.proven(x, out, op)
	})
}

func via(codec string) string {
	if codec == "" {
		return ""
	}
	return " via " + codec
}

// proven joins a change of representation with its way out, unless it is seen to
// have a result for every value.
func (b *builder) proven(x, out plan.Node, op *Retype) plan.Node {
	call, ok := out.(*plan.Call)
	if !ok || !mayFail(call) {
		return out
	}
	if b.fused && op.Else.Kind == NoElse {
		return safe(call)
	}
	if v, done := b.always(x, call); done {
		return v
	}
	t, _ := b.types.Of(x)
	return b.partial(b.scope.event, call, op.Else, op.Path, fmt.Sprintf("not every %s has that form", t))
}

// always gives a call as safe if the types alone show that it has a result.
func (b *builder) always(x plan.Node, call *plan.Call) (plan.Node, bool) {
	t, _ := b.types.Of(x)
	inner, nested := firstArg(call).(*plan.Call)
	switch {
	case call.Func == plan.Ordinal && !t.Open,
		call.Func == plan.NumberText && t.Kind != plan.Float,
		call.Func == plan.UUIDText && t.Size == 16,
		call.Func == plan.Linear && (linearFits(call, t) || b.boundsFit(x, call)):
		return safe(call), true
	case call.Func == plan.DurationText && nested && b.boundsFit(x, inner):
		return safe(call), true
	case call.Func == plan.SymbolOfText && nested && inner.Func == plan.TextOfSymbol:
		return safe(call), true
	}
	return nil, false
}

func mayFail(c *plan.Call) bool {
	if c.Func.Partial && !c.Safe {
		return true
	}
	return slices.ContainsFunc(c.Args, func(a plan.Node) bool { x, ok := a.(*plan.Call); return ok && mayFail(x) })
}

// safe is a call that is proved to have a result, with the calls it is made of.
func safe(c *plan.Call) *plan.Call {
	out := *c
	out.Safe, out.Args = true, slices.Clone(c.Args)
	for i, a := range out.Args {
		if x, ok := a.(*plan.Call); ok {
			out.Args[i] = safe(x)
		}
	}
	return &out
}

// represent is the computation from one representation to another; nil if the
// codec does not lie between them.
func represent(x plan.Node, t, to *plan.Type, op *Retype) plan.Node {
	call := func(f *plan.Func, args ...plan.Node) plan.Node { return &plan.Call{Func: f, Args: args, Type: to} }
	codec := op.Via
	if codec == "" {
		codec = impliedCodec(t, to)
	}
	text, textTo := t.Kind == plan.String, to.Kind == plan.String
	if scale, ok := decimalCodec(codec); ok {
		return unscaled(x, t, to, scale, op.Round)
	}
	switch codec {
	case "number":
		if isNumber(t) && isNumber(to) {
			return linearCall(x, to, "1", op.Round)
		}
	case "decimal-string":
		switch {
		case isNumber(t) && textTo:
			return call(plan.NumberText, x)
		case text && isNumber(to):
			return &plan.Call{Func: plan.NumberOfText, Args: []plan.Node{x}, Type: to, Table: map[string]string{"round": op.Round}}
		}
	case "rfc3339":
		return rfc3339(x, t, to)
	case "unix-seconds", "unix-millis", "unix-micros", "unix-nanos":
		return unixTime(x, t, to, codec, op.Round)
	case "base64", "base64url", "hex", "utf8":
		return bytesText(x, t, to, codec)
	case "uuid":
		switch {
		case t.Kind == plan.Bytes && textTo:
			return call(plan.UUIDText, x)
		case text && to.Kind == plan.Bytes:
			return call(plan.UUIDBytes, x)
		case text && textTo && to.Logical == "uuid":
			return call(plan.UUIDFit, x)
		case text && textTo:
			return call(plan.Widen, x)
		}
	default:
		return representSymbols(x, t, to, codec)
	}
	return nil
}

func representSymbols(x plan.Node, t, to *plan.Type, codec string) plan.Node {
	// The functions below read and give 64 bits; integers of JSON are texts of any
	// size.
	if t.Kind == plan.Int && t.Bits == 0 {
		x, t = linearCall(x, exprInt, "1", ""), exprInt
	}
	if to.Kind == plan.Int && to.Bits == 0 {
		if out := representSymbols(x, t, exprInt, codec); out != nil {
			return linearCall(out, to, "1", "")
		}
		return nil
	}
	call := func(f *plan.Func) plan.Node { return &plan.Call{Func: f, Args: []plan.Node{x}, Type: to} }
	switch {
	case codec == "symbol" && t.Kind == plan.Enum && to.Kind == plan.String:
		return call(plan.TextOfSymbol)
	case codec == "symbol" && t.Kind == plan.String && to.Kind == plan.Enum:
		return call(plan.SymbolOfText)
	case codec == "ordinal" && t.Kind == plan.Enum && to.Kind == plan.Int:
		table := map[string]string{}
		for i, s := range t.Symbols {
			table[s] = strconv.Itoa(i)
		}
		return &plan.Call{Func: plan.Ordinal, Args: []plan.Node{x}, Type: to, Table: table}
	case codec == "ordinal" && t.Kind == plan.Int && to.Kind == plan.Enum:
		return call(plan.SymbolAt)
	case codec == "bool-01" && t.Kind == plan.Bool && to.Kind == plan.Int:
		return call(plan.BoolNumber)
	case codec == "bool-01" && t.Kind == plan.Int && to.Kind == plan.Bool:
		return call(plan.BoolOfNumber)
	case codec == "iso-duration" && t.Kind == plan.Int && to.Kind == plan.String:
		return call(plan.DurationText)
	case codec == "iso-duration" && t.Kind == plan.String && to.Kind == plan.Int && to.Bits == 64:
		return call(plan.DurationMillis)
	case codec == "fixed" && to.Size > 0:
		return call(plan.FixedBytes)
	case codec == "fixed":
		return call(plan.FreeBytes)
	default:
		return nil
	}
}

// impliedCodec is the codec where only one lies between two types.
func impliedCodec(t, to *plan.Type) string {
	switch {
	case timestamps[t.Logical] && timestamps[to.Logical]:
		return "unix-" + strings.TrimPrefix(t.Logical, "timestamp-")
	case t.Kind == plan.Enum && to.Kind == plan.String, t.Kind == plan.String && to.Kind == plan.Enum:
		return "symbol"
	case t.Kind == plan.Bytes && to.Kind == plan.Bytes:
		return "fixed"
	case t.Kind == plan.String && to.Logical == "uuid":
		return "uuid"
	case isNumber(t) && isNumber(to) && !timestamps[t.Logical] && !timestamps[to.Logical]:
		return "number"
	default:
		return ""
	}
}

func isNumber(t *plan.Type) bool {
	return t.Kind == plan.Int || t.Kind == plan.Uint || t.Kind == plan.Float || t.Kind == plan.Decimal
}

// decimalCodec reads decimal(p,s): an integer that counts the last places.
func decimalCodec(codec string) (scale int, ok bool) {
	m := decimalForm.FindStringSubmatch(codec)
	if m == nil {
		return 0, false
	}
	scale, err := strconv.Atoi(m[2])
	return scale, err == nil
}

var (
	decimalForm = regexp.MustCompile(`^decimal\(([1-9][0-9]{0,2}), ?([0-9]{1,3})\)$`)
	fixedForm   = regexp.MustCompile(`^fixed\(([1-9][0-9]{0,6})\)$`)
	enumForm    = regexp.MustCompile(`^enum\(([^()]+)\)$`)
)

// unscaled converts between an integer that counts the last places and the number
// itself.
func unscaled(x plan.Node, t, to *plan.Type, scale int, round string) plan.Node {
	ten := "1" + strings.Repeat("0", scale)
	switch {
	case t.Kind == plan.Int && (to.Kind == plan.Decimal || to.Kind == plan.Float):
		return linearCall(x, to, "1/"+ten, round)
	case to.Kind == plan.Int && (t.Kind == plan.Decimal || t.Kind == plan.Float):
		return linearCall(x, to, ten, round)
	default:
		return nil
	}
}

func linearCall(x plan.Node, to *plan.Type, factor, round string) plan.Node {
	return &plan.Call{Func: plan.Linear, Args: []plan.Node{x}, Type: to, Table: map[string]string{"factor": factor, "offset": "", "round": round}}
}

// rfc3339 converts between a stored timestamp and its text.
func rfc3339(x plan.Node, t, to *plan.Type) plan.Node {
	unit := func(t *plan.Type) map[string]string { return map[string]string{"unit": t.Logical} }
	switch {
	case timestamps[t.Logical] && to.Kind == plan.String:
		at := &plan.Call{Func: plan.InstantOf, Args: []plan.Node{x}, Type: plan.InstantType, Table: unit(t)}
		return &plan.Call{Func: plan.TextOfTime, Args: []plan.Node{at}, Type: to}
	case t.Kind == plan.String && timestamps[to.Logical]:
		at := &plan.Call{Func: plan.TimeOfText, Args: []plan.Node{x}, Type: plan.InstantType}
		return &plan.Call{Func: plan.StoredTime, Args: []plan.Node{at}, Type: to, Table: unit(to)}
	default:
		return nil
	}
}

// perSecond is how many units of a codec or of a type make a second.
var perSecond = map[string]int64{
	"unix-seconds": 1, "unix-millis": 1e3, "unix-micros": 1e6, "unix-nanos": 1e9,
	"timestamp-millis": 1e3, "timestamp-micros": 1e6, "timestamp-nanos": 1e9,
}

// unixTime converts between counts of units since 1970. The codec names the unit
// of a plain number; that of a timestamp is its own.
func unixTime(x plan.Node, t, to *plan.Type, codec, round string) plan.Node {
	if t.Kind != plan.Int || to.Kind != plan.Int || t.Logical != "" && !timestamps[t.Logical] || to.Logical != "" && !timestamps[to.Logical] ||
		t.Logical == "" && to.Logical == "" {
		return nil
	}
	from, into := perSecond[codec], perSecond[codec]
	if t.Logical != "" {
		from = perSecond[t.Logical]
	}
	if to.Logical != "" {
		into = perSecond[to.Logical]
	}
	if from <= into {
		return linearCall(x, to, strconv.FormatInt(into/from, 10), round)
	}
	return linearCall(x, to, "1/"+strconv.FormatInt(from/into, 10), round)
}

// bytesText converts between bytes and a text that stands for them.
func bytesText(x plan.Node, t, to *plan.Type, codec string) plan.Node {
	pair := map[string][2]*plan.Func{
		"base64": {plan.Base64Text, plan.Base64Bytes}, "base64url": {plan.URL64Text, plan.URL64Bytes},
		"hex": {plan.HexText, plan.HexBytes}, "utf8": {plan.TextOfBytes, plan.TextBytes},
	}[codec]
	switch {
	case t.Kind == plan.Bytes && to.Kind == plan.String:
		return &plan.Call{Func: pair[0], Args: []plan.Node{x}, Type: to}
	case t.Kind == plan.String && to.Kind == plan.Bytes:
		free := &plan.Call{Func: pair[1], Args: []plan.Node{x}, Type: exprBytes}
		if to.Size == 0 {
			free.Type = to
			return free
		}
		return &plan.Call{Func: plan.FixedBytes, Args: []plan.Node{free}, Type: to}
	default:
		return nil
	}
}

// retypeBack is the same codec the other way round.
func retypeBack(t *plan.Type, op *Retype) ([]Operation, string) {
	path := op.Path
	was := typeAt(t, path)
	if was == nil {
		return nil, fmt.Sprintf("the type of %s is not one", path)
	}
	back := &Retype{Path: path, To: was.String(), toType: was, Via: op.Via, Else: Else{Kind: ElseDeadLetter}}
	to := op.toType
	if to == nil {
		to = valueType(op.To)
	}
	if op.Via == "" && to != nil {
		back.Via = impliedCodec(was, to)
	}
	if op.Restore.Kind != NoSource {
		back.Else = Else{Kind: ElseSource, Source: op.Restore}
	}
	if to != nil && finer(was, to) {
		back.Round = "half-even"
	}
	return append([]Operation{back}, boundsBack(was, path, back.Else)...), ""
}

// finer reports whether the way back to a type has to round: the other one has
// values between its own.
func finer(was, to *plan.Type) bool {
	if was.Kind == plan.Int && (to.Kind == plan.Float || to.Kind == plan.Decimal) {
		return true
	}
	return was.Kind == plan.Int && to.Kind == plan.Int && perSecond[was.Logical] < perSecond[to.Logical]
}

const knownTypes = "known are boolean, int32, int64, float, double, string, uuid, bytes, fixed(N), decimal(p,s), enum(A,B), date, time-millis, time-micros and timestamp-millis, -micros, -nanos"
