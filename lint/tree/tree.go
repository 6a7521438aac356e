// Package tree carries schemas between a tree of files and a registry: it reads
// what the tree says should be registered, plans what that changes, applies a
// plan, and writes what a registry has into files. The commands pull, plan, apply
// and register call it. What must never happen here: a change that no plan shows,
// a lowered level or a deletion that nobody asked for, and a hard deletion at all.
package tree

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"

	"github.com/instar-registry/instar/client"
	"github.com/instar-registry/instar/lint"
	"github.com/instar-registry/instar/schema"
)

// Entry is a schema that the tree wants registered.
type Entry struct {
	Subject, File, Text string
	Format              schema.Format
	// Uses are its references by file; each is an entry of its own.
	Uses []lint.Use
	// Level and Policy are set if the configuration manages them.
	Level, Policy string
	// Upcasters are set if the configuration manages them.
	Upcasters []Upcaster
}

// Entries reads the subjects of a tree that want means, and what they refer to;
// references come before what uses them.
func Entries(ctx context.Context, t lint.Tree, c *lint.Config, want func(subject, file string) bool) ([]Entry, error) {
	l := loader{reader: lint.NewReader(t, c), state: map[string]int{}, bySubject: map[string]string{}}
	files, err := l.reader.Files(ctx)
	if err != nil {
		return nil, err
	}
	l.mapped = files
	for _, file := range files {
		s, err := l.reader.Schema(ctx, file)
		if err != nil {
			return nil, inFile(file, err)
		}
		if want != nil && !want(s.Subject, file) {
			continue
		}
		if err := l.visit(ctx, file); err != nil {
			return nil, err
		}
	}
	return l.out, nil
}

// inFile says which file a mistake in a text is about.
func inFile(file string, err error) error {
	var bad *schema.Error
	if errors.As(err, &bad) {
		return &lint.InputError{What: file + ": " + bad.Error()}
	}
	return err
}

// loader walks references depth first.
type loader struct {
	reader    *lint.Reader
	mapped    []string
	state     map[string]int // by file: 1 on the way, 2 done
	bySubject map[string]string
	out       []Entry
	upcasters *[]lint.UpcasterDocument // of the tree; nil until they are read
}

func (l *loader) visit(ctx context.Context, file string) error {
	switch l.state[file] {
	case 1:
		return &lint.InputError{What: file + " refers to itself by way of others", Hint: "a registry takes a schema after those that it refers to; break the cycle"}
	case 2:
		return nil
	}
	l.state[file] = 1
	s, err := l.reader.Schema(ctx, file)
	if err != nil {
		return inFile(file, err)
	}
	if other := l.bySubject[s.Subject]; other != "" {
		return &lint.InputError{What: fmt.Sprintf("%s and %s are both mapped to the subject %s", other, file, s.Subject), Hint: "map each to a subject of its own"}
	}
	l.bySubject[s.Subject] = file
	for _, u := range s.Uses {
		if u.Pinned != nil {
			continue // it is registered
		}
		if !slices.Contains(l.mapped, u.File) {
			return &lint.InputError{
				What: fmt.Sprintf("%s refers to %s, which is mapped to no subject", file, u.File),
				Hint: "map it in " + lint.ConfigFile + ": a reference is registered under a subject of its own",
			}
		}
		if err := l.visit(ctx, u.File); err != nil {
			return err
		}
	}
	l.state[file] = 2
	e := Entry{Subject: s.Subject, File: file, Text: s.Source.Text, Format: s.Parsed.Format(), Uses: s.Uses}
	if manages(s, lint.ManageConfig) {
		e.Level, e.Policy = s.Mapping.Level.String(), s.Mapping.Policy.String()
	}
	if manages(s, lint.ManageUpcasters) {
		if e.Upcasters, err = l.upcastersOf(ctx, s.Subject, file); err != nil {
			return err
		}
	}
	l.out = append(l.out, e)
	return nil
}

// Registry is a registry and the context in it that a tree is about.
type Registry struct {
	// Name is how reports call it; it holds no credential.
	Name    string
	Context string
	Client  *client.Client
}

// qualify is the name of a subject in the context.
func (r *Registry) qualify(subject string) string { return client.Qualify(r.Context, subject) }

// clean is a path that a subject's text is written to by default.
func clean(subject string, version int, f string) string {
	return path.Join(escape(subject), fmt.Sprintf("%d.%s", version, endings[f]))
}

// endings are the ends of file names by format.
var endings = map[string]string{"": "avsc", "AVRO": "avsc", "JSON": "schema.json", "PROTOBUF": "proto"}

// escape percent-encodes what a name of a file should not hold.
func escape(name string) string {
	var out []byte
	for i := 0; i < len(name); i++ {
		c := name[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_', c == '.' && i > 0:
			out = append(out, c)
		default:
			out = fmt.Appendf(out, "%%%02X", c)
		}
	}
	return string(out)
}
