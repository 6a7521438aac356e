package upcast

import (
	"fmt"
	"math"
	"slices"

	"github.com/instar-registry/instar/internal/jsonx"
)

// Fold remembers what earlier events of streams said, for documents with context
// inputs of kind stream. Whoever reads events in their order shows it each one,
// after that was carried. It belongs to one reader.
type Fold struct {
	inputs []ContextInput
	// streams holds, for each stream that is known, a value for each input.
	streams map[string]*folded
	// midway says that the read of no stream began at its first event.
	midway bool
	// values and bytes are what is kept, and the most of both.
	values, bytes         int
	mostValues, mostBytes int
}

// folded is what is known of one stream.
type folded struct {
	// midway says that the read did not begin at the first event.
	midway bool
	values []string // JSON; empty where nothing was said
}

// The bounds of a fold.
const (
	maxFolded      = 1_000_000 // values
	maxFoldedBytes = 4 << 10   // of one value
)

// NewFold remembers what the inputs of kind stream among some ask for; nil if none
// does.
func NewFold(inputs []ContextInput) *Fold {
	f := &Fold{streams: map[string]*folded{}, mostValues: maxFolded, mostBytes: math.MaxInt}
	for _, x := range inputs {
		if x.Kind == "stream" && f.index(&x) < 0 {
			f.inputs = append(f.inputs, x)
		}
	}
	if len(f.inputs) == 0 {
		return nil
	}
	return f
}

// StreamInputs are the context inputs of kind stream that the hops of a chain name.
func (c *Chain) StreamInputs() []ContextInput {
	var out []ContextInput
	for _, h := range c.Hops {
		for _, x := range h.around.inputs {
			if h.around.ctx != nil && x.Kind == "stream" {
				out = append(out, x)
			}
		}
	}
	return out
}

// foldable reports whether a path names one member.
func foldable(p Path) bool {
	return len(p) > 0 && !slices.ContainsFunc(p, func(s Segment) bool { return s.Kind != FieldSegment })
}

// index finds what two documents ask for in the same words.
func (f *Fold) index(x *ContextInput) int {
	return slices.IndexFunc(f.inputs, func(y ContextInput) bool {
		return y.OfType == x.OfType && y.Keep == x.Keep && y.OfPath.String() == x.OfPath.String()
	})
}

// Midway says that the read of a stream began behind its first event: what was
// said before is not known, and what was said first neither.
func (f *Fold) Midway(stream string) { f.stream(stream).midway = true }

// BeganMidway is Midway for all streams.
func (f *Fold) BeganMidway() { f.midway = true }

// Bound lowers what is kept of all streams: a number of values, and bytes of values
// and of the streams' names.
func (f *Fold) Bound(values, bytes int) { f.mostValues, f.mostBytes = values, bytes }

func (f *Fold) stream(name string) *folded {
	s := f.streams[name]
	if s == nil {
		s = &folded{values: make([]string, len(f.inputs))}
		f.streams[name] = s
	}
	return s
}

// Wants reports whether an input asks about events of a type.
func (f *Fold) Wants(typ string) bool {
	return slices.ContainsFunc(f.inputs, func(x ContextInput) bool { return x.OfType == typ })
}

// See takes note of an event as it was stored, in the JSON encoding of its format. A
// member that is absent or null says nothing.
func (f *Fold) See(stream, typ string, event []byte) error {
	if !f.Wants(typ) {
		return nil
	}
	tree, err := jsonx.Parse(string(event), jsonx.Limits{Together: true})
	if err != nil {
		return fmt.Errorf("the event of type %s cannot be read: %w", typ, err)
	}
	for i := range f.inputs {
		x := &f.inputs[i]
		if x.OfType != typ {
			continue
		}
		v := tree
		for _, s := range x.OfPath {
			if v != nil && v.Kind == jsonx.Object {
				v = v.Get(s.fieldName())
			} else {
				v = nil
			}
		}
		if v == nil || v.Kind == jsonx.Null {
			continue
		}
		if err := f.keep(stream, i, v); err != nil {
			return err
		}
	}
	return nil
}

func (f *Fold) keep(stream string, i int, v *jsonx.Value) error {
	s, text := f.stream(stream), string(jsonx.Append(nil, v))
	switch {
	case f.inputs[i].Keep == "first" && s.values[i] != "":
		return nil
	case len(text) > maxFoldedBytes:
		return fmt.Errorf("%s of an event of type %s takes %d bytes, and at most %d are kept for later events", f.inputs[i].OfPath, f.inputs[i].OfType, len(text), maxFoldedBytes)
	case s.values[i] == "" && f.values >= f.mostValues:
		return fmt.Errorf("what earlier events said is kept for at most %d values", f.mostValues)
	}
	more := len(text) - len(s.values[i])
	if s.values[i] == "" {
		more += len(stream)
	}
	if more > f.mostBytes-f.bytes {
		return fmt.Errorf("what earlier events said is kept in at most %d bytes", f.mostBytes)
	}
	if s.values[i] == "" {
		f.values++
	}
	f.bytes += more
	s.values[i] = text
	return nil
}

// value is what earlier events of a stream said.
func (f *Fold) value(stream string, x *ContextInput) (string, bool) {
	i, s := f.index(x), f.streams[stream]
	if stream == "" || s == nil || i < 0 || s.values[i] == "" || x.Keep == "first" && (s.midway || f.midway) {
		return "", false
	}
	return s.values[i], true
}
