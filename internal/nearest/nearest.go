// Package nearest guesses which of some known names was meant by a name that is
// not among them, for messages to whoever wrote it.
package nearest

// Name returns the known name that want was probably meant to be, or "" if none
// is near enough. Of equally near ones the first is taken.
func Name(want string, known []string) string {
	best, name := len(want)/3+2, ""
	for _, k := range known {
		if len(k) >= len(want)+best || len(want) >= len(k)+best {
			continue
		}
		if d := Distance(want, k); d < best {
			best, name = d, k
		}
	}
	return name
}

// maxName bounds what is compared; longer names are nobody's typing mistake.
const maxName = 256

// Distance is the number of single-character edits, a swap of neighbours counting
// as one, between two names; of those longer than 256 bytes it is 256.
func Distance(a, b string) int {
	if len(a) > maxName || len(b) > maxName {
		return maxName
	}
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
