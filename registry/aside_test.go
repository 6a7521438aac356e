package registry

import (
	"testing"

	"github.com/instar-registry/instar/schema"
)

// TestDecidingLeavesOtherStatesAlone: a batch that is decided on an older state,
// as every batch is before the writer has it, changes no state that was published
// since.
func TestDecidingLeavesOtherStatesAlone(t *testing.T) {
	n := start(t, newMemLog())
	n.configure(ParseName("s"), Config{Compatibility: "NONE"})
	n.must("m", `{"type":"fixed","name":"M","size":2}`)
	field := func(name string) string { return avroRecord(`{"name":"` + name + `","type":"int"}`) }
	using := func(name string) Register {
		return Register{
			Name: ParseName(name), Format: schema.Avro, Text: `{"type":"record","name":"` + name + `","fields":[{"name":"m","type":"M"}]}`,
			References: []schema.Reference{{Name: "M", Subject: "m", Version: 1}},
		}
	}
	// Slices grow by doubling, so that one of these sizes has spare room.
	for i := range 9 {
		n.must("s", field("f"+string(rune('a'+i))))
		if _, err := n.Register(t.Context(), by, using("u"+string(rune('a'+i)))); err != nil {
			t.Fatal(err)
		}
		n.must("copy"+string(rune('a'+i)), `"string"`) // another use of one id
		before := n.State()
		n.must("s", field("real"+string(rune('a'+i))))
		if _, err := n.Register(t.Context(), by, using("v"+string(rune('a'+i)))); err != nil {
			t.Fatal(err)
		}
		n.must("another"+string(rune('a'+i)), `"string"`)
		published := n.State()
		want := published.Digest()
		referrers := len(published.Referrers(ParseName("m"), 1))
		cmd := Batch{Commands: []Command{
			Register{Name: ParseName("s"), Format: schema.Avro, Text: field("other")},
			using("zz"),
			Register{Name: ParseName("zy"), Format: schema.Avro, Text: `"string"`},
		}}
		err := n.withTexts(t.Context(), func(env *Env) error {
			_, err := Decide(before, env, cmd)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if published.Digest() != want {
			t.Fatalf("after %d versions a decision changed a published state: version %+v", len(before.Subject(ParseName("s")).Versions), published.Subject(ParseName("s")).Latest())
		}
		list := published.Referrers(ParseName("m"), 1)
		for _, r := range list {
			if r.Name == ParseName("zz") || len(list) != referrers {
				t.Fatalf("a decision changed who references what: %v", list)
			}
		}
		for _, u := range published.Binding(DefaultContext, published.Subject(ParseName("copya")).Versions[0].ID).Uses {
			if u.Subject == "zy" {
				t.Fatal("a decision changed what an id is used for")
			}
		}
	}
}
