package api

import (
	"net/http"
	"strings"

	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/auth"
	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/schema"
)

func configRoutes(a *API) []route {
	get := []param{pGlobal, {"explain", boolean}}
	return []route{
		{method: "GET", path: "/config", action: auth.Read, class: auth.Free, query: get, handle: (*request).getConfig},
		{method: "GET", path: "/config/:subject", action: auth.Read, class: auth.Free, query: get, handle: (*request).getConfig},
		{method: "PUT", path: "/config", action: auth.Steward, class: auth.Write, body: jsonBody, handle: (*request).putConfig},
		{method: "PUT", path: "/config/:subject", action: auth.Steward, class: auth.Write, body: jsonBody, handle: (*request).putConfig},
		{method: "DELETE", path: "/config", action: auth.Steward, class: auth.Write, handle: (*request).deleteConfig},
		{method: "DELETE", path: "/config/:subject", action: auth.Steward, class: auth.Write, handle: (*request).deleteConfig},
	}
}

// scopeName is the scope of a configuration or mode route: a subject, a whole
// context, or the default context for the global routes.
func (x *request) scopeName() (n registry.Name, global bool) {
	if len(x.params) > 0 {
		return x.subject(), false
	}
	if x.target.context == "" || x.target.context == registry.DefaultContext {
		return registry.Name{Context: registry.DefaultContext}, true
	}
	return registry.Name{Context: x.target.context}, false
}

func (x *request) getConfig() error {
	scope, global := x.scopeName()
	var body *wire.Config
	tag := ""
	if err := x.view(func(st *registry.State) error {
		own := st.Config(scope)
		if !global && !x.may(auth.Read, scope) {
			own = nil
		}
		switch {
		case x.flag("explain"):
			e := st.Effective(x.visibleScope(scope), x.api.service.Settings())
			body = configBody(&e.Config)
			body.Sources = map[string]string{}
			for name, from := range e.Sources {
				body.Sources[publicName(name)] = string(from)
			}
		case global:
			body, tag = x.globalConfig(st), registry.ConfigTag(own)
		case own != nil && !x.flag("defaultToGlobal"):
			body, tag = configBody(own), registry.ConfigTag(own)
		case x.flag("defaultToGlobal"):
			body = x.effectiveConfig(st, x.visibleScope(scope))
		default:
			return registry.Fail(registry.ConfigNotFound, "Subject '%s' does not have subject-level compatibility configured", scope)
		}
		return nil
	}); err != nil {
		return err
	}
	return x.sendTagged(body, tag)
}

// visibleScope is the scope itself, or the context around it when the caller may
// not see it: what an absent subject would inherit.
func (x *request) visibleScope(n registry.Name) registry.Name {
	if n.Subject == "" || x.may(auth.Read, n) {
		return n
	}
	return registry.Name{Context: n.Context}
}

// sendTagged answers with a body whose entity tag is what If-Match compares.
func (x *request) sendTagged(body any, tag string) error {
	if tag == "" {
		return x.fresh(body)
	}
	plain, err := wire.Marshal(body)
	if err != nil {
		return &schema.Bug{Where: "encode " + x.template(), Cause: err}
	}
	b := renderTagged(plain, tag)
	b.noZip = true
	return x.send(http.StatusOK, b, revalidate)
}

// globalConfig is the entry of the default context; a level is always there.
func (x *request) globalConfig(st *registry.State) *wire.Config {
	return x.effectiveConfig(st, registry.Name{Context: registry.DefaultContext})
}

// effectiveConfig is what is in force for a scope, less what only the server's
// own defaults say, the level apart.
func (x *request) effectiveConfig(st *registry.State, n registry.Name) *wire.Config {
	e := st.Effective(n, x.api.service.Settings())
	body := configBody(&e.Config)
	if e.Sources["policy"] == "server" {
		body.CompatibilityPolicy = ""
	}
	if e.Sources["normalize"] == "server" {
		body.Normalize = nil
	}
	if e.Sources["validateNew"] == "server" {
		body.ValidateNewSchemas = nil
	}
	return body
}

// configNames maps the names of the registry's properties to those of bodies,
// where they differ.
var configNames = map[string]string{
	"compatibility": "compatibilityLevel", "policy": "compatibilityPolicy", "group": "compatibilityGroup",
	"unknown": "compatibilityUnknown", "validateNew": "validateNewSchemas",
}

func publicName(name string) string {
	if public, ok := configNames[name]; ok {
		return public
	}
	return name
}

// configBody is an entry as GET and DELETE show it.
func configBody(c *registry.Config) *wire.Config {
	return &wire.Config{
		CompatibilityLevel: c.Compatibility, CompatibilityPolicy: c.Policy, CompatibilityGroup: c.Group,
		CompatibilityUnknown: c.Unknown, Normalize: c.Normalize, ValidateFields: c.ValidateFields,
		ValidateNewSchemas: c.ValidateNew, ValidateRules: c.ValidateRules, Alias: c.Alias, AliasForDeks: c.AliasForDeks,
		DefaultMetadata: metadataBody(c.DefaultMetadata), OverrideMetadata: metadataBody(c.OverrideMetadata),
		DefaultRuleSet: ruleSetBody(c.DefaultRuleSet), OverrideRuleSet: ruleSetBody(c.OverrideRuleSet),
		UpcasterVerdict: c.UpcasterVerdict, RequireUpcasterAcrossGroups: c.UpcasterGroups,
		AssertFormats: c.AssertFormats, Encodings: c.Encodings, EventMessages: c.EventMessages,
	}
}

// configPatch reads the body of PUT /config: absent keeps, null clears.
func (d *decoder) configPatch(o *jsonx.Value) (p registry.ConfigPatch, err error) {
	level := d.string(o, "compatibility")
	if level == "" {
		level = d.string(o, "compatibilityLevel")
	}
	p.Set = registry.Config{
		Compatibility: level, Policy: d.string(o, "compatibilityPolicy"), Group: d.string(o, "compatibilityGroup"),
		Unknown: d.string(o, "compatibilityUnknown"), Normalize: d.optionalBool(o, "normalize"),
		ValidateFields: d.optionalBool(o, "validateFields"), ValidateNew: d.optionalBool(o, "validateNewSchemas"),
		ValidateRules: d.optionalBool(o, "validateRules"), Alias: d.string(o, "alias"), AliasForDeks: d.string(o, "aliasForDeks"),
		UpcasterVerdict: strings.ToUpper(d.string(o, "upcasterVerdict")), UpcasterGroups: d.optionalBool(o, "requireUpcasterAcrossGroups"),
		AssertFormats: d.optionalBool(o, "assertFormats"), Encodings: d.strings(o, "encodings"), EventMessages: d.strings(o, "eventMessages"),
		DefaultMetadata: d.metadata(o, "defaultMetadata"), OverrideMetadata: d.metadata(o, "overrideMetadata"),
		DefaultRuleSet: d.ruleSet(o, "defaultRuleSet"), OverrideRuleSet: d.ruleSet(o, "overrideRuleSet"),
	}
	for _, m := range o.Members {
		v := m.Value
		if v.Kind == jsonx.Null || v.Kind == jsonx.String && v.Text == "" || v.Kind == jsonx.Array && len(v.Items) == 0 {
			p.Clear = append(p.Clear, m.Key)
		}
	}
	return p, d.err
}

func (x *request) putConfig() error {
	scope, _ := x.scopeName()
	d, err := x.decode()
	if err != nil {
		return err
	}
	patch, err := d.configPatch(d.root)
	if err != nil {
		return err
	}
	if err := x.need(auth.Steward, scope); err != nil {
		return err
	}
	if alias := patch.Set.Alias; alias != "" {
		// An alias shows its target to whoever sees the alias.
		if target := registry.In(scope.Context, alias); !x.may(auth.Read, target) {
			return errForbidden(auth.Read.String())
		}
	}
	by, err := x.by()
	if err != nil {
		return err
	}
	out, err := x.api.service.SetConfig(x.ctx, by, registry.SetConfig{Scope: scope, Patch: patch, IfMatch: x.r.Header.Get("If-Match")})
	if err != nil {
		return err
	}
	body := configBody(&out)
	body.Compatibility, body.CompatibilityLevel = body.CompatibilityLevel, ""
	x.header()["Etag"] = []string{`"` + registry.ConfigTag(&out) + `"`}
	return x.json(200, body)
}

func (x *request) deleteConfig() error {
	scope, _ := x.scopeName()
	if err := x.need(auth.Steward, scope); err != nil {
		return err
	}
	by, err := x.by()
	if err != nil {
		return err
	}
	out, err := x.api.service.DeleteConfig(x.ctx, by, registry.DeleteConfig{Scope: scope, IfMatch: x.r.Header.Get("If-Match")})
	if err != nil {
		return err
	}
	return x.json(200, configBody(&out))
}
