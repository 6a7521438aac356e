package source

import (
	"context"
	"path"
	"slices"
	"strings"

	"github.com/instar-registry/instar/lint"
)

// Earlier opens the snapshots of a history before a base, newest first.
func (o *Opener) Earlier(base string) func(context.Context, lint.History) ([]lint.Tree, error) {
	return func(ctx context.Context, h lint.History) ([]lint.Tree, error) {
		points, err := o.points(ctx, base, h)
		if err != nil {
			return nil, err
		}
		var out []lint.Tree
		for _, p := range points {
			t, err := o.keep(o.Repo.Commit(ctx, lint.Snap{Name: "git:" + p.Ref, Commit: p.Commit}, ""))
			if err != nil {
				return nil, err
			}
			out = append(out, t)
		}
		return out, nil
	}
}

// Line lists the first-parent history of the head, oldest first; see
// [Repository.FirstParents].
func (o *Opener) Line(ctx context.Context, since string, paths []string) ([]Point, error) {
	switch {
	case o.Repo == nil:
		return nil, &lint.InputError{What: "this is not a git repository, so there is no history"}
	case o.headCommit == "":
		return nil, &lint.InputError{What: "nothing is committed yet, so there is no history"}
	}
	return o.Repo.FirstParents(ctx, o.headCommit, since, paths)
}

// At opens a commit of a history. The caller closes it.
func (o *Opener) At(ctx context.Context, p Point) (lint.Tree, error) {
	return o.Repo.Commit(ctx, lint.Snap{Name: "git:" + short(p.Commit), Commit: p.Commit}, "")
}

// mostBefore is how far back a text that parses is looked for.
const mostBefore = 50

// points lists the commits of a history that the base contains, newest first.
func (o *Opener) points(ctx context.Context, base string, h lint.History) ([]Point, error) {
	if h.Kind == lint.HistoryFirstParent {
		if o.Repo.Shallow {
			return nil, &lint.InputError{What: "history: first-parent needs the whole history, and the clone is shallow", Hint: "run: git fetch --unshallow"}
		}
		var paths []string
		if h.Path != "" {
			paths = []string{h.Path}
		}
		list, err := o.Repo.FirstParents(ctx, base, "", paths)
		if err != nil {
			return nil, err
		}
		slices.Reverse(list)
		if h.Path != "" {
			list = list[:min(len(list), mostBefore)]
		}
		list = list[min(1, len(list)):]
		for i := range list {
			list[i].Ref = short(list[i].Commit)
		}
		return list, nil
	}
	out, err := o.Repo.git.run(ctx, "for-each-ref", "--format=%(objectname) %(*objectname) %(refname)", "--merged="+base, "--sort=-version:refname", "refs/tags")
	if err != nil {
		return nil, err
	}
	var points []Point
	for line := range strings.Lines(string(out)) {
		parts := strings.Split(strings.TrimSpace(line), " ")
		if len(parts) != 3 {
			continue
		}
		name := strings.TrimPrefix(parts[2], "refs/tags/")
		if ok, err := path.Match(h.Tags, name); err != nil || !ok {
			continue
		}
		id := parts[1] // of an annotated tag
		if id == "" {
			id = parts[0]
		}
		points = append(points, Point{Commit: id, Ref: name})
	}
	if len(points) == 0 && o.Repo.Shallow {
		return nil, &lint.InputError{What: "no tag matches " + h.Tags + " in this shallow clone", Hint: "run: git fetch --tags --unshallow"}
	}
	return points, nil
}
