package registry

import (
	"slices"
	"strings"

	"github.com/instar-registry/instar/compat"
	"github.com/instar-registry/instar/schema"
)

// The encodings that a subject's events may have. The binary one is judged
// whatever the configuration says; json makes the names of Protobuf's JSON
// mapping count as well.
const (
	encodingBinary = "binary"
	encodingJSON   = "json"
)

// The bounds of eventMessages.
const (
	maxEventMessages    = 1000
	maxEventMessageName = 1024 // bytes
)

// checkEncodings validates and lower-cases the encodings of a patch, each once,
// sorted.
func checkEncodings(c *Config) error {
	if len(c.Encodings) == 0 {
		return nil
	}
	out := make([]string, 0, len(c.Encodings))
	for _, e := range c.Encodings {
		e = strings.ToLower(e)
		if e != encodingBinary && e != encodingJSON {
			return fail(InvalidLevel, "Invalid encodings. Valid values are binary and json; %q is none of them", clipped(e))
		}
		out = append(out, e)
	}
	slices.Sort(out)
	out = slices.Compact(out)
	if !slices.Contains(out, encodingBinary) {
		return fail(InvalidLevel, "Invalid encodings. Valid values are binary and json; binary must be listed, since it is judged always")
	}
	c.Encodings = out
	return nil
}

// checkEventMessages holds names to the form that Protobuf's full names have.
func checkEventMessages(names []string) error {
	if n := len(names); n > maxEventMessages {
		return fail(OverLimit, "Invalid eventMessages. %d names are listed; the limit is %d", n, maxEventMessages)
	}
	for _, name := range names {
		if !isFullName(name) {
			return fail(InvalidLevel, "Invalid eventMessages. Valid values are full names of Protobuf messages, such as acme.orders.Order; %q is none", clipped(name))
		}
	}
	return nil
}

// isFullName reports whether s is identifiers joined by dots.
func isFullName(s string) bool {
	if s == "" || len(s) > maxEventMessageName {
		return false
	}
	for part := range strings.SplitSeq(s, ".") {
		if part == "" || part[0] >= '0' && part[0] <= '9' {
			return false
		}
		for i := range len(part) {
			if c := part[i]; c != '_' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
				return false
			}
		}
	}
	return true
}

// clipped keeps a refused value from filling the answer.
func clipped(s string) string {
	if len(s) <= 100 {
		return s
	}
	return strings.ToValidUTF8(s[:100], "") + "…"
}

// options are what a configuration says to the engine.
func (c *Config) options(s *Settings) (compat.Options, error) {
	o := compat.Options{
		ValidateFields: isTrue(c.ValidateFields),
		Meaning: compat.Meaning{
			AssertFormats: isTrue(c.AssertFormats), JSON: slices.Contains(c.Encodings, encodingJSON), EventMessages: c.EventMessages,
		},
		Budget: schema.Budget{Steps: s.CompatSteps},
	}
	if c.Unknown != "" {
		var err error
		if o.Unknown, err = compat.ParseOnUnknown(c.Unknown); err != nil {
			return o, &schema.Bug{Where: "options", Cause: err}
		}
	}
	return o, nil
}
