package registry

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/instar-registry/instar/compat"
	"github.com/instar-registry/instar/schema"
)

// MatrixRequest asks which versions of a subject read the events of which.
type MatrixRequest struct {
	Name Name
	// Policy is empty for the one in force.
	Policy string
	// Versions are the ones that are asked for; none means all.
	Versions []VersionRange
	// Deleted adds soft-deleted versions.
	Deleted bool
}

// VersionRange are version numbers from First to Last. Where both are equal the
// version must be there; -1 is the newest live one. Of a longer range only what
// is there counts.
type VersionRange struct{ First, Last int }

// Matrix is the answer: Cells[i][k] says what version i, reading, makes of the
// events of version k.
type Matrix struct {
	Name     Name
	Policy   compat.Policy
	Versions []*Version
	Cells    [][]compat.Cell
	// Worst is the worst cell, Reader and Writer the versions of the first one
	// like it.
	Worst          compat.Cell
	Reader, Writer int
}

// Matrix answers for every pair of versions.
func (s *Service) Matrix(ctx context.Context, req MatrixRequest) (Matrix, error) {
	out := Matrix{Name: req.Name}
	var ask compat.MatrixRequest
	err := s.View(ctx, func(st *State) error {
		return s.withTexts(ctx, func(env *Env) error {
			d := &decider{st: st, env: env}
			var err error
			ask, err = d.matrix(&req, &out)
			return err
		})
	})
	if err != nil {
		return Matrix{}, err
	}
	ask.Memo = verdicts{s.shelf}
	if err := columns(ctx, &ask, &out); err != nil {
		return Matrix{}, err
	}
	for i, row := range out.Cells {
		for k, cell := range row {
			if out.Worst == "" || cell.Rank() > out.Worst.Rank() {
				out.Worst, out.Reader, out.Writer = cell, out.Versions[i].Number, out.Versions[k].Number
			}
		}
	}
	return out, nil
}

// matrix finds and parses the versions.
func (d *decider) matrix(req *MatrixRequest, out *Matrix) (compat.MatrixRequest, error) {
	eff := d.st.InForce(req.Name, d.env.Settings)
	policy, options, err := d.asked(&eff, req.Policy)
	if err != nil {
		return compat.MatrixRequest{}, err
	}
	out.Policy = policy
	if out.Versions, err = d.st.Subject(req.Name).chosen(req); err != nil {
		return compat.MatrixRequest{}, err
	}
	if n := len(out.Versions); n > compat.MaxMatrix {
		return compat.MatrixRequest{}, fail(OverLimit, "The matrix would have %d versions; the limit is %d: name some by versions=1-50,latest", n, compat.MaxMatrix)
	}
	parsed, errs, err := d.st.parsedAll(d.env, req.Name.Context, out.Versions)
	if err != nil {
		return compat.MatrixRequest{}, err
	}
	ask := compat.MatrixRequest{Policy: policy, Options: options}
	for i, v := range out.Versions {
		ask.Versions = append(ask.Versions, compatVersion(v, parsed[i], errs[i]))
	}
	return ask, nil
}

// asked is the policy that a caller names, or the one in force, with the options
// in force.
func (d *decider) asked(eff *Config, policy string) (compat.Policy, compat.Options, error) {
	if policy == "" {
		policy = eff.Policy
	}
	p, err := compat.ParsePolicy(policy)
	if err != nil {
		return 0, compat.Options{}, fail(InvalidLevel, "Invalid compatibility policy. Valid values are strict, lenient, exact, and declared").from(err)
	}
	options, err := eff.options(&d.env.Settings)
	return p, options, err
}

// chosen lists the versions that are asked for, ascending, each once.
func (s *Subject) chosen(req *MatrixRequest) ([]*Version, error) {
	if s == nil || s.Latest() == nil && !req.Deleted {
		return nil, subjectNotFound(req.Name)
	}
	want := map[int]bool{}
	for _, r := range req.Versions {
		if r.First != r.Last {
			continue
		}
		v := s.Version(r.First)
		if r.First == -1 {
			v = s.Latest()
		}
		if v == nil || v.Deleted && !req.Deleted {
			return nil, versionNotFound(r.First)
		}
		want[v.Number] = true
	}
	var out []*Version
	for i := range s.Versions {
		v := &s.Versions[i]
		inRange := slices.ContainsFunc(req.Versions, func(r VersionRange) bool { return r.First <= v.Number && v.Number <= r.Last })
		if want[v.Number] || (inRange || len(req.Versions) == 0) && (req.Deleted || !v.Deleted) {
			out = append(out, v)
		}
	}
	if len(out) == 0 {
		return nil, versionNotFound(req.Versions[0].First)
	}
	return out, nil
}

// columns fills the matrix in, as many writers at a time as there are processors.
// Each has its own goroutine, so that what is made for a writer is used for all
// its readers.
func columns(ctx context.Context, ask *compat.MatrixRequest, out *Matrix) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	n := len(ask.Versions)
	out.Cells = make([][]compat.Cell, n)
	for i := range out.Cells {
		out.Cells[i] = make([]compat.Cell, n)
	}
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		workers.Go(func() {
			defer func() {
				if r := recover(); r != nil {
					cancel(&schema.Bug{Where: "Matrix", Cause: fmt.Sprint(r)})
				}
			}()
			for {
				writer := int(next.Add(1)) - 1
				if writer >= n {
					return
				}
				column, err := ask.Column(ctx, writer)
				if err != nil {
					cancel(err)
					return
				}
				for reader, cell := range column {
					out.Cells[reader][writer] = cell
				}
			}
		})
	}
	workers.Wait()
	return context.Cause(ctx)
}
