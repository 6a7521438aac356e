package conformance

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
)

// avroDrawer draws Avro schemas as JSON trees, and edits them as people edit
// schemas. The same seed gives the same pair on every machine.
type avroDrawer struct {
	*rand.Rand
	count   int
	records []string // full names that may be referred to
}

type object = map[string]any

func newAvroDrawer(seed uint64) *avroDrawer {
	return &avroDrawer{Rand: rand.New(rand.NewPCG(seed, 20))}
}

func (d *avroDrawer) of(list ...string) string { return list[d.IntN(len(list))] }

// odds is true once in n times.
func (d *avroDrawer) odds(n int) bool { return d.IntN(n) == 0 }

// pair draws a writer and a reader that differ in one to three edits.
func (d *avroDrawer) pair() (writer, reader string) {
	w := d.record(3)
	if d.odds(4) {
		w = any(d.typ(3))
	}
	r := cloneTree(w)
	for range 1 + d.IntN(3) {
		r = d.edit(r)
	}
	if d.odds(2) {
		w, r = r, w
	}
	return treeText(w), treeText(r)
}

func treeText(tree any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(tree); err != nil {
		panic(err) // trees hold nothing but JSON
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func cloneTree(tree any) any {
	switch t := tree.(type) {
	case object:
		out := object{}
		for k, v := range t {
			out[k] = cloneTree(v)
		}
		return out
	case []any:
		out := make([]any, len(t))
		for i, v := range t {
			out[i] = cloneTree(v)
		}
		return out
	}
	return tree
}

var avroLogicals = map[string][]string{
	"int": {"date", "time-millis"}, "string": {"uuid"},
	"long": {"timestamp-millis", "timestamp-micros", "timestamp-nanos", "local-timestamp-millis", "time-micros", "none-such"},
}

func (d *avroDrawer) primitive() any {
	kind := d.of("null", "boolean", "int", "int", "long", "long", "float", "double", "bytes", "string", "string")
	logicals := avroLogicals[kind]
	switch {
	case kind == "bytes" && d.odds(3):
		return object{"type": "bytes", "logicalType": "decimal", "precision": 2 + d.IntN(4), "scale": d.IntN(4)}
	case logicals != nil && d.odds(4):
		return object{"type": kind, "logicalType": d.of(logicals...)}
	case d.odds(8):
		return object{"type": kind}
	}
	return kind
}

func (d *avroDrawer) name(stem string) string {
	d.count++
	return d.of("", "", "n.", "m.n.") + fmt.Sprintf("%s%d", stem, d.count)
}

// texts are what makes printing hard.
var texts = []string{"plain", "", `a "quote" and a \`, "tab\tline\n", "é ß 中 \U0001F600", "<a href='b'>&amp;</a>", "\u2028 \u007f \u0001"}

func (d *avroDrawer) typ(depth int) any {
	if depth <= 0 {
		return d.primitive()
	}
	switch d.IntN(12) {
	case 0, 1, 2:
		return d.record(depth)
	case 3:
		return d.enum()
	case 4:
		return d.fixed()
	case 5:
		return object{"type": "array", "items": d.typ(depth - 1)}
	case 6:
		return object{"type": "map", "values": d.typ(depth - 1)}
	case 7, 8, 9:
		return d.union(depth)
	}
	return d.primitive()
}

func (d *avroDrawer) record(depth int) any {
	r := object{"type": "record", "name": d.name("R")}
	name := r["name"].(string)
	fields := []any{}
	for i := range d.IntN(5) {
		f := object{"name": fmt.Sprintf("f%d", i), "type": d.typ(depth - 1)}
		if d.odds(4) {
			d.giveDefault(f)
		}
		if d.odds(10) {
			f["doc"] = d.of(texts...)
		}
		if d.odds(12) {
			f["order"] = d.of("ascending", "descending", "ignore")
		}
		if d.odds(12) {
			f["aliases"] = []any{fmt.Sprintf("f%d", d.IntN(6))}
		}
		fields = append(fields, f)
	}
	if d.odds(6) {
		// The name is relative to the enclosing namespace, as is the record's own.
		fields = append(fields, object{"name": "again", "type": []any{"null", name}})
	}
	r["fields"] = fields
	d.records = append(d.records, name)
	if d.odds(8) {
		r["doc"] = d.of(texts...)
	}
	if d.odds(8) {
		r["x-note"] = d.any(2)
	}
	return r
}

// bigInteger does not fit into 64 bits.
const bigInteger = "12345678901234567890"

// any draws a JSON value for an attribute that Avro does not know.
func (d *avroDrawer) any(depth int) any {
	switch n := d.IntN(8); {
	case n == 0:
		return nil
	case n == 1:
		return d.odds(2)
	case n == 2:
		return json.RawMessage(d.of("0", "-1", "1.50", "1e5", "1E-7", bigInteger, "-0.0", "3.0E+2", "0.1"))
	case n < 5 || depth == 0:
		return d.of(texts...)
	case n == 5:
		return []any{d.any(depth - 1), d.any(depth - 1)}
	default:
		return object{"b": d.any(depth - 1), d.of(texts...): d.any(depth - 1)}
	}
}

func (d *avroDrawer) enum() any {
	symbols := []any{}
	for _, s := range []string{"A", "B", "C", "D"}[:1+d.IntN(4)] {
		symbols = append(symbols, s)
	}
	e := object{"type": "enum", "name": d.name("E"), "symbols": symbols}
	if d.odds(4) {
		e["default"] = symbols[d.IntN(len(symbols))]
	}
	return e
}

func (d *avroDrawer) fixed() any {
	f := object{"type": "fixed", "name": d.name("F"), "size": d.IntN(4)}
	switch d.IntN(8) {
	case 0:
		f["size"], f["logicalType"] = 12, "duration"
	case 1:
		f["size"], f["logicalType"], f["precision"], f["scale"] = 3, "decimal", 2+d.IntN(4), d.IntN(3)
	}
	return f
}

func (d *avroDrawer) union(depth int) any {
	out := []any{}
	seen := map[string]bool{}
	for range 1 + d.IntN(4) {
		branch := d.typ(depth - 1)
		if len(d.records) > 0 && d.odds(6) {
			branch = d.of(d.records...)
		}
		if _, nested := branch.([]any); nested {
			continue
		}
		key := branchKey(branch)
		if !seen[key] {
			out = append(out, branch)
		}
		seen[key] = true
	}
	return out
}

// branchKey is what may stand in a union only once.
func branchKey(branch any) string {
	o, ok := branch.(object)
	if !ok {
		return branch.(string)
	}
	if name, ok := o["name"].(string); ok {
		return name
	}
	return o["type"].(string)
}

// giveDefault gives a field a default of its type, where one is short to write.
func (d *avroDrawer) giveDefault(f object) {
	if v, ok := d.valueOf(f["type"], 3); ok {
		f["default"] = v
	}
}

func (d *avroDrawer) valueOf(typ any, depth int) (value any, ok bool) {
	switch t := typ.(type) {
	case []any:
		if len(t) == 0 || depth == 0 {
			return nil, false
		}
		return d.valueOf(t[d.IntN(len(t))], depth-1)
	case object:
		return d.valueOfObject(t, depth)
	}
	switch typ {
	case "null":
		return nil, true
	case "boolean":
		return d.odds(2), true
	case "int":
		return json.RawMessage(d.of("0", "-7", "2147483647")), true
	case "long":
		return json.RawMessage(d.of("0", "-7", "9223372036854775807")), true
	case "float", "double":
		return json.RawMessage(d.of("0", "-7", "1.5", "1e10", "0.1", "100.0")), true
	case "bytes":
		return d.of("", "ÿ", "a\u0000\u00e9"), true
	case "string":
		return d.of(texts...), true
	}
	return nil, false
}

func (d *avroDrawer) valueOfObject(o object, depth int) (value any, ok bool) {
	switch o["type"] {
	case "array":
		return []any{}, true
	case "map":
		return object{}, true
	case "enum":
		return o["symbols"].([]any)[0], true
	case "fixed":
		return strings.Repeat("\u0001", o["size"].(int)), true
	case "record":
		out := object{}
		for _, f := range o["fields"].([]any) {
			v, ok := d.valueOf(f.(object)["type"], depth-1)
			if !ok || depth == 0 {
				return nil, false
			}
			out[f.(object)["name"].(string)] = v
		}
		return out, true
	}
	return d.valueOf(o["type"], depth)
}
