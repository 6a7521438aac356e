package oracle

import (
	"context"
	"fmt"
	"slices"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/avro"
)

// holdAvroWitness checks that the bytes of a witness are an event of the writer
// that the reader does not read as it was meant.
func holdAvroWitness(w, r *avro.Schema, witness *schema.Witness, kind string) error {
	reading, err := avro.Read(w, r, witness.Binary)
	if err != nil {
		return fmt.Errorf("it is no event of the writer: %w", err)
	}
	// Which branch of a union reads is a question of taste that two readers of
	// the specification answer differently; ours reads the event.
	if len(reading.Faults) == 0 && kind != avro.KindUnionAmbiguous {
		return fmt.Errorf("the reader reads it as %s", reading.JSON)
	}
	return nil
}

// eventsPerPair is how many events of the writer are read for one pair.
const eventsPerPair = 20

// AvroEvents draws pairs of Avro schemas until so many events were encoded under
// the writer and read under the reader, twice: by package avro and by the rules
// written down here. It returns the number of events.
func AvroEvents(ctx context.Context, t *Tally, seed uint64, events int) (int, error) {
	pairs := events/eventsPerPair + events/200 + 1 // some types have no events
	read := make([]int, pairs)
	err := Each(ctx, pairs, func(i int) error {
		n, err := avroPair(ctx, t, seed<<32+uint64(i))
		read[i] = n
		return err
	})
	total := 0
	for _, n := range read {
		total += n
	}
	return total, err
}

// avroPair asks about one pair that parses; a drawn edit may be no schema.
func avroPair(ctx context.Context, t *Tally, seed uint64) (int, error) {
	for try := uint64(0); ; try++ {
		a := newAvroArtist(seed<<8 + try)
		w := a.draw(3, true)
		r := w.copyOf(map[*avroType]*avroType{})
		for range 1 + a.IntN(3) {
			r = a.edit(r)
		}
		if a.IntN(8) == 0 {
			w, r = r, w
		}
		writer, err1 := avro.Parse(w.String(), nil, options)
		reader, err2 := avro.Parse(r.String(), nil, options)
		if err1 != nil || err2 != nil {
			if try > 200 {
				return 0, fmt.Errorf("seed %d draws no schemas: %w", seed, err1)
			}
			continue
		}
		q := Question{Name: w.String() + " read as " + r.String(), Writer: writer, Reader: reader}
		answer, err := Ask(ctx, &q)
		if err != nil {
			return 0, err
		}
		holdAvroAnswer(w, r, &answer)
		read := 0
		for range eventsPerPair {
			if v, ok := a.event(w); ok {
				answer.Faults = append(answer.Faults, avroEvent(v, w, r, &q, answer.Verdict)...)
				read++
			}
		}
		t.Add(&q, &answer)
		return read, nil
	}
}

// avroEvent reads one event in both ways.
func avroEvent(v any, w, r *avroType, q *Question, verdict schema.Verdict) []string {
	event := appendAvro(nil, w, v)
	ours, err := avro.Read(q.Writer.(*avro.Schema), q.Reader.(*avro.Schema), event)
	if err != nil {
		return []string{fmt.Sprintf("the event %x is refused: %v", event, err)}
	}
	var x resolution
	text := x.read(v, w, r)
	switch {
	case (len(ours.Faults) == 0) != (len(x.faults) == 0):
		return []string{fmt.Sprintf("the event %x has the faults %v, by the oracle %v", event, ours.Faults, x.faults)}
	case len(x.faults) == 0 && !x.unsure && !sameJSON(text, string(ours.JSON)):
		return []string{fmt.Sprintf("the event %x is read as %s, by the oracle as %s", event, ours.JSON, text)}
	case verdict == schema.Compatible && len(x.faults) > 0:
		return []string{fmt.Sprintf("the answer is COMPATIBLE, the event %x breaks: %v", event, x.faults)}
	}
	return nil
}

// holdAvroAnswer reads each witness by the rules written down here.
func holdAvroAnswer(w, r *avroType, a *Answer) {
	for i := range a.Breaks {
		b := &a.Breaks[i]
		if b.Witness == nil {
			continue
		}
		v, err := parseAvro(w, b.Witness.Binary)
		if err != nil {
			a.Faults = append(a.Faults, fmt.Sprintf("the witness %x of %s is no event: %v", b.Witness.Binary, b.Kind, err))
			continue
		}
		best := resolution{first: b.Kind == avro.KindUnionAmbiguous}
		best.read(v, w, r)
		if !slices.Contains(best.faults, b.Effect) {
			a.Faults = append(a.Faults, fmt.Sprintf("the witness %s of %s is %s, by the oracle %v", b.Witness.Value, b.Kind, b.Effect, best.faults))
		}
	}
}
