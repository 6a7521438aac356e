package registry

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/instar-registry/instar/schema"
)

// universe is a small world in which random commands meet often.
type universe struct {
	log   *memLog
	st    *State
	shelf *shelf
	now   int64
	bound map[string]Hash // what every id has ever stood for
	high  map[string]int64
}

func newUniverse() *universe {
	return &universe{
		log: newMemLog(), st: NewState(), now: 1, bound: map[string]Hash{}, high: map[string]int64{},
		shelf: newShelf(schema.DefaultLimits(), NopObserver{}, time.Now),
	}
}

var (
	someSubjects = []string{"a", "b", ":.c:a", ":.c:b", ""}
	someTexts    = []string{
		avroRecord(fieldA), avroRecord(fieldA, fieldBD), avroRecord(fieldA, fieldCD), avroRecord(fieldA, fieldBD, fieldCD),
		avroRecord(fieldB), `"string"`, `{"type":"record","name":"P","fields":[{"name":"r","type":"R"}]}`, `{"type":"nope"}`,
	}
	someModes  = []string{"READWRITE", "READONLY", "IMPORT", ""}
	someLevels = []string{"NONE", "BACKWARD", "FULL_TRANSITIVE"}
)

func drawName(t *rapid.T) Name { return ParseName(rapid.SampledFrom(someSubjects).Draw(t, "subject")) }

func drawScope(t *rapid.T) Name {
	if rapid.Bool().Draw(t, "wide") {
		return rapid.SampledFrom([]Name{{Context: "."}, {Context: ".c"}, {Context: GlobalContext}}).Draw(t, "scope")
	}
	return drawName(t)
}

func drawCommand(t *rapid.T) Command {
	switch rapid.IntRange(0, 11).Draw(t, "command") {
	case 0, 1, 2, 3:
		return drawRegister(t)
	case 4:
		return DeleteVersion{drawName(t), rapid.IntRange(-1, 4).Draw(t, "version"), rapid.Bool().Draw(t, "permanent")}
	case 5:
		return DeleteSubject{drawName(t), rapid.Bool().Draw(t, "permanent")}
	case 6:
		return Undelete{drawName(t), rapid.IntRange(0, 3).Draw(t, "version"), rapid.Bool().Draw(t, "force")}
	case 7:
		return SetConfig{Scope: drawScope(t), Patch: ConfigPatch{Set: Config{Compatibility: rapid.SampledFrom(someLevels).Draw(t, "level")}}}
	case 8:
		return SetMode{Scope: drawScope(t), Mode: rapid.SampledFrom(someModes).Draw(t, "mode"), Force: rapid.Bool().Draw(t, "force")}
	case 9:
		return DeleteMode{Scope: drawScope(t), Recursive: rapid.Bool().Draw(t, "recursive")}
	case 10:
		return DeleteContext{Context: ".c"}
	default:
		return Batch{Commands: []Command{drawRegister(t), DeleteSubject{Name: drawName(t)}, drawRegister(t)}}
	}
}

func drawRegister(t *rapid.T) Register {
	cmd := Register{Name: drawName(t), Format: schema.Avro, Text: rapid.SampledFrom(someTexts).Draw(t, "text")}
	switch rapid.IntRange(0, 5).Draw(t, "kind") {
	case 0:
		cmd.ID, cmd.Version = int64(rapid.IntRange(1, 6).Draw(t, "id")), rapid.IntRange(0, 4).Draw(t, "version")
	case 1:
		cmd.Version = -1
	case 2:
		cmd.References = []schema.Reference{{Name: "R", Subject: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "ref"), Version: -1}}
	case 3:
		cmd.Metadata = &Metadata{Properties: map[string]string{"k": rapid.SampledFrom([]string{"x", "y"}).Draw(t, "value")}}
	case 4:
		cmd.Force = true
	}
	return cmd
}

// do runs a command as the writer does and checks what must hold afterwards.
func (u *universe) do(t *rapid.T, cmd Command) {
	u.now++
	before := u.st.Digest()
	var tx *transaction
	p := &pending{by: by, cmd: cmd}
	records, err := u.log.Update(context.Background(), u.st.head, func([]Record, Head) (Append, error) {
		tx = &transaction{st: u.st.Fork(), env: &Env{Now: u.now, Settings: DefaultSettings(), Library: u.library()}}
		tx.decide(p)
		return tx.add, nil
	})
	if err != nil {
		t.Fatalf("%+v: a guard struck: %v", cmd, err)
	}
	if u.st.Digest() != before {
		t.Fatalf("%+v changed a published state", cmd)
	}
	if err := tx.outcomes[0].err; err != nil {
		var bug *schema.Bug
		if errors.As(err, &bug) {
			t.Fatalf("%+v: %v", cmd, err)
		}
		if len(records) != 0 {
			t.Fatalf("%+v was refused (%v) and changed something", cmd, err)
		}
		return
	}
	if tx.outcomes[0].again {
		t.Fatalf("%+v: texts are missing", cmd)
	}
	if len(records) > 0 {
		last := records[len(records)-1]
		tx.st.head.Seq, tx.st.head.Hash = last.Seq, last.Hash()
	}
	u.st = tx.st
	u.check(t, records)
}

// library gives the texts of the log.
func (u *universe) library() Library {
	return overlayLibrary{Library: u.shelf.during(context.Background()), extra: u.log.texts}
}

func (u *universe) check(t *rapid.T, records []Record) {
	for _, r := range records {
		c, _, err := DecodeChange(r)
		if err != nil {
			t.Fatal(err)
		}
		switch c := c.(type) {
		case VersionRegistered:
			content, _ := c.decodeContent()
			key := fmt.Sprintf("%s/%d", c.Context, c.ID)
			if was, ok := u.bound[key]; ok && was != content.Identity {
				t.Fatalf("I2: id %s was given to other content", key)
			}
			u.bound[key] = content.Identity
			if !c.Imported && c.ID > u.high[c.Context]+1 {
				t.Fatalf("ids of %s have a hole: %d after %d", c.Context, c.ID, u.high[c.Context])
			}
			u.high[c.Context] = max(u.high[c.Context], c.ID)
		case SubjectPurged:
			for _, id := range c.Released {
				delete(u.bound, fmt.Sprintf("%s/%d", c.Context, id))
			}
		}
	}
	u.checkGuards(t)
}

// checkGuards compares the guard tables, which the state never reads, with it.
func (u *universe) checkGuards(t *rapid.T) {
	versions := 0
	u.st.Subjects(Name{}, func(s *Subject) bool {
		last := 0
		for _, v := range s.Versions {
			versions++
			if v.Number <= last {
				t.Fatalf("I4: versions of %q are not ascending", s.Name)
			}
			last = v.Number
			if id := u.log.versions[fmt.Sprintf("%s/%s/%d", s.Name.Context, s.Name.Subject, v.Number)]; id != v.ID {
				t.Fatalf("version %d of %q has id %d in the state and %d in the guards", v.Number, s.Name, v.ID, id)
			}
			if _, ok := u.log.texts[v.Content.Text]; !ok {
				t.Fatalf("I1: the text of version %d of %q is gone", v.Number, s.Name)
			}
		}
		return true
	})
	if versions != len(u.log.versions) {
		t.Fatalf("the state has %d versions, the guards %d", versions, len(u.log.versions))
	}
}

// finish replays the log and reads a snapshot; all three states must be equal.
func (u *universe) finish(t *rapid.T) {
	replayed := NewState()
	for _, r := range u.log.records {
		if err := replayed.ApplyRecord(r); err != nil {
			t.Fatal(err)
		}
	}
	if replayed.Digest() != u.st.Digest() {
		t.Fatal("I8: a replay gives another state")
	}
	restored, err := DecodeState(EncodeState(u.st))
	if err != nil {
		t.Fatal(err)
	}
	if restored.Digest() != u.st.Digest() {
		t.Fatal("a snapshot gives another state")
	}
	if _, err := VerifyChain(Head{}, u.log.records); err != nil {
		t.Fatal(err)
	}
}

func randomHistory(t *rapid.T) {
	u := newUniverse()
	for range rapid.IntRange(1, 60).Draw(t, "steps") {
		u.do(t, drawCommand(t))
	}
	u.finish(t)
}

func TestRandomCommandsKeepTheInvariants(t *testing.T) { rapid.Check(t, randomHistory) }

func FuzzDecide(f *testing.F) { f.Fuzz(rapid.MakeFuzz(randomHistory)) }

// FuzzDecodeChange holds that no record of the log, however damaged, does more
// than fail to be read.
func FuzzDecodeChange(f *testing.F) {
	u := newUniverse()
	for kind := range decoders {
		f.Add(kind, `{"v":1,"c":{}}`)
	}
	f.Fuzz(func(t *testing.T, kind, payload string) {
		c, rec, err := DecodeChange(Record{Seq: 1, Kind: kind, Payload: payload})
		if err != nil {
			return
		}
		again, err := EncodeChange(c, rec)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := DecodeChange(Record{Seq: 1, Kind: kind, Payload: again}); err != nil {
			t.Fatalf("a change does not read back: %v", err)
		}
		_ = u.st.Fork().Apply(c, 1, 1) // any error is fine, a panic is not
	})
}
