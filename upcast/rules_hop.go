package upcast

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/upcast/jsonata"
	"github.com/instar-registry/instar/upcast/plan"
)

// RuleHop carries events between two versions by the migration rules of the newer
// one. It is read once, immutable, and safe for concurrent use. What it gives is
// checked, never proved: a hop of rules bridges no breaking change.
type RuleHop struct {
	source, target codec
	from, to       eventForm
	rules          []runningRule
	dir            Direction
	// gap says why the rules cannot be carried out.
	gap string
}

// runningRule is a rule that is ready to run.
type runningRule struct {
	name      string
	condition bool
	expr      *jsonata.Expression
	// cel is the text of a condition in CEL, asks what it is compiled to.
	cel                  string
	asks                 *condition
	depth                int
	onSuccess, onFailure string
	dlq                  string
}

// RuleOptions are what a hop of rules is made with.
type RuleOptions struct {
	// Place is CLIENT or SERVER: rules may be enabled at one of them only.
	Place string
	// Clock lets rules use the time and chance; without it a rule that does is
	// a gap, as in batch runs.
	Clock bool
	// Message is the Protobuf message whose events are carried, as [MessageName]
	// takes it; empty for the first one, and for other formats.
	Message string
}

// NewRuleHop prepares the rules of the newer of two versions, and of those that
// were deleted for good in between, the oldest first. It is nil if no rule
// applies: the hop is then a derived one, or a gap.
func NewRuleHop(sets []*RuleSet, d Direction, from, to schema.Parsed, o RuleOptions) (*RuleHop, error) {
	h := &RuleHop{dir: d}
	for i := range sets {
		s := sets[i]
		if d == Downgrade {
			s = sets[len(sets)-1-i]
		}
		if !s.EnabledAt(o.Place) {
			continue
		}
		for _, r := range s.For(d) {
			h.add(&r, o)
		}
	}
	if len(h.rules) == 0 && h.gap == "" {
		return nil, nil
	}
	var err error
	if h.source, h.target, err = ruleCodecs(from, to, o.Message); err != nil {
		return h, h.lacks(err)
	}
	if h.from, err = eventFormOf(h.source); err == nil {
		h.to, err = eventFormOf(h.target)
	}
	if err != nil {
		return h, err
	}
	return h, h.conditions()
}

// lacks takes an error about the versions, such as a message that one of them
// lacks, as the reason why rules do not carry its events.
func (h *RuleHop) lacks(err error) error {
	var wrong *Error
	if errors.As(err, &wrong) {
		h.gap = wrong.Error()
		return nil
	}
	return err
}

// Messages are the names of the Protobuf messages whose events the rules carry and
// make; empty for the other formats, and where the target has no such message.
func (h *RuleHop) Messages() (from, to string) { return messageOf(h.source), messageOf(h.target) }

// Gap is why the rules cannot be carried out; empty if they can.
func (h *RuleHop) Gap() string { return h.gap }

func (h *RuleHop) add(r *MigrationRule, o RuleOptions) {
	run, why := prepare(r, h.dir, o)
	if why != "" && h.gap == "" {
		h.gap = why
	}
	h.rules = append(h.rules, run)
}

// prepare makes a rule ready, or says why it cannot be carried out.
func prepare(r *MigrationRule, d Direction, o RuleOptions) (run runningRule, why string) {
	run = runningRule{name: r.Name, condition: r.Kind == "CONDITION", dlq: r.Params["dlq.topic"]}
	switch {
	case r.Type == ruleCEL && !run.condition:
		return run, fmt.Sprintf("rule %q is of type %q and no condition; only JSONATA transforms", r.Name, r.Type)
	case r.Type != ruleJSONata && r.Type != ruleCEL:
		return run, fmt.Sprintf("rule %q is of type %q; JSONATA, and conditions in CEL, are carried out", r.Name, r.Type)
	case r.Kind != "" && r.Kind != "TRANSFORM" && r.Kind != "CONDITION":
		return run, fmt.Sprintf("rule %q is of kind %q; TRANSFORM and CONDITION are known", r.Name, r.Kind)
	case r.Params["instar.shape"] != "" && r.Params["instar.shape"] != "java":
		return run, fmt.Sprintf("rule %q is written for events in the shape %q; only java is carried out", r.Name, r.Params["instar.shape"])
	}
	if run.onSuccess, why = r.action(d, r.OnSuccess, actionNone); why != "" {
		return run, why
	}
	if run.onFailure, why = r.action(d, r.OnFailure, actionError); why != "" {
		return run, why
	}
	if r.Type == ruleCEL {
		run.cel = r.Expr
		if err := checkCondition(r.Expr); err != nil {
			return run, fmt.Sprintf("the expression of rule %q cannot be read: %s", r.Name, err)
		}
		return run, ""
	}
	if text := r.Params["jsonata.max.depth"]; text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return run, fmt.Sprintf("rule %q has jsonata.max.depth %q, which is no positive number", r.Name, text)
		}
		run.depth = n
	}
	var err error
	if run.expr, err = jsonata.Parse(r.Expr, jsonata.Limits{}); err != nil {
		return run, fmt.Sprintf("the expression of rule %q cannot be read: %s", r.Name, err)
	}
	for _, note := range run.expr.Notes() {
		if note.Unknown || note.Function == "eval" || !o.Clock {
			return run, fmt.Sprintf("rule %q: %s", r.Name, note.What)
		}
	}
	return run, ""
}

// The codes of failures of rules.
const (
	// FailRule: a rule fails, or says that the event does.
	FailRule = "rule"
	// FailOutput: what the rules give is no event of the target version.
	FailOutput = "output"
)

// HeaderRuleName is the header of a dead letter that names its rule, as Confluent's
// clients write it.
const HeaderRuleName = "__rule.name"

// RuleRun is what one event is carried with.
type RuleRun struct {
	Sources jsonata.Sources
	// Skip is the name of a rule that is passed over: the one that the headers of
	// a dead letter name, when it is read again.
	Skip string
}

// RuleResult is what became of an event.
type RuleResult struct {
	// Event is the image in the bytes of the target's format.
	Event []byte
	// Ran are the rules that ran, in order.
	Ran []string
	// Headers go with the event to the dead letter; Topic is where its rule
	// wants it. Both are empty unless the failure's code is FailDead.
	Headers map[string]string
	Topic   string
}

// Apply carries one event, in the bytes of its format. The failure says why it
// has no image.
func (h *RuleHop) Apply(ctx context.Context, event []byte, run RuleRun) (*RuleResult, *Failure, error) {
	out := &RuleResult{}
	if h.gap != "" {
		return out, &Failure{Code: FailRule, Reason: h.gap}, nil
	}
	text, err := h.from.toJSON(ctx, event)
	if err != nil {
		f, err := failedBy(err, plan.FailInput, "the event is none of its version: ")
		return out, f, err
	}
	limits := schema.DefaultLimits()
	value, err := jsonata.FromJSON(string(text), jsonx.EventLimits(limits))
	if err != nil {
		f, err := failedBy(err, plan.FailInput, "")
		return out, f, err
	}
	for i := range h.rules {
		r := &h.rules[i]
		if r.name == run.Skip && run.Skip != "" {
			continue
		}
		out.Ran = append(out.Ran, r.name)
		next, why, err := h.evaluate(ctx, r, event, value, run)
		if err != nil {
			return out, nil, err
		}
		if f := r.end(h, out, i, why); f != nil {
			return out, f, nil
		}
		value = next
	}
	return h.finish(ctx, out, value)
}

// finish writes the image and holds it to the target.
func (h *RuleHop) finish(ctx context.Context, out *RuleResult, value jsonata.Value) (*RuleResult, *Failure, error) {
	text, err := jsonata.Print(ctx, value, 0)
	if err != nil {
		f, err := failedBy(err, FailOutput, "")
		return out, f, err
	}
	if out.Event, err = h.to.fromJSON(ctx, text); err != nil {
		out.Event = nil
		f, err := failedBy(err, FailOutput, "what the rules give is no event of the target version: ")
		return out, f, err
	}
	return out, nil, nil
}

// failedBy makes a failure of an error about an event; our own bugs and the end of
// the request stay errors.
func failedBy(err error, code, before string) (*Failure, error) {
	var bug *schema.Bug
	if errors.As(err, &bug) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return nil, err
	}
	f := &Failure{Code: code, Reason: before + err.Error()}
	var wrong *schema.Error
	if errors.As(err, &wrong) {
		f.Path = wrong.Path
		if wrong.Limit != "" {
			f.Code = plan.FailLimit
		}
	}
	return f, nil
}

// evaluate runs one rule on what the rules before it made of the event.
func (h *RuleHop) evaluate(ctx context.Context, r *runningRule, event []byte, in jsonata.Value, run RuleRun) (out jsonata.Value, why string, err error) {
	if r.asks != nil {
		why, err = h.ask(ctx, r.asks, event, in)
		return in, why, err
	}
	return r.evaluate(ctx, in, run)
}

// evaluate runs one rule in JSONata. The value stays as it was where the rule fails or is a
// condition; why says how it fails.
func (r *runningRule) evaluate(ctx context.Context, in jsonata.Value, run RuleRun) (out jsonata.Value, why string, err error) {
	v, err := r.expr.Evaluate(ctx, in, jsonata.Options{Sources: run.Sources, Depth: r.depth})
	var failed *jsonata.Error
	switch {
	case errors.As(err, &failed):
		return in, failed.Error(), nil
	case err != nil:
		return nil, "", err
	case v == nil:
		return in, "the expression yields nothing", nil
	case r.condition:
		holds, isBool := v.(bool)
		switch {
		case !isBool:
			return in, "the condition is neither true nor false", nil
		case !holds:
			return in, conditionIsFalse, nil
		}
		return in, "", nil
	}
	if _, ok := v.(*jsonata.Object); !ok {
		return in, "the expression does not yield an object", nil
	}
	return v, "", nil
}

// end carries out the action of a rule that succeeded or failed.
func (r *runningRule) end(h *RuleHop, out *RuleResult, index int, why string) *Failure {
	action := r.onSuccess
	if why != "" {
		action = r.onFailure
	} else if action != actionNone {
		why = "it succeeds, and its action then is " + action
	}
	reason := fmt.Sprintf("rule %q: %s", r.name, why)
	switch action {
	case actionError:
		return &Failure{Code: FailRule, Step: index + 1, Reason: reason}
	case actionDLQ:
		out.Headers = map[string]string{HeaderRuleName: r.name, "__rule.mode": h.dir.String(), "__rule.exception": reason}
		out.Topic = r.dlq
		return &Failure{Code: FailDead, Step: index + 1, Reason: reason}
	}
	return nil // NONE: what there is must still be an event of the target
}
