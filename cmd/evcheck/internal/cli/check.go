package cli

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/instar-registry/instar/compat"
	"github.com/instar-registry/instar/lint"
	"github.com/instar-registry/instar/lint/source"
)

// checkFlags are the flags of "check".
type checkFlags struct {
	verdict                string
	against                []string
	head                   string
	staged, exact          bool
	full, changed          bool
	notes, quiet, timing   bool
	subject, level, policy string
	failOn                 string
	output                 []string
	jobs                   int
	now                    string
	offline, fetch         bool
	configFrom, config     string
	color                  string
	cache                  string
	noCache                bool
	mostFixes              int
	reportBytes            int64 // a limit of the configuration
}

// mostFixes bounds how many findings of one report have fixes: nobody reads more,
// and each is tried by asking the engine again.
const mostFixes = 200

func (a *app) check() *cobra.Command {
	var f checkFlags
	c := &cobra.Command{
		Use:   "check [PATH…]",
		Short: "Compare the schemas with a base and report what breaks",
		Long: "check compares the head with every base and reports what breaks which event. Without --against\n" +
			"the base is that of the configuration, of the CI system, or the default branch of origin.\n\n" +
			"A snapshot is named worktree, staged, git:REF[:DIR], dir:PATH, archive:FILE, registry:[NAME] or\n" +
			"file:PATH; a bare word is a git reference or a path.\n\n" +
			"A flag that is left out is taken from the environment: --fail-on from EVCHECK_FAIL_ON.",
		Example: "  evcheck check\n  evcheck check --against git:main --fail-on warning\n  evcheck check --against registry:prod --output sarif=evcheck.sarif",
		RunE:    func(c *cobra.Command, args []string) error { return a.runCheck(c.Context(), &f, args) },
	}
	f.add(c)
	f.mostFixes = mostFixes
	return c
}

// add declares the flags that "check" shares with the commands that run it.
func (f *checkFlags) add(c *cobra.Command) {
	fs := c.Flags()
	fs.SortFlags = false
	fs.StringArrayVar(&f.against, "against", nil, "`base` to compare with; may be repeated")
	fs.StringVar(&f.head, "head", "", "`snapshot` to check (default worktree)")
	fs.BoolVar(&f.staged, "staged", false, "check what is staged: the same as --head staged")
	fs.BoolVar(&f.exact, "exact", false, "compare with the tip of the base, not with where the head left it")
	fs.BoolVar(&f.changed, "changed", false, "judge only what changed and what uses it (the default)")
	fs.BoolVar(&f.full, "full", false, "judge subjects that did not change, too")
	fs.BoolVar(&f.notes, "notes", false, "show compatible changes, too")
	fs.StringVar(&f.subject, "subject", "", "only subjects that match this `pattern`")
	fs.StringVar(&f.level, "level", "", "what if the `level` were this one")
	fs.StringVar(&f.policy, "policy", "", "what if the `policy` were this one")
	fs.StringVar(&f.failOn, "fail-on", "error", "exit 1 for findings of this `severity`: error, warning, note, never")
	fs.StringArrayVarP(&f.output, "output", "o", nil, "`format`[=file]; may be repeated (default text)")
	fs.StringVar(&f.config, "config", "", "configuration `file` (default: the nearest "+lint.ConfigFile+" upwards)")
	fs.StringVar(&f.configFrom, "config-from", "head", "take the configuration from the head or the base")
	fs.BoolVar(&f.offline, "offline", false, "refuse everything that needs the network")
	fs.BoolVar(&f.fetch, "fetch", false, "fetch the base if the clone does not have it")
	fs.IntVar(&f.jobs, "jobs", 0, "pairs to judge at once (default: the number of processors)")
	f.addCache(fs)
	fs.StringVar(&f.now, "now", "", "`date` that decides which waivers are over (default today)")
	fs.StringVar(&f.verdict, "verdict", lint.VerdictLocal, "`who` decides about a registry: local, server (which is asked as well), both (a difference is an error)")
	fs.BoolVar(&f.timing, "timing", false, "report what the slowest pairs cost")
	fs.StringVar(&f.color, "color", "auto", "colour in text: auto, always, never")
	fs.BoolVar(&f.quiet, "quiet", false, "no progress")
}

// severities are the values of --fail-on.
var severities = []string{lint.SeverityError, lint.SeverityWarning, lint.SeverityNote, "never"}

// verdicts are the values of --verdict.
var verdicts = []string{lint.VerdictLocal, lint.VerdictServer, lint.VerdictBoth}

func (a *app) runCheck(ctx context.Context, f *checkFlags, paths []string) error {
	outputs, err := parseOutputs(f.output)
	if err != nil {
		return err
	}
	report, _, err := a.compare(ctx, f, paths)
	if report == nil {
		return err
	}
	return a.finish(report, outputs, f, err)
}

// compare runs the comparison; the report is nil if there was nothing to run.
func (a *app) compare(ctx context.Context, f *checkFlags, paths []string) (*lint.Report, *lint.Request, error) {
	q, o, err := a.request(ctx, f, paths)
	defer shut(o)
	if err == nil {
		q.Uncommitted, err = o.BaseIsHead(q.Head, q.Bases)
	}
	if err != nil {
		return nil, nil, err
	}
	if q.Uncommitted {
		q.Remarks = append(q.Remarks, "the base is HEAD: only what is not committed is compared")
	}
	defer a.openCache(f, q)()
	if !f.quiet {
		p := a.progress()
		defer p.end()
		q.Progress = p.tell
	}
	report, err := lint.Compare(ctx, *q)
	if bug := a.mistake(ctx, q, &report); bug != nil {
		err = bug
	}
	return &report, q, err
}

// finish prints a report and turns it into an exit code.
func (a *app) finish(report *lint.Report, outputs []output, f *checkFlags, err error) error {
	if e := a.write(report, outputs, f); e != nil {
		return errors.Join(err, e)
	}
	if err != nil {
		return err
	}
	if report.Summary.Verdict == lint.VerdictFail {
		return errFindings
	}
	return nil
}

// request turns flags into what is compared with what. The opener is to be shut,
// and nil if nothing was opened.
func (a *app) request(ctx context.Context, f *checkFlags, paths []string) (*lint.Request, *source.Opener, error) {
	q, o, err := a.head(ctx, f, paths)
	if err != nil {
		return nil, o, err
	}
	q.Fixes = true
	q.MostFixes = f.mostFixes
	return q, o, a.configure(ctx, q, o, f)
}

// shut closes what an opener holds, if there is one.
func shut(o *source.Opener) {
	if o != nil {
		_ = o.Close()
	}
}

// head reads the flags that need no base, and opens the head. The opener is nil
// if nothing was opened.
func (a *app) head(ctx context.Context, f *checkFlags, paths []string) (*lint.Request, *source.Opener, error) {
	q := &lint.Request{Version: programVersion(), Subject: f.subject, Full: f.full, Jobs: f.jobs, FailOn: f.failOn}
	if !slices.Contains(severities, f.failOn) {
		return nil, nil, unknownName("severity", f.failOn, severities, "one of "+strings.Join(severities, ", "))
	}
	if f.jobs < 0 {
		return nil, nil, &lint.InputError{What: fmt.Sprintf("--jobs %d is no number of pairs", f.jobs), Hint: "leave it out for the number of processors"}
	}
	if f.changed && f.full {
		return nil, nil, &lint.InputError{What: "--changed and --full ask for opposite things", Hint: "give one"}
	}
	if err := checkColour(f.color); err != nil {
		return nil, nil, err
	}
	if err := f.whatIf(q); err != nil {
		return nil, nil, err
	}
	if err := a.setNow(q, f.now); err != nil {
		return nil, nil, err
	}
	if f.timing {
		q.Clock = a.now
	}
	if f.verdict == "" {
		f.verdict = lint.VerdictLocal // a command without the flag
	}
	if !slices.Contains(verdicts, f.verdict) {
		return nil, nil, unknownName("value of --verdict", f.verdict, verdicts, "one of "+strings.Join(verdicts, ", "))
	}
	q.Verdict = f.verdict
	q.VerifyCache = a.env("EVCHECK_VERIFY_CACHE") == "1"
	if f.staged {
		if f.head != "" && f.head != "staged" {
			return nil, nil, &lint.InputError{What: "--staged and --head " + f.head + " name two heads", Hint: "give one"}
		}
		f.head = "staged"
	}
	var err error
	q.Build = programBuild()
	o := &source.Opener{Dir: a.dir, Environ: a.environ, Exact: f.exact, Fetch: f.fetch && !f.offline, Offline: f.offline}
	if err = o.Find(ctx); err != nil {
		return nil, nil, err
	}
	q.Scope = o.Root
	if q.Head, err = o.Head(ctx, f.head); err != nil {
		return nil, o, err
	}
	for _, p := range paths {
		rel, err := o.Relative(p)
		if err != nil {
			return nil, o, err
		}
		q.Paths = append(q.Paths, rel)
	}
	return q, o, nil
}

// configure reads the configurations and opens the bases that they name.
func (a *app) configure(ctx context.Context, q *lint.Request, o *source.Opener, f *checkFlags) error {
	var err error
	if q.Config, err = loadConfig(ctx, a, o, q.Head, f.config); err != nil {
		return err
	}
	names := f.against
	if len(names) == 0 {
		names = q.Config.Against
	}
	o.Registries, f.reportBytes = q.Config.Registries, q.Config.Limits.ReportSize
	if q.Bases, err = o.Bases(ctx, names); err != nil {
		return err
	}
	isRegistry := func(b lint.Base) bool { _, is := b.Tree.(lint.RegistryBase); return is }
	if f.verdict != lint.VerdictLocal && !slices.ContainsFunc(q.Bases, isRegistry) {
		return &lint.InputError{What: "--verdict " + f.verdict + " asks a registry, and no base is one", Hint: "add --against registry:NAME"}
	}
	if base := q.Bases[0].Tree; base != nil {
		was, err := loadConfig(ctx, a, o, base, f.config)
		switch {
		case err == nil && was.File != "":
			q.BaseConfig = was
		case f.configFrom == "base" && err != nil:
			return err
		}
	}
	switch f.configFrom {
	case "base":
		if q.BaseConfig == nil {
			return &lint.InputError{What: "the base has no " + lint.ConfigFile, Hint: "take the head's: --config-from head"}
		}
		q.Config = q.BaseConfig
	case "head":
	default:
		return unknownName("value of --config-from", f.configFrom, []string{"head", "base"}, "head or base")
	}
	q.Baseline, err = readBaseline(ctx, q)
	return err
}

// readBaseline reads the baseline beside the configuration, if there is one.
func readBaseline(ctx context.Context, q *lint.Request) ([]lint.Waiver, error) {
	file := path.Join(path.Dir(q.Config.File), lint.BaselineFile)
	for _, f := range q.Head.Files() {
		if f.Path == file {
			body, err := q.Head.Read(ctx, file)
			if err != nil {
				return nil, err
			}
			return lint.ReadBaseline(file, body)
		}
	}
	return nil, nil
}

// whatIf reads --level and --policy, which hold for one run.
func (f *checkFlags) whatIf(q *lint.Request) error {
	if f.level != "" {
		level, err := compat.ParseLevel(f.level)
		if err != nil {
			return &lint.InputError{What: err.Error()}
		}
		q.Level = &level
		q.Remarks = append(q.Remarks, fmt.Sprintf("level %s is asked for by --level, whatever is configured", level))
	}
	if f.policy != "" {
		policy, err := compat.ParsePolicy(f.policy)
		if err != nil {
			return &lint.InputError{What: err.Error()}
		}
		q.Policy = &policy
		q.Remarks = append(q.Remarks, fmt.Sprintf("policy %s is asked for by --policy, whatever is configured", policy))
	}
	return nil
}

func (a *app) setNow(q *lint.Request, date string) error {
	q.Now = a.now()
	if date == "" {
		return nil
	}
	var err error
	if q.Now, err = time.Parse(time.DateOnly, date); err != nil {
		return &lint.InputError{What: "--now " + date + " is no date", Hint: "write it as 2006-01-02"}
	}
	return nil
}
