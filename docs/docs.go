// Package docs holds the pages of the rules that findings name, as they are
// generated from the catalogue, for programs that show them offline.
package docs

import "embed"

//go:embed rules/*/*.md
var pages embed.FS

// RulePage returns the page of a rule in Markdown; ok is false if there is none.
func RulePage(id string) (text string, ok bool) {
	data, err := pages.ReadFile("rules/" + id + ".md")
	return string(data), err == nil
}
