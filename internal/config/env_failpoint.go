//go:build failpoint

package config

// testVariables drive the fault-injecting build.
var testVariables = map[string]bool{Prefix + "FAILPOINT": true, Prefix + "FAILPOINT_CHILD": true}
