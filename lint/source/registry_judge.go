package source

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/client"
	"github.com/instar-registry/instar/lint"
	"github.com/instar-registry/instar/schema"
)

// Judge implements [lint.RegistryBase]: it asks for the check that a registration
// would make, against all versions that the level means and not the newest alone.
func (t *registryTree) Judge(ctx context.Context, c lint.Candidate) (lint.Answer, error) {
	body, missing, err := t.body(ctx, &c)
	if err != nil {
		return lint.Answer{}, t.explain(c.Subject, err)
	}
	if missing != "" {
		return lint.Answer{Unasked: missing + " is not registered as the tree has it"}, nil
	}
	t.mu.Lock()
	body.Metadata = t.newest[c.Subject]
	t.mu.Unlock()
	out, err := t.client.Check(ctx, client.Qualify(t.context, c.Subject), client.AllVersions, body, client.CheckOptions{Verbose: true})
	if err != nil {
		return lint.Answer{}, t.explain(c.Subject, err)
	}
	a := lint.Answer{Compatible: out.IsCompatible}
	if out.Messages != nil {
		a.Messages = *out.Messages
	}
	return a, nil
}

// body is a candidate as a registry takes it, its references by the versions that
// have their texts. missing is a subject that has no such version.
func (t *registryTree) body(ctx context.Context, c *lint.Candidate) (r wire.RegisterRequest, missing string, err error) {
	r = wire.RegisterRequest{Schema: c.Text}
	if c.Format != schema.Avro { // the default
		r.SchemaType = c.Format.String()
	}
	for i := range c.References {
		ref := &c.References[i]
		body, missing, err := t.body(ctx, &ref.Candidate)
		if err != nil || missing != "" {
			return r, missing, err
		}
		found, err := t.client.Lookup(ctx, client.Qualify(t.context, ref.Subject), body, client.LookupOptions{})
		var answer *client.Error
		if errors.As(err, &answer) && answer.Status == http.StatusNotFound {
			return r, "its reference " + ref.Subject, nil
		}
		if err != nil {
			return r, "", fmt.Errorf("reference %s: %w", ref.Subject, err)
		}
		r.References = append(r.References, wire.Reference{Name: ref.Name, Subject: ref.Subject, Version: found.Version})
	}
	return r, "", nil
}
