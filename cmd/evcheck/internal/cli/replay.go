package cli

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/instar-registry/instar/lint"
	"github.com/instar-registry/instar/lint/source"
)

// replayFlags are the flags of "replay".
type replayFlags struct {
	checkFlags
	since string
}

func (a *app) replay() *cobra.Command {
	f := replayFlags{checkFlags: checkFlags{color: "auto"}}
	c := &cobra.Command{
		Use:   "replay [PATH…]",
		Short: "Say what would have been refused along the history",
		Long: "replay compares every commit of the first-parent history with the one before it, under the\n" +
			"configuration of today, and says what would have been refused, by commit and by rule.",
		Example: "  evcheck replay\n  evcheck replay --since v1.0\n  evcheck replay --since 2025-01-01 --level FULL",
		RunE:    func(c *cobra.Command, args []string) error { return a.runReplay(c.Context(), &f, args) },
	}
	fs := c.Flags()
	fs.SortFlags = false
	fs.StringVar(&f.since, "since", "", "`reference` or date to begin after (default: the first commit)")
	fs.StringVar(&f.subject, "subject", "", "only subjects that match this `pattern`")
	fs.StringVar(&f.level, "level", "", "what if the `level` had been this one")
	fs.StringVar(&f.policy, "policy", "", "what if the `policy` had been this one")
	fs.StringVar(&f.failOn, "fail-on", "never", "exit 1 for findings of this `severity`: error, warning, note, never")
	fs.StringVar(&f.config, "config", "", "configuration `file` (default: the nearest "+lint.ConfigFile+" upwards)")
	f.addCache(fs)
	fs.IntVar(&f.jobs, "jobs", 0, "pairs to judge at once (default: the number of processors)")
	return c
}

// replayed sums up a replay.
type replayed struct {
	commits, pairs int
	rules          map[string]int
	failed         bool
}

func (a *app) runReplay(ctx context.Context, f *replayFlags, paths []string) error {
	q, o, err := a.head(ctx, &f.checkFlags, paths)
	defer shut(o)
	if err != nil {
		return err
	}
	if q.Config, err = loadConfig(ctx, a, o, q.Head, f.config); err != nil {
		return err
	}
	points, err := o.Line(ctx, f.since, q.Paths)
	if err != nil {
		return err
	}
	defer a.openCache(&f.checkFlags, q)()
	sum := replayed{rules: map[string]int{}}
	for i := 1; i < len(points); i++ {
		if err := a.step(ctx, q, o, points[i-1], points[i], &sum); err != nil {
			return err
		}
	}
	if len(points) < 2 {
		return &lint.InputError{Rule: "evcheck/nothing-compared", What: "the history has no two commits to compare"}
	}
	for _, rule := range slices.Sorted(maps.Keys(sum.rules)) {
		if err := a.print("%6d  %s\n", sum.rules[rule], rule); err != nil {
			return err
		}
	}
	if err := a.print("%s, %s compared\n", count(sum.commits, "commit"), count(sum.pairs, "subject")); err != nil {
		return err
	}
	if sum.failed {
		return errFindings
	}
	return nil
}

// step compares one commit with the one before it.
func (a *app) step(ctx context.Context, q *lint.Request, o *source.Opener, before, after source.Point, sum *replayed) error {
	base, err := o.At(ctx, before)
	if err != nil {
		return err
	}
	head, err := o.At(ctx, after)
	if err != nil {
		return errors.Join(err, base.Close())
	}
	defer func() { _, _ = base.Close(), head.Close() }() // read only
	one := *q
	one.Head, one.Bases = head, []lint.Base{{Tree: base, Earlier: o.Earlier(before.Commit)}}
	report, err := lint.Compare(ctx, one)
	var empty *lint.InputError
	switch {
	case errors.As(err, &empty) && empty.Rule == "evcheck/nothing-compared":
		return nil // there was no schema yet
	case err != nil:
		return err
	}
	sum.commits++
	sum.pairs += report.Summary.Compared
	for i := range report.Findings {
		x := &report.Findings[i]
		if x.Severity == lint.SeverityNote || strings.HasPrefix(x.Rule, "evcheck/") {
			continue
		}
		sum.failed = sum.failed || q.FailOn != "never" && x.Counts() && lint.SeverityRank(x.Severity) <= lint.SeverityRank(q.FailOn)
		sum.rules[x.Severity+" "+x.Rule]++
		p := x.Place()
		if err := a.print("%s %s %s:%d:%d: %s[%s]: %s\n", after.Commit[:min(10, len(after.Commit))], after.Time.UTC().Format(time.DateOnly), p.File, p.Line, p.Column, x.Severity, x.Rule, x.Message); err != nil {
			return err
		}
	}
	return nil
}
