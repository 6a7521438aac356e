package lint

import (
	"slices"
	"strings"

	"github.com/instar-registry/instar/compat"
	"github.com/instar-registry/instar/schema"
)

// Identity is what a finding is told apart by. Lines, file names, versions and
// sentences are not part of it, so it survives text that is inserted above, a
// file that moves, a message that is worded anew and a release.
type Identity struct {
	Rule string
	// Subject is the subject, or the name of the shared definition.
	Subject          string
	OldPath, NewPath string
	Direction        string
	Params           map[string]string
}

// Fingerprint is "1:" and 16 hex digits, where 1 is the algorithm: that of
// [compat.Finding.Fingerprint], so that a server names a finding as a linter
// does.
func (id Identity) Fingerprint() string {
	params := make([]schema.Param, 0, len(id.Params))
	for name, value := range id.Params {
		params = append(params, schema.Param{Name: name, Value: value})
	}
	slices.SortFunc(params, func(a, b schema.Param) int { return strings.Compare(a.Name, b.Name) })
	return compat.Fingerprint(id.Rule, id.Subject, id.OldPath, id.NewPath, id.Direction, params)
}

// ShortFingerprint drops the algorithm, as the commands print it.
func ShortFingerprint(fp string) string {
	if _, rest, found := strings.Cut(fp, ":"); found {
		return rest
	}
	return fp
}

// SameFingerprint compares fingerprints; either may lack its algorithm, and a
// prefix of at least 6 digits will do for want.
func SameFingerprint(fp, want string) bool {
	if strings.Contains(want, ":") && !strings.HasPrefix(fp, want) {
		return false
	}
	short, want := ShortFingerprint(fp), ShortFingerprint(want)
	return len(want) >= 6 && strings.HasPrefix(short, want)
}
