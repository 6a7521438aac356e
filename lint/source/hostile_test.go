package source

import (
	"bytes"
	"encoding/hex"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/instar-registry/instar/lint"
)

// programKeys are the keys of a configuration by which a repository could make git
// start a program while it is read.
var programKeys = []string{
	"core.fsmonitor", "core.pager", "core.editor", "core.sshCommand", "core.askPass", "core.gitProxy", "core.alternateRefsCommand", "sequence.editor",
	"diff.external", "diff.bad.command", "diff.bad.textconv", "merge.bad.driver", "filter.bad.clean", "filter.bad.smudge", "filter.bad.process", "filter.b a.d.clean",
	"credential.helper", "credential.https://example.com.helper", "gpg.program", "gpg.ssh.program", "uploadpack.packObjectsHook",
	"remote.origin.uploadpack", "remote.origin.receivepack", "pager.ls-files", "pager.ls-tree", "pager.config", "pager.cat-file", "alias.ls-files", "alias.cat-file",
	"interactive.diffFilter", "trailer.x.command", "browser.x.cmd", "man.x.cmd", "difftool.x.cmd", "tar.tar.gz.command",
}

// trapped makes a repository whose files have filters, and of which one was
// touched and one edited, and a program that leaves a trace where it is started.
func trapped(t *testing.T) (dir, program string, git func(...string) string, started func() bool) {
	t.Helper()
	dir, git = repository(t, map[string]string{"a.avsc": `"int"`, "b.avsc": `"int"`, "c.avsc": `"int"`, ".gitattributes": "a.avsc filter=bad diff=bad merge=bad\nc.avsc filter=b\\ a.d\n"})
	away := t.TempDir()
	trap := filepath.Join(away, "started")
	program = filepath.Join(away, "program")
	if err := os.WriteFile(program, []byte("#!/bin/sh\ntouch "+trap+"\nexit 1\n"), 0o700); err != nil { //nolint:gosec // it must be able to run
		t.Fatal(err)
	}
	then := time.Now().Add(-time.Hour)
	for _, file := range []string{"a.avsc", "c.avsc"} { // the same content: git looks into them
		if err := os.Chtimes(filepath.Join(dir, file), then, then); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "b.avsc"), []byte(`"long"`), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir, program, git, func() bool { _, err := os.Stat(trap); return err == nil }
}

// readAll reads a repository in every way that there is.
func readAll(t *testing.T, o *Opener) {
	t.Helper()
	if err := o.Find(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"worktree", "staged", "git:main"} {
		head, err := o.Head(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := o.Bases(t.Context(), []string{"git:main"}); err != nil {
			t.Fatal(err)
		}
		for _, f := range head.Files() {
			if _, err := head.Read(t.Context(), f.Path); err != nil {
				t.Error(err)
			}
		}
	}
	if _, err := o.Line(t.Context(), "", nil); err != nil {
		t.Error(err)
	}
	if err := o.Close(); err != nil {
		t.Error(err)
	}
}

// TestNoProgramIsStarted: a repository whose configuration names programs, itself
// or by what it includes, starts none of them, and is not changed by being read.
func TestNoProgramIsStarted(t *testing.T) {
	for name, configure := range map[string]func(dir string, git func(...string) string, key, value string){
		"configuration": func(_ string, git func(...string) string, key, value string) { git("config", key, value) },
		"included": func(dir string, git func(...string) string, key, value string) {
			git("config", "-f", filepath.Join(dir, ".git", "more"), key, value)
			git("config", "include.path", "more")
		},
		"included if": func(dir string, git func(...string) string, key, value string) {
			git("config", "-f", filepath.Join(dir, ".git", "more"), key, value)
			git("config", "includeIf.gitdir:**.path", "more")
		},
		"of the working tree": func(_ string, git func(...string) string, key, value string) {
			git("config", "extensions.worktreeConfig", "true")
			git("config", "--worktree", key, value)
		},
		"of the user": func(_ string, git func(...string) string, key, value string) { git("config", "--global", key, value) },
	} {
		t.Run(name, func(t *testing.T) {
			dir, program, git, started := trapped(t)
			for _, key := range programKeys {
				configure(dir, git, key, program)
			}
			configure(dir, git, "filter.bad.required", "true")
			configure(dir, git, "core.hooksPath", filepath.Dir(program))
			configure(dir, git, "protocol.allow", "always")
			before := digest(t, filepath.Join(dir, ".git"))
			readAll(t, opener(dir, "GIT_SSH_COMMAND="+program, "GIT_EXTERNAL_DIFF="+program, "PAGER="+program, "GIT_PAGER="+program, "GIT_EDITOR="+program))
			if started() {
				t.Error("a program that the repository names was started")
			}
			if after := digest(t, filepath.Join(dir, ".git")); after != before {
				t.Error("reading changed the repository")
			}
			// The trap is one: git without our settings falls into it.
			alone := exec.Command("git", "ls-files", "-m")
			alone.Dir, alone.Env = dir, []string{"HOME=" + dir, "PATH=" + os.Getenv("PATH")}
			_ = alone.Run() // it fails, because the program does
			if !started() {
				t.Error("git alone started no program, so nothing was tested")
			}
		})
	}
}

// TestFilterThatStays: a filter whose name cannot be overruled is refused.
func TestFilterThatStays(t *testing.T) {
	dir, program, git, started := trapped(t)
	git("config", "filter.x=y.clean", program)
	if err := os.WriteFile(filepath.Join(dir, ".git", "info", "attributes"), []byte("a.avsc filter=x=y\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	o := opener(dir)
	if err := o.Find(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = o.Close() }()
	if _, err := o.Head(t.Context(), ""); err == nil || !strings.Contains(err.Error(), `names a filter "x=y", which cannot be switched off`) {
		t.Errorf("%v", err)
	}
	if started() {
		t.Error("the filter was started")
	}
}

// TestFetchStartsNoProgram: a remote that is a program, or that names one, is not
// started by a fetch; the configuration of the network is git's own matter.
func TestFetchStartsNoProgram(t *testing.T) {
	up, _ := repository(t, map[string]string{"a.avsc": `"int"`})
	for name, c := range map[string]struct {
		settings [][2]string
		want     string // in the refusal; none if empty
	}{
		"ext":          {[][2]string{{"remote.origin.url", "ext::PROGRAM"}}, "transport 'ext' not allowed"},
		"ext, allowed": {[][2]string{{"remote.origin.url", "ext::PROGRAM"}, {"protocol.ext.allow", "always"}, {"protocol.allow", "always"}}, "transport 'ext' not allowed"},
		"another name": {[][2]string{{"remote.origin.url", "x:y"}, {"url.ext::PROGRAM.insteadOf", "x:"}, {"protocol.ext.allow", "always"}}, "transport 'ext' not allowed"},
		"foreign":      {[][2]string{{"remote.origin.url", up}, {"remote.origin.vcs", "PROGRAM"}}, "not allowed"},
		"upload pack":  {[][2]string{{"remote.origin.url", up}, {"remote.origin.uploadpack", "PROGRAM"}}, ""},
		"pack objects": {[][2]string{{"remote.origin.url", up}, {"uploadpack.packObjectsHook", "PROGRAM"}}, ""},
		"hooks":        {[][2]string{{"remote.origin.url", up}, {"core.hooksPath", "HOOKS"}, {"gc.auto", "1"}}, ""},
		"file monitor": {[][2]string{{"remote.origin.url", up}, {"core.fsmonitor", "PROGRAM"}}, ""},
		"references":   {[][2]string{{"remote.origin.url", up}, {"core.alternateRefsCommand", "PROGRAM"}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir, program, git, started := trapped(t)
			hooks := t.TempDir()
			for _, hook := range []string{"pre-auto-gc", "reference-transaction", "post-index-change"} {
				if err := os.Symlink(program, filepath.Join(hooks, hook)); err != nil {
					t.Fatal(err)
				}
			}
			git("branch", "-m", "main", "mine")
			for _, s := range c.settings {
				fill := strings.NewReplacer("PROGRAM", program, "HOOKS", hooks)
				git("config", fill.Replace(s[0]), fill.Replace(s[1]))
			}
			o := opener(dir)
			o.Fetch = true
			if err := o.Find(t.Context()); err != nil {
				t.Fatal(err)
			}
			defer func() { _ = o.Close() }()
			if _, err := o.Head(t.Context(), "git:mine"); err != nil {
				t.Fatal(err)
			}
			_, err := o.Bases(t.Context(), []string{"git:main"})
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("%v, want %q", err, c.want)
			}
			if started() {
				t.Error("a program that the repository names was started")
			}
		})
	}
}

// TestWorkingTreeElsewhere: a repository does not say that the files to check are
// those of another directory; the caller may.
func TestWorkingTreeElsewhere(t *testing.T) {
	outer, _ := repository(t, map[string]string{"outer.avsc": `"int"`})
	inner, git := repository(t, map[string]string{"inner.avsc": `"int"`})
	dir := filepath.Join(outer, "sub", "handed-over")
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	git("config", "core.worktree", "../../..") // from its .git
	if err := os.Rename(inner, dir); err != nil {
		t.Fatal(err)
	}
	for _, from := range []string{dir, filepath.Join(dir, ".git", "..")} {
		err := opener(from).Find(t.Context())
		var in *lint.InputError
		if !errors.As(err, &in) || !strings.Contains(in.Error(), "handed-over sets core.worktree to ") || !strings.Contains(in.Error(), "set GIT_WORK_TREE to ") {
			t.Errorf("%v", err)
		}
	}
	o := opener(dir, "GIT_WORK_TREE="+filepath.Join(outer, "sub"))
	if err := o.Find(t.Context()); err != nil || filepath.Base(o.Root) != "sub" {
		t.Errorf("%q, %v", o.Root, err)
	}
	_ = o.Close()
	// A link to a repository is one, and a directory below it.
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(outer, link); err != nil {
		t.Fatal(err)
	}
	for _, from := range []string{link, filepath.Join(link, "sub")} {
		o := opener(from)
		if err := o.Find(t.Context()); err != nil || filepath.Base(o.Root) != filepath.Base(outer) {
			t.Errorf("%q, %v", o.Root, err)
		}
		_ = o.Close()
	}
}

// TestHostileTrees: commits whose trees git would never write. What leads out of
// the tree, or into a repository, is no schema, and reading it shows nothing.
func TestHostileTrees(t *testing.T) {
	dir, git := repository(t, map[string]string{"a.avsc": `"int"`})
	if err := os.WriteFile(filepath.Join(filepath.Dir(dir), "secret"), []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	write := func(kind string, body []byte) string {
		c := exec.Command("git", "hash-object", "-w", "-t", kind, "--literally", "--stdin")
		c.Dir, c.Stdin, c.Env = dir, bytes.NewReader(body), []string{"HOME=" + dir, "PATH=" + os.Getenv("PATH")}
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return strings.TrimSpace(string(out))
	}
	type item struct{ mode, name, id string }
	tree := func(items ...item) string {
		var b bytes.Buffer
		for _, i := range items {
			id, err := hex.DecodeString(i.id)
			if err != nil {
				t.Fatal(err)
			}
			b.WriteString(i.mode + " " + i.name + "\x00")
			b.Write(id)
		}
		return write("tree", b.Bytes())
	}
	blob, link := write("blob", []byte(`"int"`)), func(to string) string { return write("blob", []byte(to)) }
	file := tree(item{"100644", "x.avsc", blob})
	for name, c := range map[string]struct {
		tree string
		want []string // the files; those with ! have trouble, those with ? cannot be read
		fail string
	}{
		"up":             {tree(item{"40000", "..", file}), []string{"../x.avsc!"}, ""},
		"up, further":    {tree(item{"40000", "a", tree(item{"40000", "..", file})}), []string{"a/../x.avsc!"}, ""},
		"here":           {tree(item{"40000", ".", file}), []string{"./x.avsc!"}, ""},
		"absolute":       {tree(item{"100644", "/etc/x.avsc", blob}), []string{"/etc/x.avsc!"}, ""},
		"with a slash":   {tree(item{"100644", "a/../../x.avsc", blob}), []string{"a/../../x.avsc!"}, ""},
		"repository":     {tree(item{"40000", ".git", file}), []string{".git/x.avsc!"}, ""},
		"Repository":     {tree(item{"40000", "a", tree(item{"40000", ".GIT", file})}), []string{"a/.GIT/x.avsc!"}, ""},
		"twice":          {tree(item{"100644", "a.avsc", blob}, item{"100644", "a.avsc", link("{}")}), []string{"a.avsc!"}, ""},
		"file and tree":  {tree(item{"100644", "a", blob}, item{"40000", "a", file}), []string{"a", "a/x.avsc"}, ""},
		"link up":        {tree(item{"120000", "a.avsc", link("../secret")}), []string{"a.avsc?"}, ""},
		"link away":      {tree(item{"120000", "a.avsc", link(filepath.Join(filepath.Dir(dir), "secret"))}), []string{"a.avsc?"}, ""},
		"link in":        {tree(item{"120000", "a.avsc", link("b/x.avsc")}, item{"40000", "b", file}), []string{"a.avsc", "b/x.avsc"}, ""},
		"link to itself": {tree(item{"120000", "a.avsc", link("a.avsc")}), []string{"a.avsc?"}, ""},
		"links, round":   {tree(item{"120000", "a.avsc", link("b.avsc")}, item{"120000", "b.avsc", link("a.avsc")}), []string{"a.avsc?", "b.avsc?"}, ""},
		"submodule":      {tree(item{"160000", "m.avsc", blob}), nil, ""},
		"blob as tree":   {tree(item{"40000", "a", blob}), nil, "cannot be listed"},
		"tree as blob":   {tree(item{"100644", "a.avsc", file}), nil, "is a tree"},
		"no name":        {tree(item{"100644", "", blob}), nil, "cannot be listed"},
		"missing":        {tree(item{"40000", "a", strings.Repeat("12", 20)}), nil, "cannot be listed"},
	} {
		commit := git("commit-tree", "-m", "x", c.tree)
		test := func(t *testing.T, index bool) {
			o := opener(dir)
			if err := o.Find(t.Context()); err != nil {
				t.Fatal(err)
			}
			defer func() { _ = o.Close() }()
			if index {
				if _, err := o.Head(t.Context(), "staged"); err != nil || o.Repo.staged == nil {
					t.Fatalf("the index was not read: %v", err)
				}
			}
			var got []string
			head, err := o.Head(t.Context(), "git:"+commit)
			if err == nil {
				for _, f := range head.Files() {
					n := f.Path
					body, e := head.Read(t.Context(), f.Path)
					var bad *lint.FileError
					switch {
					case f.Trouble != "":
						n += "!"
					case errors.As(e, &bad) && !bad.Fatal:
						n += "?"
					case e != nil:
						err = e
					}
					if strings.Contains(string(body), "secret") {
						t.Errorf("%s shows a file outside", f.Path)
					}
					got = append(got, n)
				}
			}
			switch {
			case c.fail != "" && (err == nil || !strings.Contains(err.Error(), c.fail)):
				t.Errorf("%v, want %s", err, c.fail)
			case c.fail == "" && (err != nil || !slices.Equal(got, c.want)):
				t.Errorf("%q, %v, want %q", got, err, c.want)
			}
		}
		t.Run(name, func(t *testing.T) { test(t, false) })
		t.Run(name+", beside the index", func(t *testing.T) { test(t, true) })
	}
}

// TestPipesAreNotRead: a pipe under the name of a schema is an answer, not a wait.
func TestPipesAreNotRead(t *testing.T) {
	dir, _ := repository(t, map[string]string{"a.avsc": `"int"`})
	if err := errors.Join(os.Remove(filepath.Join(dir, "a.avsc")), syscall.Mkfifo(filepath.Join(dir, "a.avsc"), 0o600)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"worktree", "dir:."} {
		o := opener(dir)
		if err := o.Find(t.Context()); err != nil {
			t.Fatal(err)
		}
		head, err := o.Head(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := head.Read(t.Context(), "a.avsc"); err == nil || !strings.Contains(err.Error(), "not a regular file") {
			t.Errorf("%s: %v", name, err)
		}
		_ = o.Close()
	}
}
