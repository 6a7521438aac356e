package api

import (
	"compress/gzip"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/auth"
	"github.com/instar-registry/instar/internal/archive"
	"github.com/instar-registry/instar/registry"
)

// exported is one version on its way into an archive.
type exported struct {
	name    registry.Name
	version *registry.Version
}

// selection is what an export holds, taken from one state.
type selection struct {
	scope     scope
	deleted   bool
	config    bool
	versions  []exported
	contexts  []string
	upcasters []exportedUpcaster
}

// export writes an archive of one state.
func export(x *request) error {
	s := selection{}
	var err error
	if s.deleted, err = trueUnlessFalse("deleted", x.text("deleted")); err != nil {
		return err
	}
	if s.config, err = trueUnlessFalse("config", x.text("config")); err != nil {
		return err
	}
	if s.scope, err = x.exportScope(); err != nil {
		return err
	}
	may := registry.Name{Context: s.scope.context}
	if s.scope.context == "" {
		may = serverScope
	}
	if err := x.need(auth.Admin, may); err != nil {
		return err
	}
	// The newest state of the whole registry: a backup that misses what was
	// acknowledged before it began would be none.
	if err := x.api.service.Refresh(x.ctx); err != nil {
		return err
	}
	st := x.api.service.State()
	x.seq = st.Seq()
	s.collect(st, x.sees())
	x.header().Set("Content-Disposition", `attachment; filename="instar-export.ndjson"`)
	x.lastsLong()
	packed := acceptsGzip(x.r.Header["Accept-Encoding"])
	if packed {
		x.header()["Content-Encoding"] = gzipHeader
	}
	x.stream(wire.TypeNDJSON)
	if x.r.Method == http.MethodHead {
		return nil
	}
	if err := x.writeExport(st, &s, packed); err != nil {
		x.note.err = err
		x.api.opt.Logger.Warn("export broken off", "request_id", x.id[0], "err", err)
		// The missing last line tells the reader; so does the connection.
		panic(http.ErrAbortHandler)
	}
	return nil
}

// writeExport writes the archive as it is or compressed. One that breaks off has
// no end in either form.
func (x *request) writeExport(st *registry.State, s *selection, packed bool) error {
	if !packed {
		return x.writeArchive(&x.w, st, s)
	}
	z := zippers.Get().(*gzip.Writer)
	defer zippers.Put(z)
	z.Reset(&x.w)
	if err := x.writeArchive(z, st, s); err != nil {
		return err
	}
	return z.Close()
}

func trueUnlessFalse(name, value string) (bool, error) {
	switch {
	case value == "" || strings.EqualFold(value, "true"):
		return true, nil
	case strings.EqualFold(value, "false"):
		return false, nil
	}
	return false, badRequest("The query parameter %s is %q; true and false are known", name, clip(value, 40))
}

func (x *request) exportScope() (scope, error) {
	given, prefix := x.text("context"), x.text("subjectPrefix")
	if given == "" && x.target.context == "" {
		if prefix == "" {
			return scope{}, nil
		}
		return x.readScope(prefix), nil
	}
	context, err := x.contextArg(given)
	return scope{context, prefix}, err
}

// collect lists versions in the order in which they were registered, so that
// what is referenced comes first.
func (s *selection) collect(st *registry.State, sees func(registry.Name) bool) {
	contexts := map[string]bool{}
	s.scope.subjects(st, registry.Name{}, sees, func(sub *registry.Subject) bool {
		for i := range sub.Versions {
			v := &sub.Versions[i]
			if s.deleted || !v.Deleted {
				s.versions = append(s.versions, exported{sub.Name, v})
				contexts[sub.Name.Context] = true
			}
		}
		s.collectUpcasters(st, sub)
		return true
	})
	slices.SortStableFunc(s.versions, func(a, b exported) int {
		switch {
		case a.version.Seq < b.version.Seq:
			return -1
		case a.version.Seq > b.version.Seq:
			return 1
		}
		return 0
	})
	for c := range contexts {
		s.contexts = append(s.contexts, c)
	}
	slices.Sort(s.contexts)
}

func (x *request) writeArchive(out io.Writer, st *registry.State, s *selection) error {
	w, err := archive.NewWriter(out, archive.Header{Seq: st.Seq(), Contexts: s.contexts})
	if err != nil {
		return err
	}
	written := map[registry.Hash]string{}
	for _, e := range s.versions {
		if err := x.ctx.Err(); err != nil {
			return err
		}
		hash, err := x.writeText(w, e.version.Content.Text, written)
		if err != nil {
			return err
		}
		if err := w.Version(versionLine(e, hash)); err != nil {
			return err
		}
	}
	if err := x.writeUpcasters(w, s, written); err != nil {
		return err
	}
	if s.config {
		if err := writeScopes(st, s, x.sees(), w); err != nil {
			return err
		}
	}
	return w.Close()
}

// writeText writes a text where it is needed first, and gives its hash.
func (x *request) writeText(w *archive.Writer, h registry.Hash, written map[registry.Hash]string) (string, error) {
	if hash, ok := written[h]; ok {
		return hash, nil
	}
	body, err := x.api.service.Text(x.ctx, h)
	if err != nil {
		return "", err
	}
	hash, err := w.Text(body)
	written[h] = hash
	return hash, err
}

func versionLine(e exported, hash string) archive.VersionLine {
	c := e.version.Content
	line := archive.VersionLine{
		Context: e.name.Context, Subject: e.name.Subject, Version: e.version.Number, ID: e.version.ID,
		GUID: c.GUID.String(), SchemaType: c.Format.String(), Text: hash, Metadata: c.Metadata, RuleSet: c.RuleSet,
		Inherited: e.version.Inherited, At: e.version.At, Deleted: e.version.Deleted,
	}
	for _, r := range c.References {
		line.References = append(line.References, archive.Reference(r))
	}
	return line
}

// holds reports whether a scope of configuration belongs to the selection: the
// scopes of whole contexts do unless only some subjects were asked for.
func (s *selection) holds(n registry.Name) bool {
	if s.scope.context != "" && n.Context != s.scope.context {
		return false
	}
	if n.Subject == "" {
		return s.scope.prefix == ""
	}
	return strings.HasPrefix(n.Subject, s.scope.prefix)
}

func writeScopes(st *registry.State, s *selection, sees func(registry.Name) bool, w *archive.Writer) error {
	var failed error
	st.ScopedConfigs(func(n registry.Name, c *registry.Config) bool {
		if s.holds(n) && (sees == nil || sees(n)) {
			failed = w.Config(archive.ConfigLine{Context: n.Context, Subject: n.Subject, Config: c})
		}
		return failed == nil
	})
	if failed != nil {
		return failed
	}
	st.ScopedModes(func(n registry.Name, mode string) bool {
		if s.holds(n) && (sees == nil || sees(n)) {
			failed = w.Mode(archive.ModeLine{Context: n.Context, Subject: n.Subject, Mode: mode})
		}
		return failed == nil
	})
	return failed
}
