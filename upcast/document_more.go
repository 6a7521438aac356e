package upcast

import (
	"fmt"
	"strconv"

	"github.com/instar-registry/instar/internal/jsonx"
)

// tests reads the examples of a document.
func (r *reader) tests(d *Document, o *object) {
	for i, v := range o.list("tests", jsonx.Object, false) {
		t := r.object(v, jsonx.Pointer("/tests", strconv.Itoa(i)), "a test")
		x := Test{Name: t.text("name", true), In: t.take("in"), InMeta: t.need("inMeta", jsonx.Object, false)}
		if x.In == nil {
			t.fail("", `a test has no "in"`, "add the event that goes in")
		}
		results := 0
		if out := t.take("out"); out != nil {
			x.Outs, results = []*jsonx.Value{out}, results+1
		}
		if outs := t.need("outs", jsonx.Array, false); outs != nil {
			x.Outs, results = outs.Items, results+1
		}
		if x.Dropped = t.bool("dropped"); x.Dropped {
			results++
		}
		if e := t.v.Get("error"); e != nil && e.Kind == jsonx.Number {
			t.take("error")
			x.ErrorCode = e.Text
		} else {
			x.ErrorCode = t.text("error", false)
		}
		if x.ErrorCode != "" {
			results++
		}
		if results != 1 {
			t.fail("", fmt.Sprintf("test %q has %d results", x.Name, results), "add exactly one of out, outs, dropped: true, error")
		}
		t.done()
		d.Tests = append(d.Tests, x)
	}
}

// context reads the declared inputs.
func (r *reader) context(d *Document, o *object) {
	v := o.need("context", jsonx.Object, false)
	if v == nil {
		return
	}
	for i := range v.Members {
		m := &v.Members[i]
		c := r.object(m.Value, jsonx.Pointer("/context", m.Key), "context input "+m.Key)
		x := ContextInput{Name: m.Key, Type: c.text("type", true), Kind: c.choice("kind", true, "lookup", "stream", "header")}
		switch x.Kind {
		case "lookup":
			x.Key = c.expr("key", true)
		case "stream":
			of := r.object(c.need("of", jsonx.Object, true), c.at("of"), "of "+m.Key)
			x.OfType, x.OfPath = of.text("type", true), of.path("path", true)
			of.done()
			x.Keep = c.choice("keep", false, "last", "first")
		case "header":
			x.Header = c.text("name", true)
		}
		c.done()
		x.at = jsonx.PositionOf(r.text, m.Value.Offset)
		d.Context = append(d.Context, x)
	}
}

func (r *reader) snapshots(d *Document, o *object) {
	v := o.need("snapshots", jsonx.Object, false)
	if v == nil {
		return
	}
	s := r.object(v, "/snapshots", "snapshots")
	d.Snapshots = &SnapshotRule{Subject: s.text("subject", true), Policy: s.choice("policy", false, "invalidate", "migrate")}
	s.done()
}
