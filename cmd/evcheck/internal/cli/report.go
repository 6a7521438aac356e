package cli

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/instar-registry/instar/lint"
	"github.com/instar-registry/instar/lint/report"
)

// rendering are the flags of commands that print a report.
type rendering struct {
	output []string
	notes  bool
	color  string
}

func (r *rendering) flags(c *cobra.Command) {
	fs := c.Flags()
	fs.StringArrayVarP(&r.output, "output", "o", nil, "`format`[=file]; may be repeated (default text): "+strings.Join(report.Formats(), ", "))
	fs.BoolVar(&r.notes, "notes", false, "show compatible changes, too")
	fs.StringVar(&r.color, "color", "auto", "colour in text: auto, always, never")
}

func (a *app) report() *cobra.Command {
	var r rendering
	var failOn string
	c := &cobra.Command{
		Use: "report FILE…", Short: "Print saved reports in another format, or several as one", Args: cobra.MinimumNArgs(1),
		Long: "report prints a report that check saved as JSON in other formats. Several, such as those of the jobs\n" +
			"of a matrix, become one: a finding of the same fingerprint is one finding. - is standard input.\n" +
			"The exit code is that of check.",
		Example: "  evcheck report evcheck.json --output sarif=evcheck.sarif --output markdown\n  evcheck report job-*.json --output github-summary",
		RunE:    func(c *cobra.Command, args []string) error { return a.runReport(c.Context(), &r, failOn, args) },
	}
	c.Flags().SortFlags = false
	r.flags(c)
	c.Flags().StringVar(&failOn, "fail-on", "", "exit 1 for findings of this `severity`: error, warning, note, never (default: as saved)")
	return c
}

func (a *app) runReport(_ context.Context, r *rendering, failOn string, files []string) error {
	if failOn != "" && !slices.Contains(severities, failOn) {
		return unknownName("severity", failOn, severities, "one of "+strings.Join(severities, ", "))
	}
	if err := checkColour(r.color); err != nil {
		return err
	}
	outputs, err := parseOutputs(r.output)
	if err != nil {
		return err
	}
	var saved []lint.Report
	for _, file := range files {
		one, err := a.readReport(file)
		if err != nil {
			return err
		}
		saved = append(saved, *one)
	}
	merged := lint.MergeReports(saved)
	if failOn != "" {
		merged.Summary.FailOn = failOn
		merged.Count()
	}
	if err := a.write(&merged, outputs, &checkFlags{notes: r.notes, color: r.color}); err != nil {
		return err
	}
	switch merged.Summary.Verdict {
	case lint.VerdictIncomplete:
		return &lint.InputError{What: "the report is not complete: " + merged.Summary.Reason}
	case lint.VerdictFail:
		return errFindings
	}
	return nil
}
