package avro

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
)

// integer reads an int or long as itself, as a long, or as a float or double,
// which may round it.
func (x *resolver) integer(w, r *op) {
	v := x.varint()
	if r.kind == Int || r.kind == Long {
		x.out = strconv.AppendInt(x.out, v, 10)
		x.compareIntegers(w, r, v)
		return
	}
	bits, f := 64, float64(v)
	if r.kind == Float {
		bits, f = 32, float64(float32(v))
	}
	x.out = appendFloat(x.out, f, bits)
	if read, exact := new(big.Float).SetFloat64(f).Int(nil); exact != big.Exact || read.Cmp(big.NewInt(v)) != 0 {
		x.fault(schema.Misread, strconv.FormatInt(v, 10), read.String())
	}
}

// compareIntegers faults a time or date that is read in another unit or as
// something else.
func (x *resolver) compareIntegers(w, r *op, v int64) {
	lw, lr := w.node.Logical.Type, r.node.Logical.Type
	if lw == lr || lw == "" || lr == "" {
		return
	}
	written, read := temporal(lw, v), temporal(lr, v)
	if written != read {
		x.fault(schema.Misread, written, read)
	}
}

// temporal says what an annotated integer means, in a text that is equal for
// equal meanings.
func temporal(logical string, v int64) string {
	family, digits := logical, 0
	for suffix, n := range map[string]int{"-millis": 3, "-micros": 6, "-nanos": 9} {
		if f, ok := strings.CutSuffix(logical, suffix); ok {
			family, digits = f, n
		}
	}
	if digits == 0 {
		return fmt.Sprintf("%s %d", family, v)
	}
	return fmt.Sprintf("%s of %s s", family, decimalText(big.NewInt(v), digits))
}

// decimalText writes unscaled * 10^-scale without superfluous zeros.
func decimalText(unscaled *big.Int, scale int) string {
	sign, digits := "", unscaled.String()
	if unscaled.Sign() < 0 {
		sign, digits = "-", digits[1:]
	}
	if len(digits) <= scale {
		digits = strings.Repeat("0", scale-len(digits)+1) + digits
	}
	whole, part := digits[:len(digits)-scale], strings.TrimRight(digits[len(digits)-scale:], "0")
	if part == "" {
		return sign + whole
	}
	return sign + whole + "." + part
}

// float reads a float as itself or as a double, which holds it exactly, and a
// double as itself.
func (x *resolver) float(w, r *op) {
	var f float64
	if w.kind == Float {
		f = float64(math.Float32frombits(binary.LittleEndian.Uint32(x.take(4))))
	} else {
		f = math.Float64frombits(binary.LittleEndian.Uint64(x.take(8)))
	}
	bits := 64
	if r.kind == Float {
		bits = 32
	}
	x.out = appendFloat(x.out, f, bits)
}

// string reads a string as itself or as its UTF-8 bytes.
func (x *resolver) string(w, r *op) {
	v := x.take(int(x.varint()))
	if r.kind == Bytes {
		x.out = appendBytes(x.out, v)
		x.compareBytes(w, r, v)
		return
	}
	x.text(r, v)
}

func (x *resolver) text(r *op, v []byte) {
	if r.node.Logical.Type == "uuid" && !isUUID(string(v)) {
		x.fault(schema.Refused, jsonx.Quote(clip(string(v))), jsonx.Quote(clip(string(v)))+" is no UUID")
		return
	}
	x.out = jsonx.AppendQuoted(x.out, string(v))
}

// bytes reads bytes as themselves or as a string, or a fixed as itself.
func (x *resolver) bytes(w, r *op, v []byte) {
	if r.kind == String {
		if !utf8.Valid(v) {
			x.fault(schema.Refused, hexText(v), hexText(v)+" is no UTF-8")
			return
		}
		x.text(r, v)
		return
	}
	if w.digits != nil && r.digits != nil && !fitsDigits(v, r.digits) {
		x.fault(schema.Refused, decimalText(unscaled(v), w.node.Logical.Scale),
			fmt.Sprintf("a decimal of more than %d digits", r.node.Logical.Precision))
		return
	}
	x.out = appendBytes(x.out, v)
	x.compareBytes(w, r, v)
}

// compareBytes faults an annotated value that means something else to the
// reader.
func (x *resolver) compareBytes(w, r *op, v []byte) {
	lw, lr := w.node.Logical, r.node.Logical
	if lw.Type == "" || lr.Type == "" || lw.Type == lr.Type && lw.Scale == lr.Scale {
		return
	}
	written, read := annotated(lw, v), annotated(lr, v)
	if written != read {
		x.fault(schema.Misread, written, read)
	}
}

// annotated says what annotated bytes mean, in a text that is equal for equal
// meanings.
func annotated(l Logical, v []byte) string {
	if l.Type == "decimal" {
		return decimalText(unscaled(v), l.Scale)
	}
	return l.Type + " " + hexText(v)
}

func hexText(v []byte) string {
	const shown = 32
	if len(v) > shown {
		return "bytes " + hex.EncodeToString(v[:shown]) + "…"
	}
	return "bytes " + hex.EncodeToString(v)
}
