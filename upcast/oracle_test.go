package upcast

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strconv"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/upcast/plan"
)

// The oracle carries out steps on values, one after the other, without a tree,
// without types and without the code of the builder. A record is a fields value.

type fields struct {
	names  []string
	values []plan.Value
	rest   []plan.Entry // what is unknown in Protobuf
}

func (f *fields) index(name string) int { return slices.Index(f.names, name) }

// stopped is how an event ends that has no image.
type stopped struct{ code string }

func (s stopped) Error() string { return s.code }

// loose turns decoded records into fields.
func loose(v plan.Value) plan.Value {
	switch v := v.(type) {
	case *plan.Rec:
		out := &fields{rest: v.Rest}
		for i, f := range v.Type.Fields {
			out.names, out.values = append(out.names, f.Name), append(out.values, loose(v.Fields[i]))
		}
		return out
	case *plan.Tagged:
		return &plan.Tagged{Branch: v.Branch, Value: loose(v.Value)}
	case []plan.Value:
		out := make([]plan.Value, len(v))
		for i := range v {
			out[i] = loose(v[i])
		}
		return out
	case *plan.Entries:
		out := plan.Entries{}
		for _, e := range *v {
			out = append(out, plan.Entry{Key: e.Key, Value: loose(e.Value)})
		}
		return &out
	default:
		return v
	}
}

// force makes a literal that a step has to look into a value; want is one of
// what it may become.
func force(v plan.Value, want plan.Value) plan.Value {
	p, ok := v.(*pendingValue)
	if !ok {
		return v
	}
	sub := func(x *jsonx.Value) plan.Value { return &pendingValue{Source{Kind: ValueSource, Value: x}} }
	json := p.source.Value
	switch want.(type) {
	case string:
		return json.Text
	case int64:
		n, _ := strconv.ParseInt(json.Text, 10, 64)
		return n
	case plan.Symbol:
		return plan.Symbol(json.Text)
	case []plan.Value:
		out := []plan.Value{}
		for _, x := range json.Items {
			out = append(out, sub(x))
		}
		return out
	case *plan.Entries:
		out := plan.Entries{}
		for _, m := range json.Members {
			out = append(out, plan.Entry{Key: m.Key, Value: sub(m.Value)})
		}
		return &out
	case *plan.Tagged:
		if json.Kind == jsonx.Null {
			return &plan.Tagged{Branch: "null"}
		}
		return &plan.Tagged{Branch: "?", Value: p}
	default:
		out := &fields{}
		for _, m := range json.Members {
			out.names, out.values = append(out.names, m.Key), append(out.values, sub(m.Value))
		}
		return out
	}
}

// at applies f to the value behind a path and puts back what it returns.
func at(v plan.Value, p Path, f func(plan.Value) (plan.Value, error)) (plan.Value, error) {
	if len(p) == 0 {
		return f(v)
	}
	rest := p[1:]
	switch p[0].Kind {
	case ElementsSegment:
		out := slices.Clone(force(v, []plan.Value{}).([]plan.Value))
		for i := range out {
			x, err := at(out[i], rest, f)
			if err != nil {
				return nil, err
			}
			out[i] = x
		}
		return out, nil
	case ValuesSegment:
		out := slices.Clone(*force(v, &plan.Entries{}).(*plan.Entries))
		for i := range out {
			x, err := at(out[i].Value, rest, f)
			if err != nil {
				return nil, err
			}
			out[i].Value = x
		}
		return &out, nil
	case OptionalSegment:
		if v == plan.Absent {
			return v, nil
		}
		t, ok := force(v, &plan.Tagged{}).(*plan.Tagged)
		if !ok || len(rest) > 0 && rest[0].Kind == BranchSegment {
			return at(v, rest, f) // it is there, in Protobuf
		}
		if t.Branch == "null" {
			return t, nil
		}
		x, err := at(t.Value, rest, f)
		return &plan.Tagged{Branch: t.Branch, Value: x}, err
	case BranchSegment:
		t, ok := v.(*plan.Tagged)
		if !ok || t.Branch != p[0].Name {
			return v, nil
		}
		x, err := at(t.Value, rest, f)
		return &plan.Tagged{Branch: t.Branch, Value: x}, err
	default:
		r := force(v, &fields{}).(*fields)
		i := r.index(p[0].Name)
		x, err := at(r.values[i], rest, f)
		if err != nil {
			return nil, err
		}
		out := &fields{r.names, slices.Clone(r.values), r.rest}
		out.values[i] = x
		return out, nil
	}
}

// inOwner applies f to the record that holds the last part of a path.
func inOwner(v plan.Value, p Path, f func(*fields, string) error) (plan.Value, error) {
	return at(v, p[:len(p)-1], func(x plan.Value) (plan.Value, error) {
		r := force(x, &fields{}).(*fields)
		out := &fields{slices.Clone(r.names), slices.Clone(r.values), r.rest}
		return out, f(out, p[len(p)-1].Name)
	})
}

func way(e Else) (plan.Value, error) {
	switch e.Kind {
	case ElseSource:
		return &pendingValue{e.Source}, nil
	case ElseDropEvent:
		return nil, stopped{plan.FailDrop}
	default:
		return nil, stopped{plan.FailDead}
	}
}

// pendingValue is a literal that gets its type at the end of the hop.
type pendingValue struct{ source Source }

func oracleStep(v plan.Value, op Operation) (plan.Value, error) {
	switch op := op.(type) {
	case *Add:
		return inOwner(v, op.Path, func(r *fields, name string) error {
			r.names, r.values = append(r.names, name), append(r.values, &pendingValue{op.Source})
			return nil
		})
	case *Drop:
		return inOwner(v, op.Path, func(r *fields, name string) error {
			i := r.index(name)
			r.names, r.values = slices.Delete(r.names, i, i+1), slices.Delete(r.values, i, i+1)
			return nil
		})
	case *Rename:
		return inOwner(v, op.From, func(r *fields, name string) error {
			r.names[r.index(name)] = op.To[len(op.To)-1].Name
			return nil
		})
	case *Copy:
		return inOwner(v, op.From, func(r *fields, name string) error {
			r.names, r.values = append(r.names, op.To[len(op.To)-1].Name), append(r.values, r.values[r.index(name)])
			return nil
		})
	case *Move: // into a new record beside it, as the generator makes them
		if op.From[len(op.From)-1].Kind == BranchSegment {
			return oracleMember(v, op)
		}
		return inOwner(v, op.From, func(r *fields, name string) error {
			i := r.index(name)
			inner := &fields{names: []string{name}, values: []plan.Value{r.values[i]}}
			r.names, r.values = slices.Delete(r.names, i, i+1), slices.Delete(r.values, i, i+1)
			r.names, r.values = append(r.names, op.To[len(op.To)-2].Name), append(r.values, inner)
			return nil
		})
	case *Flatten:
		return inOwner(v, op.Path, func(r *fields, name string) error {
			i := r.index(name)
			if r.values[i] == plan.Absent {
				x, err := way(op.Else)
				if err != nil {
					return err
				}
				r.values[i] = x
			}
			inner := force(r.values[i], &fields{}).(*fields)
			r.names, r.values = slices.Delete(r.names, i, i+1), slices.Delete(r.values, i, i+1)
			for j := range inner.names {
				r.names, r.values = append(r.names, op.Prefix+inner.names[j]), append(r.values, inner.values[j])
			}
			return nil
		})
	default:
		return oracleValue(v, op)
	}
}

func oracleValue(v plan.Value, op Operation) (plan.Value, error) {
	switch op := op.(type) {
	case *Relax:
		return v, nil
	case *Require:
		return at(v, op.Path, func(x plan.Value) (plan.Value, error) {
			if x == plan.Absent {
				return way(op.Else)
			}
			if t, ok := force(x, &plan.Tagged{}).(*plan.Tagged); !ok {
				return x, nil
			} else if t.Branch != "null" {
				return t.Value, nil
			}
			return way(op.Else)
		})
	case *Set: // this + '!'
		return at(v, op.Path, func(x plan.Value) (plan.Value, error) { return force(x, "").(string) + "!", nil })
	case *Wrap:
		if last := len(op.Path) - 1; op.Path[last].Kind == OptionalSegment {
			return at(v, op.Path[:last], func(x plan.Value) (plan.Value, error) {
				if x == plan.Absent {
					return []plan.Value{}, nil
				}
				return []plan.Value{x}, nil
			})
		}
		return at(v, op.Path, func(x plan.Value) (plan.Value, error) { return []plan.Value{x}, nil })
	case *Head:
		return at(v, op.Path, func(x plan.Value) (plan.Value, error) {
			items := force(x, []plan.Value{}).([]plan.Value)
			if len(items) == 0 || op.Which == "only" && len(items) > 1 {
				return way(op.Else)
			}
			if op.Which == "last" {
				return items[len(items)-1], nil
			}
			return items[0], nil
		})
	case *MapEnum:
		return at(v, op.Path, func(x plan.Value) (plan.Value, error) {
			for _, p := range op.Map {
				if p.From == string(force(x, plan.Symbol("")).(plan.Symbol)) {
					return plan.Symbol(p.To), nil
				}
			}
			if op.Else.Kind != NoElse {
				return way(op.Else) // a number that the enum does not list
			}
			return nil, errors.New("unmapped")
		})
	case *Convert:
		return at(v, op.Path, func(x plan.Value) (plan.Value, error) {
			if op.Expr.Text != "" { // this % 7 + 1
				return force(x, int64(0)).(int64)%7 + 1, nil
			}
			factor, _ := new(big.Int).SetString(op.Factor, 10)
			n := new(big.Int).Mul(big.NewInt(force(x, int64(0)).(int64)), factor)
			if !n.IsInt64() {
				return way(op.Else)
			}
			return n.Int64(), nil
		})
	default:
		return oracleProto(v, op)
	}
}

// oracleProto is what only chains of Protobuf have.
func oracleProto(v plan.Value, op Operation) (plan.Value, error) {
	switch op := op.(type) {
	case *Reversion:
		return v, nil
	case *Rest:
		return at(v, op.Path, func(x plan.Value) (plan.Value, error) {
			r := x.(*fields)
			return &fields{names: r.names, values: r.values}, nil
		})
	case *Filter: // this > 0
		return at(v, op.Path, func(x plan.Value) (plan.Value, error) {
			kept := []plan.Value{}
			for _, e := range force(x, []plan.Value{}).([]plan.Value) {
				if force(e, int64(0)).(int64) > 0 {
					kept = append(kept, e)
				}
			}
			return kept, nil
		})
	case *MapBranch:
		return at(v, op.Path, func(x plan.Value) (plan.Value, error) {
			t, ok := x.(*plan.Tagged)
			if !ok {
				return x, nil
			}
			i := slices.IndexFunc(op.Map, func(m BranchMap) bool { return m.From == t.Branch })
			return &plan.Tagged{Branch: op.Map[i].To, Value: t.Value}, nil
		})
	default:
		return nil, fmt.Errorf("the oracle knows no %s", op.Name())
	}
}

// oracleMember takes a member out of its oneof and puts it beside.
func oracleMember(v plan.Value, op *Move) (plan.Value, error) {
	last := len(op.From) - 1
	return inOwner(v, op.From[:last], func(r *fields, name string) error {
		i := r.index(name)
		r.names, r.values = append(r.names, op.To[len(op.To)-1].Name), append(r.values, plan.Value(plan.Absent))
		if t, ok := r.values[i].(*plan.Tagged); ok && t.Branch == op.From[last].Name {
			r.values[i], r.values[len(r.values)-1] = plan.Absent, t.Value
		}
		return nil
	})
}

// settle gives a loose value the type of the target.
func settle(v plan.Value, t *plan.Type) (plan.Value, error) {
	if p, ok := v.(*pendingValue); ok {
		x, why := literalOf(p.source.Value, t)
		if why != "" {
			return nil, errors.New(why)
		}
		return x, nil
	}
	if tag, ok := v.(*plan.Tagged); ok && t.Kind != plan.Union {
		return settle(tag.Value, t) // what ? has looked into
	}
	if tag, ok := v.(*plan.Tagged); ok {
		i := slices.IndexFunc(t.Branches, func(b plan.Branch) bool { return b.Name == tag.Branch })
		if i < 0 && len(t.Branches) == 2 {
			i = 1
		}
		x, err := settle(tag.Value, t.Branches[i].Type)
		return &plan.Tagged{Branch: t.Branches[i].Name, Value: x}, err
	}
	if t.Kind == plan.Union {
		x, err := settle(v, t.Branches[1].Type)
		return &plan.Tagged{Branch: t.Branches[1].Name, Value: x}, err
	}
	switch v := v.(type) {
	case *fields:
		out := &plan.Rec{Type: t, Fields: make([]plan.Value, len(t.Fields)), Rest: stillUnknown(v.rest, t)}
		for i, f := range t.Fields {
			x, err := settleField(v, &f)
			if err != nil {
				return nil, err
			}
			out.Fields[i] = x
		}
		return out, nil
	case []plan.Value:
		out := make([]plan.Value, len(v))
		for i := range v {
			x, err := settle(v[i], t.Elem)
			if err != nil {
				return nil, err
			}
			out[i] = x
		}
		return out, nil
	case *plan.Entries:
		out := plan.Entries{}
		for _, e := range *v {
			x, err := settle(e.Value, t.Elem)
			if err != nil {
				return nil, err
			}
			out = append(out, plan.Entry{Key: e.Key, Value: x})
		}
		return &out, nil
	default:
		return v, nil
	}
}

func settleField(v *fields, f *plan.Field) (plan.Value, error) {
	x := plan.Value(plan.Absent)
	if i := v.index(f.Name); i >= 0 {
		x = v.values[i]
	}
	switch {
	case x != plan.Absent:
		return settle(x, f.Type)
	case f.Optional:
		return x, nil
	case f.HasDefault:
		return f.Default, nil
	default:
		return nil, fmt.Errorf("nothing is known of %s", f.Name)
	}
}

// stillUnknown leaves out what the target of a hop would read as its own.
func stillUnknown(rest []plan.Entry, t *plan.Type) (out []plan.Entry) {
	for _, e := range rest {
		number, _ := strconv.Atoi(e.Key)
		wire := int(e.Value.([]byte)[0] & 7)
		if !slices.ContainsFunc(t.Fields, func(f plan.Field) bool {
			if f.Number == number && readsWire(f.Type, wire) {
				return true
			}
			return f.Type.Kind == plan.Union && slices.ContainsFunc(f.Type.Branches, func(b plan.Branch) bool {
				return b.Number == number && readsWire(b.Type, wire)
			})
		}) {
			out = append(out, e)
		}
	}
	return out
}

// readsWire reports whether a field of a type of proto3 is written as a wire type.
func readsWire(t *plan.Type, wire int) bool {
	switch t.Kind {
	case plan.List:
		return readsWire(t.Elem, wire) || wire == 2
	case plan.Bool, plan.Int, plan.Uint, plan.Enum:
		return wire == 0
	case plan.Float:
		return wire == map[int]int{32: 5, 64: 1}[t.Bits]
	default:
		return wire == 2
	}
}
