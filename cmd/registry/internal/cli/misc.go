package cli

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/instar-registry/instar/auth"
	"github.com/instar-registry/instar/internal/config"
)

// version is set by the linker for releases.
var version string

type buildInfo struct {
	version, commit, date string
	dirty                 bool
}

// build tells what the program was made of.
func build() buildInfo {
	b := buildInfo{version: version}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.commit = s.Value
		case "vcs.time":
			b.date = s.Value
		case "vcs.modified":
			b.dirty = s.Value == "true"
		}
	}
	if b.version == "" {
		b.version = strings.TrimPrefix(info.Main.Version, "v")
	}
	return b
}

// Version returns the version of the program, "dev" for a build between
// releases.
func Version() string {
	if v := build().version; v != "" && v != "(devel)" {
		return v
	}
	return "dev"
}

func (a *app) version() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version of the program",
		Example: "  registry version",
		Args:    noArgs,
		RunE: func(*cobra.Command, []string) error {
			b := build()
			text := "instar registry " + Version()
			if b.commit != "" {
				text += "\ncommit " + b.commit
				if b.dirty {
					text += " with changes"
				}
			}
			if b.date != "" {
				text += "\nfrom " + b.date
			}
			return a.print("%s\n%s %s/%s\n", text, runtime.Version(), runtime.GOOS, runtime.GOARCH)
		},
	}
}

func (a *app) healthcheck() *cobra.Command {
	c := &cobra.Command{
		Use:     "healthcheck",
		Short:   "Exit with 0 if the server on this machine is ready",
		Long:    "healthcheck asks /readyz of the server that the configuration describes, for container images without a\nshell. Exit code 1 if it is not ready or does not answer.",
		Example: "  registry healthcheck\n  registry healthcheck --server.listen :8081",
		Args:    noArgs,
	}
	timeout := c.Flags().Duration("timeout", 3*time.Second, "time to wait for the answer")
	addConfigFlags(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		loaded, err := a.load(c)
		if err != nil {
			return err
		}
		url := localURL(&loaded.Config)
		request, err := http.NewRequestWithContext(c.Context(), http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		client := &http.Client{Timeout: *timeout, Transport: &http.Transport{
			// The certificate names the public host, not this machine's loopback
			// address, and nothing secret is sent or believed.
			TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // see above
		}}
		response, err := client.Do(request)
		if err != nil {
			a.say("registry: %v", err)
			return errFindings
		}
		defer response.Body.Close() //nolint:errcheck // read only
		if response.StatusCode != http.StatusOK {
			a.say("registry: %s answered %s", url, response.Status)
			return errFindings
		}
		return nil
	}
	return c
}

// localURL is where the server of a configuration is reached on this machine.
func localURL(c *config.Config) string {
	host, port, _ := net.SplitHostPort(c.Server.Listen) // the configuration has checked it
	if ip := net.ParseIP(host); host == "" || (ip != nil && ip.IsUnspecified()) {
		host = "127.0.0.1"
	}
	scheme := "http"
	if c.TLS.CertFile != "" {
		scheme = "https"
	}
	return scheme + "://" + net.JoinHostPort(host, port) + c.Server.BasePath + "/readyz"
}

func (a *app) user() *cobra.Command {
	hash := &cobra.Command{
		Use:   "hash",
		Short: "Make the hash of a password for auth.users-file",
		Long: "hash reads a password from standard input (one line) and prints its argon2id hash. A line of the users file\n" +
			"is name:hash:group,group.",
		Example: "  registry user hash < password.txt\n  printf 'alice:%s:team-a\\n' \"$(registry user hash < password.txt)\" >> users",
		Args:    noArgs,
		RunE: func(*cobra.Command, []string) error {
			line, err := bufio.NewReader(io.LimitReader(a.stdin, 64<<10)).ReadString('\n')
			if err != nil && !errors.Is(err, io.EOF) {
				return fmt.Errorf("read the password: %w", err)
			}
			h, err := auth.HashPassword(strings.TrimRight(line, "\r\n"))
			if err != nil {
				return fmt.Errorf("%w; write it to standard input", err)
			}
			return a.print("%s\n", h)
		},
	}
	return group("user", "Prepare users with passwords", hash)
}

func (a *app) completion() *cobra.Command {
	return &cobra.Command{
		Use:                   "completion bash|zsh|fish|powershell",
		Short:                 "Print a completion script for a shell",
		Long:                  "completion prints a script that makes a shell complete commands, flags and their values.",
		Example:               "  registry completion bash > /etc/bash_completion.d/registry\n  registry completion zsh > \"${fpath[1]}/_registry\"",
		DisableFlagsInUseLine: true,
		ValidArgs:             []string{"bash", "zsh", "fish", "powershell"},
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return errors.New("name one shell: bash, zsh, fish or powershell")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			switch root := c.Root(); args[0] {
			case "bash":
				return root.GenBashCompletionV2(a.stdout, true)
			case "zsh":
				return root.GenZshCompletion(a.stdout)
			case "fish":
				return root.GenFishCompletion(a.stdout, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(a.stdout)
			}
			return fmt.Errorf("there is no completion for %q; bash, zsh, fish and powershell are known", args[0])
		},
	}
}

// sourceDate is the date that generated documents carry.
func sourceDate(getenv func(string) string) time.Time {
	var seconds int64
	if _, err := fmt.Sscan(getenv("SOURCE_DATE_EPOCH"), &seconds); err != nil {
		return time.Now()
	}
	return time.Unix(seconds, 0).UTC()
}

func (a *app) man() *cobra.Command {
	c := &cobra.Command{
		Use:     "man DIRECTORY",
		Short:   "Write the manual pages into a directory",
		Long:    "man writes one page per command. The date on the pages is SOURCE_DATE_EPOCH, or now.",
		Example: "  registry man /usr/local/share/man/man1",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return errors.New("name the directory for the pages")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			return writeMan(c.Root(), args[0], sourceDate(os.Getenv))
		},
	}
	return c
}
