package protobuf

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/instar-registry/instar/schema"

	"github.com/instar-registry/instar/internal/cputime"
)

// FuzzParse checks the laws of canonical and normalised texts on every text that
// is accepted, and that refusals are errors of the user.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/canonical/*.proto")
	if err != nil || len(files) == 0 {
		f.Fatal(files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Add(allTypes)
	f.Add(proto2Types)
	f.Add(shop)
	f.Fuzz(func(t *testing.T, text string) {
		start := cputime.Used()
		s, err := Parse(text, nil, defaults())
		if took := cputime.Used() - start; took > time.Second {
			t.Fatalf("took %v", took)
		}
		if err != nil {
			if _, ok := err.(*schema.Error); !ok {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		laws(t, s)
		s.Fields()
		s.Outline()
		if _, err := s.Sample(0); err == nil {
			checkSample(t, s, nil, 7)
		}
	})
}

// FuzzWalk holds the walker against the runtime: both accept the same bytes, up
// to our limits.
func FuzzWalk(f *testing.F) {
	s3, s2 := mustParse(f, allTypes), mustParse(f, proto2Types)
	for seed := range uint64(10) {
		a, _ := s3.Sample(seed)
		b, _ := s2.Sample(seed)
		f.Add(a.Binary)
		f.Add(b.Binary)
	}
	f.Fuzz(func(t *testing.T, event []byte) {
		for _, s := range []*Schema{s3, s2} {
			w, err := s.Walker(nil)
			if err != nil {
				t.Fatal(err)
			}
			types, err := s.eventTypes()
			if err != nil {
				t.Fatal(err)
			}
			walked := w.Walk(event)
			real := guarded("proto.Unmarshal", func() error {
				return proto.UnmarshalOptions{Resolver: types}.Unmarshal(event, dynamicpb.NewMessage(w.md))
			})
			if e, ok := walked.(*schema.WalkError); ok && e.Limit != "" {
				continue
			}
			if (walked == nil) != (real == nil) {
				t.Fatalf("% x\nwalker: %v\nruntime: %v", event, walked, real)
			}
			if _, err := s.Check(t.Context(), schema.Event{Encoding: schema.EncodingBinary, Bytes: event}); err != nil {
				if _, ok := err.(*schema.WalkError); !ok {
					t.Fatal(err)
				}
			}
		}
	})
}

// FuzzSample checks that generated events are valid.
func FuzzSample(f *testing.F) {
	s3, s2 := mustParse(f, allTypes), mustParse(f, proto2Types)
	f.Add(uint64(0))
	f.Fuzz(func(t *testing.T, seed uint64) {
		checkSample(t, s3, nil, seed)
		checkSample(t, s2, nil, seed)
	})
}

// FuzzDescriptor reads arbitrary bytes as an encoded FileDescriptorProto.
func FuzzDescriptor(f *testing.F) {
	for _, text := range []string{allTypes, proto2Types, shop, "edition = \"2023\"; package p; message A { int32 x = 1; }"} {
		raw, err := mustParse(f, text).DescriptorBytes()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		s, err := Parse(base64.StdEncoding.EncodeToString(raw), nil, defaults())
		if err != nil {
			if _, ok := err.(*schema.Error); !ok {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		again, err := Parse(s.Canonical(), nil, defaults())
		if err != nil || again.Canonical() != s.Canonical() {
			t.Fatalf("%v\n%s", err, s.Canonical())
		}
	})
}
