package compat

// jsonCatalogue are the rules of JSON Schema. Of a pair the first breaks
// BACKWARD.
func jsonCatalogue() []Rule { return expand("json", nil) }
