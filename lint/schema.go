package lint

import _ "embed" // the schemas

// ReportSchema is the JSON Schema of a report, as it is published in docs.
//
//go:embed report.schema.json
var ReportSchema string

// ConfigSchema is the JSON Schema of a configuration, for editors. Words such as
// levels may be written in any case, which it does not say.
//
//go:embed config.schema.json
var ConfigSchema string
