package source

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/client"
	"github.com/instar-registry/instar/internal/remote"
	"github.com/instar-registry/instar/lint"
	"github.com/instar-registry/instar/lint/tree"
	"github.com/instar-registry/instar/schema"
)

// maxManifest bounds a manifest.
const maxManifest = 64 << 20

// pulledTree is a directory that evcheck pull wrote: a registry that needs no
// network and no credential.
type pulledTree struct {
	registryTree
	dir      *os.Root
	manifest *tree.Manifest
	known    map[string]*tree.PulledVersion // by subject and number
}

var _ lint.RegistryBase = (*pulledTree)(nil)

// pulled opens a directory as a pulled registry; nil if it has no manifest.
func pulled(dir, name string) (*pulledTree, error) {
	file := filepath.Join(dir, tree.ManifestFile)
	info, err := os.Stat(file)
	if err != nil {
		return nil, nil //nolint:nilnil,nilerr // an ordinary directory
	}
	if info.Size() > maxManifest {
		return nil, &lint.InputError{What: fmt.Sprintf("%s has %d bytes; the limit is %d", file, info.Size(), maxManifest), Hint: "pull fewer subjects"}
	}
	text, err := os.ReadFile(file) //nolint:gosec // below the directory that the user names
	if err != nil {
		return nil, &lint.InputError{What: err.Error()}
	}
	m, err := tree.ReadManifest(text)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, &lint.InputError{What: err.Error()}
	}
	t := &pulledTree{dir: root, manifest: m, known: map[string]*tree.PulledVersion{}}
	t.snap = lint.Snap{Name: name, Notes: []string{"the registry " + m.Registry + " as it was pulled"}}
	t.texts, t.docs, t.names = map[string]string{}, map[string][]schema.Document{}, map[string]map[string]string{}
	for i := range m.Subjects {
		for k := range m.Subjects[i].Versions {
			v := &m.Subjects[i].Versions[k]
			t.known[pulledKey(m.Subjects[i].Subject, v.Version)] = v
		}
	}
	return t, nil
}

func pulledKey(subject string, version int) string { return fmt.Sprintf("%s\x00%d", subject, version) }

// Close implements [lint.Tree].
func (t *pulledTree) Close() error { return t.dir.Close() }

// Load implements [lint.RegistryBase].
func (t *pulledTree) Load(_ context.Context, subjects []string) (map[string]*lint.Registered, error) {
	out := map[string]*lint.Registered{}
	for i := range t.manifest.Subjects {
		s := &t.manifest.Subjects[i]
		if !slices.Contains(subjects, s.Subject) {
			continue
		}
		r, err := t.registered(s)
		if err != nil {
			return nil, err
		}
		out[s.Subject] = r
	}
	return out, nil
}

// registered is what the manifest says of one subject.
func (t *pulledTree) registered(s *tree.PulledSubject) (*lint.Registered, error) {
	config := wire.Config{CompatibilityLevel: s.Level, CompatibilityPolicy: s.Policy}
	if s.Config != nil {
		config = *s.Config
	}
	out := &lint.Registered{}
	var err error
	if out.Terms, err = terms(&config); err != nil {
		return nil, err
	}
	if all := out.Terms.Level == nil || out.Terms.Level.Transitive() || config.CompatibilityGroup != ""; all && !s.Whole {
		return nil, &lint.InputError{
			What: fmt.Sprintf("%s has not all versions of %s, and its level %s asks about them", t.snap.Name, s.Subject, s.Level), Hint: "pull with --all-versions",
		}
	}
	var texts []remote.Text
	for i := len(s.Versions) - 1; i >= 0; i-- { // newest first
		v := &s.Versions[i]
		if v.Referred {
			continue
		}
		text, err := t.text(s.Subject, v, map[string]bool{})
		if err != nil {
			return nil, err
		}
		texts = append(texts, *text)
	}
	if out.Versions, err = t.versions(s.Subject, grouped(texts, &config), texts); err != nil || !s.Whole {
		return out, err
	}
	out.Earlier = func(context.Context) ([]lint.RegisteredVersion, error) { return t.versions(s.Subject, texts, texts) }
	return out, nil
}

// Judge implements [lint.RegistryBase]: nobody is there who could be asked.
func (t *pulledTree) Judge(context.Context, lint.Candidate) (lint.Answer, error) {
	return lint.Answer{Unasked: "it is a pulled directory, not the registry itself"}, nil
}

// text reads a version with what it refers to, dependencies first.
func (t *pulledTree) text(subject string, v *tree.PulledVersion, seen map[string]bool) (*remote.Text, error) {
	body, err := t.dir.ReadFile(filepath.FromSlash(v.File))
	if err != nil {
		return nil, &lint.InputError{What: fmt.Sprintf("%s: version %d of %s cannot be read: %v", t.snap.Name, v.Version, subject, err), Hint: "pull again"}
	}
	if lint.Hash(string(body)) != v.SHA256 {
		return nil, &lint.InputError{What: fmt.Sprintf("%s: %s is not what was pulled", t.snap.Name, v.File), Hint: "pull again, with --dir where files of the tree are not written over"}
	}
	out := &remote.Text{Schema: wire.Schema{Subject: subject, Version: v.Version, ID: v.ID, GUID: v.GUID, SchemaType: v.Type, Schema: string(body), References: v.References, Metadata: v.Metadata}}
	for _, ref := range v.References {
		if seen[ref.Name] {
			continue
		}
		seen[ref.Name] = true
		subject := strings.TrimPrefix(ref.Subject, client.Qualify(t.manifest.Context, ""))
		target := t.known[pulledKey(subject, ref.Version)]
		if target == nil {
			return nil, &lint.InputError{What: fmt.Sprintf("%s lacks version %d of %s, to which %s refers", t.snap.Name, ref.Version, ref.Subject, v.File), Hint: "pull again"}
		}
		inner, err := t.text(subject, target, seen)
		if err != nil {
			return nil, err
		}
		out.Documents = append(append(out.Documents, inner.Documents...), schema.Document{Name: ref.Name, Text: inner.Schema.Schema})
	}
	return out, nil
}
