package cli

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/instar-registry/instar/internal/config"
	"github.com/instar-registry/instar/internal/nearest"
)

// commonKeys are the configuration keys that help texts show; all others are
// flags too, and documented in docs/configuration.md.
var commonKeys = map[string]bool{
	"server.listen": true, "server.admin-listen": true, "storage.driver": true, "storage.sqlite.path": true,
	"registry.compatibility": true, "registry.policy": true, "auth.mode": true, "auth.users-file": true,
	"tls.cert-file": true, "tls.key-file": true, "log.level": true, "log.format": true,
}

// keyFlag is a configuration key as a flag. It keeps what was written; package
// config reads it, together with the other layers.
type keyFlag struct {
	key  config.Key
	text string
}

// String implements pflag.Value.
func (f *keyFlag) String() string { return f.text }

// Set implements pflag.Value.
func (f *keyFlag) Set(s string) error { f.text = s; return nil }

// Type implements pflag.Value; help texts show it.
func (f *keyFlag) Type() string {
	if values := strings.Join(f.key.Enum, "|"); values != "" {
		if len(values) > 32 {
			return "name"
		}
		return values
	}
	if f.key.Type == config.Switch {
		return "bool"
	}
	return string(f.key.Type)
}

// addConfigFlags gives a command --config and a flag for every key. Secrets get
// one too, which is refused with the way to pass them: better than "unknown
// flag" from someone who read the reference.
func addConfigFlags(c *cobra.Command) {
	fs := c.Flags()
	fs.SortFlags = false
	fs.String("config", "", "configuration `file` (default "+config.DefaultFile+" if it exists)")
	_ = c.MarkFlagFilename("config", "yaml", "yml") // only fails for an unknown flag
	for _, k := range config.Keys() {
		f := fs.VarPF(&keyFlag{key: k}, k.Name, "", flagHelp(k))
		f.Hidden = !commonKeys[k.Name]
		if k.Type == config.Switch {
			f.NoOptDefVal = "true"
		}
		if len(k.Enum) > 0 {
			_ = c.RegisterFlagCompletionFunc(k.Name, cobra.FixedCompletions(k.Enum, cobra.ShellCompDirectiveNoFileComp))
		}
	}
}

func flagHelp(k config.Key) string {
	s := strings.ToLower(k.Help[:1]) + strings.TrimSuffix(k.Help[1:], ".")
	if k.Help[1] >= 'A' && k.Help[1] <= 'Z' { // an acronym
		s = strings.TrimSuffix(k.Help, ".")
	}
	if values := strings.Join(k.Enum, ", "); len(values) > 32 {
		s += ": " + values
	}
	if k.Default != "" {
		s += " (default " + k.Default + ")"
	}
	return s
}

// input is the configuration input of a command line.
func (a *app) input(c *cobra.Command) config.Input {
	in := config.Input{Environ: a.environ, Flags: map[string]string{}}
	c.Flags().Visit(func(f *pflag.Flag) {
		if k, ok := f.Value.(*keyFlag); ok {
			in.Flags[k.key.Name] = k.text
		}
	})
	if f := c.Flags().Lookup("config"); f != nil {
		in.File = f.Value.String()
	}
	return in
}

// load reads the configuration of a command and prints its warnings.
func (a *app) load(c *cobra.Command) (*config.Loaded, error) {
	l, err := config.Load(a.input(c))
	if err != nil {
		return nil, err
	}
	return l, nil
}

// nearestFlag guesses a flag that was mistyped.
func nearestFlag(c *cobra.Command, name string) string {
	name, _, _ = strings.Cut(name, "=")
	var names []string
	c.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	return nearest.Name(name, names)
}
