package upcast

import (
	"context"
	"errors"
)

// LookupKey is what a context input of kind lookup asks for: its name, and the key
// that its expression gave for an event.
type LookupKey struct{ Input, Key string }

// Lookups carries batches of events whose documents look values up. All keys of a
// batch that are not known yet are asked for together, once for each hop that
// names some; answers are kept. It belongs to one reader.
type Lookups struct {
	// Resolve gives the values of keys, as JSON in the form of literals; a key that
	// is not in its answer has none.
	Resolve func(ctx context.Context, keys []LookupKey) (map[LookupKey]string, error)
	known   map[LookupKey]answered
}

// answered is a value, or that there is none.
type answered struct {
	json string
	ok   bool
}

// maxKnownLookups bounds the answers that are kept between batches.
const maxKnownLookups = 100_000

// BatchEvent is one event of a batch, with what is known beside it.
type BatchEvent struct {
	Envelope *Envelope
	Event    []byte
}

// BatchImage is what became of one.
type BatchImage struct {
	Events  []Carried
	Failure *Failure
}

// errUnasked says that the answers of a batch did not lead to an end.
var errUnasked = errors.New("a key of a lookup is asked for again and again")

// Carry carries the events of a batch by one chain, in their order. The error is
// that of Resolve, or one of [Runner.Carry].
func (l *Lookups) Carry(ctx context.Context, r *Runner, events []BatchEvent) ([]BatchImage, error) {
	if len(l.known) > maxKnownLookups {
		l.known = nil
	}
	out, open := make([]BatchImage, len(events)), make([]int, len(events))
	for i := range open {
		open[i] = i
	}
	for range len(r.chain.Hops) + 1 {
		var keys []LookupKey
		asked, left := map[LookupKey]bool{}, open[:0:0]
		for _, i := range open {
			missing, err := l.try(ctx, r, &events[i], &out[i])
			if err != nil {
				return nil, err
			}
			for _, k := range missing {
				if !asked[k] {
					asked[k], keys = true, append(keys, k)
				}
			}
			if len(missing) > 0 {
				left = append(left, i)
			}
		}
		if open = left; len(open) == 0 {
			return out, nil
		}
		if err := l.ask(ctx, keys); err != nil {
			return nil, err
		}
	}
	return nil, errUnasked
}

// try carries an event with the answers that are known, and lists the keys that it
// lacks: its image counts for nothing then.
func (l *Lookups) try(ctx context.Context, r *Runner, e *BatchEvent, out *BatchImage) (missing []LookupKey, err error) {
	envelope := *e.Envelope
	envelope.Resolve = func(input, key string) (string, bool) {
		k := LookupKey{input, key}
		a, known := l.known[k]
		if !known {
			missing = append(missing, k)
		}
		return a.json, a.ok
	}
	out.Events, out.Failure, err = r.Carry(ctx, &envelope, e.Event, nil)
	return missing, err
}

func (l *Lookups) ask(ctx context.Context, keys []LookupKey) error {
	found, err := l.Resolve(ctx, keys)
	if err != nil {
		return err
	}
	if l.known == nil {
		l.known = map[LookupKey]answered{}
	}
	for _, k := range keys {
		json, ok := found[k]
		l.known[k] = answered{json, ok}
	}
	return nil
}
