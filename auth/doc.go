// Package auth answers two questions about a request: who is asking, and may
// they. It turns credentials (API tokens, names and passwords of a users file,
// none) into a [Principal], and the grants that the registry holds as data into
// a yes or no.
//
// Package api asks it once per request through a [Gate]; package registry knows
// nothing of it beyond the data. What must never happen here: a credential that
// is present but not verifiable falling back to a weaker identity; a grant that
// denies; a comparison of secrets whose time depends on them.
package auth
