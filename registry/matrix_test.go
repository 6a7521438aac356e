package registry

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/instar-registry/instar/compat"
	"github.com/instar-registry/instar/schema"
)

// orderVersion is version n of a subject with 20 fields: one field of its own
// with a default, and an enum that grows every tenth version.
func orderVersion(n int) string {
	types := []string{`"string"`, `"long"`, `["null","double"]`, `{"type":"array","items":"string"}`, `{"type":"map","values":"int"}`}
	var fields []string
	for i := range 18 {
		fields = append(fields, fmt.Sprintf(`{"name":"f%d","type":%s}`, i, types[i%len(types)]))
	}
	symbols := []string{`"A"`}
	for i := range n / 10 {
		symbols = append(symbols, fmt.Sprintf(`"S%d"`, i))
	}
	fields = append(fields, fmt.Sprintf(`{"name":"state","type":{"type":"enum","name":"State","symbols":[%s]}}`, strings.Join(symbols, ",")))
	fields = append(fields, fmt.Sprintf(`{"name":"v%d","type":["null","string"],"default":null}`, n))
	return avroRecord(fields...)
}

// grown is a node with a subject "s" of so many versions.
func grown(tb testing.TB, versions int) *Service {
	tb.Helper()
	s := Open(Options{Log: newMemLog(), PollInterval: 5 * time.Millisecond})
	tb.Cleanup(func() { _ = s.Close(context.Background()) })
	for deadline := time.Now().Add(5 * time.Second); !s.Status().Ready; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			tb.Fatal("the node does not become ready")
		}
	}
	for n := range versions {
		if _, err := s.Register(context.Background(), by, Register{Name: ParseName("s"), Format: schema.Avro, Text: orderVersion(n)}); err != nil {
			tb.Fatal(err)
		}
	}
	return s
}

func cellsOf(m *Matrix) [][]string {
	var out [][]string
	for _, row := range m.Cells {
		var cells []string
		for _, c := range row {
			cells = append(cells, string(c))
		}
		out = append(out, cells)
	}
	return out
}

func TestMatrix(t *testing.T) {
	n := start(t, newMemLog())
	none := func(c *Register) { c.Force = true }
	for _, text := range []string{avroRecord(fieldA), avroRecord(fieldA, fieldB), avroRecord(fieldA), avroRecord(`{"name":"a","type":"float"}`)} {
		n.must("s", text, none)
	}
	// Registering what is there already answers what is there, so version 3 is
	// the fourth text.
	m, err := n.Matrix(context.Background(), MatrixRequest{Name: ParseName("s")})
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{
		{"=", "ok", "break:avro/type-widened-lossy"},
		{"break:avro/field-added-without-default", "=", "break:avro/field-removed-without-default"},
		{"break:avro/type-widened-lossy", "break:avro/type-widened-lossy", "="},
	}
	if got := cellsOf(&m); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got\n%v\nwant\n%v", got, want)
	}
	if m.Worst.Rank() != 3 || m.Reader != 1 || m.Writer != 3 || m.Policy != compat.Exact {
		t.Errorf("%+v", m)
	}
	// STRICT minds no rounding.
	m, err = n.Matrix(context.Background(), MatrixRequest{Name: ParseName("s"), Policy: "strict", Versions: []VersionRange{{1, 1}, {-1, -1}}})
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(cellsOf(&m)); got != "[[= break:avro/type-changed] [ok =]]" {
		t.Errorf("%s", got)
	}
}

// TestMatrixAgreesWithChecks holds every cell to the check of that pair.
func TestMatrixAgreesWithChecks(t *testing.T) {
	s := grown(t, 25)
	m, err := s.Matrix(context.Background(), MatrixRequest{Name: ParseName("s")})
	if err != nil {
		t.Fatal(err)
	}
	breaks := 0
	for i, reader := range m.Versions {
		for k, writer := range m.Versions {
			cell := string(m.Cells[i][k])
			if i == k {
				if cell != "=" {
					t.Errorf("version %d against itself: %s", reader.Number, cell)
				}
				continue
			}
			older, newer, level := writer, reader, "BACKWARD"
			if writer.Number > reader.Number {
				older, newer, level = reader, writer, "FORWARD"
			}
			if _, err := s.SetConfig(context.Background(), by, SetConfig{Scope: ParseName("s"), Patch: ConfigPatch{Set: Config{Compatibility: level}}}); err != nil {
				t.Fatal(err)
			}
			text, err := s.Text(context.Background(), newer.Content.Text)
			if err != nil {
				t.Fatal(err)
			}
			j, err := s.Compatibility(context.Background(), CompatibilityRequest{Name: ParseName("s"), Version: fmt.Sprint(older.Number), Format: schema.Avro, Text: text})
			if err != nil {
				t.Fatal(err)
			}
			if (cell == "ok") != (j.Verdict == compat.Compatible) || cell != "ok" && cell != "break:"+j.Pairs[0].Findings[0].Rule {
				t.Errorf("version %d reads %d: %s, the check says %v %v", reader.Number, writer.Number, cell, j.Verdict, j.Messages())
			}
			if cell != "ok" {
				breaks++
			}
		}
	}
	if breaks == 0 {
		t.Error("nothing breaks, so that little is shown")
	}
}

func TestMatrixRefusals(t *testing.T) {
	n := start(t, newMemLog())
	ask := func(r MatrixRequest) error {
		_, err := n.Matrix(context.Background(), r)
		return err
	}
	s := ParseName("s")
	wantCode(t, ask(MatrixRequest{Name: s}), SubjectNotFound, "Subject 's' not found")
	for i := range compat.MaxMatrix + 1 {
		n.must("s", avroRecord(fieldA, fmt.Sprintf(`{"name":"v%d","type":"int","default":0}`, i)))
	}
	wantCode(t, ask(MatrixRequest{Name: s}), OverLimit, "201 versions; the limit is 200")
	wantCode(t, ask(MatrixRequest{Name: s, Versions: []VersionRange{{900, 900}}}), VersionNotFound, "Version 900")
	wantCode(t, ask(MatrixRequest{Name: s, Versions: []VersionRange{{900, 902}}}), VersionNotFound, "Version 900")
	wantCode(t, ask(MatrixRequest{Name: s, Policy: "LOGICAL"}), InvalidLevel, "declared")
	if err := ask(MatrixRequest{Name: s, Versions: []VersionRange{{3, 5}, {4, 4}}}); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := n.Matrix(ctx, MatrixRequest{Name: s, Versions: []VersionRange{{3, 5}}}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// TestMatrixOfUnreadableVersions: an imported text that does not parse is
// unknown to everybody, and to itself.
func TestMatrixOfUnreadableVersions(t *testing.T) {
	n := start(t, newMemLog())
	n.must("s", avroRecord(fieldA), func(c *Register) { c.Import, c.ID, c.Version = true, 1, 1 })
	n.must("s", `{"type":"unheard of"}`, func(c *Register) { c.Import, c.ID, c.Version = true, 2, 2 })
	m, err := n.Matrix(context.Background(), MatrixRequest{Name: ParseName("s")})
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(cellsOf(&m)); got != "[[= unknown:base-invalid] [unknown:base-invalid unknown:base-invalid]]" {
		t.Errorf("%s", got)
	}
}

// TestVerdictsAreShared: what a check has found out a matrix does not ask again.
func TestVerdictsAreShared(t *testing.T) {
	counted := &countingObserver{}
	n := start(t, newMemLog(), func(o *Options) { o.Observer = counted })
	for i := range 6 {
		n.must("s", orderVersion(i*10))
	}
	before := counted.misses.Load()
	ask := func() {
		if _, err := n.Matrix(context.Background(), MatrixRequest{Name: ParseName("s")}); err != nil {
			t.Fatal(err)
		}
	}
	ask()
	// Each registration asked whether it reads its predecessor: 5 of 30 pairs.
	if got := counted.misses.Load() - before; got != 25 {
		t.Errorf("the first matrix asked about %d pairs, want 25", got)
	}
	before = counted.misses.Load()
	ask()
	if got := counted.misses.Load() - before; got != 0 {
		t.Errorf("the second matrix asked about %d pairs", got)
	}
}

// BenchmarkMatrix has the goal of 300 ms for 100 versions, whether the verdicts
// are remembered or not.
func BenchmarkMatrix(b *testing.B) {
	s := grown(b, 100)
	run := func(b *testing.B, forget bool) {
		b.ReportAllocs()
		for b.Loop() {
			if forget {
				s.shelf.pairs = newShelf(s.opt.Limits, s.opt.Observer, s.opt.Clock).pairs
			}
			m, err := s.Matrix(context.Background(), MatrixRequest{Name: ParseName("s")})
			if err != nil || len(m.Cells) != 100 || !slices.Contains(m.Cells[99], compat.CellOK) {
				b.Fatal(err)
			}
		}
	}
	b.Run("cold", func(b *testing.B) { run(b, true) })
	b.Run("warm", func(b *testing.B) { run(b, false) }) // by what cold left behind
}

// countingObserver counts verdicts that were not remembered.
type countingObserver struct {
	NopObserver
	misses atomic.Int64
}

func (c *countingObserver) Cache(name string, hit bool) {
	if name == "verdict" && !hit {
		c.misses.Add(1)
	}
}
