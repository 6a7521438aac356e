package upcast

import (
	"encoding/json"
	"math/big"
	"regexp"

	"github.com/instar-registry/instar/upcast/plan"
)

// narrowed is the schema of a value that fits bounds now.
func (im *image) narrowed(n *plan.Call, out keywords) any {
	bound := func(key, of string) {
		if n.Table[of] != "" {
			out[key] = json.Number(n.Table[of])
		}
	}
	mode := n.Table[plan.NarrowMode]
	switch n.Type.Kind {
	case plan.String:
		bound("minLength", plan.NarrowMinLength)
		bound("maxLength", plan.NarrowMaxLength)
		if n.Pattern != nil && alikePattern.MatchString(n.Pattern.String()) {
			out["pattern"] = n.Pattern.String()
		}
	case plan.List:
		bound("minItems", plan.NarrowMinLength)
		bound("maxItems", plan.NarrowMaxLength)
		out["items"] = im.orNever(im.known(elemOf(n.Type), n.Args[0], element))
	default:
		if ordered(n.Table[plan.NarrowMin], n.Table[plan.NarrowMax]) {
			bound("minimum", plan.NarrowMin)
			bound("maximum", plan.NarrowMax)
		}
		if mode != "clamp" { // a bound that is taken need be no multiple
			bound("multipleOf", plan.NarrowMultiple)
		}
	}
	if mode == "clamp" || mode == "truncate" {
		return out
	}
	// What does not fit takes the way out; the rest is as it was.
	return keywords{"allOf": []any{out, im.orNever(im.of(n.Args[0]))}}
}

// alikePattern tells the patterns that mean the same in RE2 and in JSON Schema.
var alikePattern = regexp.MustCompile(`^[\^]?([A-Za-z0-9_@/=,: |*+-]|\{[0-9]+(,[0-9]*)?\}|[(][^?*+]|[)]|[A-Za-z0-9)}\]][?]|\[[A-Za-z0-9_ -]+\])*[$]?$`)

// ordered reports whether there are numbers between two bounds, as far as both
// are given.
func ordered(low, high string) bool {
	x, ok := new(big.Rat).SetString(low)
	y, ok2 := new(big.Rat).SetString(high)
	return !ok || !ok2 || x.Cmp(y) <= 0
}
