package source

import (
	"archive/tar"
	"bufio"
	"bytes"
	"io"
	"os/exec"
	"path"
	"strings"
	"testing"
)

// nowhere takes what is asked.
type nowhere struct{ io.Writer }

func (nowhere) Close() error { return nil }

// FuzzBatch: whatever a git process answers, what is read is what its head line
// says, and nothing beyond a bound is.
func FuzzBatch(f *testing.F) {
	id := strings.Repeat("a", 40)
	for _, s := range []string{
		id + " blob 3\nabc\n", id + " missing\n", id + " tree 2\nab\n", id + " blob 99999999999\nabc\n", id + " blob -1\n\n", id + " blob x\n", "\n", "", id + " blob 3\nab",
		id + " blob 3\nabc\n" + id + " commit 1\nx\n" + id + " blob 0\n\n", "fatal: bad\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, answer []byte) {
		o := &objects{cmd: &exec.Cmd{}, in: nowhere{io.Discard}, out: bufio.NewReader(bytes.NewReader(answer))}
		for range 4 {
			data, err := o.ask(id)
			if err != nil {
				if _, is := err.(*objectError); !is || o.cmd == nil { //nolint:errorlint // never wrapped
					return
				}
				continue
			}
			if len(data) > MaxFileBytes || !bytes.Contains(answer, data) {
				t.Fatalf("%q gives %q", answer, data)
			}
		}
	})
}

// FuzzArchive: no archive has a file outside of itself, or one that is larger than
// a file may be, or far more than it takes.
func FuzzArchive(f *testing.F) {
	plain := tarOf(f, tar.Header{Name: "a/b.avsc", Typeflag: tar.TypeReg, Mode: 0o644}, tar.Header{Name: "../c", Typeflag: tar.TypeReg})
	f.Add(plain)
	f.Add(gzipOf(f, plain))
	f.Add(zipOf(f, "a/../../b", 0o644, []byte("x")))
	f.Add(zipOf(f, "a.avsc", 0o644, make([]byte, 1<<16)))
	f.Add([]byte("PK\x05\x06"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, read := range []func(map[string]string) error{
			func(texts map[string]string) error { return untar(data, false, texts) },
			func(texts map[string]string) error { return untar(data, true, texts) },
			func(texts map[string]string) error { return unzip(data, texts) },
		} {
			texts := map[string]string{}
			if read(texts) != nil {
				continue
			}
			total := 0
			for name, body := range texts {
				total += len(body)
				if path.IsAbs(name) || name == ".." || strings.HasPrefix(name, "../") || len(body) > MaxFileBytes {
					t.Errorf("the entry %q has %d bytes", name, len(body))
				}
			}
			if total > maxArchiveRatio*len(data)+1<<20 {
				t.Errorf("%d bytes of %d", total, len(data))
			}
		}
	})
}
