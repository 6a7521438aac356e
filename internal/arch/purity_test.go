package arch

import (
	"go/ast"
	"path"
	"slices"
	"strings"
	"testing"
)

// isPure tells the packages that compute and do nothing else: the same input
// gives the same output on every machine at every time.
func isPure(name string) bool {
	top, _, _ := strings.Cut(name, "/")
	return top == "schema" || top == "compat" || top == "upcast" || name == "internal/jsonx" || name == "internal/nearest"
}

// effects are the files of package registry that run the pure part: goroutines,
// clock, log,
// randomness. All its other files decide, and are pure. None of the package
// opens a socket or a file.
var effects = []string{
	"registry/service.go", "registry/write.go", "registry/follow.go", "registry/act.go", "registry/ask.go", "registry/snapshot.go",
	"registry/verify.go", "registry/shelf.go", "registry/coalesced.go", "registry/observer.go",
	"registry/replay.go", "registry/seal.go", "registry/matrix.go",
}

// impure are the standard packages that reach out of the process, or whose
// answer depends on when and where it is asked.
var impure = []string{
	"net", "net/http", "os", "os/exec", "os/signal", "os/user", "syscall", "plugin", "log", "log/slog", "database/sql",
	"math/rand", "math/rand/v2", "crypto/rand", "io/ioutil", "path/filepath", "unsafe",
}

// clocks are the functions of package time that read the clock or wait.
var clocks = []string{
	"time.Now", "time.Since", "time.Until", "time.Sleep", "time.After", "time.AfterFunc", "time.Tick", "time.NewTimer", "time.NewTicker",
}

func TestPurePackages(t *testing.T) {
	seen := 0
	for _, s := range allSources(t) {
		decides := s.pkg == "registry" && !slices.Contains(effects, s.name)
		if !isPure(s.pkg) && !decides {
			continue
		}
		seen++
		checkImports(t, &s)
		checkStatements(t, &s)
	}
	if seen < 40 {
		t.Errorf("only %d pure files were found", seen)
	}
	for _, e := range effects {
		if !slices.ContainsFunc(allSources(t), func(s source) bool { return s.name == e }) {
			t.Errorf("%s is listed as having effects and does not exist", e)
		}
	}
}

func checkImports(t *testing.T, s *source) {
	t.Helper()
	for _, i := range s.file.Imports {
		name := strings.Trim(i.Path.Value, `"`)
		if slices.Contains(impure, name) || (strings.HasPrefix(name, "net/") && name != "net/url" && name != "net/netip") {
			t.Errorf("%s: a pure file imports %s", s.place(i), name)
		}
	}
}

func checkStatements(t *testing.T, s *source) {
	t.Helper()
	ast.Inspect(s.file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			t.Errorf("%s: a pure file starts a goroutine", s.place(n))
		case *ast.SelectorExpr:
			if slices.Contains(clocks, selector(n)) {
				t.Errorf("%s: a pure file uses %s", s.place(n), selector(n))
			}
		}
		return true
	})
}

// Nothing that package schema or compat can reach among our own packages may
// open a socket or a file; otherwise parsing a schema could dial out.
func TestParsingCannotReachOut(t *testing.T) {
	reach := reachable(t)
	for name, deps := range reach {
		if !isPure(name) {
			continue
		}
		for dep := range deps {
			own, isOwn := strings.CutPrefix(dep, module+"/")
			if isOwn && !isPure(own) && own != "internal/yamlx" {
				t.Errorf("%s reaches %s, which is not pure", name, own)
			}
		}
	}
}

// The registry's state machine never touches the network, the file system or a
// database by itself; its log does.
func TestRegistryHasNoStoreOfItsOwn(t *testing.T) {
	for _, p := range allPackages(t) {
		if p.name() != "registry" {
			continue
		}
		for _, i := range p.Imports {
			if slices.Contains([]string{"net", "os", "database/sql", "syscall"}, i) || path.Dir(i) == "net" && i != "net/url" {
				t.Errorf("registry imports %s", i)
			}
		}
	}
}
