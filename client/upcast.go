package client

import (
	"context"
	"net/http"
	"strconv"

	"github.com/instar-registry/instar/api/wire"
)

// Upcasters lists the upcasters of a subject, with every revision.
func (c *Client) Upcasters(ctx context.Context, subject string) ([]wire.Upcaster, error) {
	return fetch[[]wire.Upcaster](ctx, c, subjectPath(subject, "upcasters"), nil)
}

// Upcaster returns one upcaster with its document; revision 0 is the newest.
func (c *Client) Upcaster(ctx context.Context, subject string, from, to, revision int) (wire.Upcaster, error) {
	return fetch[wire.Upcaster](ctx, c, upcasterPath(subject, from, to), values("revision", revision))
}

// AddUpcaster registers a document, in YAML or JSON, for a hop. supersedes is the
// active revision that it replaces; 0 if there is none.
func (c *Client) AddUpcaster(ctx context.Context, subject string, from, to int, document string, supersedes int) (wire.UpcasterAdded, error) {
	r := &call{method: http.MethodPut, path: upcasterPath(subject, from, to), body: wire.UpcasterText{Document: document}}
	if supersedes > 0 {
		r.header = http.Header{"If-Match": {strconv.Quote(strconv.Itoa(supersedes))}}
	}
	return send[wire.UpcasterAdded](ctx, c, r)
}

// WithdrawUpcaster takes the active revision of a hop out of the plans and
// returns its number.
func (c *Client) WithdrawUpcaster(ctx context.Context, subject string, from, to int) (int, error) {
	return send[int](ctx, c, &call{method: http.MethodDelete, path: upcasterPath(subject, from, to)})
}

// VerifyUpcaster proves a document between the versions that it names and stores
// nothing.
func (c *Client) VerifyUpcaster(ctx context.Context, subject, document string) (wire.UpcasterVerdict, error) {
	return send[wire.UpcasterVerdict](ctx, c, &call{
		method: http.MethodPost, path: subjectPath(subject, "upcasters", "verify"), body: wire.UpcasterText{Document: document}, repeatable: true,
	})
}

// UpcasterCoverage says which versions reach a target version; 0 is the newest.
func (c *Client) UpcasterCoverage(ctx context.Context, subject string, target int) (wire.UpcasterCoverage, error) {
	return fetch[wire.UpcasterCoverage](ctx, c, subjectPath(subject, "upcasters", "coverage"), values("target", target))
}

// Upcast carries one event from a version of a subject to another.
func (c *Client) Upcast(ctx context.Context, r wire.UpcastRequest) (wire.Upcast, error) {
	return send[wire.Upcast](ctx, c, &call{method: http.MethodPost, path: "/upcast", body: r, repeatable: true})
}

func upcasterPath(subject string, from, to int) string {
	return subjectPath(subject, "upcasters", strconv.Itoa(from), strconv.Itoa(to))
}
