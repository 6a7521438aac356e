package api

import (
	"net/http"

	"github.com/instar-registry/instar/auth"
	"github.com/instar-registry/instar/registry"
)

func undeleteSubject(x *request) error {
	numbers, err := x.undelete(0)
	if err != nil {
		return err
	}
	return x.json(http.StatusOK, numbers)
}

func undeleteVersion(x *request) error {
	version, err := registry.ParseVersion(x.params[1])
	if err != nil {
		return err
	}
	if version == -1 {
		return registry.Fail(registry.InvalidVersion, "The version to undelete must be a number: the latest version is never a deleted one")
	}
	if _, err := x.undelete(version); err != nil {
		return err
	}
	return x.json(http.StatusOK, version)
}

// undelete brings back one version, or all when version is 0.
func (x *request) undelete(version int) ([]int, error) {
	n := x.resolved()
	if err := x.need(auth.Steward, n); err != nil {
		return nil, err
	}
	by, err := x.by()
	if err != nil {
		return nil, err
	}
	x.note.version = version
	return x.api.service.Undelete(x.ctx, by, registry.Undelete{Name: n, Version: version, Force: x.flag("force")})
}
