package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestExamplesOfCI: every command line of the examples and hooks is one that
// evcheck takes: its command, its flags and its formats.
func TestExamplesOfCI(t *testing.T) {
	root := filepath.Join("..", "..", "..", "..")
	files, err := filepath.Glob(filepath.Join(root, "examples", "ci", "*.yml"))
	if err != nil {
		t.Fatal(err)
	}
	lines := 0
	for _, file := range append(files, filepath.Join(root, ".pre-commit-hooks.yaml")) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)(?:entry:|run:|-) evcheck (.*)$`).FindAllSubmatch(text, -1) {
			lines++
			args := strings.Fields(string(m[1]))
			a := &app{stdin: &bytes.Reader{}, stdout: &bytes.Buffer{}, stderr: &bytes.Buffer{}}
			c, rest, err := a.root().Find(args)
			if err != nil || c.Name() != args[0] {
				t.Errorf("%s: evcheck %s: %v", file, m[1], err)
				continue
			}
			if err := c.ParseFlags(rest); err != nil {
				t.Errorf("%s: evcheck %s: %v", file, m[1], err)
			}
			formats, err := c.Flags().GetStringArray("output")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := parseOutputs(formats); err != nil {
				t.Errorf("%s: evcheck %s: %v", file, m[1], err)
			}
		}
	}
	if len(files) < 2 || lines < 4 {
		t.Errorf("%d command lines in %d examples were checked", lines, len(files))
	}
}
