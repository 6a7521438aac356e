package archive

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/instar-registry/instar/registry"
)

func sample(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := NewWriter(&b, Header{Seq: 7, Contexts: []string{".", ".pay"}})
	if err != nil {
		t.Fatal(err)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	hash, err := w.Text(`"string" <&> ` + "\u2028")
	must(err)
	const guid = "095d71cf-1255-6b9d-5e33-0ad575b3df5d"
	must(w.Version(VersionLine{Context: ".", Subject: "a", Version: 1, ID: 1, GUID: guid, SchemaType: "AVRO", Text: hash, At: 5}))
	must(w.Version(VersionLine{
		Context: ".", Subject: "b", Version: 3, ID: 1, GUID: guid, SchemaType: "AVRO", Text: hash, Deleted: true,
		References: []Reference{{"x", "a", 1}, {"y", "gone", 1}},
	}))
	doc, err := w.Text("instar: upcast/v1")
	must(err)
	must(w.Upcaster(UpcasterLine{
		Context: ".", Subject: "b", From: 1, To: 3, Revision: 2, State: "active", Text: doc, Document: "sha256:00", Verdict: "PROVED", Class: "iso",
		Total: true, Prover: "1", Bridges: true, At: 6,
	}))
	must(w.Config(ConfigLine{Context: ".pay", Config: &registry.Config{Compatibility: "FULL"}}))
	must(w.Mode(ModeLine{Context: ".", Subject: "a", Mode: "READONLY"}))
	must(w.Close())
	return b.Bytes()
}

func TestRoundTrip(t *testing.T) {
	text := sample(t)
	s, err := Check(bytes.NewReader(text), DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	if s.Counts != (Counts{Texts: 2, Versions: 2, Upcasters: 1, Configs: 1, Modes: 1}) || s.Dangling != 1 || s.Header.Seq != 7 || s.Lines != 9 || len(s.Scopes) != 3 {
		t.Errorf("%+v", s)
	}
	a, err := NewReader(bytes.NewReader(text), DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	line, err := a.Next()
	if err != nil || line.Text.Body != `"string" <&> `+"\u2028" {
		t.Errorf("%+v %v", line.Text, err)
	}
	line, err = a.Next()
	if err != nil || line.Version.Subject != "a" || line.Version.At != 5 {
		t.Errorf("%+v %v", line.Version, err)
	}
}

func TestEveryCutIsRefused(t *testing.T) {
	text := sample(t)
	for n := range text {
		_, err := Check(bytes.NewReader(text[:n]), DefaultLimits())
		var damage *DamageError
		if !errors.As(err, &damage) {
			t.Fatalf("cut after %d bytes: %v", n, err)
		}
	}
}

func TestEveryAlteredByteIsRefused(t *testing.T) {
	text := sample(t)
	for n := range text {
		bad := bytes.Clone(text)
		bad[n] ^= 1
		if _, err := Check(bytes.NewReader(bad), DefaultLimits()); err == nil {
			t.Fatalf("byte %d (%q) changed to %q and accepted", n, text[n], bad[n])
		}
	}
	if _, err := Check(bytes.NewReader(append(text, "\n"...)), DefaultLimits()); err == nil {
		t.Error("something after the end was accepted")
	}
}

// reseal writes lines as an archive with right counts and checksum, so that only
// their meaning can be wrong.
func reseal(t *testing.T, lines ...string) io.Reader {
	t.Helper()
	var b bytes.Buffer
	w, err := NewWriter(&b, Header{})
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lines {
		if _, err := io.WriteString(io.MultiWriter(w.out, w.sum), l+"\n"); err != nil {
			t.Fatal(err)
		}
		switch {
		case strings.Contains(l, `"t":"text"`):
			w.counts.Texts++
		case strings.Contains(l, `"t":"version"`):
			w.counts.Versions++
		case strings.Contains(l, `"t":"upcaster"`):
			w.counts.Upcasters++
		case strings.Contains(l, `"t":"config"`):
			w.counts.Configs++
		case strings.Contains(l, `"t":"mode"`):
			w.counts.Modes++
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return &b
}

func TestLinesThatCannotBeRight(t *testing.T) {
	const (
		hash = "473287f8298dba7163a897908958f7c0eae733e25d2e027992ea2edc9bed2fa8" // of "string" without quotes
		text = `{"t":"text","hash":"` + hash + `","body":"string"}`
		v    = `{"t":"version","context":".","subject":"a","version":1,"id":1,"guid":"095d71cf-1255-6b9d-5e33-0ad575b3df5d","schemaType":"AVRO","text":"` + hash + `","at":1}`
	)
	u := `{"t":"upcaster","context":".","subject":"a","from":1,"to":2,"revision":1,"state":"active","text":"` + hash + `","document":"sha256:00","verdict":"PROVED","prover":"1","at":1}`
	edit := func(line, from, to string) string {
		if !strings.Contains(line, from) {
			t.Fatalf("%s is not in %s", from, line)
		}
		return strings.Replace(line, from, to, 1)
	}
	if _, err := Check(reseal(t, text, v, u, edit(u, `revision":1,"state":"active`, `revision":2,"state":"withdrawn`)), DefaultLimits()); err != nil {
		t.Fatal(err)
	}
	other := strings.Replace(v, `"version":1`, `"version":2`, 1)
	for name, c := range map[string]struct {
		lines []string
		want  string
	}{
		"version before text":   {[]string{v, text}, "does not stand before"},
		"version twice":         {[]string{text, v, v}, "is there twice"},
		"text twice":            {[]string{text, text}, "is there twice"},
		"id for two schemas":    {[]string{text, v, strings.Replace(other, "AVRO", "JSON", 1)}, "stands for another schema"},
		"bad guid":              {[]string{text, strings.Replace(v, "095d", "zzzz", 1)}, "GUID"},
		"bad type":              {[]string{text, strings.Replace(v, "AVRO", "XML", 1)}, "unknown schema type"},
		"version zero":          {[]string{text, strings.Replace(v, `"version":1`, `"version":0`, 1)}, "not between"},
		"id too high":           {[]string{text, strings.Replace(v, `"id":1`, `"id":2147483648`, 1)}, "not between"},
		"context without dot":   {[]string{text, strings.Replace(v, `"context":"."`, `"context":"x"`, 1)}, "context"},
		"unknown kind":          {[]string{`{"t":"label"}`}, "does not know"},
		"unknown property":      {[]string{strings.Replace(text, `"body"`, `"extra":1,"body"`, 1)}, "extra"},
		"no object":             {[]string{`[]`}, "JSON object"},
		"not UTF-8":             {[]string{"\"\xff\""}, "UTF-8"},
		"upcaster before text":  {[]string{v, u}, "does not stand before"},
		"upcaster backwards":    {[]string{text, edit(u, `"to":2`, `"to":1`)}, "from version 1 to 1"},
		"upcaster away to zero": {[]string{text, edit(u, `"to":2`, `"away":true,"to":0`)}, "from version 1 to 0"},
		"revision zero":         {[]string{text, edit(u, `"revision":1`, `"revision":0`)}, "not between"},
		"unknown state":         {[]string{text, edit(u, "active", "sleeping")}, "unknown state"},
		"unknown verdict":       {[]string{text, edit(u, "PROVED", "GOOD")}, "unknown verdict"},
		"upcaster twice":        {[]string{text, u, edit(u, "active", "withdrawn")}, "is there twice"},
		"two active ones":       {[]string{text, u, edit(u, `"revision":1`, `"revision":2`)}, "is there twice"},
		"upcaster of a context": {[]string{text, edit(u, `"context":"."`, `"context":"x"`)}, "context"},
		"config without value":  {[]string{`{"t":"config","context":".","subject":""}`}, "missing"},
		"mode unknown":          {[]string{`{"t":"mode","context":".","subject":"","mode":"OFF"}`}, "unknown mode"},
		"mode twice": {[]string{
			`{"t":"mode","context":".","subject":"","mode":"IMPORT"}`,
			`{"t":"mode","context":".","subject":"","mode":"IMPORT"}`,
		}, "is there twice"},
	} {
		_, err := Check(reseal(t, c.lines...), DefaultLimits())
		var bad *LineError
		if !errors.As(err, &bad) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLimits(t *testing.T) {
	text := sample(t)
	for _, l := range []Limits{{100, 100, 1000}, {1 << 20, 3, 1000}, {1 << 20, 100, 60}} {
		_, err := Check(bytes.NewReader(text), l)
		var over *LimitError
		if !errors.As(err, &over) {
			t.Errorf("%+v: %v", l, err)
		}
	}
	if _, err := NewReader(strings.NewReader("{}\n"), DefaultLimits()); err == nil {
		t.Error("no header and accepted")
	}
	if _, err := NewReader(strings.NewReader(`{"format":"instar-export","version":2,"seq":1,"contexts":[]}`+"\n"), DefaultLimits()); err == nil {
		t.Error("another version and accepted")
	}
}

// FuzzCheck holds that no text makes the reader panic, and that what it accepts
// it accepts again line by line.
func FuzzCheck(f *testing.F) {
	f.Add([]byte(`{"format":"instar-export","version":1,"seq":1,"contexts":[]}` + "\n" + `{"t":"end","texts":0,"versions":0,"configs":0,"modes":0,"sha256":""}` + "\n"))
	f.Add([]byte("{}\n"))
	f.Add([]byte(""))
	limits := Limits{Bytes: 1 << 16, Lines: 100, LineBytes: 1 << 12}
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := Check(bytes.NewReader(text), limits)
		if err != nil {
			return
		}
		a, err := NewReader(bytes.NewReader(text), limits)
		for err == nil {
			_, err = a.Next()
		}
		if !errors.Is(err, io.EOF) || a.Counts() != s.Counts {
			t.Fatalf("checked, then %v with %+v instead of %+v", err, a.Counts(), s.Counts)
		}
	})
}
