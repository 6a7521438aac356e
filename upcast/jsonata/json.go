package jsonata

import (
	"github.com/instar-registry/instar/internal/jsonx"
)

// FromJSON reads a JSON text.
func FromJSON(text string, l jsonx.Limits) (Value, error) {
	tree, err := jsonx.Parse(text, l)
	if err != nil {
		return nil, err
	}
	return FromTree(tree), nil
}

// FromTree is the value of a parsed JSON text.
func FromTree(v *jsonx.Value) Value {
	switch v.Kind {
	case jsonx.Bool:
		return v.Bool
	case jsonx.Number:
		return parseNumber(v.Text)
	case jsonx.String:
		return v.Text
	case jsonx.Array:
		a := &Array{Items: make([]Value, len(v.Items))}
		for i, item := range v.Items {
			a.Items[i] = FromTree(item)
		}
		return a
	case jsonx.Object:
		o := NewObject(len(v.Members))
		for i := range v.Members {
			o.Set(v.Members[i].Key, FromTree(v.Members[i].Value))
		}
		return o
	default:
		return Null
	}
}

// printer appends JSON within bounds.
type printer struct {
	run    *run
	out    []byte
	most   int  // bytes, 0 for no bound of its own
	text   bool // within a text: fractions are rounded, functions are empty
	indent bool
}

// value appends a value at a depth of indentation.
func (p *printer) value(v Value, depth int) error {
	if p.most > 0 && len(p.out) > p.most {
		return tooLarge(len(p.out), p.most)
	}
	switch v := v.(type) {
	case nil, null:
		p.out = append(p.out, "null"...)
	case bool:
		if v {
			p.out = append(p.out, "true"...)
		} else {
			p.out = append(p.out, "false"...)
		}
	case string:
		p.out = jsonx.AppendQuoted(p.out, v)
	case *Array:
		return p.array(v, depth)
	case *Object:
		return p.object(v, depth)
	default:
		return p.other(v)
	}
	return nil
}

func tooLarge(found, most int) *Error {
	return over("X1005", "jsonata-result", int64(found), int64(most), "the result is too large")
}

func (p *printer) other(v Value) error {
	switch {
	case isNumber(v) && p.text:
		p.out = appendRounded(p.out, v)
	case isNumber(v):
		if _, err := inRange(v); err != nil {
			if _, untouched := v.(*Decimal); !untouched {
				return err
			}
		}
		p.out = appendNumber(p.out, v)
	case p.text:
		p.out = append(p.out, `""`...)
	default:
		return fail("X1006", "the result holds a function", "a function is no JSON value; call it, or leave it out")
	}
	return nil
}

func (p *printer) array(v *Array, depth int) error {
	if err := p.run.enter(); err != nil {
		return err
	}
	defer p.run.leave()
	p.out = append(p.out, '[')
	for i, item := range v.Items {
		if i > 0 {
			p.out = append(p.out, ',')
		}
		p.line(depth + 1)
		if err := p.value(item, depth+1); err != nil {
			return err
		}
	}
	if len(v.Items) > 0 {
		p.line(depth)
	}
	p.out = append(p.out, ']')
	return nil
}

func (p *printer) object(v *Object, depth int) error {
	if err := p.run.enter(); err != nil {
		return err
	}
	defer p.run.leave()
	p.out = append(p.out, '{')
	for i, m := range v.members {
		if i > 0 {
			p.out = append(p.out, ',')
		}
		p.line(depth + 1)
		p.out = append(jsonx.AppendQuoted(p.out, m.Key), ':')
		if p.indent {
			p.out = append(p.out, ' ')
		}
		if err := p.value(m.Value, depth+1); err != nil {
			return err
		}
	}
	if v.Len() > 0 {
		p.line(depth)
	}
	p.out = append(p.out, '}')
	return nil
}

// line starts a line of an indented text.
func (p *printer) line(depth int) {
	if !p.indent {
		return
	}
	p.out = append(p.out, '\n')
	for range depth {
		p.out = append(p.out, ' ', ' ')
	}
}

// text is what a value is as part of a text: a text as it is, anything else as
// JSON.
func (r *run) text(v Value, indent bool) (string, error) {
	switch v := v.(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	case int64:
		return string(appendNumber(nil, v)), nil
	case *Array:
		if v.outer {
			return r.text(v.Items[0], indent)
		}
	}
	if isNumber(v) {
		if _, err := inRange(v); err != nil {
			return "", fail("D3001", "a number out of range has no text", "")
		}
		return string(appendRounded(nil, v)), nil
	}
	if isFunction(v) {
		return "", nil
	}
	p := printer{run: r, text: true, indent: indent, most: r.limits.Result}
	if err := p.value(v, 0); err != nil {
		return "", err
	}
	return string(p.out), r.pay(len(p.out) / bytesAStep)
}
