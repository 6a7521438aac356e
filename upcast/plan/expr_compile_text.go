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
			return func(r *avroRun, m []int32) ([]byte, string) {
				from := int(m[at]) + 1
				size := int64(r.event[m[at]] >> 1)
				if r.event[m[at]] >= 0x80 {
					n, head := binary.Varint(r.event[m[at]:])
					from, size = int(m[at])+head, n
				}
				return r.event[from : from+int(size) : from+int(size)], ""
			}
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

// parts lists the texts that a sum of texts joins; what is too long for one go is
// joined before.
func (l *leafCompiler) parts(n *Call, out []textLeaf) []textLeaf {
	for i, a := range n.Args {
		call, ok := a.(*Call)
		if ok && call.Func == TextAdd && i == 0 && depthOf(call) < maxParts-1 {
			out = l.parts(call, out)
			continue
		}
		out = append(out, l.text(a))
	}
	return out
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
func gather(r *avroRun, m []int32, parts []textLeaf, texts *[maxParts][]byte) (size int, why string) {
	for i, f := range parts {
		if texts[i], why = f(r, m); why != "" {
			return 0, why
		}
		if size += len(texts[i]); size > maxMade {
			return 0, tooLarge
		}
	}
	return size, ""
}

// joined writes a sum of texts without putting it together first.
func (l *leafCompiler) joined(n *Call) func(*avroRun, []int32) string {
	parts := l.parts(n, nil)
	return func(r *avroRun, m []int32) string {
		var texts [maxParts][]byte
		size, why := gather(r, m, parts, &texts)
		if why != "" {
			return why
		}
		r.out = binary.AppendVarint(r.out, int64(size))
		for i := range parts {
			r.out = append(r.out, texts[i]...)
		}
		return ""
	}
}
