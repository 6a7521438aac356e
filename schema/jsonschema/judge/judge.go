// Package judge is the only importer of the third-party JSON Schema validators.
//
// santhosh-tekuri/jsonschema is the validator of record ([Compile]);
// xeipuuv/gojsonschema is an independent second opinion for drafts 4, 6 and 7
// ([CompileSecond]). Both get self-contained documents whose every address was
// made by package jsonschema, so neither ever has a reason to open a file or a
// socket, and both are shielded: a panic inside them is a *schema.Bug.
//
// Called by package jsonschema alone. What must never happen here: untrusted
// text, an unresolved reference, a loop, or an event whose cost was not bounded.
package judge

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/instar-registry/instar/schema"
)

// Document is one schema text, decoded, under the address that references use.
type Document struct {
	URL   string
	Value any
}

// Matcher is a compiled pattern.
type Matcher interface {
	String() string
	MatchString(string) bool
}

// Violation is one thing wrong with an event.
type Violation struct {
	// Instance is the path to the offending value, one token a level.
	Instance []string
	What     string
}

// Validator judges events; it is safe for concurrent use.
type Validator struct {
	schema *jsonschema.Schema
}

// refuser is the loader of last resort: it knows nothing.
type refuser struct{}

// Load refuses every address.
func (refuser) Load(url string) (any, error) {
	return nil, fmt.Errorf("%s was not given to the validator", url)
}

// drafts maps a draft's age to the library's value.
var drafts = map[string]*jsonschema.Draft{
	"draft-04": jsonschema.Draft4, "draft-06": jsonschema.Draft6, "draft-07": jsonschema.Draft7,
	"2019-09": jsonschema.Draft2019, "2020-12": jsonschema.Draft2020,
}

// Compile prepares the schema at root, which must be one of the documents or a
// place in one. draft applies where a document names none. pattern compiles
// regular expressions.
func Compile(documents []Document, root, draft string, pattern func(string) (Matcher, error)) (v *Validator, err error) {
	defer shield("judge.Compile", &err)
	c := jsonschema.NewCompiler()
	c.UseLoader(refuser{})
	c.DefaultDraft(drafts[draft])
	c.UseRegexpEngine(func(s string) (jsonschema.Regexp, error) { return pattern(s) })
	for _, d := range documents {
		if err := c.AddResource(d.URL, d.Value); err != nil {
			return nil, &schema.Bug{Where: "judge.Compile", Cause: err}
		}
	}
	s, err := c.Compile(root)
	if err != nil {
		return nil, compileError(err)
	}
	return &Validator{s}, nil
}

// compileError turns a refusal of the validator into a user's mistake: what the
// parser let through and the meta-schema does not.
func compileError(err error) error {
	var invalid *jsonschema.SchemaValidationError
	if errors.As(err, &invalid) {
		var v *jsonschema.ValidationError
		if errors.As(invalid.Err, &v) {
			found := violations(v)
			if len(found) > 0 {
				return &schema.Error{
					What: "the validator refuses the schema: " + found[0].What,
					Path: "/" + strings.Join(found[0].Instance, "/"), Hint: "correct the keyword",
				}
			}
		}
	}
	return &schema.Error{What: fmt.Sprintf("the validator refuses the schema: %v", err)}
}

// Validate judges a decoded event (objects as map[string]any, numbers as
// json.Number). The list is empty for a valid one; it is in a fixed order.
func (v *Validator) Validate(event any) (found []Violation, err error) {
	defer shield("judge.Validate", &err)
	err = v.schema.Validate(event)
	if err == nil {
		return nil, nil
	}
	var ve *jsonschema.ValidationError
	if !errors.As(err, &ve) {
		return nil, &schema.Bug{Where: "judge.Validate", Cause: err}
	}
	found = violations(ve)
	if len(found) == 0 {
		return nil, &schema.Bug{Where: "judge.Validate", Cause: "invalid without a reason"}
	}
	return found, nil
}

// shield turns a panic inside a library into a *schema.Bug.
func shield(where string, err *error) {
	if cause := recover(); cause != nil {
		var give Cannot
		if e, ok := cause.(error); ok && errors.As(e, &give) {
			*err = give.Err
			return
		}
		*err = &schema.Bug{Where: where, Cause: cause}
	}
}

// Cannot is what a Matcher panics with when its pattern cannot be evaluated:
// the library has no way to carry an error from there. Err reaches the caller.
type Cannot struct{ Err error }

// Error repeats the error inside.
func (c Cannot) Error() string { return c.Err.Error() }

// clip shortens a sentence that quotes a large value.
func clip(s string) string {
	const most = 500
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

// sentence words an error. The library lists undeclared properties in the order
// of a map, which would make one question have several answers.
func sentence(k jsonschema.ErrorKind, printer *message.Printer) string {
	if a, ok := k.(*kind.AdditionalProperties); ok {
		k = &kind.AdditionalProperties{Properties: slices.Sorted(slices.Values(a.Properties))}
	}
	return k.LocalizedString(printer)
}

// maxViolations bounds the list for one event.
const maxViolations = 100

// violations lists the leaves of an error tree.
func violations(e *jsonschema.ValidationError) []Violation {
	printer := message.NewPrinter(language.English)
	var out []Violation
	var walk func(e *jsonschema.ValidationError)
	walk = func(e *jsonschema.ValidationError) {
		if len(e.Causes) == 0 {
			out = append(out, Violation{slices.Clone(e.InstanceLocation), clip(sentence(e.ErrorKind, printer))})
			return
		}
		for _, c := range e.Causes {
			walk(c)
		}
	}
	walk(e)
	slices.SortStableFunc(out, func(a, b Violation) int {
		if c := slices.Compare(a.Instance, b.Instance); c != 0 {
			return c
		}
		return strings.Compare(a.What, b.What)
	})
	out = slices.CompactFunc(out, func(a, b Violation) bool { return a.What == b.What && slices.Equal(a.Instance, b.Instance) })
	if len(out) > maxViolations {
		out = out[:maxViolations]
	}
	return out
}
