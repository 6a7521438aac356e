package jsonx

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/bits"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/instar-registry/instar/schema"
)

var limits = Limits{Bytes: 1 << 16, Depth: 20, Nodes: 500, Digits: 40, Exponent: 40}

func TestParseAndPrint(t *testing.T) {
	for _, in := range []string{
		`null`, `true`, `false`, `0`, `-1.50e+7`, `""`, `[]`, `{}`,
		`{"b":[1,2.0,{"a":null}],"a":"<&>é😀"}`, `"\"\\\n\t\u0001"`,
	} {
		v, err := Parse(in, limits)
		if err != nil {
			t.Fatalf("%s: %v", in, err)
		}
		out := string(Append(nil, v))
		again, err := Parse(out, limits)
		if err != nil || string(Append(nil, again)) != out {
			t.Errorf("%s prints as %s, which is no fixed point (%v)", in, out, err)
		}
		var a, b any
		if json.Unmarshal([]byte(in), &a) != nil || json.Unmarshal([]byte(out), &b) != nil {
			t.Errorf("%s or %s is refused by encoding/json", in, out)
		}
	}
}

func TestRefusals(t *testing.T) {
	cases := map[string]struct{ in, want string }{
		"empty":            {"", "the text is empty"},
		"trailing":         {`{} x`, "after the end"},
		"duplicate":        {"{\"a\":1,\n \"a\":2}", "line 2, column 2"},
		"invalid utf-8":    {"\"\xff\"", "not valid UTF-8"},
		"lone surrogate":   {`"\ud800"`, "surrogate"},
		"nan":              {`NaN`, "unexpected 'N'"},
		"bom":              {"\ufeff{}", "byte order mark"},
		"control":          {"\"a\x01\"", "control character 0x01"},
		"leading zero":     {`01`, "superfluous 0"},
		"depth":            {strings.Repeat("[", 30), "json-depth is 20"},
		"nodes":            {"[" + strings.Repeat("1,", 600) + "1]", "json-nodes is 500"},
		"digits":           {strings.Repeat("9", 50), "number-digits is 40"},
		"exponent":         {`1e1000000000`, "number-exponent is 40"},
		"exponent too big": {`1e99999999999999999999`, "number-exponent is 40"},
		"unclosed":         {`{"a":`, "ends where a value should be"},
		"comma":            {`[1,]`, "unexpected ']'"},
	}
	for name, c := range cases {
		_, err := Parse(c.in, limits)
		var e *schema.Error
		if !errors.As(err, &e) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}

func TestLenient(t *testing.T) {
	l := limits
	l.Lenient = true
	v, err := Parse(`{"a":1,"b":"\ud800","a":2}`, l)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(Append(nil, v)); got != `{"a":2,"b":"`+"\ufffd"+`"}` {
		t.Errorf("got %s", got)
	}
}

func TestCompareUTF16(t *testing.T) {
	if CompareUTF16("\U00010000", "\uffff") >= 0 || CompareUTF16("a", "b") >= 0 || CompareUTF16("ab", "a") <= 0 {
		t.Error("order differs from UTF-16 code units")
	}
}

// FuzzParse holds jsonx to encoding/json: what we accept, it accepts with the
// same meaning, and printing is a fixed point.
func FuzzParse(f *testing.F) {
	for _, s := range []string{`{"a":[1,2e3,"x\u00e9"]}`, `"\ud83d\ude00"`, `[[[]]]`, `-0.0`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		v, err := Parse(in, limits)
		if err != nil {
			return
		}
		if !json.Valid([]byte(in)) {
			t.Fatalf("accepted %q", in)
		}
		out := string(Append(nil, v))
		again, err := Parse(out, limits)
		if err != nil {
			t.Fatalf("print of %q does not parse: %v", in, err)
		}
		if got := string(Append(nil, again)); got != out {
			t.Fatalf("no fixed point: %q, then %q", out, got)
		}
	})
}

// TestTogether: values made in slabs are the same values, of texts of any size.
func TestTogether(t *testing.T) {
	texts := []string{`1`, `{}`, `[]`, `[[],{},"",{"a":[1,{"b":null}]}]`, `{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8,"i":9,"j":{"a":[]}}`}
	for _, n := range []int{1, 3, slabValues - 1, slabValues, slabValues + 1, 1000} {
		texts = append(texts, "["+strings.Repeat(`{"a":[1,"x"]},`, n)+"0]")
	}
	for _, text := range texts {
		one, err := Parse(text, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		all, err := Parse(text, Limits{Together: true})
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(one, all) || string(Append(nil, all)) != text {
			t.Errorf("%.80s is read as %.80s", text, Append(nil, all))
		}
	}
}

// TestManyMembers: a key that occurs twice is found whatever the number of keys,
// and told after the value that repeats it.
func TestManyMembers(t *testing.T) {
	for n := 1; n < 40; n++ {
		for at := range n {
			var b strings.Builder
			for i := range n {
				fmt.Fprintf(&b, `"k%d":[%d],`, i, i)
			}
			text := fmt.Sprintf(`{%s"k%d":{"k%d":1}}`, b.String(), at, at)
			if _, err := Parse(text, Limits{}); err == nil || !strings.Contains(err.Error(), fmt.Sprintf(`"k%d" occurs twice`, at)) {
				t.Fatalf("%s: %v", text, err)
			}
			v, err := Parse(text, Limits{Lenient: true})
			if err != nil || len(v.Members) != n || v.Members[at].Value.Kind != Object {
				t.Fatalf("%s: %v, %v", text, v, err)
			}
		}
	}
}

// TestSmallTree holds the memory of a tree to what it is made of: a text may not
// cost many times its values.
func TestSmallTree(t *testing.T) {
	for _, c := range []struct {
		text  string
		bytes uint64 // for each of 100,000 repetitions
	}{
		{`1`, 160}, {`{}`, 160}, {`{"a":1}`, 290}, {`[[]]`, 270}, {`{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8}`, 1200},
	} {
		const n = 100_000
		text := "[" + strings.Repeat(c.text+",", n) + "0]"
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		v, err := Parse(text, Limits{Together: true})
		runtime.ReadMemStats(&after)
		if err != nil || len(v.Items) != n+1 {
			t.Fatal(err)
		}
		if got := (after.TotalAlloc - before.TotalAlloc) / n; got > c.bytes {
			t.Errorf("%s takes %d bytes, at most %d are expected", c.text, got, c.bytes)
		}
	}
}

// TestNotPlain holds each byte at each of eight places to what it says of it: the
// first byte that is marked is the first that a string cannot hold as it is.
func TestNotPlain(t *testing.T) {
	for at := range 8 {
		for c := range 256 {
			for _, other := range []byte{'a', ' ', '!', '#', '[', ']', 0x7f} {
				w := uint64(0)
				for i := range 8 {
					b := other
					if i == at {
						b = byte(c)
					}
					w |= uint64(b) << (8 * i)
				}
				want := 64
				if c < ' ' || c == '"' || c == '\\' || c >= 0x80 {
					want = 8*at + 7
				}
				if got := bits.TrailingZeros64(NotPlain(w)); got != want {
					t.Fatalf("%#x is marked at bit %d, not at %d", w, got, want)
				}
			}
		}
	}
}
