package arch

import (
	"bytes"
	"go/format"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// tracked lists the files under version control, or all files where there is no
// version control, as in an unpacked release.
func tracked(t *testing.T) []string {
	t.Helper()
	c := exec.Command("git", "ls-files", "-z") //nolint:noctx // ends by itself
	c.Dir = root
	out, err := c.Output()
	if err != nil {
		return walked(t)
	}
	return strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
}

func walked(t *testing.T) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(root, path)
		out = append(out, filepath.ToSlash(rel))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// unclean is text that no file of the project may hold. The patterns are
// written so that they do not match themselves.
var unclean = []struct {
	what    string
	pattern *regexp.Regexp
}{
	{"a path of one machine", regexp.MustCompile(`(^|[\s"'=(:])/(work|root|home/[a-z]+)/[a-z.]`)},
	{"the host of a package registry", regexp.MustCompile(`(proxy\.golang|registry\.npmjs|files\.pythonhosted)\.org|deb\.debian\.[o]rg`)},
	{"a marker of unfinished work", regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XX` + `X)\b`)},
	{"a merge conflict", regexp.MustCompile(`(?m)^(<{7}|>{7}) `)},
	{"a generated signature", regexp.MustCompile(`(?i)co-auth` + `ored-by:|generated (with|by) an? (ai|assist)`)},
	{"a carriage return", regexp.MustCompile(`\r\n`)},
}

// exempt files hold such text for a reason: data of the field, checksums, and
// the hostile corpus.
func exempt(name string) bool {
	return strings.Contains(name, "testdata/") || strings.HasSuffix(name, "go.sum") || strings.HasPrefix(name, "LICENSE") ||
		strings.Contains(name, "package-lock.json")
}

func TestTextIsClean(t *testing.T) {
	files := 0
	for _, name := range tracked(t) {
		b, err := os.ReadFile(filepath.Join(root, name))
		if os.IsNotExist(err) {
			continue // deleted and not yet committed
		}
		if err != nil {
			t.Fatal(err)
		}
		files++
		if exempt(name) || !utf8.Valid(b) || bytes.IndexByte(b, 0) >= 0 {
			continue
		}
		for _, u := range unclean {
			if at := u.pattern.FindIndex(b); at != nil {
				t.Errorf("%s:%d holds %s: %q", name, 1+bytes.Count(b[:at[0]], []byte("\n")), u.what, b[at[0]:at[1]])
			}
		}
	}
	if files < 50 {
		t.Errorf("only %d files were looked at", files)
	}
}

func TestGoFilesAreFormatted(t *testing.T) {
	for _, name := range tracked(t) {
		if !strings.HasSuffix(name, ".go") || strings.Contains(name, "testdata/") {
			continue
		}
		b, err := os.ReadFile(filepath.Join(root, name))
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		want, err := format.Source(b)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if !bytes.Equal(want, b) {
			t.Errorf("%s is not formatted; run gofmt", name)
		}
	}
}
