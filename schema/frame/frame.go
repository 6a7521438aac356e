// Package frame reads and writes the framing that ties an event to its schema:
// Confluent's prefixes (a magic byte and an id or GUID, for Protobuf followed by
// message indexes), the header that carries a GUID, and Avro's single-object
// encoding.
//
// Serializers, deserializers and the event routes of the server call it. It is
// the first code that sees bytes from a topic, so every count and length is
// checked before anything is allocated, and nothing is ever guessed: bytes that
// are not exactly a known frame are an [*Error].
package frame

import (
	"encoding/binary"
	"fmt"
	"math"
)

// The first bytes of the known frames.
const (
	MagicID     byte = 0 // id, big-endian, 4 bytes
	MagicGUID   byte = 1 // GUID, 16 bytes
	singleObjC3 byte = 0xC3
	singleObj01 byte = 0x01
)

// Sizes of the frames without message indexes.
const (
	IDSize           = 5
	GUIDSize         = 17
	SingleObjectSize = 10
)

// MaxIndexes is how many message indexes a frame may carry.
const MaxIndexes = 64

// Reason says what is wrong with a frame.
type Reason uint8

// The reasons.
const (
	Truncated    Reason = iota + 1 // the bytes end inside the frame
	UnknownMagic                   // the first byte is not that of a known frame
	BadID                          // the id is 0 or above 2³¹−1
	BadIndexes                     // the message indexes are malformed
	Trailing                       // bytes follow where the frame must end
)

// String returns the reason as a phrase.
func (r Reason) String() string {
	switch r {
	case Truncated:
		return "the bytes end inside the frame"
	case UnknownMagic:
		return "the first byte is not that of a known frame"
	case BadID:
		return "the schema id is not between 1 and 2147483647"
	case BadIndexes:
		return "the message indexes are malformed"
	case Trailing:
		return "bytes follow the frame"
	default:
		return fmt.Sprintf("Reason(%d)", uint8(r))
	}
}

// Error says why bytes are not a frame.
type Error struct {
	Reason Reason
	// Offset is the byte at which the problem lies.
	Offset int
	// Detail adds what was found; may be empty.
	Detail string
	// First holds up to eight of the first bytes, for the log.
	First []byte
}

// Error renders the reason, the place and the first bytes.
func (e *Error) Error() string {
	s := fmt.Sprintf("%s (at byte %d", e.Reason, e.Offset)
	if e.Detail != "" {
		s += ", " + e.Detail
	}
	return s + fmt.Sprintf("; the value starts with % x)", e.First)
}

func fail(b []byte, reason Reason, offset int, detail string) *Error {
	return &Error{Reason: reason, Offset: offset, Detail: detail, First: append([]byte(nil), b[:min(len(b), 8)]...)}
}

// Prefix is what a value starts with: either an id or a GUID.
type Prefix struct {
	ID   int32    // 0 if the frame carries a GUID
	GUID [16]byte // zero if the frame carries an id
	Size int      // bytes before the message indexes or payload
}

// HasGUID reports whether the frame names its schema by GUID.
func (p Prefix) HasGUID() bool { return p.Size == GUIDSize }

// ReadPrefix reads the prefix of a value: magic byte and id, or magic byte and
// GUID. What follows is value[p.Size:]; for Protobuf it starts with message
// indexes.
func ReadPrefix(value []byte) (Prefix, error) {
	if len(value) == 0 {
		return Prefix{}, fail(value, Truncated, 0, "the value is empty")
	}
	switch value[0] {
	case MagicID:
		if len(value) < IDSize {
			return Prefix{}, fail(value, Truncated, len(value), "an id takes 5 bytes")
		}
		id := binary.BigEndian.Uint32(value[1:])
		if id == 0 || id > math.MaxInt32 {
			return Prefix{}, fail(value, BadID, 1, fmt.Sprintf("found %d", id))
		}
		return Prefix{ID: int32(id), Size: IDSize}, nil
	case MagicGUID:
		if len(value) < GUIDSize {
			return Prefix{}, fail(value, Truncated, len(value), "a GUID takes 17 bytes")
		}
		return Prefix{GUID: [16]byte(value[1:GUIDSize]), Size: GUIDSize}, nil
	default:
		return Prefix{}, fail(value, UnknownMagic, 0, fmt.Sprintf("found 0x%02x", value[0]))
	}
}

// ReadHeader reads the value of the header __key_schema_id or __value_schema_id:
// magic byte, GUID and, for Protobuf, message indexes in header[p.Size:]. A
// header without indexes must end after the GUID; check that with
// [Prefix.MustEnd].
func ReadHeader(header []byte) (Prefix, error) {
	if len(header) > 0 && header[0] != MagicGUID {
		return Prefix{}, fail(header, UnknownMagic, 0, fmt.Sprintf("found 0x%02x, a header starts with 0x01", header[0]))
	}
	return ReadPrefix(header)
}

// MustEnd returns an error unless the frame ends after the prefix.
func (p Prefix) MustEnd(frame []byte) error {
	if len(frame) > p.Size {
		return fail(frame, Trailing, p.Size, fmt.Sprintf("%d bytes", len(frame)-p.Size))
	}
	return nil
}

// AppendID appends the prefix of an id. The id must be positive.
func AppendID(dst []byte, id int32) []byte {
	return binary.BigEndian.AppendUint32(append(dst, MagicID), uint32(id))
}

// AppendGUID appends the header value of a GUID.
func AppendGUID(dst []byte, guid [16]byte) []byte {
	return append(append(dst, MagicGUID), guid[:]...)
}

// ReadSingleObject reads Avro's single-object encoding: C3 01 and the CRC-64-AVRO
// fingerprint of the schema, little-endian. The payload is value[10:].
func ReadSingleObject(value []byte) (fingerprint uint64, err error) {
	for i, want := range [2]byte{singleObjC3, singleObj01} {
		if len(value) <= i {
			return 0, fail(value, Truncated, len(value), "a single object starts with 10 bytes")
		}
		if value[i] != want {
			return 0, fail(value, UnknownMagic, i, fmt.Sprintf("found 0x%02x, want 0x%02x", value[i], want))
		}
	}
	if len(value) < SingleObjectSize {
		return 0, fail(value, Truncated, len(value), "a single object starts with 10 bytes")
	}
	return binary.LittleEndian.Uint64(value[2:]), nil
}

// IsSingleObject reports whether a value starts like a single object.
func IsSingleObject(value []byte) bool {
	return len(value) >= 2 && value[0] == singleObjC3 && value[1] == singleObj01
}

// AppendSingleObject appends the head of a single object.
func AppendSingleObject(dst []byte, fingerprint uint64) []byte {
	return binary.LittleEndian.AppendUint64(append(dst, singleObjC3, singleObj01), fingerprint)
}
