package registry

import (
	"context"

	"github.com/instar-registry/instar/compat"
	"github.com/instar-registry/instar/schema"
)

// DiffRequest asks what lies between two schemas. Scope is the subject whose
// configuration says what its events are like; Own goes before it.
type DiffRequest struct {
	Scope    Name
	Old, New schema.Parsed
	// OldVersion is the number of the old schema if it is a version.
	OldVersion int
	Own        Config
}

// Diff lists the changes between two schemas.
func (s *Service) Diff(ctx context.Context, req DiffRequest) (compat.Delta, error) {
	if err := checkEncodings(&req.Own); err != nil {
		return compat.Delta{}, err
	}
	if err := checkEventMessages(req.Own.EventMessages); err != nil {
		return compat.Delta{}, err
	}
	var options compat.Options
	err := s.View(ctx, func(st *State) error {
		eff := st.InForce(req.Scope, s.opt.Settings)
		overlay(&eff, &req.Own)
		var err error
		options, err = eff.options(&s.opt.Settings)
		return err
	})
	if err != nil {
		return compat.Delta{}, err
	}
	return compat.Diff(ctx, compat.Version{Number: req.OldVersion, Parsed: req.Old}, req.New, options)
}

// EngineVersion names the rules and engines that give verdicts.
func EngineVersion() string { return compat.EngineVersion }

// Before returns the newest live version below a number, or nil.
func (s *Subject) Before(number int) *Version {
	for _, v := range s.Live() {
		if v.Number < number {
			return v
		}
	}
	return nil
}

// What answers about pairs and differences are made of.
type (
	Pair       = compat.Pair
	Difference = compat.Finding
	Edit       = compat.Change
	Side       = compat.Side
	Verdicts   = compat.Verdicts
)

// DiffLevels and DiffPolicies are what [Verdicts] answer for.
func DiffLevels() []compat.Level { return compat.DiffLevels[:] }

// DiffPolicies are the policies of [Verdicts]; see [DiffLevels].
func DiffPolicies() []compat.Policy { return compat.DiffPolicies[:] }

// DeployOrder says in a sentence which side goes first.
func DeployOrder(answer string) string { return compat.DeployOrder(answer) }
