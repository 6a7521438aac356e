package registry

import (
	"fmt"
	"slices"

	"github.com/instar-registry/instar/compat"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/upcast"
)

// Library is what [Decide] may ask besides the state. Its answers depend on
// their arguments alone, so a decision can be made again anywhere; an
// implementation remembers them because parsing and checking cost time.
type Library interface {
	// Text returns a body if it is at hand.
	Text(h Hash) (string, bool)
	// Parse parses a text with its resolved references.
	Parse(f schema.Format, text string, docs []schema.Document, lenient bool) (schema.Parsed, error)
	// Recall returns what Remember was told about a content without references,
	// whose meaning depends on nothing else. Either part may have been
	// forgotten.
	Recall(identity Hash) Memory
	Remember(identity Hash, m Memory)
	// Check runs the compatibility engine.
	Check(req compat.Request) (compat.Report, error)
	// Prove runs the prover on a document and the schemas of its two versions.
	// targets are the schemas of the versions of other subjects that the document
	// sends parts of its events to.
	Prove(d *upcast.Document, from, to schema.Parsed, targets map[upcast.Target]schema.Parsed) (*upcast.Hop, error)
	// Derive proves the hop without a document for the events of a Protobuf
	// message; an empty name is the first, and that of other formats.
	Derive(message string, from, to schema.Parsed) (*upcast.Hop, error)
	// Rules prepares migration rules, those of the oldest version first, for events
	// of a Protobuf message that go from one version to the other, and lifts them to
	// steps where they are known idioms; an empty name is as in Derive.
	Rules(sets []*upcast.RuleSet, d upcast.Direction, message string, from, to schema.Parsed) (*Ruled, error)
	// Way returns what KeepWay was told about a route, or nil. The key covers all
	// that a way depends on.
	Way(route Hash) *Way
	KeepWay(route Hash, w *Way)
}

// Memory is what is known about a stored content without references.
type Memory struct {
	Parsed schema.Parsed // read leniently, as history is
	Shape  *Shape
}

// Shape decides sameness without a parse.
type Shape struct {
	Equivalence, Inlined Hash
	Unreadable           bool // the text does not parse, so it equals nothing
}

func shapeOf(p schema.Parsed) *Shape {
	if p == nil {
		return &Shape{Unreadable: true}
	}
	return &Shape{Equivalence: textHash(p.Equivalence()), Inlined: textHash(p.Inlined())}
}

// Env is everything a decision depends on besides state and command.
type Env struct {
	Now      int64 // µs since 1970
	Settings Settings
	Library  Library

	memo candidates // of one command; nil remembers nothing
}

// NeedTexts is the answer of a decision that lacks bodies; the caller fetches
// them and asks again.
type NeedTexts struct{ Hashes []Hash }

func (n *NeedTexts) Error() string {
	return fmt.Sprintf("%d schema texts are not loaded", len(n.Hashes))
}

// resolver turns references into documents against a state.
type resolver struct {
	st      *State
	env     *Env
	docs    []schema.Document
	byName  map[string]Hash
	open    map[string]bool // versions on the path, to find cycles
	bytes   int
	missing []Hash
	lenient bool // history and imports: a dangling reference is left out
}

// documents returns the transitive closure of refs, dependencies first, each
// name once.
func (st *State) documents(env *Env, context string, refs []schema.Reference, lenient bool) ([]schema.Document, error) {
	if len(refs) == 0 {
		return nil, nil
	}
	if max := env.Settings.MaxReferences; len(refs) > max && !lenient {
		return nil, schema.OverLimit("references", int64(len(refs)), int64(max), "the schema has too many references", schema.Position{})
	}
	r := &resolver{st: st, env: env, byName: map[string]Hash{}, open: map[string]bool{}, lenient: lenient}
	if err := r.walk(context, refs); err != nil {
		return nil, err
	}
	if len(r.missing) > 0 {
		return nil, &NeedTexts{Hashes: r.missing}
	}
	return r.docs, nil
}

func (r *resolver) walk(context string, refs []schema.Reference) error {
	for _, ref := range refs {
		if err := r.visit(context, ref); err != nil {
			return err
		}
	}
	return nil
}

func (r *resolver) visit(context string, ref schema.Reference) error {
	name := In(context, ref.Subject)
	v := r.target(name, ref.Version)
	if v == nil {
		if r.lenient {
			return nil
		}
		return &schema.Error{
			What: fmt.Sprintf("No schema reference found for subject \"%s\" and version %d (reference %q)", name, ref.Version, ref.Name),
			Hint: "register the referenced schema first, or correct subject and version",
		}
	}
	at := fmt.Sprintf("%s\x00%d", name.key(), v.Number)
	if r.open[at] {
		if r.lenient {
			return nil
		}
		return &schema.Error{What: fmt.Sprintf("the references form a cycle through version %d of %q", v.Number, name)}
	}
	if seen, ok := r.byName[ref.Name]; ok {
		if seen != v.Content.Text && r.env.Settings.ReferenceStrict && !r.lenient {
			return &schema.Error{What: fmt.Sprintf("the reference name %q stands for two different schemas", ref.Name)}
		}
		return nil
	}
	r.byName[ref.Name] = v.Content.Text
	if max := r.env.Settings.MaxReferencesAll; len(r.byName) > max {
		return schema.OverLimit("references-all", int64(len(r.byName)), int64(max), "the schema has too many transitive references", schema.Position{})
	}
	r.open[at] = true
	err := r.walk(name.Context, v.Content.References)
	delete(r.open, at)
	if err != nil {
		return err
	}
	return r.add(ref.Name, v.Content.Text)
}

// target finds a referenced version: live ones only for new schemas, any for
// history. Version -1 is the newest live one.
func (r *resolver) target(name Name, version int) *Version {
	s := r.st.Subject(name)
	if version == -1 {
		return s.Latest()
	}
	v := s.Version(version)
	if v != nil && v.Deleted && !r.lenient {
		return nil
	}
	return v
}

func (r *resolver) add(name string, text Hash) error {
	body, ok := r.env.Library.Text(text)
	if !ok {
		r.missing = append(r.missing, text)
		return nil
	}
	r.bytes += len(body)
	if max := r.env.Settings.MaxReferenceBytes; r.bytes > max {
		return schema.OverLimit("reference-bytes", int64(r.bytes), int64(max), "the schema and its references are too long", schema.Position{})
	}
	r.docs = append(r.docs, schema.Document{Name: name, Text: body})
	return nil
}

// parsed returns the parsed form of a stored content as a context sees it.
// History is always parsed leniently.
func (st *State) parsed(env *Env, context string, c *Content) (schema.Parsed, error) {
	alone := len(c.References) == 0
	if alone {
		if m := env.Library.Recall(c.Identity); m.Parsed != nil {
			return m.Parsed, nil
		}
	}
	docs, err := st.documents(env, context, c.References, true)
	body, ok := env.Library.Text(c.Text)
	if need, isNeed := err.(*NeedTexts); isNeed && !ok { //nolint:errorlint // our own error, never wrapped
		need.Hashes = append(need.Hashes, c.Text)
		return nil, need
	}
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, &NeedTexts{Hashes: []Hash{c.Text}}
	}
	p, err := env.Library.Parse(c.Format, body, docs, true)
	if err == nil && alone {
		env.Library.Remember(c.Identity, Memory{Parsed: p})
	}
	return p, err
}

// parsedAll parses several contents and gathers all missing texts at once.
func (st *State) parsedAll(env *Env, context string, list []*Version) ([]schema.Parsed, []error, error) {
	out, errs := make([]schema.Parsed, len(list)), make([]error, len(list))
	var missing []Hash
	for i, v := range list {
		p, err := st.parsed(env, context, v.Content)
		if need, ok := err.(*NeedTexts); ok { //nolint:errorlint // see parsed
			missing = append(missing, need.Hashes...)
			continue
		}
		out[i], errs[i] = p, err
	}
	if len(missing) > 0 {
		slices.SortFunc(missing, func(a, b Hash) int { return slices.Compare(a[:], b[:]) })
		return nil, nil, &NeedTexts{Hashes: slices.Compact(missing)}
	}
	return out, errs, nil
}
