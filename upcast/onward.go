package upcast

import (
	"fmt"

	"github.com/instar-registry/instar/upcast/plan"
)

// Outputs lists the versions that a hop makes events of in the place of one, each
// once; none if an event stays one.
func (h *Hop) Outputs() []Target {
	var out []Target
	seen := map[Target]bool{}
	for _, p := range h.effects.parts {
		if !seen[p.to] {
			seen[p.to] = true
			out = append(out, p.to)
		}
	}
	return out
}

// Part is the envelope of a part of an event: what goes with the part, beside what
// was said of the whole.
func (e *Envelope) Part(c *Carried) Envelope {
	out := *e
	out.ID, out.Headers, out.Key = c.ID, c.Headers, c.Key
	return out
}

// Onward carries the parts of an event on by next, each to its end, and numbers
// what they become, in order: e is the envelope of the whole. A part that is dropped
// leaves the others as they are; where all are, the event is. Any other failure is
// that of the event, of which nothing is delivered then.
func Onward(e *Envelope, parts []Carried, next func(*Carried) ([]Carried, *Failure, error)) ([]Carried, *Failure, error) {
	var out []Carried
	var dropped *Failure
	for i := range parts {
		part := &parts[i]
		images, f, err := next(part)
		switch {
		case err != nil:
			return nil, nil, err
		case f != nil && f.Code == FailDrop:
			dropped = f
			continue
		case f != nil:
			return nil, f, nil
		case len(out)+len(images) > maxParts:
			return nil, tooManyParts(), nil
		}
		for j := range images {
			images[j].comesFrom(part)
		}
		out = append(out, images...)
	}
	if len(out) == 0 {
		return nil, dropped, nil
	}
	for i := range out {
		// The numbers of a split on the way are not those of the event.
		delete(out[i].Headers, HeaderPart)
		if before, there := e.Headers[HeaderPart]; there {
			out[i].Headers[HeaderPart] = before
		}
		out[i].number(i+1, len(out))
	}
	return out, nil, nil
}

// comesFrom fills in what an event has of the part that it was.
func (c *Carried) comesFrom(part *Carried) {
	if c.Output == "" {
		c.Output, c.Place = part.Output, part.Place
	} else {
		c.Place = part.Place + "/" + c.Place
	}
	if c.Type == "" {
		c.Type = part.Type
	}
	if c.Message == "" {
		c.Message = part.Message
	}
}

func tooManyParts() *Failure {
	return &Failure{Code: plan.FailLimit, Reason: fmt.Sprintf("the event becomes too many events; limit event-parts is %d", maxParts)}
}
