package lint

import (
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/instar-registry/instar/compat"
	"github.com/instar-registry/instar/internal/yamlx"
	"github.com/instar-registry/instar/schema"
)

// ReadConfig reads a configuration. file is its path in the tree, for messages.
// A mistake is a *ConfigError, which lists all of them.
func ReadConfig(file string, body []byte) (*Config, error) {
	node, problems := yamlx.Parse(body, yamlx.DefaultLimits())
	if len(problems) > 0 {
		return nil, &ConfigError{File: file, Problems: problems}
	}
	c := DefaultConfig()
	c.File = file
	r := &configReader{config: c}
	r.all(node)
	if len(r.problems) == 0 {
		if err := c.compile(); err != nil {
			r.wrong(node.Position, "", "", "%s", err)
		}
	}
	if len(r.problems) > 0 {
		return nil, &ConfigError{File: file, Problems: r.problems}
	}
	return c, nil
}

type configReader struct {
	reader
	config *Config
}

func (r *configReader) all(n *yamlx.Node) {
	c := r.config
	if v := n.Get("instar"); v == nil || v.Text != ConfigVersion {
		r.wrong(n.Position, "instar", "begin the file with: instar: "+ConfigVersion, "the version of the format is missing or unknown")
	}
	c.keys = map[string]schema.Position{}
	for i := range n.Members {
		m := &n.Members[i]
		c.keys[m.Key] = m.Position
		for k := range m.Value.Members {
			c.keys[m.Key+"."+m.Value.Members[k].Key] = m.Value.Members[k].Position
		}
	}
	r.mapping(n, "", fields{
		"instar":     func(*yamlx.Node, string) {},
		"against":    func(n *yamlx.Node, k string) { c.Against = r.texts(n, k) },
		"registries": r.registries,
		"profile": func(n *yamlx.Node, k string) {
			c.Profile = r.among(n, k, "profile", []string{ProfileData, ProfileContract, ProfileReport})
		},
		"sources": func(n *yamlx.Node, k string) {
			c.Sources = nil
			r.list(n, k, r.source)
		},
		"references": func(n *yamlx.Node, k string) { r.list(n, k, r.reference) },
		"upcasters":  r.upcasters,
		"severity":   r.severity,
		"waivers":    func(n *yamlx.Node, k string) { r.list(n, k, r.waiver) },
		"waivable": func(n *yamlx.Node, k string) {
			c.Waivable = []string{}
			for _, t := range r.texts(n, k) {
				if !slices.Contains(classes, t) {
					r.unknown(n.Position, k, "class", t, classes)
				}
				c.Waivable = append(c.Waivable, t)
			}
		},
		"lock": func(n *yamlx.Node, k string) {
			for _, t := range r.texts(n, k) {
				if !slices.Contains(lockable, t) {
					r.unknown(n.Position, k, "key", t, lockable)
				}
				c.Lock = append(c.Lock, t)
			}
		},
		"limits": r.limits,
		"custom": func(n *yamlx.Node, k string) {
			r.wrong(n.Position, k, "remove it", "custom rules are not supported yet")
		},
	})
}

// classes are the classes that a configuration speaks of; lockable the keys that
// a parent may keep from its children.
var (
	classes  = []string{compat.ClassData, compat.ClassPolicy, compat.ClassUndecided, compat.ClassInfo, compat.ClassRepo}
	lockable = []string{"level", "policy", "unknown", "severity", "waivers", "subject", "format", "encodings"}
)

func (r *configReader) registries(n *yamlx.Node, key string) {
	r.config.Registries = map[string]Registry{}
	if n.Kind != yamlx.Mapping {
		r.wrong(n.Position, key, "", "this is %s; a mapping of names is needed", n.Kind)
		return
	}
	for i := range n.Members {
		m := &n.Members[i]
		var reg Registry
		r.mapping(m.Value, join(key, m.Key), fields{
			"url": func(n *yamlx.Node, k string) {
				reg.URL = r.text(n, k)
				u, err := url.Parse(reg.URL)
				switch {
				case err != nil || u.Host == "":
					r.wrong(n.Position, k, "write it as https://host", "%q is no address of a registry", reg.URL)
				case u.User != nil:
					r.wrong(n.Position, k, "take them out of the file and set INSTAR_BASIC or INSTAR_TOKEN", "the address holds credentials")
				}
			},
			"context": func(n *yamlx.Node, k string) { reg.Context = r.text(n, k) },
		})
		if reg.URL == "" && len(r.problems) == 0 {
			r.wrong(m.Position, join(key, m.Key), "", "url is missing")
		}
		r.config.Registries[m.Key] = reg
	}
}

func (r *configReader) source(n *yamlx.Node, key string) {
	m := Mapping{Subject: "{path}", Roots: []string{"."}, Place: n.Position, set: map[string]bool{}, sampleDir: path.Dir(r.config.File)}
	for i := range n.Members {
		m.set[n.Members[i].Key] = true
	}
	r.mapping(n, key, fields{
		"match": func(n *yamlx.Node, k string) {
			m.Match = r.texts(n, k)
			if _, err := newGlobs(m.Match); err != nil {
				r.wrong(n.Position, k, "", "%s", err)
			}
		},
		"pathPattern": func(n *yamlx.Node, k string) {
			var err error
			if m.PathPattern, err = regexp.Compile("^(?:" + r.text(n, k) + ")$"); err != nil {
				r.wrong(n.Position, k, "", "the pattern cannot be read: %s", err)
			}
		},
		"subject": func(n *yamlx.Node, k string) { m.Subject = r.template(n, k) },
		"format":  func(n *yamlx.Node, k string) { m.Format = r.format(n, k) },
		"level":   func(n *yamlx.Node, k string) { m.Level, _ = compat.ParseLevel(r.among(n, k, "level", levelNames)) },
		"policy":  func(n *yamlx.Node, k string) { m.Policy, _ = compat.ParsePolicy(r.among(n, k, "policy", policyNames)) },
		"unknown": func(n *yamlx.Node, k string) {
			m.Unknown, _ = compat.ParseOnUnknown(r.among(n, k, "value", unknownNames))
		},
		"encodings":     func(n *yamlx.Node, k string) { m.Encodings = r.encodings(n, k) },
		"assertFormats": func(n *yamlx.Node, k string) { m.AssertFormats = r.boolean(n, k) },
		"eventMessages": func(n *yamlx.Node, k string) { m.EventMessages = r.texts(n, k) },
		"history":       func(n *yamlx.Node, k string) { m.History = r.history(n, k) },
		"roots":         func(n *yamlx.Node, k string) { m.Roots = r.texts(n, k) },
		"samples":       func(n *yamlx.Node, k string) { m.Samples = r.texts(n, k) },
		"manage":        func(n *yamlx.Node, k string) { m.Manage = r.manage(n, k) },
	})
	if len(m.Match) == 0 {
		r.wrong(n.Position, key, `add match: ["**/*.avsc"]`, "match is missing")
	}
	if m.Level.Transitive() && m.History.Kind == HistoryNone && m.set["level"] {
		m.needsHistory = true
	}
	r.config.Sources = append(r.config.Sources, m)
}

var (
	levelNames   = []string{"NONE", "BACKWARD", "BACKWARD_TRANSITIVE", "FORWARD", "FORWARD_TRANSITIVE", "FULL", "FULL_TRANSITIVE"}
	policyNames  = []string{"STRICT", "LENIENT", "EXACT", "DECLARED"}
	unknownNames = []string{"reject", "fallback", "allow"}
	templateKeys = []string{"path", "dir", "name", "record", "record.name", "record.namespace", "message", "package", "title", "id", "version"}
)

// template checks the keys of a subject template.
func (r *configReader) template(n *yamlx.Node, key string) string {
	t := r.text(n, key)
	for _, part := range templateParts(t) {
		name, isKey := strings.CutPrefix(part, "{")
		if !isKey {
			continue
		}
		name, closed := strings.CutSuffix(name, "}")
		switch {
		case !closed:
			r.wrong(n.Position, key, "close each { with a }", "the template cannot be read")
		case !strings.HasPrefix(name, "re:") && !slices.Contains(templateKeys, name):
			r.unknown(n.Position, key, "part of a template", name, templateKeys)
		}
	}
	return t
}

func (r *configReader) format(n *yamlx.Node, key string) schema.Format {
	switch r.among(n, key, "format", []string{"auto", "AVRO", "JSON", "PROTOBUF"}) {
	case "AVRO":
		return schema.Avro
	case "JSON":
		return schema.JSON
	case "PROTOBUF":
		return schema.Protobuf
	}
	return 0
}

// manage checks what apply may set beside schemas.
func (r *configReader) manage(n *yamlx.Node, key string) []string {
	known := []string{ManageConfig, ManageUpcasters}
	out := r.texts(n, key)
	for _, name := range out {
		if !slices.Contains(known, name) {
			r.unknown(n.Position, key, "value", name, known)
		}
	}
	return out
}

func (r *configReader) encodings(n *yamlx.Node, key string) []string {
	list := r.texts(n, key)
	for _, e := range list {
		if e != "binary" && e != "json" {
			r.unknown(n.Position, key, "encoding", e, []string{"binary", "json"})
		}
	}
	if !slices.Contains(list, "binary") {
		r.wrong(n.Position, key, "write [binary] or [binary, json]", "binary must be listed")
	}
	return list
}

func (r *configReader) history(n *yamlx.Node, key string) History {
	if n.Kind != yamlx.Mapping {
		kind := r.among(n, key, "history", []string{"none", HistoryFirstParent, HistoryFiles})
		if kind == "none" {
			return History{}
		}
		return History{Kind: kind}
	}
	h := History{Kind: HistoryTags}
	r.mapping(n, key, fields{"tags": func(n *yamlx.Node, k string) { h.Tags = r.text(n, k) }})
	if h.Tags == "" && len(r.problems) == 0 {
		r.wrong(n.Position, key, `write {tags: "v*"}`, "the pattern of the tags is missing")
	}
	return h
}

func (r *configReader) reference(n *yamlx.Node, key string) {
	ref := Reference{Place: n.Position}
	r.mapping(n, key, fields{
		"name":     func(n *yamlx.Node, k string) { ref.Name = r.text(n, k) },
		"subject":  func(n *yamlx.Node, k string) { ref.Subject = r.text(n, k) },
		"version":  func(n *yamlx.Node, k string) { ref.Version = r.number(n, k) },
		"registry": func(n *yamlx.Node, k string) { ref.Registry = r.text(n, k) },
	})
	if ref.Name == "" || ref.Subject == "" || ref.Version == 0 {
		r.wrong(n.Position, key, "", "name, subject and version are needed")
	}
	r.config.References = append(r.config.References, ref)
}

func (r *configReader) upcasters(n *yamlx.Node, key string) {
	u := &r.config.Upcasters
	r.mapping(n, key, fields{
		"match":   func(n *yamlx.Node, k string) { u.Match = r.texts(n, k) },
		"verdict": func(n *yamlx.Node, k string) { u.Verdict = r.among(n, k, "verdict", []string{"PROVED", "TESTED"}) },
	})
}

// severity keeps the order of the file, as later patterns beat earlier ones.
func (r *configReader) severity(n *yamlx.Node, key string) {
	if n.Kind != yamlx.Mapping {
		r.wrong(n.Position, key, "", "this is %s; a mapping from rules to severities is needed", n.Kind)
		return
	}
	for i := range n.Members {
		m := &n.Members[i]
		if !r.rule(m.Position, join(key, m.Key), m.Key) {
			continue
		}
		s := r.among(m.Value, join(key, m.Key), "severity", []string{SeverityError, SeverityWarning, SeverityNote, SeverityOff})
		if s == SeverityOff && slices.Contains(uncompared, m.Key) {
			r.wrong(m.Value.Position, join(key, m.Key), "exclude the file by a pattern with \"!\"", "%s cannot be off: the subject was not compared", m.Key)
		}
		r.config.Severity = append(r.config.Severity, SeverityRule{Pattern: m.Key, Severity: s, Place: m.Position})
	}
}

// rule checks that an id names a rule, or a pattern at least one.
func (r *configReader) rule(at schema.Position, key, id string) bool {
	if KnownRule(id) {
		return true
	}
	ids := RuleIDs()
	if strings.ContainsAny(id, "*?[") {
		if slices.ContainsFunc(ids, func(known string) bool { return ruleMatches(id, known) }) {
			return true
		}
		r.wrong(at, key, "evcheck rules lists them", "no rule matches %q", id)
		return false
	}
	r.unknown(at, key, "rule", id, ids)
	return false
}

// ruleMatches reports whether an id, or a pattern in which "*" stands for any
// part of a name, names a rule.
func ruleMatches(pattern, id string) bool {
	if pattern == "*" || pattern == id {
		return true
	}
	ok, err := path.Match(pattern, id)
	return ok && err == nil
}

func (r *configReader) waiver(n *yamlx.Node, key string) {
	w := WaiverRule{Waiver: Waiver{Kind: WaiverConfig, File: r.config.File, Line: n.Line}, Column: n.Column}
	r.mapping(n, key, fields{
		"rule": func(n *yamlx.Node, k string) {
			w.Rule = r.text(n, k)
			r.rule(n.Position, k, w.Rule)
		},
		"subject":     func(n *yamlx.Node, k string) { w.Subject = r.text(n, k) },
		"path":        func(n *yamlx.Node, k string) { w.Path = r.text(n, k) },
		"versions":    func(n *yamlx.Node, k string) { w.Versions = r.text(n, k) },
		"fingerprint": func(n *yamlx.Node, k string) { w.Fingerprint = r.text(n, k) },
		"reason":      func(n *yamlx.Node, k string) { w.Reason = r.text(n, k) },
		"by":          func(n *yamlx.Node, k string) { w.By = r.text(n, k) },
		"until": func(n *yamlx.Node, k string) {
			w.Until = r.text(n, k)
			if _, err := time.Parse(time.DateOnly, w.Until); err != nil {
				r.wrong(n.Position, k, "write it as 2026-03-31", "%q is no date", w.Until)
			}
		},
		"permanent": func(n *yamlx.Node, k string) { w.Permanent = r.boolean(n, k) },
	})
	switch {
	case w.Rule == "" && w.Fingerprint == "":
		r.wrong(n.Position, key, "", "rule or fingerprint is missing")
	case w.Until == "" && !w.Permanent:
		r.wrong(n.Position, key, "add until: with a date, or permanent: true", "the waiver does not say how long it holds")
	case w.Until != "" && w.Permanent:
		r.wrong(n.Position, key, "keep one of them", "a permanent waiver has no until")
	}
	r.config.Waivers = append(r.config.Waivers, w)
}

func (r *configReader) limits(n *yamlx.Node, key string) {
	l := &r.config.Limits
	r.mapping(n, key, fields{
		"files":        func(n *yamlx.Node, k string) { l.Files = r.number(n, k) },
		"total-bytes":  func(n *yamlx.Node, k string) { l.TotalBytes = int64(r.number(n, k)) },
		"file-bytes":   func(n *yamlx.Node, k string) { l.FileBytes = r.number(n, k) },
		"versions":     func(n *yamlx.Node, k string) { l.Versions = r.number(n, k) },
		"report-bytes": func(n *yamlx.Node, k string) { l.ReportSize = int64(r.number(n, k)) },
	})
}
