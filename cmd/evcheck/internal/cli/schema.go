package cli

import (
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/instar-registry/instar/lint"
	"github.com/instar-registry/instar/lint/tree"
	"github.com/instar-registry/instar/upcast"
)

// schemas are the JSON Schemas that the program knows, by name.
var schemas = map[string]func() string{
	"config": func() string { return lint.ConfigSchema },
	"plan":   func() string { return tree.PlanSchema },
	"report": func() string { return lint.ReportSchema },
	"upcast": upcast.JSONSchema,
}

func (a *app) schema() *cobra.Command {
	names := strings.Join(slices.Sorted(maps.Keys(schemas)), ", ")
	return &cobra.Command{
		Use: "schema NAME", Short: "Print the JSON Schema of a document: " + names, Args: cobra.ExactArgs(1),
		Example: "  evcheck schema report > evcheck-report.schema.json",
		RunE: func(_ *cobra.Command, args []string) error {
			text, ok := schemas[args[0]]
			if !ok {
				return unknownName("schema", args[0], slices.Sorted(maps.Keys(schemas)), "one of "+names)
			}
			return a.print("%s", text())
		},
	}
}
