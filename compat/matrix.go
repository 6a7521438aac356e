package compat

import (
	"context"
	"strings"

	"github.com/instar-registry/instar/schema"
)

// MaxMatrix is the number of versions that a matrix may have.
const MaxMatrix = 200

// MatrixRequest asks of versions which of them read the events of which.
type MatrixRequest struct {
	// Versions are in ascending order.
	Versions []Version
	Policy   Policy
	Options  Options
	Memo     Memo
}

// Cell says what a reader makes of the events of a writer: [CellSame], [CellOK],
// "break:<rule>" with the first rule that breaks, or "unknown:<reason>".
type Cell string

// The cells without a rule or reason.
const (
	CellSame Cell = "=" // the two texts are one
	CellOK   Cell = "ok"
)

const (
	cellBreak   = "break:"
	cellUnknown = "unknown:"
)

// Rank orders cells from best to worst: same, ok, unknown, break.
func (c Cell) Rank() int {
	switch {
	case c == CellSame:
		return 0
	case c == CellOK:
		return 1
	case strings.HasPrefix(string(c), cellUnknown):
		return 2
	default:
		return 3
	}
}

// Column answers for one writer, an index of Versions, what every reader makes
// of its events. Columns may be asked for at the same time.
func (m *MatrixRequest) Column(ctx context.Context, writer int) ([]Cell, error) {
	out := make([]Cell, len(m.Versions))
	for reader := range m.Versions {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		cell, err := m.cell(ctx, reader, writer)
		if err != nil {
			return nil, err
		}
		out[reader] = cell
	}
	return out, nil
}

// cell asks about the pair in the direction that the order of the two versions
// gives it, so that the answer is the one a registration would have got.
func (m *MatrixRequest) cell(ctx context.Context, reader, writer int) (Cell, error) {
	older, newer, d := writer, reader, OldToNew
	if writer > reader {
		older, newer, d = reader, writer, NewToOld
	}
	o, n := &m.Versions[older], &m.Versions[newer]
	switch {
	case o.Parsed == nil || n.Parsed == nil:
		return cellUnknown + Cell(BaseInvalid), nil
	case o.Parsed == n.Parsed || o.Key == n.Key && o.Key != (SchemaKey{}):
		return CellSame, nil
	}
	q := Request{Candidate: n.Parsed, Key: n.Key, Policy: m.Policy, Options: m.Options, Memo: m.Memo}
	q.Options.Budget.First = true // a cell names one break
	p, err := checkPair(ctx, &q, o, d)
	if err != nil {
		return "", err
	}
	p.complete(m.Policy, true)
	return p.cell(m.Policy), nil
}

// cell sums up a pair.
func (p *Pair) cell(policy Policy) Cell {
	switch p.Verdict {
	case Compatible:
		return CellOK
	case Unknown:
		reason := p.Reason
		if reason == "" && len(p.Undecided) > 0 {
			reason = p.Undecided[0].Reason
		}
		return cellUnknown + Cell(reason)
	}
	for i := range p.Findings {
		f := &p.Findings[i]
		if policy.syntactic() && f.Refused || !policy.syntactic() && f.Break != nil && f.Break.Class == schema.ClassData || f.Rule == ruleFormatChanged {
			if f.Rule != "" {
				return cellBreak + Cell(f.Rule)
			}
			return cellBreak + Cell(f.Kind)
		}
	}
	return cellBreak + ruleFormatChanged
}

// ruleFormatChanged names pairs of two formats.
const ruleFormatChanged = "schema/format-changed"
