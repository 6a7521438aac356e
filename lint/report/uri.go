package report

import (
	"strings"

	"github.com/instar-registry/instar/lint"
)

// relativeURI writes a path of the tree as a relative URI reference (RFC 3986):
// whatever is not unreserved is percent-encoded, a first segment with a colon
// cannot be taken for a scheme, and no slash at the beginning names a host.
func relativeURI(path string) string {
	const unreserved = "-._~"
	var b strings.Builder
	for i := range len(path) {
		c := path[i]
		switch {
		case c == '/' && strings.Trim(path[:i], "/") == "":
			b.WriteString("%2F")
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '/', strings.IndexByte(unreserved, c) >= 0:
			b.WriteByte(c)
		default:
			const digits = "0123456789ABCDEF"
			b.WriteByte('%')
			b.WriteByte(digits[c>>4])
			b.WriteByte(digits[c&15])
		}
	}
	return b.String()
}

// helpURL is where the page of a rule is read; empty if that is not known.
func helpURL(f *lint.Finding, o Options) string {
	if o.DocsURL == "" || f.Help == "" {
		return ""
	}
	return strings.TrimSuffix(o.DocsURL, "/") + "/" + relativeURI(strings.TrimPrefix(f.Help, "docs/"))
}

// plain is a finding in one paragraph, for formats that have no parts for the
// rest.
func plain(f *lint.Finding) string {
	out := visible(f.Message)
	if h := headline(f); h != out {
		out = h + ": " + out
	}
	if w := f.Witness; w != nil {
		out += ". Witness: " + visible(short(oneLine(w.Value), maxShownValue))
		if w.ReaderError != "" {
			out += "; " + visible(w.ReaderError)
		}
	}
	if f.DeployFirst != "" && f.Class == "data" {
		out += ". Deploy: " + deployWords(f.DeployFirst)
	}
	return out
}
