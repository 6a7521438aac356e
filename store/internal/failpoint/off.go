//go:build !failpoint

package failpoint

// Enabled says whether this binary was built with the tag failpoint.
const Enabled = false

// Hit does nothing.
func Hit(string) {}
