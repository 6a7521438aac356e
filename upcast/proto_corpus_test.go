package upcast

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/instar-registry/instar/schema"
	"github.com/instar-registry/instar/schema/protobuf"
	"github.com/instar-registry/instar/upcast/plan"
)

// protoEdit is one commit of a public protocol: all files after it, and the names
// of those that it changed.
type protoEdit struct {
	Commit, Root string
	Changed      []string
	Files        map[string]string
}

// protoHistory calls with each file before and after a commit that changed it.
func protoHistory(t *testing.T, name string, edit func(what string, older, newer *protobuf.Schema)) {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	last := map[string]string{}
	for d := json.NewDecoder(z); ; {
		var c protoEdit
		if err := d.Decode(&c); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
		files := map[string]string{}
		for path, text := range c.Files {
			files[strings.TrimPrefix(path, c.Root)] = text
		}
		slices.Sort(c.Changed)
		for _, path := range c.Changed {
			name := strings.TrimPrefix(path, c.Root)
			if last[name] == "" || last[name] == files[name] {
				continue
			}
			older, newer := protoFile(last, name), protoFile(files, name)
			if older != nil && newer != nil {
				edit(c.Commit+" "+name, older, newer)
			}
		}
		last = files
	}
}

// protoFile is a file of a commit; nil if it does not compile.
func protoFile(files map[string]string, name string) *protobuf.Schema {
	var deps []schema.Document
	for other, text := range files {
		if other != name {
			deps = append(deps, schema.Document{Name: other, Text: text})
		}
	}
	s, err := protobuf.Parse(files[name], deps, schema.Options{Limits: schema.DefaultLimits()})
	if err != nil {
		return nil
	}
	return s
}

// protoPairs are the messages that both files have, by their names within the
// package.
func protoPairs(t *testing.T, older, newer *protobuf.Schema) (pairs [][2]codec, names []string) {
	t.Helper()
	var visit func(list []*protobuf.Message)
	visit = func(list []*protobuf.Message) {
		for _, m := range list {
			visit(m.Messages)
			rel := strings.TrimPrefix(strings.TrimPrefix(m.FullName, older.Outline().Package), ".")
			to := rel
			if p := newer.Outline().Package; p != "" {
				to = p + "." + rel
			}
			from, ok := older.MessageIndexes(m.FullName)
			into, ok2 := newer.MessageIndexes(to)
			if !ok || !ok2 {
				continue
			}
			a, err := protoCodecOf(older, from)
			if err != nil {
				t.Fatal(err)
			}
			b, err := protoCodecOf(newer, into)
			if err != nil {
				t.Fatal(err)
			}
			pairs, names = append(pairs, [2]codec{a, b}), append(names, rel)
		}
	}
	visit(older.Outline().Messages)
	return pairs, names
}

// TestCorpusProto derives the hops between neighbouring versions of the messages
// of a public protocol: most are proved, or refuted by an event, and what is
// proved holds on generated events. INSTAR_CORPORA names the folder with the
// whole history.
func TestCorpusProto(t *testing.T) {
	name, least := "../schema/protobuf/testdata/contain/history.jsonl.gz", 20
	if dir := os.Getenv("INSTAR_CORPORA"); dir != "" {
		name, least = filepath.Join(dir, "opentelemetry-proto.jsonl.gz"), 300
	}
	files, firsts, all := 0, map[Outcome]int{}, map[Outcome]int{}
	changed := map[Outcome]int{}
	events := envCount(t, "INSTAR_UPCAST_EVENTS", 10)
	protoHistory(t, name, func(what string, older, newer *protobuf.Schema) {
		if older.TopLevel() == nil || newer.TopLevel() == nil {
			return // no messages
		}
		files++
		h, err := Derive(t.Context(), older, newer)
		var gone *Error
		switch first, _ := MessageName(older, ""); {
		case errors.As(err, &gone):
			if _, there := newer.MessageIndexes(first); there {
				t.Errorf("%s: %v", what, err)
			}
			firsts["gone"]++
		case err != nil:
			t.Errorf("%s: %v", what, err)
		default:
			firsts[h.Verdict.Outcome]++
		}
		pairs, names := protoPairs(t, older, newer)
		for i, p := range pairs {
			h, err := derive(t.Context(), p[0], p[1])
			if err != nil {
				t.Errorf("%s %s: %v", what, names[i], err)
				continue
			}
			all[h.Verdict.Outcome]++
			if !plan.IsIdentity(h.Root, h.Source) {
				changed[h.Verdict.Outcome]++
			}
			switch h.Verdict.Outcome {
			case Proved:
				holdHop(t, h, events, what+" "+names[i])
			default:
				t.Logf("%s %s: %s, %+v, event %.200s", what, names[i], h.Verdict.Outcome, h.Verdict.Problems[0], h.Verdict.Event)
			}
		}
	})
	t.Logf("%d edits: first messages %v, all messages %v, of which %v change", files, firsts, all, changed)
	if files < least {
		t.Errorf("only %d edits", files)
	}
	for _, counts := range []map[Outcome]int{firsts, all, changed} {
		n := counts[Proved] + counts[Refuted]
		if n*10 < (n+counts[Tested])*8 {
			t.Errorf("only %d of %d are settled", n, n+counts[Tested])
		}
	}
}
