package jsonschema

import (
	"context"
	"testing"

	"github.com/instar-registry/instar/schema"
)

// TestFormats holds each format to strings at its edges.
func TestFormats(t *testing.T) {
	for name, c := range map[string]struct{ valid, invalid []string }{
		"date":      {[]string{"2024-02-29", "2000-02-29", "1999-12-31"}, []string{"2023-02-29", "1900-02-29", "2024-04-31", "2024-13-01", "24-01-01", ""}},
		"time":      {[]string{"00:00:00Z", "23:59:60Z", "23:59:59.123+01:00", "15:59:60-08:00", "00:29:60+00:30"}, []string{"24:00:00Z", "12:00:00", "22:59:60Z", "12:60:00Z", "12:00Z"}},
		"date-time": {[]string{"2024-02-29T12:00:00Z", "1998-12-31t23:59:60z"}, []string{"2024-02-29 12:00:00Z", "2023-02-29T12:00:00Z", "1998-12-31T22:59:60Z"}},
		"duration":  {[]string{"P1D", "PT1H30M", "P2W", "P1Y2M3DT4H5M6S"}, []string{"P", "PT", "P1W1D", "1D", "P1S"}},
		"uuid":      {[]string{"2EB8AA08-aa98-11ea-b4aa-73b441d16380"}, []string{"2eb8aa08aa9811eab4aa73b441d16380", ""}},
		"ipv4":      {[]string{"0.0.0.0", "255.255.255.255"}, []string{"256.0.0.0", "1.2.3", "01.2.3.4", "1.2.3.4.5"}},
		"ipv6": {
			[]string{"::", "::1", "1::", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "::ffff:1.2.3.4", "1:2:3:4:5:6:1.2.3.4"},
			[]string{":", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "12345::", "::1.2.3", "fe80::1%eth0"},
		},
		"hostname":              {[]string{"a", "example.com", "xn--nw2a.xn--j6w193g"}, []string{"", "-a", "a-", "a..b", "a_b"}},
		"email":                 {[]string{"a@b", "a.b@example.com", `"a b"@c`, "a@[127.0.0.1]", "a@[IPv6:::1]"}, []string{"a", "@b", "a.@b", ".a@b", "a..b@c", "a@"}},
		"json-pointer":          {[]string{"", "/", "/a~0b~1c"}, []string{"a", "/~", "/~2", "#/a"}},
		"relative-json-pointer": {[]string{"0", "1#", "10/a"}, []string{"", "01", "-1", "0##", "/a"}},
	} {
		f, known := FormatOf(name)
		if !known || f == nil {
			t.Errorf("%s is not interpreted", name)
			continue
		}
		for _, s := range c.valid {
			if !f.Valid(s) {
				t.Errorf("%s refuses %q", name, s)
			}
		}
		for _, s := range c.invalid {
			if f.Valid(s) {
				t.Errorf("%s accepts %q", name, s)
			}
		}
	}
}

// TestAsserting: both validators hold strings, and only strings, to the formats
// of the asserting copy.
func TestAsserting(t *testing.T) {
	s := mustParse(t, `{"$schema":"http://json-schema.org/draft-07/schema#","allOf":[true],"properties":{"d":{"$ref":"#/definitions/d"}},"definitions":{"d":{"format":"date"}}}`)
	for event, want := range map[string]bool{`{"d":"2024-02-29"}`: true, `{"d":"2023-02-29"}`: false, `{"d":1}`: true, `{}`: true} {
		for _, c := range []struct {
			schema *Schema
			want   bool
		}{{s, true}, {s.Asserting(), want}} {
			j, err := c.schema.Check(context.Background(), schema.Event{Encoding: schema.EncodingJSON, Bytes: []byte(event)})
			if err != nil || (len(j.Violations) == 0) != c.want {
				t.Errorf("%s: %v %v, want %t", event, j.Violations, err, c.want)
			}
			if got, err := c.schema.SecondOpinion(context.Background(), []byte(event)); err != nil || got != c.want {
				t.Errorf("%s: second %t %v, want %t", event, got, err, c.want)
			}
		}
	}
	if s.Asserting() != s.Asserting().Asserting() {
		t.Error("asserting twice gives another schema")
	}
	uri := mustParse(t, `{"format":"uri"}`).Asserting()
	if _, err := uri.Check(context.Background(), schema.Event{Encoding: schema.EncodingJSON, Bytes: []byte(`"a"`)}); err == nil {
		t.Error("a format that is not interpreted is judged")
	}
}
