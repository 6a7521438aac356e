//go:build plant

package plant

import "os"

var planted = os.Getenv("INSTAR_PLANT")

// Is reports whether the named bug is planted.
func Is(name string) bool { return planted == name }
