package source

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/instar-registry/instar/lint"
)

// online are the variables that a fetch needs besides the others, and network the
// settings that keep git from one.
var (
	online = []string{
		"SSH_AUTH_SOCK", "GIT_SSH", "GIT_SSH_COMMAND", "GIT_ASKPASS", "http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY",
		"SSL_CERT_FILE", "GIT_SSL_CAINFO",
	}
	network = []string{"core.sshCommand=false", "core.askPass=true", "core.gitProxy=", "credential.helper=", "protocol.allow=never"}
)

// deepen are the depths at which a shallow clone is asked for the merge base.
var deepen = []int{50, 200, 1000}

// Fetch brings a base into the clone, and as much of the history as the merge
// base with the head needs. It is the one thing that reaches the network.
func (r *Repository) Fetch(ctx context.Context, name, head string) error {
	name = strings.TrimPrefix(strings.TrimPrefix(name, "refs/remotes/"), "origin/")
	refspec := "+refs/heads/" + name + ":refs/remotes/origin/" + name
	if hexID(name) {
		refspec = name
	}
	g := *r.git
	g.online = true
	fetch := func(depth ...string) error {
		_, err := g.run(ctx, slices.Concat([]string{"fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head"}, depth, []string{"origin", refspec})...)
		if err != nil {
			return &lint.InputError{What: "the base " + name + " cannot be fetched: " + err.Error()}
		}
		return nil
	}
	if !r.Shallow {
		return fetch()
	}
	if err := fetch("--depth=1"); err != nil {
		return err
	}
	for _, n := range deepen {
		p, err := r.Resolve(ctx, name)
		if err != nil || head == "" {
			return err
		}
		if _, err := r.git.run(ctx, "merge-base", head, p.Commit); err == nil {
			return nil
		}
		if err := fetch("--deepen=" + strconv.Itoa(n)); err != nil {
			return err
		}
	}
	return nil
}
