package registry

import (
	"context"
	"errors"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/upcast"
)

// Proposal is what two schemas say about the way between them.
type Proposal struct {
	// Derived is the verdict about the hop without a document.
	Derived upcast.Verdict
	*upcast.Proposal
}

// Propose derives the hop between two schemas and drafts a document for it, which
// is no part of any plan before a person registers it. Of a Protobuf file it is for
// one message: that of the name or, if it is empty, the first that needs a document.
func (s *Service) Propose(ctx context.Context, message string, from, to schema.Parsed) (*Proposal, error) {
	q := inquiry{s.shelf, ctx}
	var p *upcast.Proposal
	var err error
	if message == "" {
		p, err = upcast.Propose(ctx, from, to)
	} else {
		p, err = upcast.ProposeOf(ctx, message, from, to)
	}
	if err != nil {
		return nil, upcasterRefusal(q.ended(err))
	}
	derived, err := q.Derive(p.Message, from, to)
	if err != nil {
		return nil, upcasterRefusal(err)
	}
	return &Proposal{Derived: derived.Verdict, Proposal: p}, nil
}

// Prove proves a document between two schemas that need not be stored. A refuted
// document is an answer, not an error.
func (s *Service) Prove(ctx context.Context, text string, from, to schema.Parsed) (*Proof, error) {
	doc, err := upcast.Parse(text)
	if err != nil {
		return nil, upcasterRefusal(err)
	}
	hop, err := inquiry{s.shelf, ctx}.Prove(doc, from, to, nil)
	var refused *Error
	switch {
	case errors.As(err, &refused):
		return nil, err
	case err != nil:
		return nil, upcasterRefusal(err)
	}
	return proof(doc, hop, upcast.PlanTitle{From: upcast.PlanEnd{Version: doc.From.Number}, To: upcast.PlanEnd{Version: doc.To.Version.Number}})
}
