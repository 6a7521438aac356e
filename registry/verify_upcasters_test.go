package registry

import (
	"slices"
	"strings"
	"testing"

	"github.com/instar-registry/instar/upcast"
)

const (
	renameSteps   = `{"steps":[{"rename":{"from":"qty","to":"quantity"}}]}`
	currencySteps = `{"steps":[{"add":{"path":"currency","value":"EUR"}}]}`
)

// bridgedOrders is a subject whose second and third version are let in by their
// upcasters.
func bridgedOrders(t *testing.T, log *memLog, level string) *node {
	t.Helper()
	n := start(t, log)
	n.configure(ParseName("o"), Config{Compatibility: level})
	n.must("o", orderV1)
	n.must("o", orderV2, func(c *Register) { c.Upcaster = renameSteps })
	n.must("o", orderV3, func(c *Register) { c.Upcaster = currencySteps })
	return n
}

// rewrite is a copy of a log whose changes were edited; nil leaves one out.
func rewrite(t *testing.T, log *memLog, edit func(Change) Change) *memLog {
	t.Helper()
	out := newMemLog()
	out.texts, out.ids, out.versions = log.texts, log.ids, log.versions
	for _, r := range log.records {
		c, receipt, err := DecodeChange(r)
		if err != nil {
			t.Fatal(err)
		}
		if c = edit(c); c == nil {
			continue
		}
		payload, err := EncodeChange(c, receipt)
		if err != nil {
			t.Fatal(err)
		}
		e := Entry{At: r.At, Actor: r.Actor, Request: r.Request, Kind: c.Kind(), Payload: payload}
		out.records = append(out.records, Chain(out.head(), []Entry{e})...)
	}
	return out
}

func verified(t *testing.T, n *node, deep bool) []Finding {
	t.Helper()
	findings, err := n.Verify(t.Context(), deep)
	if err != nil {
		t.Fatal(err)
	}
	return findings
}

func TestVerifyHonoursBridges(t *testing.T) {
	for _, level := range []string{"BACKWARD", "BACKWARD_TRANSITIVE"} {
		log := newMemLog()
		n := bridgedOrders(t, log, level)
		if f := verified(t, n, true); len(f) != 0 {
			t.Errorf("%s: %v", level, f)
		}
		// Another revision changes nothing about what let the version in.
		doc := `{"instar":"upcast/v1","from":2,"to":3,"steps":[{"add":{"path":"currency","value":"USD"}}]}`
		if _, err := n.AddUpcaster(t.Context(), by, AddUpcaster{Name: ParseName("o"), From: 2, To: 3, Text: doc, Revision: 1}); err != nil {
			t.Fatal(err)
		}
		if f := verified(t, n, true); len(f) != 0 {
			t.Errorf("%s, superseded: %v", level, f)
		}
	}
}

func TestVerifyProvesUpcastersAgain(t *testing.T) {
	log := newMemLog()
	bridgedOrders(t, log, "BACKWARD")
	for _, c := range []struct {
		name    string
		edit    func(Change) Change
		drift   bool
		want    string
		version int
	}{
		{"another class", func(c Change) Change {
			if u, ok := c.(UpcasterActivated); ok && u.To == 3 {
				u.Class = "iso"
				return u
			}
			return c
		}, false, "is PROVED, lossy-down, total by prover " + upcast.ProverVersion + "; prover " + upcast.ProverVersion + " said PROVED, iso, total", 3},
		{"an older prover", func(c Change) Change {
			if u, ok := c.(UpcasterActivated); ok && u.To == 3 {
				u.Prover, u.Total = "0", false
				return u
			}
			return c
		}, true, "prover 0 said PROVED, lossy-down", 3},
		{"the bridge is missing", func(c Change) Change {
			if u, ok := c.(UpcasterActivated); ok && u.To == 2 {
				return nil
			}
			return c
		}, false, "which did not come with it", 2},
		{"the bridge names another", func(c Change) Change {
			if v, ok := c.(VersionRegistered); ok && v.Version == 3 {
				v.BridgedBy = "sha256:00"
				return v
			}
			return c
		}, false, "by the upcaster sha256:00, which did not come", 3},
		{"nothing let it in", func(c Change) Change {
			if v, ok := c.(VersionRegistered); ok && v.Version == 2 {
				v.BridgedBy = ""
				return v
			}
			return c
		}, false, "is incompatible at BACKWARD/", 2},
		{"a level that the way does not serve", func(c Change) Change {
			if v, ok := c.(VersionRegistered); ok && v.Version == 2 {
				v.Level = "FORWARD"
				return v
			}
			return c
		}, false, "its upcaster does not bridge that any more: Old readers need a way down", 2},
		{"another document", func(c Change) Change {
			if u, ok := c.(UpcasterActivated); ok && u.To == 3 {
				u.Document = strings.Replace(u.Document, ":", ":0", 1)
				return u
			}
			return c
		}, false, "revision 1, has the hash sha256:", 3},
	} {
		edited := rewrite(t, log, c.edit)
		f := verified(t, start(t, edited), true)
		i := slices.IndexFunc(f, func(f Finding) bool { return strings.Contains(f.What, c.want) })
		if i < 0 || f[i].Drift != c.drift || f[i].Version != c.version || f[i].Seq == 0 && c.name != "another document" {
			t.Errorf("%s: %+v", c.name, f)
		}
	}
}

// TestVerifyReadsDocuments: a text that says something else than its hash is
// found without --deep.
func TestVerifyReadsDocuments(t *testing.T) {
	log := newMemLog()
	n := bridgedOrders(t, log, "BACKWARD")
	h := n.State().Upcasters(ParseName("o")).Active(1, 2).Text
	log.texts[h] = "steps: ["
	f := verified(t, start(t, log), false)
	if len(f) != 2 || f[0].Invariant != "I2" || !strings.Contains(f[1].What, "from version 1 to 2, revision 1, cannot be read") {
		t.Errorf("%v", f)
	}
}

// TestUndeleteOverABridge: a version comes back under one that was let in by its
// upcaster.
func TestUndeleteOverABridge(t *testing.T) {
	o := ParseName("o")
	for level, version := range map[string]int{"BACKWARD": 2, "BACKWARD_TRANSITIVE": 1} {
		n := bridgedOrders(t, newMemLog(), level)
		for _, v := range []int{1, 2} {
			if _, err := n.DeleteVersion(t.Context(), by, DeleteVersion{Name: o, Version: v}); err != nil {
				t.Fatal(err)
			}
		}
		if back, err := n.Undelete(t.Context(), by, Undelete{Name: o, Version: version}); err != nil || len(back) != 1 {
			t.Errorf("%s: %v, %v", level, back, err)
		}
		// What its upcaster does not bridge is refused as before.
		n.configure(o, Config{Compatibility: "FULL_TRANSITIVE"})
		if _, err := n.DeleteVersion(t.Context(), by, DeleteVersion{Name: o, Version: version}); err != nil {
			t.Fatal(err)
		}
		_, err := n.Undelete(t.Context(), by, Undelete{Name: o, Version: 1})
		wantCode(t, err, UndeleteIncompatible, "version 3")
	}
}

// TestReregistrationKeepsTheWay: content that comes back does not take the old
// version with the same id away from the chain.
func TestReregistrationKeepsTheWay(t *testing.T) {
	o := ParseName("o")
	n := bridgedOrders(t, newMemLog(), "BACKWARD")
	if _, err := n.DeleteVersion(t.Context(), by, DeleteVersion{Name: o, Version: 2}); err != nil {
		t.Fatal(err)
	}
	n.configure(o, Config{Compatibility: "NONE"})
	if out := n.must("o", orderV2); out.Version != 4 {
		t.Fatalf("%+v", out)
	}
	if n.State().Subject(o).Version(2) == nil {
		t.Fatal("version 2 is gone, and the way of version 1 with it")
	}
	if w, err := n.Way(t.Context(), o, 1, 3); err != nil || len(w.Hops) != 2 {
		t.Errorf("%+v, %v", w, err)
	}
}
