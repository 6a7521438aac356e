package report

import (
	"strconv"
	"strings"

	"github.com/instar-registry/instar/compat"
	"github.com/instar-registry/instar/lint"
)

// The ANSI sequences of "text".
const (
	ansiReset  = "\x1b[0m"
	ansiBold   = "\x1b[1m"
	ansiRed    = "\x1b[1;31m"
	ansiYellow = "\x1b[1;33m"
	ansiGreen  = "\x1b[1;32m"
	ansiBlue   = "\x1b[1;34m"
)

// textWriter writes frames.
type textWriter struct {
	*buffer
	color bool
	// several says that the head was compared with more than one base, so that
	// each finding has to name its own.
	several bool
}

func (w *textWriter) paint(color, s string) string {
	if !w.color || s == "" {
		return s
	}
	return color + s + ansiReset
}

func (w *textWriter) severity(s string) string {
	switch s {
	case lint.SeverityError:
		return ansiRed
	case lint.SeverityWarning:
		return ansiYellow
	default:
		return ansiGreen
	}
}

func writeText(b *buffer, r *lint.Report, o Options) error {
	w := &textWriter{buffer: b, color: o.Color, several: len(r.Base) > 1}
	for _, remark := range remarks(r) {
		w.str(w.paint(ansiBlue, "note")+": ", visible(remark), "\n")
	}
	accepted := 0
	for _, f := range shown(r, o) {
		switch {
		case f.Waived == nil:
			w.finding(f)
			w.str("\n")
		case f.Waived.Kind != lint.WaiverBaseline: // those are counted
			accepted++
		}
	}
	if accepted > 0 {
		w.waived(shown(r, o))
	}
	if r.Summary.Verdict == lint.VerdictIncomplete {
		w.str(w.paint(ansiRed, "incomplete")+": ", visible(r.Summary.Reason), "\n")
	}
	w.str(w.paint(ansiBold, summaryLine(r, o)), "\n")
	if r.Timing != nil {
		w.timing(r.Timing)
	}
	return nil
}

// waived writes a line for each finding that somebody accepted: what stands has
// the frames.
func (w *textWriter) waived(list []*lint.Finding) {
	for _, f := range list {
		if f.Waived == nil || f.Waived.Kind == lint.WaiverBaseline {
			continue
		}
		w.str(w.paint(w.severity(f.Severity), "waived "+f.Severity+"["+visible(f.Rule)+"]"), ": ", at(f.Place()))
		if line := subjectLine(f); line != "" {
			w.str("  ", line)
		}
		w.str("; ", waivedWords(f.Waived), "\n")
	}
	w.str("\n")
}

// remarks are what must be known before the findings.
func remarks(r *lint.Report) []string {
	out := append([]string{}, r.Summary.Remarks...)
	for i := range r.Base {
		for _, n := range r.Base[i].Notes {
			out = append(out, r.Base[i].Name+": "+n)
		}
	}
	for _, n := range r.Head.Notes {
		out = append(out, r.Head.Name+": "+n)
	}
	return out
}

func (w *textWriter) finding(f *lint.Finding) {
	severity := f.Severity
	if f.Waived != nil {
		severity = "waived " + severity
	}
	w.str(w.paint(w.severity(f.Severity), severity+"["+visible(f.Rule)+"]"), w.paint(ansiBold, ": "+headline(f)), "\n")
	gutter := len(strconv.Itoa(max(f.Place().Line, oldLine(f))))
	label := visible(f.Message)
	if f.Class == compat.ClassRepo {
		label = ""
	}
	if f.New != nil {
		w.frame("-->", f.New, label, gutter, w.severity(f.Severity))
		label = ""
	}
	if f.Old != nil {
		arrow := ":::"
		if f.New == nil {
			arrow = "-->"
		}
		w.frame(arrow, f.Old, label, gutter, ansiBlue)
	}
	pad := strings.Repeat(" ", gutter)
	if f.New == nil && f.Old == nil {
		w.str(pad, " = ", visible(f.Message), "\n")
	}
	for i, l := range facts(f) {
		w.fact(pad, l)
		if i == 0 && w.several && len(f.Against) > 0 {
			w.fact(pad, line{name: "against", text: againstWords(f.Against)})
		}
	}
}

// againstWords names the bases of a finding and the versions of them.
func againstWords(list []lint.Against) string {
	var parts []string
	for _, a := range list {
		part := visible(a.Base)
		if v := compat.VersionText(a.Versions); v != "" {
			part += " (" + v + ")"
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ", ")
}

func oldLine(f *lint.Finding) int {
	if f.Old == nil {
		return 0
	}
	return f.Old.Line
}

// fact writes "   = name:    text          more".
func (w *textWriter) fact(pad string, l line) {
	const names, texts = 9, 30
	w.str(pad, " ", w.paint(ansiBlue, "="), " ", w.paint(ansiBold, l.name+":"), strings.Repeat(" ", max(1, names-len(l.name)-1)), l.text)
	if l.more != "" {
		w.str(strings.Repeat(" ", max(2, texts-width(l.text))), l.more)
	}
	w.str("\n")
}

// frame shows a line with carets under what is meant, or under what would hold it
// where it is not there.
func (w *textWriter) frame(arrow string, l *lint.Location, label string, gutter int, color string) {
	pad := strings.Repeat(" ", gutter)
	bar := w.paint(ansiBlue, "|")
	w.str(pad, w.paint(ansiBlue, arrow), " ", at(l))
	if l.Absent && label == "" {
		label = "not here before"
	}
	if l.Snippet == "" {
		if label != "" {
			w.str("   ", label)
		}
		w.str("\n", pad, " ", bar, "\n")
		return
	}
	text, from, length := frameLine(l)
	number := strconv.Itoa(l.Line)
	w.str("\n", pad, " ", bar, "\n")
	w.str(strings.Repeat(" ", gutter-len(number)), w.paint(ansiBlue, number), " ", bar, " ", text, "\n")
	w.str(pad, " ", bar, " ", strings.Repeat(" ", from), w.paint(color, strings.Repeat("^", length)))
	if label != "" {
		w.str(" ", w.paint(color, label))
	}
	w.str("\n")
	if arrow == ":::" || label == "" {
		w.str(pad, " ", bar, "\n")
	}
}

// The bounds of a line in a frame: its columns, and those before what is meant
// if it is cut there.
const (
	maxFrame   = 110
	frameLead  = 30
	frameTab   = 4
	cutAtFront = "… "
)

// frameLine is a line as it is shown, and where in columns what is meant starts
// and how long it is there.
func frameLine(l *lint.Location) (text string, from, length int) {
	first := max(l.SnippetColumn, 1)
	end := l.EndColumn
	if l.EndLine != l.Line {
		end = 1 << 30
	}
	var cells []string // of each character
	from, to := -1, -1
	columnsSoFar := 0
	column := first
	for _, r := range l.Snippet {
		if column == l.Column {
			from = columnsSoFar
		}
		if column == end {
			to = columnsSoFar
		}
		cell := string(r)
		switch {
		case r == '\t':
			cell = strings.Repeat(" ", frameTab-columnsSoFar%frameTab)
		case hidden(r):
			cell = escapeOf(r)
		}
		cells = append(cells, cell)
		columnsSoFar += width(cell)
		column++
	}
	if from < 0 {
		from = columnsSoFar
	}
	if to < 0 {
		to = columnsSoFar
	}
	return cutFrame(cells, from, max(1, to-from), columnsSoFar)
}

// cutFrame keeps what is around the place of a line that is too long to show.
func cutFrame(cells []string, from, length, total int) (string, int, int) {
	if total <= maxFrame {
		return strings.TrimRight(strings.Join(cells, ""), " "), from, length
	}
	start := 0
	if from+length > maxFrame {
		start = max(0, from-frameLead)
	}
	var b strings.Builder
	at, first, kept := 0, -1, 0
	for _, c := range cells {
		w := width(c)
		if at >= start {
			if first < 0 {
				first = at
			}
			if kept+w > maxFrame {
				break
			}
			b.WriteString(c)
			kept += w
		}
		at += w
	}
	text := b.String()
	lead := 0
	if first > 0 {
		text, lead = cutAtFront+text, width(cutAtFront)
	}
	if at < total {
		text += " …"
	}
	from -= max(first, 0)
	return text, from + lead, max(1, min(length, kept-from))
}

func (w *textWriter) timing(t *lint.Timing) {
	w.f("%d ms", t.TotalMillis)
	for i, p := range t.Slowest {
		sep := ", "
		if i == 0 {
			sep = "; slowest: "
		}
		w.str(sep, visible(p.Subject))
		if p.Version != "" {
			w.str(" ", visible(p.Version.String()))
		}
		w.f(" %d ms", p.Millis)
	}
	w.str("\n")
}

func writeOneline(b *buffer, r *lint.Report, o Options) error {
	for _, f := range shown(r, o) {
		if !f.Counts() {
			continue
		}
		p := f.Place()
		b.f("%s:%d:%d: %s[%s]: %s\n", visible(p.File), p.Line, p.Column, f.Severity, visible(f.Rule), visible(f.Message))
	}
	return nil
}
