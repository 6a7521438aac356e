package cli

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/instar-registry/instar/compat"
	"github.com/instar-registry/instar/lint"
	"github.com/instar-registry/instar/lint/report"
	"github.com/instar-registry/instar/lint/source"
)

// diffFlags are the flags of "diff".
type diffFlags struct {
	gitDriver, json bool
	format, failOn  string
	registry        string
}

func (a *app) diff() *cobra.Command {
	var f diffFlags
	c := &cobra.Command{
		Use: "diff OLD NEW", Short: "Show every change between two schemas, or two snapshots",
		Long: "diff lists every change between two files, between the schemas of two snapshots, or between two\n" +
			"versions in a registry, named SUBJECT@3 or SUBJECT@latest: what breaks events, what only a\n" +
			"policy minds, and what nobody does, with the verdict under all levels and policies and who must\n" +
			"deploy first. It ends with 0 whatever it finds, unless --fail-on is given.\n\n" +
			"With --git-driver it speaks git's protocol of external diffs:\n\n" +
			"  git config diff.evcheck.command 'evcheck diff --git-driver'\n" +
			"  echo '*.avsc diff=evcheck' >> .gitattributes\n" +
			"  git log -p --ext-diff",
		Example: "  evcheck diff old.avsc new.avsc\n  evcheck diff git:v1.0 worktree\n  evcheck diff orders-value@3 orders-value@latest --registry prod",
		Args: func(_ *cobra.Command, args []string) error {
			if n := len(args); !f.gitDriver && n != 2 || f.gitDriver && (n < 7 || n > 9) && n != 1 {
				return &lint.InputError{What: fmt.Sprintf("diff takes an old and a new schema, and %d are named", n), Hint: "write evcheck diff OLD NEW; with --git-driver git names them"}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return a.runDiff(c.Context(), &f, args) },
	}
	fs := c.Flags()
	fs.SortFlags = false
	fs.StringVar(&f.format, "format", "", "`format` of the files: avro, json, protobuf (default: told by name)")
	fs.BoolVar(&f.gitDriver, "git-driver", false, "be called by git as an external diff")
	fs.StringVar(&f.registry, "registry", "", "`name` or address of the registry that has the versions (default: the only one of the configuration)")
	fs.BoolVar(&f.json, "json", false, "print JSON")
	fs.StringVar(&f.failOn, "fail-on", "never", "exit 1 for `changes`: error (that break events), warning (that a policy minds, too), note (any), never")
	return c
}

// schemaPair is a schema on both sides; a nil side is not there.
type schemaPair struct {
	name     string
	old, new *lint.Schema
	err      error // a side cannot be read as a schema
}

func (a *app) runDiff(ctx context.Context, f *diffFlags, args []string) error {
	if !slices.Contains(severities, f.failOn) {
		return unknownName("severity", f.failOn, severities, "one of "+strings.Join(severities, ", "))
	}
	if known := []string{"", "avro", "json", "protobuf"}; !slices.Contains(known, f.format) {
		return unknownName("format", f.format, known[1:], "one of avro, json, protobuf")
	}
	pairs, err := a.diffPairs(ctx, f, args)
	if err != nil {
		return err
	}
	var out []report.Difference
	for _, p := range pairs {
		d := report.Difference{Name: p.name, Err: p.err}
		if p.err == nil {
			if d.Old, d.New = p.old != nil, p.new != nil; d.Old && d.New {
				delta, err := compat.Diff(ctx, compat.Version{Parsed: p.old.Parsed}, p.new.Parsed, compat.Options{})
				if err != nil {
					return err
				}
				d.Delta = &delta
			}
		}
		out = append(out, d)
	}
	if f.json {
		err = a.printJSON(report.DifferencesJSON(out))
	} else {
		err = a.print("%s", report.DifferencesText(out))
	}
	if err != nil {
		return err
	}
	for _, d := range out {
		if d.Err != nil && !f.gitDriver { // git shows no more files after an error
			return &lint.InputError{What: d.Name + " cannot be compared: " + d.Err.Error()}
		}
	}
	if slices.ContainsFunc(out, func(d report.Difference) bool { return d.Fails(f.failOn) }) {
		return errFindings
	}
	return nil
}

func (a *app) diffPairs(ctx context.Context, f *diffFlags, args []string) ([]schemaPair, error) {
	if f.gitDriver {
		return a.gitDriver(ctx, f, args)
	}
	if a.isFile(args[0]) && a.isFile(args[1]) {
		return []schemaPair{a.filePair(ctx, f, args[1], args[0], args[1])}, nil
	}
	old, isOld := source.ParseVersion(args[0])
	young, isNew := source.ParseVersion(args[1])
	switch {
	case isOld && isNew:
		return a.versionPair(ctx, f, old, young)
	case f.registry != "":
		return nil, &lint.InputError{What: "--registry is given, and what is compared is not in one", Hint: "name two versions, such as orders-value@3 orders-value@5"}
	}
	return a.snapshotPairs(ctx, args[0], args[1])
}

// versionPair reads two versions from a registry.
func (a *app) versionPair(ctx context.Context, f *diffFlags, old, young source.Version) ([]schemaPair, error) {
	o := &source.Opener{Dir: a.dir, Environ: a.environ}
	defer func() { _ = o.Close() }()
	if err := o.Find(ctx); err != nil {
		return nil, err
	}
	if f.registry == "" || !strings.Contains(f.registry, "://") {
		head, err := o.Head(ctx, "")
		if err != nil {
			return nil, err
		}
		c, err := loadConfig(ctx, a, o, head, "")
		if err != nil {
			return nil, err
		}
		o.Registries = c.Registries
	}
	list, err := o.Versions(ctx, f.registry, old, young)
	if err != nil {
		return nil, err
	}
	name := list[1].Source.File
	if list[0].Source.File != name {
		name = list[0].Source.File + " → " + name
	}
	return []schemaPair{{name: name, old: list[0], new: list[1]}}, nil
}

func (a *app) isFile(name string) bool {
	info, err := os.Stat(filepath.Join(a.dirOf(name), name))
	return err == nil && !info.IsDir() && !strings.HasSuffix(name, ".tar") && !strings.HasSuffix(name, ".zip") && !strings.HasSuffix(name, ".gz")
}

// gitDriver reads the arguments that git gives an external diff: the path, and
// for each side a file, its id and its mode. A path alone is one that is not
// merged.
func (a *app) gitDriver(ctx context.Context, f *diffFlags, args []string) ([]schemaPair, error) {
	if len(args) == 1 {
		return []schemaPair{{name: args[0], err: fmt.Errorf("it is not merged; resolve the conflict")}}, nil
	}
	name := args[0]
	if len(args) > 7 {
		name = args[7] // after a rename
	}
	p := a.filePair(ctx, f, name, args[1], args[4])
	return []schemaPair{p}, nil
}

// filePair reads two files, which need not stand where they belong: the format
// is told by name.
func (a *app) filePair(ctx context.Context, f *diffFlags, name, old, young string) schemaPair {
	p := schemaPair{name: name}
	side := func(file string) *lint.Schema {
		if file == os.DevNull || p.err != nil {
			return nil
		}
		s, err := a.schemaFile(ctx, f, name, file)
		if err != nil {
			p.err = fmt.Errorf("%s: %w", file, err)
		}
		return s
	}
	p.old = side(old)
	p.new = side(young)
	return p
}

// schemaFile parses a file under the name that it has in its tree. What it
// builds on is looked for beside that name.
func (a *app) schemaFile(ctx context.Context, f *diffFlags, name, file string) (*lint.Schema, error) {
	data, err := os.ReadFile(filepath.Join(a.dirOf(file), file))
	if err != nil {
		return nil, err
	}
	as := path.Base(filepath.ToSlash(name))
	c := lint.DefaultConfig()
	switch f.format {
	case "":
	case "avro":
		as = "schema.avsc"
	case "json":
		as = "schema.schema.json"
	case "protobuf":
		as = "schema.proto"
	}
	tree := lint.NewMemoryTree("file:"+file, map[string]string{as: string(data)})
	if dir := filepath.Dir(filepath.Join(a.dirOf(name), name)); f.format == "" {
		if around, err := source.Directory(dir, "dir:"+dir); err == nil {
			defer func() { _ = around.Close() }()
			return lint.NewReader(lint.Overlay(around, map[string]string{as: string(data)}), c).Schema(ctx, as)
		}
	}
	return lint.NewReader(tree, c).Schema(ctx, as)
}

// snapshotPairs pairs the schemas of two snapshots by path and leaves out those
// that are equal.
func (a *app) snapshotPairs(ctx context.Context, old, young string) ([]schemaPair, error) {
	o := &source.Opener{Dir: a.dir, Environ: a.environ, Exact: true}
	if err := o.Find(ctx); err != nil {
		return nil, err
	}
	defer func() { _ = o.Close() }()
	if pair, err := inTrees(ctx, o, old, young); err != nil || pair != nil {
		return pair, err
	}
	head, err := o.Head(ctx, young)
	if err != nil {
		return nil, err
	}
	bases, err := o.Bases(ctx, []string{old})
	if err != nil {
		return nil, err
	}
	c := lint.DefaultConfig()
	sides := [2]*lint.Reader{lint.NewReader(bases[0].Tree, c), lint.NewReader(head, c)}
	ids := [2]map[string]string{fileIDs(bases[0].Tree), fileIDs(head)}
	names := map[string]bool{}
	for _, side := range sides {
		files, err := side.Files(ctx)
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			names[file] = true
		}
	}
	if len(names) == 0 {
		return nil, &lint.InputError{Rule: "evcheck/nothing-compared", What: "there is no schema file in " + old + " or " + young}
	}
	var out []schemaPair
	for _, name := range sortedNames(names) {
		if ids[0][name] != "" && ids[0][name] == ids[1][name] {
			continue
		}
		p := schemaPair{name: name}
		for i, side := range sides {
			if _, there := ids[i][name]; !there || p.err != nil {
				continue
			}
			s, err := side.Schema(ctx, name)
			if err != nil {
				p.err = err
			} else if i == 0 {
				p.old = s
			} else {
				p.new = s
			}
		}
		if p.old == nil || p.new == nil || p.old.Source.Text != p.new.Source.Text {
			out = append(out, p)
		}
	}
	return out, nil
}

// inTrees reads two files of which at least one is in a commit, git:REF:PATH;
// each is read with the tree around it. It returns nil if that is not what the
// names stand for.
func inTrees(ctx context.Context, o *source.Opener, old, young string) ([]schemaPair, error) {
	p := schemaPair{}
	for i, name := range []string{old, young} {
		tree, file, err := o.File(ctx, name)
		if err != nil || file == "" {
			return nil, err
		}
		s, err := lint.NewReader(tree, lint.DefaultConfig()).Schema(ctx, file)
		if p.name = file; err != nil {
			p.err = fmt.Errorf("%s: %w", name, err)
		} else if i == 0 {
			p.old = s
		} else {
			p.new = s
		}
	}
	return []schemaPair{p}, nil
}

func fileIDs(t lint.Tree) map[string]string {
	out := map[string]string{}
	for _, f := range t.Files() {
		out[f.Path] = f.ID
	}
	return out
}

func sortedNames(set map[string]bool) []string {
	var out []string
	for name := range set {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}
