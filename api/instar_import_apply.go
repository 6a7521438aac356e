package api

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/auth"
	"github.com/instar-registry/instar/internal/archive"
	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/schema"
)

// verdict is what the registry holds in the place of a version of the archive.
type verdict uint8

const (
	absent    verdict = iota
	identical         // the same version, id and content: nothing to do
	elsewhere         // equal content is live in the subject under another number
)

// compare holds a version of the archive against the registry. A conflict is an
// error, since ids and versions are kept or nothing is written.
func (i *importer) compare(st *registry.State, number int64, v *archive.VersionLine) (verdict, error) {
	n := i.name(v.Context, v.Subject)
	conflict := func(format string, args ...any) (verdict, error) {
		return absent, registry.Fail(registry.ImportConflict, "line %d: %s; map the context to another one with contextMap, or import into an empty registry",
			number, fmt.Sprintf(format, args...))
	}
	if b := st.Binding(n.Context, v.ID); b != nil && !sameContent(b.Content, v) {
		return conflict("the id %d of the context '%s' stands for another schema", v.ID, n.Context)
	}
	s := st.Subject(n)
	if have := s.Version(v.Version); have != nil {
		switch {
		case !sameContent(have.Content, v):
			return conflict("version %d of subject '%s' exists already with other content", v.Version, n)
		case have.ID != v.ID:
			return conflict("version %d of subject '%s' exists already with the id %d, not %d", v.Version, n, have.ID, v.ID)
		case have.Deleted != v.Deleted:
			i.differ(number, n, v.Version, "the version is there already with another deletion state, which was kept")
		}
		return identical, nil
	}
	if i.skip && s != nil {
		for k := range s.Versions {
			if have := &s.Versions[k]; !have.Deleted && sameContent(have.Content, v) {
				i.differ(number, n, v.Version, fmt.Sprintf("the same schema is live as version %d; the line was left out", have.Number))
				return elsewhere, nil
			}
		}
	}
	return absent, nil
}

// sameContent compares by GUID, text and format, which cover everything: the
// GUID takes in references, metadata and rules.
func sameContent(c *registry.Content, v *archive.VersionLine) bool {
	guid, ok := registry.ParseGUID(v.GUID)
	format, err := schema.ParseFormat(v.SchemaType)
	if !ok || err != nil || c.Format != format || c.GUID != guid {
		return false
	}
	return hex.EncodeToString(c.Text[:]) == v.Text
}

func (i *importer) differ(line int64, n registry.Name, version int, message string) {
	if len(i.report.Differences) < maxDifferences {
		i.report.Differences = append(i.report.Differences, wire.ImportDifference{Line: line, Subject: n.String(), Version: version, Message: message})
	}
}

// preview finds every conflict before anything is written, and counts.
func (i *importer) preview(number int64, l archive.Line) error {
	if l.Text != nil {
		i.places[l.Text.Hash] = i.offset
	}
	if err := i.mayShow(l); err != nil {
		return err
	}
	if l.Upcaster != nil {
		return i.previewUpcaster(number, l.Upcaster)
	}
	if l.Version == nil {
		return nil
	}
	got, err := i.compare(i.x.api.service.State(), number, l.Version)
	if err != nil {
		return err
	}
	if got == absent {
		i.report.Created++
	} else {
		i.report.Skipped++
	}
	return nil
}

// mayShow refuses lines that would show the importer what it may not read: a
// reference makes its target readable, and so does an alias.
func (i *importer) mayShow(l archive.Line) error {
	var targets []registry.Name
	switch {
	case l.Version != nil:
		n := i.name(l.Version.Context, l.Version.Subject)
		for _, r := range l.Version.References {
			targets = append(targets, registry.In(n.Context, i.reference(r).Subject))
		}
	case l.Config != nil && l.Config.Config.Alias != "":
		targets = append(targets, registry.In(i.name(l.Config.Context, "").Context, l.Config.Config.Alias))
	}
	for _, n := range targets {
		if !i.x.may(auth.Read, n) {
			return errForbidden(auth.Read.String())
		}
	}
	return nil
}

// apply writes the archive in batches.
func (i *importer) apply() error {
	if err := i.pass(i.take); err != nil {
		return err
	}
	return i.flush()
}

func (i *importer) take(number int64, l archive.Line) error {
	switch l.Kind {
	case archive.KindText:
		i.texts[l.Text.Hash] = l.Text.Body
		i.textSum += len(l.Text.Body)
	case archive.KindVersion:
		return i.takeVersion(number, l.Version)
	case archive.KindUpcaster:
		return i.takeUpcaster(number, l.Upcaster)
	case archive.KindConfig:
		return i.takeConfig(number, l.Config)
	case archive.KindMode:
		n := i.name(l.Mode.Context, l.Mode.Subject)
		if i.x.api.service.State().Mode(n) != l.Mode.Mode {
			return i.add(number, registry.SetMode{Scope: n, Mode: l.Mode.Mode, Force: true})
		}
	}
	return nil
}

func (i *importer) takeVersion(number int64, v *archive.VersionLine) error {
	got, err := i.compare(i.x.api.service.State(), number, v)
	if err != nil {
		return err
	}
	if got != absent {
		i.report.Skipped++
		return nil
	}
	body, err := i.body(v.Text)
	if err != nil {
		return err
	}
	guid, _ := registry.ParseGUID(v.GUID)
	format, err := schema.ParseFormat(v.SchemaType)
	if err != nil {
		return err // was checked
	}
	cmd := registry.Register{
		Name: i.name(v.Context, v.Subject), Format: format, Text: body, Metadata: v.Metadata, RuleSet: v.RuleSet,
		Version: v.Version, ID: v.ID, SourceGUID: &guid, Deleted: v.Deleted, At: v.At, Inherited: v.Inherited, Import: true,
	}
	for _, r := range v.References {
		cmd.References = append(cmd.References, i.reference(r))
	}
	return i.add(number, cmd)
}

// reference maps the context of a qualified reference. It stays qualified, even
// with the default context: unqualified it would belong to its version's.
func (i *importer) reference(r archive.Reference) schema.Reference {
	out := schema.Reference(r)
	if strings.HasPrefix(r.Subject, ":.") {
		n := registry.ParseName(r.Subject)
		out.Subject = ":" + i.name(n.Context, n.Subject).Context + ":" + n.Subject
	}
	return out
}

// body returns a text: from those just read, or, when it stood long before, from
// its place in the staged archive.
func (i *importer) body(hash string) (string, error) {
	if body, ok := i.texts[hash]; ok {
		return body, nil
	}
	at, ok := i.places[hash]
	if !ok {
		return "", &schema.Bug{Where: "import", Cause: "an unchecked text hash " + hash}
	}
	t, err := archive.ReadText(i.file, at, i.x.api.opt.Instar.Archive)
	if err != nil {
		return "", fmt.Errorf("read a staged import: %w", err)
	}
	return t.Body, nil
}

// staged finds a text of the archive for a rehearsal.
func (i *importer) staged(h registry.Hash) (string, bool, error) {
	hash := hex.EncodeToString(h[:])
	if _, ok := i.places[hash]; !ok {
		return "", false, nil
	}
	body, err := i.body(hash)
	return body, err == nil, err
}

// takeConfig makes the entry of a scope what the archive says, nothing merged.
func (i *importer) takeConfig(number int64, c *archive.ConfigLine) error {
	n := i.name(c.Context, c.Subject)
	have := i.x.api.service.State().Config(n)
	if have != nil {
		if registry.ConfigTag(have) == registry.ConfigTag(c.Config) {
			return nil
		}
		if err := i.add(number, registry.DeleteConfig{Scope: n}); err != nil {
			return err
		}
	}
	return i.add(number, registry.SetConfig{Scope: n, Patch: registry.ConfigPatch{Set: *c.Config}})
}

func (i *importer) add(number int64, cmd registry.Command) error {
	i.batch, i.lines, i.last = append(i.batch, cmd), append(i.lines, number), number
	if len(i.batch) < importBatch && i.textSum < importTextBytes {
		return nil
	}
	return i.flush()
}

// flush writes the batch as one append.
func (i *importer) flush() error {
	if len(i.batch) == 0 {
		return nil
	}
	results, err := i.write()
	var at *registry.BatchError
	if errors.As(err, &at) && at.Index < len(i.lines) {
		return i.refusedLine(i.lines[at.Index], at.Err)
	}
	if err != nil {
		return err
	}
	for k, r := range results {
		if cmd, ok := i.batch[k].(registry.ImportUpcaster); ok {
			if taken, ok := r.(registry.UpcasterTaken); ok && taken.Difference != "" {
				i.differUpcaster(i.lines[k], cmd.Name, &cmd.Upcaster, taken.Difference)
			}
			continue
		}
		reg, ok := r.(registry.Registered)
		cmd, isRegister := i.batch[k].(registry.Register)
		if !ok || !isRegister {
			continue
		}
		if reg.Created {
			i.report.Created++
		} else {
			i.report.Skipped++
		}
		if reg.Content != nil && reg.Content.GUID != *cmd.SourceGUID {
			i.differ(i.lines[k], reg.Name, reg.Version, "the GUID is "+reg.Content.GUID.String()+", in the archive "+cmd.SourceGUID.String())
		}
	}
	i.report.LastLine = i.last
	i.batch, i.lines = nil, nil
	i.texts, i.textSum = map[string]string{}, 0
	return nil
}

// write appends the batch, or only decides it.
func (i *importer) write() ([]any, error) {
	batch := registry.Batch{Commands: i.batch}
	if i.rehearsal != nil {
		return i.rehearsal.Batch(i.x.ctx, batch)
	}
	by, err := i.x.by()
	if err != nil {
		return nil, err
	}
	by.Key, by.Strong = i.key(i.last), false
	return i.x.api.service.Batch(i.x.ctx, by, batch)
}

// refusedLine says where an import stopped; what came before is written, and
// sending the archive again goes on from there.
func (i *importer) refusedLine(line int64, err error) error {
	var known *registry.Error
	if !errors.As(err, &known) {
		return err
	}
	out := *known
	if out.Code != registry.ImportConflict && out.Code != registry.Unavailable && out.Code != registry.UnknownOutcome {
		out.Code = registry.BadImportLine
	}
	out.Message = fmt.Sprintf("line %d: %s (applied up to line %d)", line, known.Message, i.report.LastLine)
	return &out
}
