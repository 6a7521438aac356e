package api

import (
	"encoding/json"

	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/registry"
)

// maxFindings bounds the findings of one answer, maxWitnesses the bytes of the
// events shown with them; later findings stand without.
const (
	maxFindings  = 1000
	maxWitnesses = 1 << 20
)

// reservedFinding is the entry of findings[] about reserved field names, which
// are no matter between two schemas.
type reservedFinding struct {
	Rule     string `json:"rule"`
	Class    string `json:"class"`
	Severity string `json:"severity"`
	Required bool   `json:"required"`
	Proof    string `json:"proof"`
	Message  string `json:"message"`
}

// findings lists what the engine found, each finding once for all versions that
// it holds for, in the one encoding that findings have.
func findings(j *registry.Judgement) json.RawMessage {
	list, shown := j.Findings(), 0
	if len(list) > maxFindings {
		list = list[:maxFindings]
	}
	out := findingList(list, j.Name.String(), &shown)
	out = out[:len(out)-1] // more may follow
	for _, text := range j.Reserved {
		body, err := wire.Marshal(reservedFinding{"RESERVED_FIELD", "policy", "error", true, "rule", text})
		if err != nil {
			continue // strings and booleans always encode
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(out, body...)
	}
	return append(out, ']')
}

// findingList encodes findings of a subject. An event is shown as long as those
// shown before it, which are counted in shown, leave room for it.
func findingList(list []registry.Difference, subject string, shown *int) json.RawMessage {
	out := []byte{'['}
	for i, f := range list {
		if b := f.Break; b != nil && b.Witness != nil {
			if *shown += len(b.Witness.Value) + len(b.Witness.Binary); *shown > maxWitnesses {
				bare := *b
				bare.Witness = nil
				f.Break = &bare
			}
		}
		if i > 0 {
			out = append(out, ',')
		}
		out = f.AppendJSON(out, subject)
	}
	return append(out, ']')
}

// explanation is what lies behind a judgement.
func explanation(j *registry.Judgement) *wire.Explanation {
	first := j.DeployFirst()
	out := &wire.Explanation{
		Summary: j.Summary(), Level: j.Level.String(), Policy: j.Policy.String(), Verdict: j.Verdict.String(),
		Refused: j.Refused(), Unproven: j.Unproven, DeployFirst: first, DeployOrder: registry.DeployOrder(first),
		Engine: j.Engine, Pairs: []wire.PairVerdict{},
	}
	if len(j.Reserved) > 0 {
		out.Summary = "Refused: reserved field names are not kept"
	}
	for i := range j.Pairs {
		out.Pairs = append(out.Pairs, pairBody(&j.Pairs[i], out.Policy))
	}
	return out
}

// pairBody shows the answer about a pair under a policy.
func pairBody(p *registry.Pair, policy string) wire.PairVerdict {
	out := wire.PairVerdict{
		Version: p.Version, Direction: p.Direction.String(), Required: p.Required, Verdict: p.Verdict.String(),
		Unproven: p.Unproven, Reason: string(p.Reason), Notes: p.Notes,
		Assumptions: p.Assumptions, More: p.More, Steps: p.Steps,
	}
	if p.Judged {
		out.Exact = p.Exact.String()
	}
	if rule := p.RuleVerdict.String(); policy == "LENIENT" {
		out.Lenient = rule
	} else {
		out.Strict = rule
	}
	for i := range p.Undecided {
		u := &p.Undecided[i]
		out.Undecided = append(out.Undecided, wire.Undecided{Reason: string(u.Reason), Path: u.Path, Message: p.Question(u)})
	}
	return out
}
