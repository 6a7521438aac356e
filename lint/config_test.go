package lint

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/instar-registry/instar/compat"
	"github.com/instar-registry/instar/schema"
)

// whole is a configuration with every key.
const whole = `instar: evcheck/v1
against: [git:origin/main, registry:prod]
registries: {prod: {url: "https://registry.example", context: ".orders"}}
profile: contract
sources:
  - match: ["events/**/*.avsc", "!events/drafts/**"]
    subject: "{record}-value"
    format: auto
    level: backward_transitive
    policy: STRICT
    unknown: reject
    encodings: [binary, json]
    assertFormats: true
    eventMessages: [a.B]
    history: {tags: "v*"}
    roots: [events, third_party]
    samples: ["events/{name}/examples/*.json"]
    manage: [config]
  - {match: "x/*", pathPattern: "x/(?P<n>.*)", subject: "{re:n}", history: files}
references:
  - {name: common/money.proto, subject: money-value, version: 3, registry: prod}
upcasters: {match: ["**/*.upcast.yaml"], verdict: PROVED}
severity: {"proto/*-unreserved": error, "schema/doc-changed": off, avro/field-renamed: note}
waivers:
  - {rule: avro/field-removed-without-default, subject: orders-value, path: customer.fax, reason: "fax unused since 2023", by: ada, until: 2026-03-31}
  - {fingerprint: "1:9f2c41d07be3a815", reason: "for a permanent reason", permanent: true, versions: 1-3}
waivable: [policy]
lock: [level, policy]
limits: {files: 10, total-bytes: 1000, file-bytes: 100, versions: 5}
`

func TestReadConfig(t *testing.T) {
	c, err := ReadConfig("evcheck.yaml", []byte(whole))
	if err != nil {
		t.Fatal(err)
	}
	m := c.Sources[0]
	if m.Level != compat.BackwardTransitive || m.Policy != compat.Strict || m.Unknown != compat.Reject || !m.JSON() || m.History != (History{Kind: HistoryTags, Tags: "v*"}) ||
		m.Place != (schema.Position{Line: 6, Column: 5}) || !m.AssertFormats || len(m.Roots) != 2 {
		t.Errorf("%+v", m)
	}
	if w := c.Waivers[0]; w.Line != 25 || w.Until != "2026-03-31" || w.Path != "customer.fax" || w.Kind != WaiverConfig {
		t.Errorf("%+v", w)
	}
	if len(c.Severity) != 3 || c.Profile != ProfileContract || c.Limits.Versions != 5 || c.Registries["prod"].Context != ".orders" || c.References[0].Version != 3 {
		t.Errorf("%+v", c)
	}
	for file, want := range map[string]bool{"events/a/b.avsc": true, "events/drafts/b.avsc": false, "other.avsc": false} {
		if got := c.mapping(file) != nil; got != want {
			t.Errorf("%s is mapped: %v", file, got)
		}
	}
}

func TestMistakesInTheConfiguration(t *testing.T) {
	for _, c := range [][2]string{
		{"sources: []", `line 1, column 1: the version of the format is missing or unknown; begin the file with: instar: evcheck/v1`},
		{"instar: evcheck/v2", `the version of the format is missing or unknown`},
		{"severty: {}", `line 2, column 1: unknown key "severty"; did you mean "severity"?`},
		{"profile: strict", `unknown profile "strict"; one of data, contract, report`},
		{"severity: {avro/field-renamd: error}", `unknown rule "avro/field-renamd"; did you mean "avro/field-renamed"?`},
		{"severity: {avro/nosuch-*: error}", `no rule matches "avro/nosuch-*"; evcheck rules lists them`},
		{"severity: {avro/field-renamed: fatal}", `unknown severity "fatal"`},
		{"sources: [{subject: x}]", `line 2, column 11: match is missing`},
		{"sources: [{match: a, level: BACKWARDS}]", `unknown level "BACKWARDS"; did you mean "BACKWARD"?`},
		{"sources: [{match: a, subject: '{recrd}'}]", `unknown part of a template "recrd"; did you mean "record"?`},
		{"sources: [{match: a, subject: '{record'}]", `close each { with a }`},
		{"sources: [{match: '{a'}]", `close each { with a }`},
		{"sources: [{match: a, encodings: [json]}]", `binary must be listed`},
		{"sources: [{match: a, history: {tag: v}}]", `unknown key "tag"; did you mean "tags"?`},
		{"sources: [{match: a, pathPattern: '('}]", `the pattern cannot be read`},
		{"registries: {p: {url: 'https://u:p@host'}}", `the address holds credentials; take them out of the file and set INSTAR_BASIC or INSTAR_TOKEN`},
		{"registries: {p: {url: host}}", `"host" is no address of a registry`},
		{"registries: {p: {}}", `url is missing`},
		{"waivers: [{reason: because it is so, permanent: true}]", `rule or fingerprint is missing`},
		{"waivers: [{rule: avro/type-changed, reason: because it is so}]", `the waiver does not say how long it holds`},
		{"waivers: [{rule: avro/type-changed, until: soon, reason: because it is so}]", `"soon" is no date; write it as 2026-03-31`},
		{"waivers: [{rule: avro/type-changed, until: 2026-01-01, permanent: true, reason: 0123456789}]", `a permanent waiver has no until`},
		{"waivable: [dta]", `unknown class "dta"; did you mean "data"?`},
		{"lock: [levels]", `unknown key "levels"; did you mean "level"?`},
		{"limits: {files: 0}", `a number above zero is needed`},
		{"custom: []", `custom rules are not supported yet; remove it`},
		{"references: [{name: a}]", `name, subject and version are needed`},
		{"against: {}", `this is a mapping; a text is needed`},
		{"sources: x", `this is text; a list is needed`},
		{"profile: data\nprofile: x", `profile`},
		{"upcasters: {verdict: NONE}", `unknown verdict "NONE"`},
	} {
		text, want := c[0], c[1]
		if !strings.Contains(text, "instar") && text != "sources: []" {
			text = "instar: evcheck/v1\n" + text
		}
		_, err := ReadConfig("evcheck.yaml", []byte(text))
		var bad *ConfigError
		if !errors.As(err, &bad) || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "evcheck.yaml: line ") {
			t.Errorf("%q: %v\n\twant %s", text, err, want)
		}
	}
	_, err := ReadConfig("evcheck.yaml", []byte("instar: evcheck/v1\na: 1\nb: 2"))
	if err == nil || strings.Count(err.Error(), "\n") != 1 {
		t.Errorf("two mistakes are not told together: %v", err)
	}
}

func TestTemplates(t *testing.T) {
	texts := map[string]string{
		"events/v1/order.avsc":    `{"type": "record", "name": "Order", "namespace": "shop", "fields": []}`,
		"events/v1/pay.proto":     "syntax = \"proto3\";\npackage shop;\nmessage Pay {}\n",
		"events/v1/u.schema.json": `{"$schema": "http://json-schema.org/draft-07/schema#", "$id": "https://x.example/u", "title": "User"}`,
	}
	for template, want := range map[string][3]string{
		"{path}":                           {"events/v1/order.avsc", "events/v1/pay.proto", "events/v1/u.schema.json"},
		"{dir}:{name}":                     {"events/v1:order", "events/v1:pay", "events/v1:u"},
		"{re:v}.{name}":                    {"v1.order", "v1.pay", "v1.u"},
		"{record}-value":                   {"shop.Order-value", "", ""},
		"{record.namespace}/{record.name}": {"shop/Order", "", ""},
		"{package}.{message}":              {"", "shop.shop.Pay", ""},
		"{title}":                          {"", "", "User"},
		"{id}":                             {"", "", "https://x.example/u"},
	} {
		c, err := ReadConfig("evcheck.yaml", []byte("instar: evcheck/v1\nsources:\n  - match: '**'\n    pathPattern: 'events/(?P<v>v\\d+)/.*'\n    subject: '"+template+"'\n"))
		if err != nil {
			t.Fatal(err)
		}
		units, err := newSide(NewMemoryTree("t", texts), c).choose(context.Background(), c, nil)
		if err != nil || len(units) != 3 {
			t.Fatal(units, err)
		}
		for i, u := range units {
			w := want[i]
			if w == "" {
				w = u.file // what the template needs is not there
			}
			if u.subject != w {
				t.Errorf("%s of %s is %q, want %q", template, u.file, u.subject, w)
			}
		}
	}
}

func TestTwoFilesOfOneSubject(t *testing.T) {
	c, err := ReadConfig("evcheck.yaml", []byte("instar: evcheck/v1\nsources: [{match: '**', subject: '{name}'}]"))
	if err != nil {
		t.Fatal(err)
	}
	tree := NewMemoryTree("t", map[string]string{"a/x.avsc": `"int"`, "b/x.avsc": `"int"`})
	_, err = Compare(context.Background(), Request{Head: tree, Bases: []Base{{Tree: tree}}, Config: c})
	if err == nil || !strings.Contains(err.Error(), `two files of the head are the subject "x": a/x.avsc and b/x.avsc; give the template another part`) {
		t.Errorf("%v", err)
	}
}

func load(t *testing.T, dir string, texts map[string]string) (*Config, error) {
	t.Helper()
	return LoadConfig(context.Background(), NewMemoryTree("t", texts), dir)
}

func TestConfigurationsOfFolders(t *testing.T) {
	texts := map[string]string{
		"evcheck.yaml":            "instar: evcheck/v1\nsources: [{match: '**/*.avsc', level: FULL, unknown: reject}]\nseverity: {avro/*: warning}\nlock: [policy]",
		"pay/evcheck.yaml":        "instar: evcheck/v1\nsources: [{match: '*.avsc', level: FORWARD}]",
		"pay/inner/evcheck.yaml":  "instar: evcheck/v1\nseverity: {avro/type-changed: note}",
		"other/deep/evcheck.yaml": "instar: evcheck/v1\nsources: [{match: '**', subject: '{name}'}]",
	}
	c, err := load(t, "pay", texts)
	if err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]compat.Level{"a.avsc": compat.Full, "pay/a.avsc": compat.Forward, "pay/inner/a.avsc": compat.Full} {
		if m := c.mapping(file); m == nil || m.Level != want || m.Unknown != compat.Reject {
			t.Errorf("%s: %+v", file, m)
		}
	}
	for file, want := range map[string]string{"a.avsc": SeverityWarning, "pay/inner/a.avsc": SeverityNote} {
		f := Finding{Rule: "avro/type-changed", Class: compat.ClassData, Required: true, Severity: SeverityError, New: &Location{File: file}}
		if got := c.severity(&f); got != want {
			t.Errorf("%s: %s", file, got)
		}
	}
	texts["pay/evcheck.yaml"] = "instar: evcheck/v1\nsources: [{match: '*.avsc', policy: LENIENT}]"
	if _, err := load(t, ".", texts); err == nil || !strings.Contains(err.Error(), "pay/evcheck.yaml: line 2, column 11: policy is locked by evcheck.yaml; remove it here") {
		t.Errorf("a locked key was changed: %v", err)
	}
	delete(texts, "evcheck.yaml")
	if c, err := load(t, "other/deep", texts); err != nil || c.File != "other/deep/evcheck.yaml" || len(c.nested) != 0 || c.mapping("a.avsc") != nil {
		t.Errorf("%+v, %v", c, err)
	}
	if c, err := load(t, ".", texts); err != nil || c.File != "" || len(c.nested) != 3 || c.mapping("other/deep/x.proto").Subject != "{name}" {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestSeverities(t *testing.T) {
	f := func(rule, class, severity string, required bool) Finding {
		return Finding{Rule: rule, Class: class, Severity: severity, Required: required}
	}
	for _, c := range []struct {
		config string
		f      Finding
		want   string
	}{
		{"", f("avro/type-changed", "data", "error", true), "error"},
		{"severity: {avro/type-changed: warning, 'avro/*': note}", f("avro/type-changed", "data", "error", true), "warning"},
		{"severity: {'avro/*': note, 'avro/type-*': warning}", f("avro/type-changed", "data", "error", true), "warning"},
		{"severity: {'*': off}", f("avro/type-changed", "data", "error", true), "off"},
		{"severity: {'avro/*': error}", f("avro/type-changed", "data", "note", false), "note"},
		{"severity: {'proto/*-unreserved': error}", f("proto/field-number-unreserved", "policy", "warning", true), "error"},
		{"profile: contract", f("proto/field-renamed", "policy", "warning", true), "error"},
		{"profile: contract", f("proto/field-renamed", "info", "note", true), "note"},
		{"profile: report", f("avro/type-changed", "data", "error", true), "warning"},
		{"profile: report\nseverity: {'*': error}", f("avro/type-changed", "data", "error", true), "warning"},
	} {
		config, err := ReadConfig("evcheck.yaml", []byte("instar: evcheck/v1\n"+c.config))
		if err != nil {
			t.Fatal(err)
		}
		if got := config.severity(&c.f); got != c.want {
			t.Errorf("%q of %s: %s, want %s", c.config, c.f.Rule, got, c.want)
		}
	}
}
