package upcast

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// TestEveryCheckCounts leaves out one check of the prover at a time, for each that
// any case meets, and holds that one of the cases is promised more then than is
// true: a mistake is taken for a document, a document for a proof, a loss for none.
// Every place in the code that refuses a document must be met.
func TestEveryCheckCounts(t *testing.T) {
	t.Cleanup(func() { overlook = nil })
	met := map[string][]namedCase{}
	answers := map[string]answer{}
	for _, c := range append(manyCases(t), mistakenCases()...) {
		seen := map[string]bool{}
		overlook = func(check string) bool { seen[checkAt(check)] = true; return false }
		answers[c.name] = answerOf(t, c)
		for check := range seen {
			met[check] = append(met[check], c)
		}
	}
	for _, check := range slices.Sorted(maps.Keys(met)) {
		if strings.HasPrefix(check, "O8 expr_total.go") {
			continue // what takes too long to prove is too large as a plan, too
		}
		overlook = func(x string) bool { return checkAt(x) == check }
		if !slices.ContainsFunc(met[check], func(c namedCase) bool { return answerOf(t, c) > answers[c.name] }) {
			t.Errorf("without the check %s, none of its %d cases is promised more: %s, ...", check, len(met[check]), met[check][0].name)
		}
	}
	overlook = nil
	for _, place := range checksInCode(t) {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(met)), func(check string) bool { return strings.Contains(check, place) }) {
			t.Errorf("no case meets the check at %s", place)
		}
	}
	t.Logf("%d checks, %d cases", len(met), len(answers))
}

// answer is how much a verdict promises.
type answer int

const (
	mistake  answer = iota // the document means nothing
	unproved               // REFUTED, or TESTED with what is open
	noDown
	lossy
	lossyOneWay
	iso
	belied // a proof that events belie, or that could not go on
)

func answerOf(t *testing.T, c namedCase) (a answer) {
	t.Helper()
	defer func() {
		if recover() != nil {
			a = belied
		}
	}()
	h, err := c.verify(t)
	var wrong *Error
	switch {
	case errors.As(err, &wrong):
		return mistake
	case err != nil:
		return belied
	case h.Verdict.Outcome != Proved:
		return unproved
	}
	return map[Class]answer{OneWay: noDown, Lossy: lossy, LossyUp: lossyOneWay, LossyDown: lossyOneWay, Iso: iso}[h.Verdict.Class]
}

// checkAt names a check by the place in the code that makes it; what many share is
// told apart by who asks.
func checkAt(check string) string {
	pcs := make([]uintptr, 12)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	out := check
	for {
		f, more := frames.Next()
		name := f.Function[strings.LastIndex(f.Function, ".")+1:]
		switch {
		case strings.HasSuffix(f.File, "_test.go"), slices.Contains([]string{"overlooked", "breaks", "breaksBy", "opens", "wrong", "refuse", "limit", "badExpr"}, name):
		case name == "partial":
			out += " " + lineIn(f.File, f.Line)
		default:
			return out + " " + lineIn(f.File, f.Line)
		}
		if !more {
			return out
		}
	}
}

func lineIn(file string, line int) string { return fmt.Sprintf("%s:%d", filepath.Base(file), line) }

// refusing are the calls that refuse a document.
var refusing = regexp.MustCompile(`\b(b|t|m\.b|p\.t\.b)\.(breaks|breaksBy|wrong|refuse|limit|badExpr)\(`)

// idleChecks are refusals that no document is known to lead to, each by a part of its
// line, with the reason.
var idleChecks = [][2]string{
	{`"a value is no union but`, "whoever asks for branches has seen a union"},
	{`is no map but %s", op.Path, t), "")`, "the way back of wrap begins at a map"},
	{`has no single type`, "a literal has the type of its place"},
	{`"this macro is not offered"`, "the front end knows no other macros"},
	{`"types cannot be computed on"`, "the checker refuses types by their names"},
	{`"this part has no fields"`, "the checker refuses it before"},
	{`"there is no field "+field`, "the checker refuses it before"},
	{`has several meanings here`, "without dyn the checker finds one meaning"},
	{`is read as another type, which is not proved`, "only JSON reads values as other types, and a leg that is proved"},
	{`op.Name()+" is not carried out here"`, "every operation is"},
}

// checksInCode lists the places of the code that refuse a document.
func checksInCode(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for line := range strings.Lines(string(text)) {
			if n++; refusing.MatchString(line) && !slices.ContainsFunc(idleChecks, func(c [2]string) bool { return strings.Contains(line, c[0]) }) {
				out = append(out, lineIn(file, n))
			}
		}
	}
	return out
}
