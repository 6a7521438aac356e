package api

import (
	"net/http"
	"strings"

	"github.com/instar-registry/instar/auth"
	"github.com/instar-registry/instar/registry"
)

func contextRoutes(a *API) []route {
	return []route{
		{
			method: "GET", path: "/contexts", action: auth.Read, class: auth.List,
			query: []param{{"contextPrefix", text}, pOffset, pLimit, pCursor}, handle: (*request).listContexts,
		},
		{method: "DELETE", path: "/contexts/:context", action: auth.Admin, class: auth.Write, handle: (*request).deleteContext},
	}
}

func (x *request) listContexts() error {
	p, err := x.page(x.api.opt.ContextsPage)
	if err != nil {
		return err
	}
	prefix := strings.TrimSuffix(strings.TrimPrefix(x.text("contextPrefix"), ":"), ":")
	names := []string{}
	if err := x.view(func(st *registry.State) error {
		names = names[:0]
		for _, context := range st.Contexts() {
			if strings.HasPrefix(context, prefix) && x.seesContext(st, context) {
				names = append(names, context)
			}
		}
		return nil
	}); err != nil {
		return err
	}
	return x.fresh(cut(x, p, names, func(s string) string { return s }, func(s, key string) bool { return s > key }))
}

// seesContext reports whether the caller may know of a context: the default one
// always, another if it sees the context's scope or a subject in it.
func (x *request) seesContext(st *registry.State, context string) bool {
	sees := x.sees()
	if sees == nil || context == registry.DefaultContext || sees(registry.Name{Context: context}) {
		return true
	}
	found := false
	st.SubjectsIn(context, "", func(s *registry.Subject) bool {
		found = sees(s.Name)
		return !found
	})
	return found
}

func (x *request) deleteContext() error {
	context, err := readContext(x.params[0])
	if err != nil {
		return err
	}
	if err := x.need(auth.Admin, registry.Name{Context: context}); err != nil {
		return err
	}
	by, err := x.by()
	if err != nil {
		return err
	}
	if err := x.api.service.DeleteContext(x.ctx, by, registry.DeleteContext{Context: context}); err != nil {
		return err
	}
	return x.empty(http.StatusNoContent)
}
