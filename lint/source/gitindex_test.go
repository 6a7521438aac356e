package source

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/instar-registry/instar/lint"
)

// TestListedLikeGit: a commit is listed by the index as git lists it, whatever
// differs, in both kinds of repository, and git is not asked unless much does.
func TestListedLikeGit(t *testing.T) {
	for _, format := range []string{"sha1", "sha256"} {
		t.Run(format, func(t *testing.T) {
			random := rand.New(rand.NewPCG(1, uint64(len(format))))
			dir, git := repository(t, map[string]string{"a.avsc": `"int"`})
			if format == "sha256" {
				if err := os.RemoveAll(filepath.Join(dir, ".git")); err != nil {
					t.Fatal(err)
				}
				git("init", "-q", "-b", "main", "--object-format=sha256")
			}
			write := func(name, text string) {
				file := filepath.Join(dir, name)
				if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			for i := range 120 { // names on either side of the slash in order
				write(fmt.Sprintf("d%d/%s/x%d.avsc", i%9, []string{"s", "s.t", "s-t", "s0"}[i%4], i), fmt.Sprint(i))
			}
			write("d1.avsc", "1")
			write("d1/s.avsc", "1")
			if err := os.Symlink("a.avsc", filepath.Join(dir, "link.avsc")); err != nil {
				t.Fatal(err)
			}
			git("add", "-A")
			git("update-index", "--add", "--cacheinfo", "160000,"+git("hash-object", "-w", "a.avsc")+",d2/module")
			git("update-index", "--chmod=+x", "d3/s-t/x30.avsc")
			commits := []string{git("commit-tree", "-m", "0", git("write-tree"))}
			for i := range 6 { // each a few edits further
				for range 3 {
					files := strings.Split(git("ls-files"), "\n")
					name := files[random.IntN(len(files))]
					switch {
					case name == "d2/module" || random.IntN(3) == 0:
						write(fmt.Sprintf("d%d/new/%d.avsc", random.IntN(12), i), "new")
					case random.IntN(3) == 0:
						git("rm", "-q", "--cached", name)
					default:
						write(name, fmt.Sprint("edit ", i))
					}
				}
				git("add", "-A", "--", ":!d2/module")
				commits = append(commits, git("commit-tree", "-m", fmt.Sprint(i), git("write-tree")))
			}
			write("d4/intended.avsc", "1")
			git("add", "-N", "d4/intended.avsc")
			var asked []string
			g := &Git{Dir: dir, Environ: []string{"HOME=" + dir, "PATH=" + os.Getenv("PATH"), "GIT_CONFIG_NOSYSTEM=1"}}
			g.Command = func(ctx context.Context, name string, args ...string) *exec.Cmd {
				asked = append(asked, strings.Join(args, " "))
				return exec.CommandContext(ctx, name, args...)
			}
			r, err := g.Open(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = r.Close() }()
			head, err := r.Worktree(t.Context())
			if err != nil || r.staged == nil {
				t.Fatalf("%v, the index is %v", err, r.staged)
			}
			defer func() { _ = head.Close() }()
			list := func(commit string) *gitTree {
				tree, err := r.Commit(t.Context(), lint.Snap{Name: "base", Commit: commit}, "")
				if err != nil {
					t.Fatal(err)
				}
				return tree.(*gitTree)
			}
			index := r.staged
			for i, commit := range commits {
				asked = nil
				got := list(commit)
				if slices.ContainsFunc(asked, func(c string) bool { return strings.Contains(c, "ls-tree") }) {
					t.Errorf("commit %d: git was asked", i)
				}
				r.staged = nil
				want := list(commit)
				r.staged = index
				if !reflect.DeepEqual(got.files, want.files) || !reflect.DeepEqual(got.entries, want.entries) || !reflect.DeepEqual(got.snap, want.snap) {
					t.Errorf("commit %d: %+v, git says %+v", i, got.files, want.files)
				}
				if want := git("rev-parse", commits[len(commits)-1]+":d5"); i == 0 && index.dirs["d5/"].id != want {
					t.Errorf("d5 is called %s, git says %s", index.dirs["d5/"].id, want)
				}
			}
			// Of much that differs git makes the list.
			for i := range maxTreeReads {
				write(fmt.Sprintf("many/%d/x.avsc", i), "1")
			}
			git("add", "many")
			many := git("commit-tree", "-m", "many", git("write-tree", "--missing-ok"))
			asked = nil
			if n := len(list(many).files); n < maxTreeReads || !slices.ContainsFunc(asked, func(c string) bool { return strings.Contains(c, "ls-tree") }) {
				t.Errorf("%d files, after %q", n, asked)
			}
		})
	}
}
