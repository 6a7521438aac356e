package lint

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/instar-registry/instar/compat"
)

// against compares two sets of texts under the default configuration.
func against(t *testing.T, old, now map[string]string, edit ...func(*Request)) Report {
	t.Helper()
	q := Request{Head: NewMemoryTree("head", now), Bases: []Base{{Tree: NewMemoryTree("base", old)}}, Config: DefaultConfig(), FailOn: SeverityError, Version: "test"}
	for _, e := range edit {
		e(&q)
	}
	r, err := Compare(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// lines are the findings that are not notes, one a line.
func lines(r *Report) []string {
	var out []string
	for i := range r.Findings {
		if f := &r.Findings[i]; f.Severity != SeverityNote {
			out = append(out, fmt.Sprintf("%s:%d:%d %s %s %s", f.New.File, f.New.Line, f.New.Column, f.Severity, f.Rule, strings.Join(f.Subjects, ",")))
		}
	}
	return out
}

func wantLines(t *testing.T, r *Report, want ...string) {
	t.Helper()
	if got := lines(r); !slices.Equal(got, want) {
		t.Errorf("found\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

func edited(texts map[string]string, file, old, now string) map[string]string {
	out := map[string]string{}
	for name, text := range texts {
		if name == file {
			if !strings.Contains(text, old) {
				panic("the text to edit is not there: " + old)
			}
			text = strings.Replace(text, old, now, 1)
		}
		out[name] = text
	}
	return out
}

// shop is a tree in which one file of each format uses another.
var shop = map[string]string{
	"order.avsc": `{"type": "record", "name": "Order", "namespace": "shop", "fields": [
  {"name": "price", "type": "Money"},
  {"name": "tax", "type": "shop.Money"}
]}`,
	"lib/money.avsc": `{"type": "record", "name": "Money", "namespace": "shop", "fields": [
  {"name": "amount", "type": "long"}
]}`,
	"pay.proto": `syntax = "proto3";
package shop;
// import "commented/out.proto";
import "lib/card.proto";
import "google/protobuf/timestamp.proto";
message Pay {
  Card card = 1;
  google.protobuf.Timestamp at = 2;
}
`,
	"lib/card.proto": `syntax = "proto3";
package shop;

message Card {
  int64 no = 1;
}
`,
	"user.schema.json": `{"$schema": "http://json-schema.org/draft-07/schema#",
 "type": "object",
 "properties": {"home": {"$ref": "lib/address.json#/definitions/a"}}}`,
	"lib/address.json": `{"$schema": "http://json-schema.org/draft-07/schema#",
 "definitions": {"a": {"type": "object", "properties": {"zip": {"type": "string"}}}},
 "$ref": "#/definitions/a"}`,
	"lib/alone.proto": "syntax = \"proto3\";\nmessage Alone {}\n",
	"package.json":    `{"name": "no schema"}`,
}

func TestSharedDefinitionsGiveOneFinding(t *testing.T) {
	for _, c := range []struct{ file, old, now, want string }{
		{"lib/money.avsc", `"long"}`, `"long"}, {"name": "currency", "type": "string"}`, `lib/money.avsc:2:48 error avro/field-added-without-default lib/money.avsc,order.avsc`},
		{"lib/card.proto", "int64 no", "string no", `lib/card.proto:5:3 error proto/field-type-changed lib/card.proto,pay.proto`},
		{"lib/address.json", `"zip": {"type": "string"}`, `"zip": {"type": "integer"}`, `lib/address.json:2:73 error json/type-changed lib/address.json,user.schema.json`},
	} {
		r := against(t, shop, edited(shop, c.file, c.old, c.now))
		wantLines(t, &r, c.want)
		if r.Summary.Compared != 2 || r.Summary.Unchanged != 5 || r.Summary.Verdict != VerdictFail || !r.Complete {
			t.Errorf("%s: %+v", c.file, r.Summary)
		}
		for _, f := range r.Findings {
			if f.Severity == SeverityError && (f.Witness == nil || f.Old == nil || f.Old.File != c.file || f.Subject != c.file) {
				t.Errorf("%s: %+v, old side %+v", c.file, f, f.Old)
			}
		}
	}
}

// TestUsersOfSharedDefinitionsAlone: where the definition itself is no subject,
// its own name stands for it, whoever uses it.
func TestUsersOfSharedDefinitionsAlone(t *testing.T) {
	only := func(q *Request) { q.Paths = []string{"order.avsc"} }
	r := against(t, shop, edited(shop, "lib/money.avsc", `"long"}`, `"long"}, {"name": "currency", "type": "string"}`), only)
	wantLines(t, &r, "lib/money.avsc:2:48 error avro/field-added-without-default order.avsc")
	if f := r.Findings[0]; f.Subject != "shop.Money" || r.Summary.Compared != 1 || len(r.Subjects) != 1 {
		t.Errorf("%+v of %+v", f, r.Subjects)
	}
}

func TestStatesOfSubjects(t *testing.T) {
	now := edited(shop, "lib/alone.proto", "Alone {}", "Alone { int32 a = 1; }")
	now["new.avsc"] = `{"type": "record", "name": "New", "fields": []}`
	now["events/order.avsc"] = now["order.avsc"]
	delete(now, "order.avsc")
	delete(now, "user.schema.json")
	now["bad.avsc"] = "{\n  \"type\": \"enum\"}"
	r := against(t, shop, now)
	wantLines(t, &r,
		"bad.avsc:1:1 error schema/invalid bad.avsc",
		"user.schema.json:1:1 warning schema/subject-removed user.schema.json",
	)
	got := map[string]string{}
	for _, s := range r.Subjects {
		got[s.Subject] = s.State
	}
	for subject, state := range map[string]string{
		"lib/alone.proto": SubjectCompared, "new.avsc": SubjectFirst, "events/order.avsc": SubjectUnchanged, "user.schema.json": SubjectRemoved,
		"bad.avsc": SubjectInvalid, "pay.proto": SubjectUnchanged,
	} {
		if got[subject] != state {
			t.Errorf("%s is %s, want %s", subject, got[subject], state)
		}
	}
	if _, known := got["order.avsc"]; known {
		t.Error("the file that moved is also gone")
	}
}

func TestReferencesThatLeadNowhere(t *testing.T) {
	for _, c := range []struct{ file, old, now, want, message string }{
		{"order.avsc", `"shop.Money"`, `"shop.Mony"`, "order.avsc:3:27 error schema/reference-unresolved order.avsc", `did you mean "shop.Money"?`},
		{"pay.proto", "lib/card.proto", "card.proto", "pay.proto:4:8 error schema/reference-unresolved pay.proto", `did you mean "lib/card.proto"?`},
		{"user.schema.json", "lib/address", "lib/adress", "user.schema.json:3:34 error schema/reference-unresolved user.schema.json", `nothing is called "lib/adress.json"`},
		{"lib/card.proto", "package shop;", "package shop; import \"pay.proto\";", "lib/card.proto:1:1 error schema/reference-cycle lib/card.proto", "files use each other: lib/card.proto → pay.proto → lib/card.proto"},
	} {
		r := against(t, shop, edited(shop, c.file, c.old, c.now))
		got := lines(&r)
		if len(got) == 0 || !slices.Contains(got, c.want) {
			t.Errorf("%s: %q, want %s", c.file, got, c.want)
			continue
		}
		if m := r.Findings[slices.Index(got, c.want)].Message; !strings.Contains(m, c.message) {
			t.Errorf("%s: message %q", c.file, m)
		}
	}
}

// TestBaseThatDoesNotParse: real histories hold such texts.
func TestBaseThatDoesNotParse(t *testing.T) {
	r := against(t, edited(shop, "order.avsc", `"fields"`, `"filds"`), shop)
	wantLines(t, &r, "order.avsc:1:1 warning schema/base-invalid order.avsc")
	if r.Summary.First != 1 || r.Summary.Verdict != VerdictPass {
		t.Errorf("%+v", r.Summary)
	}
	if old := r.Findings[0].Old; old == nil || old.File != "order.avsc" || old.Line != 1 {
		t.Errorf("the old side is %+v", old)
	}
}

func TestNothingComparedIsNoPass(t *testing.T) {
	tree := NewMemoryTree("head", map[string]string{"README.md": "x", "package.json": "{}"})
	r, err := Compare(context.Background(), Request{Head: tree, Bases: []Base{{Tree: tree}}, Config: DefaultConfig()})
	var in *InputError
	if !errors.As(err, &in) || in.Rule != "evcheck/nothing-compared" || r.Complete || r.Summary.Verdict != VerdictIncomplete {
		t.Errorf("%v, %+v", err, r.Summary)
	}
}

func TestTextsThatAreNone(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"utf16":    {"\xff\xfe{\x00}\x00", "UTF-16"},
		"binary":   {"{\"a\": \"\x00\"}", "binary"},
		"latin1":   {"{\"a\":\n \"\xe4\"}", "not UTF-8 (line 2)"},
		"lfs":      {"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n", "Git LFS"},
		"conflict": {"{\n<<<<<<< HEAD\n=======\n>>>>>>> other\n}", "merge conflict (line 2)"},
		"large":    {strings.Repeat(" ", 1<<20+1), "limits.file-bytes is 1048576"},
	} {
		now := edited(shop, "order.avsc", "Order", "Order")
		now["order.avsc"] = c.text
		r := against(t, shop, now)
		wantLines(t, &r, "order.avsc:1:1 error schema/invalid order.avsc")
		if len(r.Findings) > 0 && !strings.Contains(r.Findings[0].Message, c.want) {
			t.Errorf("%s: %q", name, r.Findings[0].Message)
		}
	}
	now := edited(shop, "order.avsc", "", bom)
	r := against(t, shop, now)
	wantLines(t, &r)
}

// TestReportsDoNotDependOnJobs compares one run with another that shares the
// work out.
func TestReportsDoNotDependOnJobs(t *testing.T) {
	now := edited(edited(shop, "lib/money.avsc", `"long"`, `"string"`), "lib/card.proto", "int64", "string")
	one := against(t, shop, now, func(q *Request) { q.Jobs = 1 })
	for range 5 {
		many := against(t, shop, now, func(q *Request) { q.Jobs = 16 })
		for i := range many.Findings {
			many.Findings[i].Engine, one.Findings[i].Engine = nil, nil
		}
		if a, b := fmt.Sprintf("%+v", lines(&one)), fmt.Sprintf("%+v", lines(&many)); a != b || len(one.Findings) != len(many.Findings) {
			t.Fatalf("%s\n%s", a, b)
		}
	}
}

func TestWhatIf(t *testing.T) {
	now := edited(shop, "lib/money.avsc", `"long"}`, `"long"}, {"name": "currency", "type": "string"}`)
	level := compat.Forward
	r := against(t, shop, now, func(q *Request) { q.Level = &level })
	wantLines(t, &r)
	if r.Subjects[slices.IndexFunc(r.Subjects, func(s Subject) bool { return s.Subject == "order.avsc" })].Level != "FORWARD" {
		t.Error("the level of the run is not reported")
	}
}
