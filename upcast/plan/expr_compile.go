package plan

import (
	"encoding/binary"
	"fmt"
	"math"
	"unicode/utf8"
)

// A leaf is an expression compiled to closures over the bytes of the event. Each
// gives a value, or the reason why it has none. Texts are slices of the event or
// of the run's buffer, so that nothing is allocated.
type (
	intLeaf   func(r *avroRun, m []int32) (int64, string)
	floatLeaf func(r *avroRun, m []int32) (float64, string)
	boolLeaf  func(r *avroRun, m []int32) (bool, string)
	textLeaf  func(r *avroRun, m []int32) ([]byte, string)
)

// tooLarge is the reason of what breaks a limit; no way out takes it.
var tooLarge = fmt.Sprintf("a value is too large; limit value-bytes is %d", maxMade)

// leaf is what writes a computed value.
type leaf struct {
	write func(r *avroRun, m []int32) string
	uses  []int
}

// leafCompiler compiles one expression; ok turns false at what has no closure.
type leafCompiler struct {
	c    *compiler
	uses []int
	ok   bool
}

// leaf compiles an expression whose value is written as a type, or gives nil.
func (c *compiler) leaf(n Node, t *Type) *leaf {
	l := &leafCompiler{c: c, ok: true}
	out := &leaf{}
	switch t.Kind {
	case Int:
		f := l.integer(n)
		out.write = func(r *avroRun, m []int32) string {
			v, why := f(r, m)
			if why == "" {
				r.out = binary.AppendVarint(r.out, v)
			}
			return why
		}
	case Float:
		f, narrow := l.float(n), t.Bits == 32
		out.write = func(r *avroRun, m []int32) string {
			v, why := f(r, m)
			switch {
			case why != "":
			case narrow:
				r.out = binary.LittleEndian.AppendUint32(r.out, math.Float32bits(float32(v)))
			default:
				r.out = binary.LittleEndian.AppendUint64(r.out, math.Float64bits(v))
			}
			return why
		}
	case Bool:
		f := l.boolean(n)
		out.write = func(r *avroRun, m []int32) string {
			v, why := f(r, m)
			if why == "" {
				r.out = append(r.out, boolByte(v))
			}
			return why
		}
	case String:
		if call, ok := n.(*Call); ok && call.Func == TextAdd {
			out.write = l.joined(call)
			break
		}
		f := l.text(n)
		out.write = func(r *avroRun, m []int32) string {
			v, why := f(r, m)
			if why == "" {
				r.out = append(binary.AppendVarint(r.out, int64(len(v))), v...)
			}
			return why
		}
	default:
		return nil
	}
	if out.uses = l.uses; !l.ok {
		return nil
	}
	return out
}

// at is the boundary at which a copied value begins, or -1.
func (l *leafCompiler) at(n *Copy) int {
	x := l.c.places.find(n)
	if x == nil {
		l.ok = false
		return -1
	}
	l.uses = append(l.uses, x.start)
	return x.start
}

func kindOf(n Node) (Kind, *Type) {
	t, _ := TypeOf(n)
	return t.Kind, t
}

func (l *leafCompiler) integer(n Node) intLeaf {
	switch n := n.(type) {
	case *Lit:
		if v, ok := n.Value.(int64); ok {
			return func(*avroRun, []int32) (int64, string) { return v, "" }
		}
	case *Copy:
		if n.Type.Kind == Int {
			at := l.at(n)
			return func(r *avroRun, m []int32) (int64, string) { return r.integer(m[at]), "" }
		}
	case *If:
		cond, then, otherwise := l.boolean(n.Cond), l.integer(n.Then), l.integer(n.Else)
		return func(r *avroRun, m []int32) (int64, string) { return chosen(r, m, cond, then, otherwise) }
	case *Switch:
		return cases(l, n, l.integer)
	case *Call:
		return l.integerCall(n)
	}
	l.ok = false
	return nil
}

func (l *leafCompiler) integerCall(n *Call) intLeaf {
	if n.Func == IntOfFloat {
		return l.wholeNumber(n.Args[0])
	}
	switch f := n.Func.impl.(type) {
	case func(int64, int64) (int64, string):
		a, b := l.integer(n.Args[0]), l.integer(n.Args[1])
		return func(r *avroRun, m []int32) (int64, string) { return call2(r, m, a, b, f) }
	case func(int64, int64) int64:
		a, b := l.integer(n.Args[0]), l.integer(n.Args[1])
		return func(r *avroRun, m []int32) (int64, string) { return total2(r, m, a, b, f) }
	case func(int64) (int64, string):
		a := l.integer(n.Args[0])
		return func(r *avroRun, m []int32) (int64, string) { return call1(r, m, a, f) }
	}
	if k, _ := kindOf(firstOf(n)); n.Func == Widen && k == Int {
		return l.integer(n.Args[0])
	}
	if n.Func == TextSize {
		a := l.text(n.Args[0])
		return func(r *avroRun, m []int32) (int64, string) {
			s, why := a(r, m)
			return int64(utf8.RuneCount(s)), why
		}
	}
	l.ok = false
	return nil
}

// wholeNumber is a double as an integer; one that is rounded before is rounded on
// the way.
func (l *leafCompiler) wholeNumber(n Node) intLeaf {
	if c, ok := n.(*Call); ok && c.Func == FloatRound {
		a := l.float(c.Args[0])
		return func(r *avroRun, m []int32) (int64, string) {
			x, why := a(r, m)
			if why != "" {
				return 0, why
			}
			return intOfFloat(math.Round(x))
		}
	}
	a := l.float(n)
	return func(r *avroRun, m []int32) (int64, string) {
		x, why := a(r, m)
		if why != "" {
			return 0, why
		}
		return intOfFloat(x)
	}
}

func firstOf(n *Call) Node {
	if len(n.Args) == 0 {
		return &Nothing{NeverType}
	}
	return n.Args[0]
}

func (l *leafCompiler) float(n Node) floatLeaf {
	switch n := n.(type) {
	case *Lit:
		if v, ok := n.Value.(float64); ok {
			return func(*avroRun, []int32) (float64, string) { return v, "" }
		}
	case *Copy:
		if n.Type.Kind == Float {
			at := l.at(n)
			if n.Type.Bits == 32 {
				return func(r *avroRun, m []int32) (float64, string) {
					return float64(math.Float32frombits(binary.LittleEndian.Uint32(r.event[m[at]:]))), ""
				}
			}
			return func(r *avroRun, m []int32) (float64, string) {
				return r.double(m[at]), ""
			}
		}
	case *If:
		cond, then, otherwise := l.boolean(n.Cond), l.float(n.Then), l.float(n.Else)
		return func(r *avroRun, m []int32) (float64, string) { return chosen(r, m, cond, then, otherwise) }
	case *Switch:
		return cases(l, n, l.float)
	case *Call:
		return l.floatCall(n)
	}
	l.ok = false
	return nil
}

func (l *leafCompiler) floatCall(n *Call) floatLeaf {
	switch f := n.Func.impl.(type) {
	case func(float64, float64) float64:
		return l.float2(n, f)
	case func(float64) float64:
		a := l.float(n.Args[0])
		return func(r *avroRun, m []int32) (float64, string) {
			x, why := a(r, m)
			if why != "" {
				return 0, why
			}
			return f(x), ""
		}
	case func(float64) (float64, string):
		a := l.float(n.Args[0])
		return func(r *avroRun, m []int32) (float64, string) { return call1(r, m, a, f) }
	case func(int64) float64:
		a := l.integer(n.Args[0])
		return func(r *avroRun, m []int32) (float64, string) {
			x, why := a(r, m)
			if why != "" {
				return 0, why
			}
			return f(x), ""
		}
	}
	if k, _ := kindOf(firstOf(n)); n.Func == Widen && k == Float {
		return l.float(n.Args[0])
	}
	l.ok = false
	return nil
}

// double reads a double that the walk has accepted.
func (r *avroRun) double(at int32) float64 {
	return math.Float64frombits(binary.LittleEndian.Uint64(r.event[at:]))
}

// float2 computes with two numbers; one that is constant is at hand, and so is
// the field that it is a factor of.
func (l *leafCompiler) float2(n *Call, f func(a, b float64) float64) floatLeaf {
	k, constant := n.Args[1].(*Lit)
	if c, ok := n.Args[0].(*Copy); ok && constant && n.Func == FloatMul && c.Type.Kind == Float && c.Type.Bits == 64 {
		at := l.at(c)
		factor, _ := k.Value.(float64)
		return func(r *avroRun, m []int32) (float64, string) { return r.double(m[at]) * factor, "" }
	}
	a := l.float(n.Args[0])
	if constant && n.Func == FloatMul {
		factor, _ := k.Value.(float64)
		return func(r *avroRun, m []int32) (float64, string) {
			x, why := a(r, m)
			return x * factor, why
		}
	}
	b := l.float(n.Args[1])
	return func(r *avroRun, m []int32) (float64, string) { return total2(r, m, a, b, f) }
}
