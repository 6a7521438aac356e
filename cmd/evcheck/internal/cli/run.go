// Package cli is the command tree of "evcheck". [Run] is the whole program
// without the process around it, so that tests call it as the shell does.
//
// Data goes to standard output, diagnostics and progress to standard error. The
// exit code is 0 if nothing was found at or above the threshold, 1 for findings,
// 2 for a mistake in the use and for input that cannot be read, 3 for a mistake
// of the program, 130 and 143 for an interrupt.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/instar-registry/instar/internal/nearest"
	"github.com/instar-registry/instar/lint"
	"github.com/instar-registry/instar/schema"
)

// The exit codes.
const (
	exitOK        = 0
	exitFindings  = 1
	exitUsage     = 2
	exitBug       = 3
	exitInterrupt = 130
	exitTerminate = 143
)

// app is what the commands share.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	environ        []string
	dir            string
	now            func() time.Time
}

// errFindings ends a command with exit code 1; what was found is printed
// already.
var errFindings = errors.New("findings")

// Run runs one command line and returns the exit code.
func Run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) (code int) {
	a := &app{stdin: stdin, stdout: stdout, stderr: stderr, environ: os.Environ(), now: time.Now}
	dir, err := os.Getwd()
	if err != nil {
		a.say("evcheck: %v", err)
		return exitUsage
	}
	a.dir = dir
	a.spendMemory()
	ctx, stop := interruptible(ctx)
	defer stop()
	defer func() {
		if p := recover(); p != nil {
			code = a.bug(&schema.Bug{Where: "evcheck", Cause: fmt.Sprintf("%v\n%s", p, debug.Stack())})
		}
	}()
	root := a.root()
	root.SetArgs(args)
	return a.exit(ctx, root.ExecuteContext(ctx))
}

// spendMemory lets the heap grow before it is swept, up to a bound: a run lasts
// seconds, and sweeping often would be a tenth of its processor time. A small run
// ends before the first sweep, at 64 MiB. Who sets GOGC or GOMEMLIMIT is obeyed.
func (a *app) spendMemory() {
	if a.env("GOGC") == "" && a.env("GOMEMLIMIT") == "" {
		debug.SetGCPercent(1600)
		debug.SetMemoryLimit(512 << 20)
		runtime.AddCleanup(new([64]byte), func(percent int) { debug.SetGCPercent(percent) }, 400) // after the first
	}
}

// interrupted is the cause of a context that a signal ended.
type interrupted struct{ code int }

func (i *interrupted) Error() string { return "interrupted" }

func interruptible(parent context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	done := make(chan struct{})
	go func() {
		select {
		case s := <-signals:
			code := exitInterrupt
			if s == syscall.SIGTERM {
				code = exitTerminate
			}
			cancel(&interrupted{code})
		case <-done:
		}
	}()
	return ctx, func() { signal.Stop(signals); close(done); cancel(nil) }
}

// exit prints an error and chooses the code.
func (a *app) exit(ctx context.Context, err error) int {
	var stop *interrupted
	if errors.As(context.Cause(ctx), &stop) {
		a.say("evcheck: interrupted; the report is not complete")
		return stop.code
	}
	var bug *schema.Bug
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errFindings):
		return exitFindings
	case errors.As(err, &bug):
		return a.bug(bug)
	}
	for _, line := range strings.Split(err.Error(), "\n") {
		a.say("evcheck: %s", line)
	}
	return exitUsage
}

func (a *app) bug(b *schema.Bug) int {
	a.say("evcheck: %v\nThis is a mistake of the program and no verdict; please report it with the lines above.", b)
	return exitBug
}

// say writes a line for a person; standard error that is gone is not an error.
func (a *app) say(format string, args ...any) { _, _ = fmt.Fprintf(a.stderr, format+"\n", args...) }

// print writes data.
func (a *app) print(format string, args ...any) error {
	_, err := fmt.Fprintf(a.stdout, format, args...)
	return err
}

// env returns a variable of the caller's environment.
func (a *app) env(name string) string {
	for _, v := range a.environ {
		if rest, ok := strings.CutPrefix(v, name+"="); ok {
			return rest
		}
	}
	return ""
}

// root builds the command tree.
func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "evcheck",
		Short: "Says which change of an event schema breaks which event",
		Long: "evcheck compares two snapshots of a tree of event schemas (Avro, JSON Schema, Protobuf), or a\n" +
			"tree and a registry. It says which change breaks which event and shows that event, says who\n" +
			"must deploy first, and ends with exit code 1.",
		Example:       "  evcheck check\n  evcheck check --against git:main\n  evcheck check --staged",
		SilenceErrors: true, SilenceUsage: true,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return unknownName("command", args[0], commandNames(c), "evcheck --help lists them")
		},
		RunE:              func(c *cobra.Command, _ []string) error { return c.Help() },
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
		Version:           lint.ReportVersion,
	}
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return fmt.Errorf("%w; %s --help lists the flags", err, c.CommandPath())
	})
	root.SetVersionTemplate(versionLine())
	root.AddCommand(a.check(), a.validate(), a.replay(), a.initialise(), a.baseline(), a.waive(), a.config(),
		a.diff(), a.explain(), a.fix(), a.report(), a.rules(), a.schema(), a.upcast(), a.version(),
		a.pull(), a.plan(), a.apply(), a.registerSchemas())
	countArguments(root)
	root.PersistentPreRunE = func(c *cobra.Command, _ []string) error { return a.flagsFromEnvironment(c) }
	return root
}

// flagsFromEnvironment sets the flags that the command line leaves out from
// variables such as EVCHECK_FAIL_ON.
func (a *app) flagsFromEnvironment(c *cobra.Command) error {
	var err error
	c.Flags().VisitAll(func(f *pflag.Flag) {
		name := "EVCHECK_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		value := a.env(name)
		if f.Changed || value == "" || err != nil {
			return
		}
		if e := f.Value.Set(value); e != nil {
			err = &lint.InputError{What: name + "=" + value + " cannot be used: " + e.Error()}
		}
	})
	return err
}

// countArguments makes the commands say how they are written when they are given
// too few or too many arguments.
func countArguments(c *cobra.Command) {
	if check := c.Args; check != nil {
		c.Args = func(c *cobra.Command, args []string) error {
			err := check(c, args)
			var said *lint.InputError
			if err == nil || errors.As(err, &said) {
				return err
			}
			what := fmt.Sprintf("%s does not take %d arguments", c.CommandPath(), len(args))
			switch len(args) {
			case 0:
				what = c.CommandPath() + " needs an argument"
			case 1:
				what = fmt.Sprintf("%s does not take the argument %q", c.CommandPath(), args[0])
				if strings.Contains(c.Use, " ") {
					what = c.CommandPath() + " needs more than one argument"
				}
			}
			return &lint.InputError{What: what, Hint: "write " + c.UseLine()}
		}
	}
	for _, sub := range c.Commands() {
		countArguments(sub)
	}
}

func commandNames(c *cobra.Command) []string {
	var names []string
	for _, sub := range c.Commands() {
		names = append(names, sub.Name())
	}
	return names
}

// unknownName says that a name is none, and which was probably meant.
func unknownName(what, name string, known []string, hint string) error {
	if near := nearest.Name(name, known); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	return &lint.InputError{What: fmt.Sprintf("unknown %s %q", what, name), Hint: hint}
}
