package client

import (
	"context"
	"net/http"
	"time"

	"github.com/instar-registry/instar/api/wire"
)

// Me tells who the client is to the registry and what it may do.
func (c *Client) Me(ctx context.Context) (wire.Me, error) {
	return fetch[wire.Me](ctx, c, "/auth/me", nil)
}

// Tokens lists the API tokens, without their secrets.
func (c *Client) Tokens(ctx context.Context) ([]wire.Token, error) {
	return fetch[[]wire.Token](ctx, c, "/auth/tokens", nil)
}

// CreateToken makes an API token. Its secret is in this answer alone.
func (c *Client) CreateToken(ctx context.Context, r wire.TokenRequest) (wire.Token, error) {
	return send[wire.Token](ctx, c, &call{method: http.MethodPost, path: "/auth/tokens", body: r})
}

// RotateToken gives a token a new secret; the old one stays valid for overlap.
func (c *Client) RotateToken(ctx context.Context, name string, ttl, overlap time.Duration) (wire.Token, error) {
	body := wire.TokenRequest{TTLSeconds: int64(ttl / time.Second), OverlapSeconds: int64(overlap / time.Second)}
	return send[wire.Token](ctx, c, &call{method: http.MethodPost, path: "/auth/tokens/" + segment(name) + "/rotate", body: body})
}

// RevokeToken makes a token invalid at once.
func (c *Client) RevokeToken(ctx context.Context, name string) error {
	return c.do(ctx, &call{method: http.MethodDelete, path: "/auth/tokens/" + segment(name)})
}

// Grants lists all grants.
func (c *Client) Grants(ctx context.Context) ([]wire.Grant, error) {
	return fetch[[]wire.Grant](ctx, c, "/auth/grants", nil)
}

// AddGrant gives a principal or group a role on a pattern.
func (c *Client) AddGrant(ctx context.Context, g wire.Grant) error {
	return c.do(ctx, &call{method: http.MethodPut, path: grantPath(g), query: values("pattern", g.Pattern)})
}

// RemoveGrant takes it back.
func (c *Client) RemoveGrant(ctx context.Context, g wire.Grant) error {
	return c.do(ctx, &call{method: http.MethodDelete, path: grantPath(g), query: values("pattern", g.Pattern)})
}

func grantPath(g wire.Grant) string {
	return "/auth/grants/" + segment(g.Principal) + "/" + segment(g.Role)
}
