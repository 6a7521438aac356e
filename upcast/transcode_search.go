package upcast

import (
	"slices"

	"github.com/instar-registry/instar/upcast/plan"
)

// undeclaredName is the member that the search adds to open objects.
const undeclaredName = "undeclared"

// grown adds an undeclared member to one of the open objects of an event of JSON,
// where its schema admits that: no generator writes what a schema does not speak
// of. Other events stay as they are.
func (s *search) grown(v plan.Value, turn uint64) plan.Value {
	c, ok := s.hop.from.(*jsonCodec)
	if !ok {
		return v
	}
	values := []plan.Value{plan.Number("0"), "", nil, true, &plan.Entries{}, []plan.Value{}}
	g := undeclaredGrower{value: values[turn%uint64(len(values))], at: -1}
	g.grow(v)
	if g.count == 0 {
		return v
	}
	g.at, g.count = int(turn/uint64(len(values)))%g.count, 0
	event, err := plan.AppendJSON(nil, g.grow(v))
	if err != nil || !s.meter.Take(len(event)) {
		return v
	}
	out, err := c.decode(event)
	if err != nil {
		return v
	}
	return out
}

// undeclaredGrower counts the open objects of a value, and adds a member to one of them.
type undeclaredGrower struct {
	value     plan.Value
	at, count int
}

func (g *undeclaredGrower) grow(v plan.Value) plan.Value {
	switch v := v.(type) {
	case *plan.Rec:
		out := *v
		out.Fields = slices.Clone(v.Fields)
		if v.Type.Open && v.Type.Field(undeclaredName) < 0 {
			if g.count == g.at {
				out.Rest = append(slices.Clone(v.Rest), plan.Entry{Key: undeclaredName, Value: g.value})
			}
			g.count++
		}
		for i, x := range out.Fields {
			out.Fields[i] = g.grow(x)
		}
		return &out
	case *plan.Tagged:
		return &plan.Tagged{Branch: v.Branch, Value: g.grow(v.Value)}
	case []plan.Value:
		out := make([]plan.Value, len(v))
		for i, x := range v {
			out[i] = g.grow(x)
		}
		return out
	case *plan.Entries:
		out := slices.Clone(*v)
		for i := range out {
			out[i].Value = g.grow(out[i].Value)
		}
		return &out
	default:
		return v
	}
}
