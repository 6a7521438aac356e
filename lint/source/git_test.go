package source

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/instar-registry/instar/lint"
)

// repository makes a repository with one commit and returns its directory.
func repository(t *testing.T, files map[string]string) (string, func(args ...string) string) {
	t.Helper()
	dir := t.TempDir()
	git := func(args ...string) string {
		t.Helper()
		c := exec.Command("git", args...)
		c.Dir = dir
		c.Env = []string{
			"HOME=" + dir, "PATH=" + os.Getenv("PATH"), "GIT_CONFIG_NOSYSTEM=1", "GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.com",
			"GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.com",
		}
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
		}
		return strings.TrimSpace(string(out))
	}
	git("init", "-q", "-b", "main")
	for name, text := range files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	git("add", "-A")
	git("commit", "-q", "-m", "one")
	return dir, git
}

func opener(dir string, environ ...string) *Opener {
	return &Opener{Dir: dir, Environ: append([]string{"HOME=" + dir, "PATH=" + os.Getenv("PATH"), "GIT_CONFIG_NOSYSTEM=1"}, environ...)}
}

func TestAnotherUsersRepositoryIsRefused(t *testing.T) {
	dir, _ := repository(t, map[string]string{"a.avsc": `"int"`})
	g := &Git{Dir: dir, Environ: []string{"HOME=" + t.TempDir(), "PATH=" + os.Getenv("PATH")}}
	g.Command = func(ctx context.Context, name string, args ...string) *exec.Cmd {
		return exec.CommandContext(ctx, "env", append([]string{"GIT_TEST_ASSUME_DIFFERENT_OWNER=1", name}, args...)...)
	}
	_, err := g.Open(t.Context())
	var in *lint.InputError
	if !errors.As(err, &in) || !strings.Contains(in.Error(), "belongs to another user; if you trust it: git config --global --add safe.directory "+dir) {
		t.Errorf("%v", err)
	}
}

// digest sums up every file below a directory.
func digest(t *testing.T, dir string) string {
	t.Helper()
	h := sha256.New()
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := os.ReadFile(p)
		h.Write([]byte(p + "\x00"))
		h.Write(body)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func TestWorktreeKnowsWhatChanged(t *testing.T) {
	dir, git := repository(t, map[string]string{"same.avsc": `"int"`, "sub/edited.avsc": `"int"`, "gone.avsc": `"int"`})
	for name, text := range map[string]string{"sub/edited.avsc": `"long"`, "new.avsc": `"int"`} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(filepath.Join(dir, "gone.avsc")); err != nil {
		t.Fatal(err)
	}
	o := opener(filepath.Join(dir, "sub")) // lists are whole wherever one stands
	if err := o.Find(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = o.Close() }()
	head, err := o.Head(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range head.Files() {
		got = append(got, f.Path+" "+f.ID)
	}
	want := []string{"new.avsc ", "same.avsc " + git("rev-parse", "main:same.avsc"), "sub/edited.avsc "}
	if !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
	body, err := head.Read(t.Context(), "sub/edited.avsc")
	if err != nil || string(body) != `"long"` {
		t.Errorf("%q, %v", body, err)
	}
	if id := lint.ContentID([]byte(`"int"`), 40); id != git("rev-parse", "main:same.avsc") {
		t.Errorf("the content is called %s", id)
	}
	if _, err := head.Read(t.Context(), "../outside"); err == nil {
		t.Error("a file outside of the tree was read")
	}
}

func TestBasesOfCI(t *testing.T) {
	dir, git := repository(t, map[string]string{"a.avsc": `"int"`})
	first := git("rev-parse", "HEAD")
	git("branch", "target")
	git("commit", "-q", "--allow-empty", "-m", "two")
	event := func(text string) string {
		file := filepath.Join(t.TempDir(), "event.json")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return "GITHUB_EVENT_PATH=" + file
	}
	zeros := strings.Repeat("0", 40)
	for name, c := range map[string]struct {
		environ []string
		want    string // the base, or the refusal
	}{
		"github pull request":    {[]string{event(`{"pull_request":{"base":{"sha":"` + first + `"}}}`)}, first},
		"github merge queue":     {[]string{event(`{"merge_group":{"base_sha":"` + first + `"}}`)}, first},
		"github push":            {[]string{event(`{"before":"` + first + `"}`)}, first},
		"github new branch":      {[]string{event(`{"before":"` + zeros + `","repository":{"default_branch":"target"}}`)}, first},
		"github broken event":    {[]string{event(`{`)}, "GITHUB_EVENT_PATH names a file that is no event"},
		"gitlab merge request":   {[]string{"CI_MERGE_REQUEST_DIFF_BASE_SHA=" + first}, first},
		"gitlab target branch":   {[]string{"CI_MERGE_REQUEST_TARGET_BRANCH_NAME=target"}, first},
		"gitlab push":            {[]string{"CI_COMMIT_BEFORE_SHA=" + first}, first},
		"gitlab new branch":      {[]string{"CI_COMMIT_BEFORE_SHA=" + zeros, "CHANGE_TARGET=target"}, first},
		"azure":                  {[]string{"SYSTEM_PULLREQUEST_TARGETBRANCH=refs/heads/target"}, first},
		"bitbucket commit":       {[]string{"BITBUCKET_PR_DESTINATION_COMMIT=" + first}, first},
		"bitbucket branch":       {[]string{"BITBUCKET_PR_DESTINATION_BRANCH=target"}, first},
		"jenkins":                {[]string{"CHANGE_TARGET=target"}, first},
		"jenkins last success":   {[]string{"GIT_PREVIOUS_SUCCESSFUL_COMMIT=" + first}, first},
		"buildkite":              {[]string{"BUILDKITE_PULL_REQUEST_BASE_BRANCH=target"}, first},
		"nothing said, no CI":    {nil, git("rev-parse", "HEAD")},
		"base is head":           {[]string{"CI=true", "CHANGE_TARGET=main"}, "evcheck/base-is-head"},
		"nothing said, in CI":    {[]string{"CI=true"}, "evcheck/base-is-head"},
		"a base that is missing": {[]string{"CHANGE_TARGET=gone"}, "run: git fetch origin +refs/heads/gone:refs/remotes/origin/gone"},
	} {
		t.Run(name, func(t *testing.T) {
			o := opener(dir, c.environ...)
			defer func() { _ = o.Close() }()
			err := o.Find(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			head, err := o.Head(t.Context(), "")
			if err != nil {
				t.Fatal(err)
			}
			bases, err := o.Bases(t.Context(), nil)
			if err == nil {
				_, err = o.BaseIsHead(head, bases)
			}
			switch {
			case err != nil && !strings.Contains(err.Error(), c.want):
				t.Errorf("%v, want %s", err, c.want)
			case err == nil && bases[0].Tree.Snap().Commit != c.want:
				t.Errorf("compared with %s, want %s", bases[0].Tree.Snap().Commit, c.want)
			}
		})
	}
}
