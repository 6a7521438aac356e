package frame

import (
	"bytes"
	"errors"
	"math"
	"slices"
	"testing"
)

func reasonOf(t *testing.T, err error) Reason {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("error %v is not a *frame.Error", err)
	}
	return e.Reason
}

func TestPrefixes(t *testing.T) {
	guid := [16]byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}
	cases := []struct {
		name  string
		value []byte
		want  Prefix
	}{
		{"smallest id", []byte{0, 0, 0, 0, 1}, Prefix{ID: 1, Size: 5}},
		{"id and payload", []byte{0, 0, 0, 1, 2, 0xff}, Prefix{ID: 258, Size: 5}},
		{"largest id", []byte{0, 0x7f, 0xff, 0xff, 0xff}, Prefix{ID: math.MaxInt32, Size: 5}},
		{"guid", append([]byte{1}, guid[:]...), Prefix{GUID: guid, Size: 17}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := ReadPrefix(c.value)
			if err != nil || got != c.want {
				t.Fatalf("got %v, %v, want %v", got, err, c.want)
			}
			written := AppendID(nil, got.ID)
			if got.HasGUID() {
				written = AppendGUID(nil, got.GUID)
			}
			if !bytes.Equal(written, c.value[:got.Size]) {
				t.Errorf("written back as % x", written)
			}
			// Every proper prefix of the frame is truncated.
			for i := range got.Size {
				_, err := ReadPrefix(c.value[:i])
				if r := reasonOf(t, err); r != Truncated {
					t.Errorf("%d bytes: %v", i, r)
				}
			}
		})
	}
}

func TestBadPrefixes(t *testing.T) {
	cases := []struct {
		name   string
		value  []byte
		reason Reason
		offset int
	}{
		{"nil", nil, Truncated, 0},
		{"id 0", []byte{0, 0, 0, 0, 0, 1}, BadID, 1},
		{"negative id", []byte{0, 0x80, 0, 0, 0}, BadID, 1},
		{"magic 2", []byte{2, 0, 0, 0, 1}, UnknownMagic, 0},
		{"JSON text", []byte(`{"a":1}`), UnknownMagic, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := ReadPrefix(c.value)
			if r := reasonOf(t, err); r != c.reason || err.(*Error).Offset != c.offset {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestHeader(t *testing.T) {
	header := AppendGUID(nil, [16]byte{9})
	p, err := ReadHeader(header)
	if err != nil || !p.HasGUID() || p.MustEnd(header) != nil {
		t.Fatalf("%v %v", p, err)
	}
	longer := append(header, 0)
	if err := p.MustEnd(longer); reasonOf(t, err) != Trailing {
		t.Errorf("trailing byte: %v", err)
	}
	if _, err := ReadHeader(AppendID(nil, 7)); reasonOf(t, err) != UnknownMagic {
		t.Errorf("an id in a header: %v", err)
	}
}

func TestIndexes(t *testing.T) {
	cases := []struct {
		name  string
		bytes []byte
		form  Form
		want  []int
	}{
		{"short form of [0]", []byte{0}, ZigZag, []int{0}},
		{"long form of [0]", []byte{2, 0}, ZigZag, []int{0}},
		{"[1]", []byte{2, 2}, ZigZag, []int{1}},
		{"[1 0 2]", []byte{6, 2, 0, 4}, ZigZag, []int{1, 0, 2}},
		{"[300]", []byte{2, 0xd8, 0x04}, ZigZag, []int{300}},
		{"unsigned [1 2]", []byte{2, 1, 2}, Unsigned, []int{1, 2}},
		{"unsigned [0]", []byte{0}, Unsigned, []int{0}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			value := append(AppendID(nil, 1), c.bytes...)
			var x Indexes
			end, err := ReadIndexes(value, IDSize, c.form, &x)
			if err != nil || end != len(value) || !slices.Equal(x.Path(), c.want) || x.Len() != len(c.want) {
				t.Fatalf("got %v, end %d, %v", x.Path(), end, err)
			}
			for i := IDSize; i < len(value); i++ {
				if _, err := ReadIndexes(value[:i], IDSize, c.form, &x); reasonOf(t, err) != Truncated {
					t.Errorf("%d bytes: %v", i, err)
				}
			}
		})
	}
}

func TestBadIndexes(t *testing.T) {
	var x Indexes
	for name, b := range map[string][]byte{
		"count 65":            append([]byte{0x82, 0x01}, make([]byte, 65)...),
		"negative count":      {1, 0},
		"negative index":      {2, 1},
		"count of 2^31":       {0xff, 0xff, 0xff, 0xff, 0x0f, 0},
		"six bytes":           {0x80, 0x80, 0x80, 0x80, 0x80, 0},
		"more than 32 bits":   {2, 0xff, 0xff, 0xff, 0xff, 0x7f},
		"index beyond 2^31-1": {2, 0xff, 0xff, 0xff, 0xff, 0x1f},
	} {
		if _, err := ReadIndexes(b, 0, ZigZag, &x); reasonOf(t, err) != BadIndexes {
			t.Errorf("%s: %v", name, err)
		}
	}
	// A count that the value cannot hold is refused before any index is read.
	if _, err := ReadIndexes([]byte{0x80, 0x01, 0}, 0, ZigZag, &x); reasonOf(t, err) != Truncated {
		t.Errorf("count 64 with one index: %v", err)
	}
	if n := testing.AllocsPerRun(100, func() { _, _ = ReadIndexes([]byte{6, 2, 0, 4}, 0, ZigZag, &x) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestSingleObject(t *testing.T) {
	value := AppendSingleObject(nil, 0x0123456789abcdef)
	if want := []byte{0xc3, 1, 0xef, 0xcd, 0xab, 0x89, 0x67, 0x45, 0x23, 1}; !bytes.Equal(value, want) {
		t.Fatalf("written as % x", value)
	}
	if fp, err := ReadSingleObject(value); err != nil || fp != 0x0123456789abcdef || !IsSingleObject(value) {
		t.Errorf("%x %v", fp, err)
	}
	for i := range value {
		if _, err := ReadSingleObject(value[:i]); reasonOf(t, err) != Truncated {
			t.Errorf("%d bytes: %v", i, err)
		}
	}
	for i := range 2 {
		bad := slices.Clone(value)
		bad[i]++
		if _, err := ReadSingleObject(bad); reasonOf(t, err) != UnknownMagic || IsSingleObject(bad) {
			t.Errorf("byte %d changed: %v", i, err)
		}
	}
}

func TestErrorText(t *testing.T) {
	_, err := ReadPrefix([]byte{7, 1, 2, 3, 4, 5, 6, 7, 8, 9})
	want := "the first byte is not that of a known frame (at byte 0, found 0x07; the value starts with 07 01 02 03 04 05 06 07)"
	if err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

// FuzzFrame checks that every accepted frame is written back to bytes that read
// the same, and that nothing else is returned without an error.
func FuzzFrame(f *testing.F) {
	f.Add([]byte{0, 0, 0, 0, 1, 0})
	f.Add([]byte{0, 0, 0, 0, 1, 6, 2, 0, 4})
	f.Add(append([]byte{1}, make([]byte, 20)...))
	f.Add([]byte{0xc3, 1, 1, 2, 3, 4, 5, 6, 7, 8})
	f.Fuzz(func(t *testing.T, value []byte) {
		if fp, err := ReadSingleObject(value); err == nil && !bytes.HasPrefix(value, AppendSingleObject(nil, fp)) {
			t.Errorf("single object % x", value)
		}
		p, err := ReadPrefix(value)
		if err != nil {
			return
		}
		if !p.HasGUID() && !bytes.HasPrefix(value, AppendID(nil, p.ID)) || p.HasGUID() && !bytes.HasPrefix(value, AppendGUID(nil, p.GUID)) {
			t.Fatalf("prefix % x", value)
		}
		var x, y Indexes
		end, err := ReadIndexes(value, p.Size, ZigZag, &x)
		if err != nil {
			return
		}
		if end <= p.Size || end > len(value) || x.Len() < 1 || x.Len() > MaxIndexes {
			t.Fatalf("end %d, %d indexes", end, x.Len())
		}
		again := AppendIndexes(nil, x.Path())
		if n, err := ReadIndexes(again, 0, ZigZag, &y); err != nil || n != len(again) || !slices.Equal(x.Path(), y.Path()) {
			t.Fatalf("% x reads as %v, %v", again, y.Path(), err)
		}
	})
}
