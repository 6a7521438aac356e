package jsonschema

import (
	"embed"
	"strings"
)

// The meta-schemas as published by the JSON Schema project (BSD licence or
// AFL, see meta/LICENSE), so that a "$ref" to one never leaves the process.
//
//go:embed meta
var metaFiles embed.FS

// metaSchema returns the bundled meta-schema at an address.
func metaSchema(address string) (text string, ok bool) {
	rest, ok := strings.CutPrefix(metaAddress(address), "json-schema.org/")
	if !ok || strings.Contains(rest, "..") {
		return "", false
	}
	raw, err := metaFiles.ReadFile("meta/" + rest + ".json")
	if err != nil {
		return "", false
	}
	return string(raw), true
}
