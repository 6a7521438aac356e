// Package rules holds the pages of the rules that findings name, as they are
// generated from the catalogue, for programs that show them offline.
package rules

import "embed"

//go:embed */*.md
var pages embed.FS

// Page returns the page of a rule in Markdown; ok is false if there is none.
func Page(id string) (text string, ok bool) {
	data, err := pages.ReadFile(id + ".md")
	return string(data), err == nil
}
