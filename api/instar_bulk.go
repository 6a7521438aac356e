package api

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/auth"
	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/registry"
)

// maxBulk bounds the items of a bulk request.
const maxBulk = 1000

func tooMany(found int) error {
	return registry.Fail(registry.OverLimit, "The request has %d items; the limit bulk-items is %d", found, maxBulk)
}

// bulkItem is one registration of a bulk request, with the edit of its
// subject's configuration that goes before it.
type bulkItem struct {
	written string
	config  *registry.SetConfig
	cmd     registry.Register
}

// bulkRegister registers many schemas, by default all or nothing.
func bulkRegister(x *request) error {
	d, err := x.decode()
	if err != nil {
		return err
	}
	atomic := d.optionalBool(d.root, "atomic")
	out := wire.BulkRegistered{Atomic: atomic == nil || *atomic, DryRun: d.bool(d.root, "dryRun")}
	list := d.items(d.root, "items", jsonx.Object)
	if d.get(d.root, "items") == nil {
		d.only(d.root, "atomic", "dryRun", "items")
		d.fail(d.root, "The property items is missing; it lists what to register")
	}
	if err := d.strict("atomic", "dryRun", "items"); err != nil {
		return err
	}
	if len(list) > maxBulk {
		return tooMany(len(list))
	}
	items := make([]bulkItem, len(list))
	for i, o := range list {
		if err := x.readBulkItem(d, o, &items[i]); err != nil {
			return atItem(i, items[i].written, err)
		}
	}
	order := dependencies(items)
	out.Items = make([]wire.BulkRegisteredResult, len(items))
	if out.Atomic {
		err = x.bulkAtomic(items, order, out.DryRun, out.Items)
	} else {
		err = x.bulkEach(items, order, out.DryRun, out.Items)
	}
	if err != nil {
		return err
	}
	return x.json(http.StatusOK, out)
}

// readBulkItem reads an item and asks for the rights that it takes.
func (x *request) readBulkItem(d *decoder, o *jsonx.Value, item *bulkItem) error {
	d.only(o, "subject", "schema", "schemaType", "references", "metadata", "ruleSet", "version", "id",
		"schemaTagsToAdd", "schemaTagsToRemove", "propagateSchemaTags", "normalize", "config")
	if d.get(o, "subject") == nil {
		d.fail(o, "the property subject is missing")
	}
	item.written = d.string(o, "subject")
	c, err := d.candidate(o)
	if err != nil {
		return err
	}
	n := x.api.service.State().Alias(x.target.qualify(item.written))
	item.cmd = registry.Register{
		Name: n, Format: c.format, Text: c.text, References: c.references, Metadata: c.metadata, RuleSet: c.ruleSet,
		Version: d.int(o, "version"), ID: int64(d.int(o, "id")), Normalize: d.bool(o, "normalize"),
		TagsToAdd: d.tagEdits(o, "schemaTagsToAdd"), TagsToRemove: d.tagEdits(o, "schemaTagsToRemove"),
		PropagateTags: d.bool(o, "propagateSchemaTags"),
	}
	config := d.object(o, "config")
	if d.err != nil {
		return d.err
	}
	action := auth.Register
	if item.cmd.ID > 0 {
		action = auth.Migrate
	}
	if err := x.need(action, n); err != nil {
		return err
	}
	if err := x.needReferences(n.Context, c.references); err != nil {
		return err
	}
	if config == nil {
		return nil
	}
	if err := x.need(auth.Steward, n); err != nil {
		return err
	}
	patch, err := d.configPatch(config)
	if err != nil {
		return err
	}
	if alias := patch.Set.Alias; alias != "" && !x.may(auth.Read, registry.In(n.Context, alias)) {
		return errForbidden(auth.Read.String()) // an alias shows its target to whoever sees the alias
	}
	item.config = &registry.SetConfig{Scope: n, Patch: patch}
	return nil
}

// atItem says which item of a bulk request a refusal is about.
func atItem(i int, subject string, err error) error {
	var known *registry.Error
	var framed *frameError
	switch prefix := fmt.Sprintf("items[%d] (subject %q): ", i, clip(subject, 100)); {
	case errors.As(err, &known):
		out := *known
		out.Message = prefix + known.Message
		return &out
	case errors.As(err, &framed):
		out := *framed
		out.message = prefix + framed.message
		return &out
	}
	return err
}

// dependencies orders items so that one comes after those whose subjects it
// references. Items of one subject keep their order; in a cycle the order is
// that of the request, and the missing reference is then refused by name.
func dependencies(items []bulkItem) []int {
	bySubject := map[registry.Name][]int{}
	for i := range items {
		bySubject[items[i].cmd.Name] = append(bySubject[items[i].cmd.Name], i)
	}
	order := make([]int, 0, len(items))
	state := make([]uint8, len(items)) // 1: on the path, 2: placed
	var place func(i int)
	place = func(i int) {
		if state[i] != 0 {
			return
		}
		state[i] = 1
		for _, before := range bySubject[items[i].cmd.Name] {
			if before < i {
				place(before)
			}
		}
		for _, r := range items[i].cmd.References {
			for _, j := range bySubject[registry.In(items[i].cmd.Name.Context, r.Subject)] {
				place(j)
			}
		}
		state[i] = 2
		order = append(order, i)
	}
	for i := range items {
		place(i)
	}
	return order
}

func (x *request) bulkAtomic(items []bulkItem, order []int, dryRun bool, out []wire.BulkRegisteredResult) error {
	by, err := x.by()
	if err != nil {
		return err
	}
	batch := registry.Batch{DryRun: dryRun}
	var owner []int // item of each command
	for _, i := range order {
		if items[i].config != nil {
			batch.Commands, owner = append(batch.Commands, *items[i].config), append(owner, i)
		}
		batch.Commands, owner = append(batch.Commands, items[i].cmd), append(owner, i)
	}
	results, err := x.api.service.Batch(x.ctx, by, batch)
	var at *registry.BatchError
	if errors.As(err, &at) && at.Index < len(owner) {
		i := owner[at.Index]
		return atItem(i, items[i].written, at.Err)
	}
	if err != nil {
		return err
	}
	for k, r := range results {
		reg, ok := r.(registry.Registered)
		if !ok {
			continue
		}
		if err := x.bulkResult(&out[owner[k]], items[owner[k]].written, reg); err != nil {
			return err
		}
	}
	return nil
}

// bulkEach registers item by item; each has its own outcome. Only what stops
// everything, such as a lost store, ends the request.
func (x *request) bulkEach(items []bulkItem, order []int, dryRun bool, out []wire.BulkRegisteredResult) error {
	by, err := x.by()
	if err != nil {
		return err
	}
	key := by.Key
	for _, i := range order {
		if key != "" {
			by.Key = fmt.Sprintf("%s/%d", key, i)
		}
		commands := []registry.Command{items[i].cmd}
		if items[i].config != nil {
			commands = []registry.Command{*items[i].config, items[i].cmd}
		}
		results, err := x.api.service.Batch(x.ctx, by, registry.Batch{Commands: commands, DryRun: dryRun})
		var at *registry.BatchError
		if errors.As(err, &at) {
			err = at.Err
		}
		if err == nil {
			reg, _ := results[len(results)-1].(registry.Registered)
			err = x.bulkResult(&out[i], items[i].written, reg)
		}
		if err == nil {
			continue
		}
		o, body, known := x.api.explain(err)
		if !known || o.status >= http.StatusInternalServerError {
			return err
		}
		out[i] = wire.BulkRegisteredResult{Subject: items[i].written, Status: o.status, Error: x.itemError(&body)}
	}
	return nil
}

// itemError is the error body of one item: detail goes only to those who asked.
func (x *request) itemError(body *wire.Error) *wire.Error {
	if x.media == mediaInstar {
		return body
	}
	return &wire.Error{ErrorCode: body.ErrorCode, Message: body.Message}
}

func (x *request) bulkResult(out *wire.BulkRegisteredResult, written string, r registry.Registered) error {
	text := r.Text
	if text == "" {
		var err error
		if text, err = x.api.service.Text(x.ctx, r.Content.Text); err != nil {
			return err
		}
	}
	c := r.Content
	*out = wire.BulkRegisteredResult{
		Subject: written, Status: http.StatusOK, Created: r.Created,
		Registered: &wire.Registered{
			ID: r.ID, Version: r.Version, GUID: c.GUID.String(), SchemaType: c.Format.String(), Schema: text,
			References: referenceBodies(c.References, r.Name.Context, false), Metadata: metadataBody(c.Metadata),
			RuleSet: ruleSetBody(c.RuleSet), Timestamp: milliseconds(r.At),
		},
	}
	return nil
}

// bulkSchemas reads many schemas in one request.
func bulkSchemas(x *request) error {
	d, err := x.decode()
	if err != nil {
		return err
	}
	given, format := d.string(d.root, "context"), d.string(d.root, "format")
	ids, guids := d.items(d.root, "ids", jsonx.Number), d.strings(d.root, "guids")
	versions := d.items(d.root, "versions", jsonx.Object)
	if err := d.strict("context", "ids", "guids", "versions", "format"); err != nil {
		return err
	}
	if n := len(ids) + len(guids) + len(versions); n > maxBulk {
		return tooMany(n)
	}
	context, err := x.contextArg(given)
	if err != nil {
		return err
	}
	b := &bulkReader{x: x, format: format}
	if err := x.view(func(st *registry.State) error {
		b.st, b.out = st, wire.BulkSchemas{}
		return b.read(d, context, ids, guids, versions)
	}); err != nil {
		return err
	}
	return x.json(http.StatusOK, b.out)
}

// bulkReader answers the items of a bulk read from one state.
type bulkReader struct {
	x      *request
	st     *registry.State
	format string
	out    wire.BulkSchemas
}

func (b *bulkReader) read(d *decoder, context string, ids []*jsonx.Value, guids []string, versions []*jsonx.Value) error {
	for _, v := range ids {
		id, ok := wholeNumber(v)
		if !ok {
			d.fail(v, "ids must hold whole numbers")
			return d.err
		}
		found := wire.BulkSchema{ID: id}
		var err error = registry.Fail(registry.SchemaNotFound, "Schema %d not found", id)
		if at, _ := b.x.binding(b.st, context, id); at != nil {
			err = b.content(&found, context, at.Content, at.At)
		}
		if err := b.add(&b.out.IDs, found, err); err != nil {
			return err
		}
	}
	for _, text := range guids {
		found := wire.BulkSchema{GUID: text}
		err := b.byGUID(&found, text)
		if err := b.add(&b.out.GUIDs, found, err); err != nil {
			return err
		}
	}
	for _, v := range versions {
		d.only(v, "subject", "version")
		number := -1
		if w := d.get(v, "version"); w != nil && d.err == nil {
			var err error
			if number, err = registry.ParseVersion(w.Text); err != nil {
				return err
			}
		}
		found := wire.BulkSchema{Subject: d.string(v, "subject"), Version: number}
		if d.err != nil {
			return d.err
		}
		err := b.byVersion(&found, number)
		if err := b.add(&b.out.Versions, found, err); err != nil {
			return err
		}
	}
	return nil
}

// add appends an item, or the error in its place. An error of ours, or a store
// that is away, ends the whole request.
func (b *bulkReader) add(list *[]wire.BulkSchema, item wire.BulkSchema, err error) error {
	if err != nil {
		o, body, known := b.x.api.explain(err)
		if !known || o.status >= http.StatusInternalServerError {
			return err
		}
		item.Error = b.x.itemError(&body)
	}
	*list = append(*list, item)
	return nil
}

func (b *bulkReader) byGUID(found *wire.BulkSchema, text string) error {
	missing := registry.Fail(registry.SchemaNotFound, "Schema %s not found", clip(text, 100))
	guid, ok := registry.ParseGUID(text)
	if !ok {
		return missing
	}
	_, ids := b.st.ByGUID(guid)
	for _, at := range ids {
		if bound, _ := b.x.binding(b.st, at.Context, at.ID); bound != nil {
			return b.content(found, at.Context, bound.Content, bound.At)
		}
	}
	return missing
}

func (b *bulkReader) byVersion(found *wire.BulkSchema, number int) error {
	at, err := b.x.findVersion(b.st, found.Subject, number, false)
	if err != nil {
		return err
	}
	deleted := at.version.Deleted
	found.Version, found.ID, found.Deleted = at.version.Number, at.version.ID, &deleted
	return b.content(found, at.name.Context, at.version.Content, at.version.At)
}

func (b *bulkReader) content(found *wire.BulkSchema, context string, c *registry.Content, at int64) error {
	format := b.format
	if !knownFormat(c.Format, format) {
		format = ""
	}
	text, err := b.x.schemaText(context, c, format)
	if err != nil {
		return err
	}
	found.Schema, found.GUID, found.SchemaType = text, c.GUID.String(), c.Format.String()
	found.References = referenceBodies(c.References, context, false)
	found.Metadata, found.RuleSet, found.Timestamp = metadataBody(c.Metadata), ruleSetBody(c.RuleSet), milliseconds(at)
	return nil
}
