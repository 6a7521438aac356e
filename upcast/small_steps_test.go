package upcast

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/instar-registry/instar/schema"
)

// smallStep changes a record, or fails.
type smallStep func(m map[string]any) error

var errDead = errors.New("dead")

// atPlaces applies a step to every record behind a path of field names.
func atPlaces(path []string, do smallStep) smallStep {
	if len(path) == 0 {
		return do
	}
	next := atPlaces(path[1:], do)
	return func(m map[string]any) error {
		switch x := m[path[0]].(type) {
		case map[string]any:
			return next(x)
		case []any:
			for _, e := range x {
				if err := next(e.(map[string]any)); err != nil { //nolint:forcetypeassert // a list of records
					return err
				}
			}
		}
		return nil
	}
}

// smallPlace is a record that can be reached.
type smallPlace struct {
	text string
	path []string
	*small
}

func smallPlaces(s *small, text string, path []string) []smallPlace {
	out := []smallPlace{{text, path, s}}
	for _, f := range s.fields {
		at := text + f.name
		if f.optional {
			at += "?"
		}
		switch {
		case f.kind == 'r':
			out = append(out, smallPlaces(f.small, at+".", append(slices.Clip(path), f.name))...)
		case f.kind == 'l' && f.elem.kind == 'r':
			out = append(out, smallPlaces(f.elem, at+"[].", append(slices.Clip(path), f.name))...)
		}
	}
	return out
}

// step makes a random step: its text, what it does to an event, and the change of
// the type.
func (w *smallWorld) step(root *small) (string, smallStep) {
	all := smallPlaces(root, "", nil)
	p := all[w.r.IntN(len(all))]
	if len(p.fields) == 0 || w.r.IntN(7) == 0 {
		f := w.presence(smallField{name: w.name("n"), number: w.names, small: &small{kind: 'b'}})
		p.small.fields = append(p.small.fields, f)
		return fmt.Sprintf("add: {path: '%s%s', value: true}", p.text, f.name), atPlaces(p.path, func(m map[string]any) error { m[f.name] = true; return nil })
	}
	i := w.r.IntN(len(p.fields))
	f := &p.small.fields[i]
	name, at := f.name, p.text+f.name
	switch w.r.IntN(4) {
	case 0:
		p.small.fields = slices.Delete(p.small.fields, i, i+1)
		return fmt.Sprintf("drop: {path: '%s'}", at), atPlaces(p.path, func(m map[string]any) error { delete(m, name); return nil })
	case 1:
		f.name = w.name("r")
		f.number = w.names
		to := f.name
		return fmt.Sprintf("rename: {from: '%s', to: '%s%s'}", at, p.text, to), atPlaces(p.path, func(m map[string]any) error {
			if x, ok := m[name]; ok {
				m[to] = x
				delete(m, name)
			}
			return nil
		})
	default:
		text, do := w.onField(f, at)
		return text, atPlaces(p.path, func(m map[string]any) error { return do(m, name) })
	}
}

// onField makes a step that fits what a field holds.
func (w *smallWorld) onField(f *smallField, at string) (string, func(m map[string]any, name string) error) {
	way, fails := "", errors.New("no way out")
	if w.r.IntN(2) == 0 {
		way, fails = ", else: deadLetter", errDead
	}
	if f.optional && f.kind != 'r' && (f.kind == 'b' || f.kind == 'e') && w.r.IntN(2) == 0 {
		f.optional = false
		if w.r.IntN(2) == 0 {
			value := any(true)
			if f.kind == 'e' {
				value = w.r.IntN(2)
				value = f.symbols[value.(int)%len(f.symbols)] //nolint:forcetypeassert // as made above
			}
			return fmt.Sprintf("require: {path: '%s', else: {value: %v}}", at, w.symbol(f.small, value)), func(m map[string]any, name string) error {
				if m[name] == nil {
					m[name] = value
				}
				return nil
			}
		}
		return fmt.Sprintf("require: {path: '%s', else: deadLetter}", at), func(m map[string]any, name string) error {
			if m[name] == nil {
				return errDead
			}
			return nil
		}
	}
	there := at
	if f.optional {
		there += "?"
	}
	switch {
	case f.kind == 'e':
		return w.mapSymbols(f, there, way, fails)
	case f.kind == 'l' && !f.optional:
		f.small = f.elem
		f.optional = w.format == schema.Protobuf && f.kind == 'r'
		return fmt.Sprintf("head: {path: '%s'%s}", at, way), func(m map[string]any, name string) error {
			list := m[name].([]any) //nolint:forcetypeassert // a list
			if len(list) == 0 {
				return fails
			}
			m[name] = list[0]
			return nil
		}
	case f.kind == 'b' && !f.optional && w.r.IntN(2) == 0:
		f.small = &small{kind: 'l', elem: f.small}
		return fmt.Sprintf("wrap: {path: '%s', as: list}", at), func(m map[string]any, name string) error { m[name] = []any{m[name]}; return nil }
	case f.kind == 'b' && !f.optional:
		return fmt.Sprintf("set: {path: '%s', expr: '!this'}", at), func(m map[string]any, name string) error { m[name] = !m[name].(bool); return nil } //nolint:forcetypeassert // a bool
	case !f.optional && w.format != schema.Protobuf:
		f.optional = true
		return fmt.Sprintf("relax: {path: '%s'}", at), func(map[string]any, string) error { return nil }
	}
	return "reversion: {}", func(map[string]any, string) error { return nil }
}

// symbol is how a document and a schema name a value; symbols of Protobuf bear the
// name of their enum, and so do those of this world there.
func (w *smallWorld) symbol(s *small, v any) any {
	if w.format == schema.Protobuf && s.kind == 'e' {
		return s.name + "_" + v.(string) //nolint:forcetypeassert // a symbol
	}
	return v
}

// mapSymbols maps symbols to others, some of them perhaps not.
func (w *smallWorld) mapSymbols(f *smallField, at, way string, fails error) (string, func(m map[string]any, name string) error) {
	was := f.small
	f.small = w.enum(3)
	if w.format != schema.Protobuf { // there the name of the type stays
		f.small.name = was.name
	}
	pairs, table := []string{}, map[string]string{}
	for _, s := range was.symbols {
		if w.r.IntN(5) > 0 || len(pairs) == 0 {
			table[s] = []string{"A", "B", "C"}[w.r.IntN(3)]
			pairs = append(pairs, fmt.Sprintf("%v: %v", w.symbol(was, s), w.symbol(f.small, table[s])))
		}
	}
	if w.format == schema.Protobuf {
		way, fails = ", else: deadLetter", errDead // of numbers that no symbol has
	}
	return fmt.Sprintf("mapEnum: {path: '%s', map: {%s}%s}", at, strings.Join(pairs, ", "), way), func(m map[string]any, name string) error {
		s, ok := m[name].(string)
		if to, mapped := table[s]; mapped {
			m[name] = to
		} else if ok {
			return fails
		}
		return nil
	}
}

// change makes the target ask for something else than the steps give.
func (w *smallWorld) change(root *small) {
	all := smallPlaces(root, "", nil)
	p := all[w.r.IntN(len(all))].small
	if len(p.fields) == 0 {
		return
	}
	i := w.r.IntN(len(p.fields))
	f := &p.fields[i]
	switch w.r.IntN(4) {
	case 0:
		f.optional = !f.optional
		*f = w.presence(*f)
	case 1:
		p.fields = slices.Delete(p.fields, i, i+1)
	case 2:
		if f.kind == 'e' && len(f.symbols) > 1 && w.format != schema.Protobuf { // where open enums keep the number
			f.symbols = f.symbols[:len(f.symbols)-1]
		}
	case 3:
		if f.kind == 'b' {
			f.small = w.enum(2)
		}
	}
}
