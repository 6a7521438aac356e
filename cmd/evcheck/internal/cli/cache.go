package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"github.com/instar-registry/instar/lint"
	"github.com/instar-registry/instar/lint/cache"
)

// addCache declares the flags of commands that keep what they learn.
func (f *checkFlags) addCache(fs *pflag.FlagSet) {
	fs.StringVar(&f.cache, "cache", "", "`directory` for what runs learn (default: evcheck in the user's cache directory)")
	fs.BoolVar(&f.noCache, "no-cache", false, "learn nothing from earlier runs and keep nothing")
}

// openCache gives a run its cache; the function that it returns ends it. A user
// without a cache directory has none.
func (a *app) openCache(f *checkFlags, q *lint.Request) func() {
	dir := f.cache
	if dir == "" {
		base, err := os.UserCacheDir()
		if err != nil {
			return func() {}
		}
		dir = filepath.Join(base, "evcheck")
	}
	if f.noCache {
		return func() {}
	}
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(a.dir, dir)
	}
	c := cache.Open(dir, a.now)
	q.Cache = c
	return c.Close
}

// programBuild names the program in the cache: results of another one are not
// its own. A build between releases is told by its file.
func programBuild() string {
	if v := programVersion(); v != "dev" && !strings.Contains(v, "-") {
		return v
	}
	name, err := os.Executable()
	if err != nil {
		return "dev"
	}
	info, err := os.Stat(name)
	if err != nil {
		return "dev"
	}
	return fmt.Sprintf("dev %d %d", info.Size(), info.ModTime().UnixNano())
}
