package source

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"path"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/client"
	"github.com/instar-registry/instar/compat"
	"github.com/instar-registry/instar/internal/remote"
	"github.com/instar-registry/instar/lint"
	"github.com/instar-registry/instar/lint/tree"
	"github.com/instar-registry/instar/schema"
)

// registry opens a registry as a base: "registry:NAME" of the configuration, the
// only one there by "registry:", or a URL. A question mark at the end lets a run
// go on without it.
func (o *Opener) registry(s spec) (lint.Base, error) {
	name, optional := strings.CutSuffix(s.rest, "?")
	if o.Offline {
		return lint.Base{}, &lint.InputError{What: s.name + " needs the network, and --offline forbids it", Hint: "compare with a pulled directory: dir:PATH"}
	}
	if n := len(o.Registries); name == "" && n != 1 {
		return lint.Base{}, &lint.InputError{What: fmt.Sprintf("registry: names no registry, and %s has %d", lint.ConfigFile, n), Hint: "write registry:NAME, or registry:https://…"}
	}
	r, err := tree.Connect(name, &lint.Config{Registries: o.Registries}, o.env)
	if err != nil {
		return lint.Base{}, err
	}
	t := &registryTree{
		client: r.Client, context: r.Context, snap: lint.Snap{Name: strings.TrimSuffix(s.name, "?")},
		texts: map[string]string{}, newest: map[string]*wire.Metadata{}, docs: map[string][]schema.Document{}, names: map[string]map[string]string{},
	}
	return lint.Base{Tree: t, Optional: optional}, nil
}

// registryTree is what was read of a registry, as files: "subject/3.avsc", and
// what it refers to below "subject/3.avsc.refs/".
type registryTree struct {
	client  *client.Client
	context string
	snap    lint.Snap

	mu    sync.Mutex
	texts map[string]string
	// newest are the metadata of the newest versions, by subject: what is
	// registered without any has those.
	newest map[string]*wire.Metadata
	docs   map[string][]schema.Document
	names  map[string]map[string]string
}

var _ lint.RegistryBase = (*registryTree)(nil)

// Snap implements [lint.Tree].
func (t *registryTree) Snap() lint.Snap { return t.snap }

// Files implements [lint.Tree].
func (t *registryTree) Files() []lint.File {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out []lint.File
	for _, name := range slices.Sorted(maps.Keys(t.texts)) {
		out = append(out, lint.File{Path: name})
	}
	return out
}

// Read implements [lint.Tree].
func (t *registryTree) Read(_ context.Context, name string) ([]byte, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if text, ok := t.texts[name]; ok {
		return []byte(text), nil
	}
	return nil, &lint.FileError{Path: name, What: "the registry was not asked for it"}
}

// Close implements [lint.Tree].
func (t *registryTree) Close() error { return nil }

// Closure implements [lint.RegistryBase].
func (t *registryTree) Closure(file string) ([]schema.Document, map[string]string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.docs[file], t.names[file]
}

// readers is how many subjects are read at once.
const readers = 8

// Load implements [lint.RegistryBase].
func (t *registryTree) Load(ctx context.Context, subjects []string) (map[string]*lint.Registered, error) {
	out := map[string]*lint.Registered{}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan string)
	var all sync.WaitGroup
	for range min(readers, len(subjects)) {
		all.Go(func() {
			r := remote.NewReader(t.client)
			for subject := range next {
				found, err := t.subject(ctx, r, subject)
				if err != nil {
					cancel(t.explain(subject, err))
					continue
				}
				if found != nil {
					t.mu.Lock()
					out[subject] = found
					t.mu.Unlock()
				}
			}
		})
	}
send:
	for _, s := range subjects {
		select {
		case next <- s:
		case <-ctx.Done():
			break send
		}
	}
	close(next)
	all.Wait()
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	return out, nil
}

// explain says what a registry that does not answer means for the run.
func (t *registryTree) explain(subject string, err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	e := &lint.InputError{What: fmt.Sprintf("%s cannot be read about subject %s: %v", t.snap.Name, subject, err)}
	var answer *client.Error
	if errors.As(err, &answer) && (answer.Status == 401 || answer.Status == 403) {
		e.Hint = "put a token into INSTAR_TOKEN, or name:password into INSTAR_BASIC"
	} else {
		e.Hint = "half an answer is no verdict; a run may go on without it as " + t.snap.Name + "?"
	}
	return e
}

// subject reads one subject; nil if it has no versions that count and no terms.
func (t *registryTree) subject(ctx context.Context, r *remote.Reader, subject string) (*lint.Registered, error) {
	full := client.Qualify(t.context, subject)
	config, err := t.client.Config(ctx, full, client.ConfigQuery{DefaultToGlobal: true})
	if err != nil {
		return nil, err
	}
	out := &lint.Registered{}
	if out.Terms, err = terms(&config); err != nil {
		return nil, err
	}
	transitive := out.Terms.Level == nil || out.Terms.Level.Transitive()
	all := transitive || config.CompatibilityGroup != ""
	texts, err := r.Live(ctx, full, all)
	if err != nil {
		return nil, err
	}
	if len(texts) > 0 {
		t.mu.Lock()
		t.newest[subject] = texts[0].Metadata
		t.mu.Unlock()
	}
	if out.Versions, err = t.versions(subject, grouped(texts, &config), texts); err != nil {
		return nil, err
	}
	if !transitive {
		out.Earlier = func(ctx context.Context) ([]lint.RegisteredVersion, error) {
			texts, err := remote.NewReader(t.client).Live(ctx, full, true)
			if err != nil {
				return nil, t.explain(subject, err)
			}
			return t.versions(subject, texts, texts)
		}
	}
	return out, nil
}

// versions puts versions into the tree. all are those of the subject, of which the
// newest gives its metadata and rules to what is registered without any.
func (t *registryTree) versions(subject string, list, all []remote.Text) ([]lint.RegisteredVersion, error) {
	var out []lint.RegisteredVersion
	for i := range list {
		v := &list[i]
		f, err := schema.ParseFormat(v.SchemaType)
		if err != nil {
			return nil, err
		}
		alike := reflect.DeepEqual(v.Metadata, all[0].Metadata) && reflect.DeepEqual(v.RuleSet, all[0].RuleSet)
		out = append(out, lint.RegisteredVersion{Number: v.Version, Format: f, File: t.add(subject, f, v), Alike: alike})
	}
	return out, nil
}

// endings are the names of files by format.
var endings = map[schema.Format]string{schema.Avro: ".avsc", schema.JSON: ".schema.json", schema.Protobuf: ".proto"}

// add puts a version into the tree.
func (t *registryTree) add(subject string, f schema.Format, v *remote.Text) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	file := path.Join(url.PathEscape(subject), fmt.Sprint(v.Version)+endings[f])
	t.texts[file], t.docs[file], t.names[file] = v.Schema.Schema, v.Documents, map[string]string{}
	for i, d := range v.Documents {
		at := fmt.Sprintf("%s.refs/%d-%s", file, i, url.PathEscape(d.Name))
		t.texts[at], t.names[file][d.Name] = d.Text, at
	}
	return file
}

// terms reads what a registry asks for.
func terms(c *wire.Config) (lint.Terms, error) {
	t := lint.Terms{AssertFormats: c.AssertFormats, Encodings: c.Encodings, EventMessages: c.EventMessages, Normalize: c.Normalize != nil && *c.Normalize}
	text := c.CompatibilityLevel
	if text == "" {
		text = c.Compatibility
	}
	if text != "" {
		level, err := compat.ParseLevel(text)
		if err != nil {
			return t, err
		}
		t.Level = &level
	}
	if c.CompatibilityPolicy != "" {
		policy, err := compat.ParsePolicy(c.CompatibilityPolicy)
		if err != nil {
			return t, err
		}
		t.Policy = &policy
	}
	if c.CompatibilityUnknown != "" {
		unknown, err := compat.ParseOnUnknown(c.CompatibilityUnknown)
		if err != nil {
			return t, err
		}
		t.Unknown = &unknown
	}
	return t, nil
}

// grouped are the versions that a candidate is compared with: those of its
// compatibility group. A text in a tree has no metadata, so it has those of the
// configuration, and else those of the newest version.
func grouped(texts []remote.Text, c *wire.Config) []remote.Text {
	key := c.CompatibilityGroup
	if key == "" || len(texts) == 0 {
		return texts
	}
	group := func(m *wire.Metadata) (string, bool) {
		if m == nil {
			return "", false
		}
		v, ok := m.Properties[key]
		return v, ok
	}
	want, has := group(c.OverrideMetadata)
	if !has {
		want, has = group(texts[0].Metadata)
	}
	if !has {
		want, has = group(c.DefaultMetadata)
	}
	return slices.DeleteFunc(slices.Clone(texts), func(v remote.Text) bool {
		is, ok := group(v.Metadata)
		return ok != has || is != want
	})
}
