package jsonx

import (
	"encoding/json"
	"errors"
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
