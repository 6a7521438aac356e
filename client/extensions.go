package client

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/instar-registry/instar/api/wire"
)

// Undelete brings back all hidden versions of a subject and returns their
// numbers.
func (c *Client) Undelete(ctx context.Context, subject string, force bool) ([]int, error) {
	return send[[]int](ctx, c, &call{method: http.MethodPost, path: subjectPath(subject, "undelete"), query: values("force", force)})
}

// UndeleteVersion brings back one hidden version.
func (c *Client) UndeleteVersion(ctx context.Context, subject string, version int, force bool) (int, error) {
	return send[int](ctx, c, &call{
		method: http.MethodPost, path: subjectPath(subject, "versions", versionSegment(version), "undelete"), query: values("force", force),
	})
}

// BulkRegister registers many schemas, all or nothing unless Atomic is false.
func (c *Client) BulkRegister(ctx context.Context, r wire.BulkRegisterRequest) (wire.BulkRegistered, error) {
	return send[wire.BulkRegistered](ctx, c, &call{method: http.MethodPost, path: "/bulk/register", body: r, repeatable: true})
}

// BulkSchemas reads many schemas at once.
func (c *Client) BulkSchemas(ctx context.Context, r wire.BulkSchemasRequest) (wire.BulkSchemas, error) {
	return send[wire.BulkSchemas](ctx, c, &call{method: http.MethodPost, path: "/bulk/schemas", body: r, repeatable: true})
}

// Inspect tells everything about a candidate schema.
func (c *Client) Inspect(ctx context.Context, r wire.InspectRequest) (wire.Inspection, error) {
	return send[wire.Inspection](ctx, c, &call{method: http.MethodPost, path: "/inspect", body: r, repeatable: true})
}

// Validate judges an event against a schema.
func (c *Client) Validate(ctx context.Context, r wire.ValidateRequest) (wire.Validation, error) {
	return send[wire.Validation](ctx, c, &call{method: http.MethodPost, path: "/validate", body: r, repeatable: true})
}

// SearchQuery are the terms of [Client.Search]; they are joined by "and".
type SearchQuery struct {
	Any        string // any of the below
	Name       string // glob over subjects
	Field      string // glob over field paths
	Type       string // type name, full or simple, or logical type
	Tag        string
	Meta       string // "key" or "key:value"
	SchemaType string
	Deleted    bool
	All        bool // all versions, not only the newest live ones
	Cursor     string
	Limit      int
}

// Search finds versions by name, field, type, tag and metadata.
func (c *Client) Search(ctx context.Context, q SearchQuery) (wire.SearchResults, error) {
	return fetch[wire.SearchResults](ctx, c, "/search", values("q", q.Any, "name", q.Name, "field", q.Field, "type", q.Type,
		"tag", q.Tag, "meta", q.Meta, "schemaType", q.SchemaType, "deleted", q.Deleted, "allVersions", q.All,
		"cursor", q.Cursor, "limit", q.Limit))
}

// ChangesQuery are the parameters of [Client.Changes].
type ChangesQuery struct {
	Since            int64 // the first change after this sequence
	Kinds            []string
	Subject, Context string
	Follow           bool // go on with changes as they happen, until ctx ends
	Limit            int
}

// ErrStop ends [Client.Changes] from inside yield without an error.
var ErrStop = errors.New("stop")

// Changes calls yield with every change in order. Following, it resumes after a
// lost connection where it was; each change is then given at least once and
// never out of order. It returns the sequence of the last change given.
func (c *Client) Changes(ctx context.Context, q ChangesQuery, yield func(wire.Change) error) (int64, error) {
	last, left, failures := q.Since, q.Limit, 0
	for {
		before := last
		err := c.changes(ctx, q, &last, &left, yield)
		switch {
		case errors.Is(err, ErrStop):
			return last, nil
		case ctx.Err() != nil:
			return last, ctx.Err()
		case err != nil && !isLost(err):
			return last, err
		case !q.Follow || (q.Limit > 0 && left <= 0):
			return last, err
		}
		if failures++; last > before {
			failures = 1
		}
		if err := c.set.sleep(ctx, c.pause(failures, 0)); err != nil {
			return last, err
		}
	}
}

// lostError is a stream that broke off.
type lostError struct{ cause error }

func (e *lostError) Error() string { return fmt.Sprintf("the change feed broke off: %v", e.cause) }
func (e *lostError) Unwrap() error { return e.cause }

func isLost(err error) bool {
	var lost *lostError
	var down *UnavailableError
	return errors.As(err, &lost) || errors.As(err, &down)
}

func (c *Client) changes(ctx context.Context, q ChangesQuery, last *int64, left *int, yield func(wire.Change) error) error {
	query := values("since", *last, "kinds", strings.Join(q.Kinds, ","), "subject", q.Subject, "context", q.Context,
		"follow", q.Follow, "limit", *left)
	return c.open(ctx, &call{method: http.MethodGet, path: "/changes", query: query, accept: wire.TypeNDJSON + ", " + accept},
		func(r io.Reader) error {
			lines := bufio.NewScanner(r)
			lines.Buffer(make([]byte, 64<<10), int(c.set.maxBody))
			for lines.Scan() {
				if len(lines.Bytes()) == 0 {
					continue
				}
				var change wire.Change
				if err := json.Unmarshal(lines.Bytes(), &change); err != nil {
					return &lostError{fmt.Errorf("a line after sequence %d is not readable: %w", *last, err)}
				}
				if err := yield(change); err != nil {
					return err
				}
				*last = change.Seq
				*left--
			}
			if err := lines.Err(); err != nil {
				return &lostError{err}
			}
			return nil
		})
}

// open runs a GET whose answer is a stream; the attempts end where it begins.
func (c *Client) open(ctx context.Context, req *call, use func(io.Reader) error) error {
	var body io.ReadCloser
	req.open = &body
	req.repeatable = true
	if err := c.do(ctx, req); err != nil {
		return err
	}
	defer body.Close()
	return use(body)
}

// ExportQuery are the parameters of [Client.Export].
type ExportQuery struct {
	Context, SubjectPrefix string
	WithoutDeleted         bool
	WithoutConfig          bool
}

// Export writes an archive of the registry's state at one sequence. It is
// complete only when the error is nil.
func (c *Client) Export(ctx context.Context, q ExportQuery, w io.Writer) error {
	query := values("context", q.Context, "subjectPrefix", q.SubjectPrefix)
	if q.WithoutDeleted {
		query.Set("deleted", "false")
	}
	if q.WithoutConfig {
		query.Set("config", "false")
	}
	return c.open(ctx, &call{method: http.MethodGet, path: "/export", query: query, accept: wire.TypeNDJSON + ", " + accept},
		func(r io.Reader) error {
			if _, err := io.Copy(w, r); err != nil {
				return fmt.Errorf("the export broke off: %w", err)
			}
			return nil
		})
}

// ImportOptions are the parameters of [Client.Import].
type ImportOptions struct {
	DryRun        bool
	SkipIdentical bool              // a version whose schema is live in the subject under another number is left out, not refused
	ContextMap    map[string]string // from context to context
}

// Import reads an archive into the registry. It is sent once; sending it again
// after an error goes on where it ended, since equal content is no change.
func (c *Client) Import(ctx context.Context, archive io.Reader, o ImportOptions) (wire.ImportReport, error) {
	q := values("dryRun", o.DryRun)
	if o.SkipIdentical {
		q.Set("onConflict", "skip-identical")
	}
	for from, to := range o.ContextMap {
		q.Add("contextMap", from+"="+to)
	}
	return send[wire.ImportReport](ctx, c, &call{
		method: http.MethodPost, path: "/import", query: q, stream: archive, header: http.Header{"Content-Type": {wire.TypeNDJSON}},
	})
}
