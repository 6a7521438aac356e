// Package cli is the command tree of "registry". [Run] is the whole program
// without the process around it, so that tests call it as the shell does.
//
// Data goes to standard output, everything else to standard error. The exit
// code is 0 for success, 1 for findings, 2 for a mistake in the use or the
// configuration and for I/O, 3 when the storage was replaced or went back.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/instar-registry/instar/cmd/registry/internal/server"
	"github.com/instar-registry/instar/internal/config"
	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/schema"
)

// The exit codes.
const (
	exitOK       = 0
	exitFindings = 1
	exitUsage    = 2
	exitReplaced = 3
)

// app is what the commands share.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	environ        []string
}

// errFindings ends a command with exit code 1; what was found is printed
// already.
var errFindings = errors.New("findings")

// Run runs one command line and returns the exit code.
func Run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := &app{stdin: stdin, stdout: stdout, stderr: stderr, environ: os.Environ()}
	root := a.root()
	root.SetArgs(args)
	return a.exit(root.ExecuteContext(ctx))
}

// exit prints an error and chooses the code.
func (a *app) exit(err error) int {
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errFindings):
		return exitFindings
	case errors.Is(err, server.ErrInterrupted):
		a.say("registry: %v", err)
		return exitUsage
	}
	var problems config.Problems
	var bug *schema.Bug
	switch {
	case errors.As(err, &problems):
		for _, p := range problems {
			a.say("%v", p)
		}
		a.say("registry: %s in the configuration", count(len(problems), "mistake"))
	case errors.As(err, &bug):
		a.say("registry: %v\nThis is a mistake of the program; please report it with the lines above.", err)
	default:
		a.say("registry: %v", err)
	}
	if errors.Is(err, registry.ErrReplaced) {
		return exitReplaced
	}
	return exitUsage
}

// say writes a line for a person; standard error that is gone is not an error.
func (a *app) say(format string, args ...any) { _, _ = fmt.Fprintf(a.stderr, format+"\n", args...) }

// print writes data.
func (a *app) print(format string, args ...any) error {
	_, err := fmt.Fprintf(a.stdout, format, args...)
	return err
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// root builds the command tree.
func (a *app) root() *cobra.Command {
	serve := a.serve()
	root := &cobra.Command{
		Use:   "registry",
		Short: "Schema registry that keeps events readable across versions",
		Long: "registry stores versioned event schemas (Avro, JSON Schema, Protobuf) under compatibility\n" +
			"rules and speaks the REST protocol of Confluent Schema Registry. Without a command it serves.",
		Example:       "  registry\n  registry serve --storage.driver postgres\n  registry config print",
		SilenceErrors: true, SilenceUsage: true,
		Args: noArgs, RunE: serve.RunE,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.SetHelpTemplate(helpTemplate)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return usageError(c, err) })
	cobra.AddTemplateFunc("environment", environmentHelp)
	addConfigFlags(root)
	root.AddCommand(
		serve, a.configCommand(), a.db(), a.verify(), a.token(), a.grant(), a.user(), a.healthcheck(), a.exportCommand(),
		a.importCommand(), a.migrate(), a.upcast(), a.version(), a.completion(), a.man(),
	)
	root.SetHelpCommand(&cobra.Command{Use: "no-help", Hidden: true}) // --help says it all
	return root
}

// helpTemplate is cobra's with the environment at the end.
const helpTemplate = `{{with (or .Long .Short)}}{{. | trimTrailingWhitespaces}}

{{end}}{{if or .Runnable .HasSubCommands}}{{.UsageString}}{{end}}{{environment .}}`

// environmentHelp lists the variables that stand for the visible flags.
func environmentHelp(c *cobra.Command) string {
	var b strings.Builder
	if c.Flags().Lookup("url") != nil {
		b.WriteString(clientEnvironment)
	}
	if c.Flags().Lookup("config") != nil {
		b.WriteString("\nEnvironment:\n  INSTAR_CONFIG                  the configuration file\n")
		for i, k := range config.Keys() {
			if commonKeys[k.Name] {
				fmt.Fprintf(&b, "  %-30s %s\n", config.Keys()[i].Env(), k.Name)
			}
		}
		b.WriteString("\nEvery key is a flag, a variable and a place in the file: \"registry config print --all\" lists them.\n")
	}
	return b.String()
}

// usageError adds how to get help.
func usageError(c *cobra.Command, err error) error {
	text := err.Error()
	if name, ok := strings.CutPrefix(text, "unknown flag: --"); ok {
		if near := nearestFlag(c, name); near != "" {
			text += "; did you mean --" + near + "?"
		}
	}
	return fmt.Errorf("%s\nRun \"%s --help\" for the flags", text, c.CommandPath())
}

// noArgs refuses arguments; for a command with subcommands it names the nearest.
func noArgs(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if !c.HasSubCommands() {
		return fmt.Errorf("%s takes no arguments, and %q is one", c.CommandPath(), args[0])
	}
	text := fmt.Sprintf("%q is not a command of %s", args[0], c.CommandPath())
	c.SuggestionsMinimumDistance = 2
	if s := c.SuggestionsFor(args[0]); len(s) > 0 {
		text += "; did you mean " + strings.Join(s, " or ") + "?"
	}
	return fmt.Errorf("%s\nRun \"%s --help\" for the commands", text, c.CommandPath())
}

// group makes a command that only holds others.
func group(use, short string, sub ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{Use: use, Short: short, Args: noArgs, RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	var examples []string
	for _, s := range sub {
		examples = append(examples, s.Example)
	}
	c.Example = strings.Join(examples, "\n")
	c.AddCommand(sub...)
	return c
}
