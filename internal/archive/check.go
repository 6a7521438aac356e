package archive

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/schema"
)

// Summary is what a check found in a good archive.
type Summary struct {
	Header Header
	Counts Counts
	Lines  int64
	// Dangling counts references to versions that the archive does not hold;
	// they may exist where it is imported.
	Dangling int64
	// Scopes lists every subject and scope of the archive once, sorted.
	Scopes []registry.Name
}

// Check reads a whole archive and refuses whatever cannot be imported: damage,
// lines out of order, a version, id or scope that is there twice with different
// meaning. It keeps a few dozen bytes per line, no text.
func Check(r io.Reader, l Limits) (*Summary, error) {
	a, err := NewReader(r, l)
	if err != nil {
		return nil, err
	}
	c := &checker{a: a, texts: map[key]bool{}, versions: map[key]bool{}, bindings: map[key]key{}, scopes: map[registry.Name]bool{}, seen: map[key]bool{}}
	for {
		line, err := a.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if err := c.line(line); err != nil {
			return nil, err
		}
	}
	s := &Summary{Header: a.Header(), Counts: a.Counts(), Lines: a.line, Dangling: c.dangling}
	for n := range c.scopes {
		s.Scopes = append(s.Scopes, n)
	}
	slices.SortFunc(s.Scopes, func(x, y registry.Name) int {
		return strings.Compare(x.Context+"\x00"+x.Subject, y.Context+"\x00"+y.Subject)
	})
	return s, nil
}

// key stands for what it is a hash of; 128 bits of SHA-256 do not collide by
// accident, and a forged collision harms only the forger's own import.
type key [16]byte

func keyOf(parts ...string) key {
	var room [1200]byte
	b := room[:0]
	for _, p := range parts {
		b = binary.AppendUvarint(b, uint64(len(p)))
		b = append(b, p...)
	}
	sum := sha256.Sum256(b)
	return key(sum[:16])
}

type checker struct {
	a        *Reader
	texts    map[key]bool
	versions map[key]bool
	bindings map[key]key // (context, id) to content
	seen     map[key]bool
	scopes   map[registry.Name]bool
	dangling int64
}

func (c *checker) line(l Line) error {
	switch l.Kind {
	case KindText:
		k := keyOf(l.Text.Hash)
		if c.texts[k] {
			return c.a.bad("the text %s is there twice", l.Text.Hash)
		}
		c.texts[k] = true
	case KindVersion:
		return c.version(l.Version)
	case KindUpcaster:
		return c.upcaster(l.Upcaster)
	case KindConfig:
		if l.Config.Config == nil {
			return c.a.bad("the configuration is missing")
		}
		return c.scope(KindConfig, l.Config.Context, l.Config.Subject)
	case KindMode:
		if !slices.Contains([]string{"READWRITE", "READONLY", "READONLY_OVERRIDE", "IMPORT", "FORWARD"}, l.Mode.Mode) {
			return c.a.bad("unknown mode %q", l.Mode.Mode)
		}
		return c.scope(KindMode, l.Mode.Context, l.Mode.Subject)
	}
	return nil
}

func (c *checker) scope(kind, context, subject string) error {
	if err := c.context(context); err != nil {
		return err
	}
	k := keyOf(kind, context, subject)
	if c.seen[k] {
		return c.a.bad("the %s of %q is there twice", kind, registry.Name{Context: context, Subject: subject})
	}
	c.seen[k] = true
	c.scopes[registry.Name{Context: context, Subject: subject}] = true
	return nil
}

func (c *checker) context(name string) error {
	if !strings.HasPrefix(name, ".") || strings.ContainsRune(name, ':') || len(name) > registry.MaxNameBytes {
		return c.a.bad("the context %q does not start with a dot, has a colon or is too long", name)
	}
	return nil
}

func (c *checker) version(v *VersionLine) error {
	if err := c.context(v.Context); err != nil {
		return err
	}
	if _, ok := registry.ParseGUID(v.GUID); !ok {
		return c.a.bad("the GUID %q is not one", v.GUID)
	}
	if _, err := schema.ParseFormat(v.SchemaType); err != nil {
		return c.a.bad("%v", err)
	}
	const most = 1<<31 - 1
	switch {
	case v.Version < 1 || v.Version > most:
		return c.a.bad("the version %d is not between 1 and 2^31-1", v.Version)
	case v.ID < 1 || v.ID > most:
		return c.a.bad("the id %d is not between 1 and 2^31-1", v.ID)
	case len(v.Subject) > registry.MaxNameBytes:
		return c.a.bad("the subject has %d bytes; %d are allowed", len(v.Subject), registry.MaxNameBytes)
	case !c.texts[keyOf(v.Text)]:
		return c.a.bad("the text %s of the version does not stand before it", v.Text)
	}
	k := keyOf(v.Context, v.Subject, fmt.Sprint(v.Version))
	if c.versions[k] {
		return c.a.bad("version %d of %q is there twice", v.Version, registry.Name{Context: v.Context, Subject: v.Subject})
	}
	c.versions[k] = true
	id, content := keyOf(v.Context, fmt.Sprint(v.ID)), contentKey(v)
	if other, bound := c.bindings[id]; bound && other != content {
		return c.a.bad("the id %d of the context %q stands for another schema in an earlier line", v.ID, v.Context)
	}
	c.bindings[id] = content
	c.scopes[registry.Name{Context: v.Context, Subject: v.Subject}] = true
	for _, r := range v.References {
		n := registry.In(v.Context, r.Subject)
		if !c.versions[keyOf(n.Context, n.Subject, fmt.Sprint(r.Version))] {
			c.dangling++
		}
	}
	return nil
}

func (c *checker) upcaster(u *UpcasterLine) error {
	if err := c.context(u.Context); err != nil {
		return err
	}
	const most = 1<<31 - 1
	switch {
	case !u.Away && u.From >= u.To || min(u.From, u.To) < 1 || max(u.From, u.To) > most:
		return c.a.bad("the upcaster leads from version %d to %d; both are between 1 and 2^31-1, and the second is the higher one", u.From, u.To)
	case u.Revision < 1 || u.Revision > most:
		return c.a.bad("the revision %d is not between 1 and 2^31-1", u.Revision)
	case !slices.Contains([]string{registry.DraftUpcaster, registry.ActiveUpcaster, registry.SupersededUpcaster, registry.WithdrawnUpcaster}, u.State):
		return c.a.bad("unknown state %q of an upcaster", u.State)
	case !slices.Contains([]string{"PROVED", "TESTED", "REFUTED"}, u.Verdict):
		return c.a.bad("unknown verdict %q", u.Verdict)
	case len(u.Subject) > registry.MaxNameBytes:
		return c.a.bad("the subject has %d bytes; %d are allowed", len(u.Subject), registry.MaxNameBytes)
	case !c.texts[keyOf(u.Text)]:
		return c.a.bad("the text %s of the upcaster does not stand before it", u.Text)
	}
	n := registry.Name{Context: u.Context, Subject: u.Subject}
	once := []string{fmt.Sprint(u.Revision)}
	if u.State == registry.ActiveUpcaster || u.State == registry.DraftUpcaster {
		once = append(once, u.State)
	}
	for _, which := range once {
		k := keyOf(KindUpcaster, u.Context, u.Subject, fmt.Sprint(u.From), fmt.Sprint(u.To), which)
		if c.seen[k] {
			return c.a.bad("revision %s of the upcaster from version %d to %d of %q is there twice", which, u.From, u.To, n)
		}
		c.seen[k] = true
	}
	c.scopes[n] = true
	return nil
}

// contentKey stands for what an id is bound to. The GUID covers references,
// metadata and rules; the format is not part of it.
func contentKey(v *VersionLine) key { return keyOf(v.GUID, v.Text, strings.ToUpper(v.SchemaType)) }
