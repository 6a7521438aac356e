package config

import (
	"strings"

	"github.com/instar-registry/instar/internal/nearest"
)

// suggestKey guesses which key was meant: by spelling, or by its last part
// alone when that names exactly one key ("dsn" for storage.postgres.dsn).
func suggestKey(name string) string {
	keys := Keys()
	names := make([]string, len(keys))
	var same []string
	last := name[strings.LastIndexByte(name, '.')+1:]
	for i, k := range keys {
		names[i] = k.Name
		if k.Name[strings.LastIndexByte(k.Name, '.')+1:] == last {
			same = append(same, k.Name)
		}
	}
	if near := nearest.Name(name, names); near != "" {
		return near
	}
	if len(same) == 1 {
		return same[0]
	}
	return ""
}
