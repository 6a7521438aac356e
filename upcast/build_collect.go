package upcast

import (
	"fmt"
	"slices"

	"github.com/instar-registry/instar/upcast/plan"
)

// toMap makes a map of a list of records: one of their fields is the key, another
// one the value, and there may be no more.
func (b *builder) toMap(x plan.Node, op *ToMap) plan.Node {
	return b.spread(x, func(x plan.Node) plan.Node {
		t, _ := b.types.Of(x)
		if t.Kind != plan.List {
			return b.wrong(fmt.Sprintf("%s is no list but %s", op.Path, t), "")
		}
		keys := b.fieldOfEach(x, op.Path, op.Key)
		items := b.fieldOfEach(x, op.Path, op.Value)
		if b.err != nil {
			return halted
		}
		kt, _ := b.types.Of(keys)
		if kt.Elem.Kind != plan.String && kt.Elem.Kind != plan.Never {
			return b.wrong(fmt.Sprintf("%s of %s is %s, and keys are texts", op.Key, op.Path, kt.Elem), "retype it first, in each")
		}
		vt, _ := b.types.Of(items)
		call := &plan.Call{
			Func: plan.MapOf, Args: []plan.Node{keys, items}, Type: &plan.Type{Kind: plan.Map, Elem: vt.Elem},
			Table: map[string]string{"duplicates": op.Duplicates}, Safe: op.Duplicates != "fail",
		}
		if call.Safe {
			return call
		}
		return b.partial(b.scope.event, call, op.Else, op.Path, "two elements may have one key")
	})
}

// fieldOfEach is the list of one field of each record of a list. What else the
// records hold would be lost: each such field is a problem.
func (b *builder) fieldOfEach(x plan.Node, path Path, field string) plan.Node {
	return b.eachElement(x, path, func(e plan.Node) plan.Node {
		return b.inRecord(e, append(slices.Clone(path), Segment{Kind: ElementsSegment}), func(m *plan.Make) plan.Node {
			i := partOf(m, Segment{Name: field})
			if i < 0 {
				return b.wrong(fmt.Sprintf("the elements of %s have no field %s", path, field), near(field, partNames(m)))
			}
			if b.types.MayBeAbsent(m.Fields[i].Node) {
				return b.wrong(fmt.Sprintf("%s of the elements of %s may be absent", field, path), "require it first, in each")
			}
			return m.Fields[i].Node
		})
	})
}

// onlyFields reports the fields of a list's records that neither key nor value
// takes along.
func (b *builder) onlyFields(x plan.Node, op *ToMap) plan.Node {
	t, _ := b.types.Of(x)
	if t.Kind != plan.List || t.Elem.Kind != plan.Record || b.err != nil {
		return nil
	}
	for _, f := range t.Elem.Fields {
		if f.Name != op.Key && f.Name != op.Value {
			at := op.Path.String() + "[]." + f.Name
			return b.breaks("O6", at, fmt.Sprintf("%s has no place in the map", at), "drop it first, in each, or nest the value")
		}
	}
	return nil
}

// toList makes a list of records of a map, in the order of the encoding.
func (b *builder) toList(x plan.Node, op *ToList) plan.Node {
	return b.spread(x, func(x plan.Node) plan.Node {
		t, _ := b.types.Of(x)
		switch {
		case t.Kind != plan.Map:
			return b.wrong(fmt.Sprintf("%s is no map but %s", op.Path, t), "")
		case op.Key == op.Value:
			return b.wrong("key and value have one name", "choose two")
		}
		entry := plan.EntryType(t.Elem)
		call := &plan.Call{Func: plan.MapEntries, Args: []plan.Node{x}, Type: &plan.Type{Kind: plan.List, Elem: entry}}
		bind := b.bind(entry)
		parts := b.fieldsOf(whole(bind)).Fields
		parts[0].Name, parts[1].Name = op.Key, op.Value
		return &plan.Each{Over: call, Bind: bind, Body: &plan.Make{Fields: parts}}
	})
}

// singleton is a map of one entry.
func (b *builder) singleton(x plan.Node, key string) plan.Node {
	t, _ := b.types.Of(x)
	return &plan.Call{
		Func: plan.MapOf, Safe: true, Type: &plan.Type{Kind: plan.Map, Elem: t}, Table: map[string]string{"duplicates": "first"},
		Args: []plan.Node{
			&plan.ListOf{Items: []plan.Node{&plan.Lit{Value: key, Type: exprString}}, Elem: exprString},
			&plan.ListOf{Items: []plan.Node{x}, Elem: t},
		},
	}
}

// entry takes the value of one key out of a map: the way back of wrap as map. A
// map with other keys, or without this one, takes the way out.
func (b *builder) entry(x plan.Node, op *entryOf) plan.Node {
	return b.spread(x, func(x plan.Node) plan.Node {
		t, _ := b.types.Of(x)
		if t.Kind != plan.Map {
			return b.wrong(fmt.Sprintf("%s is no map but %s", op.Path, t), "")
		}
		call := &plan.Call{Func: plan.MapIndex, Args: []plan.Node{x, &plan.Lit{Value: op.Key, Type: exprString}}, Type: t.Elem}
		return b.partial(b.scope.event, call, op.Else, op.Path, "the map may lack "+op.Key)
	})
}

// entryOf is the inverse of wrap as map; no document can name it.
type entryOf struct {
	Path Path
	Key  string
	Else Else
}

// Name is head, of which it is the form for maps.
func (*entryOf) Name() string { return "head" }
