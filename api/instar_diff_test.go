package api

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/auth"
	"github.com/instar-registry/instar/client"
)

// TestHiddenSubjectsAreNotCompared: who may not read a subject learns from no
// comparison that it exists.
func TestHiddenSubjectsAreNotCompared(t *testing.T) {
	h := openHouse(t, nil)
	h.register("secret", avro("A", "x"))
	h.register("secret", avro("A", "x", "y"))
	h.register("orders", avro("A", "x"))
	if _, err := h.admin.SetConfig(bg, "secret", client.ConfigPatch{Set: wire.Config{Compatibility: "FULL_TRANSITIVE", CompatibilityPolicy: "STRICT"}}); err != nil {
		t.Fatal(err)
	}
	c := h.as("reader", nil, [2]string{string(auth.RoleViewer), "orders*"})

	var answers []string
	for _, subject := range []string{"secret", "absent"} {
		got, err := c.Check(bg, subject, client.AllVersions, wire.RegisterRequest{Schema: `"int"`}, client.CheckOptions{Verbose: true, Explain: true})
		if err != nil {
			t.Fatal(err)
		}
		got.RequestID = ""
		body, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		answers = append(answers, strings.ReplaceAll(string(body), subject, "it"))

		_, err = c.Matrix(bg, subject, client.MatrixQuery{Deleted: true})
		refused(t, "matrix of "+subject, err, 404, 40401)
		_, err = c.Diff(bg, subject, 1, 2)
		refused(t, "diff of "+subject, err, 404, 40401)
		_, err = c.DiffCandidate(bg, subject, 0, avro("A", "x"))
		refused(t, "diff of a candidate for "+subject, err, 404, 40401)
		_, err = c.DiffSchemas(bg, wire.DiffRequest{Old: &wire.DiffSchema{Subject: subject}, New: &wire.DiffSchema{Schema: `"int"`}})
		refused(t, "diff of a schema with "+subject, err, 404, 40401)
		_, err = c.DiffSchemas(bg, wire.DiffRequest{Old: &wire.DiffSchema{Schema: `"int"`}, New: &wire.DiffSchema{
			Schema: `{"type":"record","name":"B","fields":[{"name":"a","type":"A"}]}`, References: []wire.Reference{{Name: "A", Subject: subject, Version: 1}},
		}})
		refused(t, "diff with a reference to "+subject, err, 422, 42201)
	}
	if answers[0] != answers[1] {
		t.Errorf("a hidden subject answers\n%s\nan absent one\n%s", answers[0], answers[1])
	}
}

// TestVersionBeforeAHiddenOne: a version is readable because a readable schema
// builds on it; what came before it is not.
func TestVersionBeforeAHiddenOne(t *testing.T) {
	h := openHouse(t, nil)
	h.register("types", avro("A", "x"))
	h.register("types", avro("A", "x", "y"))
	h.register("orders", wire.RegisterRequest{
		Schema: `{"type":"record","name":"B","fields":[{"name":"a","type":"A"}]}`, References: []wire.Reference{{Name: "A", Subject: "types", Version: 2}},
	})
	c := h.as("reader", nil, [2]string{string(auth.RoleViewer), "orders"})
	if _, err := c.Diff(bg, "types", 2, 2); err != nil {
		t.Errorf("the referenced version with itself: %v", err)
	}
	_, err := c.Diff(bg, "types", 0, 2)
	refused(t, "what came before", err, 404, 40402)
	_, err = c.Diff(bg, "types", 1, 2)
	if err == nil {
		t.Error("a hidden version is compared")
	}
	_, err = c.Matrix(bg, "types", client.MatrixQuery{})
	refused(t, "matrix", err, 404, 40401)
}

// TestFindingsAreTheSameEverywhere: a check, a refusal and a difference give the
// same bytes for what breaks between two schemas.
func TestFindingsAreTheSameEverywhere(t *testing.T) {
	h := openHouse(t, nil)
	c := h.admin
	if _, err := c.SetConfig(bg, "s", client.ConfigPatch{Set: wire.Config{Compatibility: "FULL"}}); err != nil {
		t.Fatal(err)
	}
	h.register("s", wire.RegisterRequest{Schema: `{"type":"record","name":"A","fields":[{"name":"x","type":"int"},{"name":"gone","type":"string"}]}`})
	next := wire.RegisterRequest{Schema: `{"type":"record","name":"A","fields":[{"name":"x","type":"float"},{"name":"new","type":"bytes"},{"name":"own","type":"long"}]}`}

	check, err := c.Check(bg, "s", client.AllVersions, next, client.CheckOptions{})
	if err != nil || check.IsCompatible || check.Explanation == nil || check.Explanation.DeployFirst != "none" {
		t.Fatalf("%+v, %v", check, err)
	}
	_, err = c.Register(bg, "s", next, client.RegisterOptions{})
	e, ok := err.(*client.Error) //nolint:errorlint // the client returns its own type
	if !ok || !bytes.Equal(e.Findings, check.Findings) || e.Explanation == nil || e.Explanation.Summary != check.Explanation.Summary {
		t.Errorf("the refusal says\n%s\nthe check\n%s", e.Findings, check.Findings)
	}
	d, err := c.DiffCandidate(bg, "s", 1, next)
	if err != nil {
		t.Fatal(err)
	}
	var all []json.RawMessage
	for _, change := range d.Changes {
		var list []json.RawMessage
		if err := json.Unmarshal(change.Findings, &list); err != nil && change.Findings != nil {
			t.Fatal(err)
		}
		all = append(all, list...)
	}
	var want []json.RawMessage
	if err := json.Unmarshal(check.Findings, &want); err != nil || len(want) < 4 {
		t.Fatalf("%d findings, %v", len(want), err)
	}
	for _, f := range want {
		if !bytes.Contains(f, []byte(`"class":"data"`)) {
			continue
		}
		found := false
		for _, g := range all {
			found = found || bytes.Equal(f, g)
		}
		if !found {
			t.Errorf("the difference lacks %s in\n%s", f, bytes.Join(asBytes(all), []byte("\n")))
		}
	}
}

func asBytes(list []json.RawMessage) [][]byte {
	var out [][]byte
	for _, m := range list {
		out = append(out, m)
	}
	return out
}
