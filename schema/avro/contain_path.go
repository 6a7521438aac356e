package avro

import "strings"

// pathStep is one step from a value of the writer to a part of it.
type pathStep struct {
	kind stepKind
	name string // of a field or branch
}

type stepKind uint8

const (
	stepField stepKind = iota
	stepItem
	stepValue
	stepBranch   // of a union
	stepOptional // the branch beside null, where there is one only
	stepNull     // the null branch, which needs no name
)

// renderPath writes a path as upcasters and findings do: "items[].sku",
// "attrs{}.x", "pay<com.acme.Card>.no", "customer?.zip", "$" for the event.
func renderPath(steps []pathStep) string {
	var b strings.Builder
	optional := false
	for _, s := range steps {
		if s.kind == stepNull {
			continue
		}
		if b.Len() == 0 && s.kind != stepField {
			b.WriteByte('$')
		}
		if optional {
			b.WriteByte('?')
			optional = false
		}
		switch s.kind {
		case stepField:
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			if validName(s.name) {
				b.WriteString(s.name)
			} else {
				b.WriteString("`" + s.name + "`")
			}
		case stepItem:
			b.WriteString("[]")
		case stepValue:
			b.WriteString("{}")
		case stepBranch:
			b.WriteString("<" + s.name + ">")
		case stepOptional:
			optional = true
		}
	}
	if b.Len() == 0 {
		return "$"
	}
	return b.String()
}

// branchStep is the step into a branch of a writer union.
func branchStep(union *op, i int) pathStep {
	part := union.parts[i]
	switch {
	case part.kind == Null:
		return pathStep{kind: stepNull}
	case len(union.parts) == 2 && union.parts[1-i].kind == Null:
		return pathStep{kind: stepOptional}
	}
	return pathStep{kind: stepBranch, name: part.node.TypeName()}
}
