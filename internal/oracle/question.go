package oracle

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/avro"
	"github.com/instar-registry/instar/schema/jsonschema"
	"github.com/instar-registry/instar/schema/jsonschema/contain"
	"github.com/instar-registry/instar/schema/protobuf"
)

// Question asks whether every event of the writer is read under the reader.
type Question struct {
	// Name says where the question comes from.
	Name           string
	Writer, Reader schema.Parsed
	// Want is the answer, Unknown if only what an answer claims can be held
	// against the events.
	Want schema.Verdict
	// Event is the one event that shows the break; empty if several do.
	Event string
	// Declared and AssertFormats are options of the JSON Schema engine.
	Declared, AssertFormats bool
	Budget                  schema.Budget
}

// Answer is what an engine says, and what is wrong with it.
type Answer struct {
	schema.Containment
	// Took is the processor time of the answer, where the system tells it.
	Took time.Duration
	// Faults is empty unless the answer is wrong.
	Faults []string
	// Bugs are the mistakes that the engine found in its own work, for which it
	// left the question, or a part of it, open.
	Bugs []string
}

// maxPatience is how long an answer may take, which the budget of steps should
// see to; it is long enough for any machine.
const maxPatience = time.Minute

// Ask puts a question to the engine of its format and checks the answer. The
// error is the context's.
func Ask(ctx context.Context, q *Question) (Answer, error) {
	patience, stop := context.WithTimeout(ctx, maxPatience)
	defer stop()
	runtime.LockOSThread() // for the clock
	begin := ThreadTime()
	c, err := ask(patience, q)
	a := Answer{Containment: c, Took: ThreadTime() - begin}
	runtime.UnlockOSThread()
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		a.Faults = []string{fmt.Sprintf("there is no answer within %v", maxPatience)}
		return a, nil
	}
	if err != nil {
		return a, fmt.Errorf("ask %s: %w", q.Name, err)
	}
	a.Faults, a.Bugs = faults(ctx, q, &a.Containment), bugs(&a.Containment)
	return a, nil
}

func ask(ctx context.Context, q *Question) (schema.Containment, error) {
	switch w := q.Writer.(type) {
	case *jsonschema.Schema:
		return contain.Schemas(ctx, w, q.Reader.(*jsonschema.Schema), contain.Options{
			Declared: q.Declared, AssertFormats: q.AssertFormats, Budget: q.Budget,
		})
	case *avro.Schema:
		return avro.Contain(ctx, w, q.Reader.(*avro.Schema), q.Budget)
	case *protobuf.Schema:
		return protobuf.Contain(ctx, w, q.Reader.(*protobuf.Schema), protobuf.ContainOptions{Budget: q.Budget})
	default:
		return schema.Containment{}, fmt.Errorf("no engine for %T", w)
	}
}

// faults lists what is wrong with an answer.
func faults(ctx context.Context, q *Question, c *schema.Containment) []string {
	var out []string
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if c.Verdict != schema.Unknown && q.Want != schema.Unknown && c.Verdict != q.Want {
		say("the answer is %s, the truth is %s", c.Verdict, q.Want)
	}
	broken := false
	for i := range c.Breaks {
		b := &c.Breaks[i]
		if b.Class != schema.ClassData {
			continue
		}
		broken = true
		if b.Witness == nil {
			say("the break %s at %s has no witness", b.Kind, b.Path)
			continue
		}
		if err := holdWitness(ctx, q, b); err != nil {
			say("the witness %s of %s at %s: %v", b.Witness.Value, b.Kind, b.Path, err)
		}
		if q.Event != "" && !sameJSON(q.Event, string(b.Witness.Value)) {
			say("the witness is %s, the only one there is is %s", b.Witness.Value, q.Event)
		}
	}
	if broken != (c.Verdict == schema.Incompatible) {
		say("the answer is %s with %d breaks", c.Verdict, len(c.Breaks))
	}
	if c.Verdict == schema.Unknown && len(c.Undecided) == 0 {
		say("the answer is UNKNOWN without a reason")
	}
	return out
}

// bugs lists what an engine reports about itself.
func bugs(c *schema.Containment) []string {
	var out []string
	for i := range c.Undecided {
		if u := &c.Undecided[i]; u.Bug != nil || u.Reason == schema.ReasonBug || u.Reason == schema.ReasonValidatorsDisagree {
			out = append(out, fmt.Sprintf("the engine reports %s: %s (%v)", u.Reason, u.What, u.Bug))
		}
	}
	return out
}

// holdWitness checks that the writer accepts the event of a break and the reader
// does not read it as it was meant.
func holdWitness(ctx context.Context, q *Question, b *schema.Break) error {
	switch w := q.Writer.(type) {
	case *jsonschema.Schema:
		return holdJSONWitness(ctx, q, w, q.Reader.(*jsonschema.Schema), b.Witness.Value)
	case *avro.Schema:
		return holdAvroWitness(w, q.Reader.(*avro.Schema), b.Witness, b.Kind)
	case *protobuf.Schema:
		return holdProtoWitness(w, q.Reader.(*protobuf.Schema), b)
	default:
		return fmt.Errorf("no reader for %T", w)
	}
}

func holdJSONWitness(ctx context.Context, q *Question, w, r *jsonschema.Schema, event []byte) error {
	if q.AssertFormats {
		// The validators are asked without formats, so only a question with a
		// known event can be held to it; see faults.
		if q.Event == "" {
			return errors.New("nobody can judge formats")
		}
		return nil
	}
	for _, side := range []struct {
		name string
		s    *jsonschema.Schema
		want bool
	}{{"writer", w, true}, {"reader", r, false}} {
		valid, err := Valid(ctx, side.s, event)
		if err != nil {
			return fmt.Errorf("the %s cannot judge: %w", side.name, err)
		}
		if valid != side.want {
			return fmt.Errorf("valid under the %s: %t", side.name, valid)
		}
	}
	return nil
}
