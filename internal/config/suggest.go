package config

import "strings"

// nearest returns the index of the candidate that text was probably meant to
// be, or -1 if none is near enough.
func nearest(text string, candidates []string) int {
	best, at := len(text)/3+2, -1
	for i, c := range candidates {
		if d := distance(text, c); d < best {
			best, at = d, i
		}
	}
	return at
}

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
	if i := nearest(name, names); i >= 0 {
		return names[i]
	}
	if len(same) == 1 {
		return same[0]
	}
	return ""
}

// distance is the number of single-character edits, a swap of neighbours
// counting as one, between two names.
func distance(a, b string) int {
	two, one, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range one {
		one[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(one[j]+1, row[j-1]+1, one[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], two[j-2]+1)
			}
		}
		two, one, row = one, row, two
	}
	return one[len(b)]
}

// Nearest returns the candidate that text was probably meant to be, or "".
func Nearest(text string, candidates []string) string {
	if i := nearest(text, candidates); i >= 0 {
		return candidates[i]
	}
	return ""
}
