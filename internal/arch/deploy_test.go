package arch

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/instar-registry/instar/internal/config"
)

// The examples are configurations that the server accepts without a warning
// about anything but their permissions.
func TestExampleConfigurations(t *testing.T) {
	list, err := filepath.Glob(filepath.Join(root, "examples/config/*.yaml"))
	if err != nil || len(list) < 3 {
		t.Fatalf("%d examples, %v", len(list), err)
	}
	for _, path := range list {
		if _, err := config.Load(config.Input{File: path}); err != nil {
			t.Error(err)
		}
	}
}

var setting = regexp.MustCompile(`\b(INSTAR_[A-Z0-9_]+)[=:] ?"?([^\s"\\]*)`)

// The files for deployment only set variables that exist, to values that the
// server accepts.
func TestDeploymentSettings(t *testing.T) {
	for _, name := range []string{"Dockerfile", "compose.yaml", "deploy/systemd/instar.service"} {
		var environ []string
		for _, m := range setting.FindAllStringSubmatch(read(t, name), -1) {
			if strings.HasSuffix(m[1], "_FILE") {
				m[1], m[2] = strings.TrimSuffix(m[1], "_FILE"), "x" // the file is not here
			}
			environ = append(environ, m[1]+"="+m[2])
		}
		if len(environ) == 0 {
			t.Errorf("%s sets nothing", name)
		}
		if _, err := config.Load(config.Input{File: os.DevNull, Environ: environ}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Every target of the Makefile that a person may want has a line of help, and
// the continuous integration runs nothing else.
func TestContinuousIntegrationRunsTargets(t *testing.T) {
	makefile := read(t, "Makefile")
	for _, m := range regexp.MustCompile(`(?m)^\.PHONY: ([a-z-]+)$`).FindAllStringSubmatch(makefile, -1) {
		if !regexp.MustCompile(`(?m)^` + m[1] + `:.*## \S`).MatchString(makefile) {
			t.Errorf("make %s has no line of help", m[1])
		}
	}
	stages := regexp.MustCompile(`\) stage [a-z]+ \d+ (\S+) (\S+)`).FindAllStringSubmatch(read(t, ".ci/run"), -1)
	if len(stages) < 4 {
		t.Errorf("only %d stages", len(stages))
	}
	for _, s := range stages {
		if s[1] != "make" || !strings.Contains(makefile, "\n"+s[2]+":") {
			t.Errorf(".ci/run runs %s %s, which is no target", s[1], s[2])
		}
	}
}

// What the README tells a newcomer to run exists.
func TestReadmeCommandsExist(t *testing.T) {
	makefile := read(t, "Makefile")
	for _, m := range regexp.MustCompile(`(?m)\bmake ([a-z-]+)`).FindAllStringSubmatch(read(t, "README.md")+read(t, "CONTRIBUTING.md"), -1) {
		if !strings.Contains(makefile, "\n"+m[1]+":") && m[1] != "sure" {
			t.Errorf("the documents say make %s, which does not exist", m[1])
		}
	}
}
