package report

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/instar-registry/instar/compat"
	"github.com/instar-registry/instar/lint"
)

const (
	sarifSchema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
	// sarifRoot is the base of all paths; who reads the file knows where that is.
	sarifRoot = "%SRCROOT%"
	// maxSARIFResults is what code scanning shows of one run.
	maxSARIFResults = 5000
	// sarifPrint names our fingerprint, with the version of its algorithm.
	sarifPrint = "instarFinding/v1"
)

func writeSARIF(b *buffer, r *lint.Report, o Options) error {
	run := sarifRun{
		Tool: sarifTool{Driver: sarifDriver{
			Name: r.Tool.Name, Version: r.Tool.Version, InformationURI: o.DocsURL, Rules: []sarifRule{},
		}},
		OriginalURIBaseIDs: map[string]sarifArtifact{sarifRoot: {Description: &sarifText{Text: "The root of the repository."}}},
		ColumnKind:         "unicodeCodePoints",
		Results:            []sarifResult{},
		Properties:         map[string]any{"engine": r.Tool.Engine, "revision": r.Head.Commit, "head": r.Head.Name, "base": bases(r), "verdict": r.Summary.Verdict},
	}
	if semver.MatchString(strings.TrimPrefix(r.Tool.Version, "v")) {
		run.Tool.Driver.SemanticVersion = strings.TrimPrefix(r.Tool.Version, "v")
	}
	index := map[string]int{}
	for i := range r.Findings[:min(len(r.Findings), maxSARIFResults)] {
		f := &r.Findings[i]
		at, known := index[f.Rule]
		if !known {
			at = len(run.Tool.Driver.Rules)
			index[f.Rule] = at
			run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRuleOf(f, o))
		}
		run.Results = append(run.Results, sarifResultOf(f, at))
	}
	run.Invocations = []sarifInvocation{{ExecutionSuccessful: r.Complete, Notifications: sarifNotes(r)}}
	return b.put(sarifLog{Schema: sarifSchema, Version: "2.1.0", Runs: []sarifRun{run}})
}

var semver = regexp.MustCompile(`^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$`)

func bases(r *lint.Report) []string {
	out := make([]string, len(r.Base))
	for i := range r.Base {
		out[i] = snapName(&r.Base[i])
	}
	return out
}

func sarifNotes(r *lint.Report) []sarifNotification {
	var out []sarifNotification
	if !r.Complete {
		out = append(out, sarifNotification{"error", sarifText{Text: "Not everything was compared: " + visible(r.Summary.Reason)}})
	}
	if n := len(r.Findings) - maxSARIFResults; n > 0 {
		out = append(out, sarifNotification{"warning", sarifText{Text: fmt.Sprintf("%d more findings, none of them worse, are in the JSON report.", n)}})
	}
	for _, remark := range remarks(r) {
		out = append(out, sarifNotification{"note", sarifText{Text: visible(remark)}})
	}
	return out
}

func sarifRuleOf(f *lint.Finding, o Options) sarifRule {
	out := sarifRule{ID: f.Rule, Default: sarifConfig{f.Severity}, HelpURI: helpURL(f, o), Properties: map[string]any{"tags": []string{f.Class, "compatibility"}}}
	if d := DescribeRule(f.Rule); d != nil {
		out.ShortDescription, out.FullDescription = &sarifText{Text: d.Title}, &sarifText{Text: d.Purpose}
		out.Default.Level = d.Severity
		out.Help = &sarifText{Text: d.Purpose, Markdown: d.Markdown}
	}
	return out
}

func sarifResultOf(f *lint.Finding, rule int) sarifResult {
	out := sarifResult{
		RuleID: f.Rule, RuleIndex: rule, Kind: "fail", Level: f.Severity, Message: sarifText{Text: plain(f)},
		Locations:           []sarifLocation{sarifPlace(f.Place(), f)},
		PartialFingerprints: map[string]string{sarifPrint: f.Fingerprint},
		Properties:          map[string]any{"class": f.Class, "direction": f.Direction, "subjects": f.Subjects, "path": f.Path},
	}
	if f.Class == compat.ClassUndecided {
		out.Kind, out.Level = "open", "none"
	}
	if f.Old != nil && f.New != nil {
		old := sarifPlace(f.Old, nil)
		old.ID = 1
		what := "the old schema"
		if f.Old.Commit != "" {
			what += " at commit " + visible(f.Old.Commit)
		} else if f.Old.Version > 0 {
			what += fmt.Sprintf(", version %d", f.Old.Version)
		}
		old.Message = &sarifText{Text: what}
		out.RelatedLocations = []sarifLocation{old}
	}
	if f.Witness != nil {
		out.Properties["witness"] = f.Witness
	}
	if f.DeployFirst != "" {
		out.Properties["deployFirst"] = f.DeployFirst
	}
	if f.Waived != nil {
		out.Suppressions = []sarifSuppression{sarifSuppress(f.Waived)}
	}
	for i := range f.Fixes {
		if fix, ok := sarifFixOf(&f.Fixes[i]); ok {
			out.Fixes = append(out.Fixes, fix)
		}
	}
	return out
}

func sarifFile(path string) sarifArtifact {
	return sarifArtifact{URI: relativeURI(path), URIBaseID: sarifRoot}
}

func sarifPlace(l *lint.Location, f *lint.Finding) sarifLocation {
	var out sarifLocation
	if l.File != "" {
		region := sarifRegionOf(l.Span)
		if l.Snippet != "" {
			region.Snippet = &sarifText{Text: l.Snippet}
		}
		out.Physical = &sarifPhysical{Artifact: sarifFile(l.File), Region: &region}
	}
	if f != nil && f.Subject != "" {
		name := f.Subject
		if f.Path != "" {
			name += "#" + f.Path
		}
		out.Logical = []sarifLogical{{Name: visible(f.Path), FullyQualifiedName: visible(name), Kind: visible(f.Element)}}
	}
	return out
}

func sarifRegionOf(s lint.Span) sarifRegion {
	return sarifRegion{StartLine: max(s.Line, 1), StartColumn: s.Column, EndLine: s.EndLine, EndColumn: s.EndColumn}
}

func sarifSuppress(w *lint.Waived) sarifSuppression {
	out := sarifSuppression{Kind: "external", Status: "accepted", Justification: waivedWords(w)}
	if w.Kind == lint.WaiverInline {
		out.Kind = "inSource"
	}
	if w.File != "" {
		out.Location = &sarifLocation{Physical: &sarifPhysical{Artifact: sarifFile(w.File), Region: &sarifRegion{StartLine: max(w.Line, 1)}}}
	}
	return out
}

func sarifFixOf(x *lint.Fix) (sarifFix, bool) {
	out := sarifFix{Description: sarifText{Text: visible(x.Title)}}
	for _, e := range x.Edits {
		if e.Line == 0 {
			return out, false
		}
		n := len(out.Changes)
		if n == 0 || out.Changes[n-1].Artifact.URI != relativeURI(e.File) {
			out.Changes = append(out.Changes, sarifChange{Artifact: sarifFile(e.File)})
			n++
		}
		c := &out.Changes[n-1]
		c.Replacements = append(c.Replacements, sarifReplacement{Deleted: sarifRegionOf(e.Span), Inserted: &sarifText{Text: e.Insert}})
	}
	return out, len(out.Changes) > 0
}
