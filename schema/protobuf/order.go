package protobuf

import (
	"slices"
	"strings"

	"github.com/bufbuild/protocompile/ast"
	"google.golang.org/protobuf/types/descriptorpb"
)

// nestedOrder remembers, for messages with written-out map entries, where those
// entries stood among the nested messages.
type nestedOrder map[*ast.MessageBody]nestedNames

type nestedNames struct {
	path  []string // message names from the outermost
	names []string // nested messages in order
}

// canonicalOrder brings the declarations of a tree into the order in which the
// canonical text prints them, so that descriptors, and with them the message
// indexes of events, are the same for a text and its canonical form.
//
// It also rewrites map entries that were written out as messages with
// "option map_entry = true", which is how printers that start from descriptors
// write maps: the compiler knows only map<…> for them.
func canonicalOrder(tree *ast.FileNode) nestedOrder {
	slices.SortStableFunc(tree.Decls, func(a, b ast.FileElement) int { return fileRank(a) - fileRank(b) })
	order := nestedOrder{}
	pkg := ""
	for _, decl := range tree.Decls {
		if p, ok := decl.(*ast.PackageNode); ok {
			pkg = string(p.Name.AsIdentifier())
		}
	}
	for _, decl := range tree.Decls {
		switch d := decl.(type) {
		case *ast.MessageNode:
			orderBody(&d.MessageBody, pkg, []string{d.Name.Val}, order)
		case *ast.ExtendNode:
			slices.SortStableFunc(d.Decls, func(a, b ast.ExtendElement) int { return extendRank(a) - extendRank(b) })
			for _, e := range d.Decls {
				if g, ok := e.(*ast.GroupNode); ok {
					orderBody(&g.MessageBody, pkg, []string{g.Name.Val}, order)
				}
			}
		}
	}
	return order
}

func fileRank(n ast.FileElement) int {
	switch n := n.(type) {
	case *ast.PackageNode:
		return 0
	case *ast.ImportNode:
		switch {
		case n.Public != nil:
			return 3
		case n.Weak != nil:
			return 2
		}
		return 1
	case *ast.OptionNode:
		return 4
	case *ast.MessageNode:
		return 5
	case *ast.EnumNode:
		return 6
	case *ast.ExtendNode:
		return 7
	default:
		return 8
	}
}

func messageRank(n ast.MessageElement) int {
	switch n.(type) {
	case *ast.ReservedNode:
		return 0
	case *ast.OptionNode:
		return 1
	case *ast.FieldNode, *ast.MapFieldNode:
		return 2
	case *ast.OneofNode:
		return 3
	case *ast.GroupNode:
		return 4
	case *ast.ExtensionRangeNode:
		return 5
	case *ast.ExtendNode:
		return 6
	case *ast.MessageNode:
		return 7
	default:
		return 8
	}
}

func orderBody(body *ast.MessageBody, pkg string, path []string, order nestedOrder) {
	slices.SortStableFunc(body.Decls, func(a, b ast.MessageElement) int { return messageRank(a) - messageRank(b) })
	rewriteMapEntries(body, pkg, path, order)
	for _, decl := range body.Decls {
		switch d := decl.(type) {
		case *ast.MessageNode:
			orderBody(&d.MessageBody, pkg, append(slices.Clone(path), d.Name.Val), order)
		case *ast.GroupNode:
			orderBody(&d.MessageBody, pkg, append(slices.Clone(path), d.Name.Val), order)
		case *ast.OneofNode:
			slices.SortStableFunc(d.Decls, func(a, b ast.OneofElement) int { return oneofRank(a) - oneofRank(b) })
			for _, e := range d.Decls {
				if g, ok := e.(*ast.GroupNode); ok {
					orderBody(&g.MessageBody, pkg, append(slices.Clone(path), g.Name.Val), order)
				}
			}
		case *ast.ExtendNode:
			slices.SortStableFunc(d.Decls, func(a, b ast.ExtendElement) int { return extendRank(a) - extendRank(b) })
			for _, e := range d.Decls {
				if g, ok := e.(*ast.GroupNode); ok {
					orderBody(&g.MessageBody, pkg, append(slices.Clone(path), g.Name.Val), order)
				}
			}
		}
	}
}

func oneofRank(n ast.OneofElement) int {
	switch n.(type) {
	case *ast.OptionNode:
		return 0
	case *ast.FieldNode:
		return 1
	default:
		return 2
	}
}

func extendRank(n ast.ExtendElement) int {
	if _, ok := n.(*ast.GroupNode); ok {
		return 1
	}
	return 0
}

// writtenMapEntry returns the types of a message that is a written-out map
// entry: option map_entry = true, and the fields key = 1 and value = 2.
func writtenMapEntry(m *ast.MessageNode) (key *ast.IdentNode, value ast.IdentValueNode, ok bool) {
	marked := false
	for _, decl := range m.Decls {
		switch d := decl.(type) {
		case *ast.OptionNode:
			id, isIdent := d.Val.(ast.IdentValueNode)
			marked = marked || len(d.Name.Parts) == 1 && d.Name.Parts[0].Value() == "map_entry" && isIdent && id.AsIdentifier() == "true"
		case *ast.FieldNode:
			if d.Tag == nil {
				return nil, nil, false
			}
			switch {
			case d.Name.Val == "key" && d.Tag.Val == 1:
				key, _ = d.FldType.(*ast.IdentNode)
			case d.Name.Val == "value" && d.Tag.Val == 2:
				value = d.FldType
			default:
				return nil, nil, false
			}
		case *ast.EmptyDeclNode:
		default:
			return nil, nil, false
		}
	}
	return key, value, marked && key != nil && value != nil
}

// rewriteMapEntries replaces the repeated field of each written-out map entry
// by a map field and drops the entry.
func rewriteMapEntries(body *ast.MessageBody, pkg string, path []string, order nestedOrder) {
	entries := map[string]*ast.MessageNode{}
	var names []string
	for _, decl := range body.Decls {
		if m, ok := decl.(*ast.MessageNode); ok {
			names = append(names, m.Name.Val)
			if _, _, ok := writtenMapEntry(m); ok {
				entries[m.Name.Val] = m
			}
		}
	}
	if len(entries) == 0 {
		return
	}
	scope := strings.Join(path, ".") + "."
	if pkg != "" {
		scope = pkg + "." + scope
	}
	used := map[string]bool{}
	for i, decl := range body.Decls {
		f, ok := decl.(*ast.FieldNode)
		if !ok || !f.Label.Repeated || f.Equals == nil || f.Tag == nil {
			continue // not a field, no list, or without its number: reported later
		}
		name := localName(string(f.FldType.AsIdentifier()), scope)
		m := entries[name]
		if m == nil || used[name] || name != entryName(f.Name.Val) {
			continue
		}
		used[name] = true
		key, value, _ := writtenMapEntry(m)
		punct := f.Equals
		typ := ast.NewMapTypeNode(f.Label.KeywordNode, punct, key, punct, value, punct)
		body.Decls[i] = ast.NewMapFieldNode(typ, f.Name, f.Equals, f.Tag, f.Options, f.Semicolon)
	}
	if len(used) == 0 {
		return
	}
	body.Decls = slices.DeleteFunc(body.Decls, func(d ast.MessageElement) bool {
		m, ok := d.(*ast.MessageNode)
		return ok && used[m.Name.Val]
	})
	order[body] = nestedNames{path: path, names: names}
}

// localName reduces a type name to the name of a message nested directly in
// scope; other names come back unchanged.
func localName(typ, scope string) string {
	full := strings.TrimPrefix(typ, ".")
	if rest, ok := strings.CutPrefix(full, scope); ok {
		return rest
	}
	// Relative names may carry any tail of the scope: Outer.Inner.Entry.
	for i := range len(scope) {
		if scope[i] == '.' && i+1 < len(scope) {
			if rest, ok := strings.CutPrefix(full, scope[i+1:]); ok && typ == full {
				return rest
			}
		}
	}
	return full
}

// entryName is the name that the compiler gives the entry of a map field.
func entryName(field string) string {
	var b strings.Builder
	upper := true
	for _, r := range field {
		if r == '_' {
			upper = true
			continue
		}
		if upper {
			b.WriteString(strings.ToUpper(string(r)))
		} else {
			b.WriteRune(r)
		}
		upper = false
	}
	return b.String() + "Entry"
}

// apply puts rewritten map entries back to where they stood.
// It also drops the empty options of methods with an empty body, which the
// canonical text does not have.
func (o nestedOrder) apply(fd *descriptorpb.FileDescriptorProto) {
	for _, s := range fd.Service {
		for _, m := range s.Method {
			if len(m.Options.GetUninterpretedOption()) == 0 {
				m.Options = nil
			}
		}
	}
	for _, n := range o {
		msg := findNested(fd.MessageType, n.path)
		if msg == nil {
			continue
		}
		rank := func(m *descriptorpb.DescriptorProto) int { return slices.Index(n.names, m.GetName()) }
		slices.SortStableFunc(msg.NestedType, func(a, b *descriptorpb.DescriptorProto) int { return rank(a) - rank(b) })
	}
}

func findNested(level []*descriptorpb.DescriptorProto, path []string) *descriptorpb.DescriptorProto {
	var found *descriptorpb.DescriptorProto
	for _, name := range path {
		i := slices.IndexFunc(level, func(m *descriptorpb.DescriptorProto) bool { return m.GetName() == name })
		if i < 0 {
			return nil
		}
		found = level[i]
		level = found.NestedType
	}
	return found
}
