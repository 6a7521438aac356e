package tree

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/instar-registry/instar/client"
	"github.com/instar-registry/instar/lint"
)

// Connect returns a registry by its name in the configuration, or by its address.
// Without a name there must be exactly one in the configuration. Credentials come
// from the environment: INSTAR_TOKEN, INSTAR_TOKEN_COMMAND, whose output is the
// token, or INSTAR_BASIC as "name:password", each with "_" and the registry's name
// in capitals behind it where that is set; so do the files of certificates.
func Connect(name string, c *lint.Config, getenv func(string) string) (*Registry, error) {
	if name == "" {
		names := slices.Sorted(maps.Keys(c.Registries))
		switch len(names) {
		case 0:
			return nil, &lint.InputError{What: "no registry is named", Hint: "give --registry with a name or an address, or list registries in " + lint.ConfigFile}
		case 1:
			name = names[0]
		default:
			return nil, &lint.InputError{What: "there are several registries", Hint: "name one of " + strings.Join(names, ", ") + " by --registry"}
		}
	}
	r := &Registry{Name: name}
	address, suffix := name, ""
	if known, ok := c.Registries[name]; ok {
		address, r.Context, suffix = known.URL, known.Context, "_"+environmentName(name)
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, &lint.InputError{What: name + " is neither the name of a registry nor an address", Hint: "known are " + orNone(slices.Sorted(maps.Keys(c.Registries))) + "; an address begins with https://"}
	}
	if u.User != nil {
		return nil, &lint.InputError{What: "the address holds credentials", Hint: "set INSTAR_BASIC or INSTAR_TOKEN"}
	}
	options, err := credentials(getenv, suffix)
	if err != nil {
		return nil, err
	}
	secure, err := certificates(getenv, suffix)
	if err != nil {
		return nil, err
	}
	if secure != nil {
		options = append(options, client.TLS(secure))
	}
	r.Client, err = client.New([]string{address}, options...)
	if err != nil {
		return nil, &lint.InputError{What: err.Error()}
	}
	return r, nil
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// environmentName is a name as a part of the name of a variable.
func environmentName(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, strings.ToUpper(name))
}

func credentials(getenv func(string) string, suffix string) ([]client.Option, error) {
	for _, s := range []string{suffix, ""} {
		if token := getenv("INSTAR_TOKEN" + s); token != "" {
			return []client.Option{client.Bearer(token)}, nil
		}
		if command := getenv(tokenCommand + s); command != "" {
			token, err := runTokenCommand(tokenCommand+s, command)
			return []client.Option{client.Bearer(token)}, err
		}
		if user, password, ok := strings.Cut(getenv("INSTAR_BASIC"+s), ":"); ok {
			return []client.Option{client.Basic(user, password)}, nil
		}
	}
	return nil, nil
}
