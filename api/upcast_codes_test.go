package api

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/instar-registry/instar/api/wire"
)

// TestTranscriptsShowEveryUpcastCode: a transcript shows a request that gets each of
// the codes about upcasters. A broken plan cannot be asked for: TestBrokenPlans makes
// one.
func TestTranscriptsShowEveryUpcastCode(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	var all []byte
	for _, f := range files {
		body, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, body...)
	}
	codes := map[int]bool{wire.CodeDeadLetter: true, wire.CodeNotPermitted: true, wire.CodeInvalidRuleSet: true}
	for _, o := range outcomes {
		if o.code >= 10_000 && o.code%100 >= 50 && o.code%100 < 60 && o.code != wire.CodeBrokenPlan {
			codes[o.code] = true
		}
	}
	if len(codes) < 18 {
		t.Errorf("only %d codes are about upcasters", len(codes))
	}
	for code := range codes {
		error, end := fmt.Sprintf(`"error_code":%d,`, code), fmt.Sprintf(`"code":%d,`, code)
		if !bytes.Contains(all, []byte(error)) && !bytes.Contains(all, []byte(end)) {
			t.Errorf("no transcript shows %d", code)
		}
	}
}
