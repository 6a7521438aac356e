package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/instar-registry/instar/client"
)

const clientEnvironment = `
Environment:
  INSTAR_URL     URL of the registry, or several separated by commas
  INSTAR_TOKEN   API token
  INSTAR_BASIC   name:password
`

const defaultURL = "http://localhost:8081"

// addClientFlags gives a command what it needs to talk to a registry. There is
// no flag for a token: every user of a machine can read its command lines.
func addClientFlags(c *cobra.Command) {
	c.Flags().SortFlags = false
	c.Flags().String("url", "", "`URL` of the registry (default "+defaultURL+")")
	c.Flags().String("token-file", "", "`file` with an API token")
	c.Flags().Duration("timeout", 30*time.Second, "time for one request")
}

func (a *app) getenv(name string) string {
	for _, e := range a.environ {
		if n, v, _ := strings.Cut(e, "="); n == name {
			return v
		}
	}
	return ""
}

// dial builds the client of a command; stream commands take no time limit.
func (a *app) dial(c *cobra.Command, stream bool) (*client.Client, error) {
	urls := c.Flag("url").Value.String()
	if urls == "" {
		urls = a.getenv("INSTAR_URL")
	}
	if urls == "" {
		urls = defaultURL
	}
	options := []client.Option{client.UserAgent("instar-registry/" + Version())}
	if timeout, err := c.Flags().GetDuration("timeout"); err == nil && !stream {
		options = append(options, client.Timeout(timeout))
	}
	credential, err := a.credential(c.Flag("token-file").Value.String())
	if err != nil {
		return nil, err
	}
	if credential != nil {
		options = append(options, credential)
	}
	return client.New(strings.Split(urls, ","), options...)
}

// credential picks the one credential that was given.
func (a *app) credential(tokenFile string) (client.Option, error) {
	token, basic := a.getenv("INSTAR_TOKEN"), a.getenv("INSTAR_BASIC")
	given := 0
	for _, s := range []string{tokenFile, token, basic} {
		if s != "" {
			given++
		}
	}
	if given > 1 {
		return nil, errors.New("more than one credential: give one of --token-file, INSTAR_TOKEN and INSTAR_BASIC")
	}
	switch {
	case tokenFile != "":
		text, err := readToken(tokenFile)
		return client.Bearer(text), err
	case token != "":
		return client.Bearer(token), nil
	case basic != "":
		name, password, ok := strings.Cut(basic, ":")
		if !ok {
			return nil, errors.New("INSTAR_BASIC has no colon; write name:password")
		}
		return client.Basic(name, password), nil
	}
	return nil, nil //nolint:nilnil // no credential is a legal answer
}

// maxTokenFile bounds a file that should hold one line.
const maxTokenFile = 8 << 10

func readToken(path string) (string, error) {
	f, err := os.Open(path) //nolint:gosec // the user names the file
	if err != nil {
		return "", fmt.Errorf("--token-file: %w", err)
	}
	defer f.Close() //nolint:errcheck // read only
	text, err := io.ReadAll(io.LimitReader(f, maxTokenFile))
	if err != nil {
		return "", fmt.Errorf("--token-file: %w", err)
	}
	token := strings.TrimSpace(string(text))
	if token == "" || strings.ContainsAny(token, " \t\r\n") {
		return "", fmt.Errorf("--token-file: %s does not hold exactly one token", path)
	}
	return token, nil
}
