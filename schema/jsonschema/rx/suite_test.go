package rx

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
)

type suiteGroup struct {
	Description string
	Schema      struct {
		Pattern           *string
		PatternProperties map[string]json.RawMessage
		Format            string
	}
	Tests []struct {
		Description string
		Data        json.RawMessage
		Valid       bool
	}
}

// suiteGroups reads the groups of each file of the official suite.
func suiteGroups(t *testing.T) map[string][]suiteGroup {
	t.Helper()
	f, err := os.Open("testdata/ecmascript-regex.tar.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]suiteGroup{}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		var groups []suiteGroup
		if err := json.NewDecoder(r).Decode(&groups); err != nil {
			t.Fatal(h.Name, err)
		}
		files[h.Name] = groups
	}
}

// TestOfficialSuite holds patterns to the suite's optional tests of ECMA-262 in
// all five drafts.
func TestOfficialSuite(t *testing.T) {
	ran := 0
	for file, groups := range suiteGroups(t) {
		if strings.Contains(file, "/format/") {
			continue
		}
		for _, g := range groups {
			for _, c := range g.Tests {
				ran++
				if got := suiteValid(t, g, c.Data); got != c.Valid {
					t.Errorf("%s: %s: %s: valid = %t, want %t", file, g.Description, c.Description, got, c.Valid)
				}
			}
		}
	}
	if ran != 370 {
		t.Errorf("ran %d tests, the suite has 370", ran)
	}
}

// suiteValid evaluates the two keywords that the suite's schemas use: the names
// of an object must each match one of the patterns.
func suiteValid(t *testing.T, g suiteGroup, data json.RawMessage) bool {
	if g.Schema.Pattern != nil {
		var text string
		if json.Unmarshal(data, &text) != nil {
			return true
		}
		return parse(t, *g.Schema.Pattern).Contains(text)
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(data, &object); err != nil || g.Schema.PatternProperties == nil {
		t.Fatalf("%s: %s: the test has another form", g.Description, data)
	}
	allowed := None()
	for source := range g.Schema.PatternProperties {
		allowed = Or(allowed, parse(t, source))
	}
	for name := range object {
		if !allowed.Contains(name) {
			return false
		}
	}
	return true
}

// lenient are the patterns that the suite calls no regular expression and that
// are taken here as they are meant: \a is an a, and (?i) holds to the end.
var lenient = map[string]bool{`\a`: true, `(?i)abc`: true, `(?ims)abc`: true}

// TestSyntaxOfSuite holds the parser to the suite's tests of format "regex".
func TestSyntaxOfSuite(t *testing.T) {
	ran := 0
	for file, groups := range suiteGroups(t) {
		if !strings.Contains(file, "/format/") {
			continue
		}
		for _, g := range groups {
			for _, c := range g.Tests {
				var source string
				if err := json.Unmarshal(c.Data, &source); err != nil {
					t.Fatal(err)
				}
				ran++
				_, err := Parse(source)
				var opaque *Opaque
				plain := err == nil || (errors.As(err, &opaque) && strings.Contains(opaque.What, "back-reference"))
				if plain != (c.Valid || lenient[source]) {
					t.Errorf("%s: %q: %v, want valid %t", file, source, err, c.Valid)
				}
			}
		}
	}
	if ran == 0 {
		t.Error("no test ran")
	}
}
