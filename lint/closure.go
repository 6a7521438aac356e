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
	if err := w.visit(ctx, name, naming{}); err != nil || w.out.bad != nil {
		return w.out, err
	}
	w.declare()
	return w.out, nil
}

// naming is what a use may call a document.
type naming struct {
	// name is the one that a registry has: the reference of that name is all that
	// it knows of where a document came from.
	name string
	// address is the way to it from the text that was asked about, which no two
	// documents share.
	address string
}

// named is a document under one of its names.
type named struct {
	naming
	file string
	text *text
}

// resolver walks references depth first.
type resolver struct {
	side    *side
	format  schema.Format
	mapping *Mapping
	out     *closure
	state   map[string]int // by file: 1 on the path, 2 done
	path    []string
	found   []named // dependencies first
	direct  []naming
}

func (w *resolver) visit(ctx context.Context, file string, as naming) error {
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
	base := naming{address: as.address}
	if id := o.values["id"]; id != "" && w.format == schema.JSON {
		if base.address = jsonschema.ResolveReference(base.address, id); strings.Contains(id, ":") {
			base.name = id
		} else if as.address == "" {
			base.address = "" // the parser knows no place that it is relative to
		}
	}
	for _, u := range o.uses {
		if err := w.follow(ctx, file, base, u); err != nil || w.out.bad != nil {
			return err
		}
	}
	w.path = w.path[:len(w.path)-1]
	w.state[file] = 2
	w.found = append(w.found, named{as, file, t})
	return nil
}

// declare gives the documents their names: those that a registry has, unless one
// of them would stand for two files.
func (w *resolver) declare() {
	one, means := true, map[string]string{}
	for i := range w.found {
		f := &w.found[i]
		for _, key := range []string{jsonschema.ResolveReference("", f.name), f.address} {
			if other := means[key]; other != "" && other != f.file {
				one = false
			}
			means[key] = f.file
		}
	}
	pick := func(n naming) string {
		if one {
			return n.name
		}
		return n.address
	}
	for i := range w.found {
		f := &w.found[i]
		name := pick(f.naming)
		if name == "" || w.out.files[name] != "" {
			continue
		}
		w.out.docs = append(w.out.docs, schema.Document{Name: name, Text: f.text.body})
		w.out.files[name] = f.file
		if f.text.yaml != nil {
			w.out.yaml[name] = f.text.yaml
		}
	}
	for _, n := range w.direct {
		if name := pick(n); !slices.Contains(w.out.direct, name) {
			w.out.direct = append(w.out.direct, name)
		}
	}
}

func (w *resolver) follow(ctx context.Context, file string, base naming, u use) error {
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
	as, err := w.naming(ctx, base, u, target)
	if err != nil {
		return err
	}
	if len(w.path) == 1 {
		w.direct = append(w.direct, as)
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
			w.found = append(w.found, named{as, target, t})
		}
		return err
	}
	return w.visit(ctx, target, as)
}

// naming is what a document must be called for the parser to find it. A JSON
// Schema that has no $id, or the one that is asked for, is found by its address;
// every other one by the words of the reference. What a registry has is told by
// the using text alone, whose address is known if its $id says it in full.
func (w *resolver) naming(ctx context.Context, base naming, u use, target string) (naming, error) {
	words := naming{u.name, u.name}
	if w.format != schema.JSON {
		return words, nil
	}
	o, err := w.side.outline(ctx, target, w.format)
	if err != nil {
		return naming{}, err
	}
	id := o.values["id"]
	found := func(address string) bool { return id == "" || id == address || strings.TrimSuffix(id, "#") == address }
	out := words
	if address := jsonschema.ResolveReference(base.address, u.name); found(address) {
		out.address = address
	}
	if address := jsonschema.ResolveReference(base.name, u.name); base.name != "" && found(address) {
		out.name = address
	}
	return out, nil
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
