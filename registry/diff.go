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
	Own      Config
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
	return compat.Diff(ctx, req.Old, req.New, options)
}

// EngineVersion names the rules and engines that give verdicts.
func EngineVersion() string { return compat.EngineVersion }

// Pair is the engine's answer about one pair of versions in one direction.
type Pair = compat.Pair

// DeployOrder says in a sentence which side goes first.
func DeployOrder(answer string) string { return compat.DeployOrder(answer) }
