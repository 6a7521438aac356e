package cli

import (
	"context"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/instar-registry/instar/lint"
	"github.com/instar-registry/instar/lint/report"
	"github.com/instar-registry/instar/lint/source"
	"github.com/instar-registry/instar/lint/tree"
)

func (a *app) pull() *cobra.Command {
	var f treeFlags
	c := &cobra.Command{
		Use: "pull [SUBJECT…]", Short: "Write the schemas of a registry into files",
		Long: "pull reads the newest version of each subject, or of those that patterns name, and what they refer to.\n" +
			"A subject that a file of the tree is mapped to is written to that file, others to SUBJECT/VERSION.EXT;\n" +
			tree.ManifestFile + " says which is which, with ids, references and levels. A\n" +
			"directory with it is a base that needs no network: --against dir:PATH.\n\n" +
			"With --refs it reads the references of the configuration instead, which lie in no tree: pinned copies of\n" +
			"registered versions, which every command reads from then on without a registry.\n\n" + registryHelp,
		Example: "  evcheck pull --registry prod\n  evcheck pull 'orders-*' --all-versions",
		RunE:    func(c *cobra.Command, args []string) error { return a.runPull(c.Context(), &f, args) },
	}
	f.register(c)
	c.Flags().BoolVar(&f.all, "all-versions", false, "read every version, not only the newest")
	c.Flags().StringVar(&f.dir, "dir", "", "write below this `directory`, and not into files of the tree")
	c.Flags().BoolVar(&f.refs, "refs", false, "read the references that the configuration pins, into "+lint.RefsDir+" and "+lint.LockFile)
	return c
}

// pullRefs reads what the configuration pins.
func (a *app) pullRefs(ctx context.Context, f *treeFlags) error {
	o := &source.Opener{Dir: a.dir, Environ: a.environ}
	if err := o.Find(ctx); err != nil {
		return err
	}
	defer func() { _ = o.Close() }() // read only
	head, err := o.Head(ctx, "worktree")
	if err != nil {
		return err
	}
	c, err := loadConfig(ctx, a, o, head, f.config)
	if err != nil {
		return err
	}
	if len(c.References) == 0 {
		return &lint.InputError{What: "no reference is pinned", Hint: "list references in " + lint.ConfigFile + ": each with name, subject and version"}
	}
	dir := filepath.Join(o.Root, filepath.FromSlash(filepath.Dir(c.File)))
	var old *lint.Lock
	if text, err := os.ReadFile(filepath.Join(dir, lint.LockFile)); err == nil { //nolint:gosec // a file of the tree
		if old, err = lint.ReadLock(lint.LockFile, text); err != nil {
			return err
		}
	}
	lock, texts, err := tree.PullRefs(ctx, c.References, old, func(name string) (*tree.Registry, error) {
		if name == "" {
			name = f.registry
		}
		return tree.Connect(name, c, a.env)
	})
	if err != nil {
		return reachable(err)
	}
	text, err := lock.JSON()
	if err != nil {
		return err
	}
	texts[lint.LockFile] = string(text)
	changed, err := writeTexts(dir, texts)
	if err != nil {
		return err
	}
	a.say("read %s; files new or changed: %d", count(len(lock.References), "reference"), changed)
	return nil
}

func (a *app) runPull(ctx context.Context, f *treeFlags, patterns []string) error {
	if f.refs {
		if len(patterns) > 0 || f.all {
			return &lint.InputError{What: "--refs reads what the configuration pins, and takes no subjects and no --all-versions"}
		}
		return a.pullRefs(ctx, f)
	}
	o, head, c, r, err := a.treeOf(ctx, f)
	if err != nil {
		return err
	}
	defer func() { _ = o.Close() }() // read only
	reader := lint.NewReader(head, c)
	opts := tree.PullOptions{All: f.all, File: func(subject string) string {
		file, found, err := reader.Find(ctx, subject)
		if err != nil || !found {
			return ""
		}
		return file
	}}
	dir := o.Root
	if f.dir != "" {
		if dir, opts.File = f.dir, nil; !filepath.IsAbs(dir) {
			dir = filepath.Join(a.dir, dir)
		}
	}
	if len(patterns) > 0 {
		opts.Want = func(s string) bool {
			return slices.ContainsFunc(patterns, func(p string) bool { return ruleGlob(p)(s) })
		}
	}
	m, texts, err := tree.Pull(ctx, r, opts)
	if err != nil {
		return reachable(err)
	}
	if len(m.Subjects) == 0 {
		return &lint.InputError{What: r.Name + " has no subject that is meant"}
	}
	changed, err := writeTexts(dir, texts)
	if err != nil {
		return err
	}
	a.say("read %s of %s; files new or changed: %d", count(len(m.Subjects), "subject"), report.Visible(r.Name), changed)
	return nil
}

// writeTexts writes files below a directory, by a rename, and leaves those alone
// that have their text.
func writeTexts(root string, texts map[string]string) (changed int, err error) {
	for name, text := range texts {
		file := filepath.Join(root, filepath.FromSlash(name))
		if !filepath.IsLocal(filepath.FromSlash(name)) {
			return changed, &lint.InputError{What: name + " lies outside of the tree"}
		}
		if have, err := os.ReadFile(file); err == nil && string(have) == text { //nolint:gosec // a file of the tree
			continue
		}
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil { //nolint:gosec // as a checkout does
			return changed, &lint.InputError{What: err.Error()}
		}
		if err := replaceFile(file, []byte(text)); err != nil {
			return changed, err
		}
		changed++
	}
	return changed, nil
}
