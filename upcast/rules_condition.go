package upcast

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/upcast/jsonata"
	"github.com/instar-registry/instar/upcast/plan"
)

// condition is a rule of kind CONDITION in CEL: an expression over the event,
// which it names message. Before a semicolon it may have a guard: an event that
// the guard is false for is let through without a look at the rest.
type condition struct {
	event *plan.Binder
	// parts are the guard, if there is one, and what must hold.
	parts []plan.Node
	// after says that the condition stands behind the rules that transform, and so
	// reads an event of the target version.
	after bool
}

// conditionParts cuts the guard from the text of a condition, at the first
// semicolon as Confluent's clients do. A guard of nothing but space is none.
func conditionParts(text string) []string {
	guard, rest, ok := strings.Cut(text, ";")
	switch {
	case !ok:
		return []string{text}
	case strings.TrimSpace(guard) == "":
		return []string{rest}
	}
	return []string{guard, rest}
}

// checkCondition says whether an expression in CEL can be read within the limits,
// whatever the types of the event are.
func checkCondition(text string) error {
	for _, part := range conditionParts(text) {
		_, wrong, err := parseExpr(part, nil)
		switch {
		case err != nil:
			return err
		case wrong != nil:
			return wrong
		}
	}
	return nil
}

// conditionOf compiles a condition for the events of a version. wrong says why
// it cannot be carried out for them.
func conditionOf(text string, c codec) (out *condition, wrong *schema.Error, err error) {
	b := newBuilder()
	out = &condition{event: b.bindEvent(c.events())}
	names := []name{{"message", whole(out.event)}}
	for _, part := range conditionParts(text) {
		n, wrong, err := b.predicate(part, names)
		if wrong != nil || err != nil {
			return nil, wrong, err
		}
		out.parts = append(out.parts, n)
	}
	return out, nil, nil
}

// predicate compiles an expression that is true or false.
func (b *builder) predicate(text string, names []name) (plan.Node, *schema.Error, error) {
	c, wrong, err := checkExpr(text, names, typeOrAny)
	if wrong != nil || err != nil {
		return nil, wrong, err
	}
	t := b.translator(c, names)
	n := b.normal(t.translate(), true)
	var limit *Error
	switch typ, ok := b.types.Of(n); {
	case t.wrong != nil:
		return nil, t.wrong, nil
	case errors.As(b.err, &limit):
		return nil, &limit.Problem, nil
	case b.err != nil:
		return nil, nil, b.err
	case !ok || typ.Kind != plan.Bool:
		return nil, exprError(text, "a condition is true or false, and this is neither", "compare the value with what it should be"), nil
	}
	return n, nil, nil
}

// holds asks the condition of an event. why says what it fails in.
func (c *condition) holds(ctx context.Context, event plan.Value) (holds bool, why string, err error) {
	limits := plan.DefaultLimits()
	limits.Steps = maxExprCost
	for i, n := range c.parts {
		v, f, err := plan.Evaluate(ctx, n, c.event, event, limits)
		switch {
		case err != nil:
			return false, "", err
		case f != nil:
			return false, "the condition fails: " + f.Reason, nil
		}
		is, ok := v.(bool)
		switch {
		case !ok:
			return false, "", &schema.Bug{Where: "upcast: condition in CEL", Cause: fmt.Sprintf("%T", v)}
		case !is && i < len(c.parts)-1:
			return true, "", nil // the guard is for other events
		}
		holds = is
	}
	return holds, "", nil
}

// conditions compiles the conditions in CEL against the version that each reads:
// the source before the first rule that transforms, the target after the last
// one. In between an event is of no version, and has no types.
func (h *RuleHop) conditions() error {
	first, last := len(h.rules), -1
	for i := range h.rules {
		if !h.rules[i].condition {
			first, last = min(first, i), i
		}
	}
	for i := range h.rules {
		r := &h.rules[i]
		if r.cel == "" || h.gap != "" {
			continue
		}
		reads, after := h.source, i > last && last >= 0
		switch {
		case after:
			reads = h.target
		case i > first:
			h.gap = fmt.Sprintf("rule %q is a condition in CEL between rules that transform: what it reads is of no version; put it before the first or after the last of them, or write it in JSONATA", r.name)
			continue
		}
		c, wrong, err := conditionOf(r.cel, reads)
		if err != nil {
			return err
		}
		if wrong != nil {
			h.gap = fmt.Sprintf("rule %q: %s", r.name, wrong)
			continue
		}
		c.after = after
		r.asks = c
	}
	return nil
}

// ask evaluates a condition in CEL: on the event itself, or on what the rules
// before it made of it. why says how the rule fails.
func (h *RuleHop) ask(ctx context.Context, c *condition, event []byte, value jsonata.Value) (why string, err error) {
	from := h.source
	if c.after {
		from = h.target
		text, err := jsonata.Print(ctx, value, 0)
		if err == nil {
			event, err = h.to.fromJSON(ctx, text)
		}
		if err != nil {
			return whyNot(err, "what the rules before it give is no event of the target version: ")
		}
	}
	v, err := from.decode(event)
	if err != nil {
		return whyNot(err, "the event cannot be read: ")
	}
	holds, why, err := c.holds(ctx, v)
	if err == nil && why == "" && !holds {
		why = conditionIsFalse
	}
	return why, err
}

// whyNot makes the reason of a failure of an error about an event.
func whyNot(err error, before string) (string, error) {
	f, err := failedBy(err, FailRule, before)
	if err != nil {
		return "", err
	}
	return f.Reason, nil
}

// conditionIsFalse is how a condition fails that says no.
const conditionIsFalse = "the condition does not hold"
