package api

import (
	"encoding/json"
	"net/http"

	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/upcast"
)

// verifyUpcaster proves a document between two versions, or from the newest one to a
// schema that is sent along, and stores nothing.
func verifyUpcaster(x *request) error {
	n, err := x.knownSubject()
	if err != nil {
		return err
	}
	d, err := x.decode()
	if err != nil {
		return err
	}
	text, err := d.upcasterText("schema", "schemaType", "references")
	if err != nil {
		return err
	}
	var candidate schema.Parsed
	if d.get(d.root, "document") != nil && d.get(d.root, "schema") != nil {
		c, err := d.candidate(d.root)
		if err != nil {
			return err
		}
		side, err := x.sent(n.Context, &c)
		if err != nil {
			return err
		}
		candidate = side.parsed
	}
	if doc, err := upcast.Parse(text); err == nil {
		if err := x.seesTargets(n, doc); err != nil {
			return err
		}
	}
	p, err := x.api.service.ProveUpcaster(x.ctx, n, text, candidate)
	if err != nil {
		return err
	}
	return x.json(http.StatusOK, proofBody(p))
}

// verifyBetween proves a document between any two schemas, sent along or
// registered, and stores nothing. The versions that the document names are not
// looked at.
func verifyBetween(x *request) error {
	d, err := x.decode()
	if err != nil {
		return err
	}
	context, err := x.contextArg(d.string(d.root, "context"))
	if err != nil {
		return err
	}
	text := d.document()
	if err := d.strict("document", "from", "to", "context"); err != nil {
		return err
	}
	var ends [2]end
	for i, name := range []string{"from", "to"} {
		if ends[i], err = x.diffEnd(d, name, context); err != nil {
			return err
		}
	}
	p, err := x.api.service.Prove(x.ctx, text, ends[0].parsed, ends[1].parsed)
	if err != nil {
		return err
	}
	return x.json(http.StatusOK, proofBody(p))
}

// proofBody is a verdict with the plan, if there is one, as its last member.
func proofBody(p *registry.Proof) json.RawMessage {
	body := verdictBody(&p.Verdict)
	if p.Plan == nil {
		return body
	}
	body = append(body[:len(body)-1], `,"plan":`...)
	return append(append(body, p.Plan.Text...), '}')
}

// verdictBody marshals a verdict, which holds texts and numbers only.
func verdictBody(v *upcast.Verdict) json.RawMessage {
	body, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return body
}

// deriveUpcaster says what two versions, or a version and a schema that is sent
// along, need: nothing, if a derived hop is proved, or else a draft to look at.
func deriveUpcaster(x *request) error {
	d, err := x.decode()
	if err != nil {
		return err
	}
	from, to, message := d.versionText(d.root, "from"), d.versionText(d.root, "to"), d.string(d.root, "message")
	c, err := d.candidate(d.root)
	if err != nil {
		return err
	}
	if err := d.strict("from", "to", "schema", "schemaType", "references", "message"); err != nil {
		return err
	}
	if (c.text == "") == (to == "") {
		return unprocessable("Send either the version that the events are to become, as to, or its schema")
	}
	or(&from, "latest")
	n, err := x.knownSubject()
	if err != nil {
		return err
	}
	out := wire.UpcasterProposal{Subject: n.String(), Steps: []wire.UpcasterStep{}}
	older, err := x.versionParsed(n, from, &out.From)
	if err != nil {
		return err
	}
	var newer schema.Parsed
	if c.text == "" {
		if newer, err = x.versionParsed(n, to, &out.To); err != nil {
			return err
		}
	} else {
		side, err := x.sent(n.Context, &c)
		if err != nil {
			return err
		}
		newer = side.parsed
		if err := x.view(func(st *registry.State) error {
			out.To = st.Subject(n).Highest() + 1
			return nil
		}); err != nil {
			return err
		}
	}
	p, err := x.api.service.Propose(x.ctx, message, older, newer)
	if err != nil {
		return err
	}
	fillProposal(&out, p)
	return x.json(http.StatusOK, out)
}

// versionParsed parses a version of a subject and notes its number.
func (x *request) versionParsed(n registry.Name, text string, number *int) (schema.Parsed, error) {
	var v *registry.Version
	if err := x.view(func(st *registry.State) (err error) {
		v, err = st.Subject(n).VersionOf(text)
		return err
	}); err != nil {
		return nil, err
	}
	*number = v.Number
	return x.api.service.Parsed(x.ctx, n.Context, v.Content)
}

func fillProposal(out *wire.UpcasterProposal, p *registry.Proposal) {
	out.Derived = verdictBody(&p.Derived)
	out.Message, out.Others = p.Message, p.Others
	for i := range p.Steps {
		s := &p.Steps[i]
		out.Steps = append(out.Steps, wire.UpcasterStep{Step: s.Text, Reason: s.Reason, Confidence: string(s.Confidence), Open: s.Open, Value: s.Value})
	}
	out.Document = p.Document("", upcast.Version{Number: out.From}, upcast.Version{Number: out.To}, false)
	if p.Hop != nil {
		out.Verdict = verdictBody(&p.Hop.Verdict)
	} else if p.Err != nil {
		out.Problem = p.Err.Error()
	}
}
