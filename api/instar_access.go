package api

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/auth"
	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/registry"
)

// serverScope is the scope of everything that belongs to no context: tokens, grants,
// exports of everything.
var serverScope = registry.Name{Context: registry.GlobalContext}

// defaultTokenTTL is how long a token lives unless its creator says otherwise.
const defaultTokenTTL = 90 * day

// timestamp writes µs since 1970 as RFC 3339; zero is left out.
func timestamp(at int64) string {
	if at == 0 {
		return ""
	}
	return time.UnixMicro(at).UTC().Format("2006-01-02T15:04:05.000000Z")
}

func wholeNumber(v *jsonx.Value) (int64, bool) {
	if v.Kind != jsonx.Number {
		return 0, false
	}
	n, err := strconv.ParseInt(v.Text, 10, 64)
	return n, err == nil && n >= 0
}

func whoAmI(x *request) error {
	p, err := x.api.identify(x.r, &x.visit)
	if err != nil {
		return err
	}
	me := wire.Me{Principal: p.Name, Groups: p.Groups, Mode: auth.ModeNone, ExpiresAt: timestamp(p.ExpiresAt), Grants: []wire.Grant{}}
	if me.Groups == nil {
		me.Groups = []string{}
	}
	if x.api.gate.Enabled() {
		me.Mode = auth.ModeRequired
	}
	err = x.view(func(st *registry.State) error {
		for _, g := range auth.Effective(st, p) {
			me.Grants = append(me.Grants, wire.Grant(g))
		}
		return nil
	})
	if err != nil {
		return err
	}
	if !x.api.gate.Enabled() {
		me.Grants = append(me.Grants, wire.Grant{Principal: p.Name, Role: string(auth.RoleAdmin), Pattern: ":*:*"})
	} else if p.Anonymous() && p.SeesEverything() && len(me.Grants) == 0 {
		me.Grants = append(me.Grants, wire.Grant{Principal: p.Name, Role: string(auth.RoleViewer), Pattern: ":*:*"})
	}
	return x.json(http.StatusOK, me)
}

func (x *request) tokenBody(t *registry.Token, secret string) wire.Token {
	out := wire.Token{
		Name: t.Name, Token: secret, Groups: t.Groups, CreatedAt: timestamp(t.CreatedAt), ExpiresAt: timestamp(t.ExpiresAt),
		Expired: t.ExpiresAt != 0 && t.ExpiresAt <= x.api.now().UnixMicro(),
	}
	if out.Groups == nil {
		out.Groups = []string{}
	}
	return out
}

func listTokens(x *request) error {
	if err := x.need(auth.Admin, serverScope); err != nil {
		return err
	}
	out := []wire.Token{}
	err := x.view(func(st *registry.State) error {
		for _, t := range st.Tokens() {
			out = append(out, x.tokenBody(t, ""))
		}
		return nil
	})
	if err != nil {
		return err
	}
	return x.json(http.StatusOK, out)
}

func createToken(x *request) error {
	if err := x.need(auth.Admin, serverScope); err != nil {
		return err
	}
	d, err := x.decode()
	if err != nil {
		return err
	}
	cmd := registry.CreateToken{Name: d.string(d.root, "name"), Groups: d.strings(d.root, "groups")}
	ttl := d.get(d.root, "ttlSeconds")
	cmd.TTL = x.tokenTTL(d, ttl)
	if err := d.strict("name", "groups", "ttlSeconds"); err != nil {
		return err
	}
	for _, g := range cmd.Groups {
		if g == "" || len(g) > registry.MaxNameBytes || !validName(g) || strings.ContainsAny(g, ",:") {
			return unprocessable("The group %q is not valid: 1 to %d bytes without comma, colon and control characters", clip(g, 100), registry.MaxNameBytes)
		}
	}
	slices.Sort(cmd.Groups)
	cmd.Groups = slices.Compact(cmd.Groups)
	return x.issue(cmd)
}

// tokenTTL reads the life of a token in seconds and holds it to the bound.
func (x *request) tokenTTL(d *decoder, v *jsonx.Value) int64 {
	longest := x.api.opt.Instar.MaxTokenTTL
	if v == nil {
		return min(defaultTokenTTL, longest).Microseconds()
	}
	seconds, ok := wholeNumber(v)
	switch {
	case !ok || seconds == 0:
		d.fail(v, "ttlSeconds must be a whole number above 0")
	case seconds > int64(longest/time.Second):
		d.fail(v, "ttlSeconds is %d; auth.max-token-ttl allows %d", seconds, int64(longest/time.Second))
	}
	return seconds * int64(time.Second/time.Microsecond)
}

// issue makes a secret, stores its hash and answers with the secret, which is
// seen here and nowhere else.
func (x *request) issue(cmd registry.CreateToken) error {
	by, err := x.by()
	if err != nil {
		return err
	}
	// A repetition must not be given the outcome of the first request, because
	// that one's secret is gone: it gets a conflict, and rotation helps.
	by.Key, by.Strong = "", false
	secret := auth.NewToken()
	cmd.Hash = auth.HashToken(secret)
	t, err := x.api.service.CreateToken(x.ctx, by, cmd)
	if err != nil {
		return err
	}
	return x.json(http.StatusOK, x.tokenBody(&t, secret))
}

func rotateToken(x *request) error {
	if err := x.need(auth.Admin, serverScope); err != nil {
		return err
	}
	d, err := x.decode()
	if err != nil {
		return err
	}
	cmd := registry.CreateToken{Name: x.params[0], Rotate: true}
	ttl := d.get(d.root, "ttlSeconds")
	if ttl != nil && ttl.Kind == jsonx.Number && ttl.Text == "0" {
		ttl = nil
	}
	cmd.TTL = x.tokenTTL(d, ttl)
	overlap := d.int64(d.root, "overlapSeconds")
	if v := d.get(d.root, "overlapSeconds"); overlap > int64(30*day/time.Second) {
		d.fail(v, "overlapSeconds is %d; %d are allowed", overlap, int64(30*day/time.Second))
	}
	if err := d.strict("ttlSeconds", "overlapSeconds"); err != nil {
		return err
	}
	cmd.Overlap = overlap * int64(time.Second/time.Microsecond)
	return x.issue(cmd)
}

func revokeToken(x *request) error {
	if err := x.need(auth.Admin, serverScope); err != nil {
		return err
	}
	by, err := x.by()
	if err != nil {
		return err
	}
	if err := x.api.service.RevokeToken(x.ctx, by, registry.RevokeToken{Name: x.params[0]}); err != nil {
		return err
	}
	return x.empty(http.StatusNoContent)
}

func listGrants(x *request) error {
	if err := x.need(auth.Admin, serverScope); err != nil {
		return err
	}
	out := []wire.Grant{}
	err := x.view(func(st *registry.State) error {
		for _, g := range st.Grants() {
			out = append(out, wire.Grant(*g))
		}
		return nil
	})
	if err != nil {
		return err
	}
	return x.json(http.StatusOK, out)
}

func addGrant(x *request) error    { return x.changeGrant(false) }
func removeGrant(x *request) error { return x.changeGrant(true) }

func (x *request) changeGrant(remove bool) error {
	if err := x.need(auth.Admin, serverScope); err != nil {
		return err
	}
	g := registry.Grant{Principal: x.params[0], Role: x.params[1], Pattern: x.text("pattern")}
	if !x.arg("pattern").set {
		return badRequest(`The query parameter pattern is missing; "*" covers the default context, ":*:*" everything`)
	}
	// What was granted by an older release can always be taken back.
	if !remove {
		if err := auth.CheckGrant(g); err != nil {
			return err
		}
	}
	by, err := x.by()
	if err != nil {
		return err
	}
	if err := x.api.service.ChangeGrant(x.ctx, by, registry.ChangeGrant{Grant: g, Remove: remove}); err != nil {
		return err
	}
	if remove {
		return x.empty(http.StatusNoContent)
	}
	return x.json(http.StatusOK, wire.Grant(g))
}
