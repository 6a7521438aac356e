package oracle

import (
	"testing"

	"github.com/instar-registry/instar/schema"
)

// TestAvroEvents reads events of random pairs of schemas. INSTAR_ORACLE_EVENTS
// says how many; a release takes 1,000,000.
func TestAvroEvents(t *testing.T) {
	tally, want := NewTally(), size(t, "INSTAR_ORACLE_EVENTS", 50_000)
	read, err := AvroEvents(t.Context(), tally, uint64(size(t, "INSTAR_ORACLE_SEED", 1)), want)
	if err != nil {
		t.Fatal(err)
	}
	if read < want {
		t.Errorf("%d events were read, want %d", read, want)
	}
	for _, v := range []schema.Verdict{schema.Compatible, schema.Incompatible} {
		if tally.Verdicts[v] < tally.Asked()/10 {
			t.Errorf("only %d of %d are %s", tally.Verdicts[v], tally.Asked(), v)
		}
	}
	hold(t, tally, 100)
}
