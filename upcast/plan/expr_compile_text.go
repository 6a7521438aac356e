package plan

import (
	"bytes"
	"encoding/binary"
	"slices"
)

func (l *leafCompiler) text(n Node) textLeaf {
	switch n := n.(type) {
	case *Lit:
		if v, ok := n.Value.(string); ok {
			b := []byte(v)
			return func(*avroRun, []int32) ([]byte, string) { return b, "" }
		}
	case *Copy:
		if n.Type.Kind == String {
			at := l.at(n)
			return func(r *avroRun, m []int32) ([]byte, string) { return r.textAt(m[at]), "" }
		}
	case *If:
		cond, then, otherwise := l.boolean(n.Cond), l.text(n.Then), l.text(n.Else)
		return func(r *avroRun, m []int32) ([]byte, string) { return chosen(r, m, cond, then, otherwise) }
	case *Switch:
		return cases(l, n, l.text)
	case *Call:
		return l.textCall(n)
	}
	l.ok = false
	return nil
}

// textAt reads a text that the walk has accepted.
func (r *avroRun) textAt(at int32) []byte {
	rest := r.event[at:]
	if c := rest[0]; c < 0x80 {
		return rest[1 : 1+c>>1 : 1+c>>1]
	}
	size, head := binary.Varint(rest)
	return rest[head : head+int(size) : head+int(size)]
}

func (l *leafCompiler) textCall(n *Call) textLeaf {
	switch n.Func {
	case TextAdd:
		parts := l.parts(n, nil)
		return func(r *avroRun, m []int32) ([]byte, string) {
			var texts [maxParts][]byte
			size, why := gather(r, m, parts, &texts)
			if why != "" {
				return nil, why
			}
			from := len(r.text)
			r.text = slices.Grow(r.text, size)
			for i := range parts {
				r.text = append(r.text, texts[i]...)
			}
			return r.text[from:len(r.text):len(r.text)], ""
		}
	case TextTrim:
		a := l.text(n.Args[0])
		return func(r *avroRun, m []int32) ([]byte, string) {
			x, why := a(r, m)
			return bytes.TrimSpace(x), why
		}
	case TextLower, TextUpper:
		return l.textCase(n)
	case TextOfSymbol:
		if c, ok := n.Args[0].(*Copy); ok && c.Type.Kind == Enum {
			at := l.at(c)
			names := make([][]byte, len(c.Type.Symbols))
			for i, s := range c.Type.Symbols {
				names[i] = []byte(s)
			}
			return func(r *avroRun, m []int32) ([]byte, string) { return names[r.integer(m[at])], "" }
		}
	case Widen:
		if k, _ := kindOf(n.Args[0]); k == String {
			return l.text(n.Args[0])
		}
	}
	l.ok = false
	return nil
}

func (l *leafCompiler) textCase(n *Call) textLeaf {
	a := l.text(n.Args[0])
	from, to := byte('A'), byte('a')
	if n.Func == TextUpper {
		from, to = to, from
	}
	return func(r *avroRun, m []int32) ([]byte, string) {
		x, why := a(r, m)
		if why != "" {
			return nil, why
		}
		start := len(r.text)
		for _, c := range x {
			if c >= from && c <= from+25 {
				c = c - from + to
			}
			r.text = append(r.text, c)
		}
		return r.text[start:len(r.text):len(r.text)], ""
	}
}

// maxParts is how many texts are joined in one go.
const maxParts = 8

// textPart is one of the texts that a sum joins: a constant, a text of the event
// at a boundary, or what a leaf gives.
type textPart struct {
	constant []byte
	at       int // -1 if it is no text of the event
	leaf     textLeaf
}

// parts lists the texts that a sum of texts joins; what is too long for one go is
// joined before.
func (l *leafCompiler) parts(n *Call, out []textPart) []textPart {
	for i, a := range n.Args {
		call, ok := a.(*Call)
		if ok && call.Func == TextAdd && i == 0 && depthOf(call) < maxParts-1 {
			out = l.parts(call, out)
			continue
		}
		out = append(out, l.part(a))
	}
	return out
}

func (l *leafCompiler) part(n Node) textPart {
	switch n := n.(type) {
	case *Lit:
		if v, ok := n.Value.(string); ok {
			return textPart{constant: []byte(v), at: -1}
		}
	case *Copy:
		if n.Type.Kind == String {
			return textPart{at: l.at(n)}
		}
	}
	return textPart{at: -1, leaf: l.text(n)}
}

func (p *textPart) text(r *avroRun, m []int32) (text []byte, why string) {
	switch {
	case p.at >= 0:
		return r.textAt(m[p.at]), ""
	case p.leaf != nil:
		return p.leaf(r, m)
	default:
		return p.constant, ""
	}
}

// depthOf counts the sums on the left of a sum.
func depthOf(n *Call) int {
	depth := 1
	for {
		call, ok := n.Args[0].(*Call)
		if !ok || call.Func != TextAdd {
			return depth
		}
		n, depth = call, depth+1
	}
}

// gather computes the parts and the size of them all.
func gather(r *avroRun, m []int32, parts []textPart, texts *[maxParts][]byte) (size int, why string) {
	for i := range parts {
		if texts[i], why = parts[i].text(r, m); why != "" {
			return 0, why
		}
		if size += len(texts[i]); size > maxMade {
			return 0, tooLarge
		}
	}
	return size, ""
}

// joined writes a sum of texts without putting it together first. Its length goes
// before it, in one byte as a rule; a longer one moves the text.
func (l *leafCompiler) joined(n *Call) func(*avroRun, []int32) string {
	parts := l.parts(n, nil)
	return func(r *avroRun, m []int32) string {
		out, start := append(r.out, 0), len(r.out)+1
		for i := range parts {
			x, why := parts[i].text(r, m)
			if why != "" {
				return why
			}
			if out = append(out, x...); len(out)-start > maxMade {
				return tooLarge
			}
		}
		if size := len(out) - start; size < 0x40 {
			out[start-1] = byte(size << 1)
		} else {
			var head [binary.MaxVarintLen64]byte
			out = slices.Replace(out, start-1, start, head[:binary.PutVarint(head[:], int64(size))]...)
		}
		r.out = out
		return ""
	}
}
