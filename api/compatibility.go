package api

import (
	"errors"

	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/auth"
	"github.com/instar-registry/instar/registry"
)

func compatibilityRoutes(a *API) []route {
	query := []param{pNormalize, {"verbose", boolean}, pExplain, {"fixes", boolean}}
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
	hidden := !x.may(auth.Read, target)
	if hidden {
		// A hidden subject answers like an absent one.
		if version != "" && !latest(version) {
			number, _ := registry.ParseVersion(version) // parsed before
			return versionNotFound(number)
		}
		target = n
	}
	j, err := x.api.service.Compatibility(x.ctx, registry.CompatibilityRequest{
		Name: target, Version: version, Format: c.format, Text: c.text, References: c.references,
		Metadata: c.metadata, RuleSet: c.ruleSet, Normalize: x.flag("normalize"), Explain: x.explains(), Fixes: x.flag("fixes"), Hidden: hidden,
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

// explains reports whether the caller asks for more than Confluent's answer.
func (x *request) explains() bool {
	return x.media == mediaInstar || x.flag("explain") || x.flag("fixes")
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
	if x.explains() {
		body.Findings, body.Explanation = findings(j), explanation(j)
	}
	return x.sendCompatibility(body)
}

func (x *request) sendCompatibility(body *wire.Compatibility) error {
	if x.media == mediaInstar {
		body.Seq, body.RequestID = x.api.service.State().Seq(), x.id[0]
	}
	return x.json(200, body)
}
