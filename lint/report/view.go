package report

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/instar-registry/instar/compat"
	"github.com/instar-registry/instar/lint"
)

// headline says in a few words what kind of finding it is and who is hurt.
func headline(f *lint.Finding) string {
	if said := unreadable[f.Rule]; said != "" {
		return said
	}
	switch f.Class {
	case compat.ClassData:
		return dataHeadline(f)
	case compat.ClassPolicy:
		if f.Proof == compat.ProofNoBreak {
			return "policy: data stays readable" + refusedNote(f) + unasked(f)
		}
		return "policy: no event is known that breaks" + refusedNote(f) + unasked(f)
	case compat.ClassUndecided:
		return "undecided: neither a proof nor an event that breaks was found"
	case compat.ClassInfo:
		return "compatible change"
	default:
		return visible(f.Message)
	}
}

// unreadable are the rules about texts that nothing can be said about yet.
var unreadable = map[string]string{
	"schema/invalid":              "the text is no schema",
	"schema/reference-unresolved": "a reference leads nowhere",
	"schema/reference-cycle":      "references lead in a circle",
	"schema/limit-exceeded":       "the text is beyond a limit",
	"schema/sample-unreadable":    "a sample is not read",
	"schema/base-invalid":         "the old text is no schema",
}

func refusedNote(f *lint.Finding) string {
	if f.Refused {
		return ", but the subject's policy refuses it"
	}
	return ""
}

func dataHeadline(f *lint.Finding) string {
	reader, writer := "head", oldEvents(f)
	if f.Direction == compat.NewToOld.String() {
		reader, writer = strings.TrimPrefix(writer, "events of "), "events of head"
	}
	verb := " cannot read "
	if f.Witness != nil {
		switch f.Witness.Effect {
		case "misread":
			verb = " misreads "
		case "lost":
			verb = " loses values of "
		case "defaulted":
			verb = " puts defaults in place of values of "
		}
	}
	out := "data break: " + reader + verb + writer
	return out + unasked(f)
}

// unasked tells the two findings apart that one edit gives in both directions.
func unasked(f *lint.Finding) string {
	if f.Required || f.Direction == "" {
		return ""
	}
	return " (the level does not ask for this direction)"
}

// oldEvents names the events of the old side: "events of versions 1 to 3".
func oldEvents(f *lint.Finding) string {
	var numbers []int
	for _, a := range f.Against {
		numbers = append(numbers, a.Versions...)
	}
	if v := compat.VersionText(numbers); v != "" {
		return "events of " + v
	}
	return "events of the base"
}

// line is one fact about a finding, with a name to find it by.
type line struct{ name, text, more string }

// The bounds of what people are shown of an event.
const (
	maxShownValue = 160
	maxShownBytes = 24
)

// facts are what stands under the frame of a finding.
func facts(f *lint.Finding) []line {
	var out []line
	add := func(name, text, more string) {
		if text != "" {
			out = append(out, line{name, text, more})
		}
	}
	add("subject", subjectLine(f), "")
	if w := f.Witness; w != nil {
		add("witness", visible(short(elide(oneLine(w.Value)), maxShownValue)), witnessNote(w))
		if w.ReaderError != "" {
			add("reader", visible(w.ReaderError), "")
		} else if w.Read != "" {
			add("reader", visible(short(w.Written, maxShownValue))+" is read as "+visible(short(w.Read, maxShownValue)), "")
		}
	}
	if f.Class == compat.ClassData && f.DeployFirst != "" {
		add("deploy", deployWords(f.DeployFirst), "")
	}
	if f.Waived != nil {
		add("waived", waivedWords(f.Waived), "")
	}
	fp := lint.ShortFingerprint(f.Fingerprint)
	for i := range f.Fixes {
		add("fix "+strconv.Itoa(i+1), visible(fixWords(&f.Fixes[i])), fixCommand(fp, i, &f.Fixes[i]))
	}
	user := f.Subject
	if len(f.Subjects) > 0 && !slices.Contains(f.Subjects, user) { // of a shared definition, one that uses it
		user = f.Subjects[0]
	}
	stub := "evcheck upcast stub " + shellQuote(visible(user))
	switch u := f.Upcaster; {
	case u != nil && u.File != "":
		add("upcast", upcasterWords(u), "")
	case u != nil:
		add("upcast", upcasterWords(u), stub)
	case f.Counts() && f.Refused && f.Required && f.Class == compat.ClassData && f.Direction == compat.OldToNew.String():
		if row := compat.RuleByID(f.Rule); row != nil && len(row.Upcaster) > 0 && user != "" {
			add("upcast", "by "+strings.Join(row.Upcaster, " or "), stub)
		}
	}
	if f.Bug != "" {
		add("bug", visible(f.Bug), "")
	}
	if f.Help != "" {
		add("help", "evcheck explain "+visible(f.Rule), "")
	}
	return out
}

func subjectLine(f *lint.Finding) string {
	var parts []string
	if f.Subject != "" {
		parts = append(parts, visible(f.Subject))
	}
	if f.Path != "" && f.Path != "$" {
		parts = append(parts, "at "+visible(short(f.Path, maxShownValue)))
	}
	switch n := len(f.Subjects); {
	case n > 1:
		parts = append(parts, "used by "+counted(n, "subject"))
	case n == 1 && f.Subjects[0] != f.Subject: // a definition that one subject uses
		parts = append(parts, "used by "+visible(f.Subjects[0]))
	}
	return strings.Join(parts, ", ")
}

// elide shortens the long strings of a JSON text, which say no more than their
// length: an event that breaks a bound of 320 has 321 times the same letter.
func elide(text string) string {
	const longest, kept = 60, 20
	var b strings.Builder
	for at := 0; at < len(text); {
		if text[at] != '"' {
			b.WriteByte(text[at])
			at++
			continue
		}
		end := at + 1
		for end < len(text) && text[end] != '"' {
			if text[end] == '\\' {
				end++
			}
			end++
		}
		end = min(end, len(text))
		key := strings.HasPrefix(text[min(end+1, len(text)):], ":")
		if n := utf8.RuneCountInString(text[at+1 : end]); n > longest && !key && !strings.Contains(text[at:end], `\`) {
			b.WriteString(string([]rune(text[at:end])[:kept+1]) + "… (" + strconv.Itoa(n) + " characters)")
		} else {
			b.WriteString(text[at:end])
		}
		if end < len(text) {
			b.WriteByte('"')
		}
		at = end + 1
	}
	return b.String()
}

// oneLine is a JSON value without line ends.
func oneLine(value json.RawMessage) string {
	var b bytes.Buffer
	if json.Compact(&b, value) != nil {
		return string(value)
	}
	return b.String()
}

func witnessNote(w *lint.Witness) string {
	note := map[string]string{"AVRO": "Avro", "PROTOBUF": "Protobuf", "JSON": "JSON"}[w.Encoding]
	if note == "" {
		note = visible(w.Encoding)
	}
	writer := visible(w.Writer.String())
	if writer == "base" {
		writer = "the base"
	}
	note = "(" + note + ", " + writer + " accepts it)"
	if w.Origin != "" && w.Origin != "generated" {
		note = strings.TrimSuffix(note, ")") + "; " + visible(w.Origin) + ")"
	}
	if w.Encoding == "JSON" || w.Bytes == nil {
		return note
	}
	return hexBytes(w.Bytes, maxShownBytes) + note
}

func hexBytes(data []byte, most int) string {
	if len(data) == 0 {
		return "no bytes  "
	}
	var b strings.Builder
	for _, c := range data[:min(len(data), most)] {
		b.WriteString(hex.EncodeToString([]byte{c}) + " ")
	}
	if len(data) > most {
		b.WriteString("… ")
	}
	return b.String() + " "
}

func deployWords(first string) string {
	switch first {
	case compat.DeployProducers:
		return "producers first; consumers only when no old event is left, or with an upcaster"
	case compat.DeployConsumers:
		return "consumers first, all of them, before the first producer"
	default:
		return compat.DeployOrder(first)
	}
}

func waivedWords(w *lint.Waived) string {
	out := visible(w.Reason)
	if w.Kind == lint.WaiverBaseline && out == "" {
		out = "in the baseline"
	}
	if w.By != "" {
		out += ", by " + visible(w.By)
	}
	switch {
	case w.Until != "":
		out += ", until " + visible(w.Until)
	case w.Permanent:
		out += ", permanently"
	}
	return out
}

// fixWords shows what a fix puts in, or what it is for where that is long.
func fixWords(x *lint.Fix) string {
	if len(x.Edits) != 1 || x.Edits[0].Delete > 0 {
		return x.Title
	}
	insert := strings.Trim(x.Edits[0].Insert, " \t\r\n,")
	const longest = 40
	if insert == "" || strings.Contains(insert, "\n") || len(insert) > longest {
		return x.Title
	}
	return insert
}

// fixCommand is the command that applies a fix.
func fixCommand(fingerprint string, index int, x *lint.Fix) string {
	out := "evcheck fix --finding " + visible(fingerprint)
	if index > 0 || !x.Safe && len(x.Asks) == 0 {
		out += " --choose " + strconv.Itoa(index+1)
	}
	for _, name := range x.Asks {
		out += " --set " + visible(name) + "=" + shellQuote(visible(x.Proposed[name]))
	}
	return out
}

func upcasterWords(u *lint.Upcaster) string {
	out := visible(short(oneLine(u.Steps), maxShownValue))
	if u.File != "" {
		out = visible(u.File)
	}
	if u.Verdict != nil {
		out += " (" + visible(*u.Verdict) + ")"
	}
	return out
}

// summaryLine is the last line for people.
func summaryLine(r *lint.Report, o Options) string {
	s := &r.Summary
	notes := counted(s.Notes, "note")
	if s.Notes > 0 && !o.Notes {
		notes += " hidden (--notes)"
	}
	left := []string{counted(s.Errors, "error"), counted(s.Warnings, "warning"), notes}
	if s.Waived > 0 {
		left = append(left, strconv.Itoa(s.Waived)+" waived")
	}
	if s.Baselined > 0 {
		left = append(left, strconv.Itoa(s.Baselined)+" in the baseline")
	}
	middle := []string{counted(s.Compared, "subject") + " compared", strconv.Itoa(s.Unchanged) + " unchanged", strconv.Itoa(s.First) + " first"}
	if s.Removed > 0 {
		middle = append(middle, strconv.Itoa(s.Removed)+" removed")
	}
	if s.Invalid > 0 {
		middle = append(middle, strconv.Itoa(s.Invalid)+" invalid")
	}
	out := strings.Join(left, ", ") + " · " + strings.Join(middle, ", ")
	if len(r.Base) > 0 {
		var bases []string
		for i := range r.Base {
			bases = append(bases, snapName(&r.Base[i]))
		}
		out += " · against " + strings.Join(bases, ", ")
	}
	return out
}

// snapName is "origin/main@a1b2c3d" or "registry prod".
func snapName(s *lint.Snap) string {
	name := s.Name
	if kind, rest, found := strings.Cut(name, ":"); found {
		switch {
		case kind == "git":
			name = rest
		case rest != "":
			name = kind + " " + rest
		default:
			name = kind
		}
	}
	if s.Commit != "" && !strings.HasPrefix(s.Commit, name) {
		name += "@" + shortCommit(s.Commit)
	}
	return visible(name)
}

func shortCommit(c string) string { return c[:min(len(c), 7)] }

// at is "file:line:col", with the commit where there is one.
func at(l *lint.Location) string {
	out := visible(l.File)
	if l.Commit != "" {
		out += "@" + visible(shortCommit(l.Commit))
	} else if l.Version > 0 {
		out += "@" + strconv.Itoa(l.Version)
	}
	return out + ":" + strconv.Itoa(l.Line) + ":" + strconv.Itoa(l.Column)
}
