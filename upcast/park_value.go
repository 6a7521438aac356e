package upcast

import (
	"errors"
	"slices"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/upcast/plan"
)

// errParked says that parked values and an event do not belong together.
var errParked = errors.New("the parked values are not those of the event")

// splitParked takes the parked fields off a value of a grown type. The slot says
// what was in them; nil if nothing was.
func splitParked(v plan.Value, grown, t *plan.Type) (plan.Value, *jsonx.Value, error) {
	if grown == t {
		return v, nil, nil
	}
	switch x := v.(type) {
	case *plan.Rec:
		return splitRecord(x, grown, t)
	case []plan.Value:
		out, slot := make([]plan.Value, len(x)), &jsonx.Value{Kind: jsonx.Array}
		for i := range x {
			item, s, err := splitParked(x[i], grown.Elem, t.Elem)
			if err != nil {
				return nil, nil, err
			}
			out[i], slot.Items = item, append(slot.Items, orNull(s))
		}
		return out, slot, nil
	case *plan.Entries:
		out, slot := make(plan.Entries, len(*x)), &jsonx.Value{Kind: jsonx.Object}
		for i, e := range *x {
			item, s, err := splitParked(e.Value, grown.Elem, t.Elem)
			if err != nil {
				return nil, nil, err
			}
			out[i] = plan.Entry{Key: e.Key, Value: item}
			slot.Members = append(slot.Members, jsonx.Member{Key: e.Key, Value: orNull(s)})
		}
		return &out, slot, nil
	case *plan.Tagged:
		i := grown.Branch(x.Branch)
		if i < 0 {
			return v, nil, nil
		}
		item, s, err := splitParked(x.Value, grown.Branches[i].Type, t.Branches[i].Type)
		if err != nil || s == nil {
			return &plan.Tagged{Branch: x.Branch, Value: item}, nil, err
		}
		name := &jsonx.Value{Kind: jsonx.String, Text: x.Branch}
		return &plan.Tagged{Branch: x.Branch, Value: item}, &jsonx.Value{Kind: jsonx.Array, Items: []*jsonx.Value{name, s}}, nil
	default:
		return v, nil, nil // null, or absent
	}
}

// A slot of a record is an object: "parked" are the values of its hidden fields,
// "in" are the slots of the others by name.
func splitRecord(x *plan.Rec, grown, t *plan.Type) (plan.Value, *jsonx.Value, error) {
	own := len(t.Fields)
	out := &plan.Rec{Type: t, Fields: make([]plan.Value, own), Rest: x.Rest}
	inner := &jsonx.Value{Kind: jsonx.Object}
	for i := range t.Fields {
		item, s, err := splitParked(x.Fields[i], grown.Fields[i].Type, t.Fields[i].Type)
		if err != nil {
			return nil, nil, err
		}
		if out.Fields[i] = item; s != nil {
			inner.Members = append(inner.Members, jsonx.Member{Key: t.Fields[i].Name, Value: s})
		}
	}
	out.Order = slices.DeleteFunc(slices.Clone(x.Order), isHidden)
	slot := &jsonx.Value{Kind: jsonx.Object}
	if len(inner.Members) > 0 {
		slot.Members = append(slot.Members, jsonx.Member{Key: "in", Value: inner})
	}
	if len(grown.Fields) > own {
		list := &jsonx.Value{Kind: jsonx.Array}
		for i := own; i < len(grown.Fields); i++ {
			w, err := plan.WriteValue(x.Fields[i], grown.Fields[i].Type)
			if err != nil {
				return nil, nil, err
			}
			list.Items = append(list.Items, w)
		}
		slot.Members = append(slot.Members, jsonx.Member{Key: "parked", Value: list})
	}
	return out, slot, nil
}

func orNull(v *jsonx.Value) *jsonx.Value {
	if v == nil {
		return &jsonx.Value{Kind: jsonx.Null}
	}
	return v
}

// joinParked puts parked values back: the reverse of splitParked. The slot may be
// anybody's.
func joinParked(v plan.Value, slot *jsonx.Value, grown, t *plan.Type) (plan.Value, error) {
	if grown == t {
		return v, nil
	}
	switch x := v.(type) {
	case *plan.Rec:
		return joinRecord(x, slot, grown, t)
	case []plan.Value:
		if slot == nil || slot.Kind != jsonx.Array || len(slot.Items) != len(x) {
			return nil, errParked
		}
		out := make([]plan.Value, len(x))
		for i := range x {
			var err error
			if out[i], err = joinParked(x[i], slot.Items[i], grown.Elem, t.Elem); err != nil {
				return nil, err
			}
		}
		return out, nil
	case *plan.Entries:
		if slot == nil || slot.Kind != jsonx.Object || len(slot.Members) != len(*x) {
			return nil, errParked
		}
		out := make(plan.Entries, len(*x))
		for i, e := range *x {
			item, err := joinParked(e.Value, slot.Get(e.Key), grown.Elem, t.Elem)
			if err != nil {
				return nil, err
			}
			out[i] = plan.Entry{Key: e.Key, Value: item}
		}
		return &out, nil
	case *plan.Tagged:
		i := grown.Branch(x.Branch)
		if i < 0 || grown.Branches[i].Type == t.Branches[i].Type {
			return v, nil
		}
		if slot == nil || slot.Kind != jsonx.Array || len(slot.Items) != 2 || slot.Items[0].Text != x.Branch {
			return nil, errParked
		}
		item, err := joinParked(x.Value, slot.Items[1], grown.Branches[i].Type, t.Branches[i].Type)
		return &plan.Tagged{Branch: x.Branch, Value: item}, err
	default:
		return v, nil
	}
}

func joinRecord(x *plan.Rec, slot *jsonx.Value, grown, t *plan.Type) (plan.Value, error) {
	if slot == nil || slot.Kind != jsonx.Object {
		return nil, errParked
	}
	own := len(t.Fields)
	out := &plan.Rec{Type: grown, Fields: make([]plan.Value, len(grown.Fields)), Rest: x.Rest, Order: x.Order}
	inner := slot.Get("in")
	for i := range t.Fields {
		var s *jsonx.Value
		if inner != nil {
			s = inner.Get(t.Fields[i].Name)
		}
		var err error
		if out.Fields[i], err = joinParked(x.Fields[i], s, grown.Fields[i].Type, t.Fields[i].Type); err != nil {
			return nil, err
		}
	}
	if len(grown.Fields) == own {
		return out, nil
	}
	list := slot.Get("parked")
	if list == nil || list.Kind != jsonx.Array || len(list.Items) != len(grown.Fields)-own {
		return nil, errParked
	}
	for i, item := range list.Items {
		f := &grown.Fields[own+i]
		v, err := plan.ReadValue(item, f.Type)
		if err != nil || v == plan.Absent && !f.Optional {
			return nil, errParked
		}
		out.Fields[own+i] = v
	}
	return out, nil
}
