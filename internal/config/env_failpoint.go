//go:build failpoint || plant

package config

// testVariables drive the fault-injecting builds.
var testVariables = map[string]bool{Prefix + "FAILPOINT": true, Prefix + "FAILPOINT_CHILD": true, Prefix + "PLANT": true}
