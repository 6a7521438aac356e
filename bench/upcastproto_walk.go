package main

import (
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
)

// varint reads a number; its end is negative if there is none.
func varint(e []byte, pos int) (uint64, int) {
	if pos < len(e) && e[pos] < 0x80 {
		return uint64(e[pos]), pos + 1
	}
	n, size := protowire.ConsumeVarint(e[min(pos, len(e)):])
	if size < 0 {
		return 0, -1
	}
	return n, pos + size
}

// field reads the tag of a field and finds its end, which is negative if the
// field is malformed.
func field(e []byte, pos int) (number, wire, value, end int) {
	tag, value := varint(e, pos)
	if value < 0 || tag>>3 == 0 || tag>>3 > uint64(protowire.MaxValidNumber) {
		return 0, 0, 0, -1
	}
	number, wire = int(tag>>3), int(tag&7)
	switch wire {
	case 0:
		_, end = varint(e, value)
	case fixedWire:
		end = value + 8
	case bytesWire:
		n, start := varint(e, value)
		if start < 0 || n > uint64(len(e)-start) {
			return 0, 0, 0, -1
		}
		end = start + int(n)
	default:
		n := protowire.ConsumeFieldValue(protowire.Number(number), protowire.Type(wire), e[value:])
		if n < 0 {
			return 0, 0, 0, -1
		}
		end = value + n
	}
	if end > len(e) {
		return 0, 0, 0, -1
	}
	return number, wire, value, end
}

// validText holds a text to UTF-8.
func validText(e []byte, value, end int) bool {
	_, start := varint(e, value)
	return utf8.Valid(e[start:end])
}

// walkParts walks a message that stands at the end of e behind its length; its
// first fields are texts.
func walkParts(e []byte, value, texts int) bool {
	_, pos := varint(e, value)
	for pos < len(e) {
		number, wire, value, end := field(e, pos)
		if end < 0 || wire == bytesWire && number <= texts && !validText(e, value, end) {
			return false
		}
		pos = end
	}
	return true
}
