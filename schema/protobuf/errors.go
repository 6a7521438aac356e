package protobuf

import (
	"errors"
	"strings"

	"github.com/bufbuild/protocompile/reporter"

	"github.com/instar-registry/instar/schema"
)

// compilerNesting is how deep the compiler lets messages nest, whatever our limit
// says; groups and map entries count.
const compilerNesting = 31

// shield turns a panic of a library into a *schema.Bug.
func shield(where string, err *error) {
	if r := recover(); r != nil {
		*err = &schema.Bug{Where: where, Cause: r}
	}
}

// newHandler returns a handler that stops at the first error and passes
// warnings on.
func newHandler(warn func(reporter.ErrorWithPos)) *reporter.Handler {
	return reporter.NewHandler(reporter.NewReporter(
		func(err reporter.ErrorWithPos) error { return err },
		warn,
	))
}

// userError converts an error of the parser or linker. document is the
// reference name of the text, empty for the schema itself.
func userError(err error, document string, src *source) error {
	var own *schema.Error
	var bug *schema.Bug
	if errors.As(err, &own) || errors.As(err, &bug) {
		return err
	}
	out := &schema.Error{What: err.Error(), Document: document}
	var at reporter.ErrorWithPos
	if errors.As(err, &at) {
		out.What = at.Unwrap().Error()
		out.Position = src.position(at.GetPosition().Offset)
	}
	out.What = strings.ReplaceAll(out.What, ownFileName+":", "")
	out.Hint = hintFor(out.What)
	if strings.HasPrefix(out.What, "message nesting depth must be less than") {
		out.What, out.Limit = "messages are nested too deeply", "proto-nesting"
		out.Found, out.Max = compilerNesting+1, compilerNesting
	}
	return out
}

// hintFor adds what to do to the compiler messages that users meet most.
func hintFor(what string) string {
	switch {
	case strings.Contains(what, "unknown type"), strings.Contains(what, "unknown extension"),
		strings.Contains(what, "unknown extendee"):
		return "check the spelling, or import the file that defines it"
	case strings.Contains(what, "must have tag number"), strings.Contains(what, "both have the same tag"):
		return "give every field of the message its own number"
	case strings.Contains(what, "syntax error"):
		return "check the text before this place"
	default:
		return ""
	}
}
