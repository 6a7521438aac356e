package tree

import _ "embed" // the schema of plans

// PlanSchema is the JSON Schema of a [Plan].
//
//go:embed plan.schema.json
var PlanSchema string
