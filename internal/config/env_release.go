//go:build !failpoint && !plant

package config

// testVariables is empty: only the fault-injecting build knows any.
var testVariables map[string]bool
