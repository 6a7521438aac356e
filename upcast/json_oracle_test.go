package upcast

import (
	"fmt"
	"math/big"
	"slices"

	"github.com/instar-registry/instar/upcast/plan"
)

// The oracle of JSON carries out steps on untyped values, one after the other,
// without a tree and without the code of the builder. What is not there is
// plan.Absent.

// atJSON applies f to the value behind a path and puts back what it returns.
func atJSON(v plan.Value, p Path, f func(plan.Value) (plan.Value, error)) (plan.Value, error) {
	if len(p) == 0 {
		return f(v)
	}
	rest := p[1:]
	switch p[0].Kind {
	case ElementsSegment:
		out := slices.Clone(v.([]plan.Value))
		for i := range out {
			x, err := atJSON(out[i], rest, f)
			if err != nil {
				return nil, err
			}
			out[i] = x
		}
		return out, nil
	case ValuesSegment:
		out := slices.Clone(*v.(*plan.Entries))
		for i := range out {
			x, err := atJSON(out[i].Value, rest, f)
			if err != nil {
				return nil, err
			}
			out[i].Value = x
		}
		return &out, nil
	case OptionalSegment:
		if v == nil || v == plan.Absent {
			return v, nil
		}
		return atJSON(v, rest, f)
	default:
		was := memberJSONOf(v, p[0].Name)
		x, err := atJSON(was, rest, f)
		if err != nil {
			return nil, err
		}
		return withMemberJSON(v, p[0].Name, x), nil
	}
}

func memberJSONOf(v plan.Value, name string) plan.Value {
	for _, e := range *v.(*plan.Entries) {
		if e.Key == name {
			return e.Value
		}
	}
	return plan.Absent
}

func withMemberJSON(v plan.Value, name string, x plan.Value) plan.Value {
	out := slices.DeleteFunc(slices.Clone(*v.(*plan.Entries)), func(e plan.Entry) bool { return e.Key == name })
	if x != plan.Absent {
		out = append(out, plan.Entry{Key: name, Value: x})
	}
	return &out
}

// ownedJSON applies f to the object that holds the last part of a path.
func ownedJSON(v plan.Value, p Path, f func(o plan.Value, name string) (plan.Value, error)) (plan.Value, error) {
	return atJSON(v, p[:len(p)-1], func(o plan.Value) (plan.Value, error) { return f(o, p[len(p)-1].Name) })
}

func wayJSON(e Else) (plan.Value, error) {
	switch e.Kind {
	case ElseSource:
		v, _ := plan.ReadJSON(e.Source.Value, plan.AnyJSON)
		return v, nil
	case ElseDropEvent:
		return nil, stopped{plan.FailDrop}
	default:
		return nil, stopped{plan.FailDead}
	}
}

func oracleJSON(v plan.Value, op Operation) (plan.Value, error) {
	switch op := op.(type) {
	case *Add:
		return ownedJSON(v, op.Path, func(o plan.Value, name string) (plan.Value, error) {
			if op.OnConflict == "fail" && memberJSONOf(o, name) != plan.Absent {
				return nil, stopped{plan.FailDead}
			}
			x, _ := plan.ReadJSON(op.Source.Value, plan.AnyJSON)
			return withMemberJSON(o, name, x), nil
		})
	case *Drop:
		return ownedJSON(v, op.Path, func(o plan.Value, name string) (plan.Value, error) {
			return withMemberJSON(o, name, plan.Absent), nil
		})
	case *Rename:
		return ownedJSON(v, op.From, func(o plan.Value, name string) (plan.Value, error) {
			x := memberJSONOf(o, name)
			return withMemberJSON(withMemberJSON(o, name, plan.Absent), op.To[len(op.To)-1].Name, x), nil
		})
	case *Copy:
		return ownedJSON(v, op.From, func(o plan.Value, name string) (plan.Value, error) {
			return withMemberJSON(o, op.To[len(op.To)-1].Name, memberJSONOf(o, name)), nil
		})
	case *Move: // into a new object beside it, as the generator makes them
		return ownedJSON(v, op.From, func(o plan.Value, name string) (plan.Value, error) {
			inner := withMemberJSON(&plan.Entries{}, name, memberJSONOf(o, name))
			return withMemberJSON(withMemberJSON(o, name, plan.Absent), op.To[len(op.To)-2].Name, inner), nil
		})
	case *Flatten:
		return ownedJSON(v, op.Path, func(o plan.Value, name string) (plan.Value, error) {
			out := withMemberJSON(o, name, plan.Absent)
			for _, e := range *memberJSONOf(o, name).(*plan.Entries) {
				out = withMemberJSON(out, op.Prefix+e.Key, e.Value)
			}
			return out, nil
		})
	default:
		return oracleJSONValue(v, op)
	}
}

func oracleJSONValue(v plan.Value, op Operation) (plan.Value, error) {
	switch op := op.(type) {
	case *Relax:
		return v, nil
	case *Rest: // what is not declared begins with ~ in these events
		return atJSON(v, op.Path, func(x plan.Value) (plan.Value, error) {
			out := slices.DeleteFunc(slices.Clone(*x.(*plan.Entries)), func(e plan.Entry) bool { return e.Key[0] == '~' })
			return &out, nil
		})
	case *Require:
		return atJSON(v, op.Path, func(x plan.Value) (plan.Value, error) {
			if x == nil || x == plan.Absent {
				return wayJSON(op.Else)
			}
			return x, nil
		})
	case *Set: // this + '!'
		return atJSON(v, op.Path, func(x plan.Value) (plan.Value, error) { return x.(string) + "!", nil })
	case *Wrap:
		return atJSON(v, op.Path, func(x plan.Value) (plan.Value, error) { return []plan.Value{x}, nil })
	case *Head:
		return atJSON(v, op.Path, func(x plan.Value) (plan.Value, error) {
			items := x.([]plan.Value)
			if len(items) == 0 || op.Which == "only" && len(items) > 1 {
				return wayJSON(op.Else)
			}
			if op.Which == "last" {
				return items[len(items)-1], nil
			}
			return items[0], nil
		})
	case *Narrow:
		return atJSON(v, op.Path, func(x plan.Value) (plan.Value, error) {
			if s, ok := x.(string); ok {
				return string([]rune(s)[:min(2, len([]rune(s)))]), nil
			}
			if n, _ := new(big.Rat).SetString(string(x.(plan.Number))); n.Sign() < 0 {
				return plan.Number("0"), nil
			} else if n.Cmp(big.NewRat(2000, 1)) > 0 {
				return plan.Number("2000"), nil
			}
			return x, nil
		})
	case *MapEnum:
		return atJSON(v, op.Path, func(x plan.Value) (plan.Value, error) {
			for _, p := range op.Map {
				if p.From == x {
					return p.To, nil
				}
			}
			return nil, fmt.Errorf("%v is not mapped", x)
		})
	case *Convert:
		return atJSON(v, op.Path, func(x plan.Value) (plan.Value, error) {
			n, _ := new(big.Rat).SetString(string(x.(plan.Number)))
			factor, _ := new(big.Rat).SetString(op.Factor)
			return plan.Number(n.Mul(n, factor).Num().String()), nil
		})
	default:
		return nil, fmt.Errorf("the oracle knows no %s", op.Name())
	}
}
