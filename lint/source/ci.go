package source

import (
	"context"
	"encoding/json"
	"os"
	"slices"
	"strings"

	"github.com/instar-registry/instar/lint"
)

// env returns a variable of the caller's environment.
func (o *Opener) env(name string) string {
	for _, v := range slices.Backward(o.Environ) {
		if rest, ok := strings.CutPrefix(v, name+"="); ok {
			return rest
		}
	}
	return ""
}

// githubEvent is what GitHub tells about what started a run.
type githubEvent struct {
	PullRequest struct {
		Base struct{ SHA string }
	} `json:"pull_request"`
	MergeGroup struct {
		BaseSHA string `json:"base_sha"`
	} `json:"merge_group"`
	Before     string
	Repository struct {
		DefaultBranch string `json:"default_branch"`
	}
}

// maxEventBytes bounds the event file.
const maxEventBytes = 25 << 20

// InCI reports whether a CI system runs the program.
func (o *Opener) InCI() bool {
	return o.env("CI") != "" && o.env("CI") != "false" || o.env("TF_BUILD") != "" || o.env("JENKINS_URL") != ""
}

// ciBase is the base that a CI system names in its variables, or "".
func (o *Opener) ciBase() (string, error) {
	if file := o.env("GITHUB_EVENT_PATH"); file != "" {
		if base, err := o.githubBase(file); err != nil || base != "" {
			return base, err
		}
	}
	for _, name := range []string{
		"CI_MERGE_REQUEST_DIFF_BASE_SHA", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "CI_COMMIT_BEFORE_SHA",
		"SYSTEM_PULLREQUEST_TARGETBRANCH", "BITBUCKET_PR_DESTINATION_COMMIT", "BITBUCKET_PR_DESTINATION_BRANCH",
		"CHANGE_TARGET", "GIT_PREVIOUS_SUCCESSFUL_COMMIT", "BUILDKITE_PULL_REQUEST_BASE_BRANCH",
	} {
		v := strings.TrimPrefix(o.env(name), "refs/heads/")
		if v == "" || zero(v) {
			continue
		}
		if name == "CI_COMMIT_BEFORE_SHA" && o.env("CI_PIPELINE_SOURCE") == "schedule" {
			continue
		}
		return v, nil
	}
	return "", nil
}

// zero reports an id of zeros alone, which stands for a branch that is new.
func zero(id string) bool { return strings.Trim(id, "0") == "" }

func (o *Opener) githubBase(file string) (string, error) {
	info, err := os.Stat(file)
	if err != nil || info.Size() > maxEventBytes {
		return "", nil //nolint:nilerr // without the file there is the next variable
	}
	body, err := os.ReadFile(file) //nolint:gosec // the runner names it
	if err != nil {
		return "", nil //nolint:nilerr // see above
	}
	var e githubEvent
	if err := json.Unmarshal(body, &e); err != nil {
		return "", &lint.InputError{What: "GITHUB_EVENT_PATH names a file that is no event: " + err.Error()}
	}
	for _, sha := range []string{e.PullRequest.Base.SHA, e.MergeGroup.BaseSHA, e.Before} {
		if sha != "" && !zero(sha) {
			return sha, nil
		}
	}
	if zero(e.Before) && e.Before != "" {
		return e.Repository.DefaultBranch, nil
	}
	return "", nil
}

// BaseIsHead refuses, in CI, a base that is the very commit that is checked: such
// a run sees no change that is committed. A working tree may be compared with the
// commit it was made from where the base is called HEAD, which nobody does by
// mistake: then uncommitted is true, and it is left to tell whether the tree holds
// changes.
func (o *Opener) BaseIsHead(head lint.Tree, bases []lint.Base) (uncommitted bool, err error) {
	snap := head.Snap()
	worktree := snap.Name == "worktree"
	if !o.InCI() || o.headCommit == "" || !worktree && snap.Commit == "" {
		return false, nil
	}
	byName := worktree
	for _, b := range bases {
		if b.Tree == nil || b.Tree.Snap().Commit != o.headCommit {
			return false, nil
		}
		byName = byName && namesHead(b.Tree.Snap().Name)
	}
	if byName {
		return true, nil
	}
	hint := "name the commit before the change: --against git:REF"
	if worktree {
		hint += "; to compare only what is not committed, --against git:HEAD"
	}
	return false, &lint.InputError{
		Rule: lint.RuleBaseIsHead, What: "the base is the commit that is checked, " + short(o.headCommit) + ", so every change that is committed would be missed", Hint: hint,
	}
}

// namesHead reports whether the name of a snapshot says HEAD.
func namesHead(name string) bool {
	ref := strings.TrimPrefix(name, "git:")
	return ref == "HEAD" || ref == "@"
}

func short(id string) string { return id[:min(len(id), 12)] }

// defaultBases are the bases where nothing names any.
func (o *Opener) defaultBases(ctx context.Context) ([]string, error) {
	if o.Repo == nil {
		return nil, &lint.InputError{
			Rule: "evcheck/nothing-compared", What: "there is no base: this is not a git repository and none was named", Hint: "name one: --against dir:PATH",
		}
	}
	base, err := o.ciBase()
	if err != nil {
		return nil, err
	}
	if base == "" {
		if base, err = o.Repo.DefaultBase(ctx); err != nil {
			return nil, err
		}
	}
	return []string{"git:" + base}, nil
}
