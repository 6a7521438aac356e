// Command registry is the Instar schema registry: the server and the tools of
// its operators.
package main

import (
	"context"
	"os"

	"github.com/instar-registry/instar/cmd/registry/internal/cli"
)

func main() {
	os.Exit(cli.Run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
