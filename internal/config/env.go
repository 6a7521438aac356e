package config

import (
	"regexp"
	"sort"
	"strings"

	"github.com/instar-registry/instar/internal/nearest"
)

// clientVariables belong to the client-side commands, not to the server.
var clientVariables = map[string]bool{
	Prefix + "URL": true, Prefix + "TOKEN": true, Prefix + "BASIC": true, Prefix + "CONFIG": true,
}

// Kubernetes puts the address of every Service of the namespace into the
// environment of every pod, so a Service called "instar" or "instar-admin"
// makes variables that look like ours and are none.
var (
	serviceName = regexp.MustCompile(`^INSTAR(_[A-Z0-9_]+)?_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$`)
	serviceURL  = regexp.MustCompile(`^(tcp|udp|sctp)://`)
)

// injected reports whether Kubernetes set the variable. INSTAR_X_PORT alone is
// also what somebody might guess for a key, so its value must show the form
// that Kubernetes gives it.
func injected(name, value string) bool {
	if serviceName.MatchString(name) {
		return true
	}
	return strings.HasSuffix(name, "_PORT") && serviceURL.MatchString(value)
}

func lookup(environ []string, name string) string {
	for _, e := range environ {
		if n, v, _ := strings.Cut(e, "="); n == name {
			return v
		}
	}
	return ""
}

// environment reads the variables into a layer.
func (l *loader) environment() *layer {
	out := newLayer()
	keys := map[string]*Key{}
	for i := range Keys() {
		k := &Keys()[i]
		keys[k.Env()] = k
	}
	environ := append([]string{}, l.in.Environ...)
	sort.Strings(environ)
	for _, e := range environ {
		name, value, _ := strings.Cut(e, "=")
		if !strings.HasPrefix(name, Prefix) || clientVariables[name] || testVariables[name] {
			continue
		}
		o := Origin{Layer: FromEnv, Name: name}
		if k := keys[name]; k != nil {
			if value == "" && !k.mayBeEmpty() {
				continue // "NAME=" in a compose file that passes a variable on
			}
			l.put(out, k, value, o)
			continue
		}
		base, isFile := strings.CutSuffix(name, "_FILE")
		if k := keys[base]; isFile && k != nil && k.Secret {
			l.secretFile(out, k, value, o)
			continue
		}
		if !injected(name, value) {
			l.unknownVariable(o, keys)
		}
	}
	return out
}

// mayBeEmpty tells the keys for which the empty text is a value.
func (k *Key) mayBeEmpty() bool { return (k.Type == Text || k.Type == List) && len(k.Enum) == 0 }

// secretFile reads a secret from the file that a variable names.
func (l *loader) secretFile(out *layer, k *Key, path string, o Origin) {
	if _, both := out.origins[k.Name]; both {
		l.problem(o, k.Name, "%s and %s are both set; keep one of them", k.Env(), o.Name)
		return
	}
	text, err := readSmall(path, maxSecretFile)
	if err != nil {
		l.problem(o, k.Name, "the file %q cannot be read: %s", path, reason(err))
		return
	}
	l.checkMode(path)
	l.watch(path)
	l.put(out, k, strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r"), o)
}

func (l *loader) unknownVariable(o Origin, keys map[string]*Key) {
	names := make([]string, 0, len(keys))
	for n := range keys {
		names = append(names, n)
	}
	sort.Strings(names)
	if base, ok := strings.CutSuffix(o.Name, "_FILE"); ok && keys[base] != nil {
		l.problem(o, "", "only secrets can be read from a file; set %s", base)
		return
	}
	if near := nearest.Name(o.Name, names); near != "" {
		l.problem(o, "", "there is no such setting; did you mean %s?", near)
		return
	}
	l.problem(o, "", "there is no such setting; run \"registry config print\" for all of them")
}
