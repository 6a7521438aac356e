package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/instar-registry/instar/lint"
	"github.com/instar-registry/instar/lint/source"
)

// snippet is what a CI system runs.
const snippet = `# In CI, after a checkout with the whole history (or with --fetch):
#   evcheck check --output text --output sarif=evcheck.sarif
# As a pre-commit hook:
#   evcheck check --staged --offline
`

func (a *app) initialise() *cobra.Command {
	var registry string
	c := &cobra.Command{
		Use:   "init",
		Short: "Look at the tree and write a commented " + lint.ConfigFile,
		Long:  "init writes " + lint.ConfigFile + " for the schemas that it finds, says what it maps, and never overwrites.",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return a.runInit(c.Context(), registry) },
	}
	c.Flags().StringVar(&registry, "registry", "", "`address` of a registry to compare with")
	return c
}

func (a *app) runInit(ctx context.Context, registry string) error {
	o := &source.Opener{Dir: a.dir, Environ: a.environ}
	if err := o.Find(ctx); err != nil {
		return err
	}
	defer func() { _ = o.Close() }() // read only
	tree, err := o.Head(ctx, "")
	if err != nil {
		return err
	}
	q := lint.Request{Head: tree, Config: lint.DefaultConfig()}
	report, err := lint.Validate(ctx, q)
	if err != nil {
		return err
	}
	groups := grouped(report.Subjects)
	text := configText(o, ctx, groups, registry)
	if _, err := lint.ReadConfig(lint.ConfigFile, []byte(text)); err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(o.Root, lint.ConfigFile), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // it is committed
	if errors.Is(err, fs.ErrExist) {
		return &lint.InputError{What: "there is an " + lint.ConfigFile + " already", Hint: "edit it; evcheck config print shows what holds"}
	}
	if err == nil {
		_, err = f.WriteString(text)
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		return &lint.InputError{What: lint.ConfigFile + " cannot be written: " + err.Error()}
	}
	for _, g := range groups {
		if err := a.print("%-9s %4d  %s\n", g.format, g.files, g.pattern); err != nil {
			return err
		}
	}
	return a.print("wrote %s\n\n%s", lint.ConfigFile, snippet)
}

// group is what one entry of sources maps.
type group struct {
	pattern, format string
	files           int
}

// grouped finds the patterns that map the files: the directories that hold them,
// by format and name.
func grouped(subjects []lint.Subject) []group {
	byPattern := map[string]*group{}
	for _, s := range subjects {
		top, rest, deep := strings.Cut(s.File, "/")
		end := "*" + path.Ext(s.File)
		if strings.HasSuffix(s.File, ".schema.json") {
			end = "*.schema.json"
		}
		pattern := end
		if deep {
			pattern = top + "/**/" + end
			_ = rest
		}
		g := byPattern[pattern]
		if g == nil {
			g = &group{pattern: pattern, format: s.Format}
			byPattern[pattern] = g
		}
		g.files++
	}
	var out []group
	for _, g := range byPattern {
		out = append(out, *g)
	}
	// The narrower pattern comes first, for the first match wins.
	slices.SortFunc(out, func(a, b group) int {
		if n := len(path.Base(b.pattern)) - len(path.Base(a.pattern)); n != 0 {
			return n
		}
		return strings.Compare(a.pattern, b.pattern)
	})
	return out
}

// configText is the configuration for the groups.
func configText(o *source.Opener, ctx context.Context, groups []group, registry string) string {
	var b strings.Builder
	b.WriteString("# What evcheck checks; docs/evcheck.md describes every key.\ninstar: " + lint.ConfigVersion + "\n")
	var bases []string
	if o.Repo != nil {
		if base, err := o.Repo.DefaultBase(ctx); err == nil && base != "HEAD" {
			bases = append(bases, quote("git:"+base))
		}
	}
	if registry != "" {
		fmt.Fprintf(&b, "registries:\n  main: {url: %s}\n", quote(registry))
		bases = append(bases, "\"registry:main\"")
	}
	if len(bases) > 0 {
		fmt.Fprintf(&b, "# What the schemas are compared with where the command names nothing.\nagainst: [%s]\n", strings.Join(bases, ", "))
	}
	b.WriteString("# The first entry that matches a file holds; \"!\" excludes.\nsources:\n")
	for _, g := range groups {
		fmt.Fprintf(&b, "  - match: [%s]\n    subject: \"{path}\" # or \"{record}-value\", \"{message}\", \"{name}\" ...\n    format: %s\n    level: BACKWARD # NONE, BACKWARD, FORWARD, FULL; with history: also ..._TRANSITIVE\n    policy: EXACT # STRICT, LENIENT, EXACT, DECLARED\n", quote(g.pattern), g.format)
	}
	b.WriteString("# severity: {\"proto/*-unreserved\": error}\n# waivers:\n#   - {rule: RULE, subject: SUBJECT, reason: \"why it was accepted\", until: 2026-12-31}\n")
	return b.String()
}

// quote writes a text as a YAML string in double quotes.
func quote(s string) string { return fmt.Sprintf("%q", s) }
