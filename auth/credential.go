package auth

import (
	"encoding/base64"
	"net/http"
	"strings"
	"unicode/utf8"
)

// credential is what a request presented, after its form was checked.
type credential struct {
	token    string // an API token, Bearer or as the password of Basic
	name     string // Basic: user name
	password string // Basic with a password that is no API token
}

// Unauthenticated is the refusal of a credential. Its text never holds any part
// of the credential.
type Unauthenticated struct{ Why string }

func (e *Unauthenticated) Error() string { return e.Why }

func refuse(why string) error { return &Unauthenticated{Why: why} }

// MaxCredentialBytes bounds an Authorization header.
const MaxCredentialBytes = 4 << 10

// readCredential returns the zero credential when the request carries none.
func readCredential(h http.Header) (credential, error) {
	lines := h["Authorization"]
	switch {
	case len(lines) == 0:
		return credential{}, nil
	case len(lines) > 1:
		return credential{}, refuse("the request has two Authorization headers; send one")
	case len(lines[0]) > MaxCredentialBytes:
		return credential{}, refuse("the Authorization header is too long")
	}
	scheme, rest, _ := strings.Cut(strings.TrimSpace(lines[0]), " ")
	rest = strings.TrimSpace(rest)
	switch {
	case strings.EqualFold(scheme, "Bearer"):
		return readBearer(rest)
	case strings.EqualFold(scheme, "Basic"):
		return readBasic(rest)
	case scheme == "":
		return credential{}, refuse("the Authorization header is empty")
	default:
		return credential{}, refuse("the authorization scheme is not supported; use Basic or Bearer")
	}
}

func readBearer(value string) (credential, error) {
	if value == "" {
		return credential{}, refuse("the Bearer token is missing")
	}
	if err := CheckToken(value); err != nil {
		return credential{}, refuse(err.Error())
	}
	return credential{token: value}, nil
}

func readBasic(value string) (credential, error) {
	raw, err := base64.StdEncoding.Strict().DecodeString(value)
	if err != nil || value == "" {
		return credential{}, refuse("the Basic credential is not valid base64")
	}
	if !utf8.Valid(raw) {
		return credential{}, refuse("the Basic credential is not valid UTF-8")
	}
	name, password, ok := strings.Cut(string(raw), ":")
	switch {
	case !ok:
		return credential{}, refuse("the Basic credential has no colon between name and password")
	case name == "":
		return credential{}, refuse("the Basic credential has no user name")
	case password == "":
		return credential{}, refuse("the Basic credential has no password")
	case !strings.HasPrefix(password, TokenPrefix):
		return credential{name: name, password: password}, nil
	}
	if err := CheckToken(password); err != nil {
		return credential{}, refuse(err.Error())
	}
	return credential{name: name, token: password}, nil
}
