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
	// Growth and Extra bound the image: Growth times the event plus Extra bytes.
	Growth, Extra int
}

// DefaultEventLimits are the limits of the service.
func DefaultEventLimits() EventLimits {
	return EventLimits{Bytes: 10 << 20, Depth: 64, Items: 1_000_000, ZeroItems: 10_000, Growth: 10, Extra: 1 << 20}
}

// scan walks bytes by programs and notes boundaries.
type scan struct {
	programs [][]walkOp
	data     []byte
	at       int
	marks    []int32
	limits   *EventLimits
	depth    int
	items    int
	zero     int
}

// varint reads a zigzag varint of at most ten bytes.
func (s *scan) varint() (int64, bool) {
	if s.at < len(s.data) {
		if c := s.data[s.at]; c < 0x80 {
			s.at++
			return int64(c>>1) ^ -int64(c&1), true
		}
	}
	n, size := binary.Varint(s.data[min(s.at, len(s.data)):])
	if size <= 0 {
		return 0, false
	}
	s.at += size
	return n, true
}

func (s *scan) jump(n int64) bool {
	if n < 0 || n > int64(len(s.data)-s.at) {
		return false
	}
	s.at += int(n)
	return true
}

// run walks a value by a program. What is common and takes a few bytes is walked
// here, on local variables; the rest is left to step.
func (s *scan) run(program int) bool {
	// A level of an event is a record in a list in a union at most.
	if s.depth++; s.depth > 3*s.limits.Depth+3 {
		return false
	}
	ops, data, at := s.programs[program], s.data, uint(s.at)
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
			s.at = int(at)
			n, ok := s.block()
			if !ok {
				return false
			}
			if left, at = n, uint(s.at); n == 0 {
				pc += uint(ops[pc].n)
			}
			continue
		}
		s.at = int(at)
		leap, ok := s.step(op)
		if !ok {
			return false
		}
		pc, at = pc+leap, uint(s.at)
	}
	s.at = int(at)
	s.depth--
	return true
}

// step walks what run leaves to it, and says how many steps to leap.
func (s *scan) step(op *walkOp) (leap uint, ok bool) {
	switch op.kind {
	case walkCall:
		return 0, s.run(int(op.n))
	case walkList, walkMap, walkText:
		return 0, s.blocks(op)
	case walkBool:
		s.at++
		return 0, s.at <= len(s.data) && s.data[s.at-1] <= 1
	case walkFixed:
		return 0, s.jump(int64(op.n))
	}
	n, ok := s.varint()
	if !ok {
		return 0, false
	}
	switch op.kind {
	case walkVarint:
		return 0, op.n == 64 || n == int64(int32(n))
	case walkBytes:
		return 0, s.jump(n)
	case walkString:
		start := s.at
		return 0, s.jump(n) && valid(s.data[start:s.at])
	case walkBranch:
		if n < 0 || n >= int64(len(op.alt)) {
			return 0, false
		}
		return uint(op.alt[n]), true
	default: // walkEnum
		return 0, n >= 0 && n < int64(op.n)
	}
}

// valid is utf8.Valid with a short way for short texts without accents.
func valid(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return utf8.Valid(b)
		}
	}
	return true
}

// block reads the head of a block: the number of its items. One below zero is
// followed by their size.
func (s *scan) block() (int64, bool) {
	var count int64
	if rest := s.data[s.at:]; len(rest) > 1 && rest[0] < 0x80 && rest[1]&0x81 == 0 {
		count = int64(rest[0] >> 1)
		s.at++
		if rest[0]&1 != 0 {
			count++
			s.at++
			if int(rest[1]>>1) > len(rest)-2 {
				return 0, false
			}
		}
	} else if n, ok := s.longBlock(); ok {
		count = n
	} else {
		return 0, false
	}
	if s.items += int(min(count, int64(s.limits.Items)+1)); s.items > s.limits.Items {
		return 0, false
	}
	return count, true
}

func (s *scan) longBlock() (int64, bool) {
	count, ok := s.varint()
	if !ok || count >= 0 {
		return count, ok
	}
	if count = -count; count < 0 {
		return 0, false
	}
	size, ok := s.varint()
	return count, ok && size >= 0 && size <= int64(len(s.data)-s.at)
}

func (s *scan) blocks(op *walkOp) bool {
	for {
		count, ok := s.block()
		if !ok || count == 0 {
			return ok
		}
		for ; count > 0; count-- {
			start := s.at
			if op.kind != walkList {
				n, ok := s.varint()
				if !ok || !s.jump(n) || op.kind == walkText && !valid(s.data[s.at-int(n):s.at]) {
					return false
				}
			}
			if !s.run(int(op.n)) {
				return false
			}
			if s.at == start {
				if s.zero++; s.zero > s.limits.ZeroItems {
					return false
				}
			}
		}
	}
}
