package wire

// The numbers that errors carry in error_code. Those below 1000 are HTTP
// statuses: errors of the frame around a route rather than of the registry.
const (
	CodeBadRequest           = 400
	CodeUnauthorized         = 401
	CodeForbidden            = 403
	CodeNotFound             = 404
	CodeMethodNotAllowed     = 405
	CodeNotAcceptable        = 406
	CodeConflict             = 409
	CodeTooLarge             = 413
	CodeURITooLong           = 414
	CodeUnsupportedMediaType = 415
	CodeUnprocessable        = 422
	CodeTooManyRequests      = 429
	CodeInternal             = 500

	CodeSubjectNotFound       = 40401
	CodeVersionNotFound       = 40402
	CodeSchemaNotFound        = 40403
	CodeSubjectSoftDeleted    = 40404
	CodeSubjectNotSoftDeleted = 40405
	CodeVersionSoftDeleted    = 40406
	CodeVersionNotSoftDeleted = 40407
	CodeConfigNotFound        = 40408
	CodeModeNotFound          = 40409
	CodeFeedExpired           = 40460
	CodeCursorExpired         = 40461
	CodeNotSoftDeleted        = 40462
	CodeUpcasterNotFound      = 40450
	CodePlanNotFound          = 40451

	// CodeIncompatible is what newer Confluent releases send for an
	// incompatible schema; older ones, and this server by default, send 409.
	CodeIncompatible         = 40901
	CodeImportConflict       = 40960
	CodeUndeleteIncompatible = 40961
	CodePreconditionFailed   = 41260
	CodeUpcasterImmutable    = 40950
	CodeUpcasterBridges      = 40951
	CodeUpcasterCycle        = 40952
	CodeUpcasterRevision     = 41250

	CodeInvalidSchema   = 42201
	CodeInvalidVersion  = 42202
	CodeInvalidLevel    = 42203
	CodeInvalidMode     = 42204
	CodeNotPermitted    = 42205
	CodeReferenceExists = 42206
	CodeInvalidSubject  = 42208
	CodeSchemaTooLarge  = 42209
	CodeInvalidRuleSet  = 42210
	CodeContextNotEmpty = 42211
	CodeInvalidUpcaster = 42250
	CodeUpcasterRefuted = 42251
	CodeUpcasterVerdict = 42252
	CodeUpcasterGap     = 42253
	CodeUpcastInput     = 42254
	// CodeDeadLetter is no error of a request: an event that its document sends to
	// the dead letter is answered 200 with outcome deadLetter, and the code stands
	// in the record of its end, as it does in a line of a batch.
	CodeDeadLetter       = 42255
	CodeUpcasterTest     = 42256
	CodeNotYet           = 42257
	CodeUpcasterLimit    = 42258
	CodeUpcastContext    = 42259
	CodeKeyReused        = 42260
	CodeBadImportLine    = 42261
	CodeImportDamaged    = 42262
	CodeOverLimit        = 42263
	CodeBadSearch        = 42264
	CodeStoreUnavailable = 50001
	CodeUnknownOutcome   = 50002
	CodeBrokenPlan       = 50050
)

// OwnCode reports whether a code is one that Confluent's server does not know: the
// last two digits of those begin at 50.
func OwnCode(code int) bool { return code > 1000 && code%100 >= 50 }

// The media types of the REST surface.
const (
	// TypeV1 is what the server sends unless it is asked otherwise.
	TypeV1 = "application/vnd.schemaregistry.v1+json"
	// TypeUnversioned and TypeJSON are the other names of the same bodies.
	TypeUnversioned = "application/vnd.schemaregistry+json"
	TypeJSON        = "application/json"
	// TypeInstar asks for the detail that Confluent's bodies have no room for.
	TypeInstar = "application/vnd.instar.v1+json"
	// TypeNDJSON and TypeEvents are the types of streams.
	TypeNDJSON = "application/x-ndjson"
	TypeEvents = "text/event-stream"
	// TypeFrames is a stream of events in Confluent's framing, each after its
	// length in 4 bytes, big-endian.
	TypeFrames = "application/vnd.instar.frames"
)

// The headers of ours, in canonical form.
const (
	HeaderRequestID = "X-Request-Id"
	HeaderSeq       = "X-Instar-Seq"
	HeaderMinSeq    = "X-Instar-Min-Seq"
	HeaderStale     = "Instar-Stale"
	HeaderWarning   = "Instar-Warning"
	HeaderKey       = "Idempotency-Key"
	HeaderReplayed  = "Idempotency-Replayed"
)
