package avro

import (
	"bytes"
	"fmt"
	"math"
	"unicode/utf8"

	"github.com/instar-registry/instar/schema"
)

func (w *walker) skip(n int) *schema.WalkError {
	if n > len(w.data)-w.at {
		return w.fail(w.at, truncated)
	}
	w.at += n
	return nil
}

func (w *walker) text() *schema.WalkError {
	if w.at < len(w.data) {
		// A length below 64 is one even byte.
		if c := w.data[w.at]; c < 0x80 && c&1 == 0 {
			if end := w.at + 1 + int(c>>1); end <= len(w.data) && ascii(w.data[w.at+1:end]) {
				w.at = end
				return nil
			}
		}
	}
	length, err := w.length()
	if err != nil {
		return err
	}
	if s := w.data[w.at : w.at+length]; !utf8.Valid(s) {
		return w.fail(w.at+firstInvalid(s), "a string that is not UTF-8")
	}
	w.at += length
	return nil
}

func ascii(s []byte) bool {
	for _, c := range s {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// firstInvalid is the offset of the first byte that is no UTF-8.
func firstInvalid(s []byte) int {
	i := 0
	for i < len(s) {
		r, n := utf8.DecodeRune(s[i:])
		if r == utf8.RuneError && n <= 1 {
			break
		}
		i += n
	}
	return i
}

// length reads the size of bytes, a string or a block and holds it to what
// remains.
func (w *walker) length() (int, *schema.WalkError) {
	start := w.at
	n, err := w.long()
	if err != nil {
		return 0, err
	}
	if n < 0 {
		return 0, w.fail(start, fmt.Sprintf("a negative length %d", n))
	}
	if n > int64(len(w.data)-w.at) {
		return 0, w.fail(start, fmt.Sprintf("a length of %d where %d bytes remain", n, len(w.data)-w.at))
	}
	return int(n), nil
}

// long reads a zig-zag varint of at most ten bytes.
func (w *walker) long() (int64, *schema.WalkError) {
	if w.at < len(w.data) && w.data[w.at] < 0x80 {
		u := uint64(w.data[w.at])
		w.at++
		return int64(u>>1) ^ -int64(u&1), nil
	}
	return w.longSlow()
}

func (w *walker) longSlow() (int64, *schema.WalkError) {
	var u uint64
	for i := 0; ; i++ {
		if w.at+i >= len(w.data) {
			return 0, w.fail(w.at, truncated)
		}
		c := w.data[w.at+i]
		if i == 9 && c > 1 {
			return 0, w.fail(w.at, "a varint of more than 64 bits")
		}
		u |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			w.at += i + 1
			return int64(u>>1) ^ -int64(u&1), nil
		}
	}
}

// int32 reads a varint that must fit 32 bits and five bytes.
func (w *walker) int32(what string) (int32, *schema.WalkError) {
	start := w.at
	n, err := w.long()
	if err != nil {
		return 0, err
	}
	if n < math.MinInt32 || n > math.MaxInt32 || w.at-start > 5 {
		return 0, w.fail(start, what+" of more than 32 bits")
	}
	return int32(n), nil
}

// decimal holds the unscaled value between start and the present offset to the
// precision; other types pass.
func (w *walker) decimal(o *op, start int) *schema.WalkError {
	if o.digits == nil {
		return nil
	}
	v := w.data[start:w.at]
	if len(v) == 0 {
		return w.fail(start, "a decimal of no bytes")
	}
	if !fitsDigits(v, o.digits) {
		return w.fail(start, fmt.Sprintf("a decimal of more than %d digits", o.node.Logical.Precision))
	}
	return nil
}

// fitsDigits reports whether the two's complement number v lies within ±max,
// without allocating.
func fitsDigits(v, max []byte) bool {
	if v[0] < 0x80 {
		v = bytes.TrimLeft(v, "\x00")
		if len(v) != len(max) {
			return len(v) < len(max)
		}
		return bytes.Compare(v, max) <= 0
	}
	// A negative v is within -max exactly if ^v, which is |v| - 1, is below max.
	for len(v) > 0 && v[0] == 0xff {
		v = v[1:]
	}
	if len(v) != len(max) {
		return len(v) < len(max)
	}
	for i := range v {
		if c := ^v[i]; c != max[i] {
			return c < max[i]
		}
	}
	return false
}
