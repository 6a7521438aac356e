package cli

import (
	"bytes"

	"github.com/spf13/cobra"

	"github.com/instar-registry/instar/internal/config"
)

func (a *app) configCommand() *cobra.Command {
	return group("config", "Look at the configuration", a.configPrint(), a.configValidate(), a.configSchema())
}

func (a *app) configPrint() *cobra.Command {
	c := &cobra.Command{
		Use:   "print",
		Short: "Print the values in force and where each came from",
		Long: "print shows the configuration as \"serve\" with the same flags and environment would use it: key, value,\n" +
			"and source (flag, env NAME, FILE:LINE, default). Secrets are shown as ***.",
		Example: "  registry config print\n  registry config print --all --json",
		Args:    noArgs,
	}
	all := c.Flags().Bool("all", false, "also print the keys that are at their default")
	asJSON := c.Flags().Bool("json", false, "print all keys as a JSON array")
	addConfigFlags(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		loaded, err := a.load(c)
		if err != nil {
			return err
		}
		for _, w := range loaded.Warnings {
			a.say("warning: %s", w)
		}
		if *asJSON {
			return loaded.PrintJSON(a.stdout)
		}
		var out bytes.Buffer
		if err := loaded.Print(&out, *all); err != nil {
			return err
		}
		if out.Len() == 0 {
			a.say("every key is at its default; --all lists them")
			return nil
		}
		return a.print("%s", out.String())
	}
	return c
}

func (a *app) configValidate() *cobra.Command {
	c := &cobra.Command{
		Use:     "validate",
		Short:   "Check the configuration and print every mistake",
		Long:    "validate reads the configuration as \"serve\" would and prints every mistake with its place. Exit code 2 if\nthere is one.",
		Example: "  registry config validate --config registry.yaml",
		Args:    noArgs,
	}
	addConfigFlags(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		loaded, err := a.load(c)
		if err != nil {
			return err
		}
		for _, w := range loaded.Warnings {
			a.say("warning: %s", w)
		}
		if loaded.File == "" {
			return a.print("the configuration is valid; no file was read\n")
		}
		return a.print("the configuration is valid: %s\n", loaded.File)
	}
	return c
}

func (a *app) configSchema() *cobra.Command {
	return &cobra.Command{
		Use:     "schema",
		Short:   "Print the JSON Schema of the configuration file",
		Long:    "schema prints a JSON Schema (draft 2020-12) with which editors complete and check the configuration file.",
		Example: "  registry config schema > registry.schema.json",
		Args:    noArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := a.stdout.Write(config.JSONSchema())
			return err
		},
	}
}
