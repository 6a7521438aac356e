package upcast

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/jsonschema"
	"github.com/instar-registry/instar/upcast/plan"
)

type jsonCodec struct {
	schema *jsonschema.Schema
	typ    *plan.Type
	second bool // the second validator knows all of its drafts
}

func newJSONCodec(s *jsonschema.Schema) *jsonCodec {
	c := &jsonCodec{schema: s, typ: plan.FromJSON(s), second: true}
	for _, n := range s.Nodes() {
		c.second = c.second && n.Draft <= jsonschema.Draft7
	}
	return c
}

func (c *jsonCodec) events() *plan.Type { return c.typ }

func (c *jsonCodec) sample(seed uint64) (plan.Value, bool, error) {
	s, err := c.schema.Varied(seed)
	if err != nil {
		return nil, false, nil // the generator finds no event
	}
	v, err := plan.DecodeJSON(c.typ, s.JSON, plan.DefaultEventLimits())
	if err != nil {
		return nil, false, &schema.Bug{Where: "upcast", Cause: fmt.Errorf("%w: %.200s", err, s.JSON)}
	}
	return v, true, nil
}

func (c *jsonCodec) decode(event []byte) (plan.Value, error) {
	if err := c.valid(event); err != nil {
		return nil, err
	}
	return plan.DecodeJSON(c.typ, event, plan.DefaultEventLimits())
}

func (c *jsonCodec) encode(v plan.Value) ([]byte, error) {
	b, err := plan.AppendJSON(nil, v)
	if err != nil {
		return nil, err
	}
	return b, c.valid(b)
}

// violation is what a validator says about an event.
type violation struct {
	path string
	what string
}

// Error tells the place and what is wrong.
func (v *violation) Error() string { return v.path + ": " + v.what }

// valid holds an event to the validator of record.
func (c *jsonCodec) valid(event []byte) error {
	j, err := c.schema.Check(context.Background(), schema.Event{Encoding: schema.EncodingJSON, Bytes: event})
	if err != nil {
		return err
	}
	if len(j.Violations) == 0 {
		return nil
	}
	v := j.Violations[0]
	return &violation{placeOf(event, v.Path), v.What}
}

// placeOf turns a JSON Pointer into an event into a path as documents write it.
func placeOf(event []byte, pointer string) string {
	v, err := jsonx.Parse(string(event), jsonx.Limits{Together: true})
	if err != nil || pointer == "" {
		return "$"
	}
	var path Path
	for _, token := range strings.Split(pointer[1:], "/") {
		token = strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")
		if v != nil && v.Kind == jsonx.Array {
			path = append(path, Segment{Kind: ElementsSegment})
			v = itemOf(v, token)
			continue
		}
		path = append(path, Segment{Name: token})
		if v != nil {
			v = v.Get(token)
		}
	}
	return path.String()
}

func itemOf(v *jsonx.Value, token string) *jsonx.Value {
	for i, x := range v.Items {
		if fmt.Sprint(i) == token {
			return x
		}
	}
	return nil
}

// show gives the event as it is: it is JSON.
func (c *jsonCodec) show(event []byte) ([]byte, error) { return event, nil }

// confirm asks the second validator, where it has an opinion.
func (c *jsonCodec) confirm(event []byte, valid bool) error {
	if !c.second {
		return nil
	}
	second, err := c.schema.SecondOpinion(context.Background(), event)
	var bug *schema.Bug
	switch {
	case errors.As(err, &bug):
		return err
	case err == nil && second != valid:
		return fmt.Errorf("the validators judge %.200s differently", event)
	}
	return nil
}

func (c *jsonCodec) program(root plan.Node, source *plan.Binder, to codec) program {
	if _, ok := to.(*jsonCodec); ok {
		return plan.NewJSONPlan(root, source, plan.DefaultEventLimits())
	}
	return nil
}
