package protobuf

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bufbuild/protocompile/ast"
	"github.com/bufbuild/protocompile/linker"
	"github.com/bufbuild/protocompile/options"
	"github.com/bufbuild/protocompile/parser"
	"github.com/bufbuild/protocompile/reporter"

	"github.com/instar-registry/instar/schema"
)

// ownFileName is the name under which the schema itself is compiled; it is what
// Confluent calls a schema without a name.
const ownFileName = "default"

// compiler links one text and what it imports. The import graph holds the
// declared documents and the bundled files; there is no other way to a file.
type compiler struct {
	opts     schema.Options
	docs     map[string]schema.Document
	done     map[string]linker.File
	open     []string // import paths being linked, outermost first
	symbols  *linker.Symbols
	warnings []schema.Warning
	keys     map[string]string // of documents in the memo, see key
	soft     bool              // only lenient parsing takes one of the texts
}

func newCompiler(deps []schema.Document, opts schema.Options) *compiler {
	c := &compiler{
		opts: opts, docs: make(map[string]schema.Document, len(deps)),
		done: map[string]linker.File{}, symbols: &linker.Symbols{}, keys: map[string]string{},
	}
	for _, d := range deps {
		if _, dup := c.docs[d.Name]; !dup {
			c.docs[d.Name] = d
		}
	}
	return c
}

// parseText runs the parser proper over a text that passed prescan. The parser
// goes on after some mistakes and may then trip over what is missing; a panic
// after a reported mistake is that mistake.
func parseText(name string, src *source) (file *ast.FileNode, err error) {
	var reported error
	defer func() {
		if reported != nil && err != nil {
			err = reported
		}
	}()
	defer shield("the Protobuf parser", &err)
	h := reporter.NewHandler(reporter.NewReporter(func(e reporter.ErrorWithPos) error {
		if reported == nil {
			reported = e
		}
		return e
	}, nil))
	return parser.Parse(name, strings.NewReader(src.broken), h)
}

// file parses and links a document or bundled file.
func (c *compiler) file(name, text string) (linker.File, error) {
	tree, src, err := c.parse(name, name, text)
	if err != nil {
		return nil, err
	}
	return c.link(name, name, src, tree)
}

// parse applies the limits and returns the syntax tree. document is the name
// for errors.
func (c *compiler) parse(name, document, text string) (*ast.FileNode, *source, error) {
	src, err := prescan(text, c.opts)
	if err != nil {
		return nil, nil, inDocument(err, document)
	}
	c.soft = c.soft || src.soft
	tree, err := parseText(name, src)
	if err != nil {
		return nil, nil, userError(err, document, src)
	}
	if err := checkEdition(tree, src); err != nil {
		return nil, nil, inDocument(err, document)
	}
	return tree, src, nil
}

// checkEdition refuses by name the editions that the compiler does not know.
func checkEdition(tree *ast.FileNode, src *source) error {
	if tree.Edition == nil || tree.Edition.Edition.AsString() == "2023" {
		return nil
	}
	return &schema.Error{
		What:     fmt.Sprintf("edition %q is not supported", tree.Edition.Edition.AsString()),
		Hint:     `use syntax "proto2", syntax "proto3" or edition "2023"`,
		Position: src.position(tree.NodeInfo(tree.Edition.Edition).Start().Offset),
	}
}

func inDocument(err error, document string) error {
	if e, ok := err.(*schema.Error); ok && e.Document == "" {
		e.Document = document
	}
	return err
}

// link resolves the imports of a tree, links it and interprets its options. The
// tree is brought into canonical order and given up.
func (c *compiler) link(name, document string, src *source, tree *ast.FileNode) (res linker.Result, err error) {
	c.open = append(c.open, name)
	defer func() { c.open = c.open[:len(c.open)-1] }()
	deps, err := c.imports(document, src, tree)
	if err != nil {
		return nil, err
	}
	res, err = c.linkTree(tree, deps, document, src)
	if err != nil {
		return nil, userError(err, document, src)
	}
	return res, nil
}

func (c *compiler) linkTree(tree *ast.FileNode, deps linker.Files, document string, src *source) (res linker.Result, err error) {
	defer shield("the Protobuf linker", &err)
	h := newHandler(func(w reporter.ErrorWithPos) {
		if document == "" {
			c.warn(w, src)
		}
	})
	order := canonicalOrder(tree)
	parsed, err := parser.ResultFromAST(tree, true, h)
	if err != nil {
		return nil, err
	}
	order.apply(parsed.FileDescriptorProto())
	res, err = c.linkFile(parsed, deps, h)
	if err != nil {
		return nil, err
	}
	if _, err := options.InterpretOptions(res, h); err != nil {
		return nil, err
	}
	if err := res.ValidateOptions(h, c.symbols); err != nil {
		return nil, err
	}
	res.CheckForUnusedImports(h)
	res.RemoveAST()
	return res, h.Error()
}

func (c *compiler) warn(w reporter.ErrorWithPos, src *source) {
	what := w.Unwrap().Error()
	if what == parser.ErrNoSyntax.Error() {
		return // Confluent's printer leaves the line out, so it is common.
	}
	c.warnings = append(c.warnings, schema.Warning{What: what, Position: src.position(w.GetPosition().Offset)})
}

// imports links everything that a tree imports.
func (c *compiler) imports(document string, src *source, tree *ast.FileNode) (linker.Files, error) {
	var deps linker.Files
	for _, decl := range tree.Decls {
		i, ok := decl.(*ast.ImportNode)
		if !ok {
			continue
		}
		f, err := c.resolve(i.Name.AsString())
		if e, ok := err.(*schema.Error); ok && e.Document == "" && !e.IsValid() {
			e.Document = document
			e.Position = src.position(tree.NodeInfo(i.Name).Start().Offset)
		}
		if err != nil {
			return nil, err
		}
		deps = append(deps, f)
	}
	return deps, nil
}

// resolve returns the file that an import path stands for.
func (c *compiler) resolve(path string) (linker.File, error) {
	if f, ok := c.done[path]; ok {
		return f, nil
	}
	if err := checkImportPath(path); err != nil {
		return nil, err
	}
	if at := slices.Index(c.open, path); at >= 0 {
		loop := append(slices.Clone(c.open[at:]), path)
		return nil, &schema.Error{
			What: fmt.Sprintf("import cycle: %s", strings.Join(loop, " -> ")),
			Hint: "move what both files need into a third one",
		}
	}
	doc, declared := c.docs[path]
	var f linker.File
	var err error
	switch {
	case c.isBundled(path):
		f, err = loadBundled(path)
	case declared:
		f, err = c.document(doc)
	default:
		err = c.unknownImport(path)
	}
	if err != nil {
		return nil, err
	}
	c.done[path] = f
	return f, nil
}

// isBundled reports whether an import path stands for a bundled file, and not for
// a document of that name.
func (c *compiler) isBundled(path string) bool {
	_, declared := c.docs[path]
	return IsBundled(path) && (!declared || alwaysBundled(path))
}

// checkImportPath refuses paths that look like a way into a file system or onto
// the network. Nothing would be opened in any case.
func checkImportPath(path string) error {
	bad := path == "" || strings.HasPrefix(path, "/") || strings.ContainsAny(path, "\\:\x00")
	for _, segment := range strings.Split(path, "/") {
		bad = bad || segment == ".." || segment == "." || segment == ""
	}
	if !bad {
		return nil
	}
	return &schema.Error{
		What: fmt.Sprintf("import path %q is not allowed", path),
		Hint: "an import names a declared reference or a bundled file by a relative path without . and .. segments",
	}
}

func (c *compiler) unknownImport(path string) error {
	known := make([]string, 0, len(c.docs))
	for name := range c.docs {
		known = append(known, name)
	}
	slices.Sort(known)
	hint := "declare a reference with this name; no references are declared"
	if len(known) > 0 {
		hint = "declare a reference with this name; declared are " + strings.Join(known[:min(len(known), 20)], ", ")
	}
	return &schema.Error{What: fmt.Sprintf("import %q is not a declared reference", path), Hint: hint}
}
