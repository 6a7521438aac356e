package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/instar-registry/instar/schema"
)

// ConfigValue is one value in force and the place that says so.
type ConfigValue struct{ Key, Value, Source string }

// Values lists every value of a configuration and of those of its folders.
func (c *Config) Values() []ConfigValue {
	var out []ConfigValue
	for _, one := range append([]*Config{c}, c.nested...) {
		out = append(out, one.values()...)
	}
	return out
}

func (c *Config) values() []ConfigValue {
	from := func(given bool) string {
		if given && c.File != "" {
			return c.File
		}
		return "default"
	}
	out := []ConfigValue{
		{"against", orNone(strings.Join(c.Against, " ")), from(len(c.Against) > 0)},
		{"profile", c.Profile, from(c.Profile != ProfileData)},
	}
	for _, name := range sortedKeys(c.Registries) {
		out = append(out, ConfigValue{"registries." + name, c.Registries[name].URL, c.File})
	}
	for i := range c.Sources {
		out = append(out, c.Sources[i].values(fmt.Sprintf("sources[%d].", i), c.File)...)
	}
	for _, s := range c.Severity {
		out = append(out, ConfigValue{"severity." + s.Pattern, s.Severity, c.File})
	}
	l := DefaultLimits()
	return append(
		out,
		ConfigValue{"upcasters.match", strings.Join(c.Upcasters.Match, " "), from(!slices.Equal(c.Upcasters.Match, []string{"**/*.upcast.yaml"}))},
		ConfigValue{"upcasters.verdict", c.Upcasters.Verdict, from(c.Upcasters.Verdict != "PROVED")},
		ConfigValue{"waivable", orNone(strings.Join(c.Waivable, " ")), from(c.Waivable != nil)},
		ConfigValue{"lock", orNone(strings.Join(c.Lock, " ")), from(len(c.Lock) > 0)},
		ConfigValue{"limits.files", fmt.Sprint(c.Limits.Files), from(c.Limits.Files != l.Files)},
		ConfigValue{"limits.total-bytes", fmt.Sprint(c.Limits.TotalBytes), from(c.Limits.TotalBytes != l.TotalBytes)},
		ConfigValue{"limits.file-bytes", fmt.Sprint(c.Limits.FileBytes), from(c.Limits.FileBytes != l.FileBytes)},
		ConfigValue{"limits.versions", fmt.Sprint(c.Limits.Versions), from(c.Limits.Versions != l.Versions)},
	)
}

// values are those of one entry of sources.
func (m *Mapping) values(key, file string) []ConfigValue {
	format := "auto"
	if m.Format != 0 {
		format = m.Format.String()
	}
	history := m.History.Kind
	if m.History.Tags != "" {
		history += " " + m.History.Tags
	}
	encodings := strings.Join(m.Encodings, " ")
	if encodings == "" {
		encodings = "binary"
	}
	var out []ConfigValue
	for _, v := range [][2]string{
		{"match", strings.Join(m.Match, " ")},
		{"subject", m.Subject},
		{"format", format},
		{"level", m.Level.String()},
		{"policy", m.Policy.String()},
		{"unknown", m.Unknown.String()},
		{"encodings", encodings},
		{"history", orNone(history)},
		{"roots", strings.Join(m.Roots, " ")},
	} {
		from := "default"
		if m.set[v[0]] {
			from = place(file, m.Place)
		}
		out = append(out, ConfigValue{key + v[0], v[1], from})
	}
	return out
}

func place(file string, at schema.Position) string { return fmt.Sprintf("%s:%d", file, at.Line) }

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}
