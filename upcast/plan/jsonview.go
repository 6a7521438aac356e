package plan

import (
	"math/big"
	"slices"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema/jsonschema"
)

// jsonView is what one place says about the kinds of its values, the places that
// it refers to included.
type jsonView struct {
	kinds   kinds
	integer bool // a number is a whole one
	// symbols are the texts that there may be, if they are listed.
	symbols []string
	listed  bool
}

// view sums up a place. In-place references have no circles, so this ends.
func (j *jsonTypes) view(n *jsonschema.Node) *jsonView {
	if v, ok := j.views[n]; ok {
		return v
	}
	v := &jsonView{kinds: allKinds}
	j.views[n] = v
	switch {
	case n.Bool != nil && !*n.Bool:
		v.kinds = 0
		return v
	case n.Bool != nil:
		return v
	case n.IsRef():
		v.and(j.view(n.RefTo))
		return v
	}
	v.types(n)
	if n.Const != nil {
		v.values([]*jsonx.Value{n.Const})
	}
	if n.Enum != nil {
		v.values(n.Enum)
	}
	if n.RefTo != nil {
		v.and(j.view(n.RefTo))
	}
	for _, m := range n.AllOf {
		v.and(j.view(m))
	}
	for _, list := range [][]*jsonschema.Node{n.AnyOf, n.OneOf} {
		if len(list) > 0 {
			v.and(j.either(list))
		}
	}
	return v
}

func (v *jsonView) types(n *jsonschema.Node) {
	if n.Types == nil {
		return
	}
	v.kinds = 0
	for _, name := range n.Types {
		v.kinds |= kindOfType[name]
	}
	v.integer = slices.Contains(n.Types, "integer") && !slices.Contains(n.Types, "number")
}

// values narrows a view to listed values.
func (v *jsonView) values(list []*jsonx.Value) {
	x := jsonView{listed: true, integer: true}
	for _, value := range list {
		switch value.Kind {
		case jsonx.Null:
			x.kinds |= nullKind
		case jsonx.Bool:
			x.kinds |= boolKind
		case jsonx.Number:
			x.kinds |= numberKind
			r, ok := new(big.Rat).SetString(value.Text)
			x.integer = x.integer && ok && r.IsInt()
		case jsonx.String:
			x.kinds |= stringKind
			if !slices.Contains(x.symbols, value.Text) {
				x.symbols = append(x.symbols, value.Text)
			}
		case jsonx.Array:
			x.kinds |= arrayKind
		default:
			x.kinds |= objectKind
		}
	}
	v.and(&x)
}

// and narrows a view by another one.
func (v *jsonView) and(x *jsonView) {
	v.kinds &= x.kinds
	v.integer = v.integer || x.integer
	switch {
	case !x.listed:
	case !v.listed:
		v.symbols, v.listed = x.symbols, true
	default:
		v.symbols = common(v.symbols, x.symbols)
	}
}

// either is what holds whichever branch it is.
func (j *jsonTypes) either(list []*jsonschema.Node) *jsonView {
	out := &jsonView{integer: true, listed: true}
	for _, n := range list {
		v := j.view(n)
		out.kinds |= v.kinds
		if v.kinds&numberKind != 0 {
			out.integer = out.integer && v.integer
		}
		if v.kinds&stringKind == 0 {
			continue
		}
		out.listed = out.listed && v.listed
		for _, s := range v.symbols {
			if !slices.Contains(out.symbols, s) {
				out.symbols = append(out.symbols, s)
			}
		}
	}
	if !out.listed {
		out.symbols = nil
	}
	return out
}
