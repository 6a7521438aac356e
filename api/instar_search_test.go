package api

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/schema"
)

func TestFoldedGlob(t *testing.T) {
	for _, c := range []struct {
		pattern, s string
		want       bool
	}{
		{"a*", "ABC", true},
		{"*b*", "abc", true},
		{"abc", "ABC", true},
		{"ab", "abc", false},
		{"a*c*e", "abcde", true},
		{"a*e*c", "abcde", false},
		{"*", "", true},
		{"ab*ba", "aba", false},
		{"order.items[].*SKU*", "order.items[].theSku", true},
	} {
		if got := foldGlob(c.pattern).match(c.s); got != c.want {
			t.Errorf("%q on %q: %v", c.pattern, c.s, got)
		}
	}
}

func TestSearchIndexIsBounded(t *testing.T) {
	var ix searchIndex
	fields := []schema.Field{{Path: strings.Repeat("x", 900), Type: "int"}}
	const budget = 64 << 10
	for i := range 1000 {
		ix.put(indexKey{context: fmt.Sprint(i)}, newIndexed(fields), budget)
		if ix.bytes > budget/2 || len(ix.newer)+len(ix.older) > budget/900 {
			t.Fatalf("%d bytes, %d and %d schemas after %d", ix.bytes, len(ix.newer), len(ix.older), i)
		}
	}
	if ix.get(indexKey{context: "999"}) == nil || ix.get(indexKey{context: "0"}) != nil {
		t.Error("not the oldest schemas were dropped")
	}
}

func TestIndexedKeepsWhatWasWritten(t *testing.T) {
	f := newIndexed([]schema.Field{
		{Path: "Order.Id", Type: "com.acme.ID", Logical: "uuid", Tags: []string{"PII", "a\x1eb"}}, {Path: "com.acme.Order", Type: "record", Record: true},
	})
	var got []string
	f.each(func(e entry) {
		got = append(got, fmt.Sprint(e.path, " ", e.typeOf(), " ", e.hasType("id"), e.hasType("uuid"), e.hasType("order"), e.hasTag("pii"), e.contains("acme")))
	})
	want := []string{"Order.Id com.acme.ID true true false true true", "com.acme.Order com.acme.Order false false true false true"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%q", got)
	}
}

// BenchmarkSearch searches 20,000 subjects with ten fields each, warm.
func BenchmarkSearch(b *testing.B) {
	s := newServer(b, nil)
	var batch registry.Batch
	for i := range 20_000 {
		var fields []string
		for k := range 10 {
			fields = append(fields, fmt.Sprintf(`{"name":"field_%d_%d","type":"int"}`, i, k))
		}
		batch.Commands = append(batch.Commands, registry.Register{
			Name: registry.ParseName(fmt.Sprintf("team-%d.topic-%d-value", i%50, i)), Format: schema.Avro,
			Text: fmt.Sprintf(`{"type":"record","name":"R%d","fields":[%s]}`, i, strings.Join(fields, ",")),
		})
		if len(batch.Commands) == 500 {
			if _, err := s.service.Batch(bg, registry.By{Actor: "test", Request: "test"}, batch); err != nil {
				b.Fatal(err)
			}
			batch.Commands = nil
		}
	}
	for name, query := range map[string]string{
		"field": "field=*_777_5", "common": "field=field_*_3&limit=100", "none": "q=nothing-like-it", "name": "name=team-7.*",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			s.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/search?"+query, nil)) // builds the index
			for b.Loop() {
				w := httptest.NewRecorder()
				s.ServeHTTP(w, httptest.NewRequest("GET", "/search?"+query, nil))
				if w.Code != 200 {
					b.Fatal(w.Body)
				}
			}
		})
	}
}
