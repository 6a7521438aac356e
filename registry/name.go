package registry

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// DefaultContext is the context of every unqualified subject.
const DefaultContext = "."

// GlobalContext is the pseudo-context above all others; only configuration and
// modes live there.
const GlobalContext = ".__GLOBAL"

// Name is a subject in its context. Context starts with a dot; Subject may be
// empty.
type Name struct {
	Context string
	Subject string
}

// ParseName reads a subject of the REST surface: ":.ctx:name" is qualified,
// everything else, colons included, belongs to the default context.
func ParseName(s string) Name {
	if strings.HasPrefix(s, ":.") {
		if end := strings.IndexByte(s[1:], ':'); end > 0 {
			return Name{Context: s[1 : 1+end], Subject: s[end+2:]}
		}
		return Name{Context: s[1:]}
	}
	return Name{Context: DefaultContext, Subject: s}
}

// String returns the name as the REST surface writes it.
func (n Name) String() string {
	if n.Context == DefaultContext {
		return n.Subject
	}
	return ":" + n.Context + ":" + n.Subject
}

// In resolves a reference's subject: an unqualified one lies in the parent's
// context.
func In(context, subject string) Name {
	n := ParseName(subject)
	if n.Context == DefaultContext && !strings.HasPrefix(subject, ":.:") {
		n.Context = context
	}
	return n
}

// key orders names by context, then by bytes; the default context comes first
// because no context is shorter.
func (n Name) key() string { return n.Context + "\x00" + n.Subject }

// MaxNameBytes bounds subjects and contexts.
const MaxNameBytes = 512

// check refuses names that the REST surface may not create.
func (n Name) check(rejectEmpty bool) *Error {
	bad := func(why string) *Error {
		return fail(InvalidSubject, "The specified subject '%s' is not a valid.", n).because("%s", why)
	}
	switch full := n.String(); {
	case len(full) > MaxNameBytes:
		return bad(fmt.Sprintf("it has %d bytes; %d are allowed", len(full), MaxNameBytes))
	case !utf8.ValidString(full):
		return bad("it is not valid UTF-8")
	case strings.ContainsFunc(full, isControl):
		return bad("it contains a control character")
	case n.Subject == "__GLOBAL" || n.Subject == "__EMPTY":
		return bad("the name is reserved")
	case n.Subject == "" && rejectEmpty:
		return bad("it is empty and registry.reject-empty-subject is set")
	case n.Context == GlobalContext:
		return bad("no subject can live in the global context")
	}
	return nil
}

func isControl(r rune) bool { return r < 0x20 || (r >= 0x7f && r < 0xa0) }
