package jsonschema

import "strings"

// Draft is a dialect of JSON Schema; drafts compare by age.
type Draft uint8

// The drafts that are understood.
const (
	Draft4 Draft = iota + 1
	Draft6
	Draft7
	Draft2019
	Draft2020
)

// String returns the usual name: draft-07, 2020-12.
func (d Draft) String() string {
	switch d {
	case Draft4:
		return "draft-04"
	case Draft6:
		return "draft-06"
	case Draft7:
		return "draft-07"
	case Draft2019:
		return "2019-09"
	case Draft2020:
		return "2020-12"
	default:
		return "unknown draft"
	}
}

// URI returns the address of the draft's meta-schema.
func (d Draft) URI() string {
	switch d {
	case Draft4, Draft6, Draft7:
		return "http://json-schema.org/" + d.String() + "/schema"
	default:
		return "https://json-schema.org/draft/" + d.String() + "/schema"
	}
}

// idKeyword is the name of the identifier keyword.
func (d Draft) idKeyword() string {
	if d == Draft4 {
		return "id"
	}
	return "$id"
}

// refAlone reports whether "$ref" makes its siblings meaningless.
func (d Draft) refAlone() bool { return d <= Draft7 }

// draftOf maps a "$schema" value to its draft. http and https are the same, as
// is an empty fragment. "http://json-schema.org/schema" means draft 4, as in
// the registries whose history we read.
func draftOf(uri string) (Draft, bool) {
	uri = metaAddress(uri)
	if uri == "json-schema.org/schema" {
		return Draft4, true
	}
	for d := Draft4; d <= Draft2020; d++ {
		if metaAddress(d.URI()) == uri {
			return d, true
		}
	}
	return 0, false
}

// metaAddress strips what does not matter in the address of a meta-schema.
func metaAddress(uri string) string {
	uri = strings.TrimSuffix(uri, "#")
	if rest, ok := strings.CutPrefix(uri, "http://"); ok {
		return rest
	}
	rest, _ := strings.CutPrefix(uri, "https://")
	return rest
}
