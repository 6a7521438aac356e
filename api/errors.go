package api

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/registry"
	"github.com/instar-registry/instar/schema"
)

// outcome is the HTTP status and the error_code of a refusal.
type outcome struct{ status, code int }

// outcomes is the one table from the registry's refusals to what clients see.
var outcomes = map[registry.Code]outcome{
	registry.SubjectNotFound:       {404, wire.CodeSubjectNotFound},
	registry.VersionNotFound:       {404, wire.CodeVersionNotFound},
	registry.SchemaNotFound:        {404, wire.CodeSchemaNotFound},
	registry.SubjectSoftDeleted:    {404, wire.CodeSubjectSoftDeleted},
	registry.SubjectNotSoftDeleted: {404, wire.CodeSubjectNotSoftDeleted},
	registry.VersionSoftDeleted:    {404, wire.CodeVersionSoftDeleted},
	registry.VersionNotSoftDeleted: {404, wire.CodeVersionNotSoftDeleted},
	registry.ConfigNotFound:        {404, wire.CodeConfigNotFound},
	registry.ModeNotFound:          {404, wire.CodeModeNotFound},
	registry.NotSoftDeleted:        {404, wire.CodeNotSoftDeleted},
	registry.FeedExpired:           {404, wire.CodeFeedExpired},
	registry.CursorExpired:         {404, wire.CodeCursorExpired},
	registry.TokenNotFound:         {404, wire.CodeNotFound},
	registry.GrantNotFound:         {404, wire.CodeNotFound},
	registry.Incompatible:          {409, wire.CodeConflict}, // or 40901, see Options
	registry.ImportConflict:        {409, wire.CodeImportConflict},
	registry.UndeleteIncompatible:  {409, wire.CodeUndeleteIncompatible},
	registry.NameTaken:             {409, wire.CodeConflict},
	registry.PreconditionFailed:    {412, wire.CodePreconditionFailed},
	registry.InvalidSchema:         {422, wire.CodeInvalidSchema},
	registry.InvalidVersion:        {422, wire.CodeInvalidVersion},
	registry.InvalidLevel:          {422, wire.CodeInvalidLevel},
	registry.InvalidMode:           {422, wire.CodeInvalidMode},
	registry.NotPermitted:          {422, wire.CodeNotPermitted},
	registry.ReferenceExists:       {422, wire.CodeReferenceExists},
	registry.InvalidSubject:        {422, wire.CodeInvalidSubject},
	registry.SchemaTooLarge:        {422, wire.CodeSchemaTooLarge},
	registry.InvalidRuleSet:        {422, wire.CodeInvalidRuleSet},
	registry.ContextNotEmpty:       {422, wire.CodeContextNotEmpty},
	registry.KeyReused:             {422, wire.CodeKeyReused},
	registry.BadImportLine:         {422, wire.CodeBadImportLine},
	registry.ImportDamaged:         {422, wire.CodeImportDamaged},
	registry.OverLimit:             {422, wire.CodeOverLimit},
	registry.BadSearch:             {422, wire.CodeBadSearch},
	registry.InvalidArgument:       {422, wire.CodeUnprocessable},
	registry.UpcasterNotFound:      {404, wire.CodeUpcasterNotFound},
	registry.PlanNotFound:          {404, wire.CodePlanNotFound},
	registry.UpcasterExists:        {409, wire.CodeUpcasterImmutable},
	registry.UpcasterBridges:       {409, wire.CodeUpcasterBridges},
	registry.UpcasterCycle:         {409, wire.CodeUpcasterCycle},
	registry.UpcasterRevision:      {412, wire.CodeUpcasterRevision},
	registry.InvalidUpcaster:       {422, wire.CodeInvalidUpcaster},
	registry.UpcasterRefuted:       {422, wire.CodeUpcasterRefuted},
	registry.UpcasterBelowVerdict:  {422, wire.CodeUpcasterVerdict},
	registry.UpcasterGap:           {422, wire.CodeUpcasterGap},
	registry.UpcastInput:           {422, wire.CodeUpcastInput},
	registry.UpcasterTestFailed:    {422, wire.CodeUpcasterTest},
	registry.NotYet:                {422, wire.CodeNotYet},
	registry.UpcasterLimit:         {422, wire.CodeUpcasterLimit},
	registry.UpcastContext:         {422, wire.CodeUpcastContext},
	registry.BrokenPlan:            {500, wire.CodeBrokenPlan},
	registry.Unavailable:           {503, wire.CodeStoreUnavailable},
	registry.Canceled:              {503, wire.CodeStoreUnavailable},
	registry.UnknownOutcome:        {503, wire.CodeUnknownOutcome},
	registry.DiskFull:              {507, wire.CodeStoreUnavailable},
	registry.Internal:              {500, wire.CodeStoreUnavailable},
}

// frameError is a refusal of the frame around the routes: its error_code is the
// HTTP status.
type frameError struct {
	status  int
	message string
	cause   *schema.Error // the place in a request body, if there is one
	allow   string        // 405
	retry   int           // seconds, 0 = no Retry-After
}

func (e *frameError) Error() string { return e.message }

func refuse(status int, format string, args ...any) *frameError {
	return &frameError{status: status, message: fmt.Sprintf(format, args...)}
}

func badRequest(format string, args ...any) *frameError { return refuse(400, format, args...) }

// unprocessable is a body that is JSON but not what the route takes.
func unprocessable(format string, args ...any) *frameError { return refuse(422, format, args...) }

var (
	errNoRoute       = plain(http.StatusNotFound)
	errNotAcceptable = plain(http.StatusNotAcceptable)
)

// plain is a refusal with nothing to add, in the words of the Java server.
func plain(status int) *frameError {
	return refuse(status, "HTTP %d %s", status, http.StatusText(status))
}

// errForbidden refuses a write. Whether the subject exists makes no difference.
func errForbidden(action string) *frameError {
	return refuse(http.StatusForbidden, "HTTP 403 Forbidden: this needs the right to %s here", action)
}

// explain turns any error into status and body. The message of a bug never
// reaches the client; known is false for it.
func (a *API) explain(err error) (out outcome, body wire.Error, known bool) {
	var fe *frameError
	var re *registry.Error
	switch {
	case errors.As(err, &fe):
		out = outcome{fe.status, fe.status}
		body = wire.Error{Message: fe.message}
		describeCause(&body, fe.cause)
	case errors.As(err, &re):
		o, ok := outcomes[re.Code]
		if !ok || re.Code == registry.Internal {
			return bug(), wire.Error{}, false
		}
		out = o
		if re.Code == registry.Incompatible {
			out.code = a.opt.IncompatibleCode
		}
		body = wire.Error{Message: re.Message, Why: re.Why}
		var se *schema.Error
		if errors.As(re.Cause, &se) {
			describeCause(&body, se)
		}
	default:
		return bug(), wire.Error{}, false
	}
	body.ErrorCode = out.code
	return out, body, true
}

func bug() outcome { return outcome{http.StatusInternalServerError, wire.CodeStoreUnavailable} }

func describeCause(body *wire.Error, e *schema.Error) {
	if e == nil {
		return
	}
	body.Path, body.Line, body.Column = e.Path, e.Line, e.Column
	if e.Limit != "" {
		body.Limit = &wire.Limit{Name: e.Limit, Max: e.Max, Found: e.Found}
	}
}

// retryAfter returns the seconds for Retry-After, or 0 for none.
func retryAfter(err error, status int) int {
	var fe *frameError
	if errors.As(err, &fe) {
		return fe.retry
	}
	if status == http.StatusServiceUnavailable || status == http.StatusInsufficientStorage {
		return 1
	}
	return 0
}
