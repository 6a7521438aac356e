package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/instar-registry/instar/api/wire"
)

// ConfigQuery are the parameters of [Client.Config].
type ConfigQuery struct {
	DefaultToGlobal bool // the value in force, not only the scope's own
	Explain         bool // Instar: with the source of each property
}

// Config reads the configuration of a scope: "" is the global entry, a subject,
// or a whole context such as ":.pay:".
func (c *Client) Config(ctx context.Context, scope string, q ConfigQuery) (wire.Config, error) {
	return fetch[wire.Config](ctx, c, scopePath("/config", scope), values("defaultToGlobal", q.DefaultToGlobal, "explain", q.Explain))
}

// ConfigPatch edits a configuration: what Set has is set, the properties that
// Clear names are unset, all others stay. IfMatch, if given, must be the ETag
// of the current entry.
type ConfigPatch struct {
	Set     wire.Config
	Clear   []string
	IfMatch string
}

// SetConfig edits the configuration of a scope and returns the merged entry.
func (c *Client) SetConfig(ctx context.Context, scope string, p ConfigPatch) (wire.Config, error) {
	text, err := wire.Marshal(p.Set)
	if err != nil {
		return wire.Config{}, fmt.Errorf("write the configuration: %w", err)
	}
	body := map[string]json.RawMessage{}
	if err := json.Unmarshal(text, &body); err != nil {
		return wire.Config{}, fmt.Errorf("write the configuration: %w", err)
	}
	for _, name := range p.Clear {
		body[name] = json.RawMessage("null")
	}
	return send[wire.Config](ctx, c, &call{method: http.MethodPut, path: scopePath("/config", scope), body: body, header: ifMatch(p.IfMatch)})
}

func ifMatch(tag string) http.Header {
	if tag == "" {
		return nil
	}
	return http.Header{"If-Match": {tag}}
}

// DeleteConfig removes the own configuration of a scope and returns it.
func (c *Client) DeleteConfig(ctx context.Context, scope string) (wire.Config, error) {
	return send[wire.Config](ctx, c, &call{method: http.MethodDelete, path: scopePath("/config", scope)})
}

// Mode reads the mode of a scope.
func (c *Client) Mode(ctx context.Context, scope string, defaultToGlobal bool) (string, error) {
	m, err := fetch[wire.Mode](ctx, c, scopePath("/mode", scope), values("defaultToGlobal", defaultToGlobal))
	return m.Mode, err
}

// SetMode sets the mode of a scope; "" clears it.
func (c *Client) SetMode(ctx context.Context, scope, mode string, force bool) (string, error) {
	body := map[string]any{"mode": mode}
	if mode == "" {
		body["mode"] = nil
	}
	m, err := send[wire.Mode](ctx, c, &call{method: http.MethodPut, path: scopePath("/mode", scope), body: body, query: values("force", force)})
	return m.Mode, err
}

// DeleteMode removes the mode of a scope and returns it; recursive also removes
// those below it.
func (c *Client) DeleteMode(ctx context.Context, scope string, recursive bool) (string, error) {
	m, err := send[wire.Mode](ctx, c, &call{method: http.MethodDelete, path: scopePath("/mode", scope), query: values("recursive", recursive)})
	return m.Mode, err
}

// Contexts lists the contexts.
func (c *Client) Contexts(ctx context.Context, prefix string) ([]string, error) {
	return fetch[[]string](ctx, c, "/contexts", values("contextPrefix", prefix))
}

// DeleteContext takes an empty context off the list.
func (c *Client) DeleteContext(ctx context.Context, name string) error {
	return c.do(ctx, &call{method: http.MethodDelete, path: "/contexts/" + segment(name)})
}

// Ping asks whether the registry answers at all.
func (c *Client) Ping(ctx context.Context) error {
	return c.do(ctx, &call{method: http.MethodGet, path: "/", repeatable: true})
}

// ClusterID returns the identity of the registry.
func (c *Client) ClusterID(ctx context.Context) (wire.ClusterID, error) {
	return fetch[wire.ClusterID](ctx, c, "/v1/metadata/id", nil)
}

// ServerVersion returns the version that the registry reports.
func (c *Client) ServerVersion(ctx context.Context) (wire.ServerVersion, error) {
	return fetch[wire.ServerVersion](ctx, c, "/v1/metadata/version", nil)
}

// Deployment returns the attributes of the deployment.
func (c *Client) Deployment(ctx context.Context) ([]string, error) {
	out, err := fetch[struct {
		Attributes []string `json:"attributes"`
	}](ctx, c, "/v1/metadata/deployment", nil)
	return out.Attributes, err
}

// MasterAvailable tells whether the registry takes writes, as Karapace's tools
// ask it.
func (c *Client) MasterAvailable(ctx context.Context) (bool, error) {
	out, err := fetch[struct {
		Available bool `json:"master_available"`
	}](ctx, c, "/master_available", nil)
	return out.Available, err
}

// Health returns the body of a health route: "healthz", "readyz" or
// "readyz/write". A node that is not healthy gives an *Error of status 503.
func (c *Client) Health(ctx context.Context, route string) (json.RawMessage, error) {
	return fetch[json.RawMessage](ctx, c, "/"+route, nil)
}

// OpenAPI returns the description of the REST surface, "json" or "yaml".
func (c *Client) OpenAPI(ctx context.Context, format string) (string, error) {
	return send[string](ctx, c, &call{method: http.MethodGet, path: "/openapi." + format, repeatable: true, accept: "*/*"})
}
