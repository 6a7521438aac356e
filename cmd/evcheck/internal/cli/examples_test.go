package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/instar-registry/instar/internal/yamlx"
)

// change is a clone on a branch that breaks old events, and the commits of both
// sides.
func change(t *testing.T) (dir, base string) {
	t.Helper()
	up, dir := t.TempDir(), filepath.Join(t.TempDir(), "clone")
	put := func(dir, text, message string) {
		if err := os.WriteFile(filepath.Join(dir, "order.avsc"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		gitIn(t, dir, "add", "-A")
		gitIn(t, dir, "commit", "-q", "-m", message)
	}
	gitIn(t, up, "init", "-q", "-b", "main")
	put(up, orderOne, "one")
	gitIn(t, up, "clone", "-q", "file://"+up, dir)
	gitIn(t, dir, "checkout", "-q", "-b", "feature")
	put(dir, orderTwo, "two")
	return dir, gitIn(t, dir, "rev-parse", "main")
}

// stubs is a directory of programs that are there on a CI system and do nothing.
func stubs(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\ncat >/dev/null 2>&1 </dev/stdin\n"), 0o700); err != nil { //nolint:gosec // a program of a test
			t.Fatal(err)
		}
	}
	return dir
}

// scriptsOf are the lines of shell under a key anywhere in a document, in order.
func scriptsOf(n *yamlx.Node, keys ...string) []string {
	var out []string
	for _, item := range n.Items {
		out = append(out, scriptsOf(item, keys...)...)
	}
	for _, m := range n.Members {
		if !slices.Contains(keys, m.Key) {
			out = append(out, scriptsOf(m.Value, keys...)...)
			continue
		}
		if m.Value.Kind == yamlx.String {
			out = append(out, m.Value.Text)
		}
		for _, item := range m.Value.Items {
			out = append(out, item.Text)
		}
	}
	return out
}

// TestExamplesOfCI: the scripts of examples/ci find a break in a clone with the
// variables of their system, write the reports that they publish, and pass when
// the break is gone.
func TestExamplesOfCI(t *testing.T) {
	examples := map[string]struct {
		env   []string // BASE stands for the commit of the base
		files []string
	}{
		"azure.yml":     {[]string{"TF_BUILD=True", "SYSTEM_PULLREQUEST_TARGETBRANCH=refs/heads/main"}, []string{"evcheck.xml"}},
		"bitbucket.yml": {[]string{"CI=true", "BITBUCKET_PR_DESTINATION_BRANCH=main", "BITBUCKET_PR_DESTINATION_COMMIT=BASE"}, []string{"test-results/evcheck.xml"}},
		"buildkite.yml": {[]string{"CI=true", "BUILDKITE_PULL_REQUEST_BASE_BRANCH=main"}, []string{"evcheck.md"}},
		"circleci.yml":  {[]string{"CI=true", "CIRCLECI=true"}, []string{"test-results/evcheck.xml"}},
		"gitlab.yml": {
			[]string{"CI=true", "CI_PIPELINE_SOURCE=merge_request_event", "CI_MERGE_REQUEST_DIFF_BASE_SHA=BASE", "CI_COMMIT_BEFORE_SHA=0000000000000000000000000000000000000000"},
			[]string{"gl-code-quality-report.json", "evcheck.xml"},
		},
		"Jenkinsfile": {[]string{"JENKINS_URL=http://ci.example/", "CHANGE_TARGET=main"}, []string{"evcheck-checkstyle.xml", "evcheck.xml"}},
	}
	dir := filepath.Join("..", "..", "..", "..", "examples", "ci")
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != len(examples)+1 {
		t.Errorf("%d examples are there; each is run here, but for github.yml", len(entries))
	}
	for name, x := range examples {
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			script := shellOf(t, name, text)
			if strings.Count(script, "evcheck check") != 1 {
				t.Fatalf("the script is %q", script)
			}
			clone, base := change(t)
			path := stubs(t, "go", "buildkite-agent")
			run := func() (int, string) {
				c := exec.CommandContext(t.Context(), "bash", "-ec", script)
				c.Dir = clone
				c.Env = []string{"PATH=" + path + ":" + os.Getenv("PATH"), "HOME=" + path, "GIT_CONFIG_NOSYSTEM=1"}
				for _, v := range x.env {
					c.Env = append(c.Env, strings.ReplaceAll(v, "BASE", base))
				}
				out, err := c.CombinedOutput()
				if err != nil && c.ProcessState == nil {
					t.Fatal(err)
				}
				return c.ProcessState.ExitCode(), string(out)
			}
			if code, out := run(); code != 1 || !strings.Contains(out, "error[avro/field-added-without-default]") {
				t.Errorf("a break: exit code %d\n%s", code, out)
			}
			for _, file := range x.files {
				if report, err := os.ReadFile(filepath.Join(clone, file)); err != nil || !strings.Contains(string(report), "field-added-without-default") || !strings.Contains(string(text), file) {
					t.Errorf("the report %s: %v\n%s", file, err, report)
				}
			}
			gitIn(t, clone, "commit", "-q", "--allow-empty", "-m", "three")
			if err := os.WriteFile(filepath.Join(clone, "order.avsc"), []byte(orderOne), 0o600); err != nil {
				t.Fatal(err)
			}
			if code, out := run(); code != 0 {
				t.Errorf("no break: exit code %d\n%s", code, out)
			}
		})
	}
}

// shellOf is the shell of an example.
func shellOf(t *testing.T, name string, text []byte) string {
	t.Helper()
	var lines []string
	if name == "Jenkinsfile" {
		for _, m := range regexp.MustCompile(`(?m)^ *sh '([^']*)'$`).FindAllSubmatch(text, -1) {
			lines = append(lines, string(m[1]))
		}
		return strings.Join(lines, "\n")
	}
	doc, problems := yamlx.Parse(text, yamlx.DefaultLimits())
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	script := strings.Join(scriptsOf(doc, "script", "commands", "run"), "\n")
	return strings.ReplaceAll(script, "$$", "$") // of Buildkite, which puts variables in before
}

// TestExampleOfGitHub: the workflow gives the action inputs that it has.
func TestExampleOfGitHub(t *testing.T) {
	r := newRunner(t, t.TempDir())
	text, err := os.ReadFile(filepath.Join(r.root, "examples", "ci", "github.yml"))
	if err != nil {
		t.Fatal(err)
	}
	doc, problems := yamlx.Parse(text, yamlx.DefaultLimits())
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	given := 0
	for _, s := range doc.Get("jobs").Get("evcheck").Get("steps").Items {
		if !strings.HasPrefix(s.Get("uses").Text, "instar-registry/instar@") {
			continue
		}
		for _, m := range s.Get("with").Members {
			given++
			if _, known := r.inputs[m.Key]; !known {
				t.Errorf("the action has no input %s", m.Key)
			}
		}
	}
	if given == 0 {
		t.Error("the workflow does not use the action")
	}
}

// hooks are the command lines of .pre-commit-hooks.yaml by their id.
func hooks(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "..", ".pre-commit-hooks.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	doc, problems := yamlx.Parse(text, yamlx.DefaultLimits())
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	out := map[string]string{}
	for _, h := range doc.Items {
		known(t, h, "id", "name", "description", "language", "entry", "pass_filenames")
		if h.Get("pass_filenames").Text != "false" {
			t.Errorf("%s is given names of files", h.Get("id").Text)
		}
		out[h.Get("id").Text] = h.Get("entry").Text
	}
	return out
}

// TestHooks: the command lines of the hooks, before the first commit, with a
// break that is staged, and with one that is not.
func TestHooks(t *testing.T) {
	entries := hooks(t)
	if len(entries) != 3 {
		t.Errorf("the hooks are %v", entries)
	}
	for id, entry := range entries {
		for _, ci := range []string{"", "true"} { // hooks run in CI, too
			t.Run(id+" CI="+ci, func(t *testing.T) { hookFindsBreak(t, id, entry, ci) })
		}
	}
}

func hookFindsBreak(t *testing.T, id, entry, ci string) {
	dir := t.TempDir()
	gitIn(t, dir, "init", "-q", "-b", "main")
	run := func(what string, want int) string {
		t.Helper()
		c := exec.CommandContext(t.Context(), "bash", "-c", entry)
		c.Dir = dir
		c.Env = append(os.Environ(), "CI="+ci)
		out, _ := c.CombinedOutput() // its exit code counts
		if got := c.ProcessState.ExitCode(); got != want {
			t.Errorf("%s: exit code %d, want %d\n%s", what, got, want, out)
		}
		return string(out)
	}
	put := func(text string) {
		if err := os.WriteFile(filepath.Join(dir, "order.avsc"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put(orderOne)
	gitIn(t, dir, "add", "-A")
	run("before the first commit", 0)
	gitIn(t, dir, "commit", "-q", "-m", "one")
	run("no change", 0)
	put(orderTwo)
	if id != "evcheck-fix" {
		run("a break that is not staged", 0)
	}
	gitIn(t, dir, "add", "-A")
	if out := run("a break", 1); !strings.Contains(out, "avro/field-added-without-default") {
		t.Errorf("the break is not named:\n%s", out)
	}
}

// TestPreCommit runs the hooks by the real pre-commit, which builds them from a
// clone of what is committed here. INSTAR_PRE_COMMIT is the program; it is not
// asked for in an ordinary run, since all programs are built anew: "make
// pre-commit" installs it and runs this.
func TestPreCommit(t *testing.T) {
	program := os.Getenv("INSTAR_PRE_COMMIT")
	if program == "" {
		t.Skip("INSTAR_PRE_COMMIT does not name the program")
	}
	root, err := filepath.Abs(filepath.Join("..", "..", "..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	installed := t.TempDir() // for the hook that uses what is installed
	build := exec.CommandContext(t.Context(), "go", "build", "-o", installed, "./cmd/evcheck")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	modules, err := exec.CommandContext(t.Context(), "go", "env", "GOMODCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	dir, _ := change(t)
	gitIn(t, dir, "reset", "-q", "--soft", "main") // the break is staged
	config := "repos:\n  - repo: file://" + root + "\n    rev: " + gitIn(t, root, "rev-parse", "HEAD") + "\n    hooks: [{id: evcheck}, {id: evcheck-fix}, {id: evcheck-system}]\n"
	if err := os.WriteFile(filepath.Join(dir, ".pre-commit-config.yaml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	gitIn(t, dir, "add", "-A")
	c := exec.CommandContext(t.Context(), program, "run", "--color", "never")
	c.Dir = dir
	// Modules are taken from where they are, so that nothing is loaded twice; else
	// it is as for a user, who has no GOFLAGS.
	c.Env = append(os.Environ(), "PRE_COMMIT_HOME="+t.TempDir(), "GOMODCACHE="+strings.TrimSpace(string(modules)), "GOFLAGS=",
		"PATH="+installed+string(os.PathListSeparator)+os.Getenv("PATH"))
	out, err := c.CombinedOutput()
	t.Logf("pre-commit says:\n%s", out)
	if err == nil {
		t.Error("the hooks let a break pass")
	}
	for text, want := range map[string]int{
		"error[avro/field-added-without-default]": 2, // by evcheck, as it is built and as it is installed
		"left avro/field-added-without-default":   1, // by evcheck-fix
		"exit code: 1":                            3,
	} {
		if n := strings.Count(string(out), text); n != want {
			t.Errorf("%q is there %d times, not %d", text, n, want)
		}
	}
}
