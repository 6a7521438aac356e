package config

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Setting is one key with the value in force.
type Setting struct {
	Key    string `json:"key"`
	Value  string `json:"value"` // as written in a file; *** for a secret
	Source string `json:"source"`
}

// Settings returns every key with its value in force and its source.
func (l *Loaded) Settings() []Setting {
	out := make([]Setting, 0, len(Keys()))
	for i := range Keys() {
		k := &Keys()[i]
		out = append(out, Setting{k.Name, k.format(&l.Config), l.origins[k.Name].String()})
	}
	return out
}

// Origin returns where the value of a key came from.
func (l *Loaded) Origin(key string) Origin { return l.origins[key] }

// Print writes a table of keys, values and sources; without all, only the keys
// that are not at their default.
func (l *Loaded) Print(w io.Writer, all bool) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, s := range l.Settings() {
		if !all && s.Source == "default" {
			continue
		}
		value := s.Value
		if value == "" || strings.ContainsAny(value, " \t\n\"") {
			value = fmt.Sprintf("%q", value)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\n", s.Key, value, s.Source) //nolint:errcheck // Flush reports it
	}
	return t.Flush()
}

// PrintJSON writes the settings as a JSON array.
func (l *Loaded) PrintJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(l.Settings())
}

// Changed lists the keys whose values differ, split into those that can be
// applied without restart and the others.
func Changed(before, after *Config) (reload, restart []string) {
	for i := range Keys() {
		k := &Keys()[i]
		if equalValue(k, before, after) {
			continue
		}
		if k.Reload {
			reload = append(reload, k.Name)
		} else {
			restart = append(restart, k.Name)
		}
	}
	return reload, restart
}

// Apply returns old with the reloadable values of next.
func Apply(old, next *Config) *Config {
	out := *old
	for i := range Keys() {
		if k := &Keys()[i]; k.Reload {
			k.copy(&out, next)
		}
	}
	return &out
}
