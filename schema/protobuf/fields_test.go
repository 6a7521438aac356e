package protobuf

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/instar-registry/instar/schema"
)

const shop = `syntax = "proto3";
package com.acme;
import "confluent/meta.proto";

// An order.
message Order {
  option (confluent.message_meta) = { tags: "ORDER" };
  // Who placed it.
  // Never empty.
  Customer customer = 1 [(confluent.field_meta) = { doc: "who", tags: ["PII", "GDPR"] }];
  repeated Line lines = 2;
  map<string, Line> by_sku = 3;
  oneof pay {
    string card = 4; // trailing
    int64 cash = 5;
  }
  message Line {
    string sku = 1;
    Order parent = 2;
  }
}
message Customer { string email = 1; }
message Refund { int64 amount = 1; }
`

func TestFields(t *testing.T) {
	s := mustParse(t, shop)
	var got []string
	for _, f := range s.Fields() {
		got = append(got, fmt.Sprintf("%s|%s|%s|%v|%s|%q|%d:%d", f.Path, f.Type, f.Entity, f.Record, strings.Join(f.Tags, ","), f.Doc, f.Line, f.Column))
	}
	want := []string{
		`com.acme.Order|message|com.acme.Order|true|ORDER|"An order."|6:1`,
		`customer|com.acme.Customer|com.acme.Order.customer|false|PII,GDPR|"Who placed it.\nNever empty."|10:3`,
		`com.acme.Customer|message|com.acme.Customer|true||""|22:1`,
		`customer.email|string|com.acme.Customer.email|false||""|22:20`,
		`lines|array|com.acme.Order.lines|false||""|11:3`,
		`com.acme.Order.Line|message|com.acme.Order.Line|true||""|17:3`,
		`lines[].sku|string|com.acme.Order.Line.sku|false||""|18:5`,
		`lines[].parent|com.acme.Order|com.acme.Order.Line.parent|false||""|19:5`,
		`by_sku|map|com.acme.Order.by_sku|false||""|12:3`,
		`by_sku{}.sku|string|com.acme.Order.Line.sku|false||""|18:5`,
		`by_sku{}.parent|com.acme.Order|com.acme.Order.Line.parent|false||""|19:5`,
		`card|string|com.acme.Order.card|false||""|14:5`,
		`cash|int64|com.acme.Order.cash|false||""|15:5`,
		`com.acme.Refund|message|com.acme.Refund|true||""|23:1`,
		`Refund:amount|int64|com.acme.Refund.amount|false||""|23:18`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if top := s.TopLevel(); !slices.Equal(top, []string{"customer", "lines", "by_sku", "card", "cash"}) {
		t.Errorf("top level %v", top)
	}
	if top := mustParse(t, "").TopLevel(); len(top) != 0 {
		t.Errorf("top level of nothing: %v", top)
	}
}

// TestFieldsStayBounded lists a type graph in which every message uses every
// other one.
func TestFieldsStayBounded(t *testing.T) {
	var b strings.Builder
	b.WriteString("syntax = \"proto3\";\n")
	for i := range 60 {
		fmt.Fprintf(&b, "message M%d {\n", i)
		for j := range 60 {
			fmt.Fprintf(&b, "  M%d f%d = %d;\n", j, j, j+1)
		}
		b.WriteString("}\n")
	}
	if n := len(mustParse(t, b.String()).Fields()); n < 3600 || n > maxListedFields+1 {
		t.Errorf("%d fields", n)
	}
}

func TestEditTags(t *testing.T) {
	const head = "syntax = \"proto3\";\npackage p;\n\nimport \"confluent/meta.proto\";\n\n"
	add := func(path string, record bool, tags ...string) schema.TagEdit {
		return schema.TagEdit{Path: path, Record: record, Tags: tags}
	}
	cases := []struct {
		name, text  string
		add, remove []schema.TagEdit
		want        string
	}{
		{
			"to a field, with import", "syntax = \"proto3\"; package p; message A { string x = 1; }",
			[]schema.TagEdit{add("p.A.x", false, "PII")},
			nil,
			head + "message A {\n  string x = 1 [(confluent.field_meta) = {\n    tags: [\n      \"PII\"\n    ]\n  }];\n}\n",
		},
		{
			"to a message", "syntax = \"proto3\"; package p; message A { message B {} }",
			[]schema.TagEdit{add("A.B", true, "T", "T")},
			nil,
			head + "message A {\n  message B {\n    option (confluent.message_meta) = {\n      tags: [\n        \"T\"\n      ]\n    };\n  }\n}\n",
		},
		{
			"beside others", "syntax = \"proto3\"; package p; import \"confluent/meta.proto\"; message A { string x = 1 [deprecated = true, (confluent.field_meta) = { doc: \"d\", tags: \"OLD\" }]; }",
			[]schema.TagEdit{add(".p.A.x", false, "OLD", "NEW")},
			nil,
			head + "message A {\n  string x = 1 [\n    deprecated = true,\n    (confluent.field_meta) = {\n      doc: \"d\",\n      tags: [\n        \"OLD\",\n        \"NEW\"\n      ]\n    }\n  ];\n}\n",
		},
		{
			"removed", "syntax = \"proto3\"; package p; import \"confluent/meta.proto\"; message A { string x = 1 [(confluent.field_meta).tags = \"OLD\"]; string y = 2 [(confluent.field_meta) = { tags: [\"OLD\", \"KEPT\"] }]; }",
			nil,
			[]schema.TagEdit{add("p.A.x", false, "OLD"), add("p.A.y", false, "OLD", "NEVER")},
			head + "message A {\n  string x = 1;\n  string y = 2 [(confluent.field_meta) = {\n    tags: [\n      \"KEPT\"\n    ]\n  }];\n}\n",
		},
		{
			"member of a oneof, both ways", "syntax = \"proto3\"; package p; import \"confluent/meta.proto\"; message A { oneof o { string x = 1; string y = 2; } }",
			[]schema.TagEdit{add("p.A.x", false, "T"), add("p.A.o.y", false, "T")},
			nil,
			head + "message A {\n  oneof o {\n    string x = 1 [(confluent.field_meta) = {\n      tags: [\n        \"T\"\n      ]\n    }];\n    string y = 2 [(confluent.field_meta) = {\n      tags: [\n        \"T\"\n      ]\n    }];\n  }\n}\n",
		},
		{
			"through a field's type", "syntax = \"proto3\"; package p; import \"confluent/meta.proto\"; message A { B b = 1; } message B { string x = 1; }",
			[]schema.TagEdit{add("p.A.b.x", false, "T")},
			nil,
			head + "message A {\n  B b = 1;\n}\nmessage B {\n  string x = 1 [(confluent.field_meta) = {\n    tags: [\n      \"T\"\n    ]\n  }];\n}\n",
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := mustParse(t, c.text).EditTags(c.add, c.remove)
			if err != nil || got != c.want {
				t.Fatalf("%v\n%s\nwant\n%s", err, got, c.want)
			}
			laws(t, mustParse(t, got))
		})
	}
	s := mustParse(t, shop)
	for _, e := range []schema.TagEdit{
		add("com.acme.Order.nope", false, "T"), add("com.acme.Nope", true, "T"), add("com.acme.Order", false, "T"),
		add("", true, "T"), add("com.acme.Order.customer.nope", false, "T"),
	} {
		var user *schema.Error
		if _, err := s.EditTags([]schema.TagEdit{e}, nil); !errors.As(err, &user) || !strings.Contains(user.What, "does not name a part") {
			t.Errorf("%v: %v", e, err)
		}
	}
}
