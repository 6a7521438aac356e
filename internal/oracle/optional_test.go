package oracle

import (
	"strings"
	"testing"
)

// ourMeaning are the optional tests, by the beginnings of their names, that ask
// for something else than schemas mean here, and why.
var ourMeaning = map[string]string{
	"draft4/optional/zeroTerminatedFloats.json: some languages do not distinguish between different types of numeric value: a float is not an integer even without fractional part": "1.0 is the integer 1 in every draft",

	"draft7/optional/content.json: validation of string-encoded content based on media type: an invalid JSON document":                                                      contentIsAnnotation,
	"draft7/optional/content.json: validation of binary string-encoding: an invalid base64 string (% is not a valid character)":                                             contentIsAnnotation,
	"draft7/optional/content.json: validation of binary-encoded media type documents: a validly-encoded invalid JSON document":                                              contentIsAnnotation,
	"draft7/optional/content.json: validation of binary-encoded media type documents: an invalid base64 string that is valid JSON":                                          contentIsAnnotation,
	"draft2020-12/optional/format-assertion.json: schema that uses custom metaschema with format-assertion: false: format-assertion: false: invalid string (event":          formatIsAnnotation,
	"draft2020-12/optional/format-assertion.json: schema that uses custom metaschema with format-assertion: false: format-assertion: false: invalid string (schema without": formatIsAnnotation,
	"draft2020-12/optional/format-assertion.json: schema that uses custom metaschema with format-assertion: true: format-assertion: true: invalid string":                   formatIsAnnotation,
}

const (
	contentIsAnnotation = "content keywords are annotations"
	formatIsAnnotation  = "whether formats are asserted is said by the subject, not by a meta-schema"
)

// TestOptional asks about the optional tests of the suite. What differs must be
// what the table says.
func TestOptional(t *testing.T) {
	if files.Corpora == "" {
		t.Skip("INSTAR_CORPORA names no folder with the whole suite; TestSuite asks about the required tests")
	}
	met, tests := map[string]bool{}, 0
	for _, s := range Suites {
		groups, refused, err := files.Optional(s)
		if err != nil {
			t.Fatal(err)
		}
		for name, why := range refused {
			t.Errorf("%s: %v", name, why)
		}
		tally := NewTally()
		for i := range groups {
			list, err := groups[i].Questions(s.Draft)
			if err != nil {
				t.Fatal(err)
			}
			if err := AskAll(t.Context(), tally, list); err != nil {
				t.Fatal(err)
			}
		}
		tests += tally.Asked() / 2
		t.Logf("%s: %s", s.Folder, tally)
		for _, wrong := range tally.Wrong {
			known := false
			for name := range ourMeaning {
				if strings.HasPrefix(wrong, name) {
					met[name], known = true, true
				}
			}
			if !known {
				t.Error(wrong)
			}
		}
		if decided := tally.Decided(); decided < 0.99 {
			t.Errorf("%s: %.3f are decided:\n%s", s.Folder, decided, strings.Join(tally.Open, "\n"))
		}
	}
	if len(met) != len(ourMeaning) || tests < 600 {
		t.Errorf("%d of %d differences were met in %d tests", len(met), len(ourMeaning), tests)
	}
}
