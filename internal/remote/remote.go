// Package remote reads the schemas of a registry through its client: the versions
// of a subject, parsed, with everything that they refer to.
package remote

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/client"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/format"
)

// Version is one version of a subject.
type Version struct {
	Number int
	ID     int64
	Schema schema.Parsed
	// References are what the schema refers to, dependencies first.
	References []schema.Document
}

// Reader reads schemas and keeps what it read: a version never changes. It
// belongs to one goroutine.
type Reader struct {
	client *client.Client
	read   map[at]*wire.Schema
}

// at is a version of a subject.
type at struct {
	subject string
	version int
}

// NewReader reads through a client.
func NewReader(c *client.Client) *Reader { return &Reader{client: c, read: map[at]*wire.Schema{}} }

// maxDepth bounds a chain of references; the registry has none as long.
const maxDepth = 64

// Subject reads all versions of a subject, soft-deleted ones too, in order.
func (r *Reader) Subject(ctx context.Context, subject string) ([]Version, error) {
	numbers, err := r.client.Versions(ctx, subject, client.VersionsQuery{Deleted: true})
	if err != nil {
		return nil, err
	}
	out := make([]Version, len(numbers))
	for i, n := range numbers {
		s, err := r.text(ctx, at{subject, n})
		if err != nil {
			return nil, err
		}
		if out[i], err = r.parse(ctx, s); err != nil {
			return nil, fmt.Errorf("version %d of subject %s: %w", n, subject, err)
		}
	}
	return out, nil
}

// Version reads one version of a subject, also one that is soft-deleted; 0 is the
// newest that is not.
func (r *Reader) Version(ctx context.Context, subject string, number int) (Version, error) {
	if number == 0 {
		numbers, err := r.client.Versions(ctx, subject, client.VersionsQuery{})
		if err != nil {
			return Version{}, err
		}
		number = slices.Max(append(numbers, 1))
	}
	s, err := r.text(ctx, at{subject, number})
	if err != nil {
		return Version{}, err
	}
	return r.parse(ctx, s)
}

// Text is a version of a subject with what it refers to, not parsed.
type Text struct {
	wire.Schema
	Documents []schema.Document // dependencies first
}

// Live reads the versions of a subject that are not deleted, newest first: all,
// or the newest alone. A subject without any has none.
func (r *Reader) Live(ctx context.Context, subject string, all bool) ([]Text, error) {
	numbers, err := r.client.Versions(ctx, subject, client.VersionsQuery{})
	var answer *client.Error
	if errors.As(err, &answer) && answer.Status == http.StatusNotFound && answer.Code == subjectNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	slices.Sort(numbers)
	slices.Reverse(numbers)
	if !all {
		numbers = numbers[:min(len(numbers), 1)]
	}
	var out []Text
	for _, n := range numbers {
		s, err := r.text(ctx, at{subject, n})
		if err != nil {
			return nil, err
		}
		docs, err := r.Documents(ctx, s.Subject, s.References)
		if err != nil {
			return nil, fmt.Errorf("version %d of subject %s: %w", n, subject, err)
		}
		out = append(out, Text{*s, docs})
	}
	return out, nil
}

// subjectNotFound is the error code of an unknown subject.
const subjectNotFound = 40401

func (r *Reader) text(ctx context.Context, v at) (*wire.Schema, error) {
	if s := r.read[v]; s != nil {
		return s, nil
	}
	s, err := r.client.Version(ctx, v.subject, v.version, client.VersionQuery{Deleted: true})
	if err != nil {
		return nil, err
	}
	r.read[v] = &s
	return &s, nil
}

func (r *Reader) parse(ctx context.Context, s *wire.Schema) (Version, error) {
	f, err := schema.ParseFormat(s.SchemaType)
	if err != nil {
		return Version{}, err
	}
	docs, err := r.Documents(ctx, s.Subject, s.References)
	if err != nil {
		return Version{}, err
	}
	p, err := format.Parse(f, s.Schema, docs, schema.Options{Limits: schema.DefaultLimits(), Lenient: true})
	return Version{s.Version, s.ID, p, docs}, err
}

// Documents reads what a schema of a subject refers to: the closure, dependencies
// first.
func (r *Reader) Documents(ctx context.Context, subject string, refs []wire.Reference) ([]schema.Document, error) {
	var out []schema.Document
	seen := map[string]bool{}
	err := r.closure(ctx, subject, refs, seen, &out, 0)
	return out, err
}

func (r *Reader) closure(ctx context.Context, subject string, refs []wire.Reference, seen map[string]bool, out *[]schema.Document, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("the references of subject %s are nested deeper than %d", subject, maxDepth)
	}
	for _, ref := range refs {
		if seen[ref.Name] {
			continue
		}
		seen[ref.Name] = true
		s, err := r.text(ctx, at{within(subject, ref.Subject), ref.Version})
		if err != nil {
			return fmt.Errorf("reference %q: %w", ref.Name, err)
		}
		if err := r.closure(ctx, s.Subject, s.References, seen, out, depth+1); err != nil {
			return err
		}
		*out = append(*out, schema.Document{Name: ref.Name, Text: s.Schema})
	}
	return nil
}

// within gives a subject of a reference the context of the subject that refers to
// it, unless it names one itself.
func within(subject, ref string) string {
	if strings.HasPrefix(ref, ":.") || !strings.HasPrefix(subject, ":.") {
		return ref
	}
	end := strings.IndexByte(subject[1:], ':')
	if end < 0 {
		return ref
	}
	return subject[:end+2] + ref
}
