package api

import (
	"encoding/json"
	"errors"

	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/auth"
	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/schema"
)

func compatibilityRoutes(a *API) []route {
	query := []param{pNormalize, {"verbose", boolean}}
	const path = "/compatibility/subjects/:subject/versions"
	return []route{
		{method: "POST", path: path, action: auth.Read, class: auth.Expensive, body: jsonBody, query: query, handle: (*request).checkAll},
		{method: "POST", path: path + "/:version", action: auth.Read, class: auth.Expensive, body: jsonBody, query: query, handle: (*request).checkOne},
	}
}

func (x *request) checkAll() error { return x.check("") }

func (x *request) checkOne() error {
	if _, err := registry.ParseVersion(x.params[1]); err != nil {
		return err
	}
	return x.check(x.params[1])
}

// check answers whether a candidate could follow one version, or all as
// registration would ask.
func (x *request) check(version string) error {
	d, err := x.decode()
	if err != nil {
		return err
	}
	c, err := d.candidate(d.root)
	if err != nil {
		return x.sendVerbose(err)
	}
	n := x.subject()
	if err := x.needReferences(n.Context, c.references); err != nil {
		return x.sendVerbose(err)
	}
	st := x.api.service.State()
	target := st.Alias(n)
	if !x.may(auth.Read, target) {
		// A hidden subject answers like an absent one.
		if version != "" && !latest(version) {
			number, _ := registry.ParseVersion(version) // parsed before
			return versionNotFound(number)
		}
		if _, err := x.api.service.Candidate(x.ctx, n.Context, c.format, c.text, c.references); err != nil {
			return x.sendVerbose(err)
		}
		return x.sendVerdict(&registry.Judgement{})
	}
	j, err := x.api.service.Compatibility(x.ctx, registry.CompatibilityRequest{
		Name: target, Version: version, Format: c.format, Text: c.text, References: c.references,
		Metadata: c.metadata, RuleSet: c.ruleSet, Normalize: x.flag("normalize"),
	})
	if err != nil {
		return x.sendVerbose(err)
	}
	return x.sendVerdict(&j)
}

// sendVerbose answers a schema that does not parse: an error, or with verbose a
// message.
func (x *request) sendVerbose(err error) error {
	var re *registry.Error
	if !x.flag("verbose") || !errors.As(err, &re) || re.Code != registry.InvalidSchema {
		return err
	}
	messages := []string{re.Message}
	return x.sendCompatibility(&wire.Compatibility{Messages: &messages})
}

func (x *request) sendVerdict(j *registry.Judgement) error {
	body := &wire.Compatibility{IsCompatible: !j.Refused()}
	if x.flag("verbose") {
		messages := j.Messages()
		if messages == nil {
			messages = []string{}
		}
		body.Messages = &messages
	}
	if x.media == mediaInstar {
		body.Findings = findings(j)
	}
	return x.sendCompatibility(body)
}

func (x *request) sendCompatibility(body *wire.Compatibility) error {
	if x.media == mediaInstar {
		body.Seq, body.RequestID = x.api.service.State().Seq(), x.id[0]
	}
	return x.json(200, body)
}

// maxFindings bounds the findings of one answer, maxWitnesses the bytes of the
// events shown with them; later findings stand without.
const (
	maxFindings  = 1000
	maxWitnesses = 1 << 20
)

// finding is one entry of findings[] in opt-in bodies.
type finding struct {
	Rule        string `json:"rule"`
	Path        string `json:"path,omitempty"`
	Level       string `json:"level"`
	Direction   string `json:"direction"`
	Version     int    `json:"version"`
	Description string `json:"description"`
	Refused     bool   `json:"refused"`
	// Class and Witness are of the exact engine.
	Class   string   `json:"class,omitempty"`
	Witness *witness `json:"witness,omitempty"`
}

// witness is the least event that shows a break, and what the sides make of it.
type witness struct {
	Effect   string          `json:"effect"`
	Value    json.RawMessage `json:"value"`
	Encoding string          `json:"encoding"`
	Bytes    []byte          `json:"bytes"`
	Written  string          `json:"written"`
	Read     string          `json:"read"`
}

// show adds what the exact engine knows about a break, the event only if it
// fits into room, and returns the size of what it has added.
func (f *finding) show(b *schema.Break, format schema.Format, room int) int {
	if b == nil {
		return 0
	}
	f.Class = string(b.Class)
	w := b.Witness
	if w == nil || len(w.Value)+len(w.Binary) > room {
		return 0
	}
	f.Witness = &witness{Effect: string(w.Effect), Value: w.Value, Encoding: format.String(), Bytes: w.Binary, Written: w.Written, Read: w.Read}
	return len(w.Value) + len(w.Binary)
}

// findings lists what the engine found, pair by pair.
func findings(j *registry.Judgement) json.RawMessage {
	out := []finding{}
	shown := 0
	for i := range j.Pairs {
		p := &j.Pairs[i]
		for k := range p.Findings {
			f := &p.Findings[k]
			if len(out) == maxFindings {
				break
			}
			out = append(out, finding{
				Rule: f.Kind, Path: f.Path, Level: j.Level.String(), Direction: p.Direction.String(),
				Version: p.Version, Description: f.Sentence(p.Direction), Refused: f.Refused,
			})
			shown += out[len(out)-1].show(f.Break, p.Format(), maxWitnesses-shown)
		}
	}
	for _, text := range j.Reserved {
		out = append(out, finding{Rule: "RESERVED_FIELD", Level: j.Level.String(), Description: text, Refused: true})
	}
	body, err := wire.Marshal(out)
	if err != nil {
		return nil // strings and booleans always encode
	}
	return body
}
