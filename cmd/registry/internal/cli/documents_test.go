package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
)

const documents = "../../../../docs/cli"

func TestCommandDocuments(t *testing.T) {
	if *update {
		if err := os.RemoveAll(documents); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(documents, 0o755); err != nil { //nolint:gosec // documents for everybody
			t.Fatal(err)
		}
		if err := WriteMarkdown(documents); err != nil {
			t.Fatal(err)
		}
	}
	fresh := t.TempDir()
	if err := WriteMarkdown(fresh); err != nil {
		t.Fatal(err)
	}
	want, have := files(t, fresh), files(t, documents)
	for name, text := range want {
		if !bytes.Equal(have[name], text) {
			t.Errorf("docs/cli/%s is not what the commands say; run make generate", name)
		}
		delete(have, name)
	}
	for name := range have {
		t.Errorf("docs/cli/%s describes no command; run make generate", name)
	}
}

func files(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	for _, e := range list {
		if out[e.Name()], err = os.ReadFile(filepath.Join(dir, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func TestManualPages(t *testing.T) {
	dir := t.TempDir()
	if err := writeMan((&app{}).root(), dir, sourceDate(func(string) string { return "86400" })); err != nil {
		t.Fatal(err)
	}
	pages := files(t, dir)
	for _, name := range []string{"registry.1", "registry-serve.1", "registry-token-create.1"} {
		if !strings.Contains(string(pages[name]), "Jan 1970") || !strings.Contains(string(pages[name]), ".SH EXAMPLE") {
			t.Errorf("%s lacks its date or its example:\n%.300s", name, pages[name])
		}
	}
	if d := sourceDate(func(string) string { return "" }); time.Since(d) > time.Minute {
		t.Errorf("without SOURCE_DATE_EPOCH the date is %s", d)
	}
}

// Every command says what it does and shows how.
func TestEveryCommandIsDocumented(t *testing.T) {
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		if c.Hidden || c.Name() == "help" {
			return
		}
		if c.Short == "" || c.Example == "" || strings.HasSuffix(c.Short, ".") {
			t.Errorf("%s: short text %q, example %q", c.CommandPath(), c.Short, c.Example)
		}
		if c.Args == nil {
			t.Errorf("%s accepts any arguments", c.CommandPath())
		}
		for _, line := range strings.Split(c.Example, "\n") {
			if !strings.Contains(line, "registry") {
				t.Errorf("%s: the example %q does not call the program", c.CommandPath(), line)
			}
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk((&app{}).root())
}
