package lint

import (
	"context"
	"path"
	"slices"
	"strings"

	"github.com/instar-registry/instar/internal/nearest"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/jsonschema"
	"github.com/instar-registry/instar/schema/protobuf"
)

// closure is what a text builds on, found in the tree that it lies in.
type closure struct {
	// docs are the texts of all references, dependencies first.
	docs []schema.Document
	// files maps the names of docs to files.
	files map[string]string
	// yaml has what a document in YAML was made of.
	yaml map[string]*Source
	// direct are the names that the text itself uses.
	direct []string
	// loose are uses that nothing resolves; cycle names files that use each
	// other.
	loose []looseUse
	cycle []string
	// bad is a file of the closure that cannot be read.
	bad error
}

// looseUse is a reference that leads nowhere.
type looseUse struct {
	file string
	use
	near string // the name that was probably meant
}

// closure resolves the references of a file, in the same tree.
func (s *side) closure(ctx context.Context, name string, format schema.Format, m *Mapping) (*closure, error) {
	if r, ok := s.tree.(RegistryBase); ok {
		docs, files := r.Closure(name)
		return &closure{docs: docs, files: files}, nil
	}
	w := resolver{side: s, format: format, mapping: m, out: &closure{files: map[string]string{}, yaml: map[string]*Source{}}, state: map[string]int{}}
	return w.out, w.visit(ctx, name, "", "")
}

// resolver walks references depth first.
type resolver struct {
	side    *side
	format  schema.Format
	mapping *Mapping
	out     *closure
	state   map[string]int // by file: 1 on the path, 2 done
	path    []string
}

func (w *resolver) visit(ctx context.Context, file, as, base string) error {
	w.state[file] = 1
	w.path = append(w.path, file)
	t, err := w.side.text(ctx, file)
	if err != nil {
		return err
	}
	if t.err != nil {
		w.out.bad = t.err
		return nil
	}
	o, err := w.side.outline(ctx, file, w.format)
	if err != nil {
		return err
	}
	base = jsonschema.ResolveReference(base, as)
	own := base
	if id := o.values["id"]; id != "" && w.format == schema.JSON {
		own = jsonschema.ResolveReference(base, id)
		if as == "" && !strings.Contains(own, ":") {
			own = "" // the parser knows no place that it is relative to
		}
	}
	for _, u := range o.uses {
		if err := w.follow(ctx, file, own, u); err != nil || w.out.bad != nil {
			return err
		}
	}
	w.path = w.path[:len(w.path)-1]
	w.state[file] = 2
	w.declare(file, as, t)
	return nil
}

// declare adds a text under a name. Files may call one text by several names.
func (w *resolver) declare(file, as string, t *text) {
	if as == "" || w.out.files[as] != "" {
		return
	}
	w.out.docs = append(w.out.docs, t.document(as))
	w.out.files[as] = file
	if t.yaml != nil {
		w.out.yaml[as] = t.yaml
	}
}

func (w *resolver) follow(ctx context.Context, file, base string, u use) error {
	if w.format == schema.Protobuf && protobuf.IsBundled(u.name) || w.format == schema.JSON && isMetaSchema(u.name) {
		return nil
	}
	target, err := w.side.find(ctx, w.format, w.mapping, file, u)
	if err == nil && target == "" {
		_, target, err = w.side.pin(ctx, u.name, u.address)
	}
	if err != nil {
		return err
	}
	if target == "" {
		near, err := w.side.near(ctx, w.format, u)
		w.out.loose = append(w.out.loose, looseUse{file: file, use: u, near: near})
		return err
	}
	name, err := w.name(ctx, base, u, target)
	if err != nil {
		return err
	}
	if len(w.path) == 1 && !slices.Contains(w.out.direct, name) {
		w.out.direct = append(w.out.direct, name)
	}
	switch w.state[target] {
	case 1:
		if target != file && w.out.cycle == nil {
			w.out.cycle = append(slices.Clone(w.path[slices.Index(w.path, target):]), target)
		}
		return nil
	case 2:
		t, err := w.side.text(ctx, target)
		if err == nil && t.err == nil {
			w.declare(target, name, t)
		}
		return err
	}
	return w.visit(ctx, target, name, "")
}

// name is what a document must be called for the parser to find it. A JSON
// Schema that has no $id, or the one that is asked for, is found by its address;
// every other one by the words of the reference.
func (w *resolver) name(ctx context.Context, base string, u use, target string) (string, error) {
	if w.format != schema.JSON {
		return u.name, nil
	}
	o, err := w.side.outline(ctx, target, w.format)
	if err != nil {
		return "", err
	}
	address := jsonschema.ResolveReference(base, u.name)
	if id := o.values["id"]; id != "" && id != address && strings.TrimSuffix(id, "#") != address {
		return u.name, nil
	}
	return address, nil
}

func isMetaSchema(address string) bool {
	return strings.HasPrefix(address, "http://json-schema.org/draft") || strings.HasPrefix(address, "https://json-schema.org/draft")
}

// find returns the file that a use means, or "".
func (s *side) find(ctx context.Context, format schema.Format, m *Mapping, file string, u use) (string, error) {
	for _, c := range candidates(format, s.config, m, file, u) {
		if s.files[c] != nil {
			return c, nil
		}
	}
	if format == schema.Protobuf {
		return "", nil
	}
	names, err := s.definitions(ctx)
	if err != nil {
		return "", err
	}
	if format == schema.Avro {
		return names[u.name], nil
	}
	for _, address := range []string{u.address, u.name} {
		if f := names[address]; f != "" {
			return f, nil
		}
	}
	return "", nil
}

// candidates are the paths that a use may lead to, in the order in which they
// are tried.
func candidates(format schema.Format, c *Config, m *Mapping, file string, u use) []string {
	switch format {
	case schema.Protobuf:
		var out []string
		for _, root := range m.Roots {
			out = append(out, path.Join(path.Dir(c.File), root, u.name))
		}
		return out
	case schema.JSON:
		if !strings.Contains(u.name, ":") && !strings.HasPrefix(u.name, "/") {
			return []string{path.Join(path.Dir(file), u.name)}
		}
	}
	return nil
}

// definitions maps what the Avro and JSON Schema files of the tree define to the
// file, the first one by path where there are several. It reads them all, and
// only once, when a text needs a name that its path does not tell.
func (s *side) definitions(ctx context.Context) (map[string]string, error) {
	s.mu.Lock()
	names := s.names
	s.mu.Unlock()
	if names != nil {
		return names, nil
	}
	names = map[string]string{}
	for _, f := range s.tree.Files() {
		format := formatByName(f.Path)
		if format == schema.Protobuf || format == 0 && !strings.HasSuffix(f.Path, ".json") || f.Trouble != "" || s.foreign(f.Path) {
			continue
		}
		o, err := s.outline(ctx, f.Path, format)
		if err != nil {
			return nil, err
		}
		for _, d := range o.defines {
			if names[d] == "" {
				names[d] = f.Path
			}
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.names = names
	return names, nil
}

// near guesses which name was meant by one that nothing is called.
func (s *side) near(ctx context.Context, format schema.Format, u use) (string, error) {
	var known []string
	if format == schema.Protobuf {
		for _, f := range s.tree.Files() {
			if strings.HasSuffix(f.Path, ".proto") {
				known = append(known, f.Path)
			}
		}
		for _, k := range known { // the same file in another directory
			if path.Base(k) == path.Base(u.name) {
				return k, nil
			}
		}
		return nearest.Name(u.name, known), nil
	}
	names, err := s.definitions(ctx)
	for n := range names {
		known = append(known, n)
	}
	slices.Sort(known)
	if format == schema.Avro {
		known = append(known, primitives...)
	}
	return nearest.Name(u.name, known), err
}

// formatByName tells the format by the end of a path, or 0.
func formatByName(name string) schema.Format {
	switch {
	case strings.HasSuffix(name, ".avsc"):
		return schema.Avro
	case strings.HasSuffix(name, ".proto"):
		return schema.Protobuf
	case strings.HasSuffix(name, ".schema.json") || isYAML(name):
		return schema.JSON
	}
	return 0
}
