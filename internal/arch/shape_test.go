package arch

import (
	"go/ast"
	"strings"
	"testing"
)

// The bounds beyond which a file or a function is two things. The aim is half of
// it; see CONTRIBUTING.md.
const (
	maxFileLines     = 500
	maxFunctionLines = 100
)

func TestFilesAndFunctionsAreSmall(t *testing.T) {
	for _, s := range allSources(t) {
		if lines := fileSet.Position(s.file.End()).Line; lines > maxFileLines {
			t.Errorf("%s has %d lines; split it (at most %d)", s.name, lines, maxFileLines)
		}
		for _, d := range s.file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Body == nil {
				continue
			}
			if lines := fileSet.Position(f.End()).Line - fileSet.Position(f.Pos()).Line + 1; lines > maxFunctionLines {
				t.Errorf("%s: %s has %d lines; split it (at most %d)", s.place(f), f.Name.Name, lines, maxFunctionLines)
			}
		}
	}
}

// Every package says what it is for, and every exported name is documented.
func TestExportsAreDocumented(t *testing.T) {
	documented, all := map[string]bool{}, map[string]bool{}
	for _, s := range allSources(t) {
		all[s.pkg] = true
		if s.file.Doc != nil {
			documented[s.pkg] = true
		}
		for _, d := range s.file.Decls {
			checkDoc(t, &s, d)
		}
	}
	for name := range all {
		if !documented[name] {
			t.Errorf("package %s has no comment", name)
		}
	}
}

func checkDoc(t *testing.T, s *source, d ast.Decl) {
	t.Helper()
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Name.IsExported() && d.Doc == nil && (d.Recv == nil || exportedReceiver(d)) && !isInterfaceMethod(d.Name.Name) {
			t.Errorf("%s: %s has no comment", s.place(d), d.Name.Name)
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			checkSpec(t, s, d, spec)
		}
	}
}

func checkSpec(t *testing.T, s *source, d *ast.GenDecl, spec ast.Spec) {
	t.Helper()
	switch spec := spec.(type) {
	case *ast.TypeSpec:
		if spec.Name.IsExported() && d.Doc == nil && spec.Doc == nil && spec.Comment == nil {
			t.Errorf("%s: %s has no comment", s.place(spec), spec.Name.Name)
		}
	case *ast.ValueSpec:
		for _, n := range spec.Names {
			if n.IsExported() && d.Doc == nil && spec.Doc == nil && spec.Comment == nil {
				t.Errorf("%s: %s has no comment", s.place(spec), n.Name)
			}
		}
	}
}

func exportedReceiver(d *ast.FuncDecl) bool {
	e := d.Recv.List[0].Type
	if star, ok := e.(*ast.StarExpr); ok {
		e = star.X
	}
	if index, ok := e.(*ast.IndexExpr); ok {
		e = index.X
	}
	if index, ok := e.(*ast.IndexListExpr); ok {
		e = index.X
	}
	name, ok := e.(*ast.Ident)
	return ok && name.IsExported()
}

// isInterfaceMethod tells the methods whose meaning the standard library fixes.
func isInterfaceMethod(name string) bool {
	return strings.Contains(" Error Unwrap Is As String Len Less Swap Read Write Close MarshalJSON UnmarshalJSON MarshalText UnmarshalText ", " "+name+" ")
}
