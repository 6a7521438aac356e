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

// runner runs the shell steps of action.yml as GitHub does: each with its own
// files for outputs, expressions put into variables and conditions alone.
type runner struct {
	t               *testing.T
	root, temp, dir string
	steps           []*yamlx.Node
	inputs, event   map[string]string
	labels          []string
	env             map[string]string
	outputs         map[string]string // of steps, by "step.name"
	log, summary    string
	path            string
	code            int
	uses            []string
	builds          bool
}

var expression = regexp.MustCompile(`\$\{\{\s*(.*?)\s*\}\}`)

// newRunner reads action.yml strictly: what stands there is known, and no script
// holds an expression.
func newRunner(t *testing.T, dir string) *runner {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", "..", "..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "action.yml"))
	if err != nil {
		t.Fatal(err)
	}
	doc, problems := yamlx.Parse(text, yamlx.DefaultLimits())
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	r := &runner{t: t, root: root, temp: t.TempDir(), dir: dir, inputs: map[string]string{}, event: map[string]string{}, outputs: map[string]string{}, env: map[string]string{}}
	known(t, doc, "name", "description", "author", "branding", "inputs", "outputs", "runs")
	for _, m := range doc.Get("inputs").Members {
		known(t, m.Value, "description", "default")
		r.inputs[m.Key] = m.Value.Get("default").Text
	}
	if doc.Get("runs").Get("using").Text != "composite" {
		t.Error("the action is not a composite one")
	}
	r.steps = doc.Get("runs").Get("steps").Items
	for _, s := range r.steps {
		if s.Get("uses") != nil {
			known(t, s, "id", "if", "uses", "with")
			continue
		}
		known(t, s, "id", "if", "shell", "working-directory", "env", "run")
		if script := s.Get("run"); expression.MatchString(script.Text) {
			t.Errorf("line %d: an expression stands in a script", script.Line)
		}
		if s.Get("shell").Text != "bash" {
			t.Errorf("line %d: the shell is not bash", s.Line)
		}
	}
	return r
}

func known(t *testing.T, n *yamlx.Node, keys ...string) {
	t.Helper()
	for _, m := range n.Members {
		if !slices.Contains(keys, m.Key) {
			t.Errorf("line %d: %q is not known here", m.Line, m.Key)
		}
	}
}

// value evaluates an operand of an expression.
func (r *runner) value(x string) string {
	x = strings.TrimSpace(x)
	if literal, ok := strings.CutPrefix(x, "'"); ok {
		return strings.TrimSuffix(literal, "'")
	}
	if name, ok := strings.CutPrefix(x, "inputs."); ok {
		if v, known := r.inputs[name]; known {
			return v
		}
	}
	if m := regexp.MustCompile(`^steps\.(\w+)\.outputs\.(\w+)$`).FindStringSubmatch(x); m != nil {
		return r.outputs[m[1]+"."+m[2]]
	}
	if v, known := map[string]string{
		"github.action_path": r.root, "github.action_ref": "a/branch's", "github.token": "secret", "github.sha": "1234",
		"github.event.pull_request.number": r.event["number"], "runner.os": "Linux", "runner.temp": r.temp,
	}[x]; known {
		return v
	}
	r.t.Errorf("the expression %q is not known", x)
	return ""
}

func (r *runner) expand(text string) string {
	return expression.ReplaceAllStringFunc(text, func(m string) string { return r.value(expression.FindStringSubmatch(m)[1]) })
}

// holds evaluates the condition of a step.
func (r *runner) holds(n *yamlx.Node) bool {
	if n == nil {
		return true
	}
	for _, term := range strings.Split(expression.FindStringSubmatch(n.Text)[1], "&&") {
		term = strings.TrimSpace(term)
		if arg, ok := strings.CutPrefix(term, "contains(github.event.pull_request.labels.*.name,"); ok {
			if !slices.Contains(r.labels, r.value(strings.TrimSuffix(arg, ")"))) {
				return false
			}
		} else if a, b, ok := strings.Cut(term, "!="); ok {
			if r.value(a) == r.value(b) {
				return false
			}
		} else if a, b, ok := strings.Cut(term, "=="); !ok || r.value(a) != r.value(b) {
			return false
		}
	}
	return true
}

// run runs the steps until one fails.
func (r *runner) run() {
	r.t.Helper()
	for _, s := range r.steps {
		if !r.holds(s.Get("if")) {
			continue
		}
		if u := s.Get("uses"); u != nil {
			r.uses = append(r.uses, u.Text)
			continue
		}
		id := ""
		if n := s.Get("id"); n != nil {
			id = n.Text
		}
		if id == "build" && !r.builds {
			r.outputs["build.engine"] = "test"
			continue
		}
		if r.code = r.step(id, s); r.code != 0 {
			return
		}
	}
}

// step runs one script with the variables that a runner sets.
func (r *runner) step(id string, s *yamlx.Node) int {
	r.t.Helper()
	files := r.t.TempDir()
	at := func(name string) string { return filepath.Join(files, name) }
	for _, name := range []string{"outputs", "summary", "path", "script"} {
		text := ""
		if name == "script" {
			text = s.Get("run").Text
		}
		r.write(at(name), text)
	}
	c := exec.CommandContext(r.t.Context(), "bash", "--noprofile", "--norc", "-eo", "pipefail", at("script"))
	c.Dir = r.dir
	if d := s.Get("working-directory"); d != nil {
		c.Dir = filepath.Join(r.dir, r.expand(d.Text))
	}
	c.Env = []string{
		"PATH=" + r.path + string(os.PathListSeparator) + os.Getenv("PATH"), "HOME=" + r.temp, "GIT_CONFIG_NOSYSTEM=1", "CI=true", "GITHUB_ACTIONS=true",
		"RUNNER_TEMP=" + r.temp, "GITHUB_ACTION_PATH=" + r.root, "GITHUB_REPOSITORY=ada/events", "GITHUB_OUTPUT=" + at("outputs"),
		"GITHUB_STEP_SUMMARY=" + at("summary"), "GITHUB_PATH=" + at("path"), "GOCACHE=" + goEnv(r.t, "GOCACHE"), "GOMODCACHE=" + goEnv(r.t, "GOMODCACHE"),
		"GOFLAGS=-mod=mod", "GITHUB_REF=" + r.event["ref"],
	}
	for k, v := range r.env {
		c.Env = append(c.Env, k+"="+v)
	}
	if env := s.Get("env"); env != nil {
		for _, m := range env.Members {
			c.Env = append(c.Env, m.Key+"="+r.expand(m.Value.Text))
		}
	}
	out, err := c.CombinedOutput()
	r.log += string(out)
	for line := range strings.Lines(r.read(at("outputs"))) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		r.outputs[id+"."+name] = value
	}
	r.summary += r.read(at("summary"))
	if p := strings.TrimSpace(r.read(at("path"))); p != "" {
		r.path = p + string(os.PathListSeparator) + r.path
	}
	if err != nil && c.ProcessState == nil {
		r.t.Fatal(err)
	}
	return c.ProcessState.ExitCode()
}

func (r *runner) write(file, text string) {
	r.t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o700); err != nil { //nolint:gosec // scripts of a test
		r.t.Fatal(err)
	}
}

func (r *runner) read(file string) string {
	r.t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		r.t.Fatal(err)
	}
	return string(text)
}

func goEnv(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "env", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

func (r *runner) expect(what, text string, parts ...string) {
	r.t.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			r.t.Errorf("%s lacks %q:\n%s", what, p, text)
		}
	}
}
