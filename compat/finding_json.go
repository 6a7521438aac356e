package compat

import (
	"encoding/base64"
	"strconv"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
)

// AppendJSON appends the finding as one JSON object without white space. It is
// the only encoding of a finding: what the API answers, what the commands print
// and what the linter reports for one pair are the same bytes. The subject goes
// into the fingerprint; it may be empty.
func (f *Finding) AppendJSON(dst []byte, subject string) []byte {
	w := jsonWriter{dst: append(dst, '{')}
	w.str("rule", f.Rule)
	w.str("class", f.Class())
	w.str("severity", f.Severity())
	w.str("direction", f.Direction.String())
	w.raw("required", strconv.AppendBool(nil, f.Required))
	w.str("proof", f.Proof())
	w.str("fingerprint", f.Fingerprint(subject))
	w.str("path", f.Where())
	if f.Break != nil && len(f.Break.Paths) > 0 {
		w.strs("paths", f.Break.Paths)
	}
	if r := RuleByID(f.Rule); r != nil {
		w.str("element", r.Element)
	}
	w.places(f.Old(), f.New())
	if params := f.Params(); len(params) > 0 {
		w.params(params)
	}
	w.str("message", f.Text())
	if f.Break != nil && f.Break.Witness != nil {
		w.witness(f)
	}
	if r := RuleByID(f.Rule); r != nil && f.Class() == ClassData {
		w.str("deployFirst", r.Breaks.DeployFirst())
	}
	w.fixes(f.Fixes)
	if len(f.Versions) > 0 {
		w.ints("versions", f.Versions)
	}
	if len(f.RefusedBy) > 0 {
		w.strs("refusedBy", f.RefusedBy)
	}
	if f.Kind != "" && f.Kind != f.Rule {
		w.str("confluent", f.Kind)
	}
	if u := f.Undecided; u != nil && u.Bug != nil {
		w.str("bug", u.Bug.Error())
	}
	if r := RuleByID(f.Rule); r != nil {
		w.str("help", r.Help())
	}
	return append(w.dst, '}')
}

// jsonWriter writes the members of one object in the order of the calls. Empty
// strings are left out.
type jsonWriter struct {
	dst   []byte
	after bool
}

func (w *jsonWriter) key(name string) {
	if w.after {
		w.dst = append(w.dst, ',')
	}
	w.after = true
	w.dst = append(jsonx.AppendQuoted(w.dst, name), ':')
}

func (w *jsonWriter) str(name, value string) {
	if value == "" {
		return
	}
	w.key(name)
	w.dst = jsonx.AppendQuoted(w.dst, value)
}

func (w *jsonWriter) raw(name string, value []byte) {
	w.key(name)
	w.dst = append(w.dst, value...)
}

func (w *jsonWriter) num(name string, n int) { w.raw(name, strconv.AppendInt(nil, int64(n), 10)) }

func (w *jsonWriter) strs(name string, values []string) {
	w.key(name)
	w.dst = append(w.dst, '[')
	for i, v := range values {
		if i > 0 {
			w.dst = append(w.dst, ',')
		}
		w.dst = jsonx.AppendQuoted(w.dst, v)
	}
	w.dst = append(w.dst, ']')
}

func (w *jsonWriter) ints(name string, values []int) {
	w.key(name)
	w.dst = append(w.dst, '[')
	for i, v := range values {
		if i > 0 {
			w.dst = append(w.dst, ',')
		}
		w.dst = strconv.AppendInt(w.dst, int64(v), 10)
	}
	w.dst = append(w.dst, ']')
}

// object writes a member whose value is an object, unless it stays empty.
func (w *jsonWriter) object(name string, members func(*jsonWriter)) {
	in := jsonWriter{dst: []byte{'{'}}
	members(&in)
	if in.after {
		w.raw(name, append(in.dst, '}'))
	}
}

func (w *jsonWriter) params(params []schema.Param) {
	w.object("params", func(in *jsonWriter) {
		for i, p := range params {
			if i > 0 && params[i-1].Name == p.Name {
				continue
			}
			in.key(p.Name)
			in.dst = jsonx.AppendQuoted(in.dst, p.Value)
		}
	})
}

// places writes where the finding lies in both texts: pointers, even of the
// root, and lines and columns where they are known.
func (w *jsonWriter) places(older, newer schema.Place) {
	sides := []struct {
		name string
		at   schema.Place
	}{{"old", older}, {"new", newer}}
	if older == (schema.Place{}) && newer == (schema.Place{}) {
		return
	}
	w.object("pointer", func(in *jsonWriter) {
		for _, s := range sides {
			in.key(s.name)
			in.dst = jsonx.AppendQuoted(in.dst, s.at.Pointer)
		}
	})
	w.object("positions", func(in *jsonWriter) {
		for _, s := range sides {
			in.object(s.name, func(at *jsonWriter) {
				at.str("document", s.at.Document)
				if s.at.IsValid() {
					at.num("line", s.at.Line)
					at.num("column", s.at.Column)
				}
			})
		}
	})
}

func (w *jsonWriter) witness(f *Finding) {
	x := f.Break.Witness
	w.object("witness", func(in *jsonWriter) {
		in.str("effect", string(x.Effect))
		in.str("writer", [2]string{"old", "new"}[f.Direction])
		in.str("reader", [2]string{"new", "old"}[f.Direction])
		if len(x.Value) > 0 {
			in.raw("value", x.Value)
		}
		in.str("type", x.Message)
		if x.Binary != nil {
			in.key("bytes")
			in.dst = jsonx.AppendQuoted(in.dst, base64.StdEncoding.EncodeToString(x.Binary))
		}
		in.str("written", x.Written)
		if x.Effect == schema.Refused {
			in.str("readerError", x.Read)
		} else {
			in.str("read", x.Read)
		}
		if f.Break.Kind != "format" { // any event shows that
			in.raw("minimal", []byte("true"))
		}
		in.str("origin", "generated")
	})
}

func (w *jsonWriter) fixes(fixes []Fix) {
	if len(fixes) == 0 {
		return
	}
	w.key("fixes")
	w.dst = append(w.dst, '[')
	for i := range fixes {
		if i > 0 {
			w.dst = append(w.dst, ',')
		}
		w.dst = fixes[i].appendJSON(w.dst)
	}
	w.dst = append(w.dst, ']')
}
