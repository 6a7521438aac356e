// Package security holds the gates of the supply chain: which advisories are
// known and why they cannot be reached, which licences the programs carry, and
// how many modules they depend on. It has no code besides its tests.
package security

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/instar-registry/instar/internal/yamlx"
)

// root is the top of the repository, seen from this folder.
const root = ".."

// horizon is how far an entry of the allow-file may reach from its review.
const horizon = 90 * 24 * time.Hour

// allowance is one advisory that was looked at and found unreachable.
type allowance struct {
	id, module, reason string
	tests              []string
	reviewed, expires  time.Time
	line               int
}

// fix is an advisory that a version of the module has fixed.
type fix struct {
	id, module, version string
	line                int
}

// allowFile is vulnallow.yaml.
type allowFile struct {
	allowed []allowance
	fixed   []fix
}

// readAllowFile reads the file strictly: an unknown or missing key is a problem,
// since a misspelt one would switch a check off.
func readAllowFile(text []byte) (f allowFile, problems []string) {
	doc, syntax := yamlx.Parse(text, yamlx.DefaultLimits())
	for _, p := range syntax {
		problems = append(problems, p.Error())
	}
	if len(problems) > 0 {
		return f, problems
	}
	r := &reader{}
	r.keys(doc, "allowed", "fixed")
	for _, n := range items(doc.Get("allowed")) {
		r.keys(n, "id", "module", "reason", "tests", "reviewed", "expires")
		a := allowance{id: r.text(n, "id"), module: r.text(n, "module"), reason: r.text(n, "reason"), reviewed: r.day(n, "reviewed"), expires: r.day(n, "expires"), line: n.Line}
		for _, test := range items(n.Get("tests")) {
			a.tests = append(a.tests, test.Text)
		}
		f.allowed = append(f.allowed, a)
	}
	for _, n := range items(doc.Get("fixed")) {
		r.keys(n, "id", "module", "version")
		f.fixed = append(f.fixed, fix{r.text(n, "id"), r.text(n, "module"), r.text(n, "version"), n.Line})
	}
	return f, r.problems
}

// reader collects what is wrong with the shape of the file.
type reader struct{ problems []string }

func (r *reader) add(n *yamlx.Node, format string, args ...any) {
	r.problems = append(r.problems, fmt.Sprintf("line %d: ", n.Line)+fmt.Sprintf(format, args...))
}

func (r *reader) keys(n *yamlx.Node, known ...string) {
	for _, m := range n.Members {
		if !slices.Contains(known, m.Key) {
			r.problems = append(r.problems, fmt.Sprintf("line %d: unknown key %q; known are %s", m.Line, m.Key, strings.Join(known, ", ")))
		}
	}
}

func (r *reader) text(n *yamlx.Node, key string) string {
	v := n.Get(key)
	if v == nil || strings.TrimSpace(v.Text) == "" {
		r.add(n, "the entry has no %s", key)
		return ""
	}
	return v.Text
}

func (r *reader) day(n *yamlx.Node, key string) time.Time {
	d, err := time.Parse(time.DateOnly, r.text(n, key))
	if err != nil {
		r.add(n, "%s is not a day such as 2026-11-21", key)
	}
	return d
}

func items(n *yamlx.Node) []*yamlx.Node {
	if n == nil {
		return nil
	}
	return n.Items
}

var advisoryID = regexp.MustCompile(`^(GO|CVE)-\d{4}-\d{4,}$`)

// check returns what is wrong with the file on the given day. versions are the
// modules of the build; exists says whether a test exists.
func (f *allowFile) check(today time.Time, versions map[string]string, exists func(dir, test string) bool) (problems []string) {
	seen := map[string]bool{}
	add := func(line int, id, format string, args ...any) {
		problems = append(problems, fmt.Sprintf("line %d: %s ", line, id)+fmt.Sprintf(format, args...))
	}
	identify := func(line int, id string) {
		if !advisoryID.MatchString(id) {
			add(line, id, "is not the id of an advisory")
		}
		if seen[id] {
			add(line, id, "is listed twice")
		}
		seen[id] = true
	}
	for _, a := range f.allowed {
		identify(a.line, a.id)
		switch {
		case today.After(a.expires.Add(24 * time.Hour)):
			add(a.line, a.id, "expired on %s: look whether there is a fix, whether the tests still prove the reason, and renew it", a.expires.Format(time.DateOnly))
		case a.expires.Sub(a.reviewed) > horizon:
			add(a.line, a.id, "expires more than 90 days after its review")
		case a.reviewed.After(today.Add(24 * time.Hour)):
			add(a.line, a.id, "was reviewed in the future")
		}
		if len(a.tests) == 0 {
			add(a.line, a.id, "names no test that proves it unreachable")
		}
		for _, name := range a.tests {
			dir, test, ok := strings.Cut(name, " ")
			if !ok || !exists(dir, test) {
				add(a.line, a.id, "names the test %q, which does not exist; write the folder, a space, and the function", name)
			}
		}
	}
	for _, x := range f.fixed {
		identify(x.line, x.id)
		if have, used := versions[x.module]; used && older(have, x.version) {
			add(x.line, x.id, "is fixed in %s %s, and the build uses %s", x.module, x.version, have)
		}
	}
	return problems
}

// older compares two versions by their numbers.
func older(a, b string) bool {
	var x, y [3]int
	_, errA := fmt.Sscanf(a, "v%d.%d.%d", &x[0], &x[1], &x[2])
	_, errB := fmt.Sscanf(b, "v%d.%d.%d", &y[0], &y[1], &y[2])
	return errA != nil || errB != nil || slices.Compare(x[:], y[:]) < 0
}

// testExists looks for a test function in the sources of a folder.
func testExists(dir, test string) bool {
	files, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(dir), "*_test.go"))
	if err != nil {
		return false
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err == nil && strings.Contains(string(b), "\nfunc "+test+"(t *testing.T) {") {
			return strings.HasPrefix(test, "Test")
		}
	}
	return false
}

func loadAllowFile(t *testing.T) allowFile {
	t.Helper()
	b, err := os.ReadFile("vulnallow.yaml")
	if err != nil {
		t.Fatal(err)
	}
	f, problems := readAllowFile(b)
	for _, p := range problems {
		t.Errorf("vulnallow.yaml: %s", p)
	}
	if len(problems) > 0 {
		t.FailNow()
	}
	return f
}

func TestAllowFile(t *testing.T) {
	f := loadAllowFile(t)
	for _, p := range f.check(time.Now(), versions(t), testExists) {
		t.Errorf("vulnallow.yaml: %s", p)
	}
	// The advisories that the choice of the modules took into account.
	for _, id := range []string{"GO-2026-5046", "GO-2026-5047", "GO-2026-5048", "CVE-2026-25766", "GO-2026-6094", "GO-2024-2605", "GO-2024-2606", "GO-2026-5004", "GO-2021-0051", "GO-2022-1031"} {
		if !f.lists(id) && !slices.ContainsFunc(f.fixed, func(x fix) bool { return x.id == id }) {
			t.Errorf("vulnallow.yaml does not know %s", id)
		}
	}
}

func (f *allowFile) lists(ids ...string) bool {
	return slices.ContainsFunc(f.allowed, func(a allowance) bool { return slices.Contains(ids, a.id) })
}

// TestAllowFileIsChecked breaks the file in every way that the gate is for.
func TestAllowFileIsChecked(t *testing.T) {
	const good = `{id: GO-2026-0001, module: m, reason: r, tests: [a TestB], reviewed: 2026-11-21, expires: 2027-02-19}`
	today := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	exists := func(dir, test string) bool { return dir == "a" && test == "TestB" }
	for _, c := range []struct{ name, text, want string }{
		{"good", "allowed: [" + good + "]", ""},
		{"unknown key", "allowed: [" + strings.Replace(good, "reason", "raeson", 1) + "]", "unknown key"},
		{"unknown part", "alowed: [" + good + "]", "unknown key"},
		{"no reason", "allowed: [" + strings.Replace(good, "reason: r, ", "", 1) + "]", "has no reason"},
		{"no test", "allowed: [" + strings.Replace(good, "a TestB", "", 1) + "]", "names no test"},
		{"missing test", "allowed: [" + strings.Replace(good, "TestB", "TestC", 1) + "]", "does not exist"},
		{"no day", "allowed: [" + strings.Replace(good, "2027-02-19", "soon", 1) + "]", "not a day"},
		{"expired", "allowed: [" + strings.Replace(good, "2027-02-19", "2026-11-20", 1) + "]", "expired on 2026-11-20"},
		{"too far", "allowed: [" + strings.Replace(good, "2027-02-19", "2027-02-20", 1) + "]", "more than 90 days"},
		{"reviewed tomorrow", "allowed: [" + strings.NewReplacer("2026-11-21", "2026-11-24").Replace(good) + "]", "in the future"},
		{"twice", "allowed: [" + good + ", " + good + "]", "listed twice"},
		{"no id", "allowed: [" + strings.Replace(good, "GO-2026-0001", "x", 1) + "]", "not the id"},
		{"fixed later", "fixed: [{id: GO-2026-0002, module: m, version: v1.3.0}]", "is fixed in m v1.3.0"},
		{"fixed before", "fixed: [{id: GO-2026-0002, module: m, version: v1.2.3}]", ""},
		{"fixed elsewhere", "fixed: [{id: GO-2026-0002, module: unused, version: v9.0.0}]", ""},
	} {
		f, problems := readAllowFile([]byte(c.text))
		if len(problems) == 0 {
			problems = f.check(today, map[string]string{"m": "v1.2.10"}, exists)
		}
		got := strings.Join(problems, "\n")
		if (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}
