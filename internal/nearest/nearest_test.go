package nearest

import (
	"strings"
	"testing"
)

func TestName(t *testing.T) {
	known := []string{"severity", "sources", "references", "level"}
	for want, name := range map[string]string{
		"severty": "severity", "soruces": "sources", "reference": "references", "levle": "level", "": "", "colour": "",
		"levels": "level", strings.Repeat("l", 10_000): "",
	} {
		if got := Name(want, known); got != name {
			t.Errorf("%.20q: %q, want %q", want, got, name)
		}
	}
	if got := Name("ab", []string{"ac", "ad"}); got != "ac" {
		t.Errorf("of two that are equally near %q was taken", got)
	}
	if got := Name(strings.Repeat("a", maxName+1), []string{strings.Repeat("a", maxName+2)}); got != "" {
		t.Error("names beyond the bound were compared")
	}
}
