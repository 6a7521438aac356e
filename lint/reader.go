package lint

import (
	"context"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/upcast"
)

// Reader reads single schemas of a tree with what they build on, for commands
// that look at one schema and not at the whole tree. It may not be used by
// several goroutines at once.
type Reader struct {
	side   *side
	config *Config
}

// NewReader returns a reader of a tree as a configuration maps it.
func NewReader(tree Tree, c *Config) *Reader {
	r := &Reader{newSide(tree, c), c}
	r.side.memo = newMemo()
	return r
}

// Schema is a schema of a tree.
type Schema struct {
	Subject string
	Parsed  schema.Parsed
	// Source is its text, for places.
	Source *Source
	// Documents are the texts that it builds on, and Uses the files of those
	// that it names itself.
	Documents []schema.Document
	Uses      []Use
	// Mapping is the entry of the configuration that maps it.
	Mapping *Mapping
}

// Use is a reference of a schema: the name that it uses, and the file that has it.
type Use struct {
	Name, File string
	// Pinned is the registered version that the file is a copy of; nil for a file
	// of the tree.
	Pinned *LockedReference
}

// Schema parses a file. An error is an [*InputError] if the file is mapped by
// nothing, or says what is wrong with its text.
func (r *Reader) Schema(ctx context.Context, file string) (*Schema, error) {
	units, err := r.side.choose(ctx, r.config, func(f string) bool { return f == file })
	if err != nil {
		return nil, err
	}
	if len(units) == 0 {
		return nil, unusable("name a file that the configuration maps, such as *.avsc, *.proto or *.schema.json", "%s is no schema file of %s", file, r.side.tree.Snap().Name)
	}
	u := &units[0]
	p, err := r.side.parse(ctx, u, true)
	if err != nil {
		return nil, err
	}
	if p.err != nil {
		return nil, p.err
	}
	out := &Schema{Subject: u.subject, Parsed: p.schema, Source: r.side.source(file, u.format, p.text.body, 0), Documents: p.closure.docs, Mapping: u.mapping}
	for _, name := range p.closure.direct {
		if f := p.closure.files[name]; f != "" {
			pinned, err := r.side.pinnedBy(ctx, f)
			if err != nil {
				return nil, err
			}
			out.Uses = append(out.Uses, Use{name, f, pinned})
		}
	}
	return out, nil
}

// Text returns the text of any file of the tree.
func (r *Reader) Text(ctx context.Context, file string) (string, error) {
	t, err := r.side.text(ctx, file)
	if err != nil {
		return "", err
	}
	return t.body, t.err
}

// UpcasterDocument is an upcaster document of a tree.
type UpcasterDocument struct {
	File     string
	Document *upcast.Document
}

// Upcasters reads the upcaster documents that the configuration names. One that
// cannot be read is an [*InputError].
func (r *Reader) Upcasters(ctx context.Context) ([]UpcasterDocument, error) {
	var out []UpcasterDocument
	for _, f := range r.side.tree.Files() {
		if !r.config.Upcasters.match.match(f.Path) {
			continue
		}
		text, err := r.Text(ctx, f.Path)
		if err != nil {
			return nil, err
		}
		doc, err := upcast.Parse(text)
		if err != nil {
			return nil, &InputError{What: f.Path + ": " + err.Error()}
		}
		out = append(out, UpcasterDocument{f.Path, doc})
	}
	return out, nil
}

// Find returns the file of a subject, or of a path, and whether there is one.
func (r *Reader) Find(ctx context.Context, subject string) (string, bool, error) {
	units, err := r.side.choose(ctx, r.config, nil)
	if err != nil {
		return "", false, err
	}
	for i := range units {
		if units[i].subject == subject || units[i].file == subject {
			return units[i].file, true, nil
		}
	}
	return "", false, nil
}

// Files lists the files that are mapped to subjects, in byte order.
func (r *Reader) Files(ctx context.Context) ([]string, error) {
	if err := r.side.checkLock(ctx); err != nil {
		return nil, err
	}
	units, err := r.side.choose(ctx, r.config, nil)
	if err != nil {
		return nil, err
	}
	out := make([]string, len(units))
	for i := range units {
		out[i] = units[i].file
	}
	return out, nil
}
