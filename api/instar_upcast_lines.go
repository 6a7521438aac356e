package api

import (
	"encoding/base64"
	"encoding/binary"
	"io"
	"slices"
	"strconv"

	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/schema"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// writeLine answers one event with a line.
func (b *batch) writeLine(l *wire.UpcastLine) error {
	body, err := wire.Marshal(l)
	if err != nil {
		return &schema.Bug{Where: "encode a line of a batch", Cause: err}
	}
	_, err = b.out.Write(append(body, '\n'))
	return err
}

// writeFrame answers one event with its index, a status, a length, and the bytes:
// the framed event, or, of one that has no image, what became of it as JSON.
func (b *batch) writeFrame(l *wire.UpcastLine) error {
	status := slices.Index(wire.FrameOutcomes, l.Outcome)
	if status < 0 {
		return &schema.Bug{Where: "writeFrame", Cause: "outcome " + l.Outcome}
	}
	if len(l.Events) == 0 {
		body, err := wire.Marshal(l)
		if err != nil {
			return &schema.Bug{Where: "encode a frame of a batch", Cause: err}
		}
		return b.writeBytes(l.Index, byte(status), body)
	}
	for i := range l.Events {
		body, err := base64.StdEncoding.DecodeString(l.Events[i].Base64)
		if err != nil {
			return &schema.Bug{Where: "writeFrame", Cause: err}
		}
		if err := b.writeBytes(l.Index, byte(status), body); err != nil {
			return err
		}
	}
	return nil
}

func (b *batch) writeBytes(index int64, status byte, body []byte) error {
	var head [9]byte
	binary.BigEndian.PutUint32(head[:], uint32(index)) //nolint:gosec // counts on from zero after 2^32
	head[4] = status
	binary.BigEndian.PutUint32(head[5:], uint32(len(body))) //nolint:gosec // an event has at most some MiB
	_, err := b.out.Write(append(head[:], body...))
	return err
}

// end writes the last line: the counts, and why it ended early.
func (b *batch) end(broken string) error {
	last := wire.UpcastEnded{Counts: b.counts, Broken: broken}
	body, err := wire.Marshal(last)
	if err != nil {
		return &schema.Bug{Where: "encode the end of a batch", Cause: err}
	}
	if b.as == asFrame && b.from == "" {
		err = b.writeBytes(b.counts.Total, wire.FrameEnd, body)
	} else {
		_, err = b.out.Write(append(body, '\n'))
	}
	if err != nil {
		return err
	}
	return b.flush()
}

// readFrame reads the length of a framed event and the event.
func (b *batch) readFrame() ([]byte, error) {
	var head [4]byte
	switch n, err := io.ReadFull(b.in, head[:]); {
	case n == 0 && err == io.EOF: //nolint:errorlint // io.ReadFull returns it as it is
		return nil, io.EOF
	case err != nil:
		return nil, b.broken(err)
	}
	size := int64(binary.BigEndian.Uint32(head[:]))
	if size > int64(b.limit) {
		if _, err := io.CopyN(io.Discard, b.in, size); err != nil {
			return nil, b.broken(err)
		}
		return nil, &errTooLong{size}
	}
	event := make([]byte, 0, min(size, 64<<10)) // grows with what comes, not with what is claimed
	for int64(len(event)) < size {
		event = slices.Grow(event, int(min(size-int64(len(event)), 64<<10)))
		part := event[len(event):min(cap(event), int(size))]
		n, err := io.ReadFull(b.in, part)
		event = event[:len(event)+n]
		if err != nil {
			return nil, b.broken(err)
		}
	}
	return event, nil
}
