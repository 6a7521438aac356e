package avro

import "strings"

// validName holds a name part to the specification: a letter or underscore,
// then letters, digits and underscores, all ASCII.
func validName(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		letter := c == '_' || (c|0x20 >= 'a' && c|0x20 <= 'z')
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}

func validNamespace(s string) bool {
	if s == "" {
		return true
	}
	for _, part := range strings.Split(s, ".") {
		if !validName(part) {
			return false
		}
	}
	return true
}

// qualify makes a full name: a dotted name stands for itself, any other gets
// the namespace.
func qualify(name, namespace string) string {
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		return strings.TrimPrefix(name, ".")
	}
	if namespace == "" {
		return name
	}
	return namespace + "." + name
}

// relativeName is how the Java library writes a full name inside a namespace:
// without the namespace if that is the same, unless the rest would read as a
// primitive.
func relativeName(full, namespace string) string {
	if namespaceOf(full) != namespace {
		return full
	}
	short := unqualified(full)
	if _, reads := kindByName[short]; reads && namespace != "" {
		return full
	}
	return short
}

// kindByName holds the names that cannot stand alone for a user's type.
var kindByName = func() map[string]Kind {
	m := map[string]Kind{}
	for i, name := range kindNames {
		m[name] = Kind(i)
	}
	return m
}()

// nearest returns the known name closest to want, or "" if none is close. It
// looks at a bounded part of a large schema, being only a hint.
func nearest(want string, known []string) string {
	known = known[:min(len(known), 2000)]
	best, bestDistance := "", len(want)/3+2
	for _, k := range known {
		if strings.EqualFold(unqualified(k), unqualified(want)) {
			return k
		}
		if len(k) > 64 || len(want) > 64 {
			continue
		}
		if d := editDistance(want, k, bestDistance); d < bestDistance {
			best, bestDistance = k, d
		}
	}
	return best
}

// editDistance is the Levenshtein distance, or bound if that is not smaller.
func editDistance(a, b string, bound int) int {
	if d := len(a) - len(b); d >= bound || -d >= bound {
		return bound
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal, least := row[0], i
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diagonal
			if a[i-1] != b[j-1] {
				cost++
			}
			diagonal = row[j]
			row[j] = min(cost, row[j]+1, row[j-1]+1)
			least = min(least, row[j])
		}
		if least >= bound {
			return bound
		}
	}
	return row[len(b)]
}
