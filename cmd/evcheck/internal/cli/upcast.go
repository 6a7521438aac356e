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

	"github.com/instar-registry/instar/lint"
	"github.com/instar-registry/instar/upcast"
)

// upcasterSuffix is what the names of upcaster documents end in.
const upcasterSuffix = ".upcast.yaml"

func (a *app) upcast() *cobra.Command {
	c := &cobra.Command{
		Use: "upcast", Short: "Draft, prove and test the migrations of old events (*" + upcasterSuffix + ")",
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return unknownName("command", args[0], commandNames(c), "evcheck upcast --help lists them")
		},
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(a.upcastStub(), a.upcastDerive(), a.upcastVerify(), a.upcastTest(), a.upcastCoverage(), a.upcastFmt())
	return c
}

// versionFlags name the schemas of a document that names versions by number.
type versionFlags struct{ from, to string }

func (v *versionFlags) flags(c *cobra.Command) {
	c.Flags().StringVar(&v.from, "from", "", "schema `file` of the version that the document calls from")
	c.Flags().StringVar(&v.to, "to", "", "schema `file` of the version that the document calls to")
}

func (a *app) upcastVerify() *cobra.Command {
	var v versionFlags
	var verdict string
	c := &cobra.Command{
		Use: "verify [PATH…]", Short: "Prove documents against the schemas in the tree",
		Long: "verify proves every upcaster document below the paths (default: the working directory) against the\n" +
			"two schemas that it names: for each event of the one there is one of the other. A refuted document\n" +
			"is shown with the event that has no image. The exit code is 1 if a document is below --verdict.",
		Example: "  evcheck upcast verify\n  evcheck upcast verify orders.3-4.upcast.yaml --from v3.avsc --to v4.avsc",
		RunE: func(c *cobra.Command, args []string) error {
			want := upcast.Outcome(strings.ToUpper(verdict))
			if want != upcast.Proved && want != upcast.Tested {
				return unknownName("verdict", verdict, []string{"PROVED", "TESTED"}, "one of PROVED, TESTED")
			}
			return a.eachDocument(c.Context(), args, &v, func(d *documentFile) (string, bool) { return describeProof(d, want) })
		},
	}
	c.Flags().SortFlags = false
	c.Flags().StringVar(&verdict, "verdict", "PROVED", "the least `verdict` that passes: PROVED, TESTED")
	v.flags(c)
	return c
}

func (a *app) upcastTest() *cobra.Command {
	var v versionFlags
	c := &cobra.Command{
		Use: "test [PATH…]", Short: "Run the tests of documents",
		Long: "test runs the tests that documents hold: events, and what they become. The exit code is 1 if one\n" +
			"fails, or if a document is not proved, so that its tests cannot run.",
		RunE: func(c *cobra.Command, args []string) error {
			return a.eachDocument(c.Context(), args, &v, describeTests)
		},
	}
	v.flags(c)
	return c
}

// documentFile is a document with its schemas, as far as they could be read.
type documentFile struct {
	file     string
	document *upcast.Document
	hop      *upcast.Hop
	err      error
}

// eachDocument proves the documents below paths and prints a line about each.
func (a *app) eachDocument(ctx context.Context, paths []string, v *versionFlags, describe func(*documentFile) (string, bool)) error {
	files, err := a.documentFiles(paths)
	if err != nil {
		return err
	}
	if (v.from != "" || v.to != "") && len(files) != 1 {
		return &lint.InputError{What: fmt.Sprintf("--from and --to are for one document, and there are %d", len(files)), Hint: "name the document"}
	}
	failed := false
	for _, file := range files {
		d, err := a.readDocument(ctx, file, v)
		if err != nil {
			return err
		}
		line, ok := describe(d)
		failed = failed || !ok
		if err := a.print("%s: %s\n", filepath.ToSlash(file), line); err != nil {
			return err
		}
	}
	if failed {
		return errFindings
	}
	return nil
}

// documentFiles are the documents at or below paths, in order.
func (a *app) documentFiles(paths []string) ([]string, error) {
	if len(paths) == 0 {
		paths = []string{"."}
	}
	var out []string
	for _, p := range paths {
		root := filepath.Join(a.dirOf(p), p)
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && d.Name() == ".git":
				return fs.SkipDir
			case d.Type().IsRegular() && (strings.HasSuffix(path, upcasterSuffix) || path == root):
				rel, err := filepath.Rel(a.dir, path)
				out = append(out, rel)
				return err
			}
			return nil
		})
		if err != nil {
			return nil, &lint.InputError{What: err.Error()}
		}
	}
	slices.Sort(out)
	if out = slices.Compact(out); len(out) == 0 {
		return nil, &lint.InputError{What: "there is no *" + upcasterSuffix + " below " + strings.Join(paths, ", "), Hint: "evcheck upcast stub writes one"}
	}
	return out, nil
}

// readDocument reads a document and proves it against its schemas. What is wrong
// with the document is in the result; an error is the context's or a bug.
func (a *app) readDocument(ctx context.Context, file string, v *versionFlags) (*documentFile, error) {
	out := &documentFile{file: file}
	text, err := os.ReadFile(filepath.Join(a.dir, file))
	if err != nil {
		return nil, &lint.InputError{What: err.Error()}
	}
	if out.document, out.err = upcast.Parse(string(text)); out.err != nil {
		return out, nil
	}
	from, to, err := a.versionsOf(ctx, file, out.document, v)
	if err != nil {
		out.err = err
		return out, ctx.Err()
	}
	out.hop, out.err = upcast.Verify(ctx, out.document, from.Parsed, to.Parsed)
	return out, ctx.Err()
}

// versionsOf reads the two schemas of a document. A file that it names is
// relative to the document.
func (a *app) versionsOf(ctx context.Context, file string, d *upcast.Document, v *versionFlags) (from, to *lint.Schema, err error) {
	place := func(given, what string, version upcast.Version) (string, error) {
		switch {
		case given != "":
			return given, nil
		case version.File != "":
			return filepath.Join(filepath.Dir(file), filepath.FromSlash(version.File)), nil
		default:
			return "", fmt.Errorf("it names %s as version %d; say which file that is by --%s FILE", what, version.Number, what)
		}
	}
	target, err := place(v.to, "to", d.To.Version)
	if err != nil {
		return nil, nil, err
	}
	source, err := place(v.from, "from", d.From)
	if err != nil {
		return nil, nil, err
	}
	if to, err = a.schemaFile(ctx, &diffFlags{}, target, target); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", filepath.ToSlash(target), err)
	}
	name := source
	if filepath.Ext(source) != filepath.Ext(target) {
		name = target // an old text that is kept under another name
	}
	if from, err = a.schemaFile(ctx, &diffFlags{}, name, source); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", filepath.ToSlash(source), err)
	}
	return from, to, nil
}

func describeProof(d *documentFile, want upcast.Outcome) (string, bool) {
	if d.hop == nil {
		return d.err.Error(), false
	}
	line := proofLine(&d.hop.Verdict)
	var failure *upcast.TestFailure
	switch {
	case errors.As(d.err, &failure):
		return line + "; " + failure.Error(), false
	case d.err != nil:
		return line + "; " + d.err.Error(), false
	}
	ok := d.hop.Verdict.Outcome == upcast.Proved || want == upcast.Tested && d.hop.Verdict.Outcome == upcast.Tested
	return line, ok
}

// proofLine is a verdict on one line, and below it what is open.
func proofLine(v *upcast.Verdict) string {
	line := string(v.Outcome)
	if v.Outcome == upcast.Proved {
		if v.Total {
			line += ", total"
		}
		if v.Class != "" {
			line += ", " + string(v.Class)
		}
		if v.NoDown != "" {
			line += " (no way down: " + v.NoDown + ")"
		}
	}
	if len(v.Event) > 0 {
		line += " by the event " + string(v.Event)
	}
	for _, p := range v.Problems {
		line += "\n  "
		if p.Step > 0 {
			line += fmt.Sprintf("step %d: ", p.Step)
		}
		line += p.Message
		if p.Fix != "" {
			line += "; " + p.Fix
		}
	}
	return line
}

func describeTests(d *documentFile) (string, bool) {
	var failure *upcast.TestFailure
	switch {
	case errors.As(d.err, &failure):
		return failure.Error(), false
	case d.err != nil:
		return d.err.Error(), false
	case d.hop.Verdict.Outcome != upcast.Proved:
		return "not run, for the document is " + proofLine(&d.hop.Verdict), false
	case len(d.document.Tests) == 1:
		return "1 test passed", true
	}
	return fmt.Sprintf("%d tests passed", len(d.document.Tests)), true
}

func (a *app) upcastFmt() *cobra.Command {
	var check bool
	c := &cobra.Command{
		Use: "fmt [PATH…]", Short: "Tidy documents: line ends, blanks at the end of lines, one line end at the end",
		Long: "fmt changes nothing that a document says, and keeps its comments. With --check it writes nothing and\n" +
			"ends with 1 if a document is not tidy.",
		RunE: func(_ *cobra.Command, args []string) error { return a.runUpcastFmt(args, check) },
	}
	c.Flags().BoolVar(&check, "check", false, "list what is not tidy, and write nothing")
	return c
}

func (a *app) runUpcastFmt(paths []string, check bool) error {
	files, err := a.documentFiles(paths)
	if err != nil {
		return err
	}
	untidy := false
	for _, file := range files {
		full := filepath.Join(a.dir, file)
		text, err := os.ReadFile(full)
		if err != nil {
			return &lint.InputError{What: err.Error()}
		}
		d, err := upcast.Parse(string(text))
		if err != nil {
			return &lint.InputError{What: filepath.ToSlash(file) + ": " + err.Error()}
		}
		after := tidy(string(text))
		if after == string(text) {
			continue
		}
		if again, err := upcast.Parse(after); err != nil || again.Canonical() != d.Canonical() {
			a.say("evcheck: %s is left as it is, for a text over several lines would change", filepath.ToSlash(file))
			continue
		}
		untidy = true
		if err := a.print("%s\n", filepath.ToSlash(file)); err != nil {
			return err
		}
		if !check {
			if err := replaceFile(full, []byte(after)); err != nil {
				return &lint.InputError{What: err.Error()}
			}
		}
	}
	if check && untidy {
		return errFindings
	}
	return nil
}

func tidy(text string) string {
	lines := strings.Split(strings.ReplaceAll(strings.TrimPrefix(text, "\uFEFF"), "\r\n", "\n"), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " \t")
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n") + "\n"
}
