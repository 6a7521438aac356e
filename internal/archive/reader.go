package archive

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"unicode/utf8"
)

// Limits bound what an archive may hold.
type Limits struct {
	Bytes     int64 // of the whole archive
	Lines     int64
	LineBytes int
}

// DefaultLimits returns the limits in force when nothing is configured.
func DefaultLimits() Limits {
	return Limits{Bytes: 10 << 30, Lines: 10_000_000, LineBytes: 16 << 20}
}

// LineError is a line that cannot be right.
type LineError struct {
	Line int64 // counts from 1
	What string
}

func (e *LineError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.What) }

// DamageError says that the archive as a whole was cut or altered.
type DamageError struct{ What string }

func (e *DamageError) Error() string { return e.What }

// LimitError says that the archive is over a limit.
type LimitError struct {
	Limit      string
	Max, Found int64
	Line       int64
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("line %d: the archive is over the limit %s: %d are allowed, found %d", e.Line, e.Limit, e.Max, e.Found)
}

// Reader reads an archive line by line and keeps count, checksum and limits.
type Reader struct {
	in     *bufio.Reader
	limits Limits
	sum    hash.Hash
	header Header
	counts Counts
	line   int64
	bytes  int64
	start  int64 // where the line of Next begins
	done   bool
}

// NewReader reads the header.
func NewReader(r io.Reader, l Limits) (*Reader, error) {
	a := &Reader{in: bufio.NewReaderSize(r, 256<<10), limits: l, sum: sha256.New()}
	text, err := a.next()
	if errors.Is(err, io.EOF) {
		return nil, &DamageError{"the archive is empty"}
	}
	if err != nil {
		return nil, err
	}
	if err := strict(text, &a.header); err != nil || a.header.Format != Format {
		return nil, &LineError{1, fmt.Sprintf(`it is not the header of an archive, {"format":%q,"version":%d,…}`, Format, Version)}
	}
	if a.header.Version != Version {
		return nil, &LineError{1, fmt.Sprintf("the archive has version %d; this release reads version %d", a.header.Version, Version)}
	}
	a.sum.Write(text)
	a.sum.Write(newline)
	return a, nil
}

var newline = []byte{'\n'}

// Header returns the first line.
func (a *Reader) Header() Header { return a.header }

// Counts returns what was read so far; after io.EOF, what the archive holds.
func (a *Reader) Counts() Counts { return a.counts }

// LineNumber returns the number of the line that Next returned last.
func (a *Reader) LineNumber() int64 { return a.line }

// Offset returns where the line that Next returned last begins, in bytes.
func (a *Reader) Offset() int64 { return a.start }

// ReadText reads a text line again, at the offset where it stood.
func ReadText(r io.ReaderAt, offset int64, l Limits) (*TextLine, error) {
	in := bufio.NewReaderSize(io.NewSectionReader(r, offset, int64(l.LineBytes)+1), 64<<10)
	text, err := in.ReadBytes('\n')
	if err != nil {
		return nil, fmt.Errorf("read the text at byte %d: %w", offset, err)
	}
	t := &TextLine{}
	if err := strict(text, t); err != nil || t.T != KindText {
		return nil, fmt.Errorf("there is no text at byte %d: %w", offset, errors.Join(err))
	}
	return t, nil
}

// next returns a line without its end. Only a complete line counts: what has no
// line end was cut.
func (a *Reader) next() ([]byte, error) {
	var text []byte
	a.start = a.bytes
	for {
		part, err := a.in.ReadSlice('\n')
		a.bytes += int64(len(part))
		if a.bytes > a.limits.Bytes {
			return nil, &LimitError{"import-bytes", a.limits.Bytes, a.bytes, a.line + 1}
		}
		if len(text)+len(part) > a.limits.LineBytes+1 {
			return nil, &LimitError{"import-line-bytes", int64(a.limits.LineBytes), int64(len(text) + len(part)), a.line + 1}
		}
		text = append(text, part...)
		switch {
		case err == nil:
			a.line++
			if a.line > a.limits.Lines {
				return nil, &LimitError{"import-lines", a.limits.Lines, a.line, a.line}
			}
			return text[:len(text)-1], nil
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) && len(text) > 0:
			return nil, &DamageError{fmt.Sprintf("the archive is cut in line %d", a.line+1)}
		default:
			return nil, err
		}
	}
}

// Next returns the next line, or io.EOF after a last line whose counts and
// checksum are right and that nothing follows.
func (a *Reader) Next() (Line, error) {
	if a.done {
		return Line{}, io.EOF
	}
	text, err := a.next()
	if errors.Is(err, io.EOF) {
		return Line{}, &DamageError{fmt.Sprintf("the archive is cut after line %d: its last line, with counts and checksum, is missing", a.line)}
	}
	if err != nil {
		return Line{}, err
	}
	var kind struct {
		T string `json:"t"`
	}
	if !utf8.Valid(text) {
		return Line{}, a.bad("it is not valid UTF-8")
	}
	if err := json.Unmarshal(text, &kind); err != nil {
		return Line{}, a.bad("it is not a JSON object: %v", err)
	}
	if kind.T == KindEnd {
		return Line{}, a.finish(text)
	}
	a.sum.Write(text)
	a.sum.Write(newline)
	return a.parse(kind.T, text)
}

func (a *Reader) bad(format string, args ...any) error {
	return &LineError{a.line, fmt.Sprintf(format, args...)}
}

func (a *Reader) parse(kind string, text []byte) (Line, error) {
	l := Line{Kind: kind}
	var err error
	switch kind {
	case KindText:
		l.Text = &TextLine{}
		err = strict(text, l.Text)
		a.counts.Texts++
		if err == nil {
			sum := sha256.Sum256([]byte(l.Text.Body))
			if hex.EncodeToString(sum[:]) != l.Text.Hash {
				return l, &DamageError{fmt.Sprintf("line %d: the text does not have the SHA-256 that stands beside it", a.line)}
			}
		}
	case KindVersion:
		l.Version = &VersionLine{}
		err = strict(text, l.Version)
		a.counts.Versions++
	case KindUpcaster:
		l.Upcaster = &UpcasterLine{}
		err = strict(text, l.Upcaster)
		a.counts.Upcasters++
	case KindConfig:
		l.Config = &ConfigLine{}
		err = strict(text, l.Config)
		a.counts.Configs++
	case KindMode:
		l.Mode = &ModeLine{}
		err = strict(text, l.Mode)
		a.counts.Modes++
	default:
		return l, a.bad("this release does not know lines of the kind %q; it knows text, version, upcaster, config, mode and end", kind)
	}
	if err != nil {
		return l, a.bad("%v", err)
	}
	return l, nil
}

// strict decodes and refuses properties that would be lost.
func strict(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if d.More() {
		return errors.New("something follows the JSON value")
	}
	return nil
}

func (a *Reader) finish(text []byte) error {
	var e end
	if err := strict(text, &e); err != nil {
		return a.bad("%v", err)
	}
	if e.Counts != a.counts {
		return &DamageError{fmt.Sprintf("the archive was altered: its last line counts %+v, found %+v", e.Counts, a.counts)}
	}
	if e.SHA256 != hex.EncodeToString(a.sum.Sum(nil)) {
		return &DamageError{"the archive was altered: the SHA-256 of its lines is not the one in its last line"}
	}
	if _, err := a.in.ReadByte(); !errors.Is(err, io.EOF) {
		return &DamageError{fmt.Sprintf("something follows the last line, %d", a.line)}
	}
	a.done = true
	return io.EOF
}
