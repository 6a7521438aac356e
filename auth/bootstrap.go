package auth

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/instar-registry/instar/registry"
)

// Registry is the part of *registry.Service that bootstrapping needs.
type Registry interface {
	State() *registry.State
	Batch(context.Context, registry.By, registry.Batch) ([]any, error)
}

// BootstrapToken is the name of the token that [Bootstrap] creates.
const BootstrapToken = "bootstrap"

// HasAdmin reports whether anybody holds the admin role on everything.
func HasAdmin(st *registry.State) bool {
	for _, g := range st.Grants() {
		p, err := CompilePattern(g.Pattern)
		if err == nil && g.Role == string(RoleAdmin) && p.CoversEverything() {
			return true
		}
	}
	return false
}

// Bootstrap makes the token in a file the first admin, if there is none. It
// reports whether it did. The registry must have caught up with its log.
func Bootstrap(ctx context.Context, r Registry, file string) (bool, error) {
	if file == "" || HasAdmin(r.State()) {
		return false, nil
	}
	info, err := os.Stat(file)
	if err != nil {
		return false, fmt.Errorf("read auth.bootstrap-token-file: %w", err)
	}
	if info.Size() > MaxCredentialBytes {
		return false, fmt.Errorf("read auth.bootstrap-token-file: it has %d bytes; a token has %d", info.Size(), TokenLength)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return false, fmt.Errorf("read auth.bootstrap-token-file: %w", err)
	}
	token := strings.TrimSpace(string(text))
	if err := CheckToken(token); err != nil {
		return false, fmt.Errorf("auth.bootstrap-token-file: %w; make one with \"registry token generate\"", err)
	}
	by := registry.By{Actor: "local:bootstrap", Principal: "local:bootstrap", Request: "bootstrap"}
	_, err = r.Batch(ctx, by, registry.Batch{Commands: []registry.Command{
		registry.CreateToken{Name: BootstrapToken, Hash: HashToken(token), Rotate: r.State().Token(BootstrapToken) != nil},
		registry.ChangeGrant{Grant: registry.Grant{Principal: "token:" + BootstrapToken, Role: string(RoleAdmin), Pattern: ":*:*"}},
	}})
	if err != nil {
		return false, fmt.Errorf("create the first admin: %w", err)
	}
	return true, nil
}
