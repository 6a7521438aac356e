package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const orderOne = `{"type": "record", "name": "Order", "fields": [
  {"name": "id", "type": "string"}
]}
`

var orderTwo = strings.Replace(orderOne, `"string"}`, `"string"},`+"\n"+`  {"name": "currency", "type": "string"}`, 1)

// gitIn runs git in a directory, for nobody's configuration.
func gitIn(t *testing.T, dir string, args ...string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), "git", args...)
	c.Dir = dir
	c.Env = append(os.Environ(), "HOME="+dir, "GIT_CONFIG_NOSYSTEM=1", "GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.com", "GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.com")
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("git %s: %v: %s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// pullRequest is a checkout as actions/checkout makes it: of the merge of a
// change into its base, one commit deep. The base has moved on meanwhile.
func pullRequest(t *testing.T, files map[string]string) *runner {
	t.Helper()
	up, dir := t.TempDir(), filepath.Join(t.TempDir(), "checkout")
	r := newRunner(t, dir)
	put := func(files map[string]string, message string) {
		for name, text := range files {
			r.write(filepath.Join(up, name), text)
		}
		gitIn(t, up, "add", "-A")
		gitIn(t, up, "commit", "-q", "-m", message)
	}
	gitIn(t, up, "init", "-q", "-b", "main")
	put(map[string]string{"events/order.avsc": orderOne, "other.avsc": strings.ReplaceAll(orderOne, "Order", "Other")}, "one")
	gitIn(t, up, "checkout", "-q", "-b", "feature")
	put(files, "two")
	gitIn(t, up, "checkout", "-q", "main")
	// A break that was merged meanwhile is not the change's.
	put(map[string]string{"other.avsc": strings.ReplaceAll(orderTwo, "Order", "Other")}, "three")
	gitIn(t, up, "checkout", "-q", "-b", "merge")
	gitIn(t, up, "merge", "-q", "-m", "merge", "feature")
	gitIn(t, up, "config", "uploadpack.allowAnySHA1InWant", "true")
	gitIn(t, up, "clone", "-q", "--depth", "1", "-b", "merge", "file://"+up, dir)
	r.event = map[string]string{"ref": "refs/pull/7/merge", "number": "7"}
	return r
}

// TestActionFindsBreaks: what the action was written for, with the program that
// it builds.
func TestActionFindsBreaks(t *testing.T) {
	r := pullRequest(t, map[string]string{"events/order.avsc": orderTwo})
	r.builds = true
	r.inputs["formats"] = "sarif, junit"
	r.inputs["upload-sarif"] = "true"
	r.run()
	if r.code != 1 || r.outputs["check.verdict"] != "fail" || r.outputs["check.errors"] != "1" || r.outputs["check.warnings"] != "0" {
		t.Errorf("exit code %d, %v", r.code, r.outputs)
	}
	if r.outputs["build.engine"] == "" || strings.ContainsAny(r.outputs["build.engine"], " \n") {
		t.Errorf("the engine is %q", r.outputs["build.engine"])
	}
	r.expect("the log", r.log, "evcheck a-branch-s engine ", "error[avro/field-added-without-default]", "\n::error file=events/order.avsc,line=3,", "1 error, 0 warnings")
	if strings.Contains(r.log, "other.avsc") || strings.Contains(r.log, "shallow") {
		t.Errorf("the base is not the first parent of the merge:\n%s", r.log)
	}
	r.expect("the summary", r.summary, "evcheck:", "field-added-without-default")
	r.expect("the report", r.read(r.outputs["check.report"]), `"evcheck-report/v1"`)
	r.expect("SARIF", r.read(r.outputs["check.sarif"]), `"2.1.0"`)
	r.expect("JUnit", r.read(filepath.Join(r.temp, "evcheck", "report.junit")), "<testsuite")
	if want := []string{"actions/setup-go@v5", "actions/cache@v4", "github/codeql-action/upload-sarif@v3"}; !slices.Equal(r.uses, want) {
		t.Errorf("uses %v, want %v", r.uses, want)
	}
	if gitIn(t, r.dir, "status", "--porcelain") != "" {
		t.Error("the checkout was changed")
	}
}

func TestActionPasses(t *testing.T) {
	r := pullRequest(t, map[string]string{"events/new.avsc": orderTwo})
	r.run()
	if r.code != 0 || r.outputs["check.verdict"] != "pass" || strings.Contains(r.log, "::error") {
		t.Errorf("exit code %d, %v:\n%s", r.code, r.outputs, r.log)
	}
}

// TestActionComment: the comment is written once and then updated, and a token
// that may not write fails nothing.
func TestActionComment(t *testing.T) {
	gh := func(answer string, code string) string {
		return "#!/bin/sh\nfor a in \"$@\"; do case \"$a\" in body=@*) cp \"${a#body=@}\" \"$HOME/sent\";; esac; done\n" +
			"echo \"$1 $2 $3 $4 $5\" >>\"$HOME/gh.log\"\ncase \"$2\" in --paginate) echo " + answer + ";; esac\nexit " + code + "\n"
	}
	for name, c := range map[string]struct{ answer, code, asked, log string }{
		"first":    {"", "0", "api --silent -X POST repos/ada/events/issues/7/comments\n", ""},
		"again":    {"4711", "0", "api --silent -X PATCH repos/ada/events/issues/comments/4711\n", ""},
		"no leave": {"", "1", "api --paginate repos/ada/events/issues/7/comments --jq", "::notice title=evcheck::the comment was not written"},
	} {
		t.Run(name, func(t *testing.T) {
			r := pullRequest(t, map[string]string{"events/order.avsc": orderTwo})
			r.path = t.TempDir()
			r.write(filepath.Join(r.path, "gh"), gh(c.answer, c.code))
			r.inputs["comment"] = "true"
			r.run()
			if r.code != 1 {
				t.Errorf("exit code %d", r.code)
			}
			r.expect("the log", r.log, c.log)
			r.expect("what gh was asked", r.read(filepath.Join(r.temp, "gh.log")), c.asked)
			if c.code == "0" {
				if body := r.read(filepath.Join(r.temp, "sent")); !strings.HasPrefix(body, "<!-- evcheck-report/v1 -->\n") {
					t.Errorf("the comment is %q", body)
				}
			}
		})
	}
}

// TestActionLabel: the label lets errors pass, and says who set it; a run that
// could not compare fails all the same.
func TestActionLabel(t *testing.T) {
	const who = "#!/bin/sh\ncase \"$3\" in */events) echo bob; echo carol;; esac\n"
	r := pullRequest(t, map[string]string{"events/order.avsc": orderTwo})
	r.path = t.TempDir()
	r.write(filepath.Join(r.path, "gh"), who)
	r.inputs["waive-label"], r.inputs["comment"], r.labels = "breaks `is` ok", "true", []string{"other", "breaks `is` ok"}
	r.run()
	if r.code != 0 || r.outputs["check.errors"] != "1" {
		t.Errorf("exit code %d, %v\n%s", r.code, r.outputs, r.log)
	}
	const note = "Errors count as warnings: the label `breaks ?is? ok` was set by @carol."
	r.expect("the log", r.log, "\n::warning file=events/order.avsc")
	r.expect("the summary", r.summary, note)
	r.expect("the comment", r.read(filepath.Join(r.temp, "evcheck", "comment.md")), "<!-- evcheck-report/v1 -->\n"+note)
	if strings.Contains(r.log, "::error") {
		t.Errorf("an error is left:\n%s", r.log)
	}

	r = pullRequest(t, map[string]string{"events/order.avsc": orderTwo})
	r.inputs["waive-label"], r.labels = "ok", []string{"not ok"}
	if r.run(); r.code != 1 {
		t.Errorf("another label: exit code %d", r.code)
	}

	r = pullRequest(t, map[string]string{"events/order.avsc": orderTwo, "evcheck.yaml": "instar: evcheck/v9\n"})
	r.path = t.TempDir()
	r.write(filepath.Join(r.path, "gh"), who)
	r.inputs["waive-label"], r.labels = "ok", []string{"ok"}
	if r.run(); r.code != 2 {
		t.Errorf("nothing was compared: exit code %d", r.code)
	}
	r.expect("the log", r.log, "evcheck.yaml: line 1", "::error title=evcheck::nothing was compared")
}

// TestActionIsNotInjected: inputs, names of files and of labels are never run,
// and never read as commands of the runner.
func TestActionIsNotInjected(t *testing.T) {
	const run = "$(touch pwned)`touch pwned`;touch pwned"
	r := pullRequest(t, map[string]string{
		"events/order.avsc": orderTwo, "events/" + run + ".avsc": orderOne,
		"events/::error::x\n::add-mask::y.avsc": `{"type": "recor"}`, "*": "x",
	})
	r.path = t.TempDir()
	r.write(filepath.Join(r.path, "gh"), "#!/bin/sh\necho \"$0\"\n")
	r.run()
	if r.code != 1 {
		t.Errorf("exit code %d", r.code)
	}
	for _, line := range strings.Split(r.log, "\n") {
		if strings.HasPrefix(line, "::") && !strings.HasPrefix(line, "::error file=") && !strings.HasPrefix(line, "::stop-commands::evcheck-") && !strings.HasPrefix(line, "::evcheck-") {
			t.Errorf("a command of the runner: %s", line)
		}
	}
	if _, err := os.Stat(filepath.Join(r.dir, "pwned")); err == nil {
		t.Error("the name of a file is run")
	}
	for input := range r.inputs {
		if input == "working-directory" || input == "version" {
			continue
		}
		x := newRunner(t, r.dir)
		x.event, x.path, x.inputs["comment"] = r.event, r.path, "true"
		x.inputs[input] = run + " * \n" + run
		x.labels = []string{x.inputs["waive-label"]}
		x.run()
		for _, dir := range []string{x.dir, x.temp} {
			if _, err := os.Stat(filepath.Join(dir, "pwned")); err == nil {
				t.Errorf("the input %s is run", input)
			}
		}
	}
}

// TestActionOnPush: without a pull request the base is the event's, or what the
// inputs name.
func TestActionOnPush(t *testing.T) {
	r := pullRequest(t, map[string]string{"events/order.avsc": orderTwo})
	up := strings.TrimPrefix(gitIn(t, r.dir, "remote", "get-url", "origin"), "file://")
	gitIn(t, up, "tag", "v1", "main~1")
	r.event = map[string]string{"ref": "refs/heads/merge"}
	event := filepath.Join(t.TempDir(), "event.json")
	r.write(event, `{"before": "`+gitIn(t, up, "rev-parse", "main")+`"}`)
	r.env["GITHUB_EVENT_PATH"] = event
	if r.run(); r.code != 1 || r.outputs["check.errors"] != "1" {
		t.Errorf("exit code %d, %v\n%s", r.code, r.outputs, r.log)
	}
	r.inputs["against"] = "\nv1\n"
	r.inputs["args"] = "--exact\n--subject other*"
	if r.run(); r.code != 1 {
		t.Errorf("a tag that is not in the clone: exit code %d\n%s", r.code, r.log)
	}
	r.expect("the log", r.log, "other.avsc", "against v1@")
	r.inputs["fail-on"], r.inputs["working-directory"] = "never", "events"
	if r.run(); r.code != 0 {
		t.Errorf("never: exit code %d\n%s", r.code, r.log)
	}
}
