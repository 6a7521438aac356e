package lint

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/instar-registry/instar/schema"
)

// ConfigValue is one value in force and the place that says so.
type ConfigValue struct{ Key, Value, Source string }

// Values lists every value of a configuration and of those of its folders.
func (c *Config) Values() []ConfigValue {
	out := c.values()
	for _, n := range c.nested {
		for i := range n.Sources {
			out = append(out, n.Sources[i].values(fmt.Sprintf("%s sources[%d].", path.Dir(n.File), i), n.File, true)...)
		}
		for _, s := range n.Severity {
			out = append(out, ConfigValue{path.Dir(n.File) + " severity." + s.Pattern, s.Severity, place(n.File, s.Place)})
		}
		out = append(out, waiverValues(path.Dir(n.File)+" ", n)...)
	}
	return out
}

func (c *Config) values() []ConfigValue {
	from := func(key string) string {
		if at, given := c.keys[key]; given {
			return place(c.File, at)
		}
		return "default"
	}
	out := []ConfigValue{
		{"against", orElse(strings.Join(c.Against, " "), "what CI says, else the default branch"), from("against")},
		{"profile", c.Profile, from("profile")},
	}
	for _, name := range sortedKeys(c.Registries) {
		r := c.Registries[name]
		out = append(out, ConfigValue{"registries." + name + ".url", r.URL, from("registries")})
		if r.Context != "" {
			out = append(out, ConfigValue{"registries." + name + ".context", r.Context, from("registries")})
		}
	}
	for i := range c.Sources {
		out = append(out, c.Sources[i].values(fmt.Sprintf("sources[%d].", i), c.File, false)...)
	}
	for _, r := range c.References {
		value := fmt.Sprintf("%s version %d", r.Subject, r.Version)
		if r.Registry != "" {
			value += " of " + r.Registry
		}
		out = append(out, ConfigValue{"references." + r.Name, value, place(c.File, r.Place)})
	}
	for _, s := range c.Severity {
		out = append(out, ConfigValue{"severity." + s.Pattern, s.Severity, place(c.File, s.Place)})
	}
	out = append(out, waiverValues("", c)...)
	return append(
		out,
		ConfigValue{"upcasters.match", strings.Join(c.Upcasters.Match, " "), from("upcasters.match")},
		ConfigValue{"upcasters.verdict", c.Upcasters.Verdict, from("upcasters.verdict")},
		ConfigValue{"waivable", orElse(strings.Join(c.Waivable, " "), c.noneWaivable()), from("waivable")},
		ConfigValue{"lock", orElse(strings.Join(c.Lock, " "), "none"), from("lock")},
		ConfigValue{"limits.files", fmt.Sprint(c.Limits.Files), from("limits.files")},
		ConfigValue{"limits.total-bytes", fmt.Sprint(c.Limits.TotalBytes), from("limits.total-bytes")},
		ConfigValue{"limits.file-bytes", fmt.Sprint(c.Limits.FileBytes), from("limits.file-bytes")},
		ConfigValue{"limits.versions", fmt.Sprint(c.Limits.Versions), from("limits.versions")},
		ConfigValue{"limits.report-bytes", fmt.Sprint(c.Limits.ReportSize), from("limits.report-bytes")},
	)
}

// noneWaivable tells a list that is empty from one that is not there.
func (c *Config) noneWaivable() string {
	if c.Waivable == nil {
		return "all"
	}
	return "none"
}

func waiverValues(prefix string, c *Config) []ConfigValue {
	var out []ConfigValue
	for i := range c.Waivers {
		w := &waiverUse{Waiver: c.Waivers[i].Waiver}
		until := "permanent"
		if w.Until != "" {
			until = "until " + w.Until
		}
		out = append(out, ConfigValue{fmt.Sprintf("%swaivers[%d]", prefix, i), w.name() + ", " + until, fmt.Sprintf("%s:%d", c.File, w.Line)})
	}
	return out
}

// inherited are the keys of an entry that the entry around it gives where the
// configuration of a folder says nothing.
var inherited = []string{
	"subject", "format", "level", "policy", "unknown", "encodings", "assertFormats", "eventMessages", "history", "samples", "manage",
}

// values are those of one entry of sources.
func (m *Mapping) values(key, file string, nested bool) []ConfigValue {
	format := "auto"
	if m.Format != 0 {
		format = m.Format.String()
	}
	history := m.History.Kind
	if m.History.Tags != "" {
		history += " " + m.History.Tags
	}
	pattern := ""
	if m.PathPattern != nil {
		pattern = m.PathPattern.String()
	}
	var out []ConfigValue
	for _, v := range [][2]string{
		{"match", strings.Join(m.Match, " ")},
		{"pathPattern", orElse(pattern, "none")},
		{"subject", m.Subject},
		{"format", format},
		{"level", m.Level.String()},
		{"policy", m.Policy.String()},
		{"unknown", m.Unknown.String()},
		{"encodings", orElse(strings.Join(m.Encodings, " "), "binary")},
		{"assertFormats", fmt.Sprint(m.AssertFormats)},
		{"eventMessages", orElse(strings.Join(m.EventMessages, " "), "all")},
		{"history", orElse(history, "none")},
		{"roots", strings.Join(m.Roots, " ")},
		{"samples", orElse(strings.Join(m.Samples, " "), "none")},
		{"manage", orElse(strings.Join(m.Manage, " "), "none")},
	} {
		from := "default"
		switch {
		case m.set[v[0]]:
			from = place(file, m.Place)
		case nested && slices.Contains(inherited, v[0]):
			v[1], from = "as around it", "the entry around it"
		}
		out = append(out, ConfigValue{key + v[0], v[1], from})
	}
	return out
}

func place(file string, at schema.Position) string { return fmt.Sprintf("%s:%d", file, at.Line) }

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
