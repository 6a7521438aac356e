package security

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// scanner is the pinned tool; the version is the newest that was tried.
const scanner = "golang.org/x/vuln/cmd/govulncheck@v1.8.0"

var online = flag.String("govulncheck", "off", "off: only the offline gate; try: scan if the vulnerability database can be reached; require: fail if it cannot")

// finding is one advisory that concerns the build.
type finding struct {
	id      string
	aliases []string
	fixed   string
	module  string
}

// readReport reads the stream of JSON messages that the scanner writes. A
// finding counts at whatever depth it was made: for an archived module, required
// is near enough to called.
func readReport(r io.Reader) ([]finding, error) {
	type trace struct {
		Module string `json:"module"`
	}
	type message struct {
		OSV *struct {
			ID      string   `json:"id"`
			Aliases []string `json:"aliases"`
		} `json:"osv"`
		Finding *struct {
			OSV   string  `json:"osv"`
			Fixed string  `json:"fixed_version"`
			Trace []trace `json:"trace"`
		} `json:"finding"`
	}
	aliases := map[string][]string{}
	var found []finding
	messages := 0
	for d := json.NewDecoder(r); ; messages++ {
		var m message
		if err := d.Decode(&m); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("the report of the scanner, message %d: %w", messages+1, err)
		}
		if m.OSV != nil {
			aliases[m.OSV.ID] = m.OSV.Aliases
		}
		if m.Finding == nil || slices.ContainsFunc(found, func(f finding) bool { return f.id == m.Finding.OSV }) {
			continue
		}
		f := finding{id: m.Finding.OSV, fixed: m.Finding.Fixed}
		if len(m.Finding.Trace) > 0 {
			f.module = m.Finding.Trace[0].Module
		}
		found = append(found, f)
	}
	if messages == 0 {
		return nil, errors.New("the report of the scanner is empty")
	}
	for i := range found {
		found[i].aliases = aliases[found[i].id]
	}
	return found, nil
}

// unlisted returns the findings that the allow-file does not know.
func (f *allowFile) unlisted(found []finding) (out []finding) {
	for _, x := range found {
		if !f.lists(append([]string{x.id}, x.aliases...)...) {
			out = append(out, x)
		}
	}
	return out
}

// errUnreachable means that nothing was learned.
var errUnreachable = errors.New("the vulnerability database cannot be reached")

func scan() ([]finding, error) {
	c := exec.Command("go", "run", scanner, "-format", "json", "-test", "./...") //nolint:noctx // ends by itself
	c.Dir = root
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	if err := c.Run(); err != nil {
		if strings.Contains(errs.String(), "fetching vulnerabilities") {
			return nil, fmt.Errorf("%w: %s", errUnreachable, strings.TrimSpace(errs.String()))
		}
		return nil, fmt.Errorf("%s: %w: %s", scanner, err, errs.String())
	}
	return readReport(&out)
}

// TestAdvisories scans the module and all its tests, if that is asked for.
func TestAdvisories(t *testing.T) {
	f := loadAllowFile(t)
	if *online == "off" {
		t.Skip("NOT SCANNED: only the allow-file was checked; \"make vuln\" asks the vulnerability database")
	}
	found, err := scan()
	if errors.Is(err, errUnreachable) && *online == "try" {
		t.Skipf("NOT SCANNED: only the allow-file was checked: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range f.unlisted(found) {
		advice := "there is no fixed version: prove that it cannot be reached and list it in vulnallow.yaml, or leave the module"
		if x.fixed != "" {
			advice = "upgrade to " + x.fixed
		}
		t.Errorf("%s in %s is not listed; %s", x.id, x.module, advice)
	}
	t.Logf("%d advisories concern the build", len(found))
}

// TestReportIsRead holds the gate to a report in the scanner's format.
func TestReportIsRead(t *testing.T) {
	b, err := os.ReadFile("testdata/report.json")
	if err != nil {
		t.Fatal(err)
	}
	found, err := readReport(bytes.NewReader(b))
	if err != nil || len(found) != 4 {
		t.Fatalf("%v %v", found, err)
	}
	f := loadAllowFile(t)
	got := f.unlisted(found)
	if len(got) != 2 || got[0].id != "GO-2026-9001" || got[0].module != "example.com/unlisted" || got[0].fixed != "v1.2.3" || got[1].id != "GO-2026-9003" {
		t.Errorf("unlisted: %+v", got)
	}
	for name, text := range map[string]string{"empty": "", "cut": string(b[:len(b)/2]), "no JSON": "govulncheck: no"} {
		if _, err := readReport(strings.NewReader(text)); err == nil {
			t.Errorf("a report that is %s was believed", name)
		}
	}
}
