package registry

import (
	"fmt"
	"testing"

	"github.com/instar-registry/instar/schema"
)

// TestUpcastersAcrossGroups: a compatibility group begins without a look at the one
// before it, unless the configuration asks for a way across.
func TestUpcastersAcrossGroups(t *testing.T) {
	yes := true
	n := start(t, newMemLog())
	o := ParseName("o")
	n.configure(o, Config{Group: "major", UpcasterGroups: &yes})
	register := func(group string, edit func(*Register), fields string) error {
		cmd := Register{
			Name: o, Format: schema.Avro, Text: fmt.Sprintf(`{"type":"record","name":"R","fields":[%s]}`, fields),
			Metadata: &Metadata{Properties: map[string]string{"major": group}},
		}
		if edit != nil {
			edit(&cmd)
		}
		_, err := n.Register(t.Context(), by, cmd)
		return err
	}
	const a, b, c = `{"name":"a","type":"int"}`, `{"name":"b","type":"int"}`, `{"name":"c","type":"int","default":0}`
	must(t, register("1", nil, a))
	must(t, register("1", nil, a+","+c))
	wantCode(t, register("2", nil, b), UpcasterGap, "group by 'major' than version 2")
	upcaster := func(steps string, partial bool) func(*Register) {
		return func(cmd *Register) { cmd.Upcaster, cmd.AcceptPartial = `{"steps":[`+steps+`]}`, partial }
	}
	const rename = `{"rename":{"from":"a","to":"b"}},{"drop":{"path":"c"}}`
	const partial = rename + `,{"narrow":{"path":"b","min":0,"mode":"else","else":"deadLetter"}}`
	wantCode(t, register("2", upcaster(partial, false), b), UpcasterGap, "dead letter")
	must(t, register("2", upcaster(rename, false), b))
	if x := n.State().Upcasters(o).Active(2, 3); x == nil || x.Bridges || x.Partial {
		t.Errorf("%+v", x)
	}
	// What the schemas say is a way too, and so is force, which is written down.
	must(t, register("3", nil, b+","+c))
	must(t, register("4", func(cmd *Register) { cmd.Force = true }, a))
	// Across a border with a way that is accepted in part.
	must(t, register("5", upcaster(`{"rename":{"from":"a","to":"b"}},{"narrow":{"path":"b","min":0,"mode":"else","else":"deadLetter"}}`, true), b))
	if x := n.State().Upcasters(o).Active(5, 6); x == nil || !x.Partial {
		t.Errorf("%+v", x)
	}
	// Without the demand a group begins as Confluent's does.
	n.configure(o, Config{Group: "major"})
	if _, err := n.SetConfig(t.Context(), by, SetConfig{Scope: o, Patch: ConfigPatch{Clear: []string{"requireUpcasterAcrossGroups"}}}); err != nil {
		t.Fatal(err)
	}
	must(t, register("6", nil, `{"name":"z","type":"int"}`))
	if c, err := n.Coverage(t.Context(), o, 0); err != nil || c.Versions[5].To.Reachable || c.Versions[5].To.Gap == "" {
		t.Errorf("the border is no gap: %+v, %v", c, err)
	}
}
