package plan

import (
	"encoding/base64"
	"encoding/hex"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The functions of retype: representations of one value. A text is read back
// strictly, so that what is read and written again is the same text.
var (
	Base64Text  = fn1("base64.text", func(b []byte) string { return base64.StdEncoding.EncodeToString(b) })
	Base64Bytes = fn1p("base64.bytes", func(s string) ([]byte, string) { return strictBase64(base64.StdEncoding, s) })
	URL64Text   = fn1("base64url.text", func(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) })
	URL64Bytes  = fn1p("base64url.bytes", func(s string) ([]byte, string) { return strictBase64(base64.RawURLEncoding, s) })
	HexText     = fn1("hex.text", func(b []byte) string { return hex.EncodeToString(b) })
	HexBytes    = fn1p("hex.bytes", func(s string) ([]byte, string) {
		b, err := hex.DecodeString(s)
		return b, when(err != nil || hex.EncodeToString(b) != s, "the text is not hexadecimal in small letters")
	})
	UUIDText = fn1p("uuid.text", func(b []byte) (string, string) {
		if len(b) != 16 {
			return "", "a UUID has 16 bytes"
		}
		return uuidText([16]byte(b)), ""
	})
	UUIDBytes = fn1p("uuid.bytes", func(s string) ([]byte, string) {
		b, ok := uuidBytes(s)
		return b[:], when(!ok || uuidText(b) != s, "the text is no UUID in small letters")
	})
	// UUIDFit takes a text that is a UUID.
	UUIDFit = fn1p("uuid.fit", func(s string) (string, string) {
		_, ok := uuidBytes(s)
		return s, when(!ok, "the text is no UUID")
	})
	// FixedBytes takes bytes that are as many as the call's type says.
	FixedBytes = &Func{Name: "fixed.bytes", Partial: true, eval: func(c *Call, args []Value) (Value, string) {
		b, ok := args[0].([]byte)
		if !ok {
			return wrongKind("fixed.bytes", args)
		}
		return b, when(len(b) != c.Type.Size, "the bytes are "+strconv.Itoa(len(b))+", not "+strconv.Itoa(c.Type.Size))
	}}
	FreeBytes = fn1("free.bytes", func(b []byte) []byte { return b })
	// NumberText writes a number as a decimal; NumberOfText reads one as the
	// call's type has it.
	NumberText = &Func{Name: "number.text", Partial: true, eval: func(_ *Call, args []Value) (Value, string) {
		if f, ok := args[0].(float64); ok {
			return FormatFloat(f), when(math.IsNaN(f) || math.IsInf(f, 0), "JSON has no such number")
		}
		if d, ok := args[0].(Dec); ok {
			return decimalText(d), ""
		}
		x, ok := rational(args[0])
		if !ok {
			return wrongKind("number.text", args)
		}
		return decimal(x), ""
	}}
	NumberOfText = &Func{Name: "number.of.text", Partial: true, eval: func(c *Call, args []Value) (Value, string) {
		s, ok := args[0].(string)
		if !ok {
			return wrongKind("number.of.text", args)
		}
		return numberOfText(s, c.Type, c.Table["round"])
	}}
	BoolNumber   = fn1("bool.number", func(b bool) int64 { return int64(boolByte(b)) })
	BoolOfNumber = fn1p("bool.of.number", func(n int64) (bool, string) {
		return n == 1, when(n != 0 && n != 1, "the number is neither 0 nor 1")
	})
	// Ordinal is the place of a symbol in its enum, from 0; the table of the
	// call holds it. SymbolAt is the reverse, by the call's type.
	Ordinal = &Func{Name: "ordinal", Partial: true, eval: func(c *Call, args []Value) (Value, string) {
		n, err := strconv.ParseInt(c.Table[text(args[0])], 10, 64)
		return n, when(err != nil, "the symbol has no place")
	}}
	SymbolAt = &Func{Name: "symbol.at", Partial: true, eval: func(c *Call, args []Value) (Value, string) {
		n, ok := args[0].(int64)
		if !ok || n < 0 || n >= int64(len(c.Type.Symbols)) {
			return nil, "the enum has no symbol at that place"
		}
		return Symbol(c.Type.Symbols[n]), ""
	}}
	// DurationText writes milliseconds as ISO 8601 does, in days, hours, minutes
	// and seconds; DurationMillis reads that.
	DurationText   = fn1("duration.text", durationText)
	DurationMillis = fn1p("duration.millis", durationMillis)
)

func strictBase64(e *base64.Encoding, s string) ([]byte, string) {
	b, err := e.Strict().DecodeString(s)
	return b, when(err != nil || e.EncodeToString(b) != s, "the text is no base64")
}

// decimalText writes a decimal with all places of its scale.
func decimalText(d Dec) string {
	s := d.Unscaled.String()
	if d.Scale <= 0 {
		return s
	}
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	if len(s) <= d.Scale {
		s = strings.Repeat("0", d.Scale+1-len(s)) + s
	}
	return sign + s[:len(s)-d.Scale] + "." + s[len(s)-d.Scale:]
}

// maxNumberText bounds a number in a text: exact arithmetic takes time with its
// digits and its exponent.
const (
	maxNumberText = 400
	maxExponent   = 400
)

func numberOfText(s string, t *Type, how string) (Value, string) {
	const none = "the text is no decimal number"
	if len(s) > maxNumberText || !plainNumber(s) {
		return nil, none
	}
	if t.Kind == Float && t.Bits > 0 {
		f, err := strconv.ParseFloat(s, t.Bits)
		return f, when(err != nil, "the number does not fit a "+t.String())
	}
	x, ok := rational(Number(s))
	if !ok {
		return nil, none
	}
	if how != "" {
		x = round(x, how, t)
	}
	return convert(x, t)
}

// plainNumber reports whether a text is a number as JSON writes it, with an
// exponent of a bounded size.
func plainNumber(s string) bool {
	mantissa, exponent, has := strings.Cut(strings.ToLower(s), "e")
	if has {
		n, err := strconv.Atoi(exponent)
		if err != nil || n > maxExponent || n < -maxExponent {
			return false
		}
	}
	whole, fraction, point := strings.Cut(strings.TrimPrefix(mantissa, "-"), ".")
	digits := func(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
	return digits(whole) && (!point || digits(fraction))
}

func durationText(ms int64) string {
	if ms == 0 {
		return "PT0S"
	}
	sign, n := "", uint64(ms)
	if ms < 0 {
		sign, n = "-", -n
	}
	var b strings.Builder
	b.WriteString(sign + "P")
	part := func(unit uint64, name string) {
		if n >= unit {
			b.WriteString(strconv.FormatUint(n/unit, 10) + name)
			n %= unit
		}
	}
	part(86_400_000, "D")
	if n > 0 {
		b.WriteByte('T')
	}
	part(3_600_000, "H")
	part(60_000, "M")
	if n > 0 {
		fraction := strings.TrimRight("."+strconv.FormatUint(1000+n%1000, 10)[1:], ".0")
		b.WriteString(strconv.FormatUint(n/1000, 10) + fraction + "S")
	}
	return b.String()
}

// durationMillis reads what has a fixed length: no years and no months.
func durationMillis(s string) (int64, string) {
	const none = "the text is no ISO 8601 duration of days, hours, minutes and seconds"
	rest, negative := strings.CutPrefix(s, "-")
	rest, ok := strings.CutPrefix(rest, "P")
	if !ok || rest == "" || strings.HasSuffix(rest, "T") {
		return 0, none
	}
	days, clock, _ := strings.Cut(rest, "T")
	var total uint64
	for _, part := range []struct {
		text, units string
		sizes       []time.Duration
	}{{days, "WD", []time.Duration{7 * 24 * time.Hour, 24 * time.Hour}}, {clock, "HMS", []time.Duration{time.Hour, time.Minute, time.Second}}} {
		for text, units, sizes := part.text, part.units, part.sizes; text != ""; {
			i := strings.IndexFunc(text, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
			if i < 1 {
				return 0, none
			}
			u := strings.IndexByte(units, text[i])
			if u < 0 {
				return 0, none
			}
			ms, ok := millisOf(text[:i], sizes[u], units[u] == 'S')
			// The least number has no positive counterpart.
			if !ok || total > 1<<63-uint64(ms) {
				return 0, none
			}
			total, text, units, sizes = total+uint64(ms), text[i+1:], units[u+1:], sizes[u+1:]
		}
	}
	if negative {
		return int64(-total), ""
	}
	return int64(total), when(total > math.MaxInt64, none)
}

func millisOf(digits string, unit time.Duration, fraction bool) (int64, bool) {
	whole, rest, point := strings.Cut(digits, ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	size := unit.Milliseconds()
	if err != nil || n > math.MaxInt64/size || point && (!fraction || len(rest) > 3 || rest == "") {
		return 0, false
	}
	ms := n * size
	if point {
		f, err := strconv.ParseInt((rest + "000")[:3], 10, 64)
		if err != nil || ms > math.MaxInt64-f {
			return 0, false
		}
		ms += f
	}
	return ms, true
}

// undone lists pairs of functions: the first gives back what the second was given,
// for every value for which the second has a result.
var undone = map[*Func]*Func{
	Base64Bytes: Base64Text, Base64Text: Base64Bytes, URL64Bytes: URL64Text, URL64Text: URL64Bytes,
	HexBytes: HexText, HexText: HexBytes, UUIDBytes: UUIDText, UUIDText: UUIDBytes,
	TextOfBytes: TextBytes, TextBytes: TextOfBytes, NumberOfText: NumberText,
	BoolOfNumber: BoolNumber, BoolNumber: BoolOfNumber, SymbolAt: Ordinal, Ordinal: SymbolAt,
	SymbolOfText: TextOfSymbol, TextOfSymbol: SymbolOfText, DurationMillis: DurationText,
	StoredTime: InstantOf, InstantOf: StoredTime, TimeOfText: TextOfTime,
	FixedBytes: FreeBytes, FreeBytes: FixedBytes,
}

// undo removes a call and the one that it undoes. The inner call must have a
// result, or its failure would be lost.
func undo(n *Call, x Node, types *Types) (Node, bool) {
	inner, ok := x.(*Call)
	if !ok || undone[n.Func] != inner.Func || inner.Func.Partial && !inner.Safe {
		return nil, false
	}
	if n.Table["unit"] != inner.Table["unit"] {
		return nil, false
	}
	t, _ := types.Of(inner.Args[0])
	same := Same(t, n.Type) || t.Kind == Enum && n.Type.Kind == Enum && slices.Equal(t.Symbols, n.Type.Symbols)
	return inner.Args[0], same
}
