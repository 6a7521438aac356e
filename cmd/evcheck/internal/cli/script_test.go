package cli

import (
	"context"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain makes the test binary stand in for the program.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"evcheck": func() { os.Exit(Run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
	})
}

// TestScripts runs the command lines of testdata/script. Besides testscript's
// own commands there are
//
//	git ARGS…           run git
//	repo DIR            make a repository on the branch main there and go to it
//	commit MESSAGE      commit everything
//	rc CODE ARGS…       run evcheck and check its exit code
//	replace FILE OLD NEW
//	registry            start a registry in memory at $REGISTRY
//	rest METHOD PATH [BODY…]  send a request there and print the answer
//	stamp               write what was printed to out.txt, commits aside
func TestScripts(t *testing.T) { scripts(t, "testdata/script") }

// TestWishes runs what users of other tools have asked for; see docs/evcheck.md.
func TestWishes(t *testing.T) { scripts(t, "../../../../lint/testdata/wish") }

func scripts(t *testing.T, dir string) {
	t.Helper()
	testscript.Run(t, testscript.Params{
		Dir: dir, RequireExplicitExec: true, RequireUniqueNames: true, Setup: isolate, Cmds: commands,
	})
}
