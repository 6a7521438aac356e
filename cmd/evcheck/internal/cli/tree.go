package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/instar-registry/instar/client"
	"github.com/instar-registry/instar/lint"
	"github.com/instar-registry/instar/lint/report"
	"github.com/instar-registry/instar/lint/source"
	"github.com/instar-registry/instar/lint/tree"
)

// treeFlags are the flags of the commands between a tree and a registry.
type treeFlags struct {
	registry, config, output string
	dir                      string
	prune, exitOnChange      bool
	allowLowering, all       bool
	schemasOnly, refs        bool
}

func (f *treeFlags) register(c *cobra.Command) {
	c.Flags().SortFlags = false
	c.Flags().StringVar(&f.registry, "registry", "", "`name` of a registry of the configuration, or its address")
	c.Flags().StringVar(&f.config, "config", "", "configuration `file` (default: the nearest "+lint.ConfigFile+" upwards)")
}

const registryHelp = "Credentials come from the environment: INSTAR_TOKEN, INSTAR_TOKEN_COMMAND, which prints a token, or\n" +
	"INSTAR_BASIC as name:password; with _ and the registry's name in capitals behind it they are for that\n" +
	"one alone."

func (a *app) plan() *cobra.Command {
	var f treeFlags
	c := &cobra.Command{
		Use: "plan [PATH…]", Short: "Show what registering the tree would change",
		Long: "plan asks a registry about each schema of the tree, and writes nothing there. It shows + for a new\n" +
			"subject, ^ for a new version, ~ for a level or policy where the configuration says manage: [config],\n" +
			"u for an upcaster where it says manage: [upcasters], = for what is as it should be, - for subjects that\n" +
			"the tree does not have, and ! for what would be refused. References come before what uses them. The\n" +
			"exit code is 1 if something would be refused.\n\n" + registryHelp,
		Example: "  evcheck plan --registry prod\n  evcheck plan --registry prod --output plan.json && evcheck apply plan.json --registry prod",
		RunE:    func(c *cobra.Command, args []string) error { return a.runPlan(c.Context(), &f, args) },
	}
	f.register(c)
	c.Flags().StringVarP(&f.output, "output", "o", "", "write the plan to this `file`, for apply; json=FILE is the same, json prints it")
	c.Flags().BoolVar(&f.prune, "prune", false, "plan to soft-delete subjects that the tree does not have")
	c.Flags().BoolVar(&f.exitOnChange, "exit-on-change", false, "exit 1 if anything would change, too")
	return c
}

func (a *app) apply() *cobra.Command {
	var f treeFlags
	c := &cobra.Command{
		Use: "apply PLAN", Short: "Do what a plan says", Args: cobra.ExactArgs(1),
		Long: "apply holds a plan to the registry as it is now, and refuses it if a subject has moved. Each change is\n" +
			"one request; it stops at the first refusal, and goes on from there when it is run again. It deletes\n" +
			"only what plan --prune planned, softly, and lowers a level only with --allow-lowering.\n\n" + registryHelp,
		RunE: func(c *cobra.Command, args []string) error { return a.runApply(c.Context(), &f, args[0]) },
	}
	f.register(c)
	c.Flags().BoolVar(&f.allowLowering, "allow-lowering", false, "let the plan set a level that asks for less")
	return c
}

func (a *app) registerSchemas() *cobra.Command {
	f := treeFlags{schemasOnly: true}
	c := &cobra.Command{
		Use: "register [PATH…]", Short: "Register the schemas of the tree",
		Long: "register plans the schemas of the tree, or of paths, and what they refer to, and applies the plan: all\n" +
			"or, if one would be refused, none. Levels and other subjects stay as they are.\n\n" + registryHelp,
		RunE: func(c *cobra.Command, args []string) error { return a.runRegister(c.Context(), &f, args) },
	}
	f.register(c)
	return c
}

// treeOf opens the working tree, its configuration and the registry.
func (a *app) treeOf(ctx context.Context, f *treeFlags) (*source.Opener, lint.Tree, *lint.Config, *tree.Registry, error) {
	o := &source.Opener{Dir: a.dir, Environ: a.environ}
	if err := o.Find(ctx); err != nil {
		return nil, nil, nil, nil, err
	}
	fail := func(err error) (*source.Opener, lint.Tree, *lint.Config, *tree.Registry, error) {
		_ = o.Close() // read only
		return nil, nil, nil, nil, err
	}
	head, err := o.Head(ctx, "worktree")
	if err != nil {
		return fail(err)
	}
	c, err := loadConfig(ctx, a, o, head, f.config)
	if err != nil {
		return fail(err)
	}
	r, err := tree.Connect(f.registry, c, a.env)
	if err != nil {
		return fail(err)
	}
	return o, head, c, r, nil
}

// makePlan plans the schemas of the tree, or of some paths of it.
func (a *app) makePlan(ctx context.Context, f *treeFlags, paths []string) (*tree.Plan, *tree.Registry, error) {
	o, head, c, r, err := a.treeOf(ctx, f)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = o.Close() }() // read only
	var inside []string
	for _, p := range paths {
		rel, err := o.Relative(p)
		if err != nil {
			return nil, nil, err
		}
		inside = append(inside, rel)
	}
	var want func(subject, file string) bool
	if len(inside) > 0 {
		want = func(_, file string) bool {
			return slices.ContainsFunc(inside, func(p string) bool { return p == "." || file == p || strings.HasPrefix(file, p+"/") })
		}
	}
	entries, err := tree.Entries(ctx, head, c, want)
	if err != nil {
		return nil, nil, err
	}
	if len(entries) == 0 {
		return nil, nil, &lint.InputError{What: "no schema is meant", Hint: "name files that the configuration maps"}
	}
	p, err := tree.Make(ctx, r, entries, tree.PlanOptions{SchemasOnly: f.schemasOnly, Part: len(paths) > 0, Prune: f.prune})
	return p, r, reachable(err)
}

// reachable turns what a registry answered into a mistake of input.
func reachable(err error) error {
	if err == nil {
		return nil
	}
	return &lint.InputError{What: err.Error()}
}

func (a *app) runPlan(ctx context.Context, f *treeFlags, paths []string) error {
	p, _, err := a.makePlan(ctx, f, paths)
	if err != nil {
		return err
	}
	format, file, named := strings.Cut(f.output, "=")
	switch {
	case !named && format != "json": // the name of a file alone
		file = f.output
	case format != "json":
		return unknownName("format of plans", format, []string{"json"}, "write --output json=FILE")
	}
	if f.output != "" {
		text, err := p.JSON()
		if err != nil {
			return err
		}
		if file == "" {
			err = a.print("%s", text)
		} else {
			err = a.replace(file, text)
		}
		if err != nil {
			return err
		}
	}
	if f.output == "" || file != "" {
		if err := a.showPlan(p); err != nil {
			return err
		}
	}
	if p.Refused() || f.exitOnChange && p.Changes() {
		return errFindings
	}
	return nil
}

// replace writes a file that the user named.
func (a *app) replace(file string, text []byte) error {
	if err := replaceFile(filepath.Join(a.dirOf(file), file), text); err != nil {
		return &lint.InputError{What: file + " cannot be written: " + reason(err)}
	}
	return nil
}

// reason is an error without the path of a temporary file.
func reason(err error) string {
	var about *fs.PathError
	if errors.As(err, &about) {
		err = about.Err
	}
	return err.Error()
}

func (a *app) showPlan(p *tree.Plan) error {
	var b strings.Builder
	counts := map[string]int{}
	for i := range p.Actions {
		x := &p.Actions[i]
		counts[x.Op]++
		b.WriteString(x.Op + " " + report.Visible(x.Subject))
		switch {
		case x.Op == tree.OpConfig:
			fmt.Fprintf(&b, "  level %s, policy %s (was %s, %s)", x.Config.Level, x.Config.Policy, orUnset(x.Was.Level), orUnset(x.Was.Policy))
			if x.Lowers {
				b.WriteString("; this asks for less, and needs --allow-lowering")
			}
		case x.To > 0:
			fmt.Fprintf(&b, "  upcaster from version %d to %d, %s", x.From, x.To, report.Visible(x.File))
			if x.Replaces > 0 {
				fmt.Fprintf(&b, ", in the place of revision %d", x.Replaces)
			}
		case x.Op == tree.OpUnchanged:
			fmt.Fprintf(&b, "  version %d, %s", x.Version, report.Visible(x.File))
		case x.Op == tree.OpMissing && x.Prune:
			b.WriteString("  not in the tree: it will be soft-deleted")
		case x.Op == tree.OpMissing:
			b.WriteString("  not in the tree; it stays")
		case x.Latest > 0:
			fmt.Fprintf(&b, "  after version %d, %s", x.Latest, report.Visible(x.File))
			if x.UpcasterFile != "" {
				b.WriteString(", with the upcaster " + report.Visible(x.UpcasterFile))
			}
		default:
			b.WriteString("  " + report.Visible(x.File))
		}
		b.WriteByte('\n')
		for _, why := range x.Why {
			b.WriteString("    " + report.Visible(why) + "\n")
		}
	}
	fmt.Fprintf(&b, "%d new, %d versions, %d configurations, %d upcasters, %d unchanged, %d not in the tree, %d refused · %s\n",
		counts[tree.OpNew], counts[tree.OpVersion], counts[tree.OpConfig], counts[tree.OpUpcaster], counts[tree.OpUnchanged], counts[tree.OpMissing], counts[tree.OpRefused], report.Visible(p.Registry))
	return a.print("%s", b.String())
}

func orUnset(s string) string {
	if s == "" {
		return "unset"
	}
	return s
}

func (a *app) runApply(ctx context.Context, f *treeFlags, file string) error {
	if !filepath.IsAbs(file) {
		file = filepath.Join(a.dir, file)
	}
	text, err := os.ReadFile(file) //nolint:gosec // the user names the file
	if err != nil {
		return &lint.InputError{What: err.Error()}
	}
	p, err := tree.ReadPlan(text)
	if err != nil {
		return err
	}
	if f.registry == "" {
		f.registry = p.Registry
	}
	o, _, _, r, err := a.treeOf(ctx, f)
	if err != nil {
		return err
	}
	defer func() { _ = o.Close() }() // read only
	if r.Context != p.Context {
		return &lint.InputError{What: fmt.Sprintf("the plan is for the context %q of %s, not for %q of %s", p.Context, p.Registry, r.Context, r.Name), Hint: "plan again"}
	}
	return a.carryOut(ctx, r, p, tree.ApplyOptions{AllowLowering: f.allowLowering})
}

// carryOut applies a plan and tells what was done.
func (a *app) carryOut(ctx context.Context, r *tree.Registry, p *tree.Plan, o tree.ApplyOptions) error {
	done := 0
	var lost error
	say := func(format string, args ...any) {
		if err := a.print(format+"\n", args...); err != nil {
			lost = err
		}
	}
	err := tree.Apply(ctx, r, p, o, func(d tree.Done) {
		done++
		switch {
		case d.Version == 0 && d.To > 0 && d.Already:
			say("%s %s had the upcaster from version %d to %d already, revision %d", d.Op, report.Visible(d.Subject), d.From, d.To, d.Revision)
		case d.Version == 0 && d.To > 0:
			say("%s %s has the upcaster from version %d to %d, revision %d", d.Op, report.Visible(d.Subject), d.From, d.To, d.Revision)
		case d.Version > 0 && d.To > 0:
			say("%s %s is version %d, id %d%s, with its upcaster from version %d", d.Op, report.Visible(d.Subject), d.Version, d.ID, guid(d), d.From)
		case d.Already:
			say("%s %s was version %d already, id %d%s", d.Op, report.Visible(d.Subject), d.Version, d.ID, guid(d))
		case d.Version > 0:
			say("%s %s is version %d, id %d%s", d.Op, report.Visible(d.Subject), d.Version, d.ID, guid(d))
		default:
			say("%s %s", d.Op, report.Visible(d.Subject))
		}
	})
	var stopped *tree.StoppedError
	var answer *client.Error
	switch {
	case errors.As(err, &stopped) && errors.As(err, &answer) && answer.Status < 500:
		a.say("evcheck: %v", report.Visible(err.Error()))
		return errFindings
	case errors.Is(err, tree.ErrRefused):
		a.say("evcheck: %v", err)
		return errFindings
	case err != nil:
		return reachable(err)
	}
	if done == 0 {
		say("nothing was to be done")
	}
	return lost
}

// guid says the GUID of a version, which not every registry has.
func guid(d tree.Done) string {
	if d.GUID == "" {
		return ""
	}
	return ", GUID " + d.GUID
}

func (a *app) runRegister(ctx context.Context, f *treeFlags, paths []string) error {
	p, r, err := a.makePlan(ctx, f, paths)
	if err != nil {
		return err
	}
	if p.Refused() {
		if err := a.showPlan(p); err != nil {
			return err
		}
		return errFindings
	}
	return a.carryOut(ctx, r, p, tree.ApplyOptions{})
}
