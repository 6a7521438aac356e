package contain

import (
	"context"
	"testing"

	"github.com/instar-registry/instar/schema"
)

// TestSuiteAsPairs asks of every test of the official suite whether the schema
// that accepts only its data is contained in its schema.
func TestSuiteAsPairs(t *testing.T) {
	ran, undecided := 0, 0
	reasons := map[string]int{}
	suite := suitePairs(t)
	for _, p := range suite {
		ran++
		c, err := Schemas(context.Background(), p.writer, p.reader, Options{FirstOnly: true})
		if err != nil {
			t.Fatal(err)
		}
		want := schema.Incompatible
		if p.valid {
			want = schema.Compatible
		}
		switch {
		case c.Verdict == schema.Unknown:
			undecided++
			reasons[string(c.Undecided[0].Reason)]++
			if testing.Verbose() {
				t.Logf("%s: %v %v", p.name, c.Undecided[0].Reason, c.Undecided[0].Bug)
			}
			if c.Undecided[0].Bug != nil {
				t.Errorf("%s: %v", p.name, c.Undecided[0].Bug)
			}
		case c.Verdict != want:
			t.Errorf("%s: %v, want %v", p.name, c.Verdict, want)
		}
	}
	if ran != 4942 {
		t.Errorf("ran %d pairs, the suite has 4942", ran)
	}
	if undecided*1000 > ran*5 {
		t.Errorf("%d of %d pairs are undecided: %v", undecided, ran, reasons)
	}
}
