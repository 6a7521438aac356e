package api

import (
	"strings"

	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/auth"
	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/registry"
)

func modeRoutes(a *API) []route {
	get, put, del := []param{pGlobal}, []param{pForce}, []param{{"recursive", boolean}}
	const write = auth.Steward | auth.Migrate
	return []route{
		{method: "GET", path: "/mode", action: auth.Read, class: auth.Free, query: get, handle: (*request).getMode},
		{method: "GET", path: "/mode/:subject", action: auth.Read, class: auth.Free, query: get, handle: (*request).getMode},
		{method: "PUT", path: "/mode", action: write, class: auth.Write, body: jsonBody, query: put, handle: (*request).putMode},
		{method: "PUT", path: "/mode/:subject", action: write, class: auth.Write, body: jsonBody, query: put, handle: (*request).putMode},
		{method: "DELETE", path: "/mode", action: write, class: auth.Write, query: del, handle: (*request).deleteMode},
		{method: "DELETE", path: "/mode/:subject", action: write, class: auth.Write, query: del, handle: (*request).deleteMode},
	}
}

func (x *request) getMode() error {
	scope, global := x.scopeName()
	var mode, tag string
	if err := x.view(func(st *registry.State) error {
		own := st.Mode(scope)
		if !global && !x.may(auth.Read, scope) {
			own = ""
		}
		switch {
		case own != "":
			mode, tag = own, registry.ModeTag(own)
		case global:
			mode, tag = st.EffectiveMode(scope), registry.ModeTag("")
		case x.flag("defaultToGlobal"):
			mode, tag = st.EffectiveMode(x.visibleScope(scope)), ""
		default:
			return registry.Fail(registry.ModeNotFound, "Subject '%s' does not have subject-level mode configured", scope)
		}
		return nil
	}); err != nil {
		return err
	}
	return x.sendTagged(wire.Mode{Mode: mode}, tag)
}

// needMode asks for the right to set or leave a mode: IMPORT and FORWARD are
// for migrators.
func (x *request) needMode(scope registry.Name, modes ...string) error {
	for _, m := range modes {
		if m = strings.ToUpper(m); m == "IMPORT" || m == "FORWARD" {
			return x.need(auth.Migrate, scope)
		}
	}
	return x.need(auth.Steward, scope)
}

func (x *request) putMode() error {
	scope, _ := x.scopeName()
	d, err := x.decode()
	if err != nil {
		return err
	}
	v := d.root.Get("mode")
	mode := d.string(d.root, "mode")
	if d.err != nil {
		return d.err
	}
	if v == nil || v.Kind == jsonx.String && v.Text == "" {
		return registry.Fail(registry.InvalidMode, "Invalid mode. Valid values are READWRITE, READONLY, IMPORT and FORWARD.")
	}
	if err := x.needMode(scope, mode, x.api.service.State().Mode(scope)); err != nil {
		return err
	}
	by, err := x.by()
	if err != nil {
		return err
	}
	out, err := x.api.service.SetMode(x.ctx, by, registry.SetMode{
		Scope: scope, Mode: mode, Force: x.flag("force"), IfMatch: x.r.Header.Get("If-Match"),
	})
	if err != nil {
		return err
	}
	x.header()["Etag"] = []string{`"` + registry.ModeTag(out) + `"`}
	return x.json(200, wire.Mode{Mode: out})
}

func (x *request) deleteMode() error {
	scope, _ := x.scopeName()
	if err := x.needMode(scope, x.api.service.State().Mode(scope)); err != nil {
		return err
	}
	by, err := x.by()
	if err != nil {
		return err
	}
	old, err := x.api.service.DeleteMode(x.ctx, by, registry.DeleteMode{Scope: scope, Recursive: x.flag("recursive")})
	if err != nil {
		return err
	}
	return x.json(200, wire.Mode{Mode: old})
}
