package report

import (
	"encoding/xml"
	"slices"
	"strings"

	"github.com/instar-registry/instar/lint"
)

type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Skipped  int          `xml:"skipped,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Errors   int         `xml:"errors,attr"`
		Skipped  int         `xml:"skipped,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Name      string       `xml:"name,attr"`
		Classname string       `xml:"classname,attr"`
		File      string       `xml:"file,attr,omitempty"`
		Line      int          `xml:"line,attr,omitempty"`
		Error     *junitResult `xml:"error"`
		Failure   *junitResult `xml:"failure"`
		Skipped   *junitResult `xml:"skipped"`
		Out       string       `xml:"system-out,omitempty"`
	}
	junitResult struct {
		Message string `xml:"message,attr,omitempty"`
		Type    string `xml:"type,attr,omitempty"`
		Text    string `xml:",chardata"`
	}
)

// writeJUnit writes a suite for each subject and a case for each question, the
// passing ones too, so that a dashboard sees what was asked. What belongs to no
// question has a case of its own.
func writeJUnit(b *buffer, r *lint.Report, _ Options) error {
	out := junitSuites{Name: r.Tool.Name}
	byPrint := map[string][]*lint.Finding{}
	told := map[*lint.Finding]bool{}
	for i := range r.Findings {
		f := &r.Findings[i]
		byPrint[f.Fingerprint] = append(byPrint[f.Fingerprint], f)
	}
	for i := range r.Subjects {
		s := &r.Subjects[i]
		suite := junitSuite{Name: xmlText(s.Subject)}
		for k := range s.Checks {
			c := &s.Checks[k]
			var found []*lint.Finding
			for _, fp := range c.Findings {
				found = append(found, byPrint[fp]...)
			}
			for _, f := range found {
				told[f] = true
			}
			suite.Cases = append(suite.Cases, junitCheck(s, c, found))
		}
		if len(s.Checks) == 0 {
			suite.Cases = append(suite.Cases, junitCase{Name: s.State, Classname: xmlText(s.Subject), File: xmlText(s.File)})
		}
		out.Suites = append(out.Suites, suite)
	}
	junitRest(&out, r, told)
	if r.Summary.Verdict == lint.VerdictIncomplete {
		reason := xmlText(r.Summary.Reason)
		out.suite(r.Tool.Name).add(junitCase{Name: "complete", Classname: r.Tool.Name, Error: &junitResult{Message: reason, Type: "incomplete", Text: reason}})
	}
	out.count()
	return b.putXML(out)
}

func (s *junitSuites) suite(name string) *junitSuite {
	i := slices.IndexFunc(s.Suites, func(x junitSuite) bool { return x.Name == name })
	if i < 0 {
		i = len(s.Suites)
		s.Suites = append(s.Suites, junitSuite{Name: name})
	}
	return &s.Suites[i]
}

func (s *junitSuite) add(c junitCase) { s.Cases = append(s.Cases, c) }

// junitRest adds the findings of no question; notes are not failures.
func junitRest(out *junitSuites, r *lint.Report, told map[*lint.Finding]bool) {
	for i := range r.Findings {
		f := &r.Findings[i]
		if told[f] || f.Severity == lint.SeverityNote && f.Counts() {
			continue
		}
		subject := f.Subject
		if subject == "" {
			subject = r.Tool.Name
		}
		p := f.Place()
		c := junitCase{Name: xmlText(strings.TrimSpace(f.Rule + " " + f.Path)), Classname: xmlText(subject), File: xmlText(p.File), Line: p.Line}
		c.judge([]*lint.Finding{f}, f.Severity == lint.SeverityError)
		out.suite(xmlText(subject)).add(c)
	}
}

func junitCheck(s *lint.Subject, c *lint.Check, found []*lint.Finding) junitCase {
	name := c.Direction + " against " + c.Base
	if v := c.Version.Number(); v > 0 {
		name += " " + c.Version.String()
	}
	out := junitCase{Name: xmlText(name), Classname: xmlText(s.Subject), File: xmlText(s.File)}
	out.judge(found, c.Refused && c.Required)
	return out
}

// judge says what became of a case: it fails if it speaks against the head, is
// skipped if all that did was waived, and else passes, with what was found.
func (c *junitCase) judge(found []*lint.Finding, refused bool) {
	var lines, waived []string
	var worst *lint.Finding
	for _, f := range found {
		text := f.Severity + "[" + f.Rule + "] " + at(f.Place()) + ": " + plain(f)
		if f.Waived != nil {
			waived = append(waived, text+" (waived: "+waivedWords(f.Waived)+")")
			continue
		}
		lines = append(lines, text)
		if f.Severity == lint.SeverityError && worst == nil {
			worst = f
		}
	}
	all := xmlLines(append(lines, waived...))
	switch {
	case worst != nil:
		c.Failure = &junitResult{Message: xmlText(worst.Message), Type: xmlText(worst.Rule), Text: all}
	case len(waived) > 0:
		c.Skipped = &junitResult{Message: xmlText(strings.Join(waived, "; "))}
	case refused && len(lines) == 0:
		c.Failure = &junitResult{Message: "refused", Type: "refused"}
	default:
		c.Out = all
	}
}

func (s *junitSuites) count() {
	for i := range s.Suites {
		suite := &s.Suites[i]
		for k := range suite.Cases {
			c := &suite.Cases[k]
			suite.Tests++
			switch {
			case c.Error != nil:
				suite.Errors++
			case c.Failure != nil:
				suite.Failures++
			case c.Skipped != nil:
				suite.Skipped++
			}
		}
		s.Tests += suite.Tests
		s.Errors += suite.Errors
		s.Failures += suite.Failures
		s.Skipped += suite.Skipped
	}
}
