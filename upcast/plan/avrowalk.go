package plan

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// EventLimits bound one event of an executor.
type EventLimits struct {
	Bytes     int // of the event
	Depth     int // nesting of records, lists, maps and unions
	Items     int // of all lists and maps
	ZeroItems int // items that take no bytes
	// Growth and Extra bound the image beside Bytes: Growth times the event plus Extra
	// bytes.
	Growth, Extra int
}

// Image is how many bytes an event may become: one that no reader takes is none.
func (l *EventLimits) Image(event int) int { return min(event*l.Growth+l.Extra, l.Bytes) }

// DefaultEventLimits are the limits of the service.
func DefaultEventLimits() EventLimits {
	return EventLimits{Bytes: 10 << 20, Depth: 64, Items: 1_000_000, ZeroItems: 10_000, Growth: 10, Extra: 1 << 20}
}

// scan walks bytes by programs and notes boundaries. Where it is in the bytes is
// handed from call to call, in registers; it never is beyond their end.
type scan struct {
	programs [][]walkOp
	marks    []int32
	limits   *EventLimits
	depth    int
	items    int
	zero     int
}

// varint reads a zigzag varint of at most ten bytes.
func varint(data []byte, at uint) (int64, uint, bool) {
	if at < uint(len(data)) {
		if c := data[at]; c < 0x80 {
			return int64(c>>1) ^ -int64(c&1), at + 1, true
		}
	}
	n, size := binary.Varint(data[at:])
	return n, at + uint(max(size, 0)), size > 0
}

// jump leaves n bytes out, if there are as many.
func jump(data []byte, at uint, n int64) (uint, bool) {
	if n < 0 || n > int64(len(data))-int64(at) {
		return at, false
	}
	return at + uint(n), true
}

// run walks a value by a program, and says where it ends. What is common and
// takes a few bytes is walked here; the rest is left to step.
func (s *scan) run(program int, data []byte, at uint) (uint, bool) {
	// A level of an event is a record in a list in a union at most.
	if s.depth++; s.depth > 3*s.limits.Depth+3 {
		return at, false
	}
	ops := s.programs[program]
	left := int64(0) // items of the block that is walked, with this one
	for pc := uint(0); pc < uint(len(ops)); pc++ {
		op := &ops[pc]
		switch op.kind {
		case walkMark:
			s.marks[op.n] = int32(at)
			continue
		case walkBytes:
			if at < uint(len(data)) && data[at]&0x81 == 0 {
				if next := at + 1 + uint(data[at]>>1); next <= uint(len(data)) {
					at = next
					continue
				}
			}
		case walkString:
			if at < uint(len(data)) && data[at]&0x81 == 0 {
				if next := at + 1 + uint(data[at]>>1); next <= uint(len(data)) && valid(data[at+1:next]) {
					at = next
					continue
				}
			}
		case walkVarint:
			if at < uint(len(data)) && data[at] < 0x80 {
				at++
				continue
			}
			if at+8 <= uint(len(data)) {
				// The number ends with the first byte below 0x80. Four bytes
				// are always an int.
				ends := ^binary.LittleEndian.Uint64(data[at:]) & 0x8080808080808080
				if n := uint(bits.TrailingZeros64(ends)/8 + 1); n <= 4 || ends != 0 && op.n == 64 {
					at += n
					continue
				}
			}
		case walkFixed:
			if next := at + uint(op.n); next <= uint(len(data)) {
				at = next
				continue
			}
			return at, false
		case walkEnum:
			if at < uint(len(data)) && data[at]&0x81 == 0 && int32(data[at]>>1) < op.n {
				at++
				continue
			}
		case walkBool:
			if at < uint(len(data)) && data[at] <= 1 {
				at++
				continue
			}
			return at, false
		case walkBranch:
			if at < uint(len(data)) && data[at]&0x81 == 0 && uint(data[at]>>1) < uint(len(op.alt)) {
				pc += uint(op.alt[data[at]>>1])
				at++
				continue
			}
		case walkJump:
			pc += uint(op.n)
			continue
		case walkNext:
			pc -= uint(op.n)
			if left--; left > 0 {
				continue
			}
			fallthrough // to the head of the next block
		case walkItems:
			var ok bool
			if left, at, ok = s.block(data, at); !ok {
				return at, false
			}
			if left == 0 {
				pc += uint(ops[pc].n)
			}
			continue
		}
		leap, next, ok := s.step(op, data, at)
		if !ok {
			return next, false
		}
		pc, at = pc+leap, next
	}
	s.depth--
	return at, true
}

// value walks the value of a scope, and notes its boundaries: they are the first
// two.
func (s *scan) value(entry int, data []byte, at uint) (uint, bool) {
	end, ok := s.run(entry, data, at)
	s.marks[0], s.marks[1] = int32(at), int32(end)
	return end, ok
}

// step walks what run leaves to it, and says how many steps to leap.
func (s *scan) step(op *walkOp, data []byte, at uint) (leap, next uint, ok bool) {
	switch op.kind {
	case walkCall:
		next, ok = s.run(int(op.n), data, at)
		return 0, next, ok
	case walkList, walkMap, walkText:
		next, ok = s.blocks(op, data, at)
		return 0, next, ok
	}
	n, at, ok := varint(data, at)
	if !ok {
		return 0, at, false
	}
	switch op.kind {
	case walkVarint:
		return 0, at, op.n == 64 || n == int64(int32(n))
	case walkBytes:
		next, ok = jump(data, at, n)
		return 0, next, ok
	case walkString:
		next, ok = jump(data, at, n)
		return 0, next, ok && valid(data[at:next])
	case walkBranch:
		if n < 0 || n >= int64(len(op.alt)) {
			return 0, at, false
		}
		return uint(op.alt[n]), at, true
	default: // walkEnum
		return 0, at, n >= 0 && n < int64(op.n)
	}
}

// valid is utf8.Valid with a short way for texts without accents.
func valid(b []byte) bool {
	for ; len(b) >= 8; b = b[8:] {
		if binary.LittleEndian.Uint64(b)&0x8080808080808080 != 0 {
			return utf8.Valid(b)
		}
	}
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return utf8.Valid(b)
		}
	}
	return true
}

// block reads the head of a block: the number of its items. One below zero is
// followed by their size.
func (s *scan) block(data []byte, at uint) (count int64, next uint, ok bool) {
	if at < uint(len(data)) && data[at] == 0 {
		return 0, at + 1, true
	}
	count, at, ok = varint(data, at)
	if count < 0 {
		var size int64
		size, at, ok = varint(data, at)
		if count = -count; !ok || count < 0 || size < 0 || size > int64(len(data))-int64(at) {
			return 0, at, false
		}
	}
	s.items += int(min(count, int64(s.limits.Items)+1))
	return count, at, ok && s.items <= s.limits.Items
}

// blocks walks a list or a map whose items are a program of their own.
func (s *scan) blocks(op *walkOp, data []byte, at uint) (uint, bool) {
	for {
		count, next, ok := s.block(data, at)
		if at = next; !ok || count == 0 {
			return at, ok
		}
		for ; count > 0; count-- {
			start := at
			if op.kind != walkList {
				n, text, ok := varint(data, at)
				if !ok {
					return at, false
				}
				if at, ok = jump(data, text, n); !ok || op.kind == walkText && !valid(data[text:at]) {
					return at, false
				}
			}
			if at, ok = s.run(int(op.n), data, at); !ok {
				return at, false
			}
			if at == start {
				if s.zero++; s.zero > s.limits.ZeroItems {
					return at, false
				}
			}
		}
	}
}
