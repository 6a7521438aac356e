package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/instar-registry/instar/internal/reproducer"
)

func (a *app) reproduce() *cobra.Command {
	c := &cobra.Command{
		Use:   "reproduce FILE...",
		Short: "Carry the events of broken plans again",
		Long: "reproduce reads files in which the server, or \"migrate files\", kept what shows a broken plan (50050), proves\n" +
			"their documents anew and carries the event again: by the documents as this release proves them, and by the\n" +
			"plan as it was made then. It needs no registry. Exit code 1 if what becomes of an event is still no event of\n" +
			"its version.",
		Example: "  registry upcast reproduce reproducers/*.json",
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return fmt.Errorf("%s takes files that the server kept, such as reproducers/50050-….json", c.CommandPath())
			}
			return nil
		},
	}
	c.RunE = func(c *cobra.Command, args []string) error {
		bugs := false
		for _, path := range args {
			bug, err := a.reproduceOne(c, path)
			if err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
			bugs = bugs || bug
		}
		if bugs {
			return errFindings
		}
		return nil
	}
	return c
}

func (a *app) reproduceOne(c *cobra.Command, path string) (bug bool, err error) {
	kept, err := reproducer.Read(path)
	if err != nil {
		return false, err
	}
	shown, err := reproducer.Replay(c.Context(), kept)
	if err != nil {
		return false, err
	}
	to := reproducer.Place{Subject: kept.Subject, Version: kept.To}
	if kept.ToSubject != "" {
		to.Subject = kept.ToSubject
	}
	says := func(wrong, untried string) string {
		switch {
		case wrong != "":
			return wrong
		case untried != "":
			return "not tried: " + untried
		}
		return "no bug"
	}
	err = a.print("%s: version %d of %s to %s\n  kept:             %s\n  by its documents: %s\n  by its plan:      %s\n",
		path, kept.From, kept.Subject, to, kept.Reason, says(shown.ByDocuments, shown.NoDocuments), says(shown.ByPlan, shown.NoPlan))
	return shown.Bug(), err
}
