package tree

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"github.com/instar-registry/instar/lint"
)

// tokenCommand is the variable whose command prints a token. It is read from the
// environment alone: a file of the repository that is checked cannot start a
// program.
const tokenCommand = "INSTAR_TOKEN_COMMAND"

// maxToken bounds a token in bytes, and tokenWait the time that its command has.
const (
	maxToken  = 64 << 10
	tokenWait = 30 * time.Second
)

// runTokenCommand gives what a command prints, which is the one line of a token.
// Errors tell the variable and never what was printed.
func runTokenCommand(variable, command string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), tokenWait)
	defer cancel()
	c := exec.CommandContext(ctx, "sh", "-c", command) //nolint:gosec // who sets the environment may run programs
	if runtime.GOOS == "windows" {
		c = exec.CommandContext(ctx, "cmd", "/C", command) //nolint:gosec // see above
	}
	c.WaitDelay = time.Second // children that keep its output open
	out := capped{left: maxToken}
	c.Stdout = &out
	err := c.Run()
	token := strings.TrimRight(string(out.text), "\r\n")
	refuse := func(what string) (string, error) {
		return "", &lint.InputError{What: "the command of " + variable + " " + what, Hint: "it prints the token as one line and exits with 0"}
	}
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return refuse(fmt.Sprintf("did not end within %v", tokenWait))
	case out.full:
		return refuse(fmt.Sprintf("prints more than %d bytes", maxToken))
	case errors.As(err, &exit):
		return refuse(fmt.Sprintf("ended with exit code %d", exit.ExitCode()))
	case err != nil:
		return refuse("could not be run: " + err.Error())
	case token == "":
		return refuse("printed nothing")
	case strings.ContainsAny(token, "\r\n"):
		return refuse("printed more than one line")
	}
	return token, nil
}

// capped keeps what is written to it up to a limit.
type capped struct {
	text []byte
	left int
	full bool
}

// Write keeps p, or notes that there was too much.
func (c *capped) Write(p []byte) (int, error) {
	if len(p) > c.left {
		c.full = true
		return 0, errors.New("too much output")
	}
	c.left -= len(p)
	c.text = append(c.text, p...)
	return len(p), nil
}
