package client

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/instar-registry/instar/api/wire"
)

// Error is a refusal by the registry.
type Error struct {
	Status  int    // HTTP status
	Code    int    // error_code of the body, or the status when it had none
	Message string // the registry's text
	// Why says more than the message, Findings what breaks compatibility and
	// Explanation what lies behind that verdict; Path, Line and Column where in
	// the schema the mistake is, Limit which limit was broken, Referrers what
	// stands in the way. Instar alone sends them.
	Why          string
	Findings     json.RawMessage
	Explanation  *wire.Explanation
	Path         string
	Line, Column int
	Limit        *wire.Limit
	Referrers    []string
	// Method and URL name the request, RequestID finds it in the server's log.
	Method, URL, RequestID string
}

func (e *Error) Error() string {
	s := fmt.Sprintf("%s %s: %d", e.Method, e.URL, e.Status)
	if e.Code != e.Status && e.Code != 0 {
		s += fmt.Sprintf(" (%d)", e.Code)
	}
	if e.Message != "" {
		s += ": " + e.Message
	}
	if e.Status >= http.StatusInternalServerError && e.RequestID != "" {
		s += " [request " + e.RequestID + "]"
	}
	return s
}

// Is reports whether target is the same refusal. Registries answer an
// incompatible schema with 409 or 40901; both are [ErrIncompatible]. A target
// without a code stands for all refusals of its status.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error) //nolint:errorlint // Is compares with the target alone
	if !ok {
		return false
	}
	if t.Code == 0 {
		return t.Status == e.Status
	}
	return canonicalCode(t.Code) == canonicalCode(e.Code)
}

func canonicalCode(code int) int {
	if code == http.StatusConflict {
		return 40901
	}
	return code
}

// Targets for errors.Is. Those without a code match every refusal of a status.
var (
	ErrNotFound        = &Error{Status: http.StatusNotFound}
	ErrUnauthorized    = &Error{Status: http.StatusUnauthorized}
	ErrForbidden       = &Error{Status: http.StatusForbidden}
	ErrTooManyRequests = &Error{Status: http.StatusTooManyRequests}

	ErrSubjectNotFound       = &Error{Code: 40401}
	ErrVersionNotFound       = &Error{Code: 40402}
	ErrSchemaNotFound        = &Error{Code: 40403}
	ErrSubjectSoftDeleted    = &Error{Code: 40404}
	ErrSubjectNotSoftDeleted = &Error{Code: 40405}
	ErrVersionSoftDeleted    = &Error{Code: 40406}
	ErrVersionNotSoftDeleted = &Error{Code: 40407}
	ErrConfigNotFound        = &Error{Code: 40408}
	ErrModeNotFound          = &Error{Code: 40409}
	ErrFeedExpired           = &Error{Code: 40460}
	ErrNotDeleted            = &Error{Code: 40462}
	ErrIncompatible          = &Error{Code: 40901}
	ErrImportConflict        = &Error{Code: 40960}
	ErrUndeleteIncompatible  = &Error{Code: 40961}
	ErrPreconditionFailed    = &Error{Code: 41260}
	ErrInvalidSchema         = &Error{Code: 42201}
	ErrInvalidVersion        = &Error{Code: 42202}
	ErrInvalidCompatibility  = &Error{Code: 42203}
	ErrInvalidMode           = &Error{Code: 42204}
	ErrNotPermitted          = &Error{Code: 42205}
	ErrReferenceExists       = &Error{Code: 42206}
	ErrInvalidSubject        = &Error{Code: 42208}
	ErrSchemaTooLarge        = &Error{Code: 42209}
	ErrInvalidRuleSet        = &Error{Code: 42210}
	ErrContextNotEmpty       = &Error{Code: 42211}
	ErrOverLimit             = &Error{Code: 42263}
	ErrUnknownOutcome        = &Error{Code: 50002}
)

// UnavailableError says that no base URL gave an answer. Causes holds the last
// one of each, in the order the URLs were given.
type UnavailableError struct {
	Attempts int
	URLs     []string
	Causes   []error
}

func (e *UnavailableError) Error() string {
	var parts []string
	for i, u := range e.URLs {
		if e.Causes[i] != nil {
			parts = append(parts, fmt.Sprintf("%s: %v", u, e.Causes[i]))
		}
	}
	return fmt.Sprintf("the registry did not answer in %d attempts: %s", e.Attempts, strings.Join(parts, "; "))
}

// Unwrap returns the causes.
func (e *UnavailableError) Unwrap() []error {
	var out []error
	for _, err := range e.Causes {
		if err != nil {
			out = append(out, err)
		}
	}
	return out
}

// readError makes an Error of an answer with a status of 400 or more. Whatever
// the body is, the result says something useful.
func readError(method, url string, status int, h http.Header, body []byte) *Error {
	e := &Error{Status: status, Code: status, Method: method, URL: url, RequestID: h.Get("X-Request-ID")}
	var in wire.Error
	if err := json.Unmarshal(body, &in); err != nil {
		kind, _, _ := strings.Cut(h.Get("Content-Type"), ";")
		switch {
		case len(body) == 0:
			e.Message = "the answer has no body"
		case kind == "":
			e.Message = "the answer is not JSON"
		default:
			e.Message = "the answer is " + kind + ", not JSON; is this URL a schema registry?"
		}
		return e
	}
	if in.ErrorCode != 0 {
		e.Code = in.ErrorCode
	}
	e.Message, e.Why, e.Findings, e.Explanation, e.Path = in.Message, in.Why, in.Findings, in.Explanation, in.Path
	e.Line, e.Column, e.Limit, e.Referrers = in.Line, in.Column, in.Limit, in.Referrers
	if in.RequestID != "" {
		e.RequestID = in.RequestID
	}
	return e
}
