package archive

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
)

// Writer writes an archive line by line. Without [Writer.Close] the archive is
// not complete, and readers refuse it.
type Writer struct {
	out    *bufio.Writer
	sum    hash.Hash
	enc    *json.Encoder
	counts Counts
}

// NewWriter writes the header.
func NewWriter(w io.Writer, h Header) (*Writer, error) {
	a := &Writer{out: bufio.NewWriterSize(w, 64<<10), sum: sha256.New()}
	a.enc = json.NewEncoder(io.MultiWriter(a.out, a.sum))
	a.enc.SetEscapeHTML(false)
	h.Format, h.Version = Format, Version
	if h.Contexts == nil {
		h.Contexts = []string{}
	}
	return a, a.write(h)
}

func (a *Writer) write(v any) error {
	if err := a.enc.Encode(v); err != nil {
		return fmt.Errorf("write the archive: %w", err)
	}
	return nil
}

// Text writes a text. The caller writes each one once.
func (a *Writer) Text(body string) (string, error) {
	sum := sha256.Sum256([]byte(body))
	hash := hex.EncodeToString(sum[:])
	a.counts.Texts++
	return hash, a.write(TextLine{KindText, hash, body})
}

// Version writes a version whose text and references were written.
func (a *Writer) Version(v VersionLine) error {
	v.T = KindVersion
	a.counts.Versions++
	return a.write(v)
}

// Upcaster writes a revision whose text and versions were written.
func (a *Writer) Upcaster(u UpcasterLine) error {
	u.T = KindUpcaster
	a.counts.Upcasters++
	return a.write(u)
}

// Config writes a configuration entry.
func (a *Writer) Config(c ConfigLine) error {
	c.T = KindConfig
	a.counts.Configs++
	return a.write(c)
}

// Mode writes a mode.
func (a *Writer) Mode(m ModeLine) error {
	m.T = KindMode
	a.counts.Modes++
	return a.write(m)
}

// Flush hands everything written so far to the underlying writer.
func (a *Writer) Flush() error { return a.out.Flush() }

// Close writes the last line. It does not close the underlying writer.
func (a *Writer) Close() error {
	sum := hex.EncodeToString(a.sum.Sum(nil))
	if err := a.write(end{KindEnd, a.counts, sum}); err != nil {
		return err
	}
	return a.out.Flush()
}
