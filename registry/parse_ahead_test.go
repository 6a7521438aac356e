package registry

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/instar-registry/instar/schema"
)

// TestBatchReadsAhead holds that a batch finds its schemas read, whatever may
// be in force, and that what cannot be read is refused as without it.
func TestBatchReadsAhead(t *testing.T) {
	ctx := context.Background()
	batch := func(edit func(i int, c *Register)) Batch {
		var b Batch
		for i := range 2 * fewAhead {
			c := Register{Name: ParseName(fmt.Sprintf("s%d", i)), Format: schema.Avro, Text: avroRecord(fmt.Sprintf(`{"name":"f%d","type":"int"}`, i))}
			if edit != nil {
				edit(i, &c)
			}
			b.Commands = append(b.Commands, c)
		}
		return b
	}
	yes, no := true, false
	for name, patch := range map[string]ConfigPatch{
		"as it is":      {},
		"normalised":    {Set: Config{Normalize: &yes}},
		"not validated": {Set: Config{ValidateNew: &no}},
	} {
		n := start(t, newMemLog())
		if _, err := n.SetConfig(ctx, by, SetConfig{Scope: Name{Context: GlobalContext}, Patch: patch}); err != nil {
			t.Fatal(err)
		}
		b := batch(nil)
		p := &pending{cmd: b, memo: candidates{}}
		n.parseAhead(ctx, p)
		if len(p.memo) != len(b.Commands) {
			t.Fatalf("%s: %d of %d schemas were read ahead", name, len(p.memo), len(b.Commands))
		}
		env := n.env(t.Context())
		env.memo = p.memo
		if _, err := Decide(n.State(), env, b); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if len(p.memo) != len(b.Commands) {
			t.Errorf("%s: deciding read %d schemas once more", name, len(p.memo)-len(b.Commands))
		}
		if results, err := n.Batch(ctx, by, b); err != nil || len(results) != len(b.Commands) {
			t.Errorf("%s: %d results, %v", name, len(results), err)
		}
	}
	n := start(t, newMemLog())
	_, err := n.Batch(ctx, by, batch(func(i int, c *Register) {
		if i == 11 {
			c.Text = "{"
		}
	}))
	wantCode(t, err, InvalidSchema, "Invalid schema")
	var at *BatchError
	if !errors.As(err, &at) || at.Index != 11 {
		t.Errorf("the refusal is %v, not of item 11", err)
	}
	if seq := n.State().Seq(); seq != 0 {
		t.Errorf("a refused batch left %d changes", seq)
	}
}
