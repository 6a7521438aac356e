package upcast

import (
	"github.com/instar-registry/instar/upcast/plan"
)

// tellsKeysApart reports whether a new key is made of one value of the event, by
// functions that give different results for different values. Events of two keys
// that become one cannot be told apart by it any more, so the step is not iso.
func tellsKeysApart(key plan.Node) bool {
	switch n := key.(type) {
	case *plan.Copy:
		return true
	case *plan.Call:
		if n.Func != plan.TextAdd && !oneToOne[n.Func] {
			return false
		}
		var parts []plan.Node
		for _, a := range n.Args {
			if _, constant := a.(*plan.Lit); !constant {
				parts = append(parts, a)
			}
		}
		return len(parts) == 1 && tellsKeysApart(parts[0])
	default:
		return false
	}
}

// oneToOne are functions of one value that give different results for different
// values.
var oneToOne = map[*plan.Func]bool{
	plan.TextBytes: true, plan.Base64Text: true, plan.URL64Text: true, plan.HexText: true, plan.UUIDText: true,
	plan.TextOfSymbol: true, plan.TextOfInt: true, plan.TextOfUint: true, plan.TextOfBool: true, plan.Widen: true,
}
