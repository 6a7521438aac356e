package upcast

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
)

// Format is the value of "instar" in a document.
const Format = "upcast/v1"

// The limits of the steps of one document.
const (
	maxSteps     = 500
	maxStepDepth = 16
)

// Document is an upcaster: how an event of one version becomes an event of
// another. It is immutable.
type Document struct {
	Subject string
	From    Version
	To      Target
	// Message is the Protobuf message whose events the document carries; empty
	// for the first of the file. All others go by derived hops.
	Message string
	Doc     string
	Steps   []Step
	// Down is how the way back is made.
	Down DownKind
	// DownSteps are its steps if Down is DownSteps.
	DownSteps []Step
	Tests     []Test
	Context   []ContextInput
	Snapshots *SnapshotRule
	ParkIn    string
	Assume    []string

	canonical string
	tree      *jsonx.Value
}

// Version is a number, or a file of a repository that holds the schema.
type Version struct {
	Number int
	File   string
}

// String prints the number or the file.
func (v Version) String() string {
	if v.File != "" {
		return v.File
	}
	return strconv.Itoa(v.Number)
}

// Target is a version, of another subject if Subject is set.
type Target struct {
	Subject string
	Version Version
}

// DownKind says how a document goes back.
type DownKind uint8

// The ways back.
const (
	DownDerived  DownKind = iota // derived from the steps where they allow it
	DownNone                     // there is none
	DownExplicit                 // DownSteps say it
)

// Step is one operation with its place.
type Step struct {
	ID, Doc string
	// Class is the inverse class that the author expects, or empty.
	Class     string
	Operation Operation
	// Pointer is the JSON Pointer of the step in the document.
	Pointer string
	schema.Position
}

// ContextInput is a value from outside the event.
type ContextInput struct {
	Name, Type string
	Kind       string // lookup, stream or header
	Key        Expr   // of a lookup
	OfType     string // of a stream: the type of the earlier events
	OfPath     Path   // and the place in them
	Keep       string // first or last
	Header     string // of a header: its name

	at schema.Position
}

// SnapshotRule says what becomes of snapshots of the stream.
type SnapshotRule struct {
	Subject, Policy string
}

var classes = []string{"", "iso", "lossy-up", "lossy-down", "lossy", "one-way"}

// Parse reads a document in YAML or JSON. Every error is an [*Error] with a
// place.
func Parse(text string) (*Document, error) {
	tree, err := readTree(text)
	if err != nil {
		return nil, err
	}
	r := &reader{text: text}
	d := &Document{tree: tree}
	r.document(d)
	if r.err != nil {
		return nil, r.err
	}
	d.canonical = canonical(tree)
	return d, nil
}

func (r *reader) document(d *Document) {
	o := r.object(d.tree, "", "the document")
	if f := o.text("instar", true); f != Format && r.err == nil {
		o.fail("instar", fmt.Sprintf("%q is not a format of upcaster documents", f), "write instar: "+Format)
	}
	d.Subject = o.text("subject", false)
	d.From = r.version(o, "from")
	if v := o.take("to"); v != nil {
		if v.Kind == jsonx.Object {
			d.To = r.target(v, "/to")
		} else {
			d.To.Version = r.version(o, "to")
		}
	} else {
		o.fail("", `the document has no "to"`, "name the version that the steps lead to")
	}
	d.Message = o.text("message", false)
	d.Doc = o.text("doc", false)
	d.Steps = o.steps("steps", true)
	r.down(d, o)
	r.tests(d, o)
	r.context(d, o)
	r.snapshots(d, o)
	d.ParkIn = o.text("parkIn", false)
	d.Assume = o.texts("assume", false)
	for _, a := range d.Assume {
		if !slices.Contains([]string{"int64", "declared"}, a) {
			o.fail("assume", fmt.Sprintf("%q cannot be assumed", a), "known are int64 and declared")
		}
	}
	o.done()
}

// version reads a version number or the path of a file.
func (r *reader) version(o *object, key string) Version {
	v := o.take(key)
	switch {
	case v == nil:
		o.fail("", fmt.Sprintf("%s has no %q", o.what, key), "name a version number")
	case v.Kind == jsonx.String && v.Text != "":
		return Version{File: v.Text}
	case v.Kind == jsonx.Number:
		if n, err := strconv.Atoi(v.Text); err == nil && n >= 1 {
			return Version{Number: n}
		}
		fallthrough
	default:
		o.fail(key, fmt.Sprintf("%q of %s must be a version number from 1, or the path of a schema file", key, o.what), "")
	}
	return Version{}
}

func (r *reader) target(v *jsonx.Value, pointer string) Target {
	o := r.object(v, pointer, "a target")
	t := Target{Subject: o.text("subject", true), Version: r.version(o, "version")}
	o.done()
	return t
}

func (r *reader) down(d *Document, o *object) {
	v := o.take("down")
	switch {
	case v == nil || v.Kind == jsonx.String && v.Text == "derived":
	case v.Kind == jsonx.String && v.Text == "none":
		d.Down = DownNone
	case v.Kind == jsonx.Array:
		d.Down, d.DownSteps = DownExplicit, o.steps("down", true)
	default:
		o.fail("down", `"down" is derived, none, or a list of steps`, "")
	}
}

// steps reads a list of steps.
func (o *object) steps(key string, required bool) []Step {
	o.note(key, stepsShape, required)
	if strings.Count(o.pointer, "/steps") > maxStepDepth {
		o.fail(key, fmt.Sprintf("steps are nested more than %d deep", maxStepDepth), "")
		return nil
	}
	v := o.need(key, jsonx.Array, required)
	if v == nil {
		return nil
	}
	out := make([]Step, 0, len(v.Items))
	for i, item := range v.Items {
		out = append(out, o.r.step(item, jsonx.Pointer(o.at(key), strconv.Itoa(i))))
		if o.r.err != nil {
			return nil
		}
	}
	return out
}

// step reads a mapping with exactly one operation.
func (r *reader) step(v *jsonx.Value, pointer string) Step {
	if r.steps++; r.steps > maxSteps {
		r.err = tooMuch("upcaster.steps", "the document has too many steps", r.steps, maxSteps, jsonx.PositionOf(r.text, v.Offset), pointer)
		return Step{}
	}
	o := r.object(v, pointer, "a step")
	s := Step{Pointer: pointer, Position: jsonx.PositionOf(r.text, v.Offset)}
	s.ID, s.Doc = o.text("id", false), o.text("doc", false)
	s.Class = o.choice("class", false, classes...)
	for i := range operations {
		op := &operations[i]
		body := o.take(op.name)
		if body == nil {
			continue
		}
		if s.Operation != nil {
			o.fail(op.name, fmt.Sprintf("one step has both %s and %s", s.Operation.Name(), op.name), "write two steps")
			return s
		}
		inner := r.object(body, o.at(op.name), "step "+op.name)
		s.Operation = op.read(inner)
		inner.done()
	}
	for name := range later {
		if o.has(name) {
			r.fail(NotYet, o.v.Get(name).Offset, o.at(name), name+" is not carried out yet", "its format is fixed; a later release runs it")
		}
	}
	o.done()
	if s.Operation == nil {
		o.fail("", "a step has no operation", "write one, such as rename: {from: a, to: b}")
	}
	return s
}

// placed are the keys that say where a document belongs.
var placed = []string{"instar", "subject", "from", "to"}

// Body is what a document says without where it belongs, in canonical JSON:
// [Between] reads it.
func (d *Document) Body() string {
	body := *d.tree
	body.Members = slices.DeleteFunc(slices.Clone(body.Members), func(m jsonx.Member) bool { return slices.Contains(placed, m.Key) })
	return canonical(&body)
}

// Between reads the body of an upcaster that comes with a new version: a mapping
// of steps, down, tests and so on, in JSON, without the keys that follow from
// where it was sent.
func Between(body string, from, to int) (*Document, error) {
	tree, err := readTree(body)
	if err != nil {
		return nil, err
	}
	for _, key := range placed {
		if v := tree.Get(key); v != nil {
			return nil, invalid(schema.Error{What: fmt.Sprintf("%q follows from the version", key), Path: jsonx.Pointer("", key), Hint: "leave it out"})
		}
	}
	head := fmt.Sprintf(`{"instar":%q,"from":%d,"to":%d`, Format, from, to)
	rest := strings.TrimPrefix(canonical(tree), "{")
	if rest != "}" {
		head += ","
	}
	return Parse(head + rest)
}
