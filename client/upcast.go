package client

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"github.com/instar-registry/instar/api/wire"
)

// UpcasterFilter narrows a list of upcasters; what is zero is not asked for.
type UpcasterFilter struct {
	From, To      int
	State, Origin string
	Offset, Limit int
}

// Upcasters lists the upcasters of a subject, with every revision, and the hops
// that need no document.
func (c *Client) Upcasters(ctx context.Context, subject string, f UpcasterFilter) ([]wire.Upcaster, error) {
	query := values("from", f.From, "to", f.To, "state", f.State, "origin", f.Origin, "offset", f.Offset, "limit", f.Limit)
	return fetch[[]wire.Upcaster](ctx, c, subjectPath(subject, "upcasters"), query)
}

// Upcaster returns one upcaster with its document; revision 0 is the active one,
// or the newest if none is active.
func (c *Client) Upcaster(ctx context.Context, subject string, from, to, revision int) (wire.Upcaster, error) {
	return fetch[wire.Upcaster](ctx, c, upcasterPath(subject, from, to), values("revision", revision))
}

// AddUpcasterOptions say how a document is registered.
type AddUpcasterOptions struct {
	// Supersedes is the active revision, or the draft, that it replaces; 0 if
	// there is none.
	Supersedes int
	// Draft keeps it out of the plans.
	Draft bool
	// AcceptPartial lets a bridge rest on it although it sends events to the dead
	// letter.
	AcceptPartial bool
}

// AddUpcaster registers a document, in YAML or JSON, for a hop.
func (c *Client) AddUpcaster(ctx context.Context, subject string, from, to int, document string, o AddUpcasterOptions) (wire.UpcasterAdded, error) {
	r := &call{
		method: http.MethodPut, path: upcasterPath(subject, from, to), body: wire.UpcasterText{Document: document},
		query: values("state", stateOf(o.Draft), "acceptPartial", o.AcceptPartial),
	}
	if o.Supersedes > 0 {
		r.header = http.Header{"If-Match": {strconv.Quote(strconv.Itoa(o.Supersedes))}}
	}
	return send[wire.UpcasterAdded](ctx, c, r)
}

// WithdrawUpcaster takes the active revision of a hop out of the plans, or
// discards its draft, and returns its number.
func (c *Client) WithdrawUpcaster(ctx context.Context, subject string, from, to int, draft bool) (int, error) {
	return send[int](ctx, c, &call{method: http.MethodDelete, path: upcasterPath(subject, from, to), query: values("state", stateOf(draft))})
}

func stateOf(draft bool) string {
	if draft {
		return "draft"
	}
	return ""
}

// VerifyUpcaster proves a document between the versions that it names and stores
// nothing.
func (c *Client) VerifyUpcaster(ctx context.Context, subject, document string) (wire.UpcasterVerdict, error) {
	return send[wire.UpcasterVerdict](ctx, c, &call{
		method: http.MethodPost, path: subjectPath(subject, "upcasters", "verify"), body: wire.UpcasterText{Document: document}, repeatable: true,
	})
}

// VerifyCandidate proves a document from the newest version of a subject to a schema
// that is none yet, and stores nothing.
func (c *Client) VerifyCandidate(ctx context.Context, subject string, r wire.UpcasterCandidate) (wire.UpcasterVerdict, error) {
	return send[wire.UpcasterVerdict](ctx, c, &call{
		method: http.MethodPost, path: subjectPath(subject, "upcasters", "verify"), body: r, repeatable: true,
	})
}

// VerifyBetween proves a document between any two schemas and stores nothing.
func (c *Client) VerifyBetween(ctx context.Context, r wire.UpcasterBetween) (wire.UpcasterVerdict, error) {
	return send[wire.UpcasterVerdict](ctx, c, &call{method: http.MethodPost, path: "/upcasters/verify", body: r, repeatable: true})
}

// DeriveUpcaster says what the way between two versions needs, and drafts it.
func (c *Client) DeriveUpcaster(ctx context.Context, subject string, p wire.UpcasterPair) (wire.UpcasterProposal, error) {
	return send[wire.UpcasterProposal](ctx, c, &call{
		method: http.MethodPost, path: subjectPath(subject, "upcasters", "derive"), body: p, repeatable: true,
	})
}

// UpcasterCoverage says which versions reach a target version; 0 is the newest.
func (c *Client) UpcasterCoverage(ctx context.Context, subject string, target int) (wire.UpcasterCoverage, error) {
	return fetch[wire.UpcasterCoverage](ctx, c, subjectPath(subject, "upcasters", "coverage"), values("target", target))
}

// UpcasterSources lists the versions whose events can become events of a version;
// 0 is the newest.
func (c *Client) UpcasterSources(ctx context.Context, subject string, version int) (wire.UpcasterSources, error) {
	return fetch[wire.UpcasterSources](ctx, c, "/upcasters/sources", values("subject", subject, "version", version))
}

// PlanQuery names the way of a portable plan. From and To are version numbers or
// "latest"; an empty To is the latest. Repr is avro, json or protobuf, or empty for
// the one of the schemas; ToSubject is the subject of To, if it is another one;
// Message is a Protobuf message, or empty for the first.
type PlanQuery struct{ From, To, ToSubject, Repr, Message string }

// UpcasterPlan returns the portable plan from one version to another, for a runtime
// without schemas and documents. It is to be verified like any text from a network.
func (c *Client) UpcasterPlan(ctx context.Context, subject string, q PlanQuery) (json.RawMessage, error) {
	query := values("from", q.From, "to", q.To, "toSubject", q.ToSubject, "repr", q.Repr, "message", q.Message)
	return fetch[json.RawMessage](ctx, c, subjectPath(subject, "upcasters", "plan"), query)
}

// PlanByHash returns a portable plan by its hash, "sha256:…". The subject may be
// empty; with it the registry has less to search.
func (c *Client) PlanByHash(ctx context.Context, hash, subject string) (json.RawMessage, error) {
	return fetch[json.RawMessage](ctx, c, "/upcasters/plans/"+url.PathEscape(hash), values("subject", subject))
}

// SourcesOfType lists the versions whose events can become events of a type, by its
// full name in Avro or Protobuf.
func (c *Client) SourcesOfType(ctx context.Context, name string) (wire.UpcasterSources, error) {
	return fetch[wire.UpcasterSources](ctx, c, "/upcasters/sources", values("type", name))
}

// Upcast carries one event from a version of a subject to another.
func (c *Client) Upcast(ctx context.Context, r wire.UpcastRequest) (wire.Upcast, error) {
	return send[wire.Upcast](ctx, c, &call{method: http.MethodPost, path: "/upcast", body: r, repeatable: true})
}

// UpcastBatchQuery says what the events of a batch are and what they become. From
// and To are version numbers or "latest"; an empty To is the latest. Message is the
// Protobuf message that the events are of, or empty for the first of its file.
// Trace asks for every step of the first thousand events.
type UpcastBatchQuery struct {
	Subject, From, To, As, Message string
	// ToSubject is the subject of To, if it is another one than Subject.
	ToSubject string
	Trace     bool
	// Wrapped says that each line is a [wire.UpcastWrapped]. Type is then that of the
	// events which are carried, if others are among them, and Midway says that the
	// batch does not begin where its streams do.
	Wrapped, Midway bool
	Type            string
}

// UpcastBatch carries events, one a line in the JSON encoding of their format, and
// calls each with what became of every one, in order, while later ones are still
// sent. An event that cannot be carried is a line with an error. An answer that
// breaks off is an error; what follows the last index can be sent again.
func (c *Client) UpcastBatch(ctx context.Context, q UpcastBatchQuery, events io.Reader, each func(wire.UpcastLine) error) (wire.UpcastCounts, error) {
	var last *wire.UpcastEnded
	query := values("subject", q.Subject, "from", q.From, "to", q.To, "toSubject", q.ToSubject, "as", q.As, "message", q.Message, "trace", q.Trace,
		"wrapped", q.Wrapped, "midway", q.Midway, "type", q.Type)
	r := &call{
		method: http.MethodPost, path: "/upcast/batch", query: query, stream: events,
		header: http.Header{"Content-Type": {wire.TypeNDJSON}}, accept: wire.TypeNDJSON + ", " + accept,
	}
	err := c.open(ctx, r, func(body io.Reader) error {
		lines := bufio.NewScanner(body)
		lines.Buffer(make([]byte, 64<<10), int(c.set.maxBody))
		for lines.Scan() {
			var line struct {
				wire.UpcastLine
				wire.UpcastEnded
				Counts *wire.UpcastCounts `json:"counts"`
			}
			if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
				return fmt.Errorf("a line of the answer is not readable: %w", err)
			}
			if line.Counts != nil {
				last = &wire.UpcastEnded{Counts: *line.Counts, Broken: line.Broken}
				continue
			}
			if err := each(line.UpcastLine); err != nil {
				return err
			}
		}
		return lines.Err()
	})
	switch {
	case err != nil:
		return wire.UpcastCounts{}, err
	case last == nil:
		return wire.UpcastCounts{}, errors.New("the answer broke off before its last line")
	case last.Broken != "":
		return last.Counts, errors.New(last.Broken)
	}
	return last.Counts, nil
}

func upcasterPath(subject string, from, to int) string {
	return subjectPath(subject, "upcasters", strconv.Itoa(from), strconv.Itoa(to))
}
