package registry

import (
	"context"
	"fmt"
	"runtime"
	"testing"

	"github.com/instar-registry/instar/schema"
)

// bigLog returns a log of n registrations, five versions a subject.
func bigLog(n int) *memLog {
	log := newMemLog()
	st := NewState()
	for i := range n {
		name := Name{".", fmt.Sprintf("team-%d.orders-%d-value", i%50, i/5)}
		c := NewContent(schema.Avro, fmt.Sprintf(`{"type":"record","name":"R%d","fields":[]}`, i), nil, nil, nil, nil)
		change := registered(name, i%5+1, int64(i+1), c)
		change.Level, change.Policy, change.Engine, change.Verdict = "BACKWARD", "EXACT", "1", "COMPATIBLE"
		payload, err := EncodeChange(change, nil)
		if err != nil {
			panic(err)
		}
		r := Chain(st.head, []Entry{{At: int64(i), Actor: "token:ci", Request: "0192f0c1-1111-7000-8000-000000000000", Kind: change.Kind(), Payload: payload}})[0]
		if err := st.ApplyRecord(r); err != nil {
			panic(err)
		}
		log.records = append(log.records, r)
	}
	return log
}

// BenchmarkReplay applies 100,000 changes to an empty state.
func BenchmarkReplay(b *testing.B) {
	log := bigLog(100_000)
	for b.Loop() {
		if err := NewState().ApplyRecords(log.records); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(100_000*float64(b.N)/b.Elapsed().Seconds(), "changes/s")
}

// BenchmarkRestore reads a snapshot of 100,000 versions.
func BenchmarkRestore(b *testing.B) {
	log := bigLog(100_000)
	st := NewState()
	for i := range log.records {
		if err := st.ApplyRecord(log.records[i]); err != nil {
			b.Fatal(err)
		}
	}
	body := EncodeState(st)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var keep *State
	for b.Loop() {
		var err error
		if keep, err = DecodeState(body); err != nil {
			b.Fatal(err)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/100_000, "state-bytes/version")
	b.ReportMetric(float64(len(body))/100_000, "snapshot-bytes/version")
	runtime.KeepAlive(keep)
}

// BenchmarkReregister answers equal content from the hash index.
func BenchmarkReregister(b *testing.B) {
	s := Open(Options{Log: newMemLog(), Exclusive: true})
	defer s.Close(context.Background()) //nolint:errcheck // a benchmark
	for !s.Status().Ready {
		runtime.Gosched()
	}
	cmd := Register{Name: Name{".", "orders-value"}, Format: schema.Avro, Text: avroRecord(fieldA, fieldB)}
	if _, err := s.Register(context.Background(), by, cmd); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Register(context.Background(), by, cmd); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRegister appends new versions of 20 fields, fifty a subject, checked
// at the default level.
func BenchmarkRegister(b *testing.B) {
	s := Open(Options{Log: newMemLog(), Exclusive: true})
	defer s.Close(context.Background()) //nolint:errcheck // a benchmark
	for !s.Status().Ready {
		runtime.Gosched()
	}
	fields := make([]string, 20)
	for i := range fields {
		fields[i] = fmt.Sprintf(`{"name":"field_%d","type":["null","string"],"default":null,"doc":"what it is"}`, i)
	}
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		i++
		fields[19] = fmt.Sprintf(`{"name":"f%d","type":"int","default":0}`, i)
		cmd := Register{Name: Name{".", fmt.Sprintf("s-%d", i/50)}, Format: schema.Avro, Text: avroRecord(fields...)}
		if _, err := s.Register(context.Background(), by, cmd); err != nil {
			b.Fatal(err)
		}
	}
}
