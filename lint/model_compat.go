package lint

import (
	"slices"
	"strings"

	"github.com/instar-registry/instar/compat"
	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
)

// Origin is what package compat does not know about a finding.
type Origin struct {
	// Subject goes into the fingerprint: the subject, or the name of the shared
	// definition, which Subjects use.
	Subject  string
	Subjects []string
	Format   schema.Format
	// Base is the snapshot that the finding holds against.
	Base string
	// Old and New are the texts of the two sides; Old may be nil. Where a place
	// lies in a reference, Document gives that text; it may be nil.
	Old, New *Source
	Document func(name string, old bool) *Source
}

// FromCompat turns a finding of the engine into one of a report. Rule, class,
// severity, message, witness and fixes are taken over as they are.
func FromCompat(f *compat.Finding, o Origin) Finding {
	out := Finding{
		Rule: f.Rule, Class: f.Class(), Severity: f.Severity(), Direction: f.Direction.String(), Required: f.Required,
		Proof: f.Proof(), Fingerprint: f.Fingerprint(o.Subject), Subject: o.Subject, Subjects: o.Subjects, Format: o.Format.String(),
		Path: f.Where(), RefusedBy: f.RefusedBy, Refused: f.Refused, Message: f.Text(), Affected: []string{}, Engine: f,
		Against: []Against{{Base: o.Base, Versions: slices.Sorted(slices.Values(f.Versions))}},
	}
	if out.Subjects == nil {
		out.Subjects = []string{o.Subject}
	}
	if f.Kind != "" && f.Kind != f.Rule {
		out.Confluent = f.Kind
	}
	if out.Rule == "" {
		out.Rule = f.Kind
	}
	out.documents, out.judged = [2]string{f.Old().Document, f.New().Document}, f.Break != nil
	out.rule(f)
	out.places(f, &o)
	if params := f.Params(); len(params) > 0 {
		out.Params = make(map[string]string, len(params))
		for i, p := range params {
			if i == 0 || params[i-1].Name != p.Name {
				out.Params[p.Name] = p.Value
			}
		}
	}
	if f.Break != nil {
		out.Paths = f.Break.Paths
		out.Witness = witnessOf(f, o.Format)
	}
	for i := range f.Fixes {
		out.Fixes = append(out.Fixes, fixOf(&f.Fixes[i], out.asked(f), o.edited(f.Fixes[i].Document)))
	}
	if f.Undecided != nil && f.Undecided.Bug != nil {
		out.Bug = f.Undecided.Bug.Error()
	}
	return out
}

// edited is the text that a fix changes.
func (o *Origin) edited(document string) *Source {
	if document == "" || o.Document == nil {
		return o.New
	}
	return o.Document(document, false)
}

// asked is the pointer to what a fix asks for, in the text that it changes.
func (f *Finding) asked(from *compat.Finding) string {
	if from.New().Document != "" && f.New != nil {
		return f.New.Pointer
	}
	return from.New().Pointer
}

// rule adds what the catalogue says.
func (f *Finding) rule(from *compat.Finding) {
	row := compat.RuleByID(from.Rule)
	if row == nil {
		return
	}
	f.Element, f.Help = row.Element, row.Help()
	if f.Class == compat.ClassData {
		f.DeployFirst = row.Breaks.DeployFirst()
	}
}

// places locates both sides. The name of a rule says which side lacks the thing.
func (f *Finding) places(from *compat.Finding, o *Origin) {
	older, newer := from.Old(), from.New()
	if older == (schema.Place{}) && newer == (schema.Place{}) {
		older.Pointer = strings.TrimPrefix(from.Path, "#")
		newer.Pointer = older.Pointer
	}
	if at := o.locate(newer, false); at != nil {
		at.Absent = at.Absent || strings.Contains(f.Rule, "-removed")
		f.New, f.Pointer = at, at.Pointer
	}
	if at := o.locate(older, true); at != nil {
		at.Absent = at.Absent || strings.Contains(f.Rule, "-added")
		f.Old = at
		if f.New == nil || f.New.Absent && !at.Absent {
			f.Pointer = at.Pointer
		}
	}
}

func (o *Origin) locate(place schema.Place, old bool) *Location {
	src := o.New
	if old {
		src = o.Old
	}
	if place.Document != "" && o.Document != nil {
		if doc := o.Document(place.Document, old); doc != nil {
			src, place.Document = doc, ""
			if o.Format == schema.Avro { // its pointer leads there from the schema itself
				place.Pointer = doc.within(doc.pointerAt(place.Position), place.Pointer)
			}
		}
	}
	if src == nil {
		return nil
	}
	at := src.At(place)
	return &at
}

func witnessOf(f *compat.Finding, format schema.Format) *Witness {
	w := f.Break.Witness
	if w == nil {
		return nil
	}
	old := Party("base")
	if len(f.Versions) > 0 {
		old = VersionParty(f.Versions[0], "base") // the one it was found with
	}
	out := &Witness{
		Effect: string(w.Effect), Writer: old, Reader: "head", Value: w.Value, Encoding: format.String(), Type: w.Message,
		Bytes: w.Binary, Written: w.Written, Minimal: f.Break.Kind != "format", Origin: generated,
	}
	if f.Direction == compat.NewToOld {
		out.Writer, out.Reader = out.Reader, out.Writer
	}
	if w.Effect == schema.Refused {
		out.ReaderError = w.Read
	} else {
		out.Read = w.Read
	}
	return out
}

// maxPatch is the longest patch that a report carries.
const maxPatch = 8 << 10

func fixOf(x *compat.Fix, pointer string, in *Source) Fix {
	out := Fix{ID: string(x.Kind), Title: x.Title, Safe: x.Safe, Asks: x.Asks, Edits: []Edit{}}
	if in == nil {
		return out
	}
	for _, e := range x.Edits {
		edit := Edit{File: in.File, Offset: e.Offset, Delete: e.Delete, Insert: e.Insert}
		if e.Offset >= 0 && e.Delete >= 0 && e.Offset+e.Delete <= len(in.Text) {
			edit.Span = spanOf(in.Text, e.Offset, e.Offset+e.Delete)
		}
		out.Edits = append(out.Edits, edit)
	}
	if patch := Patch(in.File, in.Text, out.Edits); len(patch) <= maxPatch {
		out.Patch = patch
	}
	out.propose(pointer, in)
	return out
}

// propose reads off the values that the fix proposes: members of the place of
// the finding, or of what the place is a part of, in the text after the edits.
func (f *Fix) propose(pointer string, in *Source) {
	if len(f.Asks) == 0 {
		return
	}
	text, err := ApplyEdits(in.Text, f.Edits)
	if err != nil {
		return
	}
	f.Proposed = map[string]string{}
	for _, name := range f.Asks {
		if v := AskedValue(text, pointer); v != nil {
			f.Proposed[name] = text[v.Offset:v.End]
		}
	}
}

// AskedValue finds the value that a fix asks for in the text after it. All that
// is asked for today is a default, of a field or of an enum: that of the place of
// the finding, or of the nearest parent that has one; nil if there is none.
func AskedValue(text, pointer string) *jsonx.Value {
	s := Source{Text: text}
	if s.parse(); s.tree == nil {
		return nil
	}
	var found *jsonx.Value
	v := s.tree
	for _, segment := range append(segments(pointer), "") {
		if asked := v.Get("default"); asked != nil {
			found = asked
		}
		if v, _ = child(v, segment); v == nil {
			break
		}
	}
	return found
}
