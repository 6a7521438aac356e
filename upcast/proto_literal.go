package upcast

import (
	"slices"
	"strconv"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/upcast/plan"
)

// messageLiteral gives the members of a literal under the names of the fields:
// a field may be named as in Protobuf's JSON form, and the members of a oneof
// stand beside the other fields. What is null is absent.
func messageLiteral(v *jsonx.Value, t *plan.Type) (map[string]*jsonx.Value, string) {
	out := make(map[string]*jsonx.Value, len(v.Members))
	for _, m := range v.Members {
		if m.Value.Kind == jsonx.Null {
			if literalField(t, m.Key) < 0 {
				return nil, "has a field " + m.Key + " that " + t.String() + " lacks"
			}
			continue
		}
		name, value := m.Key, m.Value
		if i := literalField(t, m.Key); i >= 0 && t.Fields[i].Name != m.Key {
			if name = t.Fields[i].Name; isOneof(t.Fields[i].Type) {
				value = &jsonx.Value{Kind: jsonx.Object, Offset: v.Offset, Members: []jsonx.Member{m}}
			}
		}
		if out[name] != nil {
			return nil, "sets " + name + " twice"
		}
		out[name] = value
	}
	return out, ""
}

// literalField finds the field that a key of a literal stands for.
func literalField(t *plan.Type, key string) int {
	if i := t.Field(key); i >= 0 {
		return i
	}
	return slices.IndexFunc(t.Fields, func(f plan.Field) bool {
		return slices.Contains(f.Aliases, key) || isOneof(f.Type) && memberFor(f.Type, key, 0) >= 0
	})
}

// oneof reads {member: value}.
func (r *literalReader) oneof(v *jsonx.Value, t *plan.Type) (plan.Value, string) {
	if v.Kind != jsonx.Object || len(v.Members) != 1 {
		return nil, "is " + article(v.Kind) + ", not an object that names the one member that is set"
	}
	i := memberFor(t, v.Members[0].Key, 0)
	if i < 0 {
		return nil, "sets " + v.Members[0].Key + ", which is no member"
	}
	x, why := r.read(v.Members[0].Value, t.Branches[i].Type)
	return &plan.Tagged{Branch: t.Branches[i].Name, Value: x}, why
}

// numberLiteral reads the number of an enum.
func numberLiteral(v *jsonx.Value, t *plan.Type) (plan.Value, string) {
	n, err := strconv.ParseInt(v.Text, 10, 32)
	if err != nil {
		return nil, "is no number of " + t.String()
	}
	s, ok := t.SymbolOf(int32(n))
	if !ok {
		return nil, "is a number that " + t.String() + " does not list"
	}
	return s, ""
}
