package auth

import (
	"slices"
	"strings"
)

// Action is what a request wants to do to a subject or scope. Actions are bits,
// so a route may name several: any one of them suffices.
type Action uint16

// The actions. Every route is registered with one.
const (
	// Public needs no credential: liveness, health, the API document.
	Public Action = 1 << iota
	// Known needs a verified principal (or anonymous reading) but no grant:
	// facts about the server, one's own principal.
	Known
	// Read: schemas, config, mode, references; checks, validation, inspection.
	Read
	// Register a compatible version.
	Register
	// Steward: config, mode except IMPORT and FORWARD, soft delete, undelete,
	// force.
	Steward
	// Admin: hard delete, contexts, the global scope, tokens, grants, export.
	Admin
	// Migrate: IMPORT and FORWARD mode, explicit ids and versions, import.
	Migrate

	everyGrantable = Read | Register | Steward | Admin | Migrate
)

var actionNames = []string{"public", "known", "read", "register", "steward", "admin", "migrate"}

// String lists the names of the action's bits: "read", "register|migrate".
func (a Action) String() string {
	var out []string
	for i, name := range actionNames {
		if a&(1<<i) != 0 {
			out = append(out, name)
		}
	}
	return strings.Join(out, "|")
}

// Role is a set of actions that a grant gives.
type Role string

// The roles. Each of the first three may do what the one before may, admin may do
// everything, and migrator stands apart.
const (
	RoleViewer    Role = "viewer"
	RolePublisher Role = "publisher"
	RoleSteward   Role = "steward"
	RoleAdmin     Role = "admin"
	RoleMigrator  Role = "migrator"
)

var roles = []struct {
	role    Role
	actions Action
}{
	{RoleViewer, Read},
	{RolePublisher, Read | Register},
	{RoleSteward, Read | Register | Steward},
	{RoleMigrator, Read | Migrate},
	{RoleAdmin, everyGrantable},
}

// Actions returns what the role may do; zero for an unknown role.
func (r Role) Actions() Action {
	i := slices.IndexFunc(roles, func(e struct {
		role    Role
		actions Action
	},
	) bool {
		return e.role == r
	})
	if i < 0 {
		return 0
	}
	return roles[i].actions
}

// Roles returns the names of all roles.
func Roles() []Role {
	out := make([]Role, len(roles))
	for i, e := range roles {
		out[i] = e.role
	}
	return out
}

// RoleFor returns the least role that may do the action, for messages and
// documents: "viewer" for Read. It is empty for actions that need no grant.
func RoleFor(a Action) Role {
	for _, e := range roles {
		if e.actions&a != 0 {
			return e.role
		}
	}
	return ""
}
