package pattern

import (
	"regexp"
	"regexp/syntax"
)

// needed gives texts of which one occurs wherever the expression finds
// something; nil when there are no such texts. With them, hundreds of expressions
// on one field need not be tried one after another: most contain a word
// or two, which one search finds for all of them.
func needed(r *regexp.Regexp) []string {
	tree, err := syntax.Parse(r.String(), syntax.Perl)
	if err != nil {
		return nil
	}
	return neededBy(tree)
}

func neededBy(r *syntax.Regexp) []string {
	switch r.Op {
	case syntax.OpLiteral:
		if r.Flags&syntax.FoldCase != 0 {
			return nil
		}
		return []string{string(r.Rune)}
	case syntax.OpCapture, syntax.OpPlus:
		return neededBy(r.Sub[0])
	case syntax.OpRepeat:
		if r.Min > 0 {
			return neededBy(r.Sub[0])
		}
	case syntax.OpConcat:
		var best []string
		for _, sub := range r.Sub {
			if texts := neededBy(sub); shortest(texts) > shortest(best) {
				best = texts
			}
		}
		return best
	case syntax.OpAlternate:
		var all []string
		for _, sub := range r.Sub {
			texts := neededBy(sub)
			if texts == nil {
				return nil
			}
			all = append(all, texts...)
		}
		return all
	}
	return nil
}

// shortest is the length of the shortest text; 0 when there is none.
func shortest(texts []string) int {
	if len(texts) == 0 {
		return 0
	}
	n := len(texts[0])
	for _, t := range texts {
		n = min(n, len(t))
	}
	return n
}
