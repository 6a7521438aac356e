package compat

// protoCatalogue are the rules of Protobuf. Of a pair the first breaks BACKWARD.
func protoCatalogue() []Rule { return expand("proto", nil) }
