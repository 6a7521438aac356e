package compat

import (
	"fmt"
	"slices"
	"strings"

	"github.com/instar-registry/instar/schema"
)

// ReservedProperty is the metadata property that lists reserved field names.
const ReservedProperty = "confluent:reserved"

// ParseReserved reads the value of the reserved property: names between commas.
// The result is sorted, each name once.
func ParseReserved(list string) []string {
	var names []string
	for name := range strings.SplitSeq(list, ",") {
		if name = strings.TrimSpace(name); name != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// ValidateFields holds a candidate to reserved names: a name that the newest
// version reserved must stay reserved, and no reserved name may be a top-level
// field. before and after are the reserved names of the newest version and of
// the candidate; before is nil when there is no version. Each result refuses,
// at every level.
func ValidateFields(candidate schema.Parsed, before, after []string) []string {
	var messages []string
	for _, name := range before {
		if !slices.Contains(after, name) {
			messages = append(messages, fmt.Sprintf("The new schema has reserved field %s removed from its metadata which is present in the old schema's metadata.", name))
		}
	}
	top := candidate.TopLevel()
	for _, name := range after {
		if slices.Contains(top, name) {
			messages = append(messages, fmt.Sprintf("The new schema has field that conflicts with the reserved field %s.", name))
		}
	}
	return messages
}
