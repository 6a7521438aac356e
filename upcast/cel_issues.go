package upcast

import (
	"fmt"
	"regexp"
	"strings"

	"cel.dev/cel-go/cel"

	"github.com/instar-registry/instar/internal/nearest"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/upcast/plan"
)

var (
	undeclared  = regexp.MustCompile(`undeclared reference to '([^']*)'`)
	noField     = regexp.MustCompile(`undefined field '([^']*)'`)
	noOverload  = regexp.MustCompile(`found no matching overload for '([^']*)' applied to '(.*)'`)
	int64Arg    = regexp.MustCompile(`\bint\b`)
	opaque      = regexp.MustCompile(`\b(date|time-\w+|local-timestamp-\w+)\b`)
	nullCompare = regexp.MustCompile(`_[!=]=_' applied to '\(.*\bnull\b.*optional|optional.*\bnull\b`)
)

// issueOf explains the first complaint of CEL in our words.
func issueOf(text string, issues *cel.Issues, names []name) *schema.Error {
	first := issues.Errors()[0]
	at := fmt.Sprintf("at column %d: ", first.Location.Column()+1)
	if strings.Contains(text, "\n") {
		at = fmt.Sprintf("at line %d of it, column %d: ", first.Location.Line(), first.Location.Column()+1)
	}
	m := first.Message
	switch {
	case undeclared.MatchString(m):
		what := qualified(text, first.Location.Line(), first.Location.Column(), undeclared.FindStringSubmatch(m)[1])
		return exprError(text, at+"there is no "+what, nearName(what, names))
	case noField.MatchString(m):
		return exprError(text, at+"there is no field "+noField.FindStringSubmatch(m)[1], "")
	case noOverload.MatchString(m):
		s := noOverload.FindStringSubmatch(m)
		hint := overloadHint(m, s[1], s[2])
		return exprError(text, fmt.Sprintf("%s%s does not take %s", at, operatorName(s[1]), s[2]), hint)
	default:
		hint := ""
		if strings.Contains(m, "token recognition error") && strings.ContainsAny(m, "`$") {
			hint = "names with other characters than letters of ASCII, digits, spaces and _ . - / cannot be written: use this at the path of the field, or rename it first"
		}
		return exprError(text, at+strings.TrimSpace(strings.ReplaceAll(m, "\n", " ")), hint)
	}
}

// overloadHint says what to write where an operator or a function does not take
// its arguments.
func overloadHint(message, function, args string) string {
	has := func(s string) bool { return strings.Contains(args, s) }
	switch {
	case nullCompare.MatchString(message):
		return "ask with hasValue(), or isNull() for null alone"
	case has("optional_type(optional_type("):
		return "the value and what holds it may both be missing: write a.optFlatMap(x, x.b) instead of a.b, and a.b instead of a.?b"
	case has("message google.protobuf."):
		return "it is a message here, with its fields, as in owner.at.optMap(x, timestamp(x.seconds))"
	case has("optional_type(union)"):
		return "the value is one of several types: use its branches by mapBranch, or a path such as pay<Card>.no"
	case has("optional_type"):
		return "a value may be missing: give another by orValue(...), or ask hasValue() first"
	case has("json"):
		return "a value without a type in the schema can be moved, and not computed on"
	case has("uint") && int64Arg.MatchString(args):
		return "numbers without sign are written 1u; convert by int(...) or uint(...)"
	case has("int") && has("double"):
		return "convert by double(...) or int(...)"
	case function == "_[_]" && has("map(string") && has(", int)"):
		return "the keys of maps are texts here, also those of Protobuf: write them in quotes, or string(...)"
	case function == "_/_" && has("decimal"):
		return "use div(a, b, scale, 'half-even')"
	case has("decimal"):
		return "decimals take + - *, comparisons, div(...) and scale(...); convert by retype first"
	case opaque.MatchString(args):
		return "dates, times of day and local timestamps are only moved: retype them first"
	default:
		return ""
	}
}

// nearField is what the last field that was not found may be meant to be.
func (c *celTypes) nearField(message string) string {
	if c.missed == nil || !strings.HasSuffix(message, "there is no field "+c.field) {
		return ""
	}
	names := make([]string, len(c.missed.Fields))
	for i := range c.missed.Fields {
		f := &c.missed.Fields[i]
		names[i] = f.Name
		if _, nullable := f.Type.Nullable(); !nullable && f.Type.Kind == plan.Union && f.Type.Branch(c.field) >= 0 {
			return fmt.Sprintf("%s is a branch of %s: use the path %s<%s>, or mapBranch", c.field, f.Name, f.Name, c.field)
		}
	}
	return near(c.field, names)
}

var qualifiedName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*`)

// qualified is the whole name that a complaint names the first part of.
func qualified(text string, line, column int, first string) string {
	lines := strings.Split(text, "\n")
	if line < 1 || line > len(lines) {
		return first
	}
	runes := []rune(lines[line-1])
	if column < 0 || column > len(runes) {
		return first
	}
	if whole := qualifiedName.FindString(string(runes[column:])); strings.HasPrefix(whole, first+".") && first == "math" {
		return whole
	}
	return first
}

// operatorName shows an operator as it is written.
func operatorName(fn string) string { return strings.Trim(strings.TrimPrefix(fn, "@"), "_") }

// nearName proposes a variable or a function.
func nearName(what string, names []name) string {
	known := make([]string, 0, len(names)+len(functionNames))
	for _, n := range names {
		known = append(known, n.text)
	}
	variables := strings.Join(known, ", ")
	known = append(known, functionNames...)
	if isFunction(what) {
		return what + " is a function: write " + what + "(...)"
	}
	if near := insteadOf(what); near != "" {
		return "use " + near
	}
	if what == "this" {
		return "this is the value before the step, and there is none here; known are " + variables
	}
	if near := nearest.Name(what, known); near != "" {
		return fmt.Sprintf("did you mean %s?", near)
	}
	return "known here are " + variables + ", and the functions of upcasters"
}
