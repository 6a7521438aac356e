package conformance

import (
	"fmt"
	"strings"
)

// place is a type in a tree with the way to replace it.
type place struct {
	typ any
	set func(any)
}

// places lists all types of a tree, the root first.
func places(root any, set func(any)) []place {
	out := []place{{root, set}}
	switch t := root.(type) {
	case []any:
		for i := range t {
			out = append(out, places(t[i], func(v any) { t[i] = v })...)
		}
	case object:
		for _, key := range []string{"items", "values"} {
			if inner, ok := t[key]; ok {
				out = append(out, places(inner, func(v any) { t[key] = v })...)
			}
		}
		fields, _ := t["fields"].([]any)
		for _, f := range fields {
			field := f.(object)
			out = append(out, places(field["type"], func(v any) { field["type"] = v })...)
		}
	}
	return out
}

// edit changes one thing somewhere in a tree.
func (d *avroDrawer) edit(root any) any {
	all := places(root, func(v any) { root = v })
	p := all[d.IntN(len(all))]
	switch t := p.typ.(type) {
	case []any:
		p.set(d.editUnion(t))
	case object:
		switch t["type"] {
		case "record":
			d.editRecord(t)
		case "enum":
			d.editEnum(t)
		case "fixed":
			d.editFixed(t)
		default:
			p.set(d.editPlain(t))
		}
	default:
		p.set(d.editPlain(t))
	}
	return root
}

func (d *avroDrawer) editPlain(t any) any {
	o, annotated := t.(object)
	switch n := d.IntN(6); {
	case n == 0:
		return []any{"null", t}
	case n == 1:
		return []any{d.primitive(), t}
	case annotated && o["logicalType"] == "decimal" && n < 5:
		o["precision"], o["scale"] = 2+d.IntN(4), d.IntN(3)
		return o
	case annotated && o["logicalType"] != nil && n == 2:
		return o["type"]
	case annotated && o["logicalType"] != nil && n < 5:
		o["logicalType"] = d.of(avroLogicals[o["type"].(string)]...)
		return o
	case t == "int" || t == "long" || t == "float":
		return d.of("long", "float", "double")
	case t == "string" && n < 4:
		return d.of("bytes", "string")
	case t == "bytes" && n < 4:
		return "string"
	}
	return d.primitive()
}

func (d *avroDrawer) editUnion(t []any) any {
	if len(t) == 0 {
		return []any{d.primitive()}
	}
	i := d.IntN(len(t))
	switch d.IntN(5) {
	case 0:
		return append(append([]any{}, t[:i]...), t[i+1:]...)
	case 1:
		t[0], t[i] = t[i], t[0]
		return t
	case 2:
		return t[i]
	case 3:
		return append([]any{d.primitive()}, t...)
	default:
		return append(append([]any{}, t...), d.primitive())
	}
}

func (d *avroDrawer) editEnum(t object) {
	symbols := t["symbols"].([]any)
	switch d.IntN(6) {
	case 0:
		if len(symbols) > 1 {
			t["symbols"] = symbols[1:]
			if t["default"] == symbols[0] {
				delete(t, "default")
			}
		}
	case 1:
		t["symbols"] = append([]any{"X"}, symbols...)
	case 2:
		t["default"] = symbols[d.IntN(len(symbols))]
	case 3:
		delete(t, "default")
	case 4:
		t["symbols"], t["default"] = []any{"X"}, "X"
	default:
		d.rename(t)
	}
}

func (d *avroDrawer) editFixed(t object) {
	switch {
	case d.odds(3):
		d.rename(t)
	case t["logicalType"] == "decimal":
		t["precision"], t["scale"] = 2+d.IntN(4), d.IntN(3)
	case t["logicalType"] != nil:
		delete(t, "logicalType")
	default:
		t["size"] = t["size"].(int) + 1
	}
}

// rename gives a type another name or namespace, with an alias half the times.
func (d *avroDrawer) rename(t object) {
	old := t["name"].(string)
	short := old[strings.LastIndexByte(old, '.')+1:]
	switch d.IntN(3) {
	case 0:
		t["name"] = d.of("z.", "n.") + short
	case 1:
		t["name"] = old + "x"
	default:
		t["name"] = "y." + short + "x"
	}
	if d.odds(2) {
		t["aliases"] = []any{old}
	}
}

func (d *avroDrawer) editRecord(t object) {
	fields := t["fields"].([]any)
	var f object
	i := 0
	if len(fields) > 0 {
		i = d.IntN(len(fields))
		f = fields[i].(object)
	}
	n := d.IntN(10)
	if f == nil {
		n %= 3
	}
	switch n {
	case 0:
		t["fields"] = append(fields, object{"name": fmt.Sprintf("g%d", d.IntN(9)), "type": d.typ(1)})
	case 1:
		added := object{"name": fmt.Sprintf("h%d", d.IntN(9)), "type": d.typ(2)}
		d.giveDefault(added)
		t["fields"] = append([]any{added}, fields...)
	case 2:
		d.rename(t)
	case 3:
		t["fields"] = append(append([]any{}, fields[:i]...), fields[i+1:]...)
	case 4:
		f["aliases"], f["name"] = []any{f["name"]}, "k"
	case 5:
		f["name"] = "k"
	case 6:
		fields[0], fields[i] = fields[i], fields[0]
	case 7:
		f["aliases"] = []any{fields[d.IntN(len(fields))].(object)["name"]}
	case 8:
		delete(f, "default")
	default:
		d.giveDefault(f)
	}
}
