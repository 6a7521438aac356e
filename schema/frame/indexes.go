package frame

import (
	"fmt"
	"math"
)

// Indexes is a message index path. It has a fixed size so that reading one never
// allocates.
type Indexes struct {
	path [MaxIndexes]int32
	n    int
}

// Len returns the number of steps; it is at least 1 for a path that was read.
func (x *Indexes) Len() int { return x.n }

// At returns step i.
func (x *Indexes) At(i int) int { return int(x.path[:x.n][i]) }

// Path returns the steps as a new slice.
func (x *Indexes) Path() []int {
	out := make([]int, x.n)
	for i := range out {
		out[i] = int(x.path[i])
	}
	return out
}

// Form is how the numbers of a message index path are written.
type Form uint8

// ZigZag is the form that every current client writes. Unsigned is that of old
// Python clients; the two cannot be told apart by their bytes.
const (
	ZigZag Form = iota
	Unsigned
)

// ReadIndexes reads the message indexes at value[offset:] into x and returns the
// offset of the payload. The path [0] is written as the single byte 00; the long
// form 02 00 reads the same.
func ReadIndexes(value []byte, offset int, form Form, x *Indexes) (int, error) {
	count, pos, err := readInt(value, offset, form)
	if err != nil {
		return 0, err
	}
	if count == 0 {
		x.n, x.path[0] = 1, 0
		return pos, nil
	}
	if count < 0 || count > MaxIndexes {
		return 0, fail(value, BadIndexes, offset, fmt.Sprintf("the count is %d, allowed are 0 to %d", count, MaxIndexes))
	}
	if int64(len(value)-pos) < count {
		return 0, fail(value, Truncated, len(value), fmt.Sprintf("%d message indexes were announced", count))
	}
	x.n = int(count)
	for i := range x.n {
		step, next, err := readInt(value, pos, form)
		if err != nil {
			return 0, err
		}
		if step < 0 || step > math.MaxInt32 {
			return 0, fail(value, BadIndexes, pos, fmt.Sprintf("index %d is %d", i, step))
		}
		x.path[i], pos = int32(step), next
	}
	return pos, nil
}

// readInt reads one number of at most five bytes, as writers of 32-bit numbers
// produce them.
func readInt(b []byte, pos int, form Form) (v int64, next int, err error) {
	var u uint64
	for i := range 5 {
		if pos+i >= len(b) {
			return 0, 0, fail(b, Truncated, len(b), "a message index is cut short")
		}
		c := b[pos+i]
		u |= uint64(c&0x7f) << (7 * i)
		if c >= 0x80 {
			continue
		}
		if u > math.MaxUint32 {
			break
		}
		if form == Unsigned {
			return int64(u), pos + i + 1, nil
		}
		return int64(u>>1) ^ -int64(u&1), pos + i + 1, nil
	}
	return 0, 0, fail(b, BadIndexes, pos, "a message index needs more than 32 bits")
}

// AppendIndexes appends a message index path; the path [0] takes one byte. The
// path must have 1 to [MaxIndexes] steps, none negative.
func AppendIndexes(dst []byte, path []int) []byte {
	if len(path) == 1 && path[0] == 0 {
		return append(dst, 0)
	}
	dst = appendZigZag(dst, len(path))
	for _, step := range path {
		dst = appendZigZag(dst, step)
	}
	return dst
}

func appendZigZag(dst []byte, v int) []byte {
	u := uint64(v) << 1
	for u >= 0x80 {
		dst = append(dst, byte(u)|0x80)
		u >>= 7
	}
	return append(dst, byte(u))
}
