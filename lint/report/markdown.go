package report

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/instar-registry/instar/compat"
	"github.com/instar-registry/instar/lint"
)

// The bounds of services: of a comment, and of a job summary.
const (
	maxComment = 65_536
	maxSummary = 1 << 20
)

// Marker is the first line of a comment; who updates the comment of an earlier
// run finds it by this.
const Marker = "<!-- evcheck-report/v1 -->"

func writeMarkdown(b *buffer, r *lint.Report, o Options) error {
	b.str(Marker, "\n")
	document(b, r, o, maxComment)
	return nil
}

func writeGitHubSummary(b *buffer, r *lint.Report, o Options) error {
	document(b, r, o, maxSummary)
	return nil
}

// document writes as many findings as fit below a size, and then how many are
// left.
func document(b *buffer, r *lint.Report, o Options, limit int) {
	const tail = 512 // kept for the last lines
	b.str("## evcheck: ", verdictWords(r), "\n\n", markdownText(summaryLine(r, o)), "\n\n")
	if r.Summary.Verdict == lint.VerdictIncomplete {
		b.str("**Incomplete:** ", markdownText(short(r.Summary.Reason, tail)), "\n\n")
	}
	for _, remark := range remarks(r) {
		if text := "> " + markdownText(remark) + "\n>\n"; len(b.out)+len(text) < limit/4 {
			b.str(text)
		}
	}
	b.str("\n")
	verdictTable(b, r, limit/4)
	list := shown(r, o)
	left := len(list)
	for _, f := range list {
		part := &buffer{}
		findingSection(part, f)
		if len(b.out)+len(part.out)+tail > limit {
			break
		}
		b.out = append(b.out, part.out...)
		left--
	}
	if left > 0 {
		b.f("%s more, none of them worse, did not fit here; they are in the JSON report.\n", counted(left, "finding"))
	}
}

func verdictWords(r *lint.Report) string {
	switch r.Summary.Verdict {
	case lint.VerdictIncomplete:
		return "not everything was compared"
	case lint.VerdictFail:
		return "refused"
	default:
		return "passed"
	}
}

// verdictTable has a row for each subject that is not as it was.
func verdictTable(b *buffer, r *lint.Report, limit int) {
	var rows []string
	for i := range r.Subjects {
		s := &r.Subjects[i]
		if s.State != lint.SubjectUnchanged {
			rows = append(rows, verdictRow(s))
		}
	}
	if len(rows) == 0 {
		return
	}
	b.str("| Subject | | Level | Policy | Readers of head | Readers of the base | Deploy first |\n|---|---|---|---|---|---|---|\n")
	start := len(b.out)
	for i, row := range rows {
		if len(b.out)-start+len(row) > limit {
			b.f("| and %d more | | | | | | |\n", len(rows)-i)
			break
		}
		b.str(row)
	}
	b.str("\n")
}

func verdictRow(s *lint.Subject) string {
	cells := []string{
		markdownCode(s.Subject, true), markdownText(s.State), markdownText(s.Level), markdownText(s.Policy),
		directionWords(s, compat.OldToNew.String()), directionWords(s, compat.NewToOld.String()), markdownText(s.DeployFirst),
	}
	return "| " + strings.Join(cells, " | ") + " |\n"
}

// directionWords sums up the checks of a direction: the worst of them.
func directionWords(s *lint.Subject, direction string) string {
	worst, asked := "", false
	for i := range s.Checks {
		c := &s.Checks[i]
		if c.Direction != direction {
			continue
		}
		asked = asked || c.Required
		switch {
		case c.Verdict == compat.Incompatible.String():
			worst = "break"
		case c.Verdict == compat.Unknown.String() && worst != "break":
			worst = "undecided"
		case worst == "":
			worst = "ok"
		}
	}
	if worst != "" && !asked {
		worst += ", not asked"
	}
	return worst
}

func findingSection(b *buffer, f *lint.Finding) {
	title := f.Severity
	if f.Waived != nil {
		title = "waived " + title
	}
	b.str("### ", title, " ", markdownCode(f.Rule, false), "\n\n")
	b.str(markdownCode(at(f.Place()), false))
	if line := subjectLine(f); line != "" {
		b.str(" · ", markdownText(line))
	}
	b.str("\n\n", markdownText(plainHead(f)), "\n\n")
	if f.Waived != nil {
		b.str("Waived: ", markdownText(waivedWords(f.Waived)), "\n\n")
	}
	if f.Witness != nil {
		witnessFold(b, f.Witness)
	}
	if f.Class == compat.ClassData && f.DeployFirst != "" {
		b.str("**Deploy:** ", markdownText(deployWords(f.DeployFirst)), "\n\n")
	}
	for i := range f.Fixes {
		x := &f.Fixes[i]
		b.str("**Fix ", strconv.Itoa(i+1), ":** ", markdownText(x.Title), " · ", markdownCode(fixCommand(lint.ShortFingerprint(f.Fingerprint), i, x), false), "\n\n")
		if x.Patch != "" {
			b.str(markdownBlock("diff", x.Patch), "\n")
		}
	}
}

func plainHead(f *lint.Finding) string {
	message := visible(f.Message)
	if h := headline(f); h != message {
		return h + ": " + message
	}
	return message
}

func witnessFold(b *buffer, w *lint.Witness) {
	const longest = 4000
	b.str("<details><summary>The event that shows it</summary>\n\n")
	value := []byte(w.Value)
	if pretty, err := json.MarshalIndent(w.Value, "", "  "); err == nil {
		value = pretty
	}
	b.str(markdownBlock("json", short(string(value), longest)))
	if w.Bytes != nil && w.Encoding != "JSON" {
		b.str("\n", markdownText(fmt.Sprintf("%d bytes: ", len(w.Bytes))), markdownCode(strings.TrimSpace(hexBytes(w.Bytes, longest/4)), false), "\n")
	}
	if w.ReaderError != "" {
		b.str("\nThe reader says: ", markdownText(w.ReaderError), "\n")
	} else if w.Read != "" {
		b.str("\n", markdownCode(short(w.Written, maxShownValue), false), " is read as ", markdownCode(short(w.Read, maxShownValue), false), "\n")
	}
	b.str("\n</details>\n\n")
}
