package arch

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

const module = "github.com/instar-registry/instar"

// root is the top of the repository, seen from this folder.
const root = "../.."

// pkg is what "go list" says about one of our packages.
type pkg struct {
	ImportPath   string
	Dir          string
	GoFiles      []string
	IgnoredFiles []string `json:"IgnoredGoFiles"`
	Imports      []string
}

// name is the path below the module.
func (p *pkg) name() string {
	if p.ImportPath == module {
		return "."
	}
	return strings.TrimPrefix(p.ImportPath, module+"/")
}

// packages lists every package of the module. Packages that do not compile are
// listed too; finding that out is the compiler's task.
var packages = sync.OnceValues(func() ([]pkg, error) {
	c := exec.Command("go", "list", "-e", "-json=ImportPath,Dir,GoFiles,IgnoredGoFiles,Imports", "./...") //nolint:noctx // ends by itself
	c.Dir = root
	out, err := c.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			return nil, fmt.Errorf("go list: %w: %s", err, exit.Stderr)
		}
		return nil, err
	}
	var list []pkg
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return list, nil
		} else if err != nil {
			return nil, err
		}
		list = append(list, p)
	}
})

func allPackages(t *testing.T) []pkg {
	t.Helper()
	list, err := packages()
	if err != nil {
		t.Fatal(err)
	}
	if len(list) < 15 {
		t.Fatalf("go list found only %d packages", len(list))
	}
	return list
}

// source is one parsed Go file that is no test.
type source struct {
	pkg  string // path below the module
	name string // path from the root of the repository
	file *ast.File
}

var fileSet = token.NewFileSet()

var parsed = sync.OnceValues(func() ([]source, error) {
	list, err := packages()
	if err != nil {
		return nil, err
	}
	top, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	var out []source
	for i := range list {
		p := &list[i]
		for _, name := range append(append([]string{}, p.GoFiles...), p.IgnoredFiles...) {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			path := filepath.Join(p.Dir, name)
			f, err := parser.ParseFile(fileSet, path, nil, parser.ParseComments)
			if err != nil {
				return nil, err
			}
			rel, err := filepath.Rel(top, path)
			if err != nil {
				return nil, err
			}
			out = append(out, source{p.name(), filepath.ToSlash(rel), f})
		}
	}
	return out, nil
})

func allSources(t *testing.T) []source {
	t.Helper()
	list, err := parsed()
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// place renders where a node stands.
func (s *source) place(n ast.Node) string {
	return fmt.Sprintf("%s:%d", s.name, fileSet.Position(n.Pos()).Line)
}

// selector returns "a.b" for a selector of an identifier, else "".
func selector(e ast.Expr) string {
	s, ok := e.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	x, ok := s.X.(*ast.Ident)
	if !ok {
		return ""
	}
	return x.Name + "." + s.Sel.Name
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
