package batch

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// The container files of Avro: specification 1.12, "Object Container Files".
var ocfMagic = []byte{'O', 'b', 'j', 1}

const (
	ocfSchema = "avro.schema"
	ocfCodec  = "avro.codec"
)

// ocfHeader is the head of a container file.
type ocfHeader struct {
	schema string
	codec  string
	sync   [16]byte
	// other is metadata that is kept as it is.
	other []metadatum
}

type metadatum struct {
	key   string
	value []byte
}

// ocfBlocks cuts a container file at its sync markers.
type ocfBlocks struct {
	header ocfHeader
	file   *os.File
	r      *bufio.Reader
	path   string
	at     int64
	record int64
}

// openOCF opens a container file at a block that begins at a place; 0 is the
// first.
func openOCF(path string, at, record int64) (*ocfBlocks, error) {
	f, err := os.Open(path) //nolint:gosec // the user names the file
	if err != nil {
		return nil, err
	}
	b := &ocfBlocks{file: f, path: path, record: record, r: bufio.NewReaderSize(f, 1<<16)}
	if err := b.open(at); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), f.Close())
	}
	return b, nil
}

func (b *ocfBlocks) open(at int64) error {
	if err := b.readHeader(); err != nil {
		return fmt.Errorf("no Avro container file: %w (at byte %d)", err, b.at)
	}
	if at > 0 {
		if _, err := b.file.Seek(at, io.SeekStart); err != nil {
			return err
		}
		b.r.Reset(b.file)
		b.at = at
	}
	return nil
}

func (b *ocfBlocks) close() error { return b.file.Close() }

// ReadByte reads through the place counter.
func (b *ocfBlocks) ReadByte() (byte, error) {
	c, err := b.r.ReadByte()
	if err == nil {
		b.at++
	}
	return c, err
}

func (b *ocfBlocks) take(n int64) ([]byte, error) {
	out := make([]byte, n)
	read, err := io.ReadFull(b.r, out)
	b.at += int64(read)
	return out, err
}

// long reads a number of at most most.
func (b *ocfBlocks) long(what string, most int64) (int64, error) {
	n, err := binary.ReadVarint(b)
	switch {
	case err != nil:
		return 0, err
	case n > most:
		return 0, fmt.Errorf("%s is %d, and the limit %d", what, n, most)
	}
	return n, nil
}

func (b *ocfBlocks) sized() ([]byte, error) {
	n, err := b.long("the size of an entry", MaxHeader-b.at)
	if err != nil {
		return nil, err
	}
	if n < 0 {
		return nil, fmt.Errorf("the size of an entry is %d", n)
	}
	return b.take(n)
}

func (b *ocfBlocks) readHeader() error {
	magic, err := b.take(4)
	if err != nil || !bytes.Equal(magic, ocfMagic) {
		return errors.New("it does not begin with Obj and 1")
	}
	h := &b.header
	for {
		count, err := b.long("the number of entries", 10_000)
		if err != nil {
			return err
		}
		if count == 0 {
			break
		}
		if count < 0 {
			if _, err := b.long("the size of a block", MaxHeader); err != nil {
				return err
			}
			count = -count
		}
		for ; count > 0; count-- {
			if err := b.readEntry(h); err != nil {
				return err
			}
		}
	}
	sync, err := b.take(16)
	copy(h.sync[:], sync)
	switch {
	case err != nil:
		return err
	case h.schema == "":
		return errors.New("its header holds no schema")
	}
	return nil
}

func (b *ocfBlocks) readEntry(h *ocfHeader) error {
	key, err := b.sized()
	if err != nil {
		return err
	}
	value, err := b.sized()
	switch string(key) {
	case ocfSchema:
		h.schema = string(value)
	case ocfCodec:
		h.codec = string(value)
	default:
		h.other = append(h.other, metadatum{string(key), value})
	}
	return err
}

// next reads a block, still packed, behind its count.
func (b *ocfBlocks) next() (*block, error) {
	start := b.at
	if _, err := b.r.Peek(1); errors.Is(err, io.EOF) {
		return nil, io.EOF
	}
	fail := func(what string) (*block, error) {
		return nil, fmt.Errorf("%s: the block at byte %d %s; what follows cannot be read", b.path, start, what)
	}
	count, err := b.long("the number of events", MaxBlock)
	if err != nil || count < 0 {
		return fail("has no count of events")
	}
	size, err := b.long("the size", MaxBlock)
	if err != nil || size < 0 {
		return fail(fmt.Sprintf("has no size of at most %d bytes", MaxBlock))
	}
	data, err := b.take(size)
	if err != nil {
		return fail("ends early")
	}
	sync, err := b.take(16)
	if err != nil || !bytes.Equal(sync, b.header.sync[:]) {
		return fail("does not end with the file's sync marker")
	}
	out := &block{data: data, in: start, record: b.record, end: b.at, records: count}
	b.record += count
	return out, nil
}

// appendHeader writes the head of a container file.
func (h *ocfHeader) append(dst []byte) []byte {
	entries := append([]metadatum{{ocfSchema, []byte(h.schema)}, {ocfCodec, []byte(h.codec)}}, h.other...)
	dst = append(dst, ocfMagic...)
	dst = binary.AppendVarint(dst, int64(len(entries)))
	for _, e := range entries {
		dst = binary.AppendVarint(dst, int64(len(e.key)))
		dst = append(dst, e.key...)
		dst = binary.AppendVarint(dst, int64(len(e.value)))
		dst = append(dst, e.value...)
	}
	dst = append(dst, 0)
	return append(dst, h.sync[:]...)
}

// migrated is the head of the output. Its marker follows from the input's and
// from the schema, so that a run that is repeated gives the same bytes.
func (h *ocfHeader) migrated(schema string) ocfHeader {
	out := ocfHeader{schema: schema, codec: h.codec, other: h.other}
	if out.codec == "" {
		out.codec = "null"
	}
	sum := sha256.Sum256(append(append([]byte("instar-batch"), h.sync[:]...), schema...))
	copy(out.sync[:], sum[:])
	return out
}

// appendBlock writes one block of packed events.
func (h *ocfHeader) appendBlock(dst []byte, count int64, packed []byte) []byte {
	dst = binary.AppendVarint(dst, count)
	dst = binary.AppendVarint(dst, int64(len(packed)))
	dst = append(dst, packed...)
	return append(dst, h.sync[:]...)
}
