// Package compat answers whether a candidate schema may follow its history:
// given both, a level and a policy, it says which pairs of versions break,
// where, and under whose rule.
//
// The registry calls it before every registration, the linter and the UI call
// it for pairs of files; all of them get the same findings for the same pair.
// Levels and policies, the order of pairs and the texts of messages live here;
// what a pair of schemas of one format means is asked of the rules in
// confluent_avro.go, confluent_json.go and confluent_proto.go, and of the exact
// engine behind the seam in exact.go.
//
// The package is pure: no clock, randomness, network, files, goroutines or
// logging, and no map order in any answer. A verdict depends on its inputs and
// EngineVersion alone. What must never happen here: a guess. Whatever cannot be
// decided is UNKNOWN and says why.
package compat

// EngineVersion names the rules that gave a verdict. It is stored with each
// verdict, so that a changed answer can be told from damage.
const EngineVersion = "2"
