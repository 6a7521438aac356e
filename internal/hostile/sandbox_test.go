package hostile

import (
	"bytes"
	"strconv"
	"strings"
	"testing"
)

// TestParsingOpensNothing plays every case under a filter that ends the process
// at the first attempt to open a file, a socket or a program, and asks each
// accepted schema for everything that it can compute: its texts, fields,
// fingerprints, samples, tags, and judgements of the samples. The filter is in
// place before the first case, so what the libraries do once counts too.
func TestParsingOpensNothing(t *testing.T) {
	if sandboxArch == 0 {
		t.Skip("NOT PROVED on this platform: the filter exists for Linux on amd64 and arm64, where this test must run before a release")
	}
	cases := Cases()
	c := startChild(t, modeSandbox)
	accepted := 0
	for i := range cases {
		r, err := c.ask(strconv.Itoa(i), deadline)
		if err != nil {
			t.Errorf("%s: %v", cases[i].ID(), err)
			c = startChild(t, modeSandbox)
			continue
		}
		if m := cases[i].Want.mismatch(r.Outcome); m != "" {
			t.Errorf("%s %s", cases[i].ID(), m)
		}
		if r.Sick != "" {
			t.Errorf("%s left a sick process: %s", cases[i].ID(), r.Sick)
		}
		if r.Outcome.Answer != Refused && r.Outcome.Answer != NotFrame {
			accepted++
		}
	}
	if err := c.stop(); err != nil {
		t.Error(err)
	}
	// Without accepted schemas nothing would have been computed.
	if accepted < 100 {
		t.Errorf("only %d cases got past the parser", accepted)
	}
}

// TestSandboxHolds shows that the proof above can fail: a child that does open
// something does not survive it.
func TestSandboxHolds(t *testing.T) {
	if sandboxArch == 0 {
		t.Skip("there is no sandbox on this platform")
	}
	for _, mode := range []string{modeOpenFile, modeDial, modeStartProgram} {
		c := command(mode)
		var out, errs bytes.Buffer
		c.Stdout, c.Stderr = &out, &errs
		err := c.Run()
		if err == nil || strings.Contains(out.String(), "survived") || !strings.Contains(errs.String(), "SIGSYS") {
			t.Errorf("a child that tried to %s ended with %v\n%s\n%.2000s", mode, err, out.String(), errs.String())
		}
	}
}
