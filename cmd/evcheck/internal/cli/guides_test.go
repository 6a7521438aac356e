package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/instar-registry/instar/lint"
)

const docsDir = "../../../../docs"

// guides are the pages about evcheck.
func guides(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, name := range []string{"evcheck.md", "evcheck-guides.md"} {
		text, err := os.ReadFile(filepath.Join(docsDir, name))
		if err != nil {
			t.Fatal(err)
		}
		out[name] = string(text)
	}
	return out
}

// TestGuides: every link leads to a file, every configuration is one, and every
// command line has a command and flags that exist.
func TestGuides(t *testing.T) {
	var commands, configs, links int
	for name, text := range guides(t) {
		for _, m := range regexp.MustCompile(`\]\(([^)]+)\)`).FindAllStringSubmatch(text, -1) {
			target, _, _ := strings.Cut(m[1], "#")
			if strings.Contains(target, "://") {
				continue
			}
			if links++; target != "" {
				if _, err := os.Stat(filepath.Join(docsDir, filepath.FromSlash(target))); err != nil {
					t.Errorf("%s links to %s: %v", name, m[1], err)
				}
			}
		}
		for _, m := range regexp.MustCompile("(?s)```yaml\n(instar: .*?)```").FindAllStringSubmatch(text, -1) {
			if configs++; configs > 0 {
				if _, err := lint.ReadConfig(lint.ConfigFile, []byte(m[1])); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
		for _, m := range regexp.MustCompile("(?m)(?:^|`|&& )evcheck ([a-z][^`\n]*)").FindAllStringSubmatch(text, -1) {
			commands++
			line, _, _ := strings.Cut(m[1], "  #")
			c, args, err := (&app{}).root().Find(strings.Fields(line))
			if err != nil || !c.HasParent() {
				t.Errorf("%s: evcheck %s: %v", name, line, err)
				continue
			}
			for _, a := range args {
				flag, _, _ := strings.Cut(strings.TrimPrefix(a, "--"), "=")
				if strings.HasPrefix(a, "--") && c.Flags().Lookup(flag) == nil {
					t.Errorf("%s: evcheck %s has no flag %s", name, line, a)
				}
			}
		}
	}
	if commands < 30 || configs < 4 || links < 30 {
		t.Errorf("only %d commands, %d configurations and %d links were found", commands, configs, links)
	}
}

// TestEveryFlagIsTried: each flag of each command stands in a script, and each
// command in a guide.
func TestEveryFlagIsTried(t *testing.T) {
	var tried strings.Builder
	for _, pattern := range []string{"testdata/script/*.txtar", "../../../../lint/testdata/wish/*.txtar", "*_test.go", "../../../../examples/ci/*", "../../../../action.yml"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		for _, f := range files {
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			tried.Write(text)
		}
	}
	written := ""
	for _, text := range guides(t) {
		written += text
	}
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		if c.Runnable() && c.HasParent() && c.Name() != "help" && !strings.Contains(written, c.Name()) {
			t.Errorf("no guide speaks of %s", c.CommandPath())
		}
		c.Flags().VisitAll(func(f *pflag.Flag) {
			used := regexp.MustCompile(`(^|[\s'"])--` + f.Name + `\b|EVCHECK_` + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_")))
			if f.Name != "help" && !used.MatchString(tried.String()) {
				t.Errorf("no script has %s --%s", c.CommandPath(), f.Name)
			}
		})
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk((&app{}).root())
}
