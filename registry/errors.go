package registry

import "fmt"

// Code classifies what went wrong. Package api owns the one table from these
// to HTTP status and Confluent's numbers.
type Code int

// The codes, named after Confluent's where it has one.
const (
	SubjectNotFound Code = iota + 1
	VersionNotFound
	SchemaNotFound
	SubjectSoftDeleted
	SubjectNotSoftDeleted
	VersionSoftDeleted
	VersionNotSoftDeleted
	ConfigNotFound
	ModeNotFound
	NotSoftDeleted
	Incompatible
	UndeleteIncompatible
	ImportConflict
	PreconditionFailed
	InvalidSchema
	InvalidVersion
	InvalidLevel
	InvalidMode
	NotPermitted
	ReferenceExists
	InvalidSubject
	SchemaTooLarge
	InvalidRuleSet
	ContextNotEmpty
	KeyReused
	BadImportLine
	ImportDamaged
	OverLimit
	BadSearch
	FeedExpired
	CursorExpired
	NameTaken
	TokenNotFound
	GrantNotFound
	InvalidArgument
	UpcasterNotFound
	PlanNotFound
	UpcasterExists
	UpcasterBridges
	UpcasterCycle
	UpcasterRevision
	InvalidUpcaster
	UpcasterRefuted
	UpcasterBelowVerdict
	UpcasterGap
	UpcastInput
	UpcasterTestFailed
	NotYet
	UpcasterLimit
	UpcastContext
	BrokenPlan
	Unavailable
	DiskFull
	UnknownOutcome
	Canceled
	Internal
)

// Error is a refusal. Message is the text that clients see and some match
// verbatim; everything else serves clients that ask for detail.
type Error struct {
	Code    Code
	Message string
	// Why says more than Message may, which is fixed for some codes.
	Why string
	// Cause is the error below, such as a *schema.Error with its position.
	Cause error
	// Report is the compatibility report of a refusal, if there is one.
	Report any
	// Request is the id under which an unknown outcome can be looked up.
	Request string
}

func (e *Error) Error() string { return e.Message }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

func fail(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Fail builds an Error for callers outside this package that speak for it, such
// as the import reader of package api.
func Fail(code Code, format string, args ...any) *Error { return fail(code, format, args...) }

func (e *Error) because(format string, args ...any) *Error {
	e.Why = fmt.Sprintf(format, args...)
	return e
}

func (e *Error) from(cause error) *Error {
	e.Cause = cause
	return e
}

// The refusals whose text clients match. Confluent's spelling is kept.

func subjectNotFound(n Name) *Error { return fail(SubjectNotFound, "Subject '%s' not found.", n) }

func versionNotFound(version int) *Error {
	return fail(VersionNotFound, "Version %d not found.", version)
}

func schemaNotFound() *Error { return fail(SchemaNotFound, "Schema not found") }

func invalidSchema(cause error) *Error {
	return fail(InvalidSchema, "Invalid schema, details: %s", cause).from(cause)
}
