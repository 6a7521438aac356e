package cli

import (
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// writeMan writes the manual pages.
func writeMan(root *cobra.Command, directory string, date time.Time) error {
	prepareDocuments(root)
	return doc.GenManTree(root, &doc.GenManHeader{
		Title: "REGISTRY", Section: "1", Date: &date, Source: "Instar", Manual: "Instar registry",
	}, directory)
}

// WriteMarkdown writes docs/cli.
func WriteMarkdown(directory string) error {
	root := (&app{}).root()
	prepareDocuments(root)
	return doc.GenMarkdownTree(root, directory)
}

// prepareDocuments turns off the line that tells when a document was made.
func prepareDocuments(c *cobra.Command) {
	c.DisableAutoGenTag = true
	for _, sub := range c.Commands() {
		prepareDocuments(sub)
	}
}
