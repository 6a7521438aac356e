package source

import (
	"context"
	"errors"
	"os/exec"
	"slices"
	"strings"

	"github.com/instar-registry/instar/lint"
)

// unfiltered returns the settings that keep git from starting the filters that a
// configuration names: git runs them over a file whose time changed and whose size
// did not, to see whether it is still what was staged. Without them such a file is
// at worst read once more. Neither an attribute nor a switch turns all of them off
// in every version of git.
func (r *Repository) unfiltered(ctx context.Context) ([]string, error) {
	out, err := r.git.run(ctx, "config", "--name-only", "-z", "--get-regexp", `^filter\.`)
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit) && exit.ExitCode() == 1:
		return nil, nil // there is none
	case err != nil:
		return nil, err
	}
	return filterSettings(strings.Split(string(out), "\x00"))
}

// filterSettings returns the settings for a list of configuration keys,
// filter.DRIVER.KEY. A driver may have any name.
func filterSettings(keys []string) ([]string, error) {
	var drivers, args []string
	for _, key := range keys {
		rest, ok := strings.CutPrefix(key, "filter.")
		end := strings.LastIndexByte(rest, '.')
		if !ok || end < 0 || slices.Contains(drivers, rest[:end]) {
			continue
		}
		driver := rest[:end]
		if strings.Contains(driver, "=") { // which would end the key in a setting
			return nil, &lint.InputError{
				What: "the configuration of the repository names a filter \"" + driver + "\", which cannot be switched off, and evcheck starts no program that a repository names",
				Hint: "call it otherwise: git config --rename-section",
			}
		}
		drivers = append(drivers, driver)
		for _, set := range []string{".clean=", ".smudge=", ".process=", ".required=false"} {
			args = append(args, "-c", "filter."+driver+set)
		}
	}
	return args, nil
}
