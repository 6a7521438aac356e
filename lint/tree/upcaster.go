package tree

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"

	"github.com/instar-registry/instar/lint"
	"github.com/instar-registry/instar/upcast"
)

// Upcaster is a document that leads to a version of a subject.
type Upcaster struct {
	File     string
	Document *upcast.Document
	// From and To are the texts of the versions that it names by their files,
	// empty where it names a number. Head says that it leads to the text of the
	// entry.
	From, To string
	Head     bool
}

// name is a version of the document for people.
func name(v upcast.Version) string {
	if v.File != "" {
		return v.File
	}
	return "version " + v.String()
}

// documents reads the upcasters of the tree once.
func (l *loader) documents(ctx context.Context) ([]lint.UpcasterDocument, error) {
	if l.upcasters == nil {
		all, err := l.reader.Upcasters(ctx)
		if err != nil {
			return nil, err
		}
		l.upcasters = &all
	}
	return *l.upcasters, nil
}

// upcastersOf are the documents that lead to a version of a subject, whose
// newest text is a file of the tree.
func (l *loader) upcastersOf(ctx context.Context, subject, file string) ([]Upcaster, error) {
	all, err := l.documents(ctx)
	if err != nil {
		return nil, err
	}
	var out []Upcaster
	for _, d := range all {
		to := d.Document.To.Version
		head := to.File != "" && path.Join(path.Dir(d.File), to.File) == file
		if !head && d.Document.Subject != subject {
			continue
		}
		if head && d.Document.Subject != "" && d.Document.Subject != subject {
			return nil, &lint.InputError{
				What: fmt.Sprintf("%s is about the subject %s, and leads to %s, which is mapped to %s", d.File, d.Document.Subject, file, subject),
				Hint: "correct its subject or its to",
			}
		}
		u := Upcaster{File: d.File, Document: d.Document, Head: head}
		if u.From, err = l.textOf(ctx, d.File, d.Document.From); err != nil {
			return nil, err
		}
		if u.To, err = l.textOf(ctx, d.File, to); err != nil {
			return nil, err
		}
		out = append(out, u)
	}
	return out, nil
}

// textOf is the text of a version that a document names by its file.
func (l *loader) textOf(ctx context.Context, document string, v upcast.Version) (string, error) {
	if v.File == "" {
		return "", nil
	}
	text, err := l.reader.Text(ctx, path.Join(path.Dir(document), v.File))
	var bad *lint.FileError
	if errors.As(err, &bad) {
		return "", &lint.InputError{What: document + " names a file that cannot be read: " + bad.Error()}
	}
	return text, err
}

// manages reports whether apply may set something beside the schemas of a source.
func manages(s *lint.Schema, what string) bool { return slices.Contains(s.Mapping.Manage, what) }
