package source

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/instar-registry/instar/lint"
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
			got, err := o.ask(id)
			if err != nil {
				if _, is := err.(*objectError); !is || o.cmd == nil { //nolint:errorlint // never wrapped
					return
				}
				continue
			}
			if len(got.data) > MaxFileBytes || !bytes.Contains(answer, got.data) || got.kind == "blob" && got.size <= MaxFileBytes && int64(len(got.data)) != got.size {
				t.Fatalf("%q gives %+v", answer, got)
			}
		}
	})
}

// FuzzTree: whatever git lists and answers, a tree has each path once and none that
// leads out of it without saying so, links end, and no file outside is read.
func FuzzTree(f *testing.F) {
	const secret = "what nobody shows"
	outside := f.TempDir()
	dir := filepath.Join(outside, "tree")
	for name, text := range map[string]string{"secret": secret, "tree/a": "a", "tree/d/b": "b"} {
		if err := errors.Join(os.MkdirAll(filepath.Dir(filepath.Join(outside, name)), 0o755), os.WriteFile(filepath.Join(outside, name), []byte(text), 0o600)); err != nil {
			f.Fatal(err)
		}
	}
	for name, target := range map[string]string{"out": "../secret", "up": "..", "loop": "loop", "abs": filepath.Join(outside, "secret"), "in": "a"} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			f.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		f.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = root.Close() })
	id := strings.Repeat("a", 40)
	blob := "100644 blob " + id + "\t"
	staged := "100644 " + id + " 0\t"
	link := id + " blob 2\nin\n"
	for _, s := range [][2]string{
		{blob + "a\x00" + blob + "d/b\x00", id + " blob 1\nx\n" + id + " blob 0\n\n"},
		{blob + "../secret\x00" + blob + "/x\x00" + blob + ".git/config\x00" + blob + "a\x00" + blob + "a\x00" + "160000 commit " + id + "\tmod\x00", ""},
		{"120000 blob " + id + "\tin\x00120000 blob " + id + "\tx\x00", link + link + link},
		{"H " + staged + "a\x00H " + staged + "out\x00C " + staged + "out\x00R " + staged + "a\x00S " + staged + "d/b\x00? up/secret\x00? pipe\x00? abs\x00? loop\x00? dir/\x00", id + " blob 0\n\n"},
		{"M 100644 " + id + " 1\ta\x00M 100644 " + id + " 2\ta\x00C 160000 " + id + " 0\tmod\x00", ""},
		{"H " + staged + "a/b/c\x00H " + staged + "a/b.avsc\x00S " + staged + "b\x00", id + " tree 57\n100644 b\x00" + strings.Repeat("i", 20) + "40000 a\x00" + strings.Repeat("j", 20) + "\n" + id + " tree 29\n100644 c\x00" + strings.Repeat("k", 20) + "\n"},
		{"", id + " tree 29\n40000 ..\x00" + strings.Repeat("i", 20) + "\n"},
		{"? ../secret\x00? d/../../secret\x00? /etc/hostname\x00?\x00", ""},
	} {
		for _, kind := range []byte{0, 1, 2, 3} {
			f.Add([]byte(s[0]), []byte(s[1]), kind, "d")
		}
	}
	f.Fuzz(func(t *testing.T, list, answers []byte, kind byte, sub string) {
		git := &Git{Command: func(context.Context, string, ...string) *exec.Cmd { return &exec.Cmd{} }} // starts nothing
		o := &objects{git: git, cmd: &exec.Cmd{}, in: nowhere{io.Discard}, out: bufio.NewReader(bytes.NewReader(answers))}
		tree := (&Repository{git: git, objects: o}).tree(lint.Snap{})
		tree.root = root
		var err error
		switch kind % 4 {
		case 0:
			tree.prefix = prefixOf(sub)
			err = tree.committed(list)
		case 3:
			tree.repo.Digits, tree.repo.staged, tree.snap.Commit = 40, stagedOf(list, 40), id
			_, err = tree.likeStaged(t.Context())
		default:
			err = tree.listed(list, kind%4 == 1)
		}
		if err != nil {
			return
		}
		last := ""
		for i, file := range tree.sorted().Files() {
			if i > 0 && file.Path <= last {
				t.Fatalf("%q: %q after %q", list, file.Path, last)
			}
			last = file.Path
			if file.Trouble == "" && (!filepath.IsLocal(file.Path) || path.Clean(file.Path) != file.Path || slices.Contains(strings.Split(strings.ToLower(file.Path), "/"), ".git")) {
				t.Fatalf("%q: the name %q is taken", list, file.Path)
			}
			if data, err := tree.Read(t.Context(), file.Path); err == nil && strings.Contains(string(data), secret) && !bytes.Contains(answers, []byte(secret)) {
				t.Fatalf("%q: %q shows a file outside", list, file.Path)
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
