package registry

import (
	"testing"

	"github.com/instar-registry/instar/schema"
)

func TestGUIDVectors(t *testing.T) {
	const r = `{"type":"record","name":"R","namespace":"a.b","fields":[{"name":"f","type":"int"}]}`
	ref := []schema.Reference{{Name: "a.b.Q", Subject: "q-value", Version: 2}}
	owner := &Metadata{Properties: map[string]string{"owner": "team-a"}}
	rules := &RuleSet{Domain: []Rule{{Name: "r1", Kind: "CONDITION", Mode: "WRITE", Type: "CEL", Expr: "message.f > 0"}}}
	for _, c := range []struct {
		name, text string
		refs       []schema.Reference
		m          *Metadata
		r          *RuleSet
		want       string
	}{
		{"primitive", `"string"`, nil, nil, nil, "095d71cf-1255-6b9d-5e33-0ad575b3df5d"},
		{"record", r, nil, nil, nil, "602f10cd-24b6-7fce-0e4e-92f630bed1e4"},
		{"reference", r, ref, nil, nil, "1320dfb1-01e1-429d-f88e-ee549afad914"},
		{"empty metadata", r, nil, &Metadata{}, nil, "6fd322fb-17ce-0ccf-3605-f7706d8627b7"},
		{"properties", r, nil, owner, nil, "b734fad1-1f2f-2ce9-4ef6-3502848b5379"},
		{"everything", r, ref, owner, rules, "c038e915-72e4-9e65-851f-548dd8c8b18b"},
	} {
		got := NewContent(schema.Avro, c.text, c.refs, c.m, c.r, nil)
		if got.GUID.String() != c.want {
			t.Errorf("%s: GUID %s, want %s", c.name, got.GUID, c.want)
		}
		back, ok := ParseGUID(got.GUID.String())
		if !ok || back != got.GUID {
			t.Errorf("%s: GUID does not read back", c.name)
		}
	}
}

func TestIdentitySeparatesWhatTheGUIDDoesNot(t *testing.T) {
	a := NewContent(schema.Avro, `"string"`, nil, &Metadata{Properties: map[string]string{"ab": "c"}}, nil, nil)
	b := NewContent(schema.Avro, `"string"`, nil, &Metadata{Properties: map[string]string{"a": "bc"}}, nil, nil)
	j := NewContent(schema.JSON, `"string"`, nil, &Metadata{Properties: map[string]string{"ab": "c"}}, nil, nil)
	if a.GUID != b.GUID || a.GUID != j.GUID {
		t.Fatal("the GUIDs were expected to collide")
	}
	if a.Identity == b.Identity || a.Identity == j.Identity {
		t.Error("different contents share an identity")
	}
}
