package security

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// use is one name of a library in our sources.
type use struct{ file, name string }

// usesOf finds every name that our sources, without tests, take from packages
// whose path starts with prefix. file is the path below the root.
func usesOf(t *testing.T, prefix string) []use {
	t.Helper()
	var out []use
	files := sources(t)
	for _, path := range files {
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, usesIn(f, path, prefix)...)
	}
	return out
}

func usesIn(f *ast.File, path, prefix string) []use {
	var out []use
	names := map[string]bool{}
	rel := strings.TrimPrefix(filepath.ToSlash(path), root+"/")
	for _, i := range f.Imports {
		imported, err := strconv.Unquote(i.Path.Value)
		if err != nil || !strings.HasPrefix(imported, prefix) {
			continue
		}
		name := packageName(imported)
		if i.Name != nil {
			name = i.Name.Name
		}
		names[name] = true
		out = append(out, use{rel, "import " + imported})
	}
	ast.Inspect(f, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok && names[x.Name] {
				out = append(out, use{rel, s.Sel.Name})
			}
		}
		return true
	})
	return out
}

// packageName is the last part of an import path that is no version.
func packageName(path string) string {
	parts := strings.Split(path, "/")
	last := parts[len(parts)-1]
	if len(last) > 1 && last[0] == 'v' && last[1] >= '0' && last[1] <= '9' && len(parts) > 1 {
		last = parts[len(parts)-2]
	}
	return last
}

// sources lists our Go files without tests.
func sources(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, p := range packagesOf(t, "./...") {
		if p.Standard || p.Module == nil || !p.Module.Main {
			continue
		}
		for _, name := range append(append([]string{}, p.GoFiles...), p.IgnoredGoFiles...) {
			if !strings.HasSuffix(name, "_test.go") {
				out = append(out, filepath.Join(root, strings.TrimPrefix(p.ImportPath, p.Module.Path), name))
			}
		}
	}
	if len(out) < 50 {
		t.Fatalf("only %d sources were found", len(out))
	}
	return out
}

// TestAvroDecoderIsASecondOpinion holds the archived Avro library to the one use
// that cannot be turned against us: in one package, parsing what our own parser
// printed and decoding what our own walker accepted. Its encoders, streams,
// container files, protocols, registry client and generic decoders stay unused.
func TestAvroDecoderIsASecondOpinion(t *testing.T) {
	// Config and API make a fresh decoder for each question: the shared one keeps
	// what it has seen without a bound.
	allowed := []string{"Schema", "SchemaCache", "ParseWithCache", "Unmarshal", "Config", "API"}
	for _, u := range usesOf(t, "github.com/hamba/avro") {
		if !strings.HasPrefix(u.file, "schema/avro/") {
			t.Errorf("%s uses the archived Avro library; only schema/avro may", u.file)
		}
		if path, ok := strings.CutPrefix(u.name, "import "); ok {
			if path != "github.com/hamba/avro/v2" {
				t.Errorf("%s imports %s, a part that was not looked at", u.file, path)
			}
		} else if !slices.Contains(allowed, u.name) {
			t.Errorf("%s uses %s of the archived Avro library; %s were looked at", u.file, u.name, strings.Join(allowed, ", "))
		}
	}
}

// TestEchoServesNoFiles: files are served by our own handler from the binary.
func TestEchoServesNoFiles(t *testing.T) {
	const echo = "github.com/labstack/echo"
	users := usesOf(t, echo)
	if len(users) == 0 {
		t.Fatal("nobody uses echo; this proof looks at the wrong library")
	}
	importers := map[string]bool{}
	for _, u := range users {
		importers[u.file] = true
		if strings.HasPrefix(u.name, "import ") && strings.Contains(u.name, "/middleware") {
			t.Errorf("%s imports echo's middleware, which serves files", u.file)
		}
		if strings.Contains(u.name, "Static") {
			t.Errorf("%s uses echo's %s", u.file, u.name)
		}
	}
	serving := []string{"Static", "StaticFS", "File", "FileFS", "Attachment", "Inline"}
	for _, path := range sources(t) {
		if !importers[strings.TrimPrefix(filepath.ToSlash(path), root+"/")] {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				if s, ok := call.Fun.(*ast.SelectorExpr); ok && slices.Contains(serving, s.Sel.Name) {
					t.Errorf("%s calls %s, which serves files", path, s.Sel.Name)
				}
			}
			return true
		})
	}
}

// TestCELHasNoNativeTypes: expressions see maps and scalars, never Go values.
func TestCELHasNoNativeTypes(t *testing.T) {
	for _, u := range usesOf(t, "cel.dev/cel-go") {
		if strings.Contains(u.name, "NativeTypes") || strings.Contains(u.name, "NativeType") {
			t.Errorf("%s hands CEL native types by %s", u.file, u.name)
		}
	}
}

// TestUsesAreFound shows that the proofs above can fail.
func TestUsesAreFound(t *testing.T) {
	const text = `package p
import (
	"cel.dev/cel-go/ext"
	h "github.com/hamba/avro/v2"
)
var _ = h.NewDecoder
var _ = ext.NativeTypes
`
	f, err := parser.ParseFile(token.NewFileSet(), "p.go", text, 0)
	if err != nil {
		t.Fatal(err)
	}
	if got := usesIn(f, "p.go", "github.com/hamba/avro"); len(got) != 2 || got[1] != (use{"p.go", "NewDecoder"}) {
		t.Errorf("avro: %v", got)
	}
	if got := usesIn(f, "p.go", "cel.dev/cel-go"); len(got) != 2 || got[1] != (use{"p.go", "NativeTypes"}) {
		t.Errorf("cel: %v", got)
	}
}
