package lint

import (
	"regexp"
	"strings"
	"time"

	"github.com/instar-registry/instar/internal/jsonx"
	"github.com/instar-registry/instar/internal/yamlx"
)

// fingerprintText is a fingerprint, with or without its algorithm.
var fingerprintText = regexp.MustCompile(`^(1:)?[0-9a-f]{6,16}$`)

// AddWaiver adds a waiver to the text of a configuration and leaves everything
// else as it is, comments too. It returns the new text and the line of the
// waiver.
func AddWaiver(file, body string, w Waiver, now time.Time) (string, int, error) {
	if !fingerprintText.MatchString(w.Fingerprint) {
		return "", 0, unusable("take it from a report: 16 hex digits", "%q is no fingerprint", w.Fingerprint)
	}
	before, err := ReadConfig(file, []byte(body))
	if err != nil {
		return "", 0, err
	}
	u := &waiverUse{Waiver: w}
	if f := (&run{Request: &Request{Now: now}}).faulty(u); f != nil {
		return "", 0, unusable("", "%s", f.Message)
	}
	item := "{" + strings.Join(waiverMembers(&w), ", ") + "}"
	node, _ := yamlx.Parse([]byte(body), yamlx.DefaultLimits()) // it was read above
	lines := strings.SplitAfter(body, "\n")
	at := len(lines)
	var insert string
	switch list := node.Get("waivers"); {
	case list == nil:
		if last := lines[len(lines)-1]; last != "" {
			lines[len(lines)-1] = last + "\n"
		}
		insert = "waivers:\n  - " + item + "\n"
	case len(list.Items) > 0 && strings.TrimSpace(lineUpTo(lines, list.Items[0])) == "-":
		at = list.Items[0].Line - 1
		dash := strings.IndexByte(lines[at], '-')
		insert = lines[at][:dash] + "- " + item + "\n"
	default:
		return "", 0, unusable("write them as a list, each on a line that begins with -", "the waivers of %s are in one line", file)
	}
	text := strings.Join(lines[:at], "") + insert + strings.Join(lines[at:], "")
	after, err := ReadConfig(file, []byte(text))
	if err != nil {
		return "", 0, err
	}
	if len(after.Waivers) != len(before.Waivers)+1 {
		return "", 0, unusable("add it by hand: "+item, "the waiver cannot be added to %s", file)
	}
	line := after.Waivers[0].Line
	if node.Get("waivers") == nil {
		line = after.Waivers[len(after.Waivers)-1].Line
	}
	return text, line, nil
}

// lineUpTo is what stands before a node on its line.
func lineUpTo(lines []string, n *yamlx.Node) string {
	line := []rune(lines[n.Line-1])
	return string(line[:min(n.Column-1, len(line))])
}

func waiverMembers(w *Waiver) []string {
	var out []string
	for _, m := range [][2]string{{"rule", w.Rule}, {"fingerprint", w.Fingerprint}, {"subject", w.Subject}, {"path", w.Path}, {"reason", w.Reason}, {"by", w.By}} {
		if m[1] != "" {
			out = append(out, m[0]+": "+jsonx.Quote(m[1]))
		}
	}
	if w.Permanent {
		return append(out, "permanent: true")
	}
	return append(out, "until: "+w.Until)
}
