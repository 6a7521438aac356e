package lint

import _ "embed" // the schema of reports

// ReportSchema is the JSON Schema of a report, as it is published in docs.
//
//go:embed report.schema.json
var ReportSchema string
