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

func (s *scan) run(program int) bool {
	// A level of an event is a record in a list in a union at most.
	if s.depth++; s.depth > 3*s.limits.Depth+3 {
		return false
	}
	ops, data, at := s.programs[program], s.data, s.at
	for i := range ops {
		op := &ops[i]
		// What is common and takes a few bytes is walked here, on local
		// variables; the rest is left to step.
		switch op.kind {
		case walkMark:
			s.marks[op.n] = int32(at)
			continue
		case walkBytes:
			if at < len(data) && data[at] < 0x80 && data[at]&1 == 0 {
				if next := at + 1 + int(data[at]>>1); next <= len(data) {
					at = next
					continue
				}
			}
		case walkVarint:
			if at < len(data) && data[at] < 0x80 {
				at++
				continue
			}
			if len(data)-at >= 8 {
				// The number ends with the first byte below 0x80. Four bytes
				// are always an int.
				ends := ^binary.LittleEndian.Uint64(data[at:]) & 0x8080808080808080
				if n := bits.TrailingZeros64(ends)/8 + 1; n <= 4 || ends != 0 && op.n == 64 {
					at += n
					continue
				}
			}
		case walkFixed:
			if op.n <= len(data)-at {
				at += op.n
				continue
			}
		case walkEnum:
			if at < len(data) && data[at] < 0x80 && data[at]&1 == 0 && int(data[at]>>1) < op.n {
				at++
				continue
			}
		case walkBool:
			if at < len(data) && data[at] <= 1 {
				at++
				continue
			}
		}
		s.at = at
		if !s.step(op) {
			return false
		}
		at = s.at
	}
	s.at = at
	s.depth--
	return true
}

func (s *scan) step(op *walkOp) bool {
	switch op.kind {
	case walkVarint:
		n, ok := s.varint()
		return ok && (op.n == 64 || n == int64(int32(n)))
	case walkBool:
		s.at++
		return s.at <= len(s.data) && s.data[s.at-1] <= 1
	case walkFixed:
		return s.jump(int64(op.n))
	case walkBytes:
		n, ok := s.varint()
		return ok && s.jump(n)
	case walkString:
		n, ok := s.varint()
		start := s.at
		return ok && s.jump(n) && valid(s.data[start:s.at])
	case walkEnum:
		n, ok := s.varint()
		return ok && n >= 0 && n < int64(op.n)
	case walkUnion:
		n, ok := s.varint()
		if !ok || n < 0 || n >= int64(len(op.alt)) {
			return false
		}
		return len(s.programs[op.alt[n]]) == 0 || s.run(op.alt[n])
	case walkCall:
		return s.run(op.n)
	default:
		return s.blocks(op)
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

// block reads the head of a block: the number of its items.
func (s *scan) block() (int64, bool) {
	count, ok := s.varint()
	if !ok {
		return 0, false
	}
	if count < 0 {
		if count = -count; count < 0 {
			return 0, false
		}
		if size, ok := s.varint(); !ok || size < 0 || size > int64(len(s.data)-s.at) {
			return 0, false
		}
	}
	if s.items += int(min(count, int64(s.limits.Items)+1)); s.items > s.limits.Items {
		return 0, false
	}
	return count, true
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
			if !s.run(op.n) {
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
