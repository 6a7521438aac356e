package auth

import (
	"slices"

	"github.com/instar-registry/instar/registry"
)

const anonymousName = "anonymous"

// The kinds of principals that grants may name, besides "anonymous".
var principalKinds = []string{"token", "user", "group"}

// Principal is who asks. It is immutable and shared between requests.
type Principal struct {
	// Name is what audit and grants use: "token:ci", "user:bob", "anonymous".
	Name   string
	Groups []string
	// ExpiresAt is when the credential ends, in µs since 1970; 0 = never.
	ExpiresAt int64
	rules     []*rules // own first, then one per group
	all       bool     // every right: access control is off
	actions   Action   // everything granted on some name
}

// Anonymous reports whether the request carried no credential.
func (p *Principal) Anonymous() bool { return p.Name == anonymousName }

// Actor returns the name for the audit trail; address is the client's and
// completes it where the name alone says nothing.
func (p *Principal) Actor(address string) string {
	if p.Anonymous() && address != "" {
		return p.Name + "@" + address
	}
	return p.Name
}

// Allow reports whether the principal may do any of the actions to a subject or
// scope. An empty subject means the whole context.
func (p *Principal) Allow(a Action, n registry.Name) bool {
	if p.all || a&Public != 0 {
		return true
	}
	if a&Known != 0 && (!p.Anonymous() || p.actions != 0) {
		return true
	}
	if n.Context == registry.GlobalContext && a&Steward != 0 {
		a = a&^Steward | Admin // the scope above all contexts belongs to admins
	}
	for _, r := range p.rules {
		if r.allows(a, n) {
			return true
		}
	}
	return false
}

// AllowAnywhere reports whether any of the actions is granted on some name, so
// that a refusal is certain when it says no.
func (p *Principal) AllowAnywhere(a Action) bool {
	return p.all || a&Public != 0 || (a&Known != 0 && !p.Anonymous()) || p.actions&a != 0
}

// SeesEverything reports whether no read is refused, so that filters can be
// left out.
func (p *Principal) SeesEverything() bool {
	return p.all || slices.ContainsFunc(p.rules, func(r *rules) bool { return r.everywhere&Read != 0 })
}

// everything is the principal of a server without access control.
var everything = &Principal{Name: anonymousName, all: true, actions: everyGrantable}

// newPrincipal joins what name and groups were granted.
func newPrincipal(grants map[string]*rules, name string, groups []string) *Principal {
	p := &Principal{Name: name, Groups: groups}
	p.join(grants[name])
	for _, g := range groups {
		p.join(grants["group:"+g])
	}
	return p
}

func (p *Principal) join(r *rules) {
	if r != nil {
		p.rules = append(p.rules, r)
		p.actions |= r.anywhere()
	}
}
