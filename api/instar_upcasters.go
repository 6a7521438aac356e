package api

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/auth"
	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/upcast"
)

// upcasterRoutes are the routes about upcasters and what they do to events.
func upcasterRoutes(*API) []route {
	const read, expensive, write = auth.Read, auth.Expensive, auth.Write
	get, put, post, del := http.MethodGet, http.MethodPut, http.MethodPost, http.MethodDelete
	return []route{
		{method: get, path: "/subjects/:subject/upcasters", action: read, class: expensive, query: []param{{"from", natural}, {"to", natural}, {"state", text}, {"origin", text}, pOffset, pLimit}, handle: listUpcasters},
		{method: get, path: "/subjects/:subject/upcasters/coverage", action: read, class: expensive, query: []param{{"target", text}}, handle: upcasterCoverage},
		{
			method: get, path: "/subjects/:subject/upcasters/plan", action: read, class: expensive,
			query: []param{{"from", text}, {"to", text}, {"toSubject", text}, {"repr", text}, {"message", text}}, handle: upcasterPlan,
		},
		{method: get, path: "/upcasters/plans/:hash", action: read, class: expensive, query: []param{pSubject, {"from", natural}, {"to", natural}}, handle: planByHash},
		{method: post, path: "/subjects/:subject/upcasters/verify", action: read, class: expensive, body: jsonBody, handle: verifyUpcaster},
		{method: post, path: "/subjects/:subject/upcasters/derive", action: read, class: expensive, body: jsonBody, handle: deriveUpcaster},
		{method: get, path: "/upcasters/sources", action: read, class: expensive, query: []param{pSubject, {"version", text}, {"type", text}}, handle: upcasterSources},
		{method: post, path: "/upcasters/verify", action: read, class: expensive, body: jsonBody, handle: verifyBetween},
		{method: get, path: "/subjects/:subject/upcasters/:from/:to", action: read, class: auth.Free, query: []param{{"revision", natural}, pFormat}, handle: getUpcaster},
		{method: put, path: "/subjects/:subject/upcasters/:from/:to", action: auth.Register, class: write, body: jsonBody, query: []param{{"state", text}, {"acceptPartial", boolean}}, handle: putUpcaster},
		{method: del, path: "/subjects/:subject/upcasters/:from/:to", action: auth.Steward, class: write, query: []param{{"state", text}}, handle: deleteUpcaster},
		{method: post, path: "/upcast", action: read, class: expensive, body: bulkBody, handle: upcastEvent},
		{
			method: post, path: "/upcast/batch", action: read, class: expensive, stream: true, body: rawBody,
			query: []param{pSubject, {"from", text}, {"to", text}, {"toSubject", text}, {"as", text}, {"message", text}, {"trace", boolean}, {"wrapped", boolean}, {"type", text}, {"midway", boolean}}, handle: upcastBatch,
		},
	}
}

// known demands that the caller sees the subject.
func (x *request) knownSubject() (registry.Name, error) {
	written := x.subject()
	var n registry.Name
	err := x.view(func(st *registry.State) error {
		if x.findSubject(st, written) == nil {
			return subjectNotFound(written)
		}
		n = st.Alias(written)
		return nil
	})
	return n, err
}

func (x *request) upcasterBody(u *registry.Upcaster) wire.Upcaster {
	target, sees := "", x.sees()
	if u.Renames != nil && (sees == nil || sees(u.Renames.Name())) {
		target = u.Renames.Name().String()
	}
	return wire.Upcaster{
		Target: target, From: u.From, To: u.To, Revision: u.Revision, State: u.State, Origin: originDocument, Hash: u.Document, Verdict: u.Verdict, Class: u.Class,
		Total: u.Total && u.Verdict != string(upcast.Refuted), Prover: u.Prover, Bridges: u.Bridges, Partial: u.Partial, Author: u.Author, At: timestamp(u.At),
	}
}

// hopOf reads the versions of the path.
func (x *request) hopOf() (from, to int, err error) {
	if from, err = strconv.Atoi(x.params[1]); err == nil {
		to, err = strconv.Atoi(x.params[2])
	}
	if err != nil || from < 1 || to < 1 {
		return 0, 0, registry.Fail(registry.InvalidVersion, "The versions '%s' and '%s' are not valid version ids. Allowed values are between [1, 2^31-1]", clip(x.params[1], 40), clip(x.params[2], 40))
	}
	return from, to, nil
}

func getUpcaster(x *request) error {
	n, err := x.knownSubject()
	if err != nil {
		return err
	}
	from, to, err := x.hopOf()
	if err != nil {
		return err
	}
	format := strings.ToLower(x.text("format"))
	if format != "" && format != "yaml" && format != "json" {
		return badRequest("The query parameter format must be yaml or json, or absent for the text as it was sent, not %s", clip(format, 20))
	}
	u, text, err := x.api.service.UpcasterText(x.ctx, n, from, to, int(x.arg("revision").number))
	if err != nil {
		return err
	}
	out := x.upcasterBody(&u)
	out.Document = text
	// What was sent in the format that is asked for is given back as it is, with its
	// comments.
	if sent := strings.HasPrefix(strings.TrimSpace(text), "{"); format == "yaml" && sent || format == "json" && !sent {
		if doc, err := upcast.Parse(text); err == nil && sent {
			out.Document = doc.YAML()
		} else if err == nil {
			out.Document = doc.Canonical()
		}
	}
	plain, err := wire.Marshal(out)
	if err != nil {
		return &schema.Bug{Where: "encode " + x.template(), Cause: err}
	}
	body := render(plain)
	return x.send(http.StatusOK, renderTagged(plain, revisionTag(u.Revision, body)), revalidate)
}

// upcasterText reads the document of a body: {"document": …} with its text in YAML
// or JSON, or as an object, and what else may stand beside it, or the document
// itself.
func (d *decoder) upcasterText(beside ...string) (string, error) {
	if d.get(d.root, "document") != nil {
		text := d.document()
		return text, d.strict(append([]string{"document"}, beside...)...)
	}
	if d.get(d.root, "instar") == nil {
		d.fail(d.root, `Send the document, which begins with "instar": "upcast/v1", or {"document": "…"} with its text in YAML or JSON`)
	}
	return string(jsonx.Append(nil, d.root)), d.err
}

// document reads the property document: a text in YAML or JSON, or an object.
func (d *decoder) document() string {
	v := d.get(d.root, "document")
	if v != nil && v.Kind == jsonx.Object {
		return string(jsonx.Append(nil, v))
	}
	return d.string(d.root, "document")
}

func upcasterCoverage(x *request) error {
	n, err := x.knownSubject()
	if err != nil {
		return err
	}
	target := 0
	if t := x.text("target"); t != "" && !strings.EqualFold(t, "latest") {
		if target, err = registry.ParseVersion(t); err != nil {
			return err
		}
	}
	c, err := x.api.service.Coverage(x.ctx, n, max(target, 0))
	if err != nil {
		return err
	}
	if sees := x.sees(); sees != nil {
		c.Others = slices.DeleteFunc(c.Others, func(r registry.Reach) bool { return !sees(r.Name) })
	}
	all := append(c.Versions, c.Others...)
	out := wire.UpcasterCoverage{Subject: n.String(), Target: c.Target, Hops: hopBodies(c.Hops), Versions: make([]wire.UpcasterReach, len(all))}
	for i := range all {
		r := &all[i]
		out.Versions[i] = wire.UpcasterReach{Version: r.Version, Deleted: r.Deleted, BridgedBy: r.BridgedBy, To: pathBody(&r.To), Back: pathBody(&r.Back), LastUsed: timestamp(x.api.own.uses.last(registry.Target{Name: r.Name, Version: r.Version}))}
		if i >= len(c.Versions) {
			out.Versions[i].Subject = r.Name.String()
		}
	}
	return x.fresh(out)
}

func pathBody(p *registry.Path) wire.UpcasterPath {
	return wire.UpcasterPath{Reachable: p.Reachable, Verdict: string(p.Verdict), Class: string(p.Class), Total: p.Total, Gap: p.Gap, Witness: p.Witness}
}

func hopBodies(hops []registry.HopInfo) []wire.UpcasterHop {
	out := []wire.UpcasterHop{}
	for i := range hops {
		h := &hops[i]
		origin := originDerived
		if h.Document != "" {
			origin = originDocument
		} else if h.Rules {
			origin = originRules
		}
		out = append(out, wire.UpcasterHop{
			Subject: other(h.Source, hops[0].Source), From: h.From, To: h.To, Target: otherSubject(h), Origin: origin, Hash: h.Document, Verdict: string(h.Verdict.Outcome), Class: string(h.Verdict.Class), Total: h.Verdict.Total, Unproved: h.Unproved,
		})
	}
	return out
}

// otherSubject is the subject that a hop leads to, if it is another one.
func otherSubject(h *registry.HopInfo) string { return other(h.Target, h.Source) }

// other is a subject that is not the one which is meant where none is named.
func other(n, meant registry.Name) string {
	if n == meant {
		return ""
	}
	return n.String()
}

// versionText reads a version that is a number or a word.
func (d *decoder) versionText(o *jsonx.Value, name string) string {
	v := d.get(o, name)
	if v == nil {
		return ""
	}
	if v.Kind != jsonx.Number && v.Kind != jsonx.String {
		d.wrong(v, name, "a version number or \"latest\"")
	}
	return v.Text
}
