package state

import (
	"cmp"
	"crypto/sha256"
	"maps"
	"slices"
	"strconv"
)

// hash is a key of 16 bytes for any number of texts of any length, which an
// index of PostgreSQL does not take. The parts carry their lengths, so that none
// can be forged to look like two.
func hash(parts ...string) string {
	var b []byte
	for _, p := range parts {
		b = strconv.AppendInt(b, int64(len(p)), 10)
		b = append(b, ':')
		b = append(b, p...)
	}
	sum := sha256.Sum256(b)
	return string(sum[:16])
}

// A place is a key and where in a list it comes from.
type place struct {
	key string
	at  int
}

// sortedBy is the order in which to lock what a list names, by key; what has the
// same key stays in the list's order.
func sortedBy[T any](list []T, key func(T) string) []place {
	out := make([]place, len(list))
	for i, v := range list {
		out[i] = place{key(v), i}
	}
	slices.SortStableFunc(out, func(a, b place) int { return cmp.Compare(a.key, b.key) })
	return out
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
