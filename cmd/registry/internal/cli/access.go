package cli

import (
	"context"
	"errors"
	"fmt"
	"os/user"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/auth"
	"github.com/instar-registry/instar/client"
	"github.com/instar-registry/instar/cmd/registry/internal/assembly"
	"github.com/instar-registry/instar/registry"
)

// addDirectFlags lets a command work on the storage instead of over HTTP, for
// the first administrator and for a registry that nobody can log in to.
func addDirectFlags(c *cobra.Command) {
	c.Flags().Bool("direct", false, "work on the storage itself; with SQLite the server must be stopped")
	addConfigFlags(c)
}

func isDirect(c *cobra.Command) bool {
	direct, err := c.Flags().GetBool("direct")
	return err == nil && direct
}

// direct runs commands of the registry on the storage, all or nothing, in the
// name of the user of this machine.
func (a *app) direct(c *cobra.Command, commands func(*registry.Service) []registry.Command) ([]any, error) {
	loaded, err := a.stored(c)
	if err != nil {
		return nil, err
	}
	var results []any
	err = assembly.Direct(c.Context(), &loaded.Config, assembly.Serve, a.logger(&loaded.Config), func(s *registry.Service) error {
		actor := "local:" + localUser()
		by := registry.By{Actor: actor, Principal: actor, Request: "cli"}
		results, err = s.Batch(c.Context(), by, registry.Batch{Commands: commands(s)})
		return err
	})
	return results, err
}

func localUser() string {
	u, err := user.Current()
	if err != nil {
		return "unknown"
	}
	return u.Username
}

func one(what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) != 1 || args[0] == "" {
			return fmt.Errorf("%s takes one argument, %s\nRun \"%s --help\" for an example", c.CommandPath(), what, c.CommandPath())
		}
		return nil
	}
}

func (a *app) token() *cobra.Command {
	return group("token", "Manage API tokens", a.tokenCreate(), a.tokenList(), a.tokenRevoke(), a.tokenRotate(), a.tokenGenerate())
}

// defaultTTL is the life of a token when none is given.
const defaultTTL = 90 * 24 * time.Hour

func (a *app) tokenCreate() *cobra.Command {
	c := &cobra.Command{
		Use:   "create NAME",
		Short: "Create an API token and print its secret",
		Long: "create prints the secret once; the registry keeps only its hash. A token may do nothing until it has a\n" +
			"grant. With --direct --admin it makes the first administrator.",
		Example: "  registry token create ci --ttl 720h\n  registry token create root --direct --admin",
		Args:    one("the name of the token"),
	}
	ttl := c.Flags().Duration("ttl", defaultTTL, "life of the token")
	groups := c.Flags().StringSlice("group", nil, "group whose grants the token shares; may be repeated")
	admin := c.Flags().Bool("admin", false, "give the token the role admin on everything")
	addClientFlags(c)
	addDirectFlags(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		if isDirect(c) {
			return a.createDirect(c, args[0], *groups, *ttl, *admin)
		}
		r, err := a.dial(c, false)
		if err != nil {
			return err
		}
		t, err := r.CreateToken(c.Context(), wire.TokenRequest{Name: args[0], Groups: *groups, TTLSeconds: int64(*ttl / time.Second)})
		if err != nil {
			return err
		}
		if *admin {
			if err := r.AddGrant(c.Context(), adminGrant(args[0])); err != nil {
				return fmt.Errorf("the token was created but is no administrator: %w", err)
			}
		}
		a.say("token:%s is valid until %s; this is the only time its secret is shown", t.Name, t.ExpiresAt)
		return a.print("%s\n", t.Token)
	}
	return c
}

func adminGrant(token string) wire.Grant {
	return wire.Grant{Principal: "token:" + token, Role: string(auth.RoleAdmin), Pattern: ":*:*"}
}

func (a *app) createDirect(c *cobra.Command, name string, groups []string, ttl time.Duration, admin bool) error {
	secret := auth.NewToken()
	_, err := a.direct(c, func(*registry.Service) []registry.Command {
		list := []registry.Command{registry.CreateToken{Name: name, Hash: auth.HashToken(secret), Groups: groups, TTL: ttl.Microseconds()}}
		if admin {
			list = append(list, registry.ChangeGrant{Grant: registry.Grant(adminGrant(name))})
		}
		return list
	})
	if err != nil {
		return err
	}
	a.say("token:%s was created; this is the only time its secret is shown", name)
	return a.print("%s\n", secret)
}

func (a *app) tokenList() *cobra.Command {
	c := &cobra.Command{
		Use: "list", Short: "List API tokens without their secrets", Example: "  registry token list", Args: noArgs,
	}
	addClientFlags(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		r, err := a.dial(c, false)
		if err != nil {
			return err
		}
		list, err := r.Tokens(c.Context())
		if err != nil {
			return err
		}
		rows := [][]string{{"NAME", "GROUPS", "CREATED", "EXPIRES"}}
		for _, t := range list {
			expires := t.ExpiresAt
			switch {
			case t.Expired:
				expires += " (expired)"
			case expires == "":
				expires = "never"
			}
			rows = append(rows, []string{t.Name, strings.Join(t.Groups, ","), t.CreatedAt, expires})
		}
		return a.table(rows)
	}
	return c
}

func (a *app) table(rows [][]string) error {
	t := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	for _, r := range rows {
		fmt.Fprintln(t, strings.Join(r, "\t")) //nolint:errcheck // Flush reports it
	}
	return t.Flush()
}

func (a *app) tokenRevoke() *cobra.Command {
	c := &cobra.Command{
		Use: "revoke NAME", Short: "Make an API token invalid at once", Example: "  registry token revoke ci", Args: one("the name of the token"),
	}
	addClientFlags(c)
	addDirectFlags(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		if isDirect(c) {
			_, err := a.direct(c, func(*registry.Service) []registry.Command {
				return []registry.Command{registry.RevokeToken{Name: args[0]}}
			})
			return err
		}
		r, err := a.dial(c, false)
		if err != nil {
			return err
		}
		return r.RevokeToken(c.Context(), args[0])
	}
	return c
}

func (a *app) tokenRotate() *cobra.Command {
	c := &cobra.Command{
		Use:     "rotate NAME",
		Short:   "Give an API token a new secret and print it",
		Long:    "rotate leaves the old secret valid for the overlap, so that clients can be changed one by one.",
		Example: "  registry token rotate ci --overlap 24h",
		Args:    one("the name of the token"),
	}
	ttl := c.Flags().Duration("ttl", defaultTTL, "life of the token from now on")
	overlap := c.Flags().Duration("overlap", time.Hour, "time that the old secret stays valid")
	addClientFlags(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		r, err := a.dial(c, false)
		if err != nil {
			return err
		}
		t, err := r.RotateToken(c.Context(), args[0], *ttl, *overlap)
		if err != nil {
			return err
		}
		a.say("the old secret of token:%s is valid for another %s; this is the only time the new one is shown", t.Name, *overlap)
		return a.print("%s\n", t.Token)
	}
	return c
}

func (a *app) tokenGenerate() *cobra.Command {
	return &cobra.Command{
		Use:     "generate",
		Short:   "Print a fresh secret for auth.bootstrap-token-file",
		Long:    "generate makes a secret without telling any registry. Put it into the file that auth.bootstrap-token-file\nnames, and the server makes it the first administrator when it starts without one.",
		Example: "  registry token generate > bootstrap-token",
		Args:    noArgs,
		RunE:    func(*cobra.Command, []string) error { return a.print("%s\n", auth.NewToken()) },
	}
}

func (a *app) grant() *cobra.Command {
	return group("grant", "Manage who may do what", a.grantChange("add"), a.grantList(), a.grantChange("remove"))
}

func (a *app) grantList() *cobra.Command {
	c := &cobra.Command{Use: "list", Short: "List all grants", Example: "  registry grant list", Args: noArgs}
	addClientFlags(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		r, err := a.dial(c, false)
		if err != nil {
			return err
		}
		list, err := r.Grants(c.Context())
		if err != nil {
			return err
		}
		rows := [][]string{{"PRINCIPAL", "ROLE", "PATTERN"}}
		for _, g := range list {
			rows = append(rows, []string{g.Principal, g.Role, g.Pattern})
		}
		return a.table(rows)
	}
	return c
}

// grantChange is "grant add" and "grant remove".
func (a *app) grantChange(verb string) *cobra.Command {
	c := &cobra.Command{
		Use:   verb + " PRINCIPAL ROLE PATTERN",
		Short: map[string]string{"add": "Give a principal or group a role on subjects", "remove": "Take a grant back"}[verb],
		Long: "A principal is token:NAME, user:NAME, group:NAME or anonymous. The roles are viewer, publisher, steward,\n" +
			"admin and migrator. A pattern is a subject with * for any text: orders-*, :.pay:* for a whole context, :*:*\n" +
			"for everything.",
		Example: "  registry grant " + verb + " token:ci publisher 'orders-*'\n  registry grant " + verb + " group:platform admin ':*:*' --direct",
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 3 {
				return fmt.Errorf("%s takes a principal, a role and a pattern\nRun \"%s --help\" for an example", c.CommandPath(), c.CommandPath())
			}
			return nil
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) != 1 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			var roles []string
			for _, r := range auth.Roles() {
				roles = append(roles, string(r))
			}
			return roles, cobra.ShellCompDirectiveNoFileComp
		},
	}
	addClientFlags(c)
	addDirectFlags(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		g := wire.Grant{Principal: args[0], Role: args[1], Pattern: args[2]}
		if err := auth.CheckGrant(registry.Grant(g)); err != nil {
			return err
		}
		if isDirect(c) {
			_, err := a.direct(c, func(*registry.Service) []registry.Command {
				return []registry.Command{registry.ChangeGrant{Grant: registry.Grant(g), Remove: verb == "remove"}}
			})
			return err
		}
		r, err := a.dial(c, false)
		if err != nil {
			return err
		}
		return changeGrant(c.Context(), r, verb, g)
	}
	return c
}

func changeGrant(ctx context.Context, r *client.Client, verb string, g wire.Grant) error {
	if verb == "add" {
		return r.AddGrant(ctx, g)
	}
	err := r.RemoveGrant(ctx, g)
	if errors.Is(err, client.ErrNotFound) {
		return fmt.Errorf("%s has no role %s on %s", g.Principal, g.Role, g.Pattern)
	}
	return err
}
