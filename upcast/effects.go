package upcast

import (
	"fmt"
	"slices"
	"strings"

	"github.com/instar-registry/instar/upcast/plan"
)

// effects are what a hop does beside the event itself.
type effects struct {
	// typ is the new name of the event's type; target the subject and version it
	// goes to, if that is another one.
	typ    string
	target Target
	// key computes the partition key; headers are changed in order.
	key     plan.Node
	headers []headerEdit
	// parts are the events that a split gives in the place of one.
	parts []*part
	// atLeastOne says that one of them must come about.
	atLeastOne bool
}

// ofValues reports whether effects are computed from the event.
func (e *effects) ofValues() bool {
	return e.key != nil || len(e.parts) > 0 || slices.ContainsFunc(e.headers, func(h headerEdit) bool { return h.set != nil })
}

// nodes lists the trees of effects.
func (e *effects) nodes() []plan.Node {
	out := []plan.Node{e.key}
	for _, h := range e.headers {
		out = append(out, h.set)
	}
	for _, p := range e.parts {
		out = append(out, p.root, p.when, p.over)
	}
	return out
}

// headerEdit sets a header, renames one, or drops it.
type headerEdit struct {
	name, to string
	set      plan.Node
}

// eventLevel carries out an operation on the event as a whole.
func (b *builder) eventLevel(n plan.Node, op Operation) plan.Node {
	if b.depth > 1 {
		return b.wrong(op.Name()+" changes the event, not a part of it", "write it as a step of the document itself")
	}
	switch op := op.(type) {
	case *RenameType:
		return b.renameType(n, op)
	case *Meta:
		return b.changeMeta(n, op)
	case *Rekey:
		return b.rekey(n, op)
	case *Transcode:
		if b.target != "" && op.To != b.target {
			return b.wrong(fmt.Sprintf("the target version is %s, not %s", b.target, op.To), "")
		}
		return n
	default:
		return b.wrong(op.Name()+" is not carried out here", "")
	}
}

// renameType notes the name of the new type. The target's own name is what
// counts, so the two must agree.
func (b *builder) renameType(n plan.Node, op *RenameType) plan.Node {
	if op.To.Subject != "" {
		if op.To != b.to && !b.fused {
			return b.wrong(fmt.Sprintf("the event would go to %s version %s, and the document does not lead there", op.To.Subject, op.To.Version), "write the same {subject, version} as the document's to")
		}
		b.effects.target = op.To
		return n
	}
	if !b.fused && b.targetName != "" && op.Type != b.targetName {
		return b.wrong(fmt.Sprintf("the type of the target version is %s, not %s", b.targetName, op.Type), "")
	}
	b.effects.typ = op.Type
	return n
}

// Headers that Instar writes itself.
const reservedHeaders = "instar."

func (b *builder) changeMeta(n plan.Node, op *Meta) plan.Node {
	free := func(name string) bool {
		if strings.HasPrefix(strings.ToLower(name), reservedHeaders) {
			b.wrong(fmt.Sprintf("the header %s is reserved", name), "headers that begin with instar. tell where an event comes from")
			return false
		}
		return true
	}
	for _, f := range op.Set {
		if !free(f.Name) {
			return n
		}
		x := typed(b.source(n, f.Source, Path{{Name: f.Name}}), exprString)
		if t, _ := b.types.Of(x); b.err == nil && normalType(t).Kind != plan.String && t.Kind != plan.Never {
			return b.wrong(fmt.Sprintf("the header %s would be %s, and headers are texts", f.Name, t), "convert it by string(...)")
		}
		x = b.normal(x, false)
		b.effects.headers = append(b.effects.headers, headerEdit{name: f.Name, set: x})
		n = b.forget(x, n)
	}
	for _, p := range op.Rename {
		if !free(p.From) || !free(p.To) {
			return n
		}
		b.effects.headers = append(b.effects.headers, headerEdit{name: p.From, to: p.To})
	}
	for _, name := range op.Drop {
		if !free(name) {
			return n
		}
		b.effects.headers = append(b.effects.headers, headerEdit{name: name})
	}
	return n
}

func (b *builder) rekey(n plan.Node, op *Rekey) plan.Node {
	b.scope.this, b.scope.owner = nil, nil
	x := b.expr(op.Expr, nil, Else{}, nil)
	if t, _ := b.types.Of(x); b.err == nil && t.Kind != plan.Bytes && t.Kind != plan.String && t.Kind != plan.Never {
		return b.badExpr(op.Expr, *exprError(op.Expr.Text, fmt.Sprintf("it gives %s, and a key is bytes or text", t), "convert it by string(...) or bytes(...)"))
	}
	b.effects.key = x
	return b.forget(x, n)
}

// erase puts what tells nothing in the place of personal data.
func (b *builder) erase(n plan.Node, op *Erase) plan.Node {
	var salt *plan.Copy
	if op.With == "hash" {
		if salt = b.contextValue(op.Salt); salt == nil {
			return n
		}
		if salt.Type.Kind != plan.String {
			return b.wrong(fmt.Sprintf("the salt %s is %s", op.Salt, salt.Type), "declare it as a string")
		}
	}
	for _, p := range op.Paths {
		n = b.update(n, p, 0, func(x plan.Node) plan.Node {
			if salt != nil {
				return b.forget(x, b.hashed(x, salt, p))
			}
			return b.forget(x, b.tombstone(x, p))
		})
	}
	return n
}

// tombstone is the value of a type that tells least.
func (b *builder) tombstone(x plan.Node, path Path) plan.Node {
	t, _ := b.types.Of(x)
	lit := func(v plan.Value) plan.Node { return &plan.Lit{Value: v, Type: t} }
	switch {
	case t.Kind == plan.Union && t.Branch("null") >= 0:
		return &plan.Tag{Branch: "null", X: &plan.Lit{Type: plan.NullType}}
	case b.types.MayBeAbsent(x):
		return &plan.Nothing{Type: t}
	case t.Kind == plan.String && t.Logical == "":
		return lit("")
	case t.Kind == plan.Bytes && t.Size == 0:
		return lit([]byte{})
	case t.Kind == plan.Bool:
		return lit(false)
	case t.Kind == plan.List:
		return lit([]plan.Value{})
	case t.Kind == plan.Map:
		return lit(&plan.Entries{})
	case isNumber(t):
		v, why := plan.Exact("0", t)
		if why == "" {
			return lit(v)
		}
	}
	return b.wrong(fmt.Sprintf("%s is %s, which has no value that tells nothing", path, t), "make it nullable first, by relax in an earlier version, or drop it")
}

// hashed is the SHA-256 of the salt and the value, in hexadecimal if it is a text.
// Without the salt the event has no image.
func (b *builder) hashed(x plan.Node, salt *plan.Copy, path Path) plan.Node {
	t, _ := b.types.Of(x)
	if t.Kind != plan.String && t.Kind != plan.Bytes {
		return b.wrong(fmt.Sprintf("%s is %s, and texts and bytes are hashed", path, t), "use with: tombstone")
	}
	call := func(f *plan.Func, t *plan.Type, args ...plan.Node) plan.Node {
		return &plan.Call{Func: f, Args: args, Type: t}
	}
	bind := b.bind(exprString)
	value := x
	if t.Kind == plan.String {
		value = call(plan.TextBytes, exprBytes, x)
	}
	sum := call(plan.SHA256, exprBytes, call(plan.BytesAdd, exprBytes, call(plan.TextBytes, exprBytes, whole(bind)), value))
	if t.Kind == plan.String {
		sum = call(plan.HexText, exprString, sum)
	}
	missing := &plan.Stop{Code: FailContext, Hop: b.hop, Step: b.step, Path: path.String(), Reason: "the salt is missing"}
	return &plan.Opt{On: salt, Bind: bind, Body: sum, Missing: missing}
}
