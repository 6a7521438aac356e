package oracle

import (
	"fmt"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/avro"
)

// holdAvroWitness checks that the bytes of a witness are an event of the writer
// that the reader does not read as it was meant.
func holdAvroWitness(w, r *avro.Schema, witness *schema.Witness) error {
	reading, err := avro.Read(w, r, witness.Binary)
	if err != nil {
		return fmt.Errorf("it is no event of the writer: %w", err)
	}
	if len(reading.Faults) == 0 {
		return fmt.Errorf("the reader reads it as %s", reading.JSON)
	}
	return nil
}
