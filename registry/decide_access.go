package registry

import (
	"encoding/hex"
	"regexp"
)

var tokenName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$`)

// maxGrants bounds the list that every request is checked against.
const maxGrants = 10_000

func (d *decider) createToken(cmd CreateToken) (Decision, error) {
	if !tokenName.MatchString(cmd.Name) {
		return Decision{}, fail(InvalidArgument, "The token name %q is not valid: 1 to 128 letters, digits, '.', '_' or '-', first a letter or digit", cmd.Name)
	}
	if raw, err := hex.DecodeString(cmd.Hash); err != nil || len(raw) != len(Hash{}) {
		return Decision{}, fail(InvalidArgument, "The token hash is not a SHA-256 in hex")
	}
	old := d.st.Token(cmd.Name)
	switch {
	case old != nil && !cmd.Rotate:
		return Decision{}, fail(NameTaken, "A token named '%s' exists already", cmd.Name).because("rotate it, or revoke it first")
	case old == nil && cmd.Rotate:
		return Decision{}, fail(TokenNotFound, "Token '%s' not found.", cmd.Name)
	}
	c := TokenCreated{Name: cmd.Name, Hash: cmd.Hash, Groups: cmd.Groups, CreatedAt: d.env.Now}
	if cmd.TTL > 0 {
		c.ExpiresAt = d.env.Now + cmd.TTL
	}
	if cmd.Rotate {
		c.Groups = old.Groups
		if cmd.Overlap > 0 {
			c.PreviousHash, c.PreviousUntil = old.Hash, d.env.Now+cmd.Overlap
		}
	}
	return Decision{Changes: []Change{c}, Result: Token(c)}, nil
}

func (d *decider) revokeToken(cmd RevokeToken) (Decision, error) {
	if d.st.Token(cmd.Name) == nil {
		return Decision{}, fail(TokenNotFound, "Token '%s' not found.", cmd.Name)
	}
	return Decision{Changes: []Change{TokenRevoked(cmd)}, Result: cmd.Name}, nil
}

func (d *decider) changeGrant(cmd ChangeGrant) (Decision, error) {
	g := cmd.Grant
	if g.Principal == "" || g.Role == "" || g.Pattern == "" {
		return Decision{}, fail(InvalidArgument, "A grant needs a principal, a role and a pattern")
	}
	_, have := d.st.grants.Get(g.Principal + "\x00" + g.Role + "\x00" + g.Pattern)
	switch {
	case cmd.Remove && !have:
		return Decision{}, fail(GrantNotFound, "Grant of %s on '%s' to '%s' not found.", g.Role, g.Pattern, g.Principal)
	case !cmd.Remove && have:
		return Decision{Result: g}, nil
	case !cmd.Remove && d.st.grants.Len() >= maxGrants:
		return Decision{}, fail(OverLimit, "There are %d grants; the limit grants is %d", d.st.grants.Len(), maxGrants)
	}
	change := GrantChanged{Principal: g.Principal, Role: g.Role, Pattern: g.Pattern, Removed: cmd.Remove}
	return Decision{Changes: []Change{change}, Result: g}, nil
}
