package plan

import (
	"context"
	"fmt"
)

// work counts what carrying one event over bytes takes, all its computed parts
// together, so that it is bounded and whoever waits for it can end it.
type work struct {
	ctx   context.Context //nolint:containedctx // of one event
	steps int
	meter Meter
}

// Within makes the next runs with the scratch end when ctx does: as events that take
// too many steps. Whoever calls tells the one from the other by asking ctx.
func (s *Scratch) Within(ctx context.Context) { s.work.ctx = ctx }

// begin counts anew, for the next event.
func (w *work) begin() {
	if w.ctx == nil {
		w.ctx = context.Background()
	}
	w.steps, w.meter.Left = 0, DefaultLimits().Steps
}

// limits are those of what is computed on values beside the bytes.
func (w *work) limits() Limits {
	l := DefaultLimits()
	l.Meter = &w.meter
	return l
}

// goesOn counts an element; it is false when the context has ended.
func (w *work) goesOn() bool {
	w.steps++
	return w.steps%pollSteps != 0 || w.ctx.Err() == nil
}

// tooManySteps is the failure of what takes too long, and of what is ended.
func tooManySteps() *Failure {
	return &Failure{Code: FailLimit, Reason: fmt.Sprintf("the event takes too many steps; limit event-steps is %d", DefaultLimits().Steps)}
}

// EventTooLarge is the failure of an event of more bytes than events may have.
func (l *EventLimits) EventTooLarge(size int) *Failure {
	return &Failure{Code: FailLimit, Reason: fmt.Sprintf("the event is too large; limit event-bytes is %d, found %d", l.Bytes, size)}
}

// ImageTooLarge is the failure of an event of so many bytes that would become more
// than it may.
func (l *EventLimits) ImageTooLarge(event int) *Failure {
	return &Failure{Code: FailLimit, Reason: fmt.Sprintf("the image is too large; limit image-bytes is %d for an event of %d", l.Image(event), event)}
}

// weigh is what a call takes beside its own step, in steps: functions that go over
// texts, lists and maps take longer the larger these are. A step takes about as long
// as sixteen elements, four that are compared, or 64 bytes.
func weigh(f *Func, args []Value) int {
	n := 0
	for _, a := range args {
		switch a := a.(type) {
		case string:
			n += len(a) / 64
		case []byte:
			n += len(a) / 64
		case []Value, *Entries:
			switch f.reach {
			case reachElements:
				n += elements(a) / 16
			case reachAll:
				n += whole(a) / 4
			}
		}
	}
	return n
}

// reach says how far a function goes into lists and maps.
type reach uint8

const (
	reachNothing  reach = iota // it looks at one element, or at the size
	reachElements              // over the elements
	reachAll                   // into the elements, too
)

func elements(v Value) int {
	switch v := v.(type) {
	case []Value:
		return len(v)
	case *Entries:
		return len(*v)
	}
	return 0
}

// whole counts all values in a value.
func whole(v Value) int {
	n := 1
	switch v := v.(type) {
	case string:
		n += len(v) / 64
	case []byte:
		n += len(v) / 64
	case []Value:
		for _, x := range v {
			n += whole(x)
		}
	case *Entries:
		for _, e := range *v {
			n += whole(e.Value)
		}
	case *Tagged:
		n += whole(v.Value)
	case *Rec:
		for _, x := range v.Fields {
			n += whole(x)
		}
	}
	return n
}
