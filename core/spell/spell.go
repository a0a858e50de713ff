// Package spell finds the known word that a misspelt one was meant to be.
package spell

import "strings"

// Nearest is the known word that word differs least from: in the case of its
// letters, or else in at most a third of them, two at least counting a swap of
// neighbours as two. It is false where none is near, or where word is known.
func Nearest(word string, known []string) (string, bool) {
	best, bound := "", max(2, len(word)/3)+1
	for _, k := range known {
		if k == word {
			return "", false
		}
		if strings.EqualFold(k, word) {
			return k, true
		}
		if d := distance(strings.ToLower(word), strings.ToLower(k), bound); d < bound {
			best, bound = k, d
		}
	}
	return best, best != "" && bound < len(word)
}

// distance is the number of bytes to insert, delete or replace that make b of a,
// or any number from bound on when it is no less than bound.
func distance(a, b string, bound int) int {
	if len(a)-len(b) >= bound || len(b)-len(a) >= bound {
		return bound
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
