package upcast

import (
	"fmt"

	"github.com/instar-registry/instar/upcast/plan"
)

// Coverage is the share of what the source version admits that the events of a
// search had, as "3/4": branches of unions, symbols, fields that are there and
// that are not, and ends of ranges. What the source has nothing of is empty.
type Coverage struct {
	Branches   string `json:"branches,omitempty"`
	Symbols    string `json:"symbols,omitempty"`
	Optional   string `json:"optional,omitempty"`
	Boundaries string `json:"boundaries,omitempty"`
}

// sighted is a place of the source with what events had there.
type sighted struct {
	t *plan.Type
	// branches, symbols and ends are hits by index; parts are the places inside.
	branches, symbols, ends []bool
	// there and gone are hits of the fields that may be absent.
	there, gone []bool
	edges       []plan.Value
	parts       []*sighted
}

// The bounds of what is counted: a type may contain itself.
const (
	maxSeenDepth = 8
	maxSeen      = 2_000
)

func newSighted(t *plan.Type) *sighted {
	left := maxSeen
	return sightedOf(t, 0, &left)
}

func sightedOf(t *plan.Type, depth int, left *int) *sighted {
	if *left--; *left < 0 || depth > maxSeenDepth || t == nil {
		return nil
	}
	s := &sighted{t: t}
	switch t.Kind {
	case plan.Union:
		s.branches = make([]bool, len(t.Branches))
		for i := range t.Branches {
			s.parts = append(s.parts, sightedOf(t.Branches[i].Type, depth+1, left))
		}
	case plan.Enum:
		s.symbols = make([]bool, len(t.Symbols))
	case plan.Record:
		s.there, s.gone = make([]bool, len(t.Fields)), make([]bool, len(t.Fields))
		for i := range t.Fields {
			s.parts = append(s.parts, sightedOf(t.Fields[i].Type, depth+1, left))
		}
	case plan.List, plan.Map:
		s.parts = []*sighted{sightedOf(t.Elem, depth+1, left)}
	default:
		if zero := zeroOf(t); zero != nil {
			s.edges = endsOf(zero, t)
			s.ends = make([]bool, len(s.edges))
		}
	}
	return s
}

// zeroOf is a value of a scalar type, nil for those without ends.
func zeroOf(t *plan.Type) plan.Value {
	switch {
	case t.JSON && (t.Kind == plan.Int || t.Kind == plan.Float):
		return plan.Number("0")
	case t.Kind == plan.Int && t.Logical == "":
		return int64(0)
	case t.Kind == plan.Uint:
		return uint64(0)
	case t.Kind == plan.Float:
		return 0.0
	case t.Kind == plan.String:
		return ""
	case t.Kind == plan.Bytes:
		return []byte{}
	default:
		return nil
	}
}

// mark notes what an event has.
func (s *sighted) mark(v plan.Value) {
	if s == nil {
		return
	}
	switch v := v.(type) {
	case *plan.Tagged:
		if i := s.t.Branch(v.Branch); i >= 0 && i < len(s.branches) {
			s.branches[i] = true
			s.parts[i].mark(v.Value)
		}
	case *plan.Rec:
		if len(v.Fields) != len(s.there) {
			return
		}
		for i, x := range v.Fields {
			if x == plan.Absent {
				s.gone[i] = true
				continue
			}
			s.there[i] = true
			s.parts[i].mark(x)
		}
	case []plan.Value:
		for _, x := range v {
			s.element(x)
		}
	case *plan.Entries:
		for i := range *v {
			s.element((*v)[i].Value)
		}
	case plan.Symbol:
		for i, name := range s.t.Symbols {
			if i < len(s.symbols) && name == string(v) {
				s.symbols[i] = true
			}
		}
	default:
		for i, x := range s.edges {
			s.ends[i] = s.ends[i] || plan.Equal(v, x)
		}
	}
}

func (s *sighted) element(v plan.Value) {
	if len(s.parts) == 1 {
		s.parts[0].mark(v)
	}
}

// tally adds up hits and places of a kind.
type tally struct{ hit, of int }

func (c *tally) add(list []bool) {
	for _, hit := range list {
		if c.of++; hit {
			c.hit++
		}
	}
}

func (c *tally) String() string {
	if c.of == 0 {
		return ""
	}
	return fmt.Sprintf("%d/%d", c.hit, c.of)
}

func (s *sighted) coverage() *Coverage {
	var branches, symbols, optional, ends tally
	var add func(s *sighted)
	add = func(s *sighted) {
		if s == nil {
			return
		}
		branches.add(s.branches)
		symbols.add(s.symbols)
		ends.add(s.ends)
		for i := range s.there {
			if s.t.Fields[i].Optional {
				optional.add([]bool{s.there[i], s.gone[i]})
			}
		}
		for _, x := range s.parts {
			add(x)
		}
	}
	add(s)
	return &Coverage{branches.String(), symbols.String(), optional.String(), ends.String()}
}
