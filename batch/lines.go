package batch

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
)

// block is a part of the input that one worker carries.
type block struct {
	data []byte
	// in and record are where it begins: bytes, and records before it.
	in, record int64
	// end is where it ends, and records how many there are.
	end, records int64
}

// blocks cuts an input. The same place gives the same block, however often a run
// was interrupted before it.
type blocks interface {
	// next gives the next block, or io.EOF.
	next() (*block, error)
	close() error
}

// lineBlocks cuts at newlines.
type lineBlocks struct {
	r      *bufio.Reader
	file   *os.File
	at     int64
	record int64
	path   string
	spare  spare // nil if blocks are kept
}

// openLines opens a file of lines at a place. A gzipped one is unpacked from its
// beginning.
func openLines(path string, at, record int64) (*lineBlocks, bool, error) {
	f, err := os.Open(path) //nolint:gosec // the user names the file
	if err != nil {
		return nil, false, err
	}
	b := &lineBlocks{file: f, at: at, record: record, path: path, r: bufio.NewReaderSize(f, 1<<16)}
	magic, err := b.r.Peek(2)
	packed := err == nil && magic[0] == 0x1f && magic[1] == 0x8b
	switch {
	case packed:
		var z *gzip.Reader
		if z, err = gzip.NewReader(b.r); err == nil {
			b.r = bufio.NewReaderSize(z, 1<<16)
			_, err = io.CopyN(io.Discard, b.r, at)
		}
	default:
		if _, err = f.Seek(at, io.SeekStart); err == nil {
			b.r.Reset(f)
		}
	}
	if err != nil {
		return nil, packed, errors.Join(fmt.Errorf("%s: %w", path, err), f.Close())
	}
	return b, packed, nil
}

func (b *lineBlocks) close() error { return b.file.Close() }

func (b *lineBlocks) next() (*block, error) {
	buf := b.spare.take(lineBlock + 1<<16)[:lineBlock]
	n, err := io.ReadFull(b.r, buf)
	buf = buf[:n]
	switch {
	case err == nil:
		// The block ends with the line that its last byte belongs to.
		rest, err := b.restOfLine(len(buf) - bytes.LastIndexByte(buf, '\n') - 1)
		if err != nil {
			return nil, err
		}
		buf = append(buf, rest...)
	case errors.Is(err, io.EOF):
		return nil, io.EOF
	case !errors.Is(err, io.ErrUnexpectedEOF):
		return nil, fmt.Errorf("%s: after byte %d: %w", b.path, b.at+int64(n), err)
	}
	out := &block{data: buf, in: b.at, record: b.record, end: b.at + int64(len(buf))}
	out.records = int64(bytes.Count(buf, []byte{'\n'}))
	if buf[len(buf)-1] != '\n' {
		out.records++
	}
	b.at, b.record = out.end, b.record+out.records
	return out, nil
}

func (b *lineBlocks) restOfLine(has int) ([]byte, error) {
	var out []byte
	if has == 0 {
		return nil, nil
	}
	for {
		part, err := b.r.ReadSlice('\n')
		out = append(out, part...)
		switch {
		case len(out)+has > MaxLine:
			return nil, fmt.Errorf("%s: the line at byte %d is longer than %d bytes", b.path, b.at+int64(lineBlock-has), MaxLine)
		case err == nil || errors.Is(err, io.EOF):
			return out, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, fmt.Errorf("%s: %w", b.path, err)
		}
	}
}
