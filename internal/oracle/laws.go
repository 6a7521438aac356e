package oracle

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/jsonschema"
)

// Source is a schema with the documents that it refers to.
type Source struct {
	Name  string
	Draft jsonschema.Draft
	Text  string
	Docs  []schema.Document
}

// law is a pair of schemas written over two others, of which the first is
// contained in the second whatever they are. Documents urn:s and urn:t are the
// two.
type law struct{ name, writer, reader string }

const (
	itself = `{"$ref":"urn:s"}`
	other  = `{"$ref":"urn:t"}`
	never  = `{"not":{}}`
)

var laws = []law{
	{"S in S", `{"allOf":[` + itself + `]}`, `{"anyOf":[` + itself + `]}`},
	{"nothing in S", never, itself},
	{"S in everything", itself, `{}`},
	{"S and T in S", `{"allOf":[` + itself + `,` + other + `]}`, itself},
	{"S in S or T", itself, `{"anyOf":[` + other + `,` + itself + `]}`},
	{"S and not S in nothing", `{"allOf":[` + itself + `,{"not":` + itself + `}]}`, never},
	{"not not S in S", `{"not":{"not":` + itself + `}}`, itself},
	{"S in not not S", itself, `{"not":{"not":` + itself + `}}`},
	{"S and T in T and S", `{"allOf":[` + itself + `,` + other + `]}`, `{"allOf":[` + other + `,` + itself + `]}`},
	{"not (S or T) in not S", `{"not":{"anyOf":[` + itself + `,` + other + `]}}`, `{"not":` + itself + `}`},
	{"everything in S or not S", `{}`, `{"anyOf":[` + itself + `,{"not":` + itself + `}]}`},
	{"one of S and T in S or T", `{"oneOf":[` + itself + `,` + other + `]}`, `{"anyOf":[` + itself + `,` + other + `]}`},
	{"items of S in items of S or T", `{"items":` + itself + `}`, `{"items":{"anyOf":[` + other + `,` + itself + `]}}`},
	{"property of S and T in property of S", `{"properties":{"p":{"allOf":[` + itself + `,` + other + `]}}}`, `{"properties":{"p":` + itself + `}}`},
}

// Laws are the questions that the laws ask about two schemas, and those about
// the first in other words: keys in another order, references put in place. A
// law whose text is beyond a limit, or names an address twice, is left out.
func Laws(s, t Source) []Question {
	docs := slices.Concat(s.Docs, []schema.Document{{Name: "urn:s", Text: s.Text}})
	two := docs
	if !slices.ContainsFunc(t.Docs, func(d schema.Document) bool { return slices.Contains(s.Docs, d) }) {
		two = slices.Concat(docs, t.Docs)
	}
	two = append(slices.Clip(two), schema.Document{Name: "urn:t", Text: t.Text})
	var out []Question
	for _, l := range laws {
		deps := docs
		if strings.Contains(l.writer+l.reader, other) {
			deps = two
		}
		w, err := jsonschema.Parse(withDialect(l.writer, s.Draft), deps, options)
		if err != nil {
			continue
		}
		r, err := jsonschema.Parse(withDialect(l.reader, s.Draft), deps, options)
		if err != nil {
			continue
		}
		out = append(out, Question{Name: l.name + ": " + s.Name + " and " + t.Name, Writer: w, Reader: r, Want: schema.Compatible})
	}
	return append(out, inOtherWords(s)...)
}

// inOtherWords asks whether a schema is what it is in another text.
func inOtherWords(s Source) []Question {
	plain, err := jsonschema.Parse(s.Text, s.Docs, options)
	if err != nil {
		return nil
	}
	var out []Question
	for _, o := range []struct{ name, text string }{{"reordered", reversed(s.Text)}, {"inlined", plain.Inlined()}} {
		again, err := jsonschema.Parse(o.text, s.Docs, options)
		if err != nil {
			continue
		}
		out = append(out,
			Question{Name: "in " + o.name + ": " + s.Name, Writer: plain, Reader: again, Want: schema.Compatible},
			Question{Name: o.name + " in: " + s.Name, Writer: again, Reader: plain, Want: schema.Compatible})
	}
	return out
}

// reversed writes the members of all objects in the reverse order.
func reversed(text string) string {
	v, err := jsonx.Parse(text, jsonx.Limits{})
	if err != nil {
		return text
	}
	var visit func(v *jsonx.Value)
	visit = func(v *jsonx.Value) {
		slices.Reverse(v.Members)
		for _, m := range v.Members {
			visit(m.Value)
		}
		for _, item := range v.Items {
			visit(item)
		}
	}
	visit(v)
	return string(jsonx.Append(nil, v))
}

// Vary asks a question in other ways and holds the answers to each other: again,
// with a budget that grows, and assuming that writers emit only what they
// declare.
func Vary(ctx context.Context, t *Tally, q Question) error {
	first, err := Ask(ctx, &q)
	if err != nil {
		return err
	}
	t.Add(&q, &first)
	again, err := Ask(ctx, &q)
	if err != nil {
		return err
	}
	if one, two := describe(&first.Containment), describe(&again.Containment); one != two {
		t.Fault(q.Name, fmt.Sprintf("asked twice, the answers are %s and %s", one, two))
	}
	last := schema.Unknown
	for steps := 4; steps <= 4096; steps *= 4 {
		small := q
		small.Budget.Steps = steps
		a, err := Ask(ctx, &small)
		if err != nil {
			return err
		}
		if len(a.Faults) > 0 {
			t.Fault(q.Name, fmt.Sprintf("with %d steps: %q", steps, a.Faults))
		}
		if a.Verdict != schema.Unknown && first.Verdict != schema.Unknown && a.Verdict != first.Verdict || last != schema.Unknown && a.Verdict != last {
			t.Fault(q.Name, fmt.Sprintf("with %d steps %s, with fewer %s, in the end %s", steps, a.Verdict, last, first.Verdict))
		}
		if a.Steps > 2*steps+2000 {
			t.Fault(q.Name, fmt.Sprintf("a budget of %d steps, %d were used", steps, a.Steps))
		}
		last = a.Verdict
	}
	if _, ok := q.Writer.(*jsonschema.Schema); !ok || first.Verdict != schema.Compatible || q.Declared {
		return nil
	}
	q.Declared = true
	declared, err := Ask(ctx, &q)
	if err == nil && declared.Verdict == schema.Incompatible {
		t.Fault(q.Name, "accepted, but not if the writer emits only what it declares")
	}
	return err
}

// describe is all of an answer that must not change.
func describe(c *schema.Containment) string {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %d %t", c.Verdict, c.Steps, c.More)
	for i := range c.Breaks {
		x := &c.Breaks[i]
		fmt.Fprintf(&b, " [%s %s %s %s %s %v %s", x.Kind, x.Class, x.Path, x.Writer.Pointer, x.Reader.Pointer, x.Params, x.Message)
		if x.Witness != nil {
			fmt.Fprintf(&b, " %s %x", x.Witness.Value, x.Witness.Binary)
		}
		b.WriteByte(']')
	}
	for i := range c.Undecided {
		fmt.Fprintf(&b, " (%s %s)", c.Undecided[i].Reason, c.Undecided[i].What)
	}
	return b.String()
}
