// Command evcheck compares event schemas with what they were and says which
// change breaks which event.
package main

import (
	"context"
	"os"

	"github.com/instar-registry/instar/cmd/evcheck/internal/cli"
)

func main() {
	os.Exit(cli.Run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
