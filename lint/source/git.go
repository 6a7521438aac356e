package source

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/instar-registry/instar/lint"
)

// Git runs the git binary, which alone reads every kind of repository: reftable,
// SHA-256, alternates, partial clones, linked worktrees. Nothing is written: no
// ref, index or file, and no program but git itself is started.
type Git struct {
	// Dir is where git starts to look for the repository.
	Dir string
	// Environ is the environment of the caller, of which git is given a part.
	Environ []string
	// Command makes a process; nil is exec.CommandContext. Tests count with it.
	Command func(ctx context.Context, name string, args ...string) *exec.Cmd

	start  string // where the caller is
	online bool   // this run may reach the network
}

// inherited are the variables that git is given: where the repository lies, as
// hooks say it, and where its configuration is.
var inherited = []string{
	"GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES",
	"GIT_QUARANTINE_PATH", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_CEILING_DIRECTORIES",
	"HOME", "XDG_CONFIG_HOME", "USERPROFILE", "PATH", "SYSTEMROOT", "TMPDIR",
}

// places are those of them that are paths.
var places = []string{"GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY"}

// programs are the configuration keys that make git start something.
var programs = []string{
	"core.fsmonitor=false", "core.hooksPath=/dev/null", "core.pager=cat", "core.sshCommand=false", "core.askPass=true",
	"core.alternateRefsCommand=", "core.gitProxy=", "credential.helper=", "diff.external=", "gpg.program=false",
	"uploadpack.packObjectsHook=", "protocol.allow=never", "gc.auto=0", "maintenance.auto=false",
}

// environment is what git is given. No network, no question, English messages,
// which are read below.
func (g *Git) environment() []string {
	env := []string{
		"LC_ALL=C", "GIT_TERMINAL_PROMPT=0", "GIT_NO_LAZY_FETCH=1", "GIT_OPTIONAL_LOCKS=0", "GIT_LITERAL_PATHSPECS=1",
		"GIT_NO_REPLACE_OBJECTS=1", "GIT_PAGER=cat", "GIT_EDITOR=true", "GIT_ATTR_NOSYSTEM=1",
	}
	if g.online {
		env = append(env, "GIT_ALLOW_PROTOCOL=file:git:http:https:ssh") // not ext, which is any program
	} else {
		env = append(env, "GIT_ALLOW_PROTOCOL=none", "GIT_ASKPASS=true")
	}
	for _, v := range g.Environ {
		name, value, ok := strings.Cut(v, "=")
		if !ok || !slices.Contains(inherited, name) && !(g.online && slices.Contains(online, name)) {
			continue
		}
		// Hooks name the repository from where they are started, which need not be
		// where git runs.
		if slices.Contains(places, name) && value != "" && !filepath.IsAbs(value) {
			v = name + "=" + filepath.Join(g.start, value)
		}
		env = append(env, v)
	}
	return env
}

// command prepares a run of git.
func (g *Git) command(ctx context.Context, args ...string) *exec.Cmd {
	var all []string
	for _, p := range programs {
		if !g.online || !slices.Contains(network, p) {
			all = append(all, "-c", p)
		}
	}
	run := g.Command
	if run == nil {
		run = exec.CommandContext
	}
	c := run(ctx, "git", append(all, args...)...)
	c.Dir, c.Env = g.Dir, g.environment()
	return c
}

// gitError is a run of git that ended badly.
type gitError struct {
	args   []string
	stderr string
	err    error
}

func (e *gitError) Error() string {
	text := strings.TrimSpace(e.stderr)
	if text == "" {
		text = e.err.Error()
	}
	return fmt.Sprintf("git %s: %s", strings.Join(e.args, " "), text)
}

func (e *gitError) Unwrap() error { return e.err }

// run runs git to its end and returns what it prints.
func (g *Git) run(ctx context.Context, args ...string) ([]byte, error) {
	c := g.command(ctx, args...)
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	err := c.Run()
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, exec.ErrNotFound):
		return nil, &lint.InputError{What: "there is no git program", Hint: "install git 2.25 or newer, or compare directories with --against dir:PATH --head dir:PATH"}
	case err != nil:
		return nil, g.explain(&gitError{args: args, stderr: errs.String(), err: err})
	}
	return out.Bytes(), nil
}

// explain turns what git refuses for a reason of its own into that reason.
func (g *Git) explain(e *gitError) error {
	if strings.Contains(e.stderr, "detected dubious ownership") || strings.Contains(e.stderr, "safe.directory") {
		_, fix, _ := strings.Cut(e.stderr, "call:")
		fix = strings.TrimSpace(fix)
		if fix == "" {
			fix = "git config --global --add safe.directory <the repository>"
		}
		return &lint.InputError{What: "git refuses a repository that belongs to another user", Hint: "if you trust it: " + fix}
	}
	return e
}

// line runs git and returns the one line that it prints.
func (g *Git) line(ctx context.Context, args ...string) (string, error) {
	out, err := g.run(ctx, args...)
	return strings.TrimRight(string(out), "\n"), err
}

// Repository is a git repository that was found.
type Repository struct {
	git *Git
	// Root is the top of the working tree, empty if there is none.
	Root string
	// Digits is the number of hex digits of an object id.
	Digits  int
	Shallow bool

	commits map[string]string // by revision: within one run a name means one commit
	objects *objects          // of every tree of the repository
	staged  *staged           // nil until it was read
}

// Close ends the process that reads objects.
func (r *Repository) Close() error { return r.objects.stop() }

// Open finds the repository around the directory. It returns nil, and no error,
// where there is none.
func (g *Git) Open(ctx context.Context) (*Repository, error) {
	g.start = g.Dir
	questions := []string{"rev-parse", "--is-inside-work-tree", "--is-shallow-repository", "--show-object-format"}
	out, err := g.run(ctx, append(questions, "--show-toplevel")...)
	var failed *gitError
	if errors.As(err, &failed) && strings.Contains(failed.stderr, "must be run in a work tree") {
		out, err = g.run(ctx, questions...) // a bare repository
	}
	if err != nil {
		if errors.As(err, &failed) && strings.Contains(failed.stderr, "not a git repository") {
			return nil, nil //nolint:nilnil // documented
		}
		return nil, err
	}
	facts := strings.SplitN(strings.TrimSuffix(string(out), "\n"), "\n", 4) // a directory's name may hold more of them
	if len(facts) < 3 {
		return nil, &lint.InputError{What: "the git program is too old", Hint: "evcheck needs git 2.25 or newer"}
	}
	r := &Repository{git: g, Shallow: facts[1] == "true", Digits: 40, objects: &objects{git: g}}
	if facts[2] == "sha256" {
		r.Digits = 64
	}
	if facts[0] != "true" || len(facts) < 4 {
		return r, nil
	}
	r.Root = facts[3]
	if err := g.moved(r.Root); err != nil {
		return nil, err
	}
	top := *g
	top.Dir = r.Root // where lists are whole
	r.git = &top
	r.objects.git = &top
	return r, nil
}

// moved refuses a working tree that lies elsewhere because the configuration of
// the repository says so: with a repository that somebody handed over, that would
// be any directory of the machine. The caller's own variables may say so.
func (g *Git) moved(root string) error {
	for _, v := range g.Environ {
		if strings.HasPrefix(v, "GIT_DIR=") || strings.HasPrefix(v, "GIT_WORK_TREE=") {
			return nil
		}
	}
	start, err := filepath.EvalSymlinks(g.start)
	if err != nil {
		return &lint.InputError{What: err.Error()}
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		if _, err := os.Lstat(filepath.Join(dir, ".git")); err != nil {
			if dir == filepath.Dir(dir) {
				return nil // git found it by other means
			}
			continue
		}
		a, errA := os.Stat(dir)
		b, errB := os.Stat(root)
		if errA == nil && errB == nil && os.SameFile(a, b) {
			return nil
		}
		return &lint.InputError{
			What: "the configuration of the repository in " + dir + " sets core.worktree to " + root + ", so other files than those beside it would be checked",
			Hint: "if you mean those: set GIT_WORK_TREE to " + root,
		}
	}
}
