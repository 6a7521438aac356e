package plan

import (
	"math/big"
	"strconv"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema/avro"
)

// FromAvro is the type of the events of an Avro schema.
func FromAvro(s *avro.Schema) *Type {
	a := avroTypes{named: map[*avro.Node]*Type{}, defaults: map[fieldOf]*jsonx.Value{}, sizes: map[fieldOf]int{}}
	t := a.typeOf(s.Root)
	// Defaults are read once every type is known.
	for at, v := range a.defaults {
		f := &at.record.Fields[at.index]
		if f.DefaultSize = a.sizeOf(at); f.DefaultSize <= MaxDefaultSize {
			f.Default = a.read(v, f.Type)
		}
	}
	return t
}

type avroTypes struct {
	named    map[*avro.Node]*Type
	defaults map[fieldOf]*jsonx.Value
	sizes    map[fieldOf]int
}

// sizeOf counts the values of a field's default, and stops counting above what is
// allowed. A default that leads back to itself has no end.
func (a *avroTypes) sizeOf(at fieldOf) int {
	if size, known := a.sizes[at]; known {
		return size
	}
	a.sizes[at] = MaxDefaultSize + 1
	a.sizes[at] = a.size(a.defaults[at], at.record.Fields[at.index].Type)
	return a.sizes[at]
}

func (a *avroTypes) size(v *jsonx.Value, t *Type) int {
	if t.Kind == Union {
		for _, b := range t.Branches {
			if fits(v, b.Type) {
				return a.size(v, b.Type)
			}
		}
	}
	n := 1
	add := func(m int) { n = min(n+m, MaxDefaultSize+1) }
	switch t.Kind {
	case List:
		for _, x := range v.Items {
			add(a.size(x, t.Elem))
		}
	case Map:
		for i := range v.Members {
			add(a.size(v.Members[i].Value, t.Elem))
		}
	case Record:
		for i := range t.Fields {
			if x := v.Get(t.Fields[i].Name); x != nil {
				add(a.size(x, t.Fields[i].Type))
			} else {
				add(a.sizeOf(fieldOf{t, i}))
			}
		}
	}
	return n
}

type fieldOf struct {
	record *Type
	index  int
}

func (a *avroTypes) typeOf(n *avro.Node) *Type {
	if t, ok := a.named[n]; ok {
		return t
	}
	t := &Type{Name: n.Name, Logical: n.Logical.Type}
	if n.Kind.IsNamed() {
		a.named[n] = t
	}
	switch n.Kind {
	case avro.Null:
		t.Kind = Null
	case avro.Boolean:
		t.Kind = Bool
	case avro.Int:
		t.Kind, t.Bits = Int, 32
	case avro.Long:
		t.Kind, t.Bits = Int, 64
	case avro.Float:
		t.Kind, t.Bits = Float, 32
	case avro.Double:
		t.Kind, t.Bits = Float, 64
	case avro.Bytes, avro.Fixed:
		t.Kind, t.Size = Bytes, n.Size
		if n.Logical.Type == "decimal" {
			t.Kind, t.Precision, t.Scale = Decimal, n.Logical.Precision, n.Logical.Scale
		}
	case avro.String:
		t.Kind = String
	case avro.Enum:
		t.Kind, t.Symbols, t.Default = Enum, n.Symbols, n.Default
	case avro.Array:
		t.Kind, t.Elem = List, a.typeOf(n.Items)
	case avro.Map:
		t.Kind, t.Elem = Map, a.typeOf(n.Items)
	case avro.Union:
		t.Kind = Union
		for _, b := range n.Branches {
			t.Branches = append(t.Branches, Branch{Name: b.TypeName(), Type: a.typeOf(b)})
		}
	case avro.Record:
		a.record(t, n)
	}
	return t
}

func (a *avroTypes) record(t *Type, n *avro.Node) {
	t.Kind = Record
	t.Fields = make([]Field, len(n.Fields))
	for i, f := range n.Fields {
		t.Fields[i] = Field{Name: f.Name, Aliases: f.Aliases, Type: a.typeOf(f.Type), HasDefault: f.Default != nil}
		if f.Default != nil {
			a.defaults[fieldOf{t, i}] = f.Default
		}
	}
}

// read reads a default, which the parser has held to its type.
func (a *avroTypes) read(v *jsonx.Value, t *Type) Value {
	switch t.Kind {
	case Union:
		for _, b := range t.Branches {
			if fits(v, b.Type) {
				return &Tagged{b.Name, a.read(v, b.Type)}
			}
		}
		return nil
	case Bool:
		return v.Bool
	case Int:
		n, _ := strconv.ParseInt(v.Text, 10, 64)
		return n
	case Float:
		f, _ := strconv.ParseFloat(v.Text, max(t.Bits, 32))
		return f
	case String:
		return v.Text
	case Enum:
		return Symbol(v.Text)
	case Bytes:
		return latin1(v.Text)
	case Decimal:
		return Dec{Unscaled: signed(latin1(v.Text)), Scale: t.Scale}
	case List:
		out := make([]Value, len(v.Items))
		for i, x := range v.Items {
			out[i] = a.read(x, t.Elem)
		}
		return out
	case Map:
		out := Entries{}
		for i := range v.Members {
			out = append(out, Entry{v.Members[i].Key, a.read(v.Members[i].Value, t.Elem)})
		}
		return &out
	case Record:
		out := &Rec{Type: t, Fields: make([]Value, len(t.Fields))}
		for i := range t.Fields {
			if x := v.Get(t.Fields[i].Name); x != nil {
				out.Fields[i] = a.read(x, t.Fields[i].Type)
			} else {
				out.Fields[i] = a.read(a.defaults[fieldOf{t, i}], t.Fields[i].Type)
			}
		}
		return out
	default:
		return nil
	}
}

// fits reports whether a default may be one of a type, by its JSON kind.
func fits(v *jsonx.Value, t *Type) bool {
	switch v.Kind {
	case jsonx.Null:
		return t.Kind == Null
	case jsonx.Bool:
		return t.Kind == Bool
	case jsonx.Number:
		_, err := strconv.ParseInt(v.Text, 10, max(t.Bits, 1))
		return t.Kind == Float || t.Kind == Int && err == nil
	case jsonx.String:
		return t.Kind == String || t.Kind == Bytes || t.Kind == Decimal || t.Kind == Enum
	case jsonx.Array:
		return t.Kind == List
	default:
		return t.Kind == Map || t.Kind == Record
	}
}

// latin1 reads the text form of bytes: one character up to U+00FF a byte.
func latin1(s string) []byte {
	out := make([]byte, 0, len(s))
	for _, r := range s {
		out = append(out, byte(r))
	}
	return out
}

// signed reads two's complement, most significant byte first.
func signed(b []byte) *big.Int {
	n := new(big.Int).SetBytes(b)
	if len(b) > 0 && b[0]&0x80 != 0 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	return n
}

// AvroBranch is what a union calls a branch of the type.
func AvroBranch(t *Type) string {
	if t.Name != "" {
		return t.Name
	}
	switch t.Kind {
	case Bool:
		return "boolean"
	case Int:
		return [...]string{"int", "long"}[t.Bits/64]
	case Float:
		return [...]string{"float", "double"}[t.Bits/64]
	case Decimal:
		return "bytes"
	case List:
		return "array"
	default:
		return t.Kind.String()
	}
}
