package source

import (
	"context"
	"errors"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/instar-registry/instar/lint"
)

// Point is a commit that a name stands for.
type Point struct {
	// Commit is the full id; empty for a branch without commits.
	Commit string
	// Ref is the name that led to it, such as origin/main for main.
	Ref string
	// Notes say how it was chosen, where that may surprise.
	Notes []string
	// Time is when it was committed, where a history lists it.
	Time time.Time
}

// Resolve finds the commit of a name: a local branch, tag or id, else a branch
// of origin, else of the only remote that has it.
func (r *Repository) Resolve(ctx context.Context, name string) (Point, error) {
	if strings.HasPrefix(name, "-") || name == "" {
		return Point{}, &lint.InputError{What: "\"" + name + "\" is no git reference"}
	}
	for _, try := range []string{name, "refs/remotes/origin/" + name} {
		if id, err := r.verify(ctx, try); err != nil || id != "" {
			return Point{Commit: id, Ref: strings.TrimPrefix(try, "refs/remotes/")}, err
		}
	}
	out, err := r.git.run(ctx, "for-each-ref", "--format=%(objectname) %(refname)", "refs/remotes")
	if err != nil {
		return Point{}, err
	}
	var found []Point
	for line := range strings.Lines(string(out)) {
		id, ref, _ := strings.Cut(strings.TrimSpace(line), " ")
		ref = strings.TrimPrefix(ref, "refs/remotes/")
		if _, branch, ok := strings.Cut(ref, "/"); ok && branch == name {
			found = append(found, Point{Commit: id, Ref: ref})
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return Point{}, &lint.InputError{What: "several remotes have a branch " + name, Hint: "name one: git:" + found[0].Ref}
	}
	return Point{}, &lint.InputError{What: "there is no commit " + name + " in this clone", Hint: r.fetchLine(name)}
}

// fetchLine is the command that brings a base into the clone.
func (r *Repository) fetchLine(name string) string {
	name = strings.TrimPrefix(strings.TrimPrefix(name, "refs/remotes/"), "origin/")
	depth := ""
	if r.Shallow {
		depth = "--depth=1 "
	}
	if hexID(name) {
		return "run: git fetch " + depth + "origin " + name
	}
	return "run: git fetch " + depth + "origin +refs/heads/" + name + ":refs/remotes/origin/" + name
}

func hexID(s string) bool {
	return (len(s) == 40 || len(s) == 64) && strings.Trim(s, "0123456789abcdef") == ""
}

// verify returns the id of the commit that a revision names, or "".
func (r *Repository) verify(ctx context.Context, revision string) (string, error) {
	if id, known := r.commits[revision]; known {
		return id, nil
	}
	id, err := r.ask(ctx, revision)
	if err == nil {
		if r.commits == nil {
			r.commits = map[string]string{}
		}
		r.commits[revision] = id
	}
	return id, err
}

// plainRevision are names that are one word to every part of git.
var plainRevision = regexp.MustCompile(`^[A-Za-z0-9._/@^~+-]+$`)

func (r *Repository) ask(ctx context.Context, revision string) (string, error) {
	if plainRevision.MatchString(revision) {
		got, err := r.objects.exchange(ctx, revision+"^{commit}")
		if _, missing := err.(*objectError); missing { //nolint:errorlint // never wrapped
			return "", nil
		}
		return got.id, err
	}
	id, err := r.git.line(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", revision+"^{commit}")
	var failed *gitError
	if errors.As(err, &failed) {
		return "", nil
	}
	id = strings.TrimPrefix(id, "--end-of-options\n") // git before 2.30 prints it
	return id, err
}

// Head returns the commit that is checked out; empty before the first one.
func (r *Repository) Head(ctx context.Context) (string, error) { return r.verify(ctx, "HEAD") }

// Base returns the point that head is compared with: where it left the base, so
// that what came to the base since is not blamed on it. exact takes the tip.
func (r *Repository) Base(ctx context.Context, name, head string, exact bool) (Point, error) {
	p, err := r.Resolve(ctx, name)
	if err != nil {
		if none, e := r.empty(ctx); e == nil && none {
			return Point{Ref: name, Notes: []string{"there is no commit yet, so every subject is a first version"}}, nil
		}
		return p, err
	}
	if exact {
		return p, nil
	}
	if head == "" {
		p.Notes = append(p.Notes, "nothing is committed on this branch yet, so the tip is used")
		return p, nil
	}
	if head == p.Commit {
		return p, nil
	}
	base, err := r.git.line(ctx, "merge-base", head, p.Commit)
	var failed *gitError
	switch {
	case errors.As(err, &failed):
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != 1 {
			return p, err
		}
		why := "the histories have no common commit"
		if r.Shallow {
			why = "the clone is shallow and does not reach the merge base"
		}
		p.Notes = append(p.Notes, why+", so the tip is used")
	case err != nil:
		return p, err
	default:
		p.Commit = base
	}
	return p, nil
}

// empty reports whether the repository has no commit that a name leads to.
func (r *Repository) empty(ctx context.Context) (bool, error) {
	out, err := r.git.line(ctx, "for-each-ref", "--count=1")
	if err != nil || out != "" {
		return false, err
	}
	head, err := r.Head(ctx)
	return head == "", err
}

// DefaultBase is the base where none is given: the default branch of origin, or
// the branch that is usually it.
func (r *Repository) DefaultBase(ctx context.Context) (string, error) {
	for _, name := range []string{"origin/HEAD", "origin/main", "origin/master", "main", "master"} {
		id, err := r.verify(ctx, name)
		if err != nil || id != "" {
			return name, err
		}
	}
	if none, err := r.empty(ctx); err != nil || none {
		return "HEAD", err
	}
	return "", &lint.InputError{What: "no base to compare with was found", Hint: "name one: --against git:BRANCH"}
}

// FirstParents lists the commits of the first-parent history of a commit, oldest
// first: those after a reference or day, and the one before them, that touch the
// paths.
func (r *Repository) FirstParents(ctx context.Context, head, since string, paths []string) ([]Point, error) {
	args := []string{"rev-list", "--first-parent", "--timestamp", "--reverse"}
	before := ""
	if day, err := time.Parse(time.DateOnly, since); err == nil {
		args = append(args, "--since="+day.Format(time.RFC3339))
	} else if since != "" {
		p, err := r.Resolve(ctx, since)
		if err != nil {
			return nil, err
		}
		before = p.Commit
		args = append(args, "^"+before)
	}
	args = append(args, head, "--")
	out, err := r.git.run(ctx, append(args, paths...)...)
	if err != nil {
		return nil, err
	}
	var list []Point
	if before != "" {
		list = append(list, Point{Commit: before})
	}
	for line := range strings.Lines(string(out)) {
		at, id, _ := strings.Cut(strings.TrimSpace(line), " ")
		seconds, err := strconv.ParseInt(at, 10, 64)
		if err != nil {
			return nil, &lint.InputError{What: "git rev-list answers " + strings.TrimSpace(line)}
		}
		list = append(list, Point{Commit: id, Time: time.Unix(seconds, 0)})
	}
	return list, nil
}
