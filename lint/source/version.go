package source

import (
	"context"
	"fmt"
	"regexp"
	"strconv"

	"github.com/instar-registry/instar/client"
	"github.com/instar-registry/instar/internal/remote"
	"github.com/instar-registry/instar/lint"
	"github.com/instar-registry/instar/lint/tree"
)

// Version is a version of a subject in a registry, as "orders-value@3" and
// "orders-value@latest" name it.
type Version struct {
	Subject string
	Number  int // 0 for the newest
}

var versionName = regexp.MustCompile(`^(.+)@([1-9][0-9]{0,8}|latest)$`)

// ParseVersion reads the name of a version; ok is false for what is none.
func ParseVersion(name string) (v Version, ok bool) {
	m := versionName.FindStringSubmatch(name)
	if m == nil {
		return Version{}, false
	}
	v.Subject = m[1]
	v.Number, _ = strconv.Atoi(m[2]) // 0 for "latest"
	return v, true
}

// Versions reads versions from a registry of the configuration, or from the one at
// an address; the only one of the configuration by an empty name.
func (o *Opener) Versions(ctx context.Context, registry string, list ...Version) ([]*lint.Schema, error) {
	r, err := tree.Connect(registry, &lint.Config{Registries: o.Registries}, o.env)
	if err != nil {
		return nil, err
	}
	reader := remote.NewReader(r.Client)
	var out []*lint.Schema
	for _, v := range list {
		found, err := reader.Version(ctx, client.Qualify(r.Context, v.Subject), v.Number)
		if err != nil {
			name := "the newest version"
			if v.Number > 0 {
				name = fmt.Sprintf("version %d", v.Number)
			}
			return nil, &lint.InputError{What: fmt.Sprintf("%s of subject %s cannot be read from %s: %v", name, v.Subject, r.Name, err)}
		}
		out = append(out, &lint.Schema{
			Subject: v.Subject, Parsed: found.Schema,
			Source: &lint.Source{File: fmt.Sprintf("%s@%d", v.Subject, found.Number), Version: found.Number, Format: found.Schema.Format(), Text: found.Schema.Canonical()},
		})
	}
	return out, nil
}
