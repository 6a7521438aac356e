package sqllog

import (
	"context"
	"errors"
	"fmt"

	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/store/internal/failpoint"
)

// StateConnectionLost is the SQLSTATE that drivers give to a lost or refused
// connection, which has no code from the server.
const StateConnectionLost = "08006"

type class int

const (
	classBug         class = iota // ours: a broken statement, a missing table
	classRetry                    // run the transaction again
	classUnavailable              // not now, or not on this server
	classDiskFull
	classGuard
)

// classes sorts SQLSTATEs, by the whole code first and then by its class, the
// first two characters.
var classes = map[string]class{
	"40001": classRetry, // serialization_failure
	"40P01": classRetry, // deadlock_detected
	"55P03": classRetry, // lock_not_available
	"53100": classDiskFull,

	"08": classUnavailable, // connection
	"25": classUnavailable, // 25006 read-only server, 25P03 idle for too long
	"28": classUnavailable, // authorisation
	"3D": classUnavailable, // no such database
	"53": classUnavailable, // 53300 too many connections, 53200 out of memory
	"57": classUnavailable, // 57014 timeout, 57P01 shutdown, 57P03 starting up
	"58": classUnavailable, // input and output

	"42501": classUnavailable, // the role may not write: an operator repairs it
	"23":    classGuard,
}

func classOf(state string) class {
	if c, ok := classes[state]; ok {
		return c
	}
	if len(state) == 5 {
		return classes[state[:2]]
	}
	return classBug
}

func stateOf(err error) string {
	var s interface{ SQLState() string }
	if errors.As(err, &s) {
		return s.SQLState()
	}
	return ""
}

// decided carries an error of the caller's decide past the classification.
type decided struct{ err error }

func (d decided) Error() string { return d.err.Error() }

// errRolledBack: a commit that failed turned out not to have happened.
var errRolledBack = errors.New("the transaction was rolled back")

// errClosed: the log was closed by its owner.
var errClosed = errors.New("the log is closed")

// explain turns an error of a driver into one of the contract's classes. It
// must only be called while it is certain that nothing was committed.
func explain(what string, err error) error {
	var d decided
	var guard *GuardError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &d):
		return d.err
	case errors.As(err, &guard), isClassified(err):
		return fmt.Errorf("%s: %w", what, err)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded),
		errors.Is(err, errClosed), errors.Is(err, errRolledBack):
		return fmt.Errorf("%s: %w: %w", what, registry.ErrUnavailable, err)
	}
	switch classOf(stateOf(err)) {
	case classRetry, classUnavailable:
		return fmt.Errorf("%s: %w: %w", what, registry.ErrUnavailable, err)
	case classDiskFull:
		return fmt.Errorf("%s: %w: %w", what, registry.ErrDiskFull, err)
	default:
		return fmt.Errorf("%s: %w", what, err)
	}
}

func isClassified(err error) bool {
	for _, c := range []error{
		registry.ErrUnavailable, registry.ErrDiskFull, registry.ErrUnknownOutcome, registry.ErrReplaced,
	} {
		if errors.Is(err, c) {
			return true
		}
	}
	return false
}

// struck gives an error of statement s the guard's type if a constraint of the
// database refused it.
func struck(s Stmt, err error) error {
	var state *StateError
	if errors.As(err, &state) && classOf(state.State) == classGuard {
		constraint := "violates " + state.Constraint
		if s.Point == failpoint.GuardBind && state.State == "23502" { // see idInsert
			constraint = "violates schema_id_pk: the id is bound to other content"
		}
		return &GuardError{What: s.What, Constraint: constraint, Cause: err}
	}
	return fmt.Errorf("%s: %w", s.What, err)
}
