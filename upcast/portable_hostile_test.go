package upcast

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/upcast/plan"
)

// signed gives a document the hash that it should have, computed as the page
// says and not by the package under test.
func signed(tb testing.TB, document map[string]any) string {
	tb.Helper()
	delete(document, "hash")
	canon := func() string {
		text, err := json.Marshal(document)
		if err != nil {
			tb.Fatal(err)
		}
		tree, err := jsonx.Parse(string(text), jsonx.Limits{})
		if err != nil {
			tb.Fatal(err)
		}
		return canonical(tree)
	}
	sum := sha256.Sum256([]byte(canon()))
	document["hash"] = "sha256:" + hex.EncodeToString(sum[:])
	return canon()
}

func decoded(tb testing.TB, text []byte) map[string]any {
	tb.Helper()
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.UseNumber()
	var out map[string]any
	if err := d.Decode(&out); err != nil {
		tb.Fatal(err)
	}
	return out
}

// nodeOf is the last node of an opcode.
func nodeOf(document map[string]any, op string) []any {
	for _, n := range slices.Backward(document["nodes"].([]any)) {
		if list := n.([]any); list[0] == op {
			return list
		}
	}
	return nil
}

// refusals are plans that are wrong in one way each.
var refusals = []struct {
	name, want string
	change     func(d map[string]any)
}{
	{"another format", "this is no plan", func(d map[string]any) { d["instar"] = "plan/v2" }},
	{"an unknown member", `"more" is not known`, func(d map[string]any) { d["more"] = 1 }},
	{"an unknown opcode", `"kopy" is no opcode`, func(d map[string]any) { nodeOf(d, "copy")[0] = "kopy" }},
	{"an operand too few", "is no opcode with", func(d map[string]any) { d["nodes"].([]any)[0] = []any{"copy", 0} }},
	{"a node that comes later", "is no whole number from 0", func(d map[string]any) { nodeOf(d, "each")[1] = 999 }},
	{"a node that contains itself", "is no whole number from 0", func(d map[string]any) {
		nodes := d["nodes"].([]any)
		nodes[len(nodes)-1] = []any{"check", len(nodes) - 1, 0}
	}},
	{"a slot that is not there", "is no whole number from 0", func(d map[string]any) { nodeOf(d, "copy")[1] = 99 }},
	{"a slot that is bound elsewhere", "is used where it is not bound", func(d map[string]any) {
		d["segments"].([]any)[0].(map[string]any)["root"] = nodeOf(d, "each")[5]
	}},
	{"a field that is not there", "is no whole number from 0", func(d map[string]any) { d["nodes"].([]any)[0] = []any{"copy", 0, []any{77}} }},
	{"an image of another type", "gives", func(d map[string]any) { d["segments"].([]any)[0].(map[string]any)["root"] = 0 }},
	{"an unknown function", "there is no function", func(d map[string]any) { nodeOf(d, "call")[1] = "system" }},
	{"an argument too few", "arguments, not 0", func(d map[string]any) { nodeOf(d, "call")[2] = []any{} }},
	{"a key that the function does not know", `knows no "more"`, func(d map[string]any) {
		nodeOf(d, "call")[4].(map[string]any)["table"] = map[string]any{"more": "1"}
	}},
	{"a number too large to compute with", "is no number that can be computed with", func(d map[string]any) {
		for _, n := range d["nodes"].([]any) {
			if call := n.([]any); call[0] == "call" && call[1] == "linear" {
				call[4].(map[string]any)["table"] = map[string]any{"factor": "1e999999999"}
			}
		}
	}},
	{"another end than the document's", "ends no event", func(d map[string]any) { nodeOf(d, "stop")[1] = "O4" }},
	{"a constant of another type", "the constant is no", func(d map[string]any) { nodeOf(d, "lit")[2] = []any{} }},
	{"a type without elements", "has elements, or has none", func(d map[string]any) { d["types"] = append(d["types"].([]any), map[string]any{"kind": "list"}) }},
	{"a map with keys of its own type", "cannot be written", func(d map[string]any) {
		types := d["types"].([]any)
		n := len(types)
		d["types"] = append(types, map[string]any{"kind": "map", "elem": n, "key": n}, map[string]any{
			"kind": "record", "message": true, "fields": []any{map[string]any{"name": "m", "number": 1, "type": n, "default": []any{}}},
		})
	}},
	{"branches told apart by nothing", "by no property", func(d map[string]any) {
		d["types"] = append(d["types"].([]any), map[string]any{"kind": "union", "json": true, "branches": []any{map[string]any{"name": "a", "type": 0, "values": []any{"a"}}}})
	}},
	{"a union in itself", "is a branch of itself", func(d map[string]any) {
		types := d["types"].([]any)
		n := len(types)
		d["types"] = append(types, map[string]any{"kind": "union", "json": true, "branches": []any{map[string]any{"name": "a", "type": n + 1}}},
			map[string]any{"kind": "union", "json": true, "branches": []any{map[string]any{"name": "b", "type": 0}, map[string]any{"name": "c", "type": n}}})
	}},
	{"no segment", "has no segment", func(d map[string]any) { d["segments"] = []any{} }},
	{"another encoding", "is no type of events in protobuf", func(d map[string]any) { d["segments"].([]any)[0].(map[string]any)["from"] = "protobuf" }},
}

// refusedVectors are plans that every runtime must refuse.
func refusedVectors(t *testing.T) []vector {
	t.Helper()
	from := avroSchema(t, `{"type":"record","name":"o.R","fields":[{"name":"a","type":"int"},{"name":"l","type":{"type":"array","items":"int"}}]}`)
	to := avroSchema(t, `{"type":"record","name":"o.R","fields":[{"name":"a","type":"int"},{"name":"l","type":{"type":"array","items":"long"}},{"name":"s","type":"string"}]}`)
	h, err := Verify(t.Context(), document(t, "convert: {path: a, factor: 2, else: deadLetter}", "add: {path: s, value: x}", "convert: {path: 'l[]', to: long, expr: this + 1}"), from, to)
	if err != nil || h.Verdict.Outcome != Proved {
		t.Fatal(err, h)
	}
	c, err := Fuse([]*Hop{h})
	if err != nil {
		t.Fatal(err)
	}
	p, err := c.Portable(plan.Title{})
	if err != nil {
		t.Fatal(err)
	}
	if signed(t, decoded(t, p.Text())) != string(p.Text()) {
		t.Fatalf("the hash is not the one that the page tells to compute: %s", p.Text())
	}
	out := []vector{{Name: "another hash", Plan: []byte(strings.Replace(string(p.Text()), `"hash":"sha256:`, `"hash":"sha256:0`, 1)), Refused: "the hash is not the one of the plan"}}
	for _, r := range refusals {
		d := decoded(t, p.Text())
		r.change(d)
		out = append(out, vector{Name: r.name, Plan: []byte(signed(t, d)), Refused: r.want})
	}
	return out
}

// TestHostilePlans changes the plans of the vectors at random and gives what the
// verifier lets through events and noise: nothing may crash, read past the end or
// run without end. INSTAR_PLAN_MUTATIONS sets how many changes.
func TestHostilePlans(t *testing.T) {
	text, err := os.ReadFile(portableVectors)
	if err != nil {
		t.Fatal(err)
	}
	var all []vector
	for line := range strings.Lines(string(text)) {
		var v vector
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatal(err)
		}
		if v.Refused == "" {
			all = append(all, v)
		}
	}
	changes := envCount(t, "INSTAR_PLAN_MUTATIONS", 4_000)
	r := rand.New(rand.NewPCG(7, 7))
	taken := 0
	for n := range changes {
		v := all[n%len(all)]
		d := decoded(t, v.Plan)
		for range 1 + r.IntN(2) {
			mutate(r, d)
		}
		p, err := plan.Load(signed(t, d))
		if err != nil {
			continue
		}
		taken++
		for _, e := range v.Events {
			for _, event := range [][]byte{e.In, noise(r, e.In), noise(r, e.In)} {
				if _, _, err := p.Apply(t.Context(), nil, event, nil); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	t.Logf("%d changes, %d plans were taken", changes, taken)
	if taken < changes/50 {
		t.Errorf("only %d of %d changed plans are taken: the changes are too coarse to show anything", taken, changes)
	}
}

// mutate changes one number, text or list somewhere in the parts that run.
func mutate(r *rand.Rand, d map[string]any) {
	part := []string{"nodes", "nodes", "nodes", "types", "slots", "functions", "segments", "limits"}[r.IntN(8)]
	places := 0
	count := func(any) any { places++; return nil }
	walkJSON(d[part], count)
	if places == 0 {
		return
	}
	at, i := r.IntN(places), 0
	d[part] = walkJSON(d[part], func(x any) any {
		i++
		if i-1 != at {
			return nil
		}
		switch x := x.(type) {
		case json.Number:
			n, _ := x.Int64()
			return json.Number(fmt.Sprint(n + []int64{1, -1, 2, -2, 30, 1 << 40}[r.IntN(6)]))
		case string:
			return []string{x + "x", "", "int", "long", "copy", "opt", "let", "list", "string", "union", "record", "map", "null", "1e9"}[r.IntN(14)]
		case bool:
			return !x
		default:
			return []any{}
		}
	})
}

// walkJSON calls f for each scalar, and puts what it gives in its place.
func walkJSON(v any, f func(any) any) any {
	switch x := v.(type) {
	case []any:
		for i := range x {
			x[i] = walkJSON(x[i], f)
		}
	case map[string]any:
		for _, key := range sortedKeys(x) {
			x[key] = walkJSON(x[key], f)
		}
	default:
		if y := f(v); y != nil {
			return y
		}
	}
	return v
}

// noise changes some bytes of an event, or its length.
func noise(r *rand.Rand, event []byte) []byte {
	out := slices.Clone(event)
	for range 1 + r.IntN(3) {
		switch {
		case len(out) == 0 || r.IntN(4) == 0:
			out = append(out, byte(r.Uint32()))
		case r.IntN(3) == 0:
			out = out[:r.IntN(len(out))]
		default:
			out[r.IntN(len(out))] = byte(r.Uint32())
		}
	}
	return out
}
