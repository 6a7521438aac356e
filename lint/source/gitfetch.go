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
// base with the head needs; without a head the base alone is wanted. A clone that
// has both is left as it is. It is the one thing that reaches the network.
func (r *Repository) Fetch(ctx context.Context, name, head string) error {
	if r.reaches(ctx, name, head) {
		return nil
	}
	name = strings.TrimPrefix(strings.TrimPrefix(name, "refs/remotes/"), "origin/")
	refspec := "+refs/heads/" + name + ":refs/remotes/origin/" + name
	if hexID(name) {
		refspec = name
	}
	var depth []string
	if r.Shallow {
		depth = []string{"--depth=1"}
	}
	if err := r.fetch(ctx, refspec, depth...); err != nil {
		tag := "+refs/tags/" + name + ":refs/tags/" + name
		if hexID(name) || r.fetch(ctx, tag, depth...) != nil {
			return &lint.InputError{What: "the base " + name + " cannot be fetched: " + err.Error()}
		}
		refspec = tag
	}
	for _, n := range deepen {
		if !r.Shallow || head == "" || r.reaches(ctx, name, head) {
			return nil
		}
		if err := r.fetch(ctx, refspec, "--deepen="+strconv.Itoa(n)); err != nil {
			return &lint.InputError{What: "the history of " + name + " cannot be fetched: " + err.Error()}
		}
	}
	return nil
}

// fetch asks origin for a reference.
func (r *Repository) fetch(ctx context.Context, refspec string, depth ...string) error {
	r.commits = nil // names may mean others afterwards
	if err := r.objects.stop(); err != nil {
		return err
	}
	g := *r.git
	g.online = true
	_, err := g.run(ctx, slices.Concat([]string{"fetch", "--upload-pack=git-upload-pack", "--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head"}, depth, []string{"origin", refspec})...)
	return err
}

// reaches reports whether the clone has a base and, in a shallow one, the commit
// that it has in common with a head.
func (r *Repository) reaches(ctx context.Context, name, head string) bool {
	p, err := r.Resolve(ctx, name)
	if err != nil || !r.Shallow || head == "" {
		return err == nil
	}
	_, err = r.git.run(ctx, "merge-base", head, p.Commit)
	return err == nil
}
