package arch

import (
	"go/ast"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/instar-registry/instar/internal/config"
)

// Every configuration key is read by the program: a key that does nothing is a
// lie to the operator.
func TestEveryConfigurationKeyIsUsed(t *testing.T) {
	used := map[string]bool{}
	for _, s := range allSources(t) {
		if !strings.HasPrefix(s.pkg, "cmd/registry/") {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok {
				used[strings.ToLower(sel.Sel.Name)] = true
			}
			return true
		})
	}
	for _, k := range config.Keys() {
		if strings.HasPrefix(k.Name, "limits.") && !strings.Contains(k.Name, "import") {
			continue // package schema's limits are passed on as a whole
		}
		field := strings.ReplaceAll(k.Name[strings.LastIndexByte(k.Name, '.')+1:], "-", "")
		if !used[field] {
			t.Errorf("nothing reads the configuration key %s", k.Name)
		}
	}
}

// fixedLimits are bounds of the code itself, which no configuration may move:
// beyond them recursive code or a library would not be safe.
var fixedLimits = []string{"ref-chain", "validated-schemas"}

// A refusal names its limit as the configuration does, so that an operator can
// change it.
func TestLimitsAreNamedAsTheyAreConfigured(t *testing.T) {
	keys := map[string]bool{}
	for _, k := range config.Keys() {
		if name, ok := strings.CutPrefix(k.Name, "limits."); ok {
			keys[name] = true
		}
	}
	found := 0
	for _, s := range allSources(t) {
		ast.Inspect(s.file, func(n ast.Node) bool {
			for _, name := range limitNames(n) {
				found++
				if !keys[name] && !slices.Contains(fixedLimits, name) {
					t.Errorf("%s: limit %q is no key limits.%s", s.place(n), name, name)
				}
			}
			return true
		})
	}
	if found < 20 {
		t.Errorf("only %d names of limits were found", found)
	}
}

// limitNames finds the literal names of limits in a node: the first argument of
// OverLimit, and the field Limit of an error.
func limitNames(n ast.Node) []string {
	switch n := n.(type) {
	case *ast.CallExpr:
		if f := selector(n.Fun); f == "schema.OverLimit" && len(n.Args) > 0 {
			return literal(n.Args[0])
		}
	case *ast.CompositeLit:
		if f := selector(n.Type); f != "schema.Error" && f != "schema.WalkError" {
			return nil
		}
		for _, e := range n.Elts {
			if kv, ok := e.(*ast.KeyValueExpr); ok {
				if id, ok := kv.Key.(*ast.Ident); ok && id.Name == "Limit" {
					return literal(kv.Value)
				}
			}
		}
	}
	return nil
}

func literal(e ast.Expr) []string {
	l, ok := e.(*ast.BasicLit)
	if !ok {
		return nil
	}
	s, err := strconv.Unquote(l.Value)
	if err != nil {
		return nil
	}
	return []string{s}
}

// logCalls are the methods of slog.Logger that write at level warn or above, with
// the index of the message among the arguments.
var logCalls = map[string]int{"Warn": 0, "Error": 0, "WarnContext": 1, "ErrorContext": 1}

// docs/log-events.md lists every warning and error that the program can log, and
// nothing else.
func TestLogEventsAreDocumented(t *testing.T) {
	logged := map[string]string{}
	for _, s := range allSources(t) {
		ast.Inspect(s.file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			sel, ok := call.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			at, ok := logCalls[sel.Sel.Name]
			if !ok || len(call.Args) <= at || !isLogger(sel.X) {
				return true
			}
			msg := literal(call.Args[at])
			if msg == nil {
				t.Errorf("%s: the message of a log line must be a constant", s.place(call))
				return true
			}
			logged[msg[0]] = s.place(call)
			return true
		})
	}
	var documented []string
	for _, m := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\|").FindAllStringSubmatch(read(t, "docs/log-events.md"), -1) {
		documented = append(documented, m[1])
	}
	for msg, place := range logged {
		if !slices.Contains(documented, msg) {
			t.Errorf("%s: docs/log-events.md does not list %q", place, msg)
		}
	}
	for _, msg := range documented {
		if logged[msg] == "" {
			t.Errorf("docs/log-events.md lists %q, which nothing logs", msg)
		}
	}
	if len(logged) < 5 {
		t.Errorf("only %d log calls were found", len(logged))
	}
}

// isLogger guesses by the name: logger, log, Logger.
func isLogger(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return strings.EqualFold(e.Name, "logger") || e.Name == "log" || e.Name == "slog"
	case *ast.SelectorExpr:
		return strings.EqualFold(e.Sel.Name, "logger") || e.Sel.Name == "log"
	case *ast.CallExpr:
		return false
	}
	return false
}
