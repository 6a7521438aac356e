package protobuf

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/bufbuild/protocompile/ast"
	"github.com/bufbuild/protocompile/linker"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/instar-registry/instar/schema"
)

// Schema is a parsed, linked Protobuf file. It is immutable and safe for
// concurrent use.
type Schema struct {
	text      string
	canonical string
	deps      []schema.Document
	opts      schema.Options
	file      linker.Result
	warnings  []schema.Warning

	normalised func() string
	inlined    func() string
	outline    func() *Outline
	plans      planCache
	programs   programCache
}

var _ schema.Parsed = (*Schema)(nil)

// Parse reads a Protobuf schema: source text, or a base64 encoded
// FileDescriptorProto as the clients of several languages send it. deps are the
// documents that may be imported, under their reference names.
//
// A mistake in the text is a *schema.Error; a panic inside a library is a
// *schema.Bug.
func Parse(text string, deps []schema.Document, opts schema.Options) (*Schema, error) {
	if err := checkSizes(text, deps, opts); err != nil {
		return nil, err
	}
	source := text
	if raw, ok := descriptorBytes(text); ok {
		f, err := fileFromDescriptor(raw, deps, opts)
		if err != nil {
			return nil, err
		}
		source = printFile(f, false)
		if len(source) > 4*opts.Limits.SchemaBytes {
			return nil, schema.OverLimit("schema-bytes", int64(len(source)), int64(opts.Limits.SchemaBytes),
				"the descriptor's text is too large", schema.Position{})
		}
	}
	return parseSource(source, deps, opts)
}

func parseSource(text string, deps []schema.Document, opts schema.Options) (*Schema, error) {
	s, err := link(text, deps, opts)
	if err != nil && opts.Memo != nil {
		// Two documents that do not go together are told by their places, which
		// what the memo and the store have does not have any more.
		opts.Memo, opts.Store = nil, nil
		return link(text, deps, opts)
	}
	return s, err
}

// link parses the text and links it with its documents.
func link(text string, deps []schema.Document, opts schema.Options) (*Schema, error) {
	c := newCompiler(deps, opts)
	tree, src, err := c.parse(ownFileName, "", text)
	if err != nil {
		return nil, err
	}
	elements, err := elementsOf(tree, src, opts)
	if err != nil {
		return nil, err
	}
	canonical := printFile(elements, false)
	file, err := c.link(ownFileName, "", src, tree)
	if err != nil {
		return nil, err
	}
	if err := guarded("comparing the names of Protobuf files", func() error { return c.together(file) }); err != nil {
		return nil, err
	}
	if canonical == text {
		text = canonical // one string in memory
	}
	s := &Schema{
		text: text, canonical: canonical, deps: slices.Clone(deps), opts: opts,
		file: file, warnings: c.warnings,
	}
	s.normalised = sync.OnceValue(s.normalise)
	s.inlined = sync.OnceValue(s.inline)
	s.outline = sync.OnceValue(s.buildOutline)
	return s, nil
}

// elementsOf builds the elements of a tree under the limits.
func elementsOf(tree *ast.FileNode, src *source, opts schema.Options) (f *fileElement, err error) {
	defer shield("the Protobuf syntax tree", &err)
	f = buildFile(tree)
	return f, checkElements(f, &builder{file: tree}, src, opts)
}

func checkSizes(text string, deps []schema.Document, opts schema.Options) error {
	l := opts.Limits
	if len(text) > l.SchemaBytes {
		return schema.OverLimit("schema-bytes", int64(len(text)), int64(l.SchemaBytes), "the schema text is too large", schema.Position{})
	}
	if len(deps) > l.ReferencesAll {
		return schema.OverLimit("references-all", int64(len(deps)), int64(l.ReferencesAll), "the schema has too many references", schema.Position{})
	}
	total := len(text)
	for _, d := range deps {
		total += len(d.Text)
	}
	if total > l.ReferenceBytes {
		return schema.OverLimit("reference-bytes", int64(total), int64(l.ReferenceBytes), "the schema and its references are too large", schema.Position{})
	}
	return nil
}

// Format returns schema.Protobuf.
func (s *Schema) Format() schema.Format { return schema.Protobuf }

// Text returns the source text that the schema was read from.
func (s *Schema) Text() string { return s.text }

// Canonical returns the text that the registry stores and serves.
func (s *Schema) Canonical() string { return s.canonical }

// Normalised returns the text with sorted parts and full type names. It is
// computed at the first call.
func (s *Schema) Normalised() string { return s.normalised() }

// Equivalence returns the canonical text: two Protobuf schemas are the same when
// they print the same.
func (s *Schema) Equivalence() string { return s.canonical }

// Inlined returns the canonical text followed by those of the imported
// documents: Protobuf has no notation for a file inside a file, so a text with
// references equals only one whose references resolve to the same texts. It is
// computed at the first call.
func (s *Schema) Inlined() string { return s.inlined() }

// SameInlined reports whether the inlined texts of two schemas are the same. It
// prints only documents whose texts differ.
func (s *Schema) SameInlined(other *Schema) bool {
	docs, others := s.importedDocuments(), other.importedDocuments()
	return s.canonical == other.canonical && slices.EqualFunc(docs, others, func(d, o schema.Document) bool {
		return d.Name == o.Name && (d.Text == o.Text || s.printed(d.Text) == other.printed(o.Text))
	})
}

func (s *Schema) inline() string {
	docs := s.importedDocuments()
	if len(docs) == 0 {
		return s.canonical
	}
	var b strings.Builder
	b.WriteString(s.canonical)
	for _, d := range docs {
		fmt.Fprintf(&b, "\n// %s\n%s", d.Name, s.printed(d.Text))
	}
	return b.String()
}

// printed is the canonical text of a document that the schema was linked with.
// It is not linked once more: what a text prints as does not depend on what it
// imports, and linking all that every document imports would cost the square of
// their number.
func (s *Schema) printed(text string) string {
	c := newCompiler(nil, s.opts)
	key := ""
	if s.opts.Memo != nil {
		key = "printed " + digest(text)
		if out, ok := recall[string](c, key); ok {
			return out
		}
	}
	out := c.print(text)
	if key != "" {
		s.opts.Memo.Put(key, out, len(out))
	}
	return out
}

func (c *compiler) print(text string) string {
	tree, src, err := c.parse(ownFileName, "", text)
	if err != nil {
		return text
	}
	elements, err := elementsOf(tree, src, c.opts)
	if err != nil {
		return text
	}
	return printFile(elements, false)
}

// importedDocuments returns the documents that the file reaches, by name.
func (s *Schema) importedDocuments() []schema.Document {
	reached := map[string]bool{}
	var visit func(fd protoreflect.FileDescriptor)
	visit = func(fd protoreflect.FileDescriptor) {
		imports := fd.Imports()
		for i := range imports.Len() {
			if path := imports.Get(i).Path(); !reached[path] {
				reached[path] = true
				visit(imports.Get(i))
			}
		}
	}
	visit(s.file)
	var out []schema.Document
	for _, d := range s.deps {
		if reached[d.Name] && !alwaysBundled(d.Name) {
			reached[d.Name] = false // each name once
			out = append(out, d)
		}
	}
	slices.SortFunc(out, func(a, b schema.Document) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// Render returns "serialized", the file's descriptor in base64, or
// "ignore_extensions", the canonical text without custom options.
func (s *Schema) Render(format string) (text string, ok bool, err error) {
	switch format {
	case "serialized":
		raw, err := s.DescriptorBytes()
		if err != nil {
			return "", true, err
		}
		return base64.StdEncoding.EncodeToString(raw), true, nil
	case "ignore_extensions":
		f, err := s.elements(s.canonical)
		if err != nil {
			return "", true, err
		}
		return printFile(f, true), true, nil
	default:
		return "", false, nil
	}
}

// elements re-reads a text that was accepted before.
func (s *Schema) elements(text string) (*fileElement, error) {
	tree, err := parseText(ownFileName, newSource(text, nil))
	if err != nil {
		return nil, &schema.Bug{Where: "reading an accepted Protobuf text again", Cause: err}
	}
	return buildFile(tree), nil
}

// DescriptorBytes returns the encoded FileDescriptorProto of the schema.
func (s *Schema) DescriptorBytes() (raw []byte, err error) {
	defer shield("the Protobuf descriptor encoder", &err)
	raw, err = proto.MarshalOptions{Deterministic: true}.Marshal(s.DescriptorProto())
	if err != nil {
		return nil, &schema.Error{
			What: "the schema cannot be written as a FileDescriptorProto: " + libraryMessage(err),
			Hint: "string options must be valid UTF-8",
		}
	}
	return raw, nil
}

// DescriptorProto returns a copy of the schema's FileDescriptorProto.
func (s *Schema) DescriptorProto() *descriptorpb.FileDescriptorProto {
	fd := proto.Clone(s.file.FileDescriptorProto()).(*descriptorpb.FileDescriptorProto)
	fd.SourceCodeInfo = nil
	return fd
}

// Descriptor returns the linked descriptor of the file.
func (s *Schema) Descriptor() protoreflect.FileDescriptor { return s.file }

// Documents returns the documents that the schema was parsed with.
func (s *Schema) Documents() []schema.Document { return slices.Clone(s.deps) }

// Warnings lists what a reader should know about the accepted text.
func (s *Schema) Warnings() []schema.Warning { return slices.Clone(s.warnings) }

// Fingerprints returns the SHA-256 of the canonical text.
func (s *Schema) Fingerprints() []schema.Fingerprint {
	sum := sha256.Sum256([]byte(s.canonical))
	return []schema.Fingerprint{{Algorithm: "SHA-256", Hex: hex.EncodeToString(sum[:])}}
}

// Descriptors in memory take so many times their encoded form: linked ones,
// those for events together with plans and outline, which only schemas have
// whose events were looked at, and the program, which only schemas have that
// were compared.
const (
	linkedFactor  = 24
	eventFactor   = 36
	programFactor = 18
)

// Size estimates the memory that keeping the schema costs now. Bundled files are
// shared and not counted.
func (s *Schema) Size() int {
	factor := linkedFactor
	if s.plans.types.Load() != nil {
		factor += eventFactor
	}
	if s.programs.built.Load() != nil {
		factor += programFactor
	}
	n := 512 + len(s.canonical)
	if s.text != s.canonical {
		n += len(s.text)
	}
	n += factor * proto.Size(s.file.FileDescriptorProto())
	for _, d := range s.deps {
		n += len(d.Name) + len(d.Text)
	}
	for _, d := range s.importedDocuments() {
		n += factor / 2 * len(d.Text)
	}
	return n
}
