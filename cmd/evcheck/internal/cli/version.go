package cli

import (
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/instar-registry/instar/compat"
)

// version is set by the linker for releases.
var version string

// programVersion is the version of the program, "dev" for a build between
// releases.
func programVersion() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		if v := strings.TrimPrefix(info.Main.Version, "v"); v != "" && v != "(devel)" {
			return v
		}
	}
	return "dev"
}

// versionLine tells the program and the engine, whose answers a registry of the
// same engine gives too.
func versionLine() string {
	return "evcheck " + programVersion() + " engine " + compat.EngineVersion + " " + runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH + "\n"
}

func (a *app) version() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version of the program and of the engine", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return a.print("%s", versionLine()) },
	}
}
