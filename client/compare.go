package client

import (
	"context"
	"net/http"
	"strings"

	"github.com/instar-registry/instar/api/wire"
)

// Diff tells what lies between two versions of a subject. [Latest] names the
// newest live one; from 0 is the version before to, and to 0 the newest.
func (c *Client) Diff(ctx context.Context, subject string, from, to int) (wire.Diff, error) {
	return fetch[wire.Diff](ctx, c, subjectPath(subject, "diff"), values("from", from, "to", to))
}

// DiffCandidate tells what lies between a version of a subject and a schema that
// is not registered; from 0 is the newest version.
func (c *Client) DiffCandidate(ctx context.Context, subject string, from int, r wire.RegisterRequest) (wire.Diff, error) {
	return send[wire.Diff](ctx, c, &call{
		method: http.MethodPost, path: subjectPath(subject, "diff"), body: r, repeatable: true, query: values("from", from),
	})
}

// DiffSchemas tells what lies between any two schemas.
func (c *Client) DiffSchemas(ctx context.Context, r wire.DiffRequest) (wire.Diff, error) {
	return send[wire.Diff](ctx, c, &call{method: http.MethodPost, path: "/diff", body: r, repeatable: true})
}

// MatrixQuery are the parameters of [Client.Matrix].
type MatrixQuery struct {
	Policy   string   // STRICT, LENIENT, EXACT or DECLARED; "" the one in force
	Versions []string // numbers, "latest", ranges such as "3-7"; none means all
	Deleted  bool     // soft-deleted versions too
}

// Matrix tells which versions of a subject read the events of which.
func (c *Client) Matrix(ctx context.Context, subject string, q MatrixQuery) (wire.Matrix, error) {
	return fetch[wire.Matrix](ctx, c, subjectPath(subject, "matrix"), values("policy", q.Policy,
		"versions", strings.Join(q.Versions, ","), "deleted", q.Deleted))
}
