package lint

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/instar-registry/instar/internal/yamlx"
)

// LoadConfig reads the configuration of a tree: the outermost file on the way
// from its root to a directory, and those of the folders below. Without any, the
// default holds.
func LoadConfig(ctx context.Context, t Tree, dir string) (*Config, error) {
	var files []string
	for _, f := range t.Files() {
		if path.Base(f.Path) == ConfigFile && f.Trouble == "" {
			files = append(files, f.Path)
		}
	}
	slices.SortFunc(files, func(a, b string) int {
		if n := strings.Count(a, "/") - strings.Count(b, "/"); n != 0 {
			return n
		}
		return strings.Compare(a, b)
	})
	root := DefaultConfig()
	at := slices.IndexFunc(files, func(f string) bool { return path.Dir(f) == "." || under(dir, path.Dir(f)) })
	if at >= 0 {
		c, err := readConfigFile(ctx, t, files[at])
		if err != nil {
			return nil, err
		}
		root = c
		files = slices.Delete(files, at, at+1)
	}
	for _, f := range files {
		if root.File != "" && path.Dir(root.File) != "." && !under(f, path.Dir(root.File)) {
			continue // another part of the tree
		}
		c, err := readConfigFile(ctx, t, f)
		if err != nil {
			return nil, err
		}
		if err := root.nest(c); err != nil {
			return nil, err
		}
	}
	return root, nil
}

// LoadConfigFile reads one configuration of a tree and nothing else.
func LoadConfigFile(ctx context.Context, t Tree, file string) (*Config, error) {
	return readConfigFile(ctx, t, file)
}

func under(p, dir string) bool { return p == dir || strings.HasPrefix(p, dir+"/") }

func readConfigFile(ctx context.Context, t Tree, file string) (*Config, error) {
	body, err := t.Read(ctx, file)
	if err != nil {
		return nil, err
	}
	return ReadConfig(file, body)
}

// ofRoot are the keys that the outermost configuration alone has.
var ofRoot = []string{"against", "registries", "profile", "references", "upcasters", "waivable", "limits"}

// nest adds the configuration of a folder, which may not change what one around
// it locks.
func (c *Config) nest(n *Config) error {
	if !n.mapsOwn() {
		n.Sources = nil // the default entry is the root's alone
	}
	var problems []yamlx.Problem
	for _, key := range ofRoot {
		if at, given := n.keys[key]; given {
			problems = append(problems, yamlx.Problem{
				Position: at, Key: key, What: key + " holds for a whole run, and this is the configuration of a folder in it",
				Hint: "set it in " + orElse(c.File, "an "+ConfigFile+" at the root"),
			})
		}
	}
	for _, around := range c.over(n.File) {
		for _, key := range around.Lock {
			if at, ok := n.sets(key); ok {
				problems = append(problems, yamlx.Problem{
					Position: at.Position, Key: key, What: fmt.Sprintf("%s is locked by %s", key, around.File), Hint: "remove it here",
				})
			}
		}
	}
	if len(problems) > 0 {
		return &ConfigError{File: n.File, Problems: problems}
	}
	c.nested = append(c.nested, n)
	return nil
}

// mapsOwn reports whether the file has sources of its own.
func (c *Config) mapsOwn() bool {
	return slices.ContainsFunc(c.Sources, func(m Mapping) bool { return m.set != nil })
}

// sets reports whether a configuration says something about a lockable key, and
// where.
func (c *Config) sets(key string) (yamlx.Problem, bool) {
	switch {
	case key == "severity" && len(c.Severity) > 0:
		return yamlx.Problem{}, true
	case key == "waivers" && len(c.Waivers) > 0:
		p := yamlx.Problem{}
		p.Line, p.Column = c.Waivers[0].Line, c.Waivers[0].Column
		return p, true
	}
	for i := range c.Sources {
		if c.Sources[i].set[key] {
			return yamlx.Problem{Position: c.Sources[i].Place}, true
		}
	}
	return yamlx.Problem{}, false
}
