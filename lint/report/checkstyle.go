package report

import (
	"encoding/xml"

	"github.com/instar-registry/instar/lint"
)

type (
	checkstyle struct {
		XMLName xml.Name         `xml:"checkstyle"`
		Version string           `xml:"version,attr"`
		Files   []checkstyleFile `xml:"file"`
	}
	checkstyleFile struct {
		Name   string            `xml:"name,attr"`
		Errors []checkstyleError `xml:"error"`
	}
	checkstyleError struct {
		Line     int    `xml:"line,attr"`
		Column   int    `xml:"column,attr,omitempty"`
		Severity string `xml:"severity,attr"`
		Message  string `xml:"message,attr"`
		Source   string `xml:"source,attr"`
	}
)

// checkstyleVersion is the release of Checkstyle whose output this is like.
const checkstyleVersion = "4.3"

func writeCheckstyle(b *buffer, r *lint.Report, o Options) error {
	out := checkstyle{Version: checkstyleVersion}
	index := map[string]int{}
	for _, f := range shown(r, o) {
		if !f.Counts() {
			continue
		}
		p := f.Place()
		i, known := index[p.File]
		if !known {
			i = len(out.Files)
			index[p.File] = i
			out.Files = append(out.Files, checkstyleFile{Name: xmlText(p.File)})
		}
		severity := f.Severity
		if severity == lint.SeverityNote {
			severity = "info"
		}
		out.Files[i].Errors = append(out.Files[i].Errors, checkstyleError{
			Line: max(p.Line, 1), Column: p.Column, Severity: severity, Message: xmlText(plain(f)), Source: "evcheck." + xmlText(f.Rule),
		})
	}
	return b.putXML(out)
}
