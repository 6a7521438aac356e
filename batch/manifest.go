package batch

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
)

// manifestFormat names the form of a manifest.
const manifestFormat = "instar-batch/v1"

// header is the first line of a manifest: what a run has to be to go on from it.
type header struct {
	Format   string   `json:"format"`
	Subject  string   `json:"subject,omitempty"`
	Target   int      `json:"target"`
	Routes   string   `json:"routes"`
	In       string   `json:"in"`
	Size     int64    `json:"size"`
	Modified int64    `json:"modified"`
	Form     Format   `json:"form"`
	Payload  Payload  `json:"payload"`
	Envelope Envelope `json:"envelope"`
	From     int      `json:"from,omitempty"`
	Dead     string   `json:"dead,omitempty"`
}

// entry is one further line: up to here both files belong together.
type entry struct {
	// In is bytes of the input (unpacked), Records its lines or events.
	In      int64   `json:"in"`
	Records int64   `json:"records"`
	Out     int64   `json:"out"`
	Dead    int64   `json:"dead"`
	Counts  []Count `json:"counts"`
	// Sum is the SHA-256 of the output since the entry before.
	Sum  string `json:"sum"`
	Done bool   `json:"done,omitempty"`
}

// manifest is the file that makes a run resumable.
type manifest struct {
	file *os.File
	path string
	last entry
	// before is the entry before the last one: where the last block of the
	// output begins.
	before entry
	begun  bool
}

// maxManifest bounds a manifest.
const maxManifest = 256 << 20

// openManifest opens or creates the manifest of a run. One that belongs to
// another run is refused.
func openManifest(path string, h *header) (*manifest, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644) //nolint:gosec // the user names the directory
	if err != nil {
		return nil, err
	}
	m := &manifest{file: f, path: path}
	if err := m.read(h); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return m, nil
}

// read takes over the lines that were written whole, and cuts off the rest.
func (m *manifest) read(h *header) error {
	text, err := io.ReadAll(io.LimitReader(m.file, maxManifest))
	if err != nil {
		return err
	}
	r := bufio.NewReaderSize(bytes.NewReader(text), 1<<16)
	whole := int64(0)
	for n := 0; ; n++ {
		line, err := r.ReadBytes('\n')
		if err != nil {
			break // the end, or a line that was not written whole
		}
		if n == 0 {
			if err := m.same(line, h); err != nil {
				return err
			}
		} else {
			var e entry
			if json.Unmarshal(line, &e) != nil {
				break
			}
			m.before, m.last, m.begun = m.last, e, true
		}
		whole += int64(len(line))
	}
	if err := m.file.Truncate(whole); err != nil {
		return err
	}
	if _, err := m.file.Seek(whole, io.SeekStart); err != nil {
		return err
	}
	if whole == 0 {
		return m.line(h)
	}
	return nil
}

func (m *manifest) same(line []byte, h *header) error {
	var was header
	if err := json.Unmarshal(line, &was); err != nil || was.Format != manifestFormat {
		return fmt.Errorf("%s is no manifest of a migration; remove it, or name another directory with --checkpoint", m.path)
	}
	what := ""
	switch {
	case was.Subject != h.Subject || was.Target != h.Target:
		what = fmt.Sprintf("it leads to version %d of %s", was.Target, was.Subject)
	case was.Routes != h.Routes:
		what = "the upcasters have changed since"
	case was.Size != h.Size || was.Modified != h.Modified:
		what = fmt.Sprintf("%s has changed since", h.In)
	case was != *h:
		what = "it was begun with other options"
	default:
		return nil
	}
	return fmt.Errorf("%s belongs to another run: %s; remove it and the unfinished output to begin anew", m.path, what)
}

func (m *manifest) line(v any) error {
	b, err := json.Marshal(v)
	if err == nil {
		_, err = m.file.Write(append(b, '\n'))
	}
	if err == nil {
		err = m.file.Sync()
	}
	return err
}

// add records that the files belong together up to an entry.
func (m *manifest) add(e entry) error {
	e.Counts = slices.Clone(e.Counts)
	m.before, m.last, m.begun = m.last, e, true
	return m.line(e)
}

// restore cuts a file back to what the last entry knows of it, and holds its
// last block to its sum.
func (m *manifest) restore(f *os.File) error {
	if !m.begun {
		return truncate(f, 0)
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.Size() < m.last.Out {
		return fmt.Errorf("%s is shorter than its manifest says; remove both to begin anew", f.Name())
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, io.NewSectionReader(f, m.before.Out, m.last.Out-m.before.Out)); err != nil {
		return err
	}
	if m.last.Sum != hex.EncodeToString(sum.Sum(nil)) {
		return fmt.Errorf("%s is not what its manifest says; remove both to begin anew", f.Name())
	}
	return truncate(f, m.last.Out)
}

func truncate(f *os.File, size int64) error {
	err := f.Truncate(size)
	if err == nil {
		_, err = f.Seek(size, io.SeekStart)
	}
	return err
}
