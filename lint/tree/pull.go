package tree

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/client"
	"github.com/instar-registry/instar/lint"
)

// ManifestFile is the file that says what a pulled directory holds.
const ManifestFile = lint.ManifestFile

// ManifestFormat names the form of manifests.
const ManifestFormat = "evcheck-pull/v2"

// Manifest says where the texts of a directory come from.
type Manifest struct {
	Instar   string          `json:"instar"`
	Registry string          `json:"registry"`
	Context  string          `json:"context,omitempty"`
	Subjects []PulledSubject `json:"subjects"`
}

// PulledSubject is a subject with its configuration in force.
type PulledSubject struct {
	Subject string `json:"subject"`
	Level   string `json:"level"`
	Policy  string `json:"policy,omitempty"`
	// Config is all that is in force, Whole says that every live version is here.
	Config   *wire.Config    `json:"config,omitempty"`
	Whole    bool            `json:"whole"`
	Versions []PulledVersion `json:"versions"`
}

// PulledVersion is a version and the file that has its text.
type PulledVersion struct {
	Version    int              `json:"version"`
	ID         int64            `json:"id"`
	GUID       string           `json:"guid,omitempty"`
	Type       string           `json:"type"`
	File       string           `json:"file"`
	References []wire.Reference `json:"references,omitempty"`
	Metadata   *wire.Metadata   `json:"metadata,omitempty"`
	// SHA256 is that of the text. Referred says that it is here because another
	// one refers to it; it may be deleted.
	SHA256   string `json:"sha256"`
	Referred bool   `json:"referred,omitempty"`
}

// ReadManifest reads the manifest of a pulled directory.
func ReadManifest(text []byte) (*Manifest, error) {
	var m Manifest
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, &lint.InputError{What: ManifestFile + " cannot be read: " + err.Error(), Hint: "pull again"}
	}
	if m.Instar != ManifestFormat {
		return nil, &lint.InputError{What: fmt.Sprintf("%s is no manifest of this program: instar is %q", ManifestFile, m.Instar), Hint: "pull again"}
	}
	return &m, nil
}

// PullOptions say what is read.
type PullOptions struct {
	// Want tells the subjects that are meant; nil stands for all. What they
	// refer to is read, too.
	Want func(subject string) bool
	// All reads every version, not only the newest.
	All bool
	// File is the file of a subject's newest version, if the tree has one.
	File func(subject string) string
}

// Pull reads schemas of a registry. The texts are by file, the manifest among
// them; nothing is written.
func Pull(ctx context.Context, r *Registry, o PullOptions) (*Manifest, map[string]string, error) {
	p := puller{r: r, o: o, texts: map[string]string{}, seen: map[string]bool{}, out: &Manifest{Instar: ManifestFormat, Registry: r.Name, Context: r.Context, Subjects: []PulledSubject{}}}
	all, err := subjects(ctx, r)
	if err != nil {
		return nil, nil, err
	}
	for _, s := range all {
		if o.Want != nil && !o.Want(s) {
			continue
		}
		var versions []int
		if o.All {
			if versions, err = r.Client.Versions(ctx, r.qualify(s), client.VersionsQuery{}); err != nil {
				return nil, nil, fmt.Errorf("list the versions of %s: %w", s, err)
			}
		} else {
			versions = []int{client.Latest}
		}
		for _, v := range versions {
			if err := p.version(ctx, s, v, false); err != nil {
				return nil, nil, err
			}
		}
		if x, err := p.subject(ctx, s); err == nil {
			x.Whole = o.All
		}
	}
	p.finish()
	text, err := json.MarshalIndent(p.out, "", "  ")
	if err != nil {
		return nil, nil, err
	}
	p.texts[ManifestFile] = string(text) + "\n"
	return p.out, p.texts, nil
}

type puller struct {
	r     *Registry
	o     PullOptions
	out   *Manifest
	texts map[string]string
	seen  map[string]bool
}

// maxPulled bounds the versions of one pull.
const maxPulled = 100_000

// version reads a version and what it refers to.
func (p *puller) version(ctx context.Context, subject string, version int, referred bool) error {
	v, err := p.r.Client.Version(ctx, p.r.qualify(subject), version, client.VersionQuery{Deleted: referred})
	if err != nil {
		return fmt.Errorf("read version %d of %s: %w", version, subject, err)
	}
	key := fmt.Sprintf("%s\x00%d", subject, v.Version)
	if p.seen[key] {
		return p.live(ctx, subject, v.Version, referred)
	}
	if len(p.seen) >= maxPulled {
		return fmt.Errorf("there are more than %d versions", maxPulled)
	}
	p.seen[key] = true
	kind := v.SchemaType
	if kind == "" {
		kind = "AVRO"
	}
	pulled := PulledVersion{Version: v.Version, ID: v.ID, GUID: v.GUID, Type: kind, References: v.References, File: clean(subject, v.Version, kind), Metadata: v.Metadata, SHA256: lint.Hash(v.Schema), Referred: referred}
	if version == client.Latest && p.o.File != nil {
		if file := p.o.File(subject); file != "" {
			pulled.File = file
		}
	}
	p.texts[pulled.File] = v.Schema
	s, err := p.subject(ctx, subject)
	if err != nil {
		return err
	}
	s.Versions = append(s.Versions, pulled)
	for _, ref := range v.References {
		if err := p.version(ctx, p.r.local(ref.Subject), ref.Version, true); err != nil {
			return err
		}
	}
	return nil
}

// live notes that a version which was read for another one is a live one.
func (p *puller) live(ctx context.Context, subject string, version int, referred bool) error {
	s, err := p.subject(ctx, subject)
	if err != nil {
		return err
	}
	for i := range s.Versions {
		if s.Versions[i].Version == version && !referred {
			s.Versions[i].Referred = false
		}
	}
	return nil
}

// local is the name of a subject without the context of the registry.
func (r *Registry) local(subject string) string {
	return strings.TrimPrefix(subject, r.qualify(""))
}

// subject is the entry of a subject, with its configuration in force.
func (p *puller) subject(ctx context.Context, name string) (*PulledSubject, error) {
	for i := range p.out.Subjects {
		if p.out.Subjects[i].Subject == name {
			return &p.out.Subjects[i], nil
		}
	}
	c, err := p.r.Client.Config(ctx, p.r.qualify(name), client.ConfigQuery{DefaultToGlobal: true})
	if err != nil && !errors.Is(err, client.ErrConfigNotFound) {
		return nil, fmt.Errorf("read the configuration of %s: %w", name, err)
	}
	p.out.Subjects = append(p.out.Subjects, PulledSubject{Subject: name, Level: c.CompatibilityLevel, Policy: c.CompatibilityPolicy, Config: &c})
	return &p.out.Subjects[len(p.out.Subjects)-1], nil
}

func (p *puller) finish() {
	slices.SortFunc(p.out.Subjects, func(a, b PulledSubject) int { return strings.Compare(a.Subject, b.Subject) })
	for i := range p.out.Subjects {
		slices.SortFunc(p.out.Subjects[i].Versions, func(a, b PulledVersion) int { return a.Version - b.Version })
	}
}

// subjects lists the subjects of the context, without it.
func subjects(ctx context.Context, r *Registry) ([]string, error) {
	prefix := r.qualify("")
	list, err := r.Client.Subjects(ctx, client.SubjectsQuery{SubjectPrefix: prefix})
	if err != nil {
		return nil, fmt.Errorf("list the subjects of %s: %w", r.Name, err)
	}
	var out []string
	for _, s := range list {
		if prefix == "" && strings.HasPrefix(s, ":.") {
			continue // of another context
		}
		out = append(out, strings.TrimPrefix(s, prefix))
	}
	slices.Sort(out)
	return out, nil
}
