package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/instar-registry/instar/compat"
	"github.com/instar-registry/instar/docs"
	"github.com/instar-registry/instar/lint"
	"github.com/instar-registry/instar/lint/report"
)

// ruleRow is a rule as "rules" lists it.
type ruleRow struct {
	ID       string `json:"id"`
	Title    string `json:"title"`
	Class    string `json:"class"`
	Severity string `json:"severity"`
	// Breaks is none, backward, forward or both.
	Breaks string   `json:"breaks,omitempty"`
	Mirror string   `json:"mirror,omitempty"`
	Fixes  []string `json:"fixes,omitempty"`
	Help   string   `json:"help"`
}

// allRules are the rules about schemas and those about the repository.
func allRules() []ruleRow {
	var out []ruleRow
	for _, r := range compat.Rules() {
		row := ruleRow{ID: r.ID, Title: r.Title, Class: r.Class, Severity: r.Severity(), Breaks: r.Breaks.String(), Mirror: r.Mirror, Help: r.Help()}
		for _, f := range r.Fixes {
			row.Fixes = append(row.Fixes, string(f))
		}
		out = append(out, row)
	}
	for _, r := range lint.Rules() {
		out = append(out, ruleRow{ID: r.ID, Title: r.Title, Class: compat.ClassRepo, Severity: r.Severity, Help: r.Help()})
	}
	return out
}

func ruleIDs() []string {
	var out []string
	for _, r := range allRules() {
		out = append(out, r.ID)
	}
	return out
}

// rulesFlags are the flags of "rules".
type rulesFlags struct {
	format, class string
	json          bool
}

func (a *app) rules() *cobra.Command {
	var f rulesFlags
	c := &cobra.Command{
		Use: "rules [GLOB]", Short: "List the rules that findings name", Args: cobra.MaximumNArgs(1),
		Example: "  evcheck rules 'avro/field-*'\n  evcheck rules --class data --json",
		RunE:    func(_ *cobra.Command, args []string) error { return a.runRules(&f, args) },
	}
	fs := c.Flags()
	fs.SortFlags = false
	fs.StringVar(&f.format, "format", "", "only rules of this `format`: schema, avro, json, proto, evcheck")
	fs.StringVar(&f.class, "class", "", "only rules of this `class`: data, policy, info, undecided, repo")
	fs.BoolVar(&f.json, "json", false, "print JSON")
	return c
}

func (a *app) runRules(f *rulesFlags, args []string) error {
	formats := []string{"schema", "avro", "json", "proto", "evcheck"}
	if f.format != "" && !slices.Contains(formats, f.format) {
		return unknownName("format", f.format, formats, "one of "+strings.Join(formats, ", "))
	}
	classes := []string{compat.ClassData, compat.ClassPolicy, compat.ClassInfo, compat.ClassUndecided, compat.ClassRepo}
	if f.class != "" && !slices.Contains(classes, f.class) {
		return unknownName("class", f.class, classes, "one of "+strings.Join(classes, ", "))
	}
	rows := []ruleRow{}
	for _, r := range allRules() {
		if f.format != "" && path.Dir(r.ID) != f.format || f.class != "" && r.Class != f.class {
			continue
		}
		if len(args) > 0 && !ruleGlob(args[0])(r.ID) {
			continue
		}
		rows = append(rows, r)
	}
	if len(rows) == 0 && len(args) > 0 {
		return unknownName("rule", args[0], ruleIDs(), "evcheck rules lists them")
	}
	if f.json {
		return a.printJSON(rows)
	}
	var b bytes.Buffer
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, r := range rows {
		_, _ = w.Write([]byte(r.ID + "\t" + r.Class + "\t" + r.Severity + "\t" + r.Breaks + "\t" + r.Title + "\n"))
	}
	_ = w.Flush() // into memory
	return a.print("%s", b.String())
}

// ruleGlob matches ids of rules: "avro/*", "*/field-*", or an id.
func ruleGlob(pattern string) func(string) bool {
	return func(id string) bool {
		ok, err := path.Match(pattern, id)
		return err == nil && ok || id == pattern || pattern == "*"
	}
}

func (a *app) printJSON(value any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(value); err != nil {
		return err
	}
	return a.print("%s", b.String())
}

func (a *app) explain() *cobra.Command {
	var file string
	c := &cobra.Command{
		Use: "explain RULE|FINGERPRINT", Short: "Show the page of a rule, or a finding in full", Args: cobra.ExactArgs(1),
		Long: "explain shows the page of a rule, without a network. Given a fingerprint, or the beginning of one,\n" +
			"it shows the finding in full: every version that it holds for, the event that breaks in JSON and in\n" +
			"bytes, what the readers say, and every fix. The finding is taken from a saved report, or looked for\n" +
			"by a check without flags.",
		Example: "  evcheck explain avro/field-added-without-default\n  evcheck explain 9f2c41d07be3a815 --report evcheck.json",
		RunE:    func(c *cobra.Command, args []string) error { return a.runExplain(c.Context(), args[0], file) },
	}
	c.Flags().StringVar(&file, "report", "", "take the finding from this JSON `file`")
	return c
}

func (a *app) runExplain(ctx context.Context, what, file string) error {
	if text, ok := docs.RulePage(what); ok && strings.Contains(what, "/") {
		return a.print("%s", text)
	}
	if own := lint.RuleByID(what); own != nil {
		return a.print("# %s\n\n%s\n\n%s\n", own.Title, own.Purpose, own.Remedy)
	}
	if row := compat.RuleByID(what); row != nil { // under a former id
		text, _ := docs.RulePage(row.ID)
		return a.print("%s", text)
	}
	if strings.Contains(what, "/") || strings.Trim(what, "0123456789abcdef:") != "" {
		return unknownName("rule", what, ruleIDs(), "evcheck rules lists them; a fingerprint is hexadecimal")
	}
	r, err := a.savedOrChecked(ctx, file)
	if err != nil {
		return err
	}
	var found []*lint.Finding
	for i := range r.Findings {
		if lint.SameFingerprint(r.Findings[i].Fingerprint, what) {
			found = append(found, &r.Findings[i])
		}
	}
	switch len(found) {
	case 0:
		return &lint.InputError{What: "no finding has the fingerprint " + what, Hint: "give at least 6 digits of one that evcheck check --notes shows"}
	case 1:
		return a.print("%s", report.Explain(found[0]))
	}
	hint := "write more digits:"
	for _, f := range found {
		hint += " " + lint.ShortFingerprint(f.Fingerprint)
	}
	return &lint.InputError{What: "several findings have a fingerprint that begins with " + what, Hint: hint}
}

// savedOrChecked is a report from a file, or that of a check without flags.
func (a *app) savedOrChecked(ctx context.Context, file string) (*lint.Report, error) {
	if file != "" {
		return a.readReport(file)
	}
	q, o, err := a.request(ctx, &checkFlags{failOn: lint.SeverityError, color: "never", configFrom: "head"}, nil)
	defer shut(o)
	if err != nil {
		return nil, err
	}
	r, err := lint.Compare(ctx, *q)
	return &r, err
}

// readReport reads a saved report; "-" is standard input.
func (a *app) readReport(file string) (*lint.Report, error) {
	in := a.stdin
	if file != "-" {
		f, err := os.Open(filepath.Join(a.dirOf(file), file))
		if err != nil {
			return nil, &lint.InputError{What: err.Error(), Hint: "write one with evcheck check --output json=" + file}
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	r, err := lint.ReadReport(in)
	if err != nil {
		return nil, &lint.InputError{What: file + ": " + err.Error()}
	}
	return &r, nil
}

// dirOf is what a path of the command line is relative to.
func (a *app) dirOf(file string) string {
	if filepath.IsAbs(file) {
		return ""
	}
	return a.dir
}
