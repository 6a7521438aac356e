package compat

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/instar-registry/instar/schema"
)

// Finding is one difference that a rule names in a pair.
type Finding struct {
	Difference
	// Refused says whether the policy in force refuses it.
	Refused bool
	// Break is the difference as the exact engine found it, with the event that
	// shows it; Kind is then the id of a rule of ours. It is nil for what
	// Confluent's rule found.
	Break *schema.Break
	// Rule is the id of the catalogue's row, see [RuleByID]; empty only for the
	// one sentence about two formats that Confluent has no kind for.
	Rule string
	// Direction is the question in which it was found, and Required whether the
	// level asks for it.
	Direction Direction
	Required  bool
	// Versions are the old versions that it stands for, in the order of the
	// check; the candidate is not among them.
	Versions []int
	// RefusedBy lists the policies that are known to refuse it.
	RefusedBy []string
	// Fixes are edits of the candidate that remove it; see [Repair].
	Fixes []Fix
	// Harmless says that the exact engine proved that no event of the pair
	// breaks.
	Harmless bool
	// Undecided is set if the finding is a question that was left open.
	Undecided *schema.Undecided

	confluent string // the kind under which Confluent's rule names it too
}

// How a finding is known.
const (
	ProofWitness   = "witness"         // an event shows it
	ProofNoBreak   = "no-event-breaks" // the exact engine found no event that breaks by it
	ProofRule      = "rule"            // a syntactic rule says so, no event was looked for
	ProofUndecided = "undecided"       // neither a proof nor an event was found
)

// Proof says how the finding is known.
func (f *Finding) Proof() string {
	switch {
	case f.Undecided != nil:
		return ProofUndecided
	case f.Break == nil && f.Harmless:
		return ProofNoBreak
	case f.Break == nil:
		return ProofRule
	case f.Break.Witness != nil:
		return ProofWitness
	default:
		return ProofNoBreak
	}
}

// Class is how much the finding weighs. What only a syntactic rule says is never
// more than policy: no event shows it.
func (f *Finding) Class() RuleClass {
	switch {
	case f.Undecided != nil:
		return ClassUndecided
	case f.Break != nil:
		return string(f.Break.Class)
	}
	if r := RuleByID(f.Rule); r != nil && r.Class == ClassInfo {
		return ClassInfo
	}
	if !f.Strict && !f.Lenient {
		return ClassInfo
	}
	return ClassPolicy
}

// Severity is "error", "warning" or "note".
func (f *Finding) Severity() string {
	switch class := f.Class(); {
	case class == ClassInfo, class == ClassData && !f.Required:
		return "note"
	case class == ClassData, class == ClassPolicy && f.Refused && f.Required:
		return "error"
	}
	return "warning"
}

// Old and New are the place of the finding in the two schemas; the zero value
// where it is not known.
func (f *Finding) Old() schema.Place { return f.place(OldToNew) }

// New is the place in the candidate; see [Finding.Old].
func (f *Finding) New() schema.Place { return f.place(NewToOld) }

func (f *Finding) place(writes Direction) schema.Place {
	switch {
	case f.Break == nil:
		return schema.Place{}
	case f.Direction == writes:
		return f.Break.Writer
	default:
		return f.Break.Reader
	}
}

// Params are the named values of the finding, sorted by name. What an engine
// calls the writer's or the reader's is called old or new here.
func (f *Finding) Params() []schema.Param {
	var out []schema.Param
	switch {
	case f.Undecided != nil:
		out = []schema.Param{{Name: "reason", Value: string(f.Undecided.Reason)}}
	case f.Break != nil:
		out = make([]schema.Param, len(f.Break.Params))
		for i, p := range f.Break.Params {
			out[i] = schema.Param{Name: sideName(p.Name, f.Direction), Value: p.Value}
		}
	}
	slices.SortStableFunc(out, func(a, b schema.Param) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// sideName turns writerType into oldType where the old side writes.
func sideName(name string, d Direction) string {
	sides := [2]string{"old", "new"}
	if rest, ok := strings.CutPrefix(name, "writer"); ok {
		return sides[d] + rest
	}
	if rest, ok := strings.CutPrefix(name, "reader"); ok {
		return sides[1-d] + rest
	}
	return name
}

// Where is the place of the finding in an event, or as the syntactic rule writes
// it where no event was looked for.
func (f *Finding) Where() string {
	if f.Break != nil {
		return f.Break.Path
	}
	return f.Path
}

// Text is the sentence of the finding: that of its rule, filled in, or that of
// whoever found it where the rule's asks for more than is known.
func (f *Finding) Text() string {
	if f.Undecided != nil {
		return undecidedText(f.Undecided, f.Direction)
	}
	if r := RuleByID(f.Rule); r != nil && f.Break != nil {
		if text, ok := f.fill(r.Message); ok {
			return text
		}
	}
	return f.Sentence(f.Direction)
}

func sideOf(d Direction) string {
	if d == OldToNew {
		return "old schema"
	}
	return "new schema"
}

// fill puts values where a template says {name}. It fails if one is missing.
func (f *Finding) fill(template string) (string, bool) {
	var b strings.Builder
	params := f.Params()
	for {
		before, rest, found := strings.Cut(template, "{")
		b.WriteString(before)
		if !found {
			return b.String(), template != "" || b.Len() > 0
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed {
			return "", false
		}
		value, ok := f.value(name, params)
		if !ok {
			return "", false
		}
		b.WriteString(value)
		if template = after; template == "" {
			return b.String(), true
		}
	}
}

func (f *Finding) value(name string, params []schema.Param) (string, bool) {
	switch name {
	case "path":
		path, short := cutUTF16(f.Where(), maxWitnessText)
		if short {
			path += "..."
		}
		return path, true
	case "reader":
		return sideOf(1 - f.Direction), true
	case "writer":
		return sideOf(f.Direction), true
	}
	i := slices.IndexFunc(params, func(p schema.Param) bool { return p.Name == name })
	if i < 0 {
		return "", false
	}
	return params[i].Value, true
}

// Fingerprint names the finding across releases, runs and edits elsewhere in the
// schema: "1:" and 16 hex digits over rule, subject, places in the event,
// direction and parameters. Lines, files, versions and the sentence do not
// count.
func (f *Finding) Fingerprint(subject string) string {
	rule := f.Rule
	if rule == "" {
		rule = f.Kind
	}
	return Fingerprint(rule, subject, f.Where(), f.Where(), f.Direction.String(), f.Params())
}

// Fingerprint names whatever has a rule and a place as [Finding.Fingerprint]
// names findings. The parameters count in the order given.
func Fingerprint(rule, subject, oldPath, newPath, direction string, params []schema.Param) string {
	var b strings.Builder
	add := func(parts ...string) {
		for _, p := range parts {
			b.WriteString(p)
			b.WriteByte(0)
		}
	}
	add(rule, subject, oldPath, newPath, direction)
	for _, p := range params {
		add(p.Name, p.Value)
	}
	sum := sha256.Sum256([]byte(b.String()))
	return "1:" + hex.EncodeToString(sum[:8])
}
