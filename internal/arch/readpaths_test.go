package arch

import (
	"go/ast"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// doors are the functions that make a plan which can be carried out. Every read path
// of events goes through one of them.
var doors = []string{"NewRunner", "NewTried", "NewReader", "NewStructWriter", "NewAvroPlan", "NewJSONPlan", "NewProtoPlan", "plan.Load"}

// readPath is a place in the code where events are carried: what reads them there, and
// the tests, as "package: name", in which an event comes through it, ends in a dead
// letter and fails.
type readPath struct {
	file, reads string
	tests       []string
}

var readPaths = []readPath{
	{"upcast/codec_avro.go", "the bytes of Avro, for all below", []string{"upcast: TestChains"}},
	{"upcast/codec_json.go", "the bytes of JSON, for all below", []string{"upcast: TestChainsJSON"}},
	{"upcast/codec_proto.go", "the bytes of Protobuf, for all below", []string{"upcast: TestProtoChains"}},
	{"upcast/plan/portable.go", "portable plans, without schemas and documents", []string{"upcast: TestVectors", "upcast: TestHostilePlans"}},
	{"upcast/native.go", "consumers and projections in Go, into structs", []string{"upcast: TestReader", "upcast: TestReaderOfProtobuf"}},
	{"upcast/rules_chain.go", "hops between migration rules", []string{"upcast: TestNativeWins", "upcast: TestRulesTogether"}},
	{"upcast/propose.go", "the event of a break, over a proposal", []string{"upcast: TestPropose"}},
	{"registry/way_carry.go", "the server: events and batches over REST", []string{"api: TestEventsAreCounted", "api: TestBatchesStream", "registry: TestTriedHops"}},
	{"registry/upcaster_differ.go", "the server: events that two revisions carry apart", []string{"api: TestTranscripts"}},
	{"internal/reproducer/replay.go", "what the server kept of a broken plan", []string{"internal/reproducer: TestReplay", "api: TestBrokenPlans", "api: TestTranscripts"}},
	{"batch/subject_hop.go", "files, replays of streams and redriven dead letters", []string{"batch: TestLines", "batch: TestContainers", "batch: TestRedrive", "batch: TestEarlierEvents"}},
}

// TestReadPaths: events are carried nowhere but at the listed places, so that no read
// path passes the upcasters over, and each is tested.
func TestReadPaths(t *testing.T) {
	found := map[string]bool{}
	for _, s := range allSources(t) {
		ast.Inspect(s.file, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && isDoor(s.pkg, call.Fun) {
				found[s.name] = true
			}
			return true
		})
	}
	listed := map[string]bool{}
	for _, p := range readPaths {
		listed[p.file] = true
		for _, test := range p.tests {
			pkg, name, _ := strings.Cut(test, ": ")
			if !hasTest(t, pkg, name) {
				t.Errorf("%s: there is no test %s", p.file, test)
			}
		}
	}
	for _, file := range slices.Sorted(maps.Keys(found)) {
		if !listed[file] {
			t.Errorf("%s carries events; add what it reads, and its tests, to the list", file)
		}
	}
	for file := range listed {
		if !found[file] {
			t.Errorf("%s is listed and carries no event", file)
		}
	}
}

// isDoor reports whether a function is one of the doors, as it is called from a
// package.
func isDoor(from string, f ast.Expr) bool {
	if id, ok := f.(*ast.Ident); ok {
		return (from == "upcast" || from == "upcast/plan") && slices.Contains(doors, id.Name)
	}
	name := selector(f)
	if slices.Contains(doors, name) {
		return true
	}
	pkg, name, _ := strings.Cut(name, ".")
	return (pkg == "upcast" || pkg == "plan") && slices.Contains(doors, name)
}

// hasTest reports whether a test file of a package declares a test.
func hasTest(t *testing.T, pkg, name string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, pkg, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(b), "\nfunc "+name+"(t *testing.T)") {
			return true
		}
	}
	return false
}
