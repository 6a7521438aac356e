package api

import (
	"fmt"
	"slices"
	"strings"

	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/auth"
	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/upcast"
)

func registerRoutes(a *API) []route {
	query := []param{pNormalize, pFormat, pForce, {"dryRun", boolean}}
	return []route{
		{
			method: "POST", path: "/subjects/:subject/versions", action: auth.Register | auth.Migrate, class: auth.Write, body: jsonBody,
			query: query, handle: (*request).register,
		},
		{
			method: "POST", path: "/subjects/:subject/versions/:version/tags", action: auth.Register, class: auth.Write, body: jsonBody,
			query: []param{pFormat}, handle: (*request).editTags,
		},
	}
}

func (x *request) register() error {
	sent, err := x.readSent(sentRegistration)
	if err != nil {
		return err
	}
	cmd := *sent
	cmd.Name = x.api.service.State().Alias(x.subject())
	cmd.Normalize, cmd.Force, cmd.DryRun = x.flag("normalize"), x.flag("force"), x.flag("dryRun")
	if x.text("format") == "logical" {
		return registry.Fail(registry.InvalidSchema, "Invalid schema, details: format=logical is not supported for registration; send the schema in its own language")
	}
	return x.sendRegistered(cmd, sent)
}

// register reads the body of a registration.
func (d *decoder) register() (registry.Register, error) {
	c, err := d.candidate(d.root)
	if err != nil {
		return registry.Register{}, err
	}
	cmd := registry.Register{
		Format: c.format, Text: c.text, References: c.references, Metadata: c.metadata, RuleSet: c.ruleSet,
		Version: d.int(d.root, "version"), ID: int64(d.int(d.root, "id")),
		TagsToAdd: d.tagEdits(d.root, "schemaTagsToAdd"), TagsToRemove: d.tagEdits(d.root, "schemaTagsToRemove"),
		PropagateTags: d.bool(d.root, "propagateSchemaTags"),
	}
	if v := d.object(d.root, "upcaster"); v != nil {
		cmd.AcceptPartial = d.bool(v, "acceptPartial")
		cmd.Upcaster = string(jsonx.Append(nil, without(v, "acceptPartial")))
	}
	if d.err == nil && cmd.Version < -1 {
		d.fail(d.root.Get("version"), "version must be a version, 0 for any or -1 for the next one, not %d", cmd.Version)
	}
	if cmd.ID < 0 {
		cmd.ID = 0 // clients send -1 for "none"
	}
	return cmd, d.err
}

// without is an object less one of its members.
func without(v *jsonx.Value, key string) *jsonx.Value {
	out := *v
	out.Members = slices.DeleteFunc(slices.Clone(v.Members), func(m jsonx.Member) bool { return m.Key == key })
	return &out
}

// sendRegistered checks the caller's rights, registers and answers. sent is what
// the body said, if the command comes from nothing else.
func (x *request) sendRegistered(cmd registry.Register, sent *registry.Register) error {
	if err := x.needRegister(&cmd); err != nil {
		return err
	}
	by, err := x.by()
	if err != nil {
		return err
	}
	if cmd.Upcaster != "" {
		// Which versions it leads between does not matter here, and what is wrong
		// with it the registry says.
		if doc, err := upcast.Between(cmd.Upcaster, 1, 2); err == nil {
			if err := x.seesTargets(cmd.Name, doc); err != nil {
				return err
			}
		}
	}
	cmd.Explain = x.media == mediaInstar
	out, err := x.api.service.Register(x.ctx, by, cmd)
	if err != nil {
		return err
	}
	x.seq = 0 // what was looked at before is older
	x.note.version, x.note.id = out.Version, out.ID
	warned, err := x.warnOfRules(&out)
	if err != nil {
		return err
	}
	if sent != nil && !out.Created && !warned {
		x.rememberSent(sent)
	}
	encode := func() ([]byte, error) {
		body, err := x.registeredBody(&out)
		if err != nil {
			return nil, err
		}
		return wire.Marshal(body)
	}
	if out.Content == nil || out.Text != "" || out.Upcaster != nil {
		body, err := encode()
		if err != nil {
			return err
		}
		return x.send(200, once(body), noStore)
	}
	// Producers register what is there already again and again.
	b, err := x.api.body(bodyKey{
		shows: showsRegistered, format: x.format(out.Content.Format), content: out.Content, name: out.Name,
		version: out.Version, id: out.ID, at: out.At,
	}, encode)
	if err != nil {
		return err
	}
	return x.send(200, b, noStore)
}

// warnOfRules names, in a header beside Confluent's body, the migration rules that
// are stored and not carried out here.
func (x *request) warnOfRules(out *registry.Registered) (bool, error) {
	if out.Content == nil || out.Content.RuleSet == nil || len(out.Content.RuleSet.Migration) == 0 {
		return false, nil
	}
	w, err := x.api.service.RuleWarnings(x.ctx, out.Name, out.Version, out.Content.RuleSet)
	if len(w) > 0 {
		x.header().Set(wire.HeaderWarning, headerText(strings.ReplaceAll(clip(strings.Join(w, "; "), 1000), "…", "...")))
	}
	return len(w) > 0, err
}

// headerText is a text as a header may hold it: printable ASCII.
func headerText(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, s)
}

// needRegister asks for the rights that a registration takes, and refuses
// references to what the caller may not see as if it did not exist.
func (x *request) needRegister(cmd *registry.Register) error {
	action := auth.Register
	switch {
	case cmd.ID > 0:
		action = auth.Migrate
	case cmd.Force:
		action = auth.Steward
	}
	if err := x.need(action, cmd.Name); err != nil {
		return err
	}
	return x.needReferences(cmd.Name.Context, cmd.References)
}

func (x *request) needReferences(context string, refs []schema.Reference) error {
	sees := x.sees()
	if sees == nil {
		return nil
	}
	for _, r := range refs {
		n := registry.In(context, r.Subject)
		if sees(n) {
			continue
		}
		cause := &schema.Error{
			What: fmt.Sprintf("No schema reference found for subject \"%s\" and version %d (reference %q)", n, r.Version, r.Name),
			Hint: "register the referenced schema first, or correct subject and version",
		}
		e := registry.Fail(registry.InvalidSchema, "Invalid schema, details: %s", cause)
		e.Cause = cause
		return e
	}
	return nil
}

// registeredBody is the answer to a registration.
func (x *request) registeredBody(out *registry.Registered) (*wire.Registered, error) {
	body := &wire.Registered{ID: out.ID}
	if u := out.Upcaster; u != nil { // the request had one, so it is none of Confluent's
		added := x.addedBody(u)
		body.Upcaster = &added
	}
	if x.api.opt.LegacyBodies || out.Content == nil {
		return body, nil
	}
	c := out.Content
	body.Version, body.GUID, body.SchemaType = out.Version, c.GUID.String(), c.Format.String()
	body.References = referenceBodies(c.References, out.Name.Context, false)
	body.Metadata, body.RuleSet, body.Timestamp = metadataBody(c.Metadata), ruleSetBody(c.RuleSet), milliseconds(out.At)
	if out.Text != "" { // a dry run: the text is stored nowhere
		body.Schema = out.Text
		return body, nil
	}
	text, err := x.schemaText(out.Name.Context, c, x.format(c.Format))
	body.Schema = text
	return body, err
}

// editTags registers the text of a version with tags and rules edited.
func (x *request) editTags() error {
	d, err := x.decode()
	if err != nil {
		return err
	}
	cmd := registry.Register{
		Version: d.int(d.root, "newVersion"), Metadata: d.metadata(d.root, "metadata"), RuleSet: d.ruleSet(d.root, "ruleSet"),
		TagsToAdd: d.tagEdits(d.root, "tagsToAdd"), TagsToRemove: d.tagEdits(d.root, "tagsToRemove"),
		RulesToMerge: d.ruleSet(d.root, "rulesToMerge"), RulesToRemove: d.strings(d.root, "rulesToRemove"),
	}
	if d.err != nil {
		return d.err
	}
	if err := x.need(auth.Register, x.api.service.State().Alias(x.subject())); err != nil {
		return err
	}
	at, err := x.locate(false)
	if err != nil {
		return err
	}
	c := at.version.Content
	if cmd.Text, err = x.api.service.Text(x.ctx, c.Text); err != nil {
		return err
	}
	cmd.Name, cmd.Format, cmd.References = at.name, c.Format, c.References
	if cmd.Metadata == nil {
		cmd.Metadata = c.Metadata
	}
	return x.sendRegistered(cmd, nil)
}
